"""Where a counter that a restore set back continues, before numbers are taken from it."""

from shared.model.numbers import Bounds, Counter, Counters, Numbering
from shared.rules.numbers import first, is_behind, join, upcoming


def goes_on(
    counter: Counter, bounds: Bounds, passed: Counter | None, beyond: Counter | None = None
) -> Counter:
    """The counter that the next number is taken from.

    A counter that a restore set back continues after all that was issued as soon as its next number
    is not one that is issued again: see ``take_again``.

    :param passed: see ``take_again``.
    :param beyond: likewise.
    """
    if passed is None:
        return counter
    following = upcoming(counter, bounds)
    comes_again = following is not None and (
        (following.cycle, following.next) <= (passed.cycle, passed.last)
    )
    if comes_again and is_behind(counter, passed):
        return counter
    return join(counter, passed, beyond) or counter


def all_go_on(
    counters: Counters, passed: Counters, beyond: Counters, numbering: Numbering
) -> Counters:
    """The same for all kinds of an agreement."""
    kinds = [kind for kind in passed if kind in numbering]
    again = {
        kind: goes_on(
            counters.get(kind) or first(numbering[kind]),
            numbering[kind],
            passed[kind],
            beyond.get(kind),
        )
        for kind in kinds
    }
    return {**counters, **again}
