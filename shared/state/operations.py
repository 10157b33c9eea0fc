"""Tables Operations and InFlight: the log, its monitor, the lock of long ones, recovery's index.

Operations has a partition for each service name with three kinds of rows: ``i!<id>`` points to the
record and has the request's hash, ``t!<inverted time>!<id>`` is the record, ``!active`` is the
lock.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from shared.model.operation import Operation, OperationStatus
from shared.model.wire import JsonObject
from shared.rules.naming import service_key
from shared.state.columns import document_columns, read_document
from shared.state.log import Logged, LogIndex, place_of
from shared.state.readable import readable
from shared.state.row_keys import encoded, newest_first
from shared.storage.tables import (
    Column,
    Delete,
    Insert,
    Replace,
    Row,
    RowChanged,
    RowExists,
    Step,
    Table,
)

TABLE = "interkeepOperations"
IN_FLIGHT_TABLE = "interkeepInFlight"
_ACTIVE = "!active"
_IN_FLIGHT = "operation"


@dataclass(frozen=True)
class OperationRow:
    """An operation's record with the version of its row."""

    operation: Operation
    etag: str
    age_seconds: float = 0.0
    """Time since it was last written, by the storage's clock: leases are measured by it."""


@dataclass(frozen=True)
class Lock:
    """The lock of a service's long operations, with the version of its row."""

    partition: str
    operation_id: str
    """The operation that holds it."""
    etag: str
    age_seconds: float = field(default=0.0, compare=False)
    """Time since it was taken, by the storage's clock."""


@dataclass(frozen=True)
class InFlight:
    """An operation that recovery watches."""

    service: str
    operation_id: str
    etag: str
    age_seconds: float


class Operations:
    """The operation log of every service.

    :param log: leads to all records, of whatever service.
    """

    def __init__(self, table: Table, log: LogIndex) -> None:
        self._table = table
        self._log = log

    async def find(self, service: str, operation_id: str) -> tuple[OperationRow, str] | None:
        """A record by its id, and the hash of the request that started it."""
        return await self._find(_partition(service), operation_id)

    async def _find(self, partition: str, operation_id: str) -> tuple[OperationRow, str] | None:
        index = await self._table.get(partition, _index_key(operation_id))
        if index is None:
            return None
        row = await self._table.get(partition, str(index.values["record"]))
        return (_record(row), str(index.values["hash"])) if row else None

    async def at(self, service: str, operation_id: str, record: str) -> OperationRow | None:
        """A record by its id, None if there is none.

        :param record: the key of its row, from ``place``, where it is known: that is one call
            instead of two. One that is not the record's is passed over.
        """
        row = await self._table.get(_partition(service), record) if record[:2] == "t!" else None
        found = _record(row) if row is not None else None
        if found is not None and found.operation.id == operation_id:
            return found
        looked_for = await self.find(service, operation_id)
        return looked_for[0] if looked_for else None

    @staticmethod
    def partition(service: str) -> str:
        """The partition with the operations of a service name."""
        return _partition(service)

    async def unindexed(self, partition: str, operation_id: str) -> OperationRow | None:
        """Find a record without its index row, None if the log has none.

        Reads the log of the name, newest first.
        """
        end = f"!{encoded(operation_id)}"
        async for page in self._table.pages(partition, after="t!", before="t!~", columns=()):
            for listed in page:
                if listed.key.endswith(end):
                    row = await self._table.get(partition, listed.key)
                    return _record(row) if row else None
        return None

    async def index_again(self, operation: Operation, request_hash: str) -> None:
        """Insert the index row of a record that has lost it.

        :raises RowExists: if it has one.
        """
        await self._table.insert(_index_row(operation, request_hash))

    async def active(self, service: str) -> str | None:
        """The id of the long operation of a service that is in progress."""
        lock = await self.lock(service)
        return lock.operation_id if lock else None

    async def lock(self, service: str) -> Lock | None:
        """The lock of a service's long operations, None if it is free."""
        return await self.lock_of(_partition(service))

    async def lock_of(self, partition: str) -> Lock | None:
        """As ``lock``, by the partition that its row is in."""
        row = await self._table.get(partition, _ACTIVE)
        return Lock(partition, str(row.values["id"]), row.etag, row.age_seconds) if row else None

    async def holder(self, lock: Lock) -> OperationRow | None:
        """The record of the operation that holds a lock, None if there is no record."""
        found = await self._find(lock.partition, lock.operation_id)
        return found[0] if found else None

    async def release(self, lock: Lock) -> None:
        """Delete the version of a lock that was read.

        :raises RowChanged: if another operation has it by now.
        """
        await self._table.delete(lock.partition, _ACTIVE, lock.etag)

    async def lock_again(self, record: OperationRow) -> OperationRow:
        """Insert the lost lock of an open operation, and write its record unchanged in the same
        transaction.

        So an operation that ends at this moment does not leave a lock that is never released.

        :raises RowExists: if another operation has the lock.
        :raises RowChanged: if another writer changed the record since.
        """
        row = _row(record.operation)
        lock = Row(row.partition, _ACTIVE, {"id": record.operation.id})
        etags = await self._table.transact([Replace(row, record.etag), Insert(lock)])
        return OperationRow(record.operation, etags[0])

    async def announce(self, operation: Operation) -> None:
        """Let the log of all services lead to a record that is added next.

        Before the record: one that no row leads to would never be in that log.
        """
        await self._log.enter([logged(operation)])

    async def add(
        self,
        operation: Operation,
        request_hash: str,
        *,
        lock: bool,
        request: JsonObject | None = None,
    ) -> OperationRow:
        """Insert a new operation that was announced: index, record, lock, and what its worker
        needs, in one transaction.

        :param request: stored next to the record, secrets sealed; never shown in this form.
        :raises RowExists: if the id is in use, or another operation has the lock.
        """
        partition = _partition(operation.service)
        rows = [_index_row(operation, request_hash), _row(operation)]
        if lock:
            rows.append(Row(partition, _ACTIVE, {"id": operation.id}))
        if request is not None:
            rows.append(Row(partition, _request_key(operation.id), document_columns(request)))
        try:
            etags = await self._table.transact([Insert(row) for row in rows])
        except RowExists:
            # Nothing was started, unless the same request is being answered twice just now.
            if await self._table.get(partition, _record_key(operation)) is None:
                await self._log.drop(logged(operation))
            raise
        return OperationRow(operation, etags[1])

    async def led_to(self, one: Logged) -> OperationRow | None:
        """The record to which a row of the log of all services points, None if there is none."""
        row = await self._table.get(one.partition, one.record)
        return _record(row) if row else None

    async def request(self, service: str, operation_id: str) -> JsonObject | None:
        """What an operation's worker needs in addition to its parameters, secrets sealed."""
        row = await self._table.get(_partition(service), _request_key(operation_id))
        return read_document(row.values) if row else None

    async def write(self, operation: Operation, etag: str) -> OperationRow:
        """Replace the version of a record that was read.

        :raises RowChanged: if another writer changed it since.
        """
        return OperationRow(operation, await self._table.replace(_row(operation), etag))

    async def finish(
        self, operation: Operation, etag: str, *, unlock: bool, lock: Lock | None = None
    ) -> OperationRow:
        """Write a final record and release the lock, in one transaction.

        If this operation's lock was deleted by hand and another operation has taken it, that lock
        is kept.

        :param lock: the lock, if it was read just before.

        :raises RowChanged: if another writer changed the record since.
        """
        row = _row(operation)
        if unlock and lock is None:
            lock = await self.lock(operation.service)
        while True:
            steps: list[Step] = [Replace(row, etag)]
            if lock is not None and lock.operation_id == operation.id:
                steps.append(Delete(row.partition, _ACTIVE, lock.etag))
            try:
                return OperationRow(operation, (await self._table.transact(steps))[0])
            except RowChanged:
                before, lock = lock, await self.lock(operation.service) if unlock else None
                if lock == before:
                    raise

    async def pages(
        self, service: str, *, after: str = "", size: int = 1000
    ) -> AsyncIterator[list[OperationRow]]:
        """The records of a service name, newest first, a page at a time.

        :param after: a place from ``place``; the first page begins after it.
        """
        pages = self._table.pages(_partition(service), after=after or "t!", before="t!~", size=size)
        async for page in pages:
            yield [_record(row) for row in page]


class InFlightIndex:
    """One partition that lists what recovery watches, so that recovery need not scan the log."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, service: str, operation_id: str) -> bool:
        """Insert an operation; does nothing if it is there. Return whether it was inserted now."""
        try:
            await self._table.insert(_flight_row(service, operation_id))
        except RowExists:
            return False
        return True

    async def touch(self, entry: InFlight) -> None:
        """Restart the entry's age: its message was sent again.

        :raises RowChanged: if another run of recovery did this.
        """
        await self._table.replace(_flight_row(entry.service, entry.operation_id), entry.etag)

    async def drop(self, service: str, operation_id: str, etag: str | None = None) -> None:
        """Delete an operation's entry; does nothing if it is already deleted.

        :param etag: delete only this version.
        :raises RowChanged: if it was inserted again since.
        """
        await self._table.delete(_IN_FLIGHT, flight_key(service, operation_id), etag)

    async def get(self, service: str, operation_id: str) -> InFlight | None:
        """One entry, with its age by the storage's clock."""
        row = await self._table.get(_IN_FLIGHT, flight_key(service, operation_id))
        return _flight(row) if row else None

    async def pages(self) -> AsyncIterator[list[InFlight]]:
        """All entries, a page at a time; their ages are unknown."""
        async for page in self._table.pages(_IN_FLIGHT):
            yield [_flight(row) for row in page]

    async def readable_pages(self) -> AsyncIterator[list[InFlight]]:
        """As ``pages``; entries that cannot be read are skipped."""
        async for page in self._table.pages(_IN_FLIGHT):
            yield readable(page, _flight)


def record_of(row: Row) -> Operation | None:
    """The record in a row of the table, None for another kind of row."""
    return _record(row).operation if row.key.startswith("t!") else None


def open_record(row: Row) -> Operation | None:
    """The record in a row of the table, None for another kind of row or an operation that has
    ended."""
    if not row.key.startswith("t!") or OperationStatus(str(row.values["status"])).is_final():
        return None
    return _record(row).operation


def is_lock(row: Row) -> bool:
    """Whether a row of the table is the lock of a service."""
    return row.key == _ACTIVE


def rows_of_record(operation: Operation) -> list[str]:
    """The keys of all rows of one operation, the record's last."""
    return [_index_key(operation.id), _request_key(operation.id), _record_key(operation)]


def logged(operation: Operation) -> Logged:
    """What leads to a record among those of all services."""
    return Logged(
        key=place_of(operation),
        partition=_partition(operation.service),
        record=_record_key(operation),
        operation=operation.operation,
        caller=operation.caller,
    )


def place(operation: Operation) -> str:
    """The place of an operation in its log, for paging."""
    return _record_key(operation)


def _partition(service: str) -> str:
    return encoded(service_key(service))


def _index_key(operation_id: str) -> str:
    return f"i!{encoded(operation_id)}"


def _request_key(operation_id: str) -> str:
    return f"r!{encoded(operation_id)}"


def _record_key(operation: Operation) -> str:
    return f"t!{newest_first(operation.created_at)}!{encoded(operation.id)}"


def _index_row(operation: Operation, request_hash: str) -> Row:
    values: dict[str, Column] = {"record": _record_key(operation), "hash": request_hash}
    return Row(_partition(operation.service), _index_key(operation.id), values)


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


def _record(row: Row) -> OperationRow:
    operation = Operation.model_validate(read_document(row.values))
    return OperationRow(operation, row.etag, row.age_seconds)


def flight_key(service: str, operation_id: str) -> str:
    """The key of an operation in the table InFlight."""
    return f"{encoded(service_key(service))}!{encoded(operation_id)}"


def _flight_row(service: str, operation_id: str) -> Row:
    return Row(
        _IN_FLIGHT,
        flight_key(service, operation_id),
        {"service": service, "operation": operation_id},
    )


def _flight(row: Row) -> InFlight:
    return InFlight(
        str(row.values["service"]), str(row.values["operation"]), row.etag, row.age_seconds
    )
