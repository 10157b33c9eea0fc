"""A backup as its history keeps it, and the request that starts one."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.model.wire import Stored, Text, Time, Wire


class Trigger(StrEnum):
    """What started a backup."""

    ON_DEMAND = "onDemand"
    SCHEDULED = "scheduled"


class BackupStatus(StrEnum):
    """Where a backup stands."""

    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    PARTIALLY_SUCCEEDED = "PartiallySucceeded"
    FAILED = "Failed"


class BackupBody(Wire):
    """Body of POST services/{service}/backups."""

    name: str
    storage_account: Annotated[Text, Field(min_length=1)]


class BackedUpSection(Stored):
    """What the history says of a section; two backups hold the same where the hashes are equal."""

    name: str
    items: int
    lines_sha256: str


class Backup(Stored):
    """One backup in the history of a service name; kept after the service is gone."""

    name: str
    id: str
    """The id of the operation that made it."""
    service: str
    service_id: str
    edition: str
    trigger: Trigger
    status: BackupStatus
    storage_account: str
    container: str
    caller: str
    started_at: Time
    completed_at: Time | None = None
    operation: str
    revision: int | None = None
    items: int | None = None
    content_objects: int | None = None
    bytes: int | None = None
    digest: str | None = None
    """Of the descriptor."""
    sections: list[BackedUpSection] = Field(default_factory=list)
    error: str | None = None
    warnings: list[str] = Field(default_factory=list)
