"""Values of an account that cannot be held as what they say, and are kept as their text.

A parser would change some JSON silently: of a member that is there twice it keeps the last, a
number of too many digits is rounded. Other JSON no row and no backup of ours can hold: what is
nested very deep, half of a surrogate pair, ``NaN``. In the place of such a value stands an object
with one member, its text: ``{"$verbatim": "…"}``. Nobody looks into that text for secrets, so that
it is a secret as a whole. A value that looks so by itself is kept in the same way, so that no other
one is ever taken for a text.
"""

import json
import re
from decimal import Decimal
from typing import Any

from shared.model.problem import Problem
from shared.model.wire import JsonObject, JsonValue
from shared.rules.acceptable import require_acceptable
from shared.rules.secret_names import VERBATIM

_HALF = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)


def verbatim(text: str) -> JsonObject:
    """What stands in the place of a value.

    :param text: JSON.
    """
    return {VERBATIM: text}


def is_verbatim(value: JsonValue) -> bool:
    """Whether a value of an account, secrets in the clear, is kept as its text."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(VERBATIM), str)


def text_of(value: JsonValue) -> str:
    """JSON of a value; of one that is kept as its text, that."""
    if isinstance(value, dict) and is_verbatim(value):
        return str(value[VERBATIM])
    return _dumped(value, ascii_alone=True)


def written(body: JsonValue, *, ascii_alone: bool = False) -> str:
    """JSON of what is sent to ARM: a member of its ``properties`` that is kept as its text is
    written as that."""
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(properties, dict):
        return _dumped(body, ascii_alone=ascii_alone)
    if not any(map(is_verbatim, properties.values())):
        return _dumped(body, ascii_alone=ascii_alone)
    members = [
        f"{_dumped(name, ascii_alone=ascii_alone)}:"
        f"{text_of(value) if is_verbatim(value) else _dumped(value, ascii_alone=ascii_alone)}"
        for name, value in properties.items()
    ]
    others = {name: value for name, value in body.items() if name != "properties"}
    beside = _dumped(others, ascii_alone=ascii_alone)[1:-1]
    return f'{{{beside}{"," if beside else ""}"properties":{{{",".join(members)}}}}}'


def _dumped(value: JsonValue, *, ascii_alone: bool) -> str:
    return json.dumps(value, ensure_ascii=ascii_alone, separators=(",", ":"))


def holdable(value: JsonValue) -> JsonValue:
    """A value as a row can hold it: itself, or its text."""
    if is_verbatim(value):
        return value
    try:
        require_acceptable({"properties": {"value": value}}, reserved=False)
    except Problem:
        return verbatim(text_of(value))
    return value


def faithful(text: str) -> JsonObject:
    """A resource, or a list of them under ``value``, parsed so that nothing of it is changed.

    :param text: an answer of ARM. Halves of surrogate pairs may be in it as they are.
    :returns: of each resource all members, and those of its ``properties``, each as it is or as
        its text. Where one of these two has a member twice, ``properties`` is the text of the
        whole resource.
    :raises ValueError: if it is not a JSON object.
    """
    text = _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text.strip())
    try:
        return _object(_exact(text))
    except json.JSONDecodeError:
        raise
    except (_Inexact, ValueError, RecursionError):
        pass  # a list that comes here has something strange somewhere: each resource by itself
    members = _members(text)
    items = next((raw for name, raw in members if name == "value"), "")
    if not items.startswith("["):
        return _object(_resource(text))
    found: JsonObject = {name: _value(raw) for name, raw in members if name != "value"}
    return found | {"value": [_resource(raw) for raw in _parts(items)]}


_MARGIN = 100
"""By so much less deep than Python could parse it is what is parsed, so that whatever works on it
later does not come to that limit."""


class _Inexact(Exception):
    """A value that a parser would change, or that stands for a text by its look."""


def _resource(text: str) -> JsonValue:
    """A resource of a list, or whatever else is in its place."""
    try:
        return _exact(text)
    except json.JSONDecodeError:
        raise
    except (_Inexact, ValueError, RecursionError):
        if not text.startswith("{"):
            return verbatim(text)
    members = _members(text)
    inside = next((raw for name, raw in members if name.lower() == "properties"), "")
    of_properties = _members(inside) if inside.startswith("{") else []
    found: JsonObject = {name: _value(raw) for name, raw in members}
    properties: JsonObject = {name: _value(raw) for name, raw in of_properties}
    if len(found) < len(members) or len(properties) < len(of_properties):
        return {**found, "properties": verbatim(text)}
    spelt = next((name for name, _ in members if name.lower() == "properties"), "")
    return found | ({spelt: properties} if inside.startswith("{") else {})


def _value(text: str) -> JsonValue:
    try:
        return _exact(text)
    except json.JSONDecodeError:
        raise
    except (_Inexact, ValueError, RecursionError):
        return verbatim(text)


def _exact(text: str) -> JsonValue:
    """Parse what a parser does not change.

    :raises json.JSONDecodeError: if it is not JSON.
    :raises _Inexact: if it would be changed.
    :raises ValueError: for a number of thousands of digits.
    :raises RecursionError: if it is nested too deep.
    """
    found: Any = json.loads(
        f"{'[' * _MARGIN}{text}{']' * _MARGIN}",
        object_pairs_hook=_pairs,
        parse_float=_number,
        parse_constant=_constant,
    )
    for _ in range(_MARGIN):
        if len(found) != 1:
            raise json.JSONDecodeError("not one value", text, 0)
        found = found[0]
    value: JsonValue = found
    return value


def _pairs(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs) or VERBATIM in found:
        raise _Inexact
    return found


def _number(text: str) -> float:
    number = float(text)
    said = Decimal(text)
    if said not in (Decimal(repr(number)), Decimal(f"{number:.17g}")):
        raise _Inexact
    return number


def _constant(_name: str) -> JsonValue:
    raise _Inexact


def _object(value: JsonValue) -> JsonObject:
    if not isinstance(value, dict):
        raise json.JSONDecodeError("no object", "", 0)
    return value


def _members(text: str) -> list[tuple[str, str]]:
    """The members of an object, each with its value's text."""
    if not text.startswith("{"):
        raise json.JSONDecodeError("no object", "", 0)
    parts = _parts(text)
    return [
        (str(json.loads(name)), value) for name, value in zip(parts[::2], parts[1::2], strict=True)
    ]


def _parts(text: str) -> list[str]:
    """The texts of what an object or a list holds: names and values, or elements."""
    found: list[str] = []
    depth, begin = 0, 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in "{[":
            depth += 1
            begin = token.end() if depth == 1 else begin
        elif mark in "}]":
            depth -= 1
            if depth == 0:
                found.append(text[begin : token.start()].strip())
        elif depth == 1 and mark in ",:":
            found.append(text[begin : token.start()].strip())
            begin = token.end()
    if depth:
        raise json.JSONDecodeError("it ends early", "", len(text))
    return found if any(found) else []
