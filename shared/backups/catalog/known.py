"""Backups of the history, opened for reading."""

from dataclasses import replace

from shared.backups.archive.opened import OpenBackup
from shared.backups.catalog.returning import Returning
from shared.model.problem import Code, Problem
from shared.rules.problems import backup_not_found
from shared.state.history import History


class KnownBackups:
    """Opens backups by service and name."""

    def __init__(self, history: History, returning: Returning) -> None:
        self._history = history
        self._returning = returning

    async def open(self, service: str, name: str, target: str = "backup") -> OpenBackup:
        """Read and check the descriptor of a backup, whatever the history says about its container.

        :param target: the parameter that named it.
        :raises Problem: BackupNotFound, also if it never had a container or has none any more;
            BackupInUse while it is being written or deleted; StorageAccountUnknown,
            DescriptorForged, FormatUnknown, KeyUnavailable.
        """
        found = await self._history.get(service, name)
        if found is None:
            raise backup_not_found(service, name, target)
        backup = found.value
        await self._returning.require_not_written(backup)
        await self._returning.require_not_going(backup)
        presence = self._returning.presence
        try:
            return await presence.open(backup)
        except Problem as problem:
            if problem.code is not Code.BACKUP_NOT_FOUND:
                raise
            raise replace(problem, target=target) from problem
