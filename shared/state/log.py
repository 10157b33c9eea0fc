"""Table Log: where the records of all services are, in the order of time.

One partition with a row for each record, keyed by its start. A row points to its record and has
those of its members that never change; the record itself is in the partition of its service. A row
without a record is ignored: it is written first, and the start may not have happened.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.model.operation import Operation
from shared.rules.naming import service_key
from shared.state.row_keys import LAST, encoded, newest_first, time_of
from shared.storage.tables import TRANSACTION_ROWS, Column, Replace, Row, Table

TABLE = "interkeepLog"
_PARTITION = "log"


@dataclass(frozen=True)
class Logged:
    """Where a record is, and its members that never change."""

    key: str
    """Its place among all records."""
    partition: str
    record: str
    """The keys of the record's row."""
    operation: str
    """The operation's name."""
    caller: str


class LogIndex:
    """The records of all services, newest first."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def enter(self, logged: Sequence[Logged]) -> None:
        """Write rows for records. Idempotent."""
        for start in range(0, len(logged), TRANSACTION_ROWS):
            some = logged[start : start + TRANSACTION_ROWS]
            await self._table.transact([Replace(_row(one), None) for one in some])

    async def drop(self, logged: Logged) -> None:
        """Delete a row; does nothing if it is already deleted."""
        await self._table.delete(_PARTITION, logged.key)

    async def pages(
        self,
        *,
        after: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Logged]]:
        """The rows, newest first; a page may be short or empty and not be the last.

        :param after: a place; the first page begins after it.
        :param since: no records of an earlier millisecond.
        :param until: no records of a later millisecond.
        """
        begin = f"t!{newest_first(until)}" if until else "t!"
        end = f"t!{newest_first(since)}!{LAST}" if since else f"t!{LAST}"
        pages = self._table.pages(
            _PARTITION,
            after=max(after, begin),
            before=end,
            size=size,
        )
        async for page in pages:
            yield [_logged(row) for row in page]


def place_of(operation: Operation) -> str:
    """The place of a record among those of all services."""
    service, operation_id = encoded(service_key(operation.service)), encoded(operation.id)
    return f"t!{newest_first(operation.created_at)}!{service}!{operation_id}"


def start_of(row: Row) -> datetime:
    """The start of the operation of a row, to the millisecond."""
    return time_of(row.key.split("!")[1])


def _row(logged: Logged) -> Row:
    values: dict[str, Column] = {
        "partition": logged.partition,
        "record": logged.record,
        "operation": logged.operation,
        "caller": logged.caller,
    }
    return Row(_PARTITION, logged.key, values)


def _logged(row: Row) -> Logged:
    values = row.values
    return Logged(
        key=row.key,
        partition=str(values["partition"]),
        record=str(values["record"]),
        operation=str(values["operation"]),
        caller=str(values["caller"]),
    )
