"""Immediate operations: done before the HTTP answer, with a record in the log that is opened before
their first write and closed after the last one.

A service's transition is one conditional write that carries the operation's id, so recovery can see
whether it was done. Recovery closes other changes (ServiceUpdateBizTalkService) as uncertain if
their process stopped while the record was open.
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
    """A ``BeforeWrite`` that does nothing: for a change that is part of an operation that has a
    record."""


class LogEntry:
    """The record of one immediate operation, written when there is something to change.

    A request that is refused before that leaves no record.
    """

    def __init__(self, engine: Engine, start: Start) -> None:
        self._engine = engine
        self._start = start
        self._record: OperationRow | None = None
        self.id = start.operation_id or engine.clock.new_id()
        self.result: JsonObject | None = None
        """The result, for the record."""
        self.partly = False
        """Whether a part of the request was refused."""

    async def open(self) -> None:
        """Write the record; when called again before a further write, check that it is still open.

        :raises Problem: OperationInProgress where the same request, by its Operation-Id, is in
            progress; StorageUnavailable where recovery has closed the record meanwhile.
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
        await engine.announce(operation)
        try:
            self._record = await engine.records.add(
                operation, start.fingerprint(), lock=False, request=start.request
            )
        except RowExists as error:
            raise _under_way(operation) from error

    async def require_open(self) -> None:
        """Refuse further writes where recovery closed the record: it has already recorded what was
        done.

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
        """Write how it ended, if its record was opened.

        :raises Problem: the error that recovery closed it with, taking this process for dead.
        """
        if self._record is None:
            return
        operation = self._record.operation.model_copy(update={"result": self.result})
        try:
            await close(self._engine, operation, self._record.etag, error, partly=self.partly)
        except RowChanged:
            # This process was suspended for minutes: recovery closed the record by what it found.
            found = await self._engine.records.find(operation.service, operation.id)
            if found is not None and error is None:
                _require_succeeded(found[0].operation)


@asynccontextmanager
async def logged(engine: Engine, start: Start) -> AsyncIterator[LogEntry]:
    """Run the body of an immediate operation with its record.

    A Problem ends it Failed. Anything else that stops it (storage is unavailable, the process ends)
    leaves the record open for recovery, which finds out what was done.
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
    """The arguments for ``logged`` of a change to what a service holds,
    ServiceUpdateBizTalkService.

    :param change: the change, such as ``PutArtifact``.
    :param about: what is changed; never a secret.
    """
    name = OperationName.SERVICE_UPDATE
    parameters: JsonObject = {"change": change, **about}
    return logged(engine, Start(name, service, caller, "http", parameters, service_id=service_id))


async def was_done(engine: Engine, start: Start, *others: Start) -> OperationRow | None:
    """The record of an earlier request with the same Operation-Id and content that succeeded.

    :param others: other forms in which that request may have been stored.
    :raises Problem: the error that it failed with, so that the caller does not take it for done;
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
    """Write the final record of an immediate operation and delete recovery's row."""
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
