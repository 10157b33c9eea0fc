"""Routes as the Functions host reads them: ASP.NET templates, tried in the order of names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from localhost.worker import Function

_PARAMETER = re.compile(r"\{(\*{0,2})([A-Za-z][A-Za-z0-9_]*)((?::[^}?]+)*)(\??)\}")
_ENCODED_SLASH = re.compile("%(2f)", re.IGNORECASE)
_CONSTRAINTS = {
    "": r"[^/]+",
    "int": r"-?[0-9]+",
    "long": r"-?[0-9]+",
    "alpha": r"[A-Za-z]+",
    "guid": r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "bool": r"[Tt]rue|[Ff]alse",
}
_ALL_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Route:
    """One HTTP function's address."""

    function: Function
    methods: frozenset[str]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Match:
    """A function, and the values of its route's parameters."""

    function: Function
    params: dict[str, str]


class Routes:
    """All HTTP functions of an app.

    :param prefix: host.json's routePrefix.
    """

    def __init__(self, functions: Sequence[Function], prefix: str) -> None:
        self._routes = [
            _route(function, prefix)
            for function in sorted(functions, key=lambda f: f.name.lower())
            if function.kind == "httpTrigger"
        ]

    def find(self, method: str, path: str) -> Match | None:
        """The first function, by name, that takes the address; no rule prefers a closer one.

        :param path: still percent-encoded. An encoded slash stays one, as in Azure.
        """
        path = unquote(_ENCODED_SLASH.sub(r"%25\1", path))
        for route in self._routes:
            matched = route.pattern.fullmatch(path)
            if matched and method in route.methods:
                values = matched.groupdict()
                return Match(route.function, {n: v for n, v in values.items() if v is not None})
        return None


def _route(function: Function, prefix: str) -> Route:
    template = str(function.trigger.get("route") or function.name).strip("/")
    if template.split("/")[0].lower() in ("admin", "runtime"):
        raise ValueError(f"{function.name}: routes must not begin with admin or runtime")
    methods = function.trigger.get("methods") or _ALL_METHODS
    parts = f"{prefix}/{template}".strip("/").split("/")
    try:
        segments = [_segment(part) for part in parts]
    except KeyError as error:
        raise ValueError(f"{function.name}: this host has no route constraint {error}") from error
    pattern = re.compile("".join(segments) + "/?", re.IGNORECASE | re.DOTALL)
    return Route(function, frozenset(str(m).upper() for m in methods), pattern)


def _segment(text: str) -> str:
    """:raises KeyError: for a constraint, or several, that it has no pattern for.

    :raises ValueError: for a parameter that is but a part of its segment, or has a default.
    """
    parameter = _PARAMETER.fullmatch(text)
    if parameter is None:
        if "{" in text:
            raise ValueError(f"this host cannot read the route segment {text}")
        return "/" + re.escape(text)
    stars, name, constraints, optional = parameter.groups()
    if stars:
        return f"(?:/(?P<{name}>.*))?"
    one = f"/(?P<{name}>{_CONSTRAINTS[constraints.removeprefix(':')]})"
    return f"(?:{one})?" if optional else one
