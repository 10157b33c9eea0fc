"""Control number arithmetic: what comes next, what is later."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from shared.model.numbers import Bounds, Counter, Counters, Kind, Numbering
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject


def standing(counters: Counters, numbering: Numbering) -> JsonObject:
    """The counters of an agreement as answers show them: for each kind the next number, the last
    one issued, the cycle, and the bounds."""
    shown: JsonObject = {}
    for kind, bounds in numbering.items():
        counter = counters.get(kind) or first(bounds)
        following = upcoming(counter, bounds)
        shown[str(kind)] = {
            "next": following.next if following else max(counter.next, bounds.lower),
            "last": counter.last,
            "cycle": counter.cycle,
            "lowerBound": bounds.lower,
            "upperBound": bounds.upper,
            "rollover": rolls_over(counter, bounds),
        }
    return shown


def first(bounds: Bounds) -> Counter:
    """The counter of a kind that has never issued a number."""
    return Counter(next=bounds.lower, since=_begun_at(bounds))


def _begun_at(bounds: Bounds) -> int | None:
    """The number that a counter or a cycle begins with at a lower bound, for ``Counter.since``."""
    return bounds.lower if bounds.lower > 1 else None


def _issued_below(counter: Counter, bounds: Bounds) -> Counter | None:
    """What a counter says of the numbers below its bounds, None where none of them was issued."""
    if bounds.lower == 1:
        return None
    since = counter.since or 1
    if since >= bounds.lower or counter.next <= since:
        return counter.below
    following, last = min(counter.next, bounds.lower), min(counter.last, bounds.lower - 1)
    update = {"next": following, "last": last, "since": None, "below": None}
    return counter.model_copy(update=update)


def new_cycle(counter: Counter, bounds: Bounds) -> Counter:
    """The counter at the beginning of the next cycle; below its bounds the cycle stays the same."""
    return Counter(
        next=bounds.lower,
        last=0,
        cycle=counter.cycle + 1,
        since=_begun_at(bounds),
        below=_issued_below(counter, bounds),
    )


def moved_up(counter: Counter, bounds: Bounds) -> Counter:
    """The counter, moved up to its lower bound if it is below it; the skipped numbers count as not
    issued."""
    if counter.next >= bounds.lower:
        return counter
    below = _issued_below(counter, bounds)
    update = {"next": bounds.lower, "since": bounds.lower, "below": below}
    return counter.model_copy(update=update)


def rolls_over(counter: Counter, bounds: Bounds) -> bool:
    """Whether the counter begins a new cycle at the end of its bounds.

    It does not where the upper bound was lowered within the cycle: see ``Counter.end``.
    """
    return bounds.rollover and (counter.end or 0) <= bounds.upper


def upcoming(counter: Counter, bounds: Bounds) -> Counter | None:
    """The counter as it is when it issues its next number, rolled over or moved up to its bounds.

    None where it can issue none: every number of its bounds was issued.
    """
    following = moved_up(counter, bounds)
    if following.next == bounds.upper + 1 and rolls_over(counter, bounds):
        return new_cycle(counter, bounds)
    return following if following.next <= bounds.upper else None


@dataclass(frozen=True)
class Taken:
    """Numbers that one write issues, and the counter after it."""

    values: tuple[range, ...]
    """One range, or two where the numbers wrap."""
    counter: Counter


def take(counter: Counter, bounds: Bounds, count: int) -> Taken:
    """Take the next ``count`` numbers.

    Every number of one call is different: a call never takes more than the bounds hold.

    :raises Problem: ControlNumbersExhausted where they do not roll over and too few are left,
        or where the bounds hold fewer than ``count``.
    """
    size = bounds.upper - bounds.lower + 1
    counter = moved_up(counter, bounds)
    start = counter.next
    if start > bounds.upper + 1:
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"The next number is {start}, above the bounds {bounds.lower} to {bounds.upper}: all "
            "that are in them may have been issued. Raise the upper bound, or set the next number "
            "with allowReuse: true if the partner expects numbers again.",
        )
    rollover = rolls_over(counter, bounds)
    if start > bounds.upper and rollover:
        counter = new_cycle(counter, bounds)
        start = bounds.lower
    left = bounds.upper - start + 1
    if count > left and bounds.rollover and not rollover:
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"{max(left, 0)} numbers are left up to {bounds.upper}, {count} were asked for, and "
            f"they do not roll over yet: this cycle was begun under an upper bound of "
            f"{counter.end}, and numbers of it would come again before that. Raise the upper bound "
            "again, or put the agreement with ?allowReuse=true if the partner expects numbers "
            "again.",
        )
    if count > size or (count > left and not rollover):
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"{max(left, 0)} numbers are left up to {bounds.upper}, {count} were asked for, and "
            "the agreement does not roll over that far. Widen its bounds or let it roll over.",
        )
    if count <= left:
        last = start + count - 1
        end = max(counter.end or 0, bounds.upper)
        following = counter.model_copy(update={"next": last + 1, "last": last, "end": end})
        return Taken((range(start, last + 1),), following)
    last = bounds.lower + count - left - 1
    following = new_cycle(counter, bounds).model_copy(
        update={"next": last + 1, "last": last, "end": bounds.upper}
    )
    return Taken((range(start, bounds.upper + 1), range(bounds.lower, last + 1)), following)


def take_again(
    counter: Counter,
    bounds: Bounds,
    count: int,
    passed: Counter | None,
    beyond: Counter | None,
) -> Taken:
    """Take numbers of a counter that a restore set back: numbers that were chosen to be issued
    again are.

    A call that would go further takes none of them, and continues after all that was issued.

    :param passed: up to where numbers are issued again; None where nothing was set back.
    :param beyond: what others issued after that.
    :raises Problem: as ``take``.
    """
    if passed is None:
        return take(counter, bounds, count)
    if is_behind(counter, passed):
        with suppress(Problem):  # too few numbers are left to be issued again
            taken = take(counter, bounds, count)
            if (taken.counter.cycle, taken.counter.last) <= (passed.cycle, passed.last):
                return taken
    return take(join(counter, passed, beyond) or counter, bounds, count)


def moved(counter: Counter, bounds: Bounds, following: int, *, allow_reuse: bool) -> Counter:
    """The counter with its next number set.

    A number that was not reached yet is a gap, and allowed. One that was is issued again only
    in a new cycle, which the caller must ask for.

    :raises Problem: InvalidRequest outside the bounds, ControlNumberIssued.
    """
    if not bounds.lower <= following <= bounds.upper:
        raise Problem(
            Code.INVALID_REQUEST,
            f"{following} lies outside the agreement's bounds, {bounds.lower} to {bounds.upper}. "
            "Choose a number within, or widen them in its document first.",
            target="/next",
        )
    if following > counter.last:
        counter = moved_up(counter, bounds)
        if following < (counter.since or 1):
            counter = counter.model_copy(update={"since": None, "below": None})
        return counter.model_copy(update={"next": following})
    if not allow_reuse:
        raise Problem(
            Code.CONTROL_NUMBER_ISSUED,
            f"Numbers up to {counter.last} were issued; from {following} on they would be issued "
            "again. Choose a later one, or send allowReuse: true if the partner expects that.",
            target="/next",
        )
    return _anew(counter, following, bounds)


def _anew(counter: Counter, following: int, bounds: Bounds) -> Counter:
    """A new cycle from a number on; the numbers before it were not asked for, and count as
    issued."""
    update = {"next": following, "last": following - 1, "end": bounds.upper}
    return new_cycle(counter, bounds).model_copy(update=update)


def rebound(
    counters: Counters,
    before: Numbering,
    after: Numbering,
    *,
    allow_reuse: bool,
    pointer: Callable[[Kind], str] = str,
) -> Counters:
    """The counters of an agreement whose bounds change.

    A counter stays where it is: inside its bounds, at their end, or below them, where it continues
    at the lower one (a gap, not a repeat). One that is above new bounds could only start a new
    cycle. Where the upper bound is lowered within a cycle, that cycle does not roll over at the new
    one, unless reuse is allowed.

    :param pointer: where the upper bound of a kind is in the request.
    :raises Problem: ControlNumberIssued for a counter above its new bounds, unless reuse is
        allowed, which starts a new cycle.
    """
    changed = dict(counters)
    for kind, counter in counters.items():
        bounds, known = after.get(kind), before.get(kind)
        if bounds is None:
            continue
        if counter.next <= bounds.upper:
            changed[kind] = _within(counter, known, bounds, allow_reuse=allow_reuse)
            continue
        same_end = known is not None and known.upper == bounds.upper
        if same_end and (counter.next == bounds.upper + 1 or not allow_reuse):
            # At the end of its former bounds: it rolls over or is exhausted, as before.
            changed[kind] = _within(counter, known, bounds, allow_reuse=allow_reuse)
            continue
        began = known is not None and counter.next <= known.lower
        if began and counter.last == 0 and counter.cycle == 0:
            del changed[kind]  # nothing was issued: the first number is the new lower bound
        elif allow_reuse:
            changed[kind] = _anew(counter, bounds.lower, bounds)
        else:
            raise Problem(
                Code.CONTROL_NUMBER_ISSUED,
                f"The next {kind} number is {counter.next}; within the new bounds, "
                f"{bounds.lower} to {bounds.upper}, only numbers that were issued are left. Keep "
                "the upper bound above it, or send ?allowReuse=true to start a new cycle.",
                target=pointer(kind),
            )
    return changed


def _within(
    counter: Counter, before: Bounds | None, after: Bounds, *, allow_reuse: bool
) -> Counter:
    """A counter that stays within new bounds: where the cycle that it is in ends."""
    if allow_reuse:
        # A new cycle: wherever else the stream is known, the former cycle ends at a higher number.
        ends_later = (counter.end or 0) > after.upper
        return _anew(counter, max(counter.next, after.lower), after) if ends_later else counter
    if counter.last < (counter.since or 1) and counter.below is None:
        # Nothing of this cycle was issued: it was begun under the former bounds.
        began = counter.end is not None
        return counter.model_copy(update={"end": after.upper}) if began else counter
    if before is None or after.upper >= before.upper:
        return counter
    # Issuing keeps it too; the version of the app before this one did not.
    end = max(counter.end or 0, before.upper)
    return counter if counter.end == end else counter.model_copy(update={"end": end})


def has_issued(counter: Counter | None) -> bool:
    """Whether a counter knows of a number that was issued."""
    return counter is not None and (counter.last > 0 or counter.cycle > 0)


def join(*counters: Counter | None) -> Counter | None:
    """What several counters together say of one stream: of the highest cycle, the later of each
    value.

    A number counts as issued if any of them says so: a gap is allowed, a repeat is not.
    Commutative, associative, and idempotent.
    """
    known = [c for c in counters if c is not None]
    if not known:
        return None
    cycle = max(c.cycle for c in known)
    latest = [c for c in known if c.cycle == cycle]
    since = min((c.since for c in latest if c.since is not None), default=None)
    below: Counter | None = None
    if since is not None:
        from_the_first = (c for c in latest if c.since is None and c.next > 1)
        below = join(*(c.below for c in latest if c.since is not None), *from_the_first)
    return Counter(
        next=max(c.next for c in latest),
        last=max(c.last for c in latest),
        cycle=cycle,
        end=max((c.end for c in latest if c.end is not None), default=None),
        since=since,
        below=below,
    )


def is_behind(counter: Counter | None, other: Counter | None) -> bool:
    """Whether the other counter knows of something later than this one does."""
    return other is not None and join(counter, other) != counter


def joined_all(found: Iterable[Counters]) -> Counters:
    """The counters of several sources, joined kind by kind: see ``join``."""
    sources = list(found)
    kinds = sorted({kind for counters in sources for kind in counters})
    joined = {kind: join(*(counters.get(kind) for counters in sources)) for kind in kinds}
    return {kind: counter for kind, counter in joined.items() if counter is not None}
