"""How many requests of one kind are on their way at once: fewer while storage is busy.

A table's partition takes 2,000 rows a second. Whoever sends many at once and is told to wait sends
half as many from then on, and one more again for each series that went well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_WELL = 16
"""Requests in a row that went well, before one more is sent at once."""


class Pace:
    """A number of requests at once, between one and the most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._well = 0
        self.at_once = most

    def slow_down(self) -> None:
        """Storage is busy."""
        self.at_once = max(1, self.at_once // 2)
        self._well = 0

    def went_well(self) -> None:
        """A request was answered."""
        self._well += 1
        if self._well >= _WELL:
            self._well = 0
            self.at_once = min(self._most, self.at_once + 1)


_current: ContextVar[Pace | None] = ContextVar("pace", default=None)


@contextmanager
def at_pace(pace: Pace) -> Iterator[None]:
    """Run the body, and every task that it starts: what storage says slows this pace down."""
    token = _current.set(pace)
    try:
        yield
    finally:
        _current.reset(token)


def storage_is_busy() -> None:
    """Slow the current task's pace down, where it has one."""
    pace = _current.get()
    if pace is not None:
        pace.slow_down()
