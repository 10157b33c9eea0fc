"""Stored values with the version of their row, and changes that somebody else may be first to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Generic, ParamSpec, TypeVar

from shared.storage.tables import RowChanged, RowExists

Value = TypeVar("Value")
Given = ParamSpec("Given")


@dataclass(frozen=True)
class Versioned(Generic[Value]):
    """A stored value with the version of its row."""

    value: Value
    etag: str


def optimistic(
    change: Callable[Given, Awaitable[Value]],
) -> Callable[Given, Awaitable[Value]]:
    """Run a read-change-write again where somebody else wrote the row after it was read.

    ``change`` reads what it writes over, and writes once, on the condition of what it read:
    with optimistic concurrency one of the writers always gets on, so this ends.
    """

    @wraps(change)
    async def again(*args: Given.args, **kwargs: Given.kwargs) -> Value:
        while True:
            try:
                return await change(*args, **kwargs)
            except (RowChanged, RowExists):
                continue

    return again
