"""Table Drift: what pulls found changed in integration accounts, a log that accounts do not keep.

A partition for each service, a row for each artifact and pull, newest first. Rows hold names and
JSON pointers, never values.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.model.sections import Section
from shared.model.wire import JsonObject, rfc3339
from shared.rules.naming import artifact_key
from shared.state.columns import dumps
from shared.state.row_keys import LAST, bounded, encoded, newest_first, time_of
from shared.storage.tables import TRANSACTION_ROWS, Column, Replace, Row, Table

TABLE = "interkeepDrift"


class Change(StrEnum):
    """What happened to an artifact in its account."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class Drift:
    """One artifact that a pull found changed."""

    found_at: datetime
    """When the pull began, to the millisecond."""
    operation: str
    """Id of the pull's, or the backup's, operation."""
    section: Section
    name: str
    change: Change
    pointers: Sequence[str] = ()
    """Where its document changed; not all of them, if there are many."""
    pointer_count: int = 0
    content: bool = False
    """Whether its content changed."""

    @property
    def key(self) -> str:
        """Its place in the log."""
        of = f"{encoded(self.section)}.{encoded(artifact_key(self.name))}"
        return bounded(f"t!{newest_first(self.found_at)}!{encoded(self.operation.lower())}!{of}")

    def to_json(self) -> JsonObject:
        """As answers show it."""
        where: JsonObject = {
            "pointers": list(self.pointers),
            "pointerCount": self.pointer_count,
            "content": self.content,
        }
        return {
            "foundAt": rfc3339(self.found_at),
            "operation": self.operation,
            "section": self.section,
            "name": self.name,
            "change": self.change,
            **(where if self.change is Change.CHANGED else {}),
        }


class DriftLog:
    """What changed in accounts, by service."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put_all(self, service_id: str, drift: Sequence[Drift]) -> None:
        """Write entries. Idempotent."""
        for start in range(0, len(drift), TRANSACTION_ROWS):
            some = drift[start : start + TRANSACTION_ROWS]
            await self._table.transact([Replace(_row(service_id, one), None) for one in some])

    async def pages(
        self,
        service_id: str,
        *,
        after: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Drift]]:
        """The entries, newest first; a page may be short or empty and not be the last.

        :param after: the key of an entry; the first page begins after it.
        :param since: no earlier entries.
        :param until: no later entries.
        """
        begin = f"t!{newest_first(until)}" if until else "t!"
        end = f"t!{newest_first(since)}!{LAST}" if since else f"t!{LAST}"
        pages = self._table.pages(service_id, after=max(after, begin), before=end, size=size)
        async for page in pages:
            yield [_read(row) for row in page]

    async def drop_all(self, service_id: str) -> None:
        """Delete all of a service; does nothing for what is already deleted."""
        await self._table.drop_partition(service_id)


def found_at(row: Row) -> datetime:
    """When what a row tells was found."""
    return time_of(row.key.split("!")[1])


def _row(service_id: str, drift: Drift) -> Row:
    values: dict[str, Column] = {
        "operation": drift.operation,
        "section": drift.section,
        "name": drift.name,
        "change": drift.change,
        "pointers": dumps(list(drift.pointers)),
        "pointerCount": drift.pointer_count,
        "content": drift.content,
    }
    return Row(service_id, drift.key, values)


def _read(row: Row) -> Drift:
    values = row.values
    return Drift(
        found_at=found_at(row),
        operation=str(values["operation"]),
        section=Section(str(values["section"])),
        name=str(values["name"]),
        change=Change(str(values["change"])),
        pointers=json.loads(str(values["pointers"])),
        pointer_count=int(values["pointerCount"]),
        content=bool(values["content"]),
    )
