"""What others issued of a stream, as far as it counts within the bounds of whoever goes on.

Agreements between the same two may number within bounds that do not overlap, as a service and its
copy do after one of them was given others. Each of them then has cycles of its own, and neither
ends the numbers of the other.
"""

from collections.abc import Iterable, Sequence

from shared.model.numbers import Bounds, Counter, Counters, Numbering
from shared.rules.numbers import join, joined_all


def counted(counter: Counter, bounds: Bounds) -> Counter | None:
    """What of a counter lies within bounds, None where it says nothing of them.

    What was issued above them counts only as far as numbers below it were. What ends below them
    does not count, whatever its cycle: it ended nowhere else.
    """
    found: Counter | None = counter
    if counter.since is not None and counter.since > bounds.upper:
        found = counter.below
    if found is None or found.end is None:
        return found
    ends_below = found.end < bounds.lower and found.next <= bounds.lower
    return None if ends_below else found


def all_counted(counters: Counters, numbering: Numbering) -> Counters:
    """The same of all kinds; a kind whose bounds nobody knows counts as it is."""
    found = {
        kind: counted(counter, numbering[kind]) if kind in numbering else counter
        for kind, counter in counters.items()
    }
    return {kind: counter for kind, counter in found.items() if counter is not None}


def brought_together(
    own: Sequence[Counters], others: Iterable[Counters], numbering: Numbering
) -> Counters:
    """Where an agreement goes on, behind all that was issued within its bounds.

    :param own: what its own row says, which is kept whole: it is written over.
    :param others: what other rows say, which stay.
    """
    known = [*own, *(all_counted(counters, numbering) for counters in others)]
    found = joined_all(known)
    for kind, highest in found.items():
        of_kind = [counters[kind] for counters in known if kind in counters]
        for cycle in sorted({one.cycle for one in of_kind} - {highest.cycle}, reverse=True):
            former = join(*(one for one in of_kind if one.cycle == cycle))
            assert former is not None, "one of them has this cycle"
            found[kind] = _beside(found[kind], former)
    return found


def left_apart(others: Iterable[Counters], numbering: Numbering) -> Counters:
    """What others say that does not count within the bounds: it does as soon as they reach it."""
    apart = [
        {
            kind: counter
            for kind, counter in counters.items()
            if kind in numbering and counted(counter, numbering[kind]) != counter
        }
        for counters in others
    ]
    return brought_together([], apart, {})


def _beside(counter: Counter, former: Counter) -> Counter:
    """A counter with one of a former cycle, whose cycle goes on where its numbers lie apart.

    :param former: dropped where its numbers are among those that have begun anew.
    """
    begins, end = former.since, counter.end
    if begins is not None and end is not None and end < begins and counter.next <= begins:
        below = join(former.below, counter.model_copy(update={"since": None, "below": None}))
        ends = max(end, former.end or end)
        return former.model_copy(update={"cycle": counter.cycle, "end": ends, "below": below})
    begins, end = counter.since, former.end
    if begins is not None and end is not None and end < begins and former.next <= begins:
        below = former.model_copy(update={"since": None, "below": None})
        return counter.model_copy(update={"below": join(counter.below, below)})
    return counter
