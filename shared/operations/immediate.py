"""Immediate operations: done before the HTTP answer, with a record around what they write.

A service's transitions are one conditional write that carries the operation's id, so recovery can
tell whether it was done. Other changes (ServiceUpdateBizTalkService) are closed as uncertain when
their worker stopped between their record and its end.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from shared.model.operation import Operation, OperationError, OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.state.operations import OperationRow
from shared.storage.tables import RowChanged, RowExists

BeforeWrite = Callable[[], Awaitable[None]]
"""Called before the first write of a change; what it raises stops the change."""


async def unlogged() -> None:
    """See BeforeWrite: for a change that is part of an operation with a record of its own."""


class LogEntry:
    """The record of one immediate operation, entered when there is something to write.

    What is refused before that leaves no trace in the log.
    """

    def __init__(self, engine: Engine, start: Start) -> None:
        self._engine = engine
        self._start = start
        self._record: OperationRow | None = None
        self.id = start.operation_id or engine.clock.new_id()
        self.result: JsonObject | None = None
        """What the record says came of it."""
        self.partly = False
        """Whether a part of what was asked for was refused."""

    async def open(self) -> None:
        """Enter the record; called again before a further write, see that it is still open.

        :raises Problem: OperationInProgress where the same request, by its Operation-Id, is
            under way; StorageUnavailable where recovery gave this one up meanwhile.
        """
        if self._record is not None:
            await self.require_open()
            return
        engine, start = self._engine, self._start
        now = engine.clock.now()
        operation = Operation(
            id=self.id,
            operation=start.operation,
            service=start.service,
            service_id=start.service_id,
            caller=start.caller,
            trigger=start.trigger,
            created_at=now,
            started_at=now,
            attempt=1,
            status=OperationStatus.RUNNING,
            parameters=start.parameters,
            immediate=True,
        )
        await engine.in_flight.add(operation.service, operation.id)
        try:
            self._record = await engine.records.add(
                operation, start.fingerprint(), lock=False, request=start.request
            )
        except RowExists as error:
            raise _under_way(operation) from error

    async def require_open(self) -> None:
        """Refuse to write on where recovery closed the record: it said what was done.

        :raises Problem: StorageUnavailable.
        """
        found = await self._engine.records.find(self._start.service, self.id)
        if found is None or found[0].operation.status.is_final():
            raise Problem(
                Code.STORAGE_UNAVAILABLE,
                "Storage answered so late that the request was given up. Ask again.",
                retry_after_seconds=5,
            )

    async def close(self, error: OperationError | None = None) -> None:
        """Write how it ended, where anything was begun.

        :raises Problem: what recovery closed it with, which took this process for dead.
        """
        if self._record is None:
            return
        operation = self._record.operation.model_copy(update={"result": self.result})
        try:
            await close(self._engine, operation, self._record.etag, error, partly=self.partly)
        except RowChanged:
            # A worker that was away for minutes: recovery closed the record, by what it found.
            found = await self._engine.records.find(operation.service, operation.id)
            if found is not None and error is None:
                _require_succeeded(found[0].operation)


@asynccontextmanager
async def logged(engine: Engine, start: Start) -> AsyncIterator[LogEntry]:
    """A record around what an immediate operation writes.

    A Problem ends it Failed. What else stops it (storage that is away, a process that ends)
    leaves the record to recovery, which finds out what was done.
    """
    entry = LogEntry(engine, start)
    try:
        yield entry
    except Problem as problem:
        error = OperationError(code=problem.code, message=problem.message, target=problem.target)
        await entry.close(error)
        raise
    await entry.close()


def service_update(
    engine: Engine, service: str, service_id: str, caller: str, change: str, about: JsonObject
) -> AbstractAsyncContextManager[LogEntry]:
    """See logged: a change of what a service holds, ServiceUpdateBizTalkService.

    :param change: what is done, such as ``PutArtifact``.
    :param about: what it is done to; never a secret.
    """
    name = OperationName.SERVICE_UPDATE
    parameters: JsonObject = {"change": change, **about}
    return logged(engine, Start(name, service, caller, "http", parameters, service_id=service_id))


async def was_done(engine: Engine, start: Start, *others: Start) -> OperationRow | None:
    """The record of a request that was made before under its Operation-Id, and succeeded.

    :param others: other forms that the request may have had then.
    :raises Problem: what it failed with: it did not do what the caller believes;
        OperationIdInUse; OperationInProgress.
    """
    record = await engine.repeated(start, *others)
    if record is None:
        return None
    _require_succeeded(record.operation)
    return record


def _require_succeeded(operation: Operation) -> None:
    if operation.status is OperationStatus.FAILED and operation.error is not None:
        error = operation.error
        raise Problem(Code(error.code), error.message, error.target)
    if not operation.status.is_final():
        raise _under_way(operation)


async def close(
    engine: Engine,
    operation: Operation,
    etag: str,
    error: OperationError | None,
    *,
    partly: bool = False,
) -> Operation:
    """Write the final record of an immediate operation and let recovery forget it."""
    done = OperationStatus.PARTIALLY_SUCCEEDED if partly else OperationStatus.SUCCEEDED
    closed = operation.model_copy(
        update={
            "status": OperationStatus.FAILED if error else done,
            "completed_at": engine.clock.now(),
            "error": error,
        }
    )
    await engine.records.write(closed, etag)
    await engine.in_flight.drop(closed.service, closed.id)
    return closed


def _under_way(operation: Operation) -> Problem:
    return Problem(
        Code.OPERATION_IN_PROGRESS,
        f"The request with the Operation-Id {operation.id} is under way. Ask again with the same "
        "id; it is answered when that has ended.",
        target="Operation-Id",
        retry_after_seconds=5,
    )
