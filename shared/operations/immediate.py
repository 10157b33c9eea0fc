"""Immediate transitions: one conditional write of the service, logged around it.

The write carries the operation's id, so recovery can tell whether it was done.
"""

from collections.abc import Awaitable, Callable

from shared.model.operation import Operation, OperationError, OperationStatus
from shared.model.problem import Code, Problem
from shared.operations.engine import Engine, Start
from shared.state.gateway import RowExists


async def immediately(
    engine: Engine, start: Start, write: Callable[[str], Awaitable[None]]
) -> Operation:
    """Log an operation, do its write, close the record.

    :param write: does it, given the operation's id; must be one conditional write.
    :raises Problem: what the write raised; the record says so too.
    """
    repeated = await engine.repeated(start)
    if repeated is not None:
        return require_succeeded(repeated.operation)
    now = engine.clock.now()
    operation = Operation(
        id=start.operation_id or engine.clock.new_id(),
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
        record = await engine.records.add(operation, start.fingerprint(), lock=False)
    except RowExists:
        return await immediately(engine, start, write)
    try:
        await write(operation.id)
    except Problem as problem:
        error = OperationError(code=problem.code, message=problem.message, target=problem.target)
        await close(engine, operation, record.etag, error)
        raise
    return await close(engine, operation, record.etag, None)


def require_succeeded(operation: Operation) -> Operation:
    """An operation that is asked for again, under its Operation-Id.

    :raises Problem: what it failed with: it did not do what the caller believes.
    """
    if operation.status is OperationStatus.FAILED and operation.error is not None:
        error = operation.error
        raise Problem(Code(error.code), error.message, error.target)
    return operation


async def close(
    engine: Engine, operation: Operation, etag: str, error: OperationError | None
) -> Operation:
    """Write the final record of an immediate operation and let recovery forget it."""
    closed = operation.model_copy(
        update={
            "status": OperationStatus.FAILED if error else OperationStatus.SUCCEEDED,
            "completed_at": engine.clock.now(),
            "error": error,
        }
    )
    await engine.records.write(closed, etag)
    await engine.in_flight.drop(closed.service, closed.id)
    return closed
