"""Whether a number that fell rolled over, or was set back.

An account keeps a session's last number alone, so its bounds have to tell. All that looks at an
account goes by this one rule: pulls, plans, and what is looked at again while a push is under way.
"""

from shared.model.numbers import Bounds

_NEAR = 10
"""A number is near the end, or the beginning, of its bounds in their last, or first, such part."""
_FIRST_FEW = 10
"""In small bounds the first numbers are near the beginning: as many may be issued between looks."""


def is_rollover(before: int, after: int, bounds: Bounds) -> bool:
    """Whether a number that is lower than before rolled over: where its bounds do, it stood near
    their end, and stands near their beginning.

    One that issued more than that between two looks counts as set back. That is told wherever it is
    met; numbers that come again as one that was set back counts as rolled over are told by nobody.
    """
    size = bounds.upper - bounds.lower + 1
    near_end = before > bounds.upper - max(1, size // _NEAR)
    beginning = range(bounds.lower, bounds.lower + max(_FIRST_FEW, size // _NEAR))
    return bounds.rollover and near_end and after in beginning


def around(before: int, after: int, bounds: Bounds) -> int:
    """How many numbers were issued by one that rolled over."""
    return bounds.upper - before + after - bounds.lower + 1
