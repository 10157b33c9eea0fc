"""Removing one backup, in two steps that are repeatable, and taken back where it does not happen.

The history's row is marked by its ETag while nobody uses the backup, then the container goes. A
crash between them leaves a mark, which the next purge goes on from, or whoever wants to read the
backup takes back. A container goes only where the history's row and the container's own metadata
agree who made it. `Deleted` is only what a purge saw before it was gone.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from azure.core.exceptions import AzureError

from shared.backup.presence import NOT_THERE, Presence, cannot_ask
from shared.backup.reader import read_descriptor
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.clock import Clock
from shared.model.backup import Backup, BackupStatus, ContainerSeen, DeletionRefused, Found
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.refusals import meaning, passes
from shared.rules.naming import shown
from shared.rules.retention import Candidate, newest_first, newest_good
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
    presence: Presence
    clock: Clock
    installation: Callable[[], Awaitable[str]]

    async def require_not_last(self, backup: Backup) -> None:
        """Refuse to delete the only good backup that there is of a service, as far as descriptors
        tell: somebody waits for the answer. Whoever deletes looks further.

        :raises Problem: LastGoodBackup.
        """

        async def problem(other: Backup) -> Problem | None:
            try:
                await self.presence.descriptor(other)
            except Problem as found:
                return found
            return None

        if backup.is_good() and not await self._is_another(backup, problem):
            raise last_good(backup)

    async def leaves_another(self, backup: Backup) -> bool:
        """Whether another good backup of the same service is whole."""

        async def problem(other: Backup) -> Problem | None:
            return (await self.presence.look(other)).problem

        return await self._is_another(backup, problem)

    async def _is_another(
        self, backup: Backup, problem: Callable[[Backup], Awaitable[Problem | None]]
    ) -> bool:
        """Whether there is another good one without a problem that nobody reads just now: a verify
        may find that one bad."""
        candidates = await self.candidates(backup.service)
        for candidate in newest_good(candidates, backup.service_id, self.clock.now()):
            if candidate.name == backup.name:
                continue
            found = await self.history.get(backup.service, candidate.name)
            if found is None or not found.value.is_good() or found.value.users:
                continue
            why = await problem(found.value)
            if why is None:
                return True
            log.warning("%s is not counted on: %s", candidate.name, why)
        return False

    async def candidates(
        self, service: str, of: Callable[[Backup], Candidate] = Candidate.of
    ) -> list[Candidate]:
        """All backups of a service name that may hold a container, newest first."""
        found = [of(backup) async for page in self.history.pages(service) for backup in page]
        return sorted(found, key=newest_first)

    async def sees(self, backup: Backup) -> bool:
        """Whether the container of a backup is there, and its own.

        :raises Problem: BackupInUse for somebody else's container; StorageAccountUnknown where
            there is none and the alias leads to another account by now; StorageUnavailable.
        """
        with _asking(backup):
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
        """The first step: from here on nobody begins to use it.

        Two purges may each count on the backup that the other one marks. So whoever marks a good
        one looks again, with the mark in place, and takes it back where no other good one is left.

        :param found: whose container was seen; or one that is marked, which is taken up.
        :param leaves_one: looks for that other one; None where none need be left.
        :raises RowChanged: where somebody wrote it since it was read.
        :raises Problem: LastGoodBackup, the mark taken back; what ``sees`` raises.
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
            return found  # an earlier purge stopped behind its removal
        await self.history.change(before, found.etag)
        raise last_good(before)

    async def remove(self, marked: Versioned[Backup], operation: Operation) -> JsonObject | None:
        """The second step: the container goes, and the history says so; None where there was none
        that a purge saw go.

        :raises Problem: BackupInUse where the storage refuses, the mark taken back; or for
            somebody else's container.
        """
        backup = marked.value
        if not await self.sees(backup) and not backup.deleting_seen:
            await self.note_missing(marked)
            return None
        try:
            with _asking(backup):
                await self._delete(backup)
        except _Refused as refused:
            refusal = _deletion_refused(backup, refused.error)
            await self._take_back(backup, operation, refusal)
            raise refusal from refused.error
        await self._enter_deleted(marked, operation)
        log.info("%s: backup %s deleted", backup.service, backup.name)
        return {"backup": backup.name, "storageAccount": backup.storage_account}

    async def _delete(self, backup: Backup) -> None:
        """:raises _Refused: where trying again changes nothing until somebody lets the app."""
        try:
            await self.presence.container(backup).delete()
        except AzureError as error:
            if passes(error):
                raise
            raise _Refused(error) from error

    async def note_missing(self, found: Versioned[Backup]) -> None:
        """Say that a backup's container is gone, of one that is held or marked.

        Somebody who wrote the entry since it was read knows better.
        """
        backup = found.value
        before = backup.unmarked() if backup.status is BackupStatus.DELETING else backup
        seen = ContainerSeen(found=Found.MISSING, at=self.clock.now())
        update: dict[str, object] = {"container_seen": seen}
        if before.status.is_held():
            update["status"] = BackupStatus.MISSING
        try:
            await self.history.change(before.model_copy(update=update), found.etag)
        except RowChanged:
            return

    async def _take_back(self, marked: Backup, operation: Operation, refusal: Problem) -> None:
        """The entry becomes what it was, unless the mark is another purge's by now."""
        note = DeletionRefused(at=self.clock.now(), operation=operation.id, message=refusal.message)
        while True:
            found = await self.history.get(marked.service, marked.name)
            if found is None or found.value.status is not BackupStatus.DELETING:
                return
            if found.value.deleted_by != operation.id:
                return
            before = found.value.unmarked().model_copy(update={"deletion_refused": note})
            try:
                await self.history.change(before, found.etag)
            except RowChanged:
                continue
            return

    async def _enter_deleted(self, marked: Versioned[Backup], operation: Operation) -> None:
        """Whatever was written since: the container is gone, and this purge saw it go."""
        found: Versioned[Backup] | None = marked
        while found is not None and found.value.status is not BackupStatus.DELETED:
            now = self.clock.now()
            gone = found.value.model_copy(
                update={
                    "status": BackupStatus.DELETED,
                    "deleting_seen": None,
                    "deletion_refused": None,
                    "container_seen": ContainerSeen(found=Found.MISSING, at=now),
                    "deleted_at": now,
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
        """A backup made elsewhere is known by its descriptor."""
        try:
            descriptor = await read_descriptor(
                container, self.presence.provider, accept_renamed=True
            )
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


class _Refused(Exception):
    """The storage refuses a deletion."""

    def __init__(self, error: AzureError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def _asking(backup: Backup) -> Iterator[None]:
    """:raises Problem: StorageUnavailable where the backup's account does not answer."""
    try:
        yield
    except AzureError as error:
        raise cannot_ask(backup, error) from error


def _deletion_refused(backup: Backup, error: AzureError) -> Problem:
    return Problem(
        Code.BACKUP_IN_USE,
        f"The storage refuses to delete the container '{backup.container}': an immutability "
        "policy, a legal hold or a lease is on it, or the app's role is too narrow. Nothing was "
        "deleted, and the backup is what it was; delete it again when that has ended. "
        f"{meaning(error)}.",
        target=backup.container,
    )
