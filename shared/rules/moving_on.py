"""Moving counters forward: the numbers that are skipped count as issued."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.numbers import Bounds, Counter, Counters, Kind, Numbering
from shared.rules.coming_again import goes_on
from shared.rules.numbers import first, join, moved_up, new_cycle, rolls_over, upcoming


def moved_on(counter: Counter, bounds: Bounds, by: int) -> Counter | None:
    """A counter moved forward by some numbers, over as many rollovers as that takes.

    None where its bounds have too few numbers left and do not roll over.
    """
    counter = moved_up(counter, bounds)
    start = counter.next
    following = start + by
    if following <= bounds.upper:
        end = max(counter.end or 0, bounds.upper)
        return counter.model_copy(update={"next": following, "last": following - 1, "end": end})
    if start > bounds.upper + 1 or not rolls_over(counter, bounds):
        return None
    span = bounds.upper - bounds.lower + 1
    cycles, place = divmod(following - bounds.lower, span)
    following = bounds.lower + place
    cycle, last = counter.cycle + cycles, following - 1
    update = {"next": following, "last": last, "cycle": cycle, "end": bounds.upper}
    return new_cycle(counter, bounds).model_copy(update=update)


@dataclass(frozen=True)
class Move:
    """How one kind of an agreement is moved forward."""

    kind: Kind
    before: int
    """The number that would be issued next."""
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
        found.append(Move(kind, following.next, moved, moved.cycle - following.cycle))
    return found, short
