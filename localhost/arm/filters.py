"""The part of OData's ``$filter`` that lists take: comparisons of members, joined by ``and``."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from localhost.arm.refused import malformed

_PART = re.compile(
    r"\s*([\w/]+)\s+(eq|ne|gt|ge|lt|le)\s+(?:datetime)?(?:'((?:[^']|'')*)'|(\S+))\s*$"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z$")
_COMPARED: Mapping[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def chosen(text: str, values: Mapping[str, Any], *, by_case: bool = False) -> bool:
    """Whether a resource is one that a filter asks for.

    :param values: the resource's members that can be compared, by their names in lower case.
    :param by_case: texts that differ in case alone are different.
    :raises Refused: where the filter is none, or a member cannot be compared.
    """
    return all(_holds(part, values, by_case) for part in re.split(r"\s+and\s+", text.strip()))


def _holds(part: str, values: Mapping[str, Any], by_case: bool) -> bool:
    match = _PART.match(part)
    if match is None:
        raise malformed(f"The filter {part!r} cannot be read.")
    member, comparison, quoted, bare = match.groups()
    value = quoted.replace("''", "'") if quoted is not None else bare
    if member.lower() not in values:
        raise malformed(f"The filter asks for {member!r}, by which nothing can be filtered.")
    found = str(values[member.lower()] or "")
    return _COMPARED[comparison](_comparable(found, by_case), _comparable(value, by_case))


def _comparable(text: str, by_case: bool) -> str:
    """A time without its Z: with up to seven digits of a second, times compare as texts."""
    if _TIME.match(text):
        return text[:-1]
    return text if by_case else text.lower()
