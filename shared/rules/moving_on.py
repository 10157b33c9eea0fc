"""Moving counters forward: the numbers that are skipped count as issued."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.numbers import Bounds, Counter, Counters, Kind, Numbering
from shared.rules.coming_again import goes_on
from shared.rules.numbers import first, join, moved_up, new_cycle, rolls_over, upcoming


def skipped(counter: Counter, bounds: Bounds, by: int) -> int:
    """How many numbers a counter leaves out that is to be moved forward by some: where it rolls
    over, no more than a third of its bounds. So one that is moved twice, as where a request is sent
    again, does not come around to what was issued unseen.

    Further on lie, around the end of the bounds, numbers that were issued not long ago. Moved by as
    many as there are, a counter stands where it stood, and all that was issued unseen comes again.
    One count is often meant for numbers of nine digits and of four.
    """
    return min(by, furthest(bounds)) if _is_rolling(counter, bounds) else by


def furthest(bounds: Bounds) -> int:
    """By how many numbers at most a counter is moved forward that rolls over."""
    return max(1, (bounds.upper - bounds.lower + 1) // 3)


def _is_rolling(counter: Counter, bounds: Bounds) -> bool:
    return counter.next <= bounds.upper + 1 and rolls_over(counter, bounds)


def moved_on(counter: Counter, bounds: Bounds, by: int) -> Counter | None:
    """A counter moved forward by some numbers: see ``skipped``.

    None where its bounds have too few numbers left and do not roll over.
    """
    counter = moved_up(counter, bounds)
    start = counter.next
    if start + by > bounds.upper and not _is_rolling(counter, bounds):
        return None
    by = skipped(counter, bounds, by)
    # The last of the skipped numbers. After the last one of a cycle, the next cycle has not begun:
    # whoever has wider bounds still has numbers of this one.
    cycles, place = divmod(start + by - 1 - bounds.lower, bounds.upper - bounds.lower + 1)
    last = bounds.lower + place
    if not cycles:
        end = max(counter.end or 0, bounds.upper)
        return counter.model_copy(update={"next": last + 1, "last": last, "end": end})
    update = {"next": last + 1, "last": last, "cycle": counter.cycle + cycles, "end": bounds.upper}
    return new_cycle(counter, bounds).model_copy(update=update)


@dataclass(frozen=True)
class Move:
    """How one kind of an agreement is moved forward."""

    kind: Kind
    before: int
    """The number that would be issued next."""
    after: int
    """The number that is issued next after the move."""
    counter: Counter
    """The counter after the move."""
    rollovers: int


@dataclass(frozen=True)
class Short:
    """A kind of an agreement whose bounds have too few numbers left."""

    kind: Kind
    left: int


def moves(
    counters: Counters,
    passed: Counters,
    beyond: Counters,
    numbering: Numbering,
    kinds: Iterable[Kind],
    by: int,
) -> tuple[list[Move], list[Short]]:
    """How the counters of an agreement are moved forward, and which of them cannot be.

    A kind that has issued nothing moves from its lower bound. One that a restore set back moves
    past all that was issued.

    :param passed: see ``take_again``.
    :param beyond: likewise.
    """
    found: list[Move] = []
    short: list[Short] = []
    for kind in kinds:
        bounds = numbering[kind]
        counter = counters.get(kind) or first(bounds)
        issued = join(counter, passed.get(kind), beyond.get(kind)) or counter
        moved = moved_on(issued, bounds, by)
        if moved is None:
            left = bounds.upper - max(issued.next, bounds.lower) + 1
            short.append(Short(kind, max(0, left)))
            continue
        next_from = goes_on(counter, bounds, passed.get(kind), beyond.get(kind))
        following = upcoming(next_from, bounds) or next_from
        after = upcoming(moved, bounds) or moved
        rollovers = after.cycle - following.cycle
        found.append(Move(kind, following.next, after.next, moved, rollovers))
    return found, short
