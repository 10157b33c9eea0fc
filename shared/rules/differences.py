"""Where two JSON documents differ: places, never values."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.model.wire import JsonValue
from shared.rules.documents import escaped

MOST_POINTERS = 100
"""Most places that are named for one document; a caller who wants them all reads both documents."""


@dataclass(frozen=True)
class Differences:
    """Where two documents differ."""

    pointers: tuple[str, ...]
    """JSON pointers (RFC 6901) of members and items that differ, were added, or were removed; only
    the outermost of what was added or removed."""
    more: int
    """How many further differences there are that are not named."""

    def __bool__(self) -> bool:
        return bool(self.pointers)


def differences(before: JsonValue, after: JsonValue) -> Differences:
    """Where two documents differ, the first 100 places by name."""
    found: list[str] = []
    more = 0
    for pointer in _differing(before, after, ""):
        if len(found) < MOST_POINTERS:
            found.append(pointer)
        else:
            more += 1
    return Differences(tuple(found), more)


def _differing(before: JsonValue, after: JsonValue, pointer: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            place = f"{pointer}/{escaped(name)}"
            if name in before and name in after:
                yield from _differing(before[name], after[name], place)
            else:
                yield place
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            place = f"{pointer}/{index}"
            if index < len(before) and index < len(after):
                yield from _differing(before[index], after[index], place)
            else:
                yield place
    elif type(before) is not type(after) or before != after:
        # 1, 1.0 and true are one value in Python, and three in JSON.
        yield pointer
