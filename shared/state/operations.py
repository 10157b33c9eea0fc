"""Tables Operations and InFlight: the log, its monitor, the lock of long ones, recovery's index.

Operations has a partition a service name with three kinds of rows: ``i!<id>`` leads to the record
and knows the request's hash, ``t!<inverted time>!<id>`` is the record, ``!active`` is the lock.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from shared.model.operation import Operation
from shared.model.wire import JsonObject
from shared.rules.naming import service_key
from shared.state.columns import document_columns, read_document
from shared.state.gateway import Delete, Insert, Replace, Row, RowChanged, RowExists, Table
from shared.state.keys import encoded, newest_first
from shared.state.readable import readable

TABLE = "interkeepOperations"
IN_FLIGHT_TABLE = "interkeepInFlight"
_ACTIVE = "!active"
_IN_FLIGHT = "operation"


@dataclass(frozen=True)
class Record:
    """An operation's record with the version of its row."""

    operation: Operation
    etag: str
    age_seconds: float = 0.0
    """Since it was last written, by the storage's clock: what a lease is measured by."""


@dataclass(frozen=True)
class InFlight:
    """An operation that recovery must look after."""

    service: str
    operation_id: str
    etag: str
    age_seconds: float


class Operations:
    """The operation log of every service."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def find(self, service: str, operation_id: str) -> tuple[Record, str] | None:
        """A record by its id, and the hash of the request that started it."""
        partition = _partition(service)
        index = await self._table.get(partition, _index_key(operation_id))
        if index is None:
            return None
        row = await self._table.get(partition, str(index.values["record"]))
        return (_record(row), str(index.values["hash"])) if row else None

    async def active(self, service: str) -> str | None:
        """The id of the long operation of a service that is under way."""
        row = await self._table.get(_partition(service), _ACTIVE)
        return str(row.values["id"]) if row else None

    async def add(
        self,
        operation: Operation,
        request_hash: str,
        *,
        lock: bool,
        request: JsonObject | None = None,
    ) -> Record:
        """Enter a new operation: index, record, lock, and what its worker needs, in one write.

        :param request: kept beside the record, secrets sealed; never shown as it is.
        :raises RowExists: where the id is in use, or another operation has the lock.
        """
        partition = _partition(operation.service)
        key = _record_key(operation)
        rows = [
            Row(partition, _index_key(operation.id), {"record": key, "hash": request_hash}),
            _row(operation),
        ]
        if lock:
            rows.append(Row(partition, _ACTIVE, {"id": operation.id}))
        if request is not None:
            rows.append(Row(partition, _request_key(operation.id), document_columns(request)))
        etags = await self._table.transact([Insert(row) for row in rows])
        return Record(operation, etags[1])

    async def request(self, service: str, operation_id: str) -> JsonObject | None:
        """What an operation's worker needs beyond its parameters, secrets sealed."""
        row = await self._table.get(_partition(service), _request_key(operation_id))
        return read_document(row.values) if row else None

    async def write(self, operation: Operation, etag: str) -> Record:
        """Write a record over the version that was read.

        :raises RowChanged: where somebody else wrote it since.
        """
        return Record(operation, await self._table.replace(_row(operation), etag))

    async def finish(self, operation: Operation, etag: str, *, unlock: bool) -> Record:
        """Write a final record and give the lock back, in one transaction.

        :raises RowChanged: where somebody else wrote the record since.
        """
        row = _row(operation)
        if not unlock:
            return Record(operation, await self._table.replace(row, etag))
        try:
            etags = await self._table.transact([Replace(row, etag), Delete(row.partition, _ACTIVE)])
        except RowChanged:
            if await self.active(operation.service) is not None:
                raise
            # Somebody took the lock away by hand, or another worker ended it: its ETag tells.
            etags = [await self._table.replace(row, etag)]
        return Record(operation, etags[0])

    async def pages(
        self, service: str, *, after: str = "", size: int = 1000
    ) -> AsyncIterator[list[Record]]:
        """The records of a service name, newest first, a page at a time.

        :param after: a place that ``place`` gave; the page begins behind it.
        """
        pages = self._table.pages(_partition(service), after=after or "t!", before="t!~", size=size)
        async for page in pages:
            yield [_record(row) for row in page]


class InFlightIndex:
    """One partition that lists what recovery looks after, so that it scans nothing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, service: str, operation_id: str) -> bool:
        """Enter an operation; one that is there stays as it is. Whether it was entered now."""
        try:
            await self._table.insert(_flight_row(service, operation_id))
        except RowExists:
            return False
        return True

    async def touch(self, entry: InFlight) -> None:
        """Restart the entry's age: it was nudged.

        :raises RowChanged: where another recovery did.
        """
        await self._table.replace(_flight_row(entry.service, entry.operation_id), entry.etag)

    async def drop(self, service: str, operation_id: str, etag: str | None = None) -> None:
        """Take an operation out; one that is gone is as good.

        :param etag: only as it was read.
        :raises RowChanged: where it was entered again since.
        """
        await self._table.delete(_IN_FLIGHT, _flight_key(service, operation_id), etag)

    async def get(self, service: str, operation_id: str) -> InFlight | None:
        """One entry, with its age by the storage's clock."""
        row = await self._table.get(_IN_FLIGHT, _flight_key(service, operation_id))
        return _flight(row) if row else None

    async def pages(self) -> AsyncIterator[list[InFlight]]:
        """All entries, a page at a time; their ages are not known."""
        async for page in self._table.pages(_IN_FLIGHT):
            yield [_flight(row) for row in page]

    async def readable_pages(self) -> AsyncIterator[list[InFlight]]:
        """As ``pages``; an entry that cannot be read stops none of the others."""
        async for page in self._table.pages(_IN_FLIGHT):
            yield readable(page, _flight)


def record_of(row: Row) -> Operation | None:
    """The record that a row of the table is, None for another kind of row."""
    return _record(row).operation if row.key.startswith("t!") else None


def rows_of_record(operation: Operation) -> list[str]:
    """The keys of all rows of one operation, the record's last."""
    return [_index_key(operation.id), _request_key(operation.id), _record_key(operation)]


def place(operation: Operation) -> str:
    """Where an operation stands in its log, for paging."""
    return _record_key(operation)


def _partition(service: str) -> str:
    return encoded(service_key(service))


def _index_key(operation_id: str) -> str:
    return f"i!{encoded(operation_id)}"


def _request_key(operation_id: str) -> str:
    return f"r!{encoded(operation_id)}"


def _record_key(operation: Operation) -> str:
    return f"t!{newest_first(operation.created_at)}!{encoded(operation.id)}"


def _row(operation: Operation) -> Row:
    return Row(
        _partition(operation.service),
        _record_key(operation),
        {
            "operation": str(operation.operation),
            "status": str(operation.status),
            **document_columns(operation.to_json()),
        },
    )


def _record(row: Row) -> Record:
    operation = Operation.model_validate(read_document(row.values))
    return Record(operation, row.etag, row.age_seconds)


def _flight_key(service: str, operation_id: str) -> str:
    return f"{encoded(service_key(service))}!{encoded(operation_id)}"


def _flight_row(service: str, operation_id: str) -> Row:
    return Row(
        _IN_FLIGHT,
        _flight_key(service, operation_id),
        {"service": service, "operation": operation_id},
    )


def _flight(row: Row) -> InFlight:
    return InFlight(
        str(row.values["service"]), str(row.values["operation"]), row.etag, row.age_seconds
    )
