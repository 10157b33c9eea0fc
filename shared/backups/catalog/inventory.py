"""The inventory: a timer that compares the history with what exists.

Each day it checks cheaply whether each backup exists, a bounded number a run; a run continues from
where the last one stopped. So the history says `Missing` within a day after a container was deleted
by hand, also for backups on demand. It also checks whether the operations that entries name are in
progress.
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
"""Backups that one run checks; with a run each hour that is more than 20,000 a day."""

_MOST_PAGES = 20
_MOST_SECONDS = 120
_AT_ONCE = 8
_PIECE = 64
"""The limits are checked after this many backups."""

_SECONDS = 5
"""Time limit for one check; after two timeouts in a run, an account is not tried again."""

_THOROUGH_SECONDS = 60
_MOST_UNANSWERED = 2
_NAMES_OPERATION = frozenset({BackupStatus.RUNNING, BackupStatus.DELETING})
"""States that count only while an operation is in progress."""

_DOUBTED = frozenset({Found.DAMAGED, Found.MISSING})
"""Findings that a check of only the descriptor does not change."""

log = logging.getLogger("interkeep.backup")


@dataclass
class _Run:
    """The state of one run."""

    looked: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    """Alias → checks that its account did not answer."""


class Inventory:
    """Checks the history, piece by piece."""

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
        """Do one bounded run; return how many backups it checked."""
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
                return  # what its operation says is known without an account
            run.looked += 1
            try:
                if not await self._look_at_one(backup):
                    run.unanswered[backup.storage_account] += 1
            except (SchemaTooNew, KeyError, ValueError):
                log.exception("%s of %s: a later run looks", backup.name, backup.service)

        await each_of(backups, one, Pace(_AT_ONCE))

    async def _look_at_one(self, listed: Backup) -> bool:
        """Check one backup and store what was found; return whether its account answered."""
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
                return True  # the other writer has newer information
            if changed.status is not found.value.status:
                log.warning("%s: backup %s is %s", listed.service, listed.name, changed.status)
        return True

    async def _seen(self, backup: Backup) -> Backup | None:
        """The entry with what exists now; None if nothing must be written."""
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
        """The entry of a backup whose operation may have ended without updating it.

        If its record says how it ended, recovery will enter that; otherwise the container decides.
        """
        record = await record_of(self._returning.records, backup.service, backup.operation)
        if record is None:
            return await self._unrecorded(backup)
        operation = record.operation
        if not operation.status.is_final():
            return None
        now = await self._history.get(backup.service, backup.name)
        if now is None or now.value.status is not BackupStatus.RUNNING:
            return None  # it has ended at this moment
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
        """The entry of a backup whose operation has no record; it has failed if it certainly has no
        descriptor."""
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
        """The entry of a backup whose purge may have ended: then the mark does not count any
        more."""
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
        """The entry of a missing backup that exists again, because it was undeleted."""
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._returning.readable(backup)
        except Problem as problem:
            gone = problem.code is Code.BACKUP_NOT_FOUND
            return self._noted(backup, Look(Found.MISSING if gone else Found.UNREADABLE, problem))

    def _noted(self, backup: Backup, look: Look) -> Backup | None:
        return noted(backup, look, self._clock.now())

    async def _look(self, backup: Backup) -> Look | None:
        """Check the descriptor; check everything if that is not enough, or something was wrong
        before."""
        before = backup.container_seen
        if before is not None and before.found in _DOUBTED:
            return await self._thorough(backup)
        try:
            container = self._presence.container(backup)
        except Problem as problem:
            return Look(Found.UNREADABLE, problem)
        if backup.account_name is None:
            # An earlier version made the entry, without the account's name; what is found in the
            # account confirms it.
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
        """Check all of it; None if this takes too long, which says nothing about the backup."""
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
