"""Table Drift: what pulls found changed in integration accounts, a log that accounts do not keep.

A partition for each service, a row for each artifact and pull, newest first. Rows hold names and
JSON pointers, never values.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.wire import JsonObject, rfc3339
from shared.rules.naming import artifact_key
from shared.state.columns import dumps
from shared.state.row_keys import LAST, bounded, encoded, newest_first, time_of
from shared.storage.tables import TRANSACTION_ROWS, Column, Replace, Row, Table

TABLE = "interkeepDrift"


@dataclass(frozen=True)
class Drifted:
    """One artifact that a pull found changed."""

    found_at: datetime
    """When the pull began, to the millisecond."""
    operation: str
    """Id of the pull's, or the backup's, operation."""
    section: str
    name: str
    drift: JsonObject = field(repr=False)
    """What happened to it, and where: see ``rules.integration_accounts.drift.Drift``."""

    @property
    def key(self) -> str:
        """Its place in the log."""
        of = f"{encoded(self.section)}.{encoded(artifact_key(self.name))}"
        return bounded(f"t!{newest_first(self.found_at)}!{encoded(self.operation.lower())}!{of}")

    def to_json(self) -> JsonObject:
        """As answers show it."""
        return {
            "foundAt": rfc3339(self.found_at),
            "operation": self.operation,
            "section": self.section,
            "name": self.name,
            **self.drift,
        }


class DriftLog:
    """What changed in accounts, by service."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put_all(self, service_id: str, drifted: Sequence[Drifted]) -> None:
        """Write entries. Idempotent."""
        for start in range(0, len(drifted), TRANSACTION_ROWS):
            some = drifted[start : start + TRANSACTION_ROWS]
            await self._table.transact([Replace(_row(service_id, one), None) for one in some])

    async def pages(
        self,
        service_id: str,
        *,
        after: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Drifted]]:
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


def _row(service_id: str, drifted: Drifted) -> Row:
    values: dict[str, Column] = {
        "operation": drifted.operation,
        "section": drifted.section,
        "name": drifted.name,
        "drift": dumps(drifted.drift),
    }
    return Row(service_id, drifted.key, values)


def _read(row: Row) -> Drifted:
    values = row.values
    return Drifted(
        found_at=found_at(row),
        operation=str(values["operation"]),
        section=str(values["section"]),
        name=str(values["name"]),
        drift=json.loads(str(values["drift"])),
    )
