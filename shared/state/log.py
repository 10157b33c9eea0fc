"""Table Log: where each record of the operation log is, of all services in one order of time.

One partition, a row a record, keyed by its start. A row leads to its record and says what never
changes of it; the record itself is in the partition of its service. A row without a record counts
for nothing: it is written first, and the start may not have happened.
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
    """Where a record is, and what never changes of it."""

    key: str
    """Its place among all records."""
    partition: str
    record: str
    """The keys of the record's row."""
    operation: str
    """The name."""
    caller: str


class LogIndex:
    """The records of all services, newest first."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def enter(self, logged: Sequence[Logged]) -> None:
        """Enter where records are; those that are in are written again as they are."""
        for start in range(0, len(logged), TRANSACTION_ROWS):
            some = logged[start : start + TRANSACTION_ROWS]
            await self._table.transact([Replace(_row(one), None) for one in some])

    async def drop(self, logged: Logged) -> None:
        """Take a row out; one that is gone is as good."""
        await self._table.delete(_PARTITION, logged.key)

    async def pages(
        self,
        *,
        after: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        caller: str | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Logged]]:
        """Where the records are, newest first; a page may be short, or empty, and not be the last.

        :param after: a place; the first page begins behind it.
        :param since: no records of an earlier millisecond.
        :param until: no records of a later millisecond.
        :param caller: only records of this caller.
        """
        begin = f"t!{newest_first(until)}" if until else "t!"
        end = f"t!{newest_first(since)}!{LAST}" if since else f"t!{LAST}"
        pages = self._table.pages(
            _PARTITION,
            after=max(after, begin),
            before=end,
            equal=("caller", caller) if caller is not None else None,
            size=size,
        )
        async for page in pages:
            yield [_logged(row) for row in page]


def place_of(operation: Operation) -> str:
    """Where a record stands among those of all services."""
    service, operation_id = encoded(service_key(operation.service)), encoded(operation.id)
    return f"t!{newest_first(operation.created_at)}!{service}!{operation_id}"


def start_of(row: Row) -> datetime:
    """When the operation of a row of this table was started, to the millisecond."""
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
