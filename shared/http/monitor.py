"""The monitor of a long operation: 202, where to look, and when."""

from urllib.parse import quote

from shared.http.call import Answer, Call
from shared.model.operation import Operation
from shared.state.operations import Record

_LOOK_AGAIN_SECONDS = 2


def accepted(call: Call, record: Record) -> Answer:
    """The answer to a request that started an operation."""
    operation = record.operation
    place = f"{call.base_url}/services/{quote(operation.service)}/operations/{quote(operation.id)}"
    headers = {"Operation-Location": place, "Retry-After": str(_LOOK_AGAIN_SECONDS)}
    return Answer(operation.monitor(), 202, headers)


def monitor(operation: Operation) -> Answer:
    """The monitor itself."""
    waiting = not operation.status.is_final()
    headers = {"Retry-After": str(_LOOK_AGAIN_SECONDS)} if waiting else {}
    return Answer(operation.monitor(), 200, headers)
