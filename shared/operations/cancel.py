"""Canceling an operation: a flag in its record, which its worker sees when it renews its lease."""

from shared.model.operation import CANCELABLE, OperationStatus
from shared.model.problem import Code, Problem
from shared.operations.engine import Engine
from shared.rules.naming import shown
from shared.state.operations import OperationRow
from shared.storage.tables import RowChanged

_HALF_WAY = "cannot stop half way; backups, pulls, pushes and verifies can"


async def cancel(engine: Engine, service: str, operation_id: str) -> OperationRow:
    """Ask a backup, a pull, a push or a verify to stop. One that no worker has ends at once.

    :raises Problem: OperationNotFound; OperationNotAllowed for one that has ended, or of a kind
        that cannot be canceled.
    """
    while True:
        found = await engine.records.find(service, operation_id)
        if found is None:
            raise operation_not_found(service, operation_id)
        record, operation = found[0], found[0].operation
        ended = operation.status.is_final()
        if ended or operation.operation not in CANCELABLE:
            why = f"has ended {operation.status}" if ended else _HALF_WAY
            raise Problem(
                Code.OPERATION_NOT_ALLOWED,
                f"{operation.operation} '{shown(operation_id)}' {why}.",
                target="id",
            )
        # Checked before the flag is written: that write would make a dead worker's lease look new.
        worked_on = engine.is_leased(record)
        if not operation.cancel_requested:
            asked = operation.model_copy(update={"cancel_requested": True})
            try:
                record = await engine.records.write(asked, record.etag)
            except RowChanged:
                continue
        if worked_on:
            return record
        await engine.end(record, OperationStatus.CANCELED)
        found = await engine.records.find(service, operation_id)
        return found[0] if found else record


def operation_not_found(service: str | None, operation_id: str) -> Problem:
    """The problem that the log has no such operation.

    :param service: None for an operation that is not of one service.
    """
    whose = "The installation" if service is None else f"Service '{shown(service)}'"
    return Problem(
        Code.OPERATION_NOT_FOUND,
        f"{whose} has no operation '{shown(operation_id)}' in its log, which reaches back 180 "
        "days.",
        target="id",
    )
