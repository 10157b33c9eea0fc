"""Which errors a route answers with: those of its declaration, and those that follow from it.

Every test that calls the API holds what it is answered to this.
"""

from collections.abc import Iterator

from shared.model.problem import Code
from shared.web.http.route import Route


def codes(declared: Route) -> list[Code]:
    """The codes with which a route may refuse or fail, in the order of the contract."""
    found = {*_usual(declared), *declared.errors}
    return [code for code in Code if code in found]


def _usual(declared: Route) -> Iterator[Code]:
    yield from (Code.INVALID_REQUEST, Code.UNSUPPORTED_API_VERSION)
    yield from (Code.INTERNAL_ERROR, Code.STORAGE_UNAVAILABLE)
    if not declared.anonymous:
        yield Code.FORBIDDEN
        if declared.method != "GET":
            yield Code.CROSS_SITE_REQUEST
    if declared.method != "GET" and not declared.takes_bytes:
        yield from (Code.INVALID_JSON, Code.BODY_TOO_LARGE)
    if declared.conditional:
        yield Code.CONDITION_NOT_MET
    if declared.names_operation:
        yield from (Code.INVALID_NAME, Code.OPERATION_ID_IN_USE)
    if "{service}" in declared.path and not declared.outlives_service:
        yield Code.SERVICE_NOT_FOUND
