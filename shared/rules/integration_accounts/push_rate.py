"""How fast an account issued numbers while it was looked at, and how many to skip after that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from shared.model.numbers import Bounds, Counter
from shared.rules.integration_accounts.rollover import around, is_rollover
from shared.rules.moving_on import furthest
from shared.rules.numbers import moved_up, rolls_over

_DAY = 86_400
_MARGIN = 2
"""How many times as fast as was seen numbers may have been issued since."""
WHERE_UNKNOWN = 1_000
"""How many numbers to skip where nothing tells how fast they were issued: few of nine digits, and
more than most agreements issue between two pulls."""


@dataclass(frozen=True, slots=True)
class Look:
    """A number as a pull saw it."""

    at: datetime
    """When the account was looked at, not when the number changed."""
    value: int
    """The last number issued; 0 for none."""


def rate(looks: Sequence[Look], bounds: Bounds) -> float | None:
    """How many numbers a day were issued: over all looks, or between the last two where that is
    more. None where it was not looked at twice, and where the number was set back: what it issued
    before that is unknown, and a rate without it would be too low.

    :param looks: the oldest first.
    """
    seconds, total, latest = 0.0, 0, 0.0
    for before, after in pairwise(looks):
        took = (after.at - before.at).total_seconds()
        if took <= 0:
            continue
        count = _issued(before.value, after.value, bounds)
        if count is None:
            return None
        seconds, total, latest = seconds + took, total + count, count / took
    return max(total / seconds, latest) * _DAY if seconds else None


def _issued(before: int, after: int, bounds: Bounds) -> int | None:
    """How many numbers were issued between two looks; None for one that was set back."""
    if after >= before:
        return after - before
    return around(before, after, bounds) if is_rollover(before, after, bounds) else None


def proposed(per_day: float | None, elapsed: float | None, counter: Counter, bounds: Bounds) -> int:
    """How many numbers to skip, so that none comes twice if they were issued as fast as before.

    At least 1, and twice what the rate says, rounded up to 1, 2 or 5 with zeros. No more than
    ``furthest``, or than are left of those that do not roll over.

    :param per_day: None where unknown.
    :param elapsed: seconds since the last look; None for never.
    """
    following = moved_up(counter, bounds)
    # Of those that do not roll over, one must be left.
    most = furthest(bounds) if rolls_over(counter, bounds) else bounds.upper - following.next
    wanted = WHERE_UNKNOWN
    if per_day is not None and elapsed is not None:
        wanted = _rounded_up(per_day / _DAY * max(0.0, elapsed) * _MARGIN)
    return max(1, min(wanted, most))


def _rounded_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, …"""
    unit = 1
    while True:
        for step in (1, 2, 5):
            if step * unit >= value:
                return step * unit
        unit *= 10
