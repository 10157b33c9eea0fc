"""Starting verifies: on demand, and as a schedule asks for them."""

from dataclasses import dataclass

from shared.backups.catalog.returning import Returning
from shared.backups.making.backups import SCHEDULE
from shared.model.backup import Backup, VerifyLevel
from shared.model.operation import OperationName
from shared.model.schedule import ScheduledVerify
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.rules.naming import scheduled_operation_id
from shared.state.history import History
from shared.state.operations import OperationRow


@dataclass(frozen=True)
class Verifications:
    """Starts VerifyBackupBizTalkService."""

    engine: Engine
    history: History
    returning: Returning

    async def start(
        self, backup: Backup, level: VerifyLevel, caller: str, operation_id: str | None
    ) -> OperationRow:
        """Start a verify of a backup, whether its service still exists or not.

        If the history says that the backup is deleted, missing or failed, but its container has it
        after all, the history is corrected when the verify begins.

        :raises Problem: BackupInUse while it is being written or deleted; BackupNotFound if there
            is nothing to verify; OperationIdInUse.
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
        await self.returning.readable(backup)
        return await self.engine.start(start)

    async def after_backup(self, backup: Backup, wanted: ScheduledVerify) -> bool:
        """Verify a scheduled backup if it is the n-th since the last one that was verified.

        They are counted in the history, so that after a missed verify the next backup is verified.
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
