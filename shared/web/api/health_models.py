"""Models of answers about the health of the app; see ``models``."""

from typing import Literal

from shared.model.operation import OperationName
from shared.model.wire import Stored, Time


class Health(Stored):
    """That the app runs."""

    status: Literal["ok"]


class TimedCheck(Stored):
    """When something was asked, and how long its answer took."""

    checked_at: Time
    milliseconds: int


class HealthCheck(TimedCheck):
    """One check, and its error if it failed."""

    name: str
    status: Literal["ok", "failing"]
    error: str | None = None


class NeededKey(TimedCheck):
    """A sealing key that stored backups or services need."""

    key_id: str
    backups: int | None = None
    services: int | None = None
    at_hand: bool
    error: str | None = None


class NeededKeys(TimedCheck):
    """The key that wraps now, and all keys that stored backups and services need."""

    wrapping: str | None = None
    needed_by_backups: list[NeededKey] | None = None
    needed_by_services: list[NeededKey] | None = None
    complete: bool | None = None
    error: str | None = None


class LeftOperation(Stored):
    """An operation that has ended, but could not be settled for a day."""

    service: str
    operation: str
    operation_name: OperationName
    since: Time
    why: str
    do: str


class LeftOperations(TimedCheck):
    """The first hundred operations that recovery left behind; each is retried every hour."""

    count: int | None = None
    operations: list[LeftOperation] | None = None
    error: str | None = None


class PortalHealth(Stored):
    """Whether this deployment has the page in a browser."""

    built: bool
    error: str | None = None


class DeepHealthReport(Stored):
    """Whether everything is usable, and the results of the checks."""

    status: Literal["ok", "failing"]
    checks: list[HealthCheck]
    keys: NeededKeys
    left_behind: LeftOperations
    portal: PortalHealth
