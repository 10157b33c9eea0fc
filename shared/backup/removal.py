"""Removing one backup, in two steps that are repeatable.

The history's row is marked by its ETag while nobody uses the backup, then the container goes. A
crash between them leaves a mark, which the next purge goes on from. A container goes only where
the history's row and the container's own metadata agree who made it.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError

from shared.backup.reader import read_descriptor
from shared.backup.standing import NOT_THERE, Standing
from shared.backup.users import being_deleted
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.clock import Clock
from shared.model.backup import Backup, BackupStatus
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.naming import shown
from shared.rules.retention import Candidate, newest_first
from shared.sealing.provider import KeyProvider
from shared.state.configuration import Versioned
from shared.state.gateway import RowChanged
from shared.state.history import History

log = logging.getLogger("interkeep.retention")


@dataclass(frozen=True)
class Removal:
    """Marks backups and removes their containers.

    :param installation: gives the id of this installation.
    """

    history: History
    accounts: Accounts
    provider: KeyProvider
    standing: Standing
    clock: Clock
    installation: Callable[[], Awaitable[str]]

    async def require_not_last(self, backup: Backup) -> None:
        """Refuse to delete the only good backup that there is of a service.

        :raises Problem: LastGoodBackup.
        """
        if backup.is_good() and not await self.leaves_another(backup):
            raise last_good(backup)

    async def leaves_another(self, backup: Backup) -> bool:
        """Whether another good backup of the same service can be read now."""
        return await self.standing.is_another(await self.candidates(backup.service), backup)

    async def candidates(self, service: str) -> list[Candidate]:
        """All backups of a service name that may hold a container, newest first."""
        found = [
            Candidate.of(backup) async for page in self.history.pages(service) for backup in page
        ]
        return sorted(found, key=newest_first)

    async def mark(
        self,
        found: Versioned[Backup],
        operation: Operation,
        reason: str,
        leaves_one: Callable[[], Awaitable[bool]] | None,
    ) -> Versioned[Backup]:
        """The first step: from here on nobody begins to use it.

        Two purges may each count on the backup that the other one marks. So whoever marks a good
        one looks again, with the mark in place, and takes it back where no other good one is left.

        :param leaves_one: looks for that other one; None where none need be left.
        :raises RowChanged: where somebody wrote it since it was read.
        :raises Problem: LastGoodBackup, the mark taken back.
        """
        backup = found.value
        if backup.status is not BackupStatus.DELETING:
            marked = backup.model_copy(
                update={
                    "status": BackupStatus.DELETING,
                    "deleting_from": backup.status,
                    "deleted_by": operation.id,
                    "deleted_because": reason,
                }
            )
            found = Versioned(marked, await self.history.change(marked, found.etag))
        before = found.value.model_copy(
            update={
                "status": found.value.deleting_from or BackupStatus.DELETING,
                "deleting_from": None,
                "deleted_by": None,
                "deleted_because": None,
            }
        )
        if leaves_one is None or not before.is_good() or await leaves_one():
            return found
        if not await self.container(before).exists():
            return found  # an earlier purge stopped behind its removal
        await self.history.change(before, found.etag)
        raise last_good(before)

    async def remove(self, marked: Versioned[Backup]) -> JsonObject:
        """The second step: the container goes, and the history says so."""
        backup = marked.value
        await self.require_ours(backup)
        try:
            await self.container(backup).delete()
        except HttpResponseError as error:
            if error.status_code not in (403, 409):
                raise
            raise Problem(
                Code.BACKUP_IN_USE,
                f"The storage refuses to delete the container '{backup.container}': an "
                "immutability policy or a legal hold is on it, or the app's role is too narrow. "
                "It stays marked; delete it again when that has ended.",
                target=backup.container,
            ) from error
        while True:
            gone = marked.value.model_copy(
                update={
                    "status": BackupStatus.DELETED,
                    "deleted_at": self.clock.now(),
                }
            )
            try:
                await self.history.change(gone, marked.etag)
            except RowChanged:
                again = await self.history.get(backup.service, backup.name)
                if again is None or again.value.status is not BackupStatus.DELETING:
                    break  # another purge finished it
                marked = again
                continue
            break
        log.info("%s: backup %s deleted", backup.service, backup.name)
        return {"backup": backup.name, "storageAccount": backup.storage_account}

    async def require_ours(self, backup: Backup) -> None:
        """Refuse to remove a container that somebody else made; none at all is as good as gone.

        :raises Problem: BackupInUse.
        """
        container = self.container(backup)
        if not await container.exists():
            return
        if backup.registered:
            await self._require_registered(container, backup)
            return
        owner = Ownership(await self.installation(), backup.service_id, backup.operation)
        if not await container.is_made_by(owner) and await container.exists():
            raise Problem(
                Code.BACKUP_IN_USE,
                f"The container '{backup.container}' in '{backup.storage_account}' is not the one "
                "that this backup was written to: its metadata names another maker. Nothing was "
                "deleted. Look at it, and remove it by hand if it may go.",
                target=backup.container,
            )

    async def _require_registered(self, container: BackupContainer, backup: Backup) -> None:
        """A backup made elsewhere is known by its descriptor."""
        try:
            descriptor = await read_descriptor(container, self.provider, accept_renamed=True)
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
        if descriptor.digest != backup.digest:
            raise Problem(
                Code.BACKUP_IN_USE,
                f"The container '{backup.container}' in '{backup.storage_account}' holds another "
                "backup than the one that was registered. Nothing was deleted.",
                target=backup.container,
            )

    def container(self, backup: Backup) -> BackupContainer:
        """Where a backup is.

        :raises Problem: StorageAccountUnknown.
        """
        account = self.accounts.require(backup.storage_account, "storageAccount")
        return BackupContainer(account, backup.container)


def last_good(backup: Backup) -> Problem:
    """The refusal to delete the only good backup."""
    return Problem(
        Code.LAST_GOOD_BACKUP,
        f"'{shown(backup.name)}' is the only good backup of service '{backup.service}' that can "
        "be read now. Make another one first, or repeat with force=true.",
        target=backup.name,
    )


def require_deletable(backup: Backup) -> None:
    """Refuse to delete what is pinned, written or read just now.

    :raises Problem: BackupPinned, BackupInUse.
    """
    if backup.status is BackupStatus.RUNNING:
        raise Problem(
            Code.BACKUP_IN_USE,
            f"Backup '{shown(backup.name)}' is still being written (operation "
            f"{backup.operation}). Wait until it ends.",
            target=backup.name,
        )
    if backup.pinned:
        raise Problem(
            Code.BACKUP_PINNED,
            f"Backup '{shown(backup.name)}' is pinned. Unpin it first (PATCH).",
            target=backup.name,
        )
    if backup.users:
        used_by = ", ".join(f"{user.service}/{user.operation}" for user in backup.users)
        raise Problem(
            Code.BACKUP_IN_USE,
            f"Backup '{shown(backup.name)}' is being read by: {used_by}. Wait until that ends.",
            target=backup.name,
            retry_after_seconds=10,
        )


def require_not_going(backup: Backup) -> None:
    """Refuse a change of a backup that is deleted or on its way there.

    :raises Problem: BackupInUse.
    """
    if backup.status in (BackupStatus.DELETING, BackupStatus.DELETED):
        raise being_deleted(backup)
