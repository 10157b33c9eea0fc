"""The monitor of a long operation: 202 with the address to poll, and when."""

from dataclasses import replace
from urllib.parse import quote

from shared.model.operation import NO_SERVICE, Operation
from shared.model.wire import JsonObject
from shared.state.operations import OperationRow
from shared.web.http.call import Answer, Call
from shared.web.http.etag import unless_unchanged

_LOOK_AGAIN_SECONDS = 2


def accepted(call: Call, record: OperationRow) -> Answer:
    """The answer to a request that started an operation."""
    operation = record.operation
    owner = "" if operation.service == NO_SERVICE else f"services/{quote(operation.service)}/"
    place = f"{call.base_url}/{owner}operations/{quote(operation.id)}"
    headers = {"Operation-Location": place, "Retry-After": str(_LOOK_AGAIN_SECONDS)}
    return Answer(shown_operation(record), 202, headers)


def monitor(call: Call, record: OperationRow, operation: Operation) -> Answer:
    """The answer of the monitor; 304 if the caller has the present version.

    :param operation: the record's, as the monitor shows it (see ``shown_operation``).
    """
    answer = unless_unchanged(call, version(record, operation), shown_operation(record, operation))
    return look_again(answer, operation)


def look_again(answer: Answer, operation: Operation) -> Answer:
    """The answer that shows an operation; while that runs, it says when to ask again."""
    if operation.status.is_final():
        return answer
    headers = {**answer.headers, "Retry-After": str(_LOOK_AGAIN_SECONDS)}
    return replace(answer, headers=headers)


def shown_operation(record: OperationRow, operation: Operation | None = None) -> JsonObject:
    """What a caller sees of an operation.

    :param operation: the record's, as the monitor shows it; while it settles, its record says
        already that it has ended, and cannot be canceled.
    """
    seen = (operation or record.operation).monitor()
    return {**seen, "cancelable": record.operation.is_cancelable}


def version(record: OperationRow, operation: Operation) -> str:
    """The version of an operation as it is shown."""
    return f"{record.etag} {operation.status}"
