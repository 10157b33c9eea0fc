"""The users of a backup: a verify or a restore is entered as one, so that the backup is not deleted
meanwhile.

Entering a user and marking for deletion write the same row on the condition of its ETag: only one
of the two succeeds, and the other is refused.
"""

from functools import partial

from shared.backups.catalog.presence import is_of
from shared.backups.catalog.returning import Returning
from shared.model.backup import Backup, BackupUser
from shared.model.descriptor import Descriptor
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from shared.rules.naming import shown
from shared.state.history import History
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned, optimistic, optimistically

_MOST = 100
"""Most operations that read one backup at a time: all of them are in one column of its row."""

Place = tuple[str, str]
"""Alias of an account, and a container in it."""


class BackupUsers:
    """Adds and removes the users of backups in the history."""

    def __init__(self, history: History, returning: Returning) -> None:
        self._history = history
        self._returning = returning

    async def going(self, descriptor: Descriptor, place: Place) -> Problem | None:
        """Why a user would be refused; None if the backup in that place is not being deleted.

        :param descriptor: the descriptor that was read there.
        """
        found = await self._history.get(descriptor.service.name, descriptor.backup.name)
        if found is None or not _is_there(found.value, descriptor, place):
            return None
        try:
            await self._returning.readable(found.value, descriptor)
        except Problem as problem:
            return problem
        return None

    @optimistic
    async def enter_at(self, descriptor: Descriptor, operation: Operation, place: Place) -> None:
        """Protect the backup that was read in a place from deletion until ``leave``.

        Does nothing for a copy in another place, or another backup in this place: the history's row
        is not about those.

        :raises Problem: BackupInUse while it is being deleted, or if too many operations read it.
        """
        service, backup = descriptor.service.name, descriptor.backup.name
        found = await self._history.get(service, backup)
        if found is not None and _is_there(found.value, descriptor, place):
            await self._entered(found, operation, descriptor)

    async def enter(
        self, found: Versioned[Backup], operation: Operation
    ) -> Versioned[Backup] | None:
        """Protect a backup from deletion until ``leave``, and return its entry; None if it went.

        If the history says that it does not exist, but it does, this also corrects the entry.

        :param found: its entry, as it was read just before.
        :raises Problem: BackupInUse while it is being deleted, or if too many operations read it;
            BackupNotFound if it has no container; what reading its descriptor raises.
        """
        return await optimistically(
            partial(self._history.get, found.value.service, found.value.name),
            partial(self._entered, operation=operation, descriptor=None),
            found,
        )

    async def _entered(
        self, found: Versioned[Backup], operation: Operation, descriptor: Descriptor | None
    ) -> Versioned[Backup]:
        """The entry with its new user.

        :raises RowChanged: if another writer changed it since it was read.
        """
        user = _user(operation)
        if len(found.value.users) >= _MOST:
            found = await self.still(found)
        backup = await self._returning.readable(found.value, descriptor)
        if user in backup.users and backup == found.value:
            return found
        others = [other for other in backup.users if other != user]
        if len(others) >= _MOST:
            raise Problem(
                Code.BACKUP_IN_USE,
                f"Backup '{shown(backup.name)}' is read by {_MOST} operations just now, which is "
                "the most. Try again when some of them have ended.",
                target=backup.name,
                retry_after_seconds=60,
            )
        used = backup.model_copy(update={"users": [*others, user]})
        return Versioned(used, await self._history.change(used, found.etag))

    async def still(self, found: Versioned[Backup]) -> Versioned[Backup]:
        """The entry of a backup with only those users that are in progress; the others are removed
        from it."""
        while True:
            backup = found.value
            users = [user for user in backup.users if await self._returning.is_reading(user)]
            if users == backup.users:
                return found
            changed = backup.model_copy(update={"users": users})
            try:
                return Versioned(changed, await self._history.change(changed, found.etag))
            except RowChanged:
                now = await self._history.get(backup.service, backup.name)
                if now is None:
                    return found
                found = now

    @optimistic
    async def leave(self, service: str, backup: str, operation: Operation) -> None:
        """Remove a user whose operation has ended. Idempotent: it is called again after a crash."""
        found = await self._history.get(service, backup)
        if found is None:
            return
        changed = without_user(found.value, operation)
        if changed != found.value:
            await self._history.change(changed, found.etag)


def without_user(backup: Backup, operation: Operation) -> Backup:
    """The entry of a backup that an operation does not use any more."""
    user = _user(operation)
    others = [other for other in backup.users if other != user]
    return backup.model_copy(update={"users": others})


def _is_there(backup: Backup, descriptor: Descriptor, place: Place) -> bool:
    """Whether an entry is of the backup that was read in a place."""
    mine = backup.status.is_held() or is_of(backup, descriptor)
    return mine and _place(backup) == place


def _place(backup: Backup) -> Place:
    return backup.storage_account, backup.container


def _user(operation: Operation) -> BackupUser:
    return BackupUser(service=operation.service, operation=operation.id)
