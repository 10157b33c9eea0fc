"""What changed in an account between two pulls: kinds of changes and places, never values."""

from dataclasses import dataclass
from enum import StrEnum

from shared.model.wire import JsonObject
from shared.rules.differences import differences

MOST_POINTERS = 50
"""Most places that are named for one artifact."""

MOST_CHARACTERS = 256
"""Most characters of a place; of a longer one, the place that it is in is named."""


class Change(StrEnum):
    """What happened to an artifact."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Drift:
    """How an artifact of an account changed."""

    change: Change
    content: bool = False
    """Whether its content is another one."""
    pointers: tuple[str, ...] = ()
    """Places in its document that differ, JSON pointers; none of what was added or removed."""
    more: int = 0
    """Differences that are not named."""

    def to_json(self) -> JsonObject:
        """As the log of changes has it."""
        shown: JsonObject = {"change": str(self.change)}
        if self.content:
            shown["content"] = True
        if self.pointers:
            shown["pointers"] = [*self.pointers]
        if self.more:
            shown["more"] = self.more
        return shown


def drift(
    before: JsonObject | None, after: JsonObject | None, *, content: bool = False
) -> Drift | None:
    """How an artifact changed between two documents, both with their secrets in the clear.

    A sealed secret differs from itself each time that it is sealed.

    :param before: None where there was none.
    :param after: None where there is none any more.
    :param content: whether its content is another one.
    :return: None where nothing changed.
    """
    if before is None or after is None:
        if before is None and after is None:
            return None
        return Drift(Change.ADDED if before is None else Change.REMOVED)
    found = differences(before, after)
    if not found and not content:
        return None
    named = tuple(dict.fromkeys(_fitting(pointer) for pointer in found.pointers))
    more = found.more + len(found.pointers) - len(named[:MOST_POINTERS])
    return Drift(Change.CHANGED, content, named[:MOST_POINTERS], more)


def _fitting(pointer: str) -> str:
    """A place whose pointer is short enough: the place itself, or one that it is in."""
    if len(pointer) <= MOST_CHARACTERS:
        return pointer
    return pointer[: MOST_CHARACTERS + 1].rpartition("/")[0]
