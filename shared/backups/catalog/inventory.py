"""The inventory: a timer that looks whether the history says what is so.

Each day one cheap look whether a backup is there, a bounded number a run, on from where the last
run stopped. So a history says `Missing` within a day of the removal of a container by hand, of
backups on demand too. Each run asks whether the operations that entries name are under way.
"""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from azure.core.exceptions import AzureError

from shared.backups.archive.paths import descriptor_path
from shared.backups.catalog.history_rows import HistoryRows
from shared.backups.catalog.presence import NOT_THERE, NOTED_AGAIN, Look, Presence, noted
from shared.backups.catalog.removal import as_deleted, as_missing
from shared.backups.catalog.returning import Returning
from shared.backups.catalog.users import BackupUsers
from shared.clock import Clock
from shared.model.backup import Backup, BackupStatus, Found
from shared.model.problem import Code, Problem
from shared.operations.under_way import record_of
from shared.state.cursors import Cursors
from shared.state.history import History
from shared.state.left_behind_index import LeftBehindIndex
from shared.state.operations import InFlightIndex
from shared.storage.pace import Pace
from shared.storage.tables import RowChanged, SchemaTooNew
from shared.streams.bounded import each_of

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
_NAMES_OPERATION = frozenset({BackupStatus.RUNNING, BackupStatus.DELETING})
"""What counts only while an operation is under way."""

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
        *,
        history: History,
        rows: HistoryRows,
        returning: Returning,
        users: BackupUsers,
        in_flight: InFlightIndex,
        left: LeftBehindIndex,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._history = history
        self._rows = rows
        self._returning = returning
        self._users = users
        self._in_flight = in_flight
        self._left = left
        self._presence: Presence = returning.presence
        self._cursors = cursors
        self._clock = clock

    async def run(self) -> int:
        """One bounded run; how many backups it looked at."""
        await self._rows.run()
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
        return bool(backup.users) or backup.status in _NAMES_OPERATION or self._is_old(backup)

    def _is_old(self, backup: Backup) -> bool:
        if not (backup.status.is_held() or backup.status is BackupStatus.MISSING):
            return False
        seen = backup.container_seen
        return seen is None or self._clock.now() - seen.at >= NOTED_AGAIN

    async def _look_at(self, run: _Run, backups: list[Backup]) -> None:
        async def one(backup: Backup) -> None:
            away = run.unanswered[backup.storage_account] >= _MOST_UNANSWERED
            if away and not (backup.users or backup.status is BackupStatus.RUNNING):
                return  # what its operation says needs no account
            run.looked += 1
            try:
                if not await self._look_at_one(backup):
                    run.unanswered[backup.storage_account] += 1
            except (SchemaTooNew, KeyError, ValueError):
                log.exception("%s of %s: a later run looks", backup.name, backup.service)

        await each_of(backups, one, Pace(_AT_ONCE))

    async def _look_at_one(self, listed: Backup) -> bool:
        """Look at one backup and write what was found; whether its account answered."""
        found = await self._history.get(listed.service, listed.name)
        if found is None or not self._is_due(found.value):
            return True
        found = await self._users.still(found)
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
        if backup.status is BackupStatus.RUNNING:
            return await self._written(backup)
        if backup.status is BackupStatus.DELETING:
            return await self._marked(backup)
        if not self._is_old(backup):
            return None
        if backup.status is BackupStatus.MISSING:
            return await self._back(backup)
        look = await self._look(backup)
        if look is None:
            return None
        changed = self._noted(backup, look)
        if look.found is Found.MISSING and self._presence.is_certain(backup):
            return (changed or backup).model_copy(update={"status": BackupStatus.MISSING})
        return changed

    async def _written(self, backup: Backup) -> Backup | None:
        """The entry of a backup whose operation may have ended without saying so.

        Where its record tells how it ended, recovery is to enter that; else the container decides.
        """
        record = await record_of(self._returning.records, backup.service, backup.operation)
        if record is None:
            return await self._unrecorded(backup)
        operation = record.operation
        if not operation.status.is_final():
            return None
        now = await self._history.get(backup.service, backup.name)
        if now is None or now.value.status is not BackupStatus.RUNNING:
            return None  # it ended at this moment
        if await self._left.get(operation.service, operation.id) is not None:
            return None
        if await self._in_flight.add(operation.service, operation.id):
            log.error(
                "InFlightMissing: %s %s of service '%s' has ended, and recovery did not know that "
                "its backup does not say so: entered again",
                operation.operation,
                operation.id,
                operation.service,
            )
        return None

    async def _unrecorded(self, backup: Backup) -> Backup | None:
        """The entry of a backup whose operation has no record; it failed where it is certain that
        it has no descriptor."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._returning.readable(backup)
        except Problem as problem:
            if problem.code not in NOT_THERE or not self._presence.is_certain(backup):
                return None
        update = {
            "status": BackupStatus.FAILED,
            "completed_at": self._clock.now(),
            "error": "Its operation has no record any more, and its container no descriptor.",
        }
        return backup.model_copy(update=update)

    async def _marked(self, backup: Backup) -> Backup | None:
        """The entry of a backup whose purge may have ended: then the mark counts no more."""
        if await self._returning.is_going(backup):
            return None
        async with asyncio.timeout(_SECONDS):
            gone = await self._presence.is_gone(backup)
        if gone:
            now = self._clock.now()
            return as_deleted(backup, now) if backup.deleting_seen else as_missing(backup, now)
        before = backup.unmarked()
        if not before.status.is_held():
            return before
        look = await self._look(before)
        return before if look is None else self._noted(before, look) or before

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
                    await self._presence.open(backup)
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
