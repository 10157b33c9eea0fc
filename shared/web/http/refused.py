"""The log line of each refused request: which request it was, without any of its values.

Every text in a request may be a secret: in its body, its address, a header. So a line contains only
words of the app itself: its routes, its codes, the members of its bodies.
"""

import logging
import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel

from shared.model.problem import Problem
from shared.model.sections import Section
from shared.telemetry.events import Telemetry

UNTOLD = "*"
"""Replaces in a target what the caller named."""

_HEADERS = frozenset(
    {
        "Content-Encoding",
        "Content-Length",
        "Content-MD5",
        "Content-Type",
        "If-Match",
        "If-None-Match",
        "Operation-Id",
        "Sec-Fetch-Site",
    }
)
"""That a problem may be about."""

_INDEX = re.compile("[0-9]{1,4}")
"""Of an item; longer ones are told by nobody but a caller."""

log = logging.getLogger("interkeep.http")


def log_refusal(
    problem: Problem, *, request_id: str, caller: str, method: str, route: str, target: str | None
) -> None:
    """Log one refused or failed request, or a refused part of one, as an event.

    Its level is Warning: host.json keeps lines below that of the busiest functions out of the log.

    :param caller: as the operation log calls it.
    :param route: the address with names of parameters in it, not their values.
    :param target: of ``known_target``.
    """
    status = problem.code.status
    why = dict.fromkeys(str(detail.code) for detail in problem.details)
    Telemetry().tell(
        log,
        logging.WARNING,
        "RequestRefused",
        f"a {method} was answered {status} {problem.code}.",
        {
            "request": request_id,
            "status": status,
            "code": str(problem.code),
            "target": target,
            "why": ", ".join(why) or None,
            "method": method,
            "route": route,
            "caller": caller,
        },
    )


def known_target(
    target: str | None, parameters: Collection[str], body: type[BaseModel] | None
) -> str | None:
    """What of a problem's target the app itself named; ``*`` in place of the rest.

    :param target: a JSON pointer, a parameter, a header, or an artifact as ``section/name``.
    :param parameters: of the route: of its path and of its query.
    :param body: the model of its body.
    """
    if not target:
        return None
    if target.startswith("/"):
        return _known_pointer(target, body)
    if target in _HEADERS or target in parameters:
        return target
    section, slash, _ = target.partition("/")
    if section in {str(one) for one in Section}:
        return f"{section}/{UNTOLD}" if slash else section
    return UNTOLD


def _known_pointer(pointer: str, body: type[BaseModel] | None) -> str:
    """The pointer as far as it follows members of the body's schema, without members that a caller
    invented."""
    schema = _schema(body) if body is not None else {}
    known, within = "", list(_forms(schema, schema))
    for part in pointer.split("/")[1:]:
        within = [
            form for one in within for inner in _inner(one, part) for form in _forms(inner, schema)
        ]
        if not within:
            return f"{known}/{UNTOLD}"
        known = f"{known}/{part}"
    return known


@cache
def _schema(body: type[BaseModel]) -> dict[str, Any]:
    return body.model_json_schema(by_alias=True)


def _inner(schema: dict[str, Any], part: str) -> Iterator[dict[str, Any]]:
    """The schema of a member or an item."""
    properties = schema.get("properties", {})
    if part in properties:
        yield properties[part]
    elif "items" in schema and _INDEX.fullmatch(part):
        yield schema["items"]


def _forms(schema: dict[str, Any], root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas that a schema means: the one that it refers to, each of its alternatives."""
    if "$ref" in schema:
        yield from _forms(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    elif "anyOf" in schema or "oneOf" in schema:
        for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from _forms(one, root)
    else:
        yield schema
