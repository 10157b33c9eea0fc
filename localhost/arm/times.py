"""Times in ticks of 100 ns, as the service gives them, and the numbers that it makes of them."""

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
_UNIX_TICKS = 621_355_968_000_000_000
_HIGHEST = 9_223_372_036_854_775_807
_SECOND = 10_000_000


class Ticks:
    """A clock in ticks since the year 1 that never gives the same one twice."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        """Now, or right after what it gave last."""
        self._last = max(self._last + 1, time.time_ns() // 100 + _UNIX_TICKS)
        return self._last


def stamp(ticks: int) -> str:
    """A time with up to seven digits of a second; zeros at its end are dropped."""
    whole, rest = divmod(ticks, _SECOND)
    digits = f"{rest:07d}".rstrip("0")
    point = f".{digits}" if digits else ""
    return f"{_EPOCH + timedelta(seconds=whole):%Y-%m-%dT%H:%M:%S}{point}Z"


def session_etag(ticks: int) -> str:
    """A session's ETag: the lower, the later."""
    return f'"{_HIGHEST - ticks:020d}"'


def content_version(ticks: int) -> str:
    """A blob's ETag."""
    return f'"0x{ticks:X}"'
