"""The inventory: a timer that looks each day whether the backups of the history are there.

One cheap look each, a bounded number a run, on from where the last run stopped. So a history says
`Missing` within a day of the removal of a container by hand, of backups on demand too.
"""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from azure.core.exceptions import AzureError

from shared.backup.describe import descriptor_path
from shared.backup.presence import NOTED_AGAIN, Look, Presence, noted
from shared.backup.returning import Returning
from shared.clock import Clock
from shared.model.backup import Backup, BackupStatus, Found
from shared.model.problem import Code, Problem
from shared.state.cursors import Cursors
from shared.state.gateway import RowChanged
from shared.state.history import History

_NAME = "inventory"
_MOST_LOOKS = 1000
"""A run; every hour that is more than 20,000 backups a day."""

_MOST_PAGES = 20
_MOST_SECONDS = 120
_AT_ONCE = 8
_PIECE = 64
"""After so many looks the bounds are looked at."""

_SECONDS = 5
"""For one look; twice, in a run, an account may not answer within it."""

_THOROUGH_SECONDS = 60
_MOST_UNANSWERED = 2
_DOUBTED = frozenset({Found.DAMAGED, Found.MISSING})
"""Findings that a look at the descriptor alone does not change."""

log = logging.getLogger("interkeep.backup")


@dataclass
class _Run:
    """What one run met."""

    looked: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    """Alias → looks that its account did not answer."""


class Inventory:
    """Looks through the history, piece by piece."""

    def __init__(
        self,
        history: History,
        returning: Returning,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._history = history
        self._returning = returning
        self._presence: Presence = returning.presence
        self._cursors = cursors
        self._clock = clock

    async def run(self) -> int:
        """One bounded run; how many backups it looked at."""
        run = _Run()
        ends = self._clock.monotonic() + _MOST_SECONDS
        place = ("", "")
        pages = 0
        async for page in self._history.scan(await self._cursors.get(_NAME)):
            pages += 1
            due = [(at, backup) for at, backup in page.backups if self._is_due(backup)]
            stopped = False
            for start in range(0, len(due), _PIECE):
                piece = due[start : start + _PIECE]
                await self._look_at(run, [backup for _, backup in piece])
                place = piece[-1][0]
                stopped = run.looked >= _MOST_LOOKS or self._clock.monotonic() >= ends
                if stopped:
                    break
            if stopped:
                break
            place = page.end
            if pages >= _MOST_PAGES:
                break
        else:
            place = ("", "")
        await self._cursors.put(_NAME, place)
        return run.looked

    def _is_due(self, backup: Backup) -> bool:
        if not (backup.status.is_held() or backup.status is BackupStatus.MISSING):
            return False
        seen = backup.container_seen
        return seen is None or self._clock.now() - seen.at >= NOTED_AGAIN

    async def _look_at(self, run: _Run, backups: list[Backup]) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(backup: Backup) -> None:
            async with slots:
                if run.unanswered[backup.storage_account] >= _MOST_UNANSWERED:
                    return
                run.looked += 1
                if not await self._look_at_one(backup):
                    run.unanswered[backup.storage_account] += 1

        async with asyncio.TaskGroup() as group:
            for backup in backups:
                group.create_task(one(backup))

    async def _look_at_one(self, listed: Backup) -> bool:
        """Look at one backup and write what was found; whether its account answered."""
        found = await self._history.get(listed.service, listed.name)
        if found is None or not self._is_due(found.value):
            return True
        try:
            changed = await self._seen(found.value)
        except (TimeoutError, AzureError) as error:
            log.warning("%s: the inventory cannot look: %s", listed.name, error)
            return False
        if changed is not None:
            try:
                await self._history.change(changed, found.etag)
            except RowChanged:
                return True  # whoever wrote it knows better
            if changed.status is not found.value.status:
                log.warning("%s: backup %s is %s", listed.service, listed.name, changed.status)
        return True

    async def _seen(self, backup: Backup) -> Backup | None:
        """The entry with what is there now; None where nothing is to be written."""
        if backup.status is BackupStatus.MISSING:
            return await self._back(backup)
        look = await self._look(backup)
        if look is None:
            return None
        changed = self._noted(backup, look)
        if look.found is Found.MISSING and self._presence.is_certain(backup):
            return (changed or backup).model_copy(update={"status": BackupStatus.MISSING})
        return changed

    async def _back(self, backup: Backup) -> Backup | None:
        """The entry of a missing backup that is there again, undeleted by somebody."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._returning.readable(backup)
        except Problem as problem:
            gone = problem.code is Code.BACKUP_NOT_FOUND
            return self._noted(backup, Look(Found.MISSING if gone else Found.UNREADABLE, problem))

    def _noted(self, backup: Backup, look: Look) -> Backup | None:
        return noted(backup, look, self._clock.now())

    async def _look(self, backup: Backup) -> Look | None:
        """One look at the descriptor; a thorough one where that says too little, or something was
        wrong before."""
        before = backup.container_seen
        if before is not None and before.found in _DOUBTED:
            return await self._thorough(backup)
        try:
            container = self._presence.container(backup)
        except Problem as problem:
            return Look(Found.UNREADABLE, problem)
        if backup.account_name is None:
            # An earlier version entered it: what is in this account now tells the account's name.
            with suppress(Problem):
                async with asyncio.timeout(_SECONDS):
                    await self._presence.descriptor(backup)
                name = self._presence.account_name(backup.storage_account)
                return Look(Found.THERE, None, name)
        for name in dict.fromkeys((backup.name, backup.container)):
            async with asyncio.timeout(_SECONDS):
                seen = await container.seen(descriptor_path(name))
            if seen is not None:
                return Look(Found.ARCHIVED if seen.archived else Found.THERE)
        return await self._thorough(backup)

    async def _thorough(self, backup: Backup) -> Look | None:
        """A look at all of it; None for one that takes too long, which says nothing of it."""
        try:
            container = self._presence.container(backup)
        except Problem as problem:
            return Look(Found.UNREADABLE, problem)
        async with asyncio.timeout(_SECONDS):
            await container.exists()
        try:
            async with asyncio.timeout(_THOROUGH_SECONDS):
                return await self._presence.look(backup)
        except TimeoutError:
            return None
