"""Operations as the queue would run them, in this process, timed from the start to the end."""

from collections.abc import Awaitable

from benchmarks.rounds import Measured, Stopwatch
from benchmarks.stage import App
from shared.model.backup import BackupBody, VerifyLevel
from shared.model.operation import Operation, OperationStatus
from shared.model.restore import RestoreBody
from shared.model.service import Service
from shared.state.operations import OperationRow, place

_CALLER = "bench"


class OperationFailed(Exception):
    """An operation did not succeed: there is nothing to measure."""


async def timed(app: App, starting: Awaitable[OperationRow]) -> Measured:
    """Start an operation and run it to its end.

    :raises OperationFailed: with its error.
    """
    with Stopwatch(app.transport) as watch:
        record = await starting
        await deliver(app, record)
    require_succeeded((await _now(app, record)).operation)
    return watch.measured


async def deliver(app: App, record: OperationRow) -> None:
    """Run an operation, as its message says it."""
    operation = record.operation
    await app.parts.engine.run(operation.service, operation.id, place(operation))


async def _now(app: App, record: OperationRow) -> OperationRow:
    found = await app.parts.records.find(record.operation.service, record.operation.id)
    assert found is not None
    return found[0]


def require_succeeded(operation: Operation) -> None:
    """:raises OperationFailed: where it did not."""
    if operation.status is not OperationStatus.SUCCEEDED:
        raise OperationFailed(f"{operation.operation}: {operation.status}, {operation.error}")


async def start_backup(app: App, service: Service, alias: str, name: str) -> OperationRow:
    """Start a backup into a registered account."""
    body = BackupBody(name=name, storage_account=alias)
    return await app.parts.backups.start(service, body, _CALLER, None)


async def start_restore(app: App, alias: str, name: str) -> OperationRow:
    """Start a restore of a backup, under the name that the service had."""
    body = {"backup": {"storageAccount": alias, "container": name}}
    return await app.parts.restores.start(RestoreBody.model_validate(body), _CALLER, None)


async def start_verify(app: App, service: Service, name: str) -> OperationRow:
    """Start a verify of every byte of a backup."""
    found = await app.parts.backups.get(service.name, name)
    return await app.parts.verifications.start(found.value, VerifyLevel.DATA, _CALLER, None)
