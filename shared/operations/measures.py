"""What the log says about an operation: the fields of its lines, and the metrics at its end.

The metrics have the names that operators know from other backup tools.
"""

import logging

from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.wire import JsonObject, JsonValue
from shared.telemetry.events import Telemetry

log = logging.getLogger("interkeep.operations")

_KINDS = {
    OperationName.BACKUP: "backup",
    OperationName.RESTORE: "restore",
    OperationName.VERIFY_BACKUP: "verify",
    OperationName.PURGE_BACKUP: "purge",
    OperationName.DELETE: "delete",
    OperationName.PULL: "pull",
    OperationName.PUSH: "push",
    OperationName.ROTATE_KEYS: "key_rotation",
    OperationName.SEAL_SECRETS: "secret_sealing",
}
_OUTCOMES = {
    OperationStatus.SUCCEEDED: "success",
    OperationStatus.PARTIALLY_SUCCEEDED: "partial_failure",
    OperationStatus.FAILED: "failure",
    OperationStatus.CANCELED: "canceled",
}


def about(operation: Operation) -> dict[str, str | int | None]:
    """The fields that say which operation a log line is about."""
    return {
        "operation": operation.id,
        "operationName": str(operation.operation),
        "service": operation.service,
        "backup": _backup(operation.parameters),
        "attempt": operation.attempt,
    }


def tell_end(telemetry: Telemetry, final: Operation) -> None:
    """Log that an operation has ended, whichever process ended it, with its metrics."""
    telemetry.tell(
        log,
        logging.INFO,
        "OperationEnded",
        f"{final.operation} of '{final.service}' ended {final.status}.",
        {
            **about(final),
            "status": str(final.status),
            "code": final.error.code if final.error else None,
            "trigger": final.trigger,
        },
        measures(final),
    )


def measures(operation: Operation) -> dict[str, int | float]:
    """The metrics of an operation that has ended, by name.

    An operation ends once, however many attempts it took: their number is one of its fields.
    """
    kind = _KINDS.get(operation.operation)
    if kind is None or operation.completed_at is None:
        return {}
    measured: dict[str, int | float] = {f"{kind}_attempt_total": 1}
    outcome = _OUTCOMES.get(operation.status)
    if outcome is not None:
        measured[f"{kind}_{outcome}_total"] = 1
    if operation.started_at is not None:
        seconds = (operation.completed_at - operation.started_at).total_seconds()
        measured[f"{kind}_duration_seconds"] = round(max(seconds, 0), 3)
    if operation.status is OperationStatus.SUCCEEDED:
        measured[f"{kind}_last_successful_timestamp"] = int(operation.completed_at.timestamp())
    return {**measured, **_of_result(operation.operation, operation.result or {})}


def _of_result(operation: OperationName, result: JsonObject) -> dict[str, int | float]:
    found: dict[str, JsonValue] = {}
    if operation is OperationName.BACKUP:
        found = {
            "backup_items_total": result.get("items"),
            "backup_bytes_total": result.get("bytes"),
        }
    elif operation is OperationName.RESTORE:
        sections = result.get("sections")
        counts = sections.values() if isinstance(sections, dict) else ()
        found = {"restore_items_total": sum(n for n in counts if isinstance(n, int))}
    elif operation is OperationName.VERIFY_BACKUP:
        found = {"verify_problems_total": result.get("problems")}
    elif operation is OperationName.PURGE_BACKUP:
        deleted = result.get("deleted")
        found = {"purge_deleted_total": len(deleted) if isinstance(deleted, list) else None}
    return {name: value for name, value in found.items() if isinstance(value, int)}


def _backup(parameters: JsonObject) -> str | None:
    """The backup that an operation makes, reads or deletes; for a restore, its container."""
    asked = parameters.get("request")
    of = asked if isinstance(asked, dict) else parameters
    given = of.get("backup", of.get("name"))
    if isinstance(given, dict):
        given = given.get("container")
    return given if isinstance(given, str) else None
