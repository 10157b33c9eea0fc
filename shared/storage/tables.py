"""Table storage behind one small interface: rows, conditional writes, transactions, pages.

Whether a write was delivered can be uncertain: a request whose answer was lost is sent again, and
the repeated insert meets its own row. So every write carries an id of its own (column ``w``); after
a conflict the row is read back and its id compared, before the conflict is reported.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from azure.core.exceptions import AzureError
from pydantic_core import to_json

from shared.model.problem import Code, Problem
from shared.storage.refusals import Said, code_of, expecting, said
from shared.storage.table_wire import (
    Entity,
    TableWire,
    Write,
    literal,
    typed,
    untyped,
)

Column = str | int | bool | bytes
SCHEMA = 1
"""Version of the rows that this code writes (column ``v``). Older ones are read."""

TRANSACTION_ROWS = 100
"""The most rows of one entity group transaction."""

_GONE = frozenset({Said.GONE, Said.TABLE_GONE})
_UNMET = _GONE | {Said.THERE, Said.CHANGED}
"""Answers to a write whose condition was not met."""

_WRITTEN_OVER = "W/\"datetime'1601-01-01T00%3A00%3A00.0000000Z'\""
"""The ETag of a version that no longer exists: a write on this condition fails, and its caller
reads again."""

_VERSION = typed(SCHEMA, "v")

_SYSTEM = frozenset({"PartitionKey", "RowKey", "Timestamp", "v", "w"})


class RowExists(Exception):
    """An insert met a row that another writer wrote."""


class RowChanged(Exception):
    """A conditional write met another version of the row, or none."""


class SchemaTooNew(Exception):
    """A row was written by a newer version of Interkeep; raised where its values are read."""


class _Newer(Mapping[str, Column]):
    """The values of a row that a newer version wrote: reading any of them raises SchemaTooNew."""

    def __init__(self, version: int) -> None:
        self._version = version

    def __getitem__(self, _name: str) -> Column:
        raise self._refusal()

    def __iter__(self) -> Iterator[str]:
        raise self._refusal()

    def __len__(self) -> int:
        raise self._refusal()

    def _refusal(self) -> SchemaTooNew:
        return SchemaTooNew(
            f"A row has schema version {self._version}, this app knows {SCHEMA}: a newer "
            "Interkeep wrote it. Deploy that version or a later one."
        )


@dataclass(frozen=True)
class Row:
    """One row as it was read or written."""

    partition: str
    key: str
    values: Mapping[str, Column]
    etag: str = ""
    age_seconds: float = field(default=0.0, compare=False)
    """How long ago it was written, by the storage's own clock; known only after ``get``."""


@dataclass(frozen=True)
class Insert:
    """Write a row that must not exist."""

    row: Row


@dataclass(frozen=True)
class Replace:
    """Replace the version of a row with this ETag; any version where it is None."""

    row: Row
    etag: str | None


@dataclass(frozen=True)
class Delete:
    """Delete a row with this version; with any version where the ETag is None."""

    partition: str
    key: str
    etag: str | None = None


Step = Insert | Replace | Delete


class Table:
    """One table. It is created with its first row."""

    def __init__(self, wire: TableWire, new_id: Callable[[], str]) -> None:
        self._wire = wire
        self._new_id = new_id

    async def get(self, partition: str, key: str) -> Row | None:
        """Read one row, None where there is none."""
        try:
            entity, headers = await self._wire.get(partition, key)
        except AzureError as error:
            if said(error) not in _GONE:
                raise
            return None
        return _row(entity, _date(headers))

    async def clock(self) -> datetime | None:
        """The storage's time, by the Date of an answer; None where the answer has none."""
        try:
            _, headers = await self._wire.get("!clock", "!clock")
        except AzureError as error:
            if said(error) not in _GONE:
                raise
            headers = getattr(getattr(error, "response", None), "headers", {})
        return _date(headers)

    async def insert(self, row: Row) -> str:
        """Write a new row and return its ETag.

        :raises RowExists: if another write inserted a row with that key.
        """
        return (await self.transact([Insert(row)]))[0]

    async def replace(self, row: Row, etag: str | None) -> str:
        """Replace a version of a row and return its new ETag. With None: replace any version, or
        insert.

        :raises RowChanged: if the row has another version, or was deleted.
        """
        return (await self.transact([Replace(row, etag)]))[0]

    async def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        """Delete a row; does nothing if it is already deleted.

        :raises RowChanged: if the row has another version.
        """
        await self.transact([Delete(partition, key, etag)])

    async def transact(self, steps: Sequence[Step]) -> list[str]:
        """Do all of the steps, of one partition, or none; return the ETags of what was written.

        :raises RowExists: if an insert met an existing row.
        :raises RowChanged: if a condition was not met.
        :raises Problem: DocumentTooLarge for rows that exceed the limits of tables.
        """
        if not 1 <= len(steps) <= TRANSACTION_ROWS:
            raise ValueError(f"a transaction takes 1 to {TRANSACTION_ROWS} rows, not {len(steps)}")
        write_id = self._new_id()
        try:
            return await self._send(steps, write_id)
        except AzureError as error:
            what = said(error)
            if what is Said.UNFIT:
                raise _unfit(error) from error
            if what not in _UNMET:
                raise
            return await self._settle(steps, write_id, error)

    async def _send(self, steps: Sequence[Step], write_id: str) -> list[str]:
        writes = [_write(step, write_id) for step in steps]
        if len(writes) > 1:
            return await self._wire.transact(writes)
        etag = await self._wire.write(writes[0])
        return ["" if isinstance(steps[0], Delete) else etag]

    async def _settle(self, steps: Sequence[Step], write_id: str, error: AzureError) -> list[str]:
        """Handle a refused write: the table is missing, the first delivery succeeded, or it is a
        real conflict."""
        if said(error) is Said.TABLE_GONE:
            if all(isinstance(step, Delete) for step in steps):
                return [""] * len(steps)
            await self._create()
            return await self.transact(steps)
        written = next((s.row for s in steps if not isinstance(s, Delete)), None)
        if written is None:
            return await self._settle_deletes(steps, error)
        found = await self._stored(written.partition, written.key)
        if found is not None and found.get("w") == write_id:
            return await self._etags(steps, write_id)
        raise _conflict(error) from error

    async def _settle_deletes(self, steps: Sequence[Step], error: AzureError) -> list[str]:
        """A delete of a missing row has succeeded; of several deletes, each is tried by itself."""
        if said(error) is not Said.GONE:
            raise _conflict(error) from error
        if len(steps) > 1:
            for step in steps:
                await self.transact([step])
        return [""] * len(steps)

    async def _etags(self, steps: Sequence[Step], write_id: str) -> list[str]:
        """The ETags of what this write wrote; never that of a later write."""
        etags = []
        for step in steps:
            if isinstance(step, Delete):
                etags.append("")
                continue
            found = await self._stored(step.row.partition, step.row.key)
            mine = found is not None and found.get("w") == write_id
            etags.append(str(found["odata.etag"]) if found and mine else _WRITTEN_OVER)
        return etags

    async def _stored(self, partition: str, key: str) -> Entity | None:
        with expecting(*_GONE):
            return (await self._wire.get(partition, key))[0]
        return None

    async def _create(self) -> None:
        with expecting(Said.THERE):
            await self._wire.create()

    async def pages(
        self,
        partition: str,
        *,
        after: str = "",
        begin: str = "",
        before: str = "",
        equal: tuple[str, str] | None = None,
        also: str = "",
        columns: Sequence[str] | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Row]]:
        """Read the rows of a partition in the order of their keys, a page at a time.

        :param after: only keys greater than this one.
        :param begin: only this key, and greater ones.
        :param before: only keys less than this one.
        :param equal: only rows that have this text in this column; storage scans all rows for it.
        :param also: the key of a row that is included without that text.
        :param columns: read only these columns.
        :param size: the most rows of a page; a page may be short or empty and not be the last.
        """
        clauses = [f"PartitionKey eq {literal(partition)}"]
        clauses += [f"RowKey gt {literal(after)}"] if after else []
        clauses += [f"RowKey ge {literal(begin)}"] if begin else []
        clauses += [f"RowKey lt {literal(before)}"] if before else []
        if equal:
            clause = f"{equal[0]} eq {literal(equal[1])}"
            clauses.append(f"({clause} or RowKey eq {literal(also)})" if also else clause)
        async for page in self._query(" and ".join(clauses), columns, size):
            yield page

    async def scan(
        self,
        *,
        after: tuple[str, str] = ("", ""),
        columns: Sequence[str] | None = None,
        size: int = 1000,
    ) -> AsyncIterator[list[Row]]:
        """All rows of the table, a page at a time, partition after partition.

        Two queries, since storage answers a query with *or* by reading the table from its
        beginning.

        :param after: partition and key of a row; the first page begins after it.
        :param columns: read only these columns.
        """
        partition, key = literal(after[0]), literal(after[1])
        conditions = [f"PartitionKey gt {partition}"]
        if after != ("", ""):
            conditions.insert(0, f"PartitionKey eq {partition} and RowKey gt {key}")
        for condition in conditions:
            async for page in self._query(condition, columns, size):
                yield page

    async def _query(
        self, condition: str, columns: Sequence[str] | None, size: int
    ) -> AsyncIterator[list[Row]]:
        selected = _select(columns)
        behind = ""
        while True:
            try:
                page = await self._wire.page(condition, selected, size, behind)
            except AzureError as error:
                if said(error) is not Said.TABLE_GONE:
                    raise
                return
            yield [_row(entity) for entity in page.entities]
            behind = page.behind
            if not behind:
                return

    async def drop_partition(self, partition: str) -> None:
        """Delete all rows of a partition; does nothing for rows that are already deleted."""
        async for page in self.pages(partition, columns=()):
            for start in range(0, len(page), TRANSACTION_ROWS):
                rows = page[start : start + TRANSACTION_ROWS]
                await self.transact([Delete(partition, row.key) for row in rows])


def _date(headers: Mapping[str, str]) -> datetime | None:
    """When an answer was given, by the storage's clock."""
    date = headers.get("Date")
    return parsedate_to_datetime(date) if date else None


def _select(columns: Sequence[str] | None) -> list[str] | None:
    return None if columns is None else ["PartitionKey", "RowKey", "v", "w", *columns]


def _conflict(error: AzureError) -> Exception:
    exists = said(error) is Said.THERE
    return RowExists(str(error)) if exists else RowChanged(str(error))


def _unfit(error: AzureError) -> Problem:
    return Problem(
        Code.DOCUMENT_TOO_LARGE,
        f"Table storage cannot hold what was to be written ({code_of(error)}): a text or a name "
        "is too long for it. Shorten it, or split it into several artifacts.",
    )


def _write(step: Step, write_id: str) -> Write:
    match step:
        case Insert(row):
            return Write("POST", row.partition, row.key, _body(row, write_id))
        case Replace(row, etag):
            return Write("PUT", row.partition, row.key, _body(row, write_id), etag)
        case Delete(partition, key, etag):
            return Write("DELETE", partition, key, b"", etag or "*")


def _body(row: Row, write_id: str) -> bytes:
    entity: Entity = {"PartitionKey": row.partition, "RowKey": row.key, "w": write_id}
    for name, value in row.values.items():
        if isinstance(value, str):
            entity[name] = value
        else:
            entity |= typed(value, name)
    body = to_json(entity | _VERSION)
    if body.isascii():
        return body
    # Escaped: Azurite treats U+2028 in a transaction as the end of a line.
    return json.dumps(entity | _VERSION, separators=(",", ":")).encode()


def _row(entity: Entity, read_at: datetime | None = None) -> Row:
    values = {
        name: untyped(entity, name)
        for name in entity
        if name not in _SYSTEM
        and "@" not in name
        and not name.startswith("odata.")
        # Azure answers null for a requested column that a row does not have.
        and entity[name] is not None
    }
    version = SCHEMA if entity.get("v") is None else int(untyped(entity, "v"))
    age = 0.0
    written = entity.get("Timestamp")
    if read_at is not None and written is not None:
        age = (read_at - datetime.fromisoformat(written)).total_seconds()
    readable = values if version <= SCHEMA else _Newer(version)
    return Row(
        entity["PartitionKey"], entity["RowKey"], readable, str(entity.get("odata.etag", "")), age
    )
