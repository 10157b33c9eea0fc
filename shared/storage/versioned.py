"""Stored values with the version of their row, and changes with optimistic concurrency."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Generic, ParamSpec, TypeVar

from shared.storage.tables import RowChanged, RowExists

Value = TypeVar("Value")
Found = TypeVar("Found")
Given = ParamSpec("Given")


@dataclass(frozen=True)
class Versioned(Generic[Value]):
    """A stored value with the version of its row."""

    value: Value
    etag: str


def optimistic(
    change: Callable[Given, Awaitable[Value]],
) -> Callable[Given, Awaitable[Value]]:
    """Repeat a read-change-write if another writer changed the row after it was read.

    ``change`` reads the row, and writes once, on the condition of the version that it read. One of
    several concurrent writers always succeeds, so this ends.
    """

    @wraps(change)
    async def again(*args: Given.args, **kwargs: Given.kwargs) -> Value:
        while True:
            try:
                return await change(*args, **kwargs)
            except (RowChanged, RowExists):
                continue

    return again


async def optimistically(
    read: Callable[[], Awaitable[Found | None]],
    change: Callable[[Found], Awaitable[Value]],
    known: Found | None = None,
) -> Value | None:
    """Change what is stored, on the condition of the version that was read; None if there is none.

    :param change: as for ``optimistic``, of what it is given.
    :param known: what was read before: it is not read again, unless another writer was first.
    """
    while True:
        found, known = known or await read(), None
        if found is None:
            return None
        try:
            return await change(found)
        except (RowChanged, RowExists):
            continue
