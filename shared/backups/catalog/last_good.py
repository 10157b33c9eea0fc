"""The good backups of a service: when others are deleted, one that can be read now is kept."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.backups.catalog.away import Away
from shared.backups.catalog.presence import Checkpoint, Presence, asking
from shared.backups.catalog.returning import Returning
from shared.backups.catalog.users import BackupUsers
from shared.clock import Clock
from shared.model.backup import Backup
from shared.model.problem import Code, Problem
from shared.rules.naming import shown
from shared.rules.retention import Candidate, newest_first, newest_good
from shared.state.history import History
from shared.storage.versioned import Versioned

_AT_ONCE = 8
"""Accounts that are asked concurrently."""

log = logging.getLogger("interkeep.retention")


@dataclass(frozen=True)
class LastGood:
    """Finds out whether another good backup exists."""

    history: History
    returning: Returning
    users: BackupUsers
    clock: Clock

    @property
    def presence(self) -> Presence:
        """Examines backups in their containers."""
        return self.returning.presence

    async def require_not_last(self, backup: Backup, away: Away | None = None) -> None:
        """Refuse to delete the only good backup of a service, as far as descriptors show: a caller
        waits for this answer. The purge itself checks more.

        :param away: accounts that did not answer before; None if none was asked.
        :raises Problem: LastGoodBackup.
        """

        async def problem(other: Backup) -> Problem | None:
            try:
                with asking(other):
                    await self.presence.open(other)
            except Problem as found:
                return found
            return None

        if backup.is_good() and not await self._is_another(backup, problem, away or Away()):
            raise last_good(backup)

    async def leaves_another(
        self, backup: Backup, away: Away | None = None, checkpoint: Checkpoint | None = None
    ) -> bool:
        """Whether another good backup of the same service is whole.

        :param checkpoint: awaited now and then.
        """

        async def problem(other: Backup) -> Problem | None:
            return (await self.presence.look(other, checkpoint)).problem

        return await self._is_another(backup, problem, away or Away())

    async def _is_another(
        self,
        backup: Backup,
        problem: Callable[[Backup], Awaitable[Problem | None]],
        away: Away,
    ) -> bool:
        """Whether another good backup exists that has no problem and is not being read: a verify
        that reads one may find it damaged.

        The newest of each account first, accounts concurrently: one that does not answer is tried
        once, and does not delay the others.
        """
        candidates = await self.candidates(backup.service)
        names: dict[str, list[str]] = {}
        for candidate in newest_good(candidates, backup.service_id, self.clock.now()):
            if candidate.name != backup.name:
                names.setdefault(candidate.storage_account, []).append(candidate.name)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def in_account(listed: list[str]) -> bool:
            async with slots:
                for name in listed:
                    if await self._is_counted_on(backup.service, name, problem, away):
                        return True
            return False

        asked = [asyncio.create_task(in_account(listed)) for listed in names.values()]
        try:
            for answer in asyncio.as_completed(asked):
                if await answer:
                    return True
            return False
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)

    async def _is_counted_on(
        self,
        service: str,
        name: str,
        problem: Callable[[Backup], Awaitable[Problem | None]],
        away: Away,
    ) -> bool:
        found = await self.history.get(service, name)
        if found is None or not found.value.is_good() or await self.is_read(found):
            return False
        why = away.of(found.value.storage_account)
        if why is None:
            why = await problem(found.value)
            if why is None:
                return True
            away.met(why)
            log.warning("%s is not counted on: %s", name, why)
        return False

    async def candidates(
        self, service: str, of: Callable[[Backup], Candidate] = Candidate.of
    ) -> list[Candidate]:
        """All backups of a service name that may hold a container, newest first."""
        found = [
            of(await self._as_used(backup))
            async for page in self.history.pages(service)
            for backup in page
        ]
        return sorted(found, key=newest_first)

    async def _as_used(self, listed: Backup) -> Backup:
        if not listed.users:
            return listed
        found = await self.history.get(listed.service, listed.name)
        return (await self.users.still(found)).value if found else listed

    async def is_read(self, found: Versioned[Backup]) -> bool:
        """Whether an operation in progress reads a backup."""
        return bool(found.value.users) and bool((await self.users.still(found)).value.users)


def last_good(backup: Backup) -> Problem:
    """The problem of deleting the only good backup."""
    return Problem(
        Code.LAST_GOOD_BACKUP,
        f"'{shown(backup.name)}' is the only good backup of service '{backup.service}' that can "
        "be read now. Make another one first, or repeat with force=true.",
        target=backup.name,
    )
