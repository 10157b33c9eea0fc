"""Where control numbers go on after a restore, and which of them may come twice."""

from collections.abc import Sequence

from shared.model.numbers import Bounds, Counter, Counters, Numbering
from shared.model.problem import Code, Problem
from shared.model.restore import NumbersPolicy
from shared.rules.numbers import continued, first, later, upcoming


def restored(
    policy: NumbersPolicy,
    by: int | None,
    backed_up: Counters,
    known: Sequence[Counters],
    numbering: Numbering,
) -> Counters:
    """The counters of an agreement after a restore.

    :param by: how far ``advance`` moves on.
    :param known: the same agreement's counters in the ledgers of the names concerned.
    :param numbering: its bounds; ``advance`` alone asks for them, and moves on all of its kinds
        where no ledger knows the agreement, those too that had issued nothing by the backup.
    :raises Problem: ControlNumbersExhausted where too few numbers are left to move on.
    """
    if policy is NumbersPolicy.AS_BACKED_UP:
        return dict(backed_up)
    counters = continued(backed_up, known)
    if policy is NumbersPolicy.CONTINUE or by is None:
        return counters
    if not known:
        # Nobody knows that a kind without a counter issued nothing since the backup.
        counters = {kind: first(bounds) for kind, bounds in numbering.items()} | counters
    return {
        kind: advanced(counter, numbering[kind], by) if kind in numbering else counter
        for kind, counter in counters.items()
    }


def set_back(counters: Counters, known: Sequence[Counters]) -> Counters:
    """Of each kind that a restore sets back, the latest that is known: it must not be forgotten.

    :param counters: as the restore leaves them.
    """
    latest = continued({}, known)
    return {
        kind: counter
        for kind, counter in latest.items()
        if later(counters.get(kind), counter) != counters.get(kind)
    }


def advanced(counter: Counter, bounds: Bounds, by: int) -> Counter:
    """A counter moved on by some numbers, which are left out.

    :raises Problem: ControlNumbersExhausted where they do not roll over and too few are left.
    """
    start = max(counter.next, bounds.lower)
    following = start + by
    if following <= bounds.upper:
        return Counter(next=following, last=counter.last, cycle=counter.cycle)
    if start > bounds.upper + 1:
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"The next number is {start}, above the bounds {bounds.lower} to {bounds.upper}: all "
            f"that are in them may have been issued, and none can be moved on by {by}. Choose the "
            "policy continue, and raise the upper bound before you resume the service.",
            target="/controlNumbers/policy",
        )
    if not bounds.rollover:
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"{max(0, bounds.upper - start + 1)} numbers are left up to {bounds.upper}, and "
            f"they do not roll over: they cannot be moved on by {by}. Choose a smaller one, or "
            "the policy continue.",
            target="/controlNumbers/by",
        )
    span = bounds.upper - bounds.lower + 1
    cycles, place = divmod(following - bounds.lower, span)
    following = bounds.lower + place
    return Counter(next=following, last=following - 1, cycle=counter.cycle + cycles)


def issued_again(counter: Counter, known: Sequence[Counter | None], bounds: Bounds) -> int | None:
    """How many numbers a counter may issue that were issued before; None where nobody can say.

    Over a rollover it is the most: a caller who set the next number back (``allowReuse``) began a
    cycle before the last one was used up.

    :param known: where the ledgers stand that know the agreement.
    :param bounds: those of the restored agreement.
    """
    latest = later(*known)
    if latest is None:
        return None
    following = upcoming(counter, bounds)
    if following is None or following.cycle > latest.cycle:
        return 0
    last = min(latest.last, bounds.upper)
    if following.cycle == latest.cycle:
        return max(0, last - following.next + 1)
    left = bounds.upper - following.next + 1
    if not bounds.rollover:
        return left
    whole = latest.cycle - following.cycle - 1
    span = bounds.upper - bounds.lower + 1
    return left + whole * span + max(0, last - bounds.lower + 1)
