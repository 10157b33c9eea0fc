"""Backups that exist, though the history says that they do not.

What an entry says about an operation counts only while that operation is open: `Running` blocks
while the backup is being written, a mark while the purge that made it is in progress, a user while
it reads. `Deleted`, `Missing`, `Failed` and `Canceled` do not prevent reading: a reader looks for
the container.
"""

from dataclasses import dataclass

from shared.backups.catalog.entries import made_again
from shared.backups.catalog.presence import Presence, is_of
from shared.clock import Clock
from shared.model.backup import Backup, BackupStatus, BackupUser, ContainerSeen, Found
from shared.model.descriptor import Descriptor
from shared.model.problem import Code, Problem
from shared.operations.under_way import is_open
from shared.rules.naming import shown
from shared.state.operations import Operations


@dataclass(frozen=True)
class Returning:
    """Decides what the history must say about a backup that is to be read."""

    presence: Presence
    records: Operations
    clock: Clock

    async def readable(self, backup: Backup, descriptor: Descriptor | None = None) -> Backup:
        """The entry that a reader of the backup writes, together with its own entry as a user.

        Nothing is written here. An entry that says that the backup exists is returned unchanged,
        without examining the container.

        :param descriptor: the descriptor that was read from the backup's own container; None to
            read it here.
        :raises Problem: BackupInUse while it is being written or deleted; BackupNotFound if it has
            no container; what reading its descriptor raises.
        """
        if backup.status.is_held():
            return backup
        await self.require_not_written(backup)
        await self.require_not_going(backup)
        if descriptor is None:
            descriptor = (await self.presence.open(backup)).descriptor
        elif not is_of(backup, descriptor):
            raise Problem(
                Code.BACKUP_NOT_FOUND,
                f"The container '{backup.container}' holds another backup than "
                f"'{shown(backup.name)}'.",
                target=backup.container,
            )
        name = self.presence.account_name(backup.storage_account)
        seen = ContainerSeen(found=Found.THERE, at=self.clock.now())
        return made_again(backup, descriptor).model_copy(
            update={"account_name": name, "container_seen": seen}
        )

    async def is_written(self, backup: Backup) -> bool:
        """Whether the operation that writes a backup is in progress."""
        running = backup.status is BackupStatus.RUNNING
        return running and await is_open(self.records, backup.service, backup.operation)

    async def is_going(self, backup: Backup) -> bool:
        """Whether the purge that marked a backup is in progress."""
        if backup.status is not BackupStatus.DELETING or backup.deleted_by is None:
            return False
        return await is_open(self.records, backup.service, backup.deleted_by)

    async def is_reading(self, user: BackupUser) -> bool:
        """Whether an operation that is entered as a user is in progress."""
        return await is_open(self.records, user.service, user.operation)

    async def require_not_written(self, backup: Backup) -> None:
        """Refuse a backup that is being written.

        :raises Problem: BackupInUse.
        """
        if await self.is_written(backup):
            raise being_written(backup)

    async def require_not_going(self, backup: Backup) -> None:
        """Refuse a backup that is being deleted.

        :raises Problem: BackupInUse.
        """
        if await self.is_going(backup):
            raise being_deleted(backup)


def being_written(backup: Backup) -> Problem:
    """The problem of a backup that is not finished."""
    return Problem(
        Code.BACKUP_IN_USE,
        f"Backup '{shown(backup.name)}' is still being written (operation {backup.operation}). "
        "Wait until it ends.",
        target=backup.name,
        retry_after_seconds=10,
    )


def being_deleted(backup: Backup) -> Problem:
    """The problem of a backup that is being deleted."""
    return Problem(
        Code.BACKUP_IN_USE,
        f"Backup '{shown(backup.name)}' is being deleted (operation {backup.deleted_by}). Choose "
        "another one.",
        target=backup.name,
        retry_after_seconds=10,
    )
