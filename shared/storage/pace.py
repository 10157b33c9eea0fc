"""How many requests of one kind are sent at once: fewer while storage is busy.

A table's partition takes 2,000 rows a second. When storage asks to wait, half as many are sent at
once from then on, and one more for each series of successes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_WELL = 16
"""Successful requests in a row before one more is sent at once."""


class Pace:
    """How many requests are sent at once, between one and a maximum."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._well = 0
        self.at_once = most

    def slow_down(self) -> None:
        """Send fewer at once: storage is busy."""
        self.at_once = max(1, self.at_once // 2)
        self._well = 0

    def went_well(self) -> None:
        """Count a request that succeeded."""
        self._well += 1
        if self._well >= _WELL:
            self._well = 0
            self.at_once = min(self._most, self.at_once + 1)


_current: ContextVar[Pace | None] = ContextVar("pace", default=None)


@contextmanager
def at_pace(pace: Pace) -> Iterator[None]:
    """Run the body, and every task that it starts, so that answers of busy storage slow this pace
    down."""
    token = _current.set(pace)
    try:
        yield
    finally:
        _current.reset(token)


def storage_is_busy() -> None:
    """Slow the current task's pace down, if it has one."""
    pace = _current.get()
    if pace is not None:
        pace.slow_down()
