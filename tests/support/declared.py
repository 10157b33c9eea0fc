"""What the app declares: its functions and routes, and whether an answer is what they say."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from azure.functions.decorators.function_app import Function

from shared.triggers.doors import doors, routes
from shared.web.api.error_codes import codes
from shared.web.http.route import Route

SHOWN = [declared for declared in routes() if declared.method != "ANY"]
"""The routes of the OpenAPI document."""


def functions() -> list[Function]:
    """Every function of the app: of HTTP, of timers and of queues."""
    return [builder._function for door in doors() for builder in door._function_builders]


@cache
def _patterns() -> list[tuple[re.Pattern[str], Route]]:
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", declared.path)), declared) for declared in SHOWN
    ]


def route_of(method: str, url: str) -> Route | None:
    """The route that takes a request, None where none does."""
    _, _, path = urlsplit(url).path.partition("/api/")
    return next(
        (one for pattern, one in _patterns() if one.method == method and pattern.fullmatch(path)),
        None,
    )


def require_declared(method: str, url: str, status: int, code: str | None) -> None:
    """Fail where a route answers with a status or an error code that it does not declare."""
    declared = route_of(method, url)
    if declared is None:
        return
    if code is not None:
        assert code in codes(declared), f"{declared.name} does not declare {code}"
    elif status < 400:
        assert status in declared.answers, f"{declared.name} does not declare {status}"


def places(value: Any, at: str = "") -> Iterator[str]:
    """The members of a JSON value, of its members and its items, by their places."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield f"{at}/{name}"
            yield from places(member, f"{at}/{name}")
    elif isinstance(value, list):
        for item in value:
            yield from places(item, f"{at}[]")
