"""Deleting one backup in two idempotent steps; the first one is undone if the second one does not
happen.

First the history's row is marked, on the condition of its ETag, while no operation uses the backup;
then the container is deleted. A crash between them leaves a mark, from which the next purge
continues, or which the next operation that reads the backup removes. A container is deleted only if
the history's row and the container's own metadata agree who made it. The history says `Deleted`
only if a purge saw the container before it was deleted.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from azure.core.exceptions import AzureError

from shared.backups.archive.opened import OpenBackup
from shared.backups.catalog.last_good import LastGood, last_good
from shared.backups.catalog.presence import NOT_THERE, asking
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.model.backup import Backup, BackupStatus, ContainerSeen, DeletionRefused, Found
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.naming import shown
from shared.storage.refusals import meaning, passes
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned, optimistic

log = logging.getLogger("interkeep.retention")


@dataclass(frozen=True)
class Removal(LastGood):
    """Marks backups and deletes their containers.

    :param installation: returns the id of this installation.
    """

    installation: Callable[[], Awaitable[str]]

    async def deletable(self, found: Versioned[Backup]) -> Versioned[Backup]:
        """The entry of a backup that may be deleted, without references to operations that have
        ended.

        :raises Problem: BackupPinned; BackupInUse while it is read or written.
        """
        await self.returning.require_not_written(found.value)
        if found.value.pinned:
            raise Problem(
                Code.BACKUP_PINNED,
                f"Backup '{shown(found.value.name)}' is pinned. Unpin it first (PATCH).",
                target=found.value.name,
            )
        found = await self.users.still(found)
        if found.value.users:
            raise _being_read(found.value)
        if found.value.status is BackupStatus.RUNNING:
            return Versioned(await self._finished(found.value), found.etag)
        return found

    async def _finished(self, backup: Backup) -> Backup:
        """The entry of a backup whose operation ended without updating it; unchanged if its
        descriptor cannot be read."""
        try:
            with asking(backup):
                return await self.returning.readable(backup)
        except Problem as problem:
            if problem.code is Code.STORAGE_UNAVAILABLE:
                raise
            return backup

    async def sees(self, backup: Backup) -> bool:
        """Whether the container of a backup exists, and belongs to it.

        :raises Problem: BackupInUse for a container of something else; StorageAccountUnknown if
            there is none and the alias names another account by now; StorageUnavailable.
        """
        with asking(backup):
            return await self._sees(backup)

    async def _sees(self, backup: Backup) -> bool:
        container = self.presence.container(backup)
        if not await container.exists():
            elsewhere = self.presence.elsewhere(backup)
            if elsewhere is not None:
                raise elsewhere
            return False
        if backup.registered:
            await self._require_registered(container, backup)
            return True
        owner = Ownership(await self.installation(), backup.service_id, backup.operation)
        if await container.is_made_by(owner):
            return True
        if not await container.exists():
            return False
        raise Problem(
            Code.BACKUP_IN_USE,
            f"The container '{backup.container}' in '{backup.storage_account}' is not the one "
            "that this backup was written to: its metadata names another maker. Nothing was "
            "deleted. Look at it, and remove it by hand if it may go.",
            target=backup.container,
        )

    async def mark(
        self,
        found: Versioned[Backup],
        operation: Operation,
        reason: str,
        leaves_one: Callable[[], Awaitable[bool]] | None,
    ) -> Versioned[Backup]:
        """The first step: from here on no operation begins to use the backup.

        Two purges may each rely on the backup that the other one marks. So after marking a good
        backup, a purge checks again, and removes its mark if no other good one is left.

        :param found: an entry whose container was found; or one that is marked, which is taken
            over.
        :param leaves_one: looks for another good one; None if none has to be left.
        :raises RowChanged: if another writer changed it since it was read.
        :raises Problem: LastGoodBackup, after removing the mark; what ``sees`` raises.
        """
        backup = found.value
        marked_before = backup.status is BackupStatus.DELETING
        seen = await self.sees(backup) if marked_before else True
        update: dict[str, object] = {
            "status": BackupStatus.DELETING,
            "deleting_from": backup.deleting_from if marked_before else backup.status,
            "deleting_seen": seen or backup.deleting_seen,
            "deleted_by": operation.id,
            "deleted_because": (backup.deleted_because if marked_before else None) or reason,
        }
        if seen:
            update["account_name"] = self.presence.account_name(backup.storage_account)
        marked = backup.model_copy(update=update)
        found = Versioned(marked, await self.history.change(marked, found.etag))
        before = marked.unmarked()
        if leaves_one is None or not before.is_good() or await leaves_one():
            return found
        if not await self.presence.container(before).exists():
            return found  # an earlier purge stopped after deleting the container
        await self.history.change(before, found.etag)
        raise last_good(before)

    async def remove(self, marked: Versioned[Backup], operation: Operation) -> JsonObject | None:
        """The second step: the container is deleted, and this is stored in the history; None if no
        purge saw a container to delete.

        :raises Problem: BackupInUse if the storage refuses, after removing the mark; or for a
            container of something else.
        """
        backup = marked.value
        if not await self.sees(backup) and not backup.deleting_seen:
            await self.note_missing(marked)
            return None
        try:
            with asking(backup):
                await self._delete(backup)
        except _Refused as refused:
            refusal = _deletion_refused(backup, refused.error)
            await self._take_back(backup, operation, refusal)
            raise refusal from refused.error
        await self._enter_deleted(marked, operation)
        log.info("%s: backup %s deleted", backup.service, backup.name)
        return {"backup": backup.name, "storageAccount": backup.storage_account}

    async def _delete(self, backup: Backup) -> None:
        """Delete the container.

        :raises _Refused: if a retry is useless until the app gets access.
        """
        try:
            await self.presence.container(backup).delete()
        except AzureError as error:
            if passes(error):
                raise
            raise _Refused(error) from error

    async def note_missing(self, found: Versioned[Backup]) -> None:
        """Store that the container of a backup is missing, if the entry says that it exists or is
        marked.

        If another writer changed the entry since it was read, that takes precedence.
        """
        try:
            await self.history.change(as_missing(found.value, self.clock.now()), found.etag)
        except RowChanged:
            return

    @optimistic
    async def _take_back(self, marked: Backup, operation: Operation, refusal: Problem) -> None:
        """Remove the mark from the entry, unless the mark is another purge's by now."""
        note = DeletionRefused(at=self.clock.now(), operation=operation.id, message=refusal.message)
        found = await self.history.get(marked.service, marked.name)
        if found is None or found.value.status is not BackupStatus.DELETING:
            return
        if found.value.deleted_by != operation.id:
            return
        before = found.value.unmarked().model_copy(update={"deletion_refused": note})
        await self.history.change(before, found.etag)

    async def _enter_deleted(self, marked: Versioned[Backup], operation: Operation) -> None:
        """Store `Deleted`, whatever was written since: this purge saw the container and deleted
        it."""
        found: Versioned[Backup] | None = marked
        while found is not None and found.value.status is not BackupStatus.DELETED:
            gone = as_deleted(found.value, self.clock.now()).model_copy(
                update={
                    "deleted_by": found.value.deleted_by or operation.id,
                    "deleted_because": found.value.deleted_because or marked.value.deleted_because,
                }
            )
            try:
                await self.history.change(gone, found.etag)
            except RowChanged:
                found = await self.history.get(marked.value.service, marked.value.name)
                continue
            return

    async def _require_registered(self, container: BackupContainer, backup: Backup) -> None:
        """Check that the container holds the registered backup: one made elsewhere is identified by
        its descriptor."""
        try:
            opened = await OpenBackup.read(container, self.presence.provider, accept_renamed=True)
        except Problem as problem:
            if problem.code not in NOT_THERE:
                raise
            raise Problem(
                Code.BACKUP_IN_USE,
                f"The container '{backup.container}' in '{backup.storage_account}' holds no backup "
                "any more: it may be somebody else's by now. Nothing was deleted. Look at it, and "
                "remove it by hand if it may go.",
                target=backup.container,
            ) from problem
        if opened.descriptor.digest != backup.digest:
            raise Problem(
                Code.BACKUP_IN_USE,
                f"The container '{backup.container}' in '{backup.storage_account}' holds another "
                "backup than the one that was registered. Nothing was deleted.",
                target=backup.container,
            )


def as_missing(backup: Backup, now: datetime) -> Backup:
    """The entry of a backup, existing or marked, whose container was not deleted by a purge and is
    missing."""
    before = backup.unmarked() if backup.status is BackupStatus.DELETING else backup
    update: dict[str, object] = {"container_seen": ContainerSeen(found=Found.MISSING, at=now)}
    if before.status.is_held():
        update["status"] = BackupStatus.MISSING
    return before.model_copy(update=update)


def as_deleted(backup: Backup, now: datetime) -> Backup:
    """The entry of a backup whose container a purge saw and deleted."""
    update = {
        "status": BackupStatus.DELETED,
        "deleting_seen": None,
        "deletion_refused": None,
        "container_seen": ContainerSeen(found=Found.MISSING, at=now),
        "deleted_at": now,
    }
    return backup.model_copy(update=update)


def _being_read(backup: Backup) -> Problem:
    used_by = ", ".join(f"{user.service}/{user.operation}" for user in backup.users)
    return Problem(
        Code.BACKUP_IN_USE,
        f"Backup '{shown(backup.name)}' is being read by: {used_by}. Wait until that ends.",
        target=backup.name,
        retry_after_seconds=10,
    )


class _Refused(Exception):
    """The storage refuses a deletion."""

    def __init__(self, error: AzureError) -> None:
        super().__init__(str(error))
        self.error = error


def _deletion_refused(backup: Backup, error: AzureError) -> Problem:
    return Problem(
        Code.BACKUP_IN_USE,
        f"The storage refuses to delete the container '{backup.container}': an immutability "
        "policy, a legal hold or a lease is on it, or the app's role is too narrow. Nothing was "
        "deleted, and the backup is what it was; delete it again when that has ended. "
        f"{meaning(error)}.",
        target=backup.container,
    )
