"""What the work of a backup reads and writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.alerts.alerts import Alerts
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import Ownership
from shared.clock import Clock
from shared.model.backup import Backup
from shared.model.operation import Operation
from shared.model.pull import PullOutcome
from shared.model.service import Service
from shared.operations.task import Task
from shared.sealing.provider import KeyProvider
from shared.services.cut import ServiceSource
from shared.state.history import History
from shared.state.services import Directory


@dataclass(frozen=True)
class BackupStores:
    """What the work of a backup reads and writes."""

    directory: Directory
    history: History
    accounts: Accounts
    provider: KeyProvider
    source: Callable[[Service], ServiceSource]
    clock: Clock
    installation: Callable[[], Awaitable[str]]
    """Returns the id of this installation."""
    alerts: Alerts
    after_scheduled: Callable[[Backup], Awaitable[None]]
    """Starts what follows a good scheduled backup: retention, and a verify if the schedule asks for
    one."""

    pull: Callable[[Task, Service], Awaitable[PullOutcome]]
    """Brings a linked service to what its integration account holds."""
    as_pulled: Callable[[Service], Awaitable[PullOutcome]]
    """Completes what a pull began to write, without the account; the warnings of the pull that
    brought what the service has."""
    complete_pull: Callable[[Service], Awaitable[object]]
    """Completes what a pull began to write, without the account."""

    pulled_before: Callable[[Service, str], Awaitable[PullOutcome | None]]
    """How the pull of an operation ended, by the operation's id; None where it brought nothing."""

    async def ownership(self, operation: Operation) -> Ownership:
        """The ownership metadata of the container of an operation's backup."""
        return Ownership(await self.installation(), str(operation.service_id), operation.id)
