"""The monitor of a long operation: 202, where to look, and when."""

from dataclasses import replace
from urllib.parse import quote

from shared.model.operation import NO_SERVICE, Operation
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
    return Answer(operation.monitor(), 202, headers)


def monitor(call: Call, record: OperationRow, shown: Operation) -> Answer:
    """The monitor itself; 304 where the caller has it as it is.

    :param shown: the record's operation as the monitor shows it; while it settles, its record says
        already that it has ended.
    """
    answer = unless_unchanged(call, version(record, shown), shown.monitor())
    if shown.status.is_final():
        return answer
    headers = {**answer.headers, "Retry-After": str(_LOOK_AGAIN_SECONDS)}
    return replace(answer, headers=headers)


def version(record: OperationRow, shown: Operation) -> str:
    """The version of an operation as it is shown."""
    return f"{record.etag} {shown.status}"
