"""Starting verifies: on demand, and as the schedule wants them."""

from dataclasses import dataclass

from shared.backup.backups import SCHEDULE
from shared.backup.removal import require_not_going
from shared.model.backup import Backup, BackupStatus, VerifyLevel
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.schedule import ScheduledVerify
from shared.operations.engine import Engine, Start
from shared.rules.naming import scheduled_operation_id, shown
from shared.state.history import History
from shared.state.operations import Record


@dataclass(frozen=True)
class Verifications:
    """Starts VerifyBackupBizTalkService."""

    engine: Engine
    history: History

    async def start(
        self, backup: Backup, level: VerifyLevel, caller: str, operation_id: str | None
    ) -> Record:
        """Start a verify of a backup, of a service that lives or not.

        :raises Problem: BackupInUse where it is written or deleted; BackupNotFound where there is
            nothing to verify; OperationIdInUse.
        """
        start = Start(
            OperationName.VERIFY_BACKUP,
            backup.service,
            caller,
            "http" if caller != SCHEDULE else SCHEDULE,
            {"backup": backup.name, "level": str(level)},
            operation_id,
            backup.service_id,
        )
        repeated = await self.engine.repeated(start)
        if repeated is not None:
            return repeated
        require_not_going(backup)
        if backup.status is BackupStatus.RUNNING:
            raise Problem(
                Code.BACKUP_IN_USE,
                f"Backup '{shown(backup.name)}' is still being written. Wait until it ends.",
                target=backup.name,
                retry_after_seconds=10,
            )
        if backup.status in (BackupStatus.FAILED, BackupStatus.CANCELED):
            raise Problem(
                Code.BACKUP_NOT_FOUND,
                f"Backup '{shown(backup.name)}' {backup.status.lower()}: there is nothing to "
                "verify.",
                target="backup",
            )
        return await self.engine.start(start)

    async def after_backup(self, backup: Backup, wanted: ScheduledVerify) -> bool:
        """Verify a scheduled backup where it is the n-th since the last that was verified.

        Counted in the history, so that one that was missed is made up for by the next.
        """
        unverified = 0
        async for page in self.history.pages(backup.service):
            for listed in page:
                if listed.due_at is None or listed.service_id != backup.service_id:
                    continue
                if listed.verify_operation is not None:
                    return await self._after(backup, wanted, unverified)
                unverified += listed.status.is_held() and listed.verify_status != "Failed"
                if unverified >= wanted.every_nth_backup:
                    return await self._after(backup, wanted, unverified)
        return await self._after(backup, wanted, unverified)

    async def _after(self, backup: Backup, wanted: ScheduledVerify, unverified: int) -> bool:
        if unverified < wanted.every_nth_backup:
            return False
        verify_id = scheduled_operation_id(backup.id, "verify")
        await self.start(backup, wanted.level, SCHEDULE, verify_id)
        return True
