"""What others issued of a stream, as far as it matters within an agreement's own bounds.

Agreements between the same two parties may have bounds that do not overlap, as a service and its
copy do after the bounds of one of them were changed. Each of them then has cycles of its own, and
neither exhausts the numbers of the other.
"""

from collections.abc import Iterable, Sequence

from shared.model.numbers import Bounds, Counter, Counters, Numbering
from shared.rules.numbers import join, joined_all


def counted(counter: Counter, bounds: Bounds) -> Counter | None:
    """The part of a counter that is within bounds, None where it says nothing of them.

    A counter above the bounds counts only as far as it issued numbers within them. One that ends
    below them does not count, whatever its cycle.
    """
    found: Counter | None = counter
    if counter.since is not None and counter.since > bounds.upper:
        found = counter.below
    if found is None or found.end is None:
        return found
    ends_below = found.end < bounds.lower and found.next <= bounds.lower
    return None if ends_below else found


def all_counted(counters: Counters, numbering: Numbering) -> Counters:
    """The same for all kinds; a kind whose bounds are unknown counts as it is."""
    found = {
        kind: counted(counter, numbering[kind]) if kind in numbering else counter
        for kind, counter in counters.items()
    }
    return {kind: counter for kind, counter in found.items() if counter is not None}


def brought_together(
    own: Sequence[Counters], others: Iterable[Counters], numbering: Numbering
) -> Counters:
    """Where an agreement continues, after all that was issued within its bounds.

    :param own: what its own row says. All of it counts, since the row is overwritten.
    :param others: what other rows say; those rows are kept.
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
    """What others say that does not count within the bounds yet: it does as soon as the bounds
    reach it."""
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
    """A counter joined with one of a former cycle; where their numbers do not overlap, its cycle
    continues.

    :param former: dropped where its numbers are among those of the new cycle.
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
