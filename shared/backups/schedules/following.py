"""What follows a scheduled backup: the verify that its schedule asks for, then retention."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.backups.making.backups import SCHEDULE
from shared.backups.schedules.retention_runs import RetentionRuns
from shared.model.backup import Backup
from shared.model.operation import Operation
from shared.model.schedule import ScheduledVerify
from shared.state.schedules import Schedules


@dataclass(frozen=True)
class Following:
    """Starts what a service's schedule asks for after a backup."""

    schedules: Schedules
    retention: Callable[[], RetentionRuns]
    verify: Callable[[Backup, ScheduledVerify], Awaitable[bool]]
    """Starts a verify; returns whether it did."""

    async def after_backup(self, backup: Backup) -> None:
        """Start what follows a good scheduled backup, which is in the history now."""
        found = await self.schedules.get(backup.service)
        plan = found.value.plan if found else None
        if found is None or plan is None or found.value.service_id != backup.service_id:
            return
        # The verify comes first: its backup may be the good one that retention has to keep.
        if plan.verify and await self.verify(backup, plan.verify):
            return
        await self.retention().start(
            backup.service, backup.service_id, reason=f"after {backup.name}"
        )

    async def after_verify(self, operation: Operation) -> None:
        """Start what follows a scheduled verify, whatever its result."""
        if operation.trigger == SCHEDULE and operation.service_id is not None:
            name = operation.parameters["backup"]
            await self.retention().start(
                operation.service, operation.service_id, reason=f"after {name}"
            )
