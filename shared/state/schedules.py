"""Table Schedules: the schedules, and their due rows, sorted by time.

One partition, so that a schedule and its due rows change in one transaction: ``s!<name>`` is the
schedule, ``d!<due time>!<kind>!<name>`` says that something of it is due then. A timer reads only
the due rows whose time has come, however many schedules there are.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.model.schedule import Schedule
from shared.model.wire import rfc3339
from shared.rules.naming import service_key
from shared.state.columns import dumps
from shared.state.readable import readable
from shared.state.row_keys import encoded
from shared.storage.tables import Delete, Insert, Replace, Row, RowChanged, Step, Table
from shared.storage.versioned import Versioned

TABLE = "interkeepSchedules"
_PARTITION = "schedule"


class DueKind(StrEnum):
    """What is due."""

    BACKUP = "backup"
    RETENTION = "retention"


@dataclass(frozen=True)
class DueRow:
    """One due row."""

    kind: DueKind
    service: str
    due: str
    """RFC 3339, as in the key."""
    key: str
    etag: str


class Schedules:
    """The schedules of services, and what is due."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, service: str) -> Versioned[Schedule] | None:
        """The schedule of a service name."""
        row = await self._table.get(_PARTITION, _schedule_key(service))
        if row is None:
            return None
        return _schedule(row)

    async def put(self, schedule: Schedule, before: Versioned[Schedule] | None) -> str:
        """Write a schedule and move its due rows, in one transaction; return its new ETag.

        Missing or leftover due rows do not matter: all of them are derived from the schedule.

        :param before: the version that was read, None if there was none.
        :raises RowExists, RowChanged: if another writer changed it since.
        """
        row = _row(schedule)
        old = _due_keys(before.value) if before else set()
        new = _due_keys(schedule)
        old, new = old - new, new - old
        steps: list[Step] = [Replace(row, before.etag) if before else Insert(row)]
        steps += _due_rows(schedule, new)
        try:
            return (await self._table.transact([*steps, *_deletes(old)]))[0]
        except RowChanged:
            if before is None or await self._etag(row.key) != before.etag:
                raise
        # Not the schedule has changed: a due row that was to be deleted is missing.
        return (await self._table.transact([*steps, *_deletes(await self._there(old))]))[0]

    async def remove(self, found: Versioned[Schedule]) -> None:
        """Delete a schedule and its due rows.

        :raises RowChanged: if another writer changed it since.
        """
        key = _schedule_key(found.value.service)
        there = await self._there(_due_keys(found.value))
        await self._table.transact([Delete(_PARTITION, key, found.etag), *_deletes(there)])

    async def _etag(self, key: str) -> str | None:
        row = await self._table.get(_PARTITION, key)
        return row.etag if row else None

    async def _there(self, keys: set[str]) -> set[str]:
        """Those of the rows that exist."""
        return {key for key in keys if await self._etag(key) is not None}

    async def pages(self) -> AsyncIterator[list[Versioned[Schedule]]]:
        """All schedules that can be read, a page of at most 1,000 at a time."""
        async for page in self._table.pages(_PARTITION, after="s!", before="s!~"):
            yield readable(page, _schedule)

    async def between(self, first: str, last: str) -> AsyncIterator[list[Versioned[Schedule]]]:
        """The schedules that can be read of the names from one to another, as ``pages``.

        Both are among them.
        """
        begin, before = _schedule_key(first), f"{_schedule_key(last)}!"
        async for page in self._table.pages(_PARTITION, begin=begin, before=before):
            yield readable(page, _schedule)

    async def due_keys(self) -> AsyncIterator[set[str]]:
        """The keys of all due rows, a page of at most 1,000 at a time."""
        async for page in self._table.pages(_PARTITION, after="d!", before="d!~", columns=()):
            yield {row.key for row in page}

    async def mend(self, found: Versioned[Schedule]) -> set[DueKind]:
        """Write the missing due rows of a schedule again; return their kinds.

        :raises RowChanged: if another writer changed the schedule since.
        """
        keys = _due_keys(found.value)
        missing = keys - await self._there(keys)
        if missing:
            steps: list[Step] = [Replace(_row(found.value), found.etag)]
            await self._table.transact([*steps, *_due_rows(found.value, missing)])
        return {DueKind(key.split("!")[2]) for key in missing}

    async def due(self, now: datetime) -> AsyncIterator[list[DueRow]]:
        """The due rows whose time has come, the earliest first, a page at a time."""
        before = f"d!{rfc3339(now)}!~"
        async for page in self._table.pages(_PARTITION, after="d!", before=before):
            yield readable(page, _due)

    async def storage_time(self) -> datetime | None:
        """The storage's time, None if its answer has none."""
        return await self._table.clock()

    async def drop(self, due: DueRow) -> None:
        """Delete a due row that no longer belongs to a schedule.

        :raises RowChanged: if it was written again since.
        """
        await self._table.delete(_PARTITION, due.key, due.etag)


def _schedule_key(service: str) -> str:
    return f"s!{encoded(service_key(service))}"


def due_key(kind: DueKind, due: datetime, service: str) -> str:
    """The key of a due row; keys sort as their times do."""
    return f"d!{rfc3339(due)}!{kind}!{encoded(service_key(service))}"


def has_due_rows(schedule: Schedule, keys: set[str]) -> bool:
    """Whether all due rows of a schedule are among those of these keys."""
    return _due_keys(schedule) <= keys


def _row(schedule: Schedule) -> Row:
    values = {"schedule": dumps(schedule.to_json())}
    return Row(_PARTITION, _schedule_key(schedule.service), values)


def _schedule(row: Row) -> Versioned[Schedule]:
    schedule = Schedule.model_validate(json.loads(str(row.values["schedule"])))
    return Versioned(schedule, row.etag)


def _due_rows(schedule: Schedule, keys: set[str]) -> list[Replace]:
    values = {"service": schedule.service}
    return [Replace(Row(_PARTITION, key, dict(values)), None) for key in sorted(keys)]


def _deletes(keys: set[str]) -> list[Delete]:
    return [Delete(_PARTITION, key) for key in sorted(keys)]


def _due_keys(schedule: Schedule) -> set[str]:
    times = (
        (DueKind.BACKUP, schedule.next_run_at),
        (DueKind.RETENTION, schedule.next_retention_at),
    )
    return {due_key(kind, due, schedule.service) for kind, due in times if due is not None}


def _due(row: Row) -> DueRow:
    _, due, kind, _ = row.key.split("!", 3)
    return DueRow(DueKind(kind), str(row.values["service"]), due, row.key, row.etag)
