"""Who reads a backup: a verify or a restore enters itself, so that nobody deletes it meanwhile.

Entering and marking for deletion are writes of the same row by its ETag: one of the two comes
first, and the other is refused.
"""

from shared.model.backup import Backup, BackupStatus, BackupUser
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from shared.rules.naming import shown
from shared.state.gateway import RowChanged
from shared.state.history import History

_GOING = frozenset({BackupStatus.DELETING, BackupStatus.DELETED})


Place = tuple[str, str]
"""Alias of an account, and a container in it."""


class BackupUsers:
    """Enters and removes the users of backups that the history knows."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def going(self, service: str, backup: str, place: Place) -> Problem | None:
        """Why whoever enters would be refused; None where nobody deletes what is in that place."""
        found = await self._history.get(service, backup)
        if found is None or found.value.status not in _GOING or _place(found.value) != place:
            return None
        return being_deleted(found.value)

    async def enter(
        self, service: str, backup: str, operation: Operation, place: Place | None = None
    ) -> Backup | None:
        """Keep a backup from being deleted until ``leave``; None where the history has none.

        :param place: where it is read; a copy elsewhere is none that the history's row is of.
        :raises Problem: BackupInUse where it is being deleted, or was.
        """
        user = _user(operation)
        while True:
            found = await self._history.get(service, backup)
            if found is None or place not in (None, _place(found.value)):
                return None
            if found.value.status in _GOING:
                raise being_deleted(found.value)
            if user in found.value.users:
                return found.value
            used = found.value.model_copy(update={"users": [*found.value.users, user]})
            try:
                await self._history.change(used, found.etag)
            except RowChanged:
                continue
            return used

    async def leave(self, service: str, backup: str, operation: Operation) -> None:
        """The operation has ended; done again after a crash."""
        user = _user(operation)
        while True:
            found = await self._history.get(service, backup)
            if found is None or user not in found.value.users:
                return
            others = [other for other in found.value.users if other != user]
            try:
                await self._history.change(
                    found.value.model_copy(update={"users": others}), found.etag
                )
            except RowChanged:
                continue
            return


def being_deleted(backup: Backup) -> Problem:
    """The refusal of whoever wants a backup that goes."""
    return Problem(
        Code.BACKUP_IN_USE,
        f"Backup '{shown(backup.name)}' is {backup.status.lower()} (operation "
        f"{backup.deleted_by}). Choose another one.",
        target=backup.name,
    )


def _place(backup: Backup) -> Place:
    return backup.storage_account, backup.container


def _user(operation: Operation) -> BackupUser:
    return BackupUser(service=operation.service, operation=operation.id)
