"""Where control numbers continue after a restore, and which of them may be issued twice."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.numbers import Bounds, Counter, Counters, Kind, Numbering
from shared.model.problem import Code, Problem
from shared.model.restore import ControlNumbersBody, NumbersPlan, NumbersPolicy
from shared.model.wire import JsonObject
from shared.rules.moving_on import moved_on
from shared.rules.numbers import first, is_behind, join, joined_all, rolls_over, upcoming

_PASSED = "passed"
"""The member of a backed-up counter that says up to where an earlier restore had set it back."""


def restored(
    policy: NumbersPolicy,
    by: int | None,
    backed_up: Counters,
    known: Sequence[Counters],
    numbering: Numbering,
    *,
    knows_all: bool = True,
) -> Counters:
    """The counters of an agreement after a restore.

    :param by: how far ``advance`` moves forward.
    :param backed_up: the agreement's counters in the backup.
    :param known: what ledgers know of the same stream, under whatever name.
    :param numbering: its bounds; only ``advance`` uses them. Where no ledger knows everything, it
        moves all of its kinds forward, including those that had issued nothing when the backup was
        made.
    :param knows_all: whether ``known``, if it has anything, has all that was issued. It does not
        where an earlier restore wrote it: that came from a backup itself.
    :raises Problem: ControlNumbersExhausted where too few numbers are left to move on.
    """
    if policy is NumbersPolicy.AS_BACKED_UP:
        return dict(backed_up)
    counters = joined_all([backed_up, *known])
    if policy is NumbersPolicy.CONTINUE or by is None:
        return counters
    if not (known and knows_all):
        # A kind without a counter may have issued numbers since the backup.
        counters = {kind: first(bounds) for kind, bounds in numbering.items()} | counters
    return {
        kind: advanced(counter, numbering[kind], by) if kind in numbering else counter
        for kind, counter in counters.items()
    }


def set_back(counters: Counters, known: Sequence[Counters]) -> Counters:
    """What is known of each kind that a restore sets back: it must be kept.

    :param counters: as the restore leaves them.
    """
    return {
        kind: counter
        for kind, counter in joined_all(known).items()
        if is_behind(counters.get(kind), counter)
    }


@dataclass(frozen=True)
class BackedUpCounters:
    """The counters of one agreement in a backup."""

    counters: Counters
    passed: Counters
    """Up to where numbers are issued again, for the kinds that an earlier restore had set back."""

    @property
    def issued(self) -> Counters:
        """What was issued, as far as the backup knows."""
        return joined_all([self.counters, self.passed])

    @staticmethod
    def read(document: JsonObject) -> "BackedUpCounters":
        """Read from a record of the section control-numbers."""
        counters, passed = Counters(), Counters()
        for name, found in document.items():
            kind = Kind(name)
            before = found.get(_PASSED) if isinstance(found, dict) else None
            if before is not None:
                passed[kind] = Counter.model_validate(before)
            counters[kind] = Counter.model_validate(found)
        return BackedUpCounters(counters, passed)

    def to_json(self) -> JsonObject:
        """As it is in a record; counters are the same in every version of the format."""
        document: JsonObject = {kind: one.to_json() for kind, one in self.counters.items()}
        for kind, passed in self.passed.items():
            # A kind that had issued nothing: it begins where its bounds do.
            one = self.counters.get(kind) or Counter(next=1)
            document[kind] = {**one.to_json(), _PASSED: passed.to_json()}
        return document


def restored_counters(
    plan: NumbersPlan | ControlNumbersBody,
    backed_up: BackedUpCounters,
    known: Sequence[Counters],
    numbering: Numbering,
    *,
    knows_all: bool = True,
) -> tuple[Counters, Counters]:
    """The counters of an agreement after a restore, and up to where numbers are issued again.

    :param known: as in ``restored``.
    :param knows_all: likewise.
    :raises Problem: as ``restored``.
    """
    if plan.policy is not NumbersPolicy.AS_BACKED_UP:
        issued = backed_up.issued
        moved = restored(plan.policy, plan.by, issued, known, numbering, knows_all=knows_all)
        return moved, {}
    counters = backed_up.counters
    return counters, set_back(counters, [backed_up.passed, *known])


def advanced(counter: Counter, bounds: Bounds, by: int) -> Counter:
    """A counter moved forward by some numbers, which are skipped and count as issued.

    :raises Problem: ControlNumbersExhausted where they do not roll over and too few are left.
    """
    moved = moved_on(counter, bounds, by)
    if moved is not None:
        return moved
    start = max(counter.next, bounds.lower)
    if start > bounds.upper + 1:
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"The next number is {start}, above the bounds {bounds.lower} to {bounds.upper}: all "
            f"that are in them may have been issued, and none can be moved on by {by}. Choose the "
            "policy continue, and raise the upper bound before you resume the service.",
            target="/controlNumbers/policy",
        )
    raise Problem(
        Code.CONTROL_NUMBERS_EXHAUSTED,
        f"{max(0, bounds.upper - start + 1)} numbers are left up to {bounds.upper}, and "
        f"they do not roll over: they cannot be moved on by {by}. Choose a smaller one, or "
        "the policy continue.",
        target="/controlNumbers/by",
    )


def issued_again(counter: Counter, known: Sequence[Counter | None], bounds: Bounds) -> int | None:
    """How many numbers a counter may issue that were issued before; None where that is unknown.

    Over a rollover it is the most: a caller who set the next number back (``allowReuse``) began a
    cycle before the last one was used up.

    :param known: the counters of the ledgers that know the agreement.
    :param bounds: those of the restored agreement.
    """
    latest = join(*known)
    if latest is None:
        return None
    following = upcoming(counter, bounds)
    if following is None or following.cycle > latest.cycle:
        return 0
    last = min(latest.last, bounds.upper)
    if following.cycle == latest.cycle:
        return max(0, last - following.next + 1)
    left = bounds.upper - following.next + 1
    if not rolls_over(counter, bounds):
        return left
    whole = latest.cycle - following.cycle - 1
    span = bounds.upper - bounds.lower + 1
    return left + whole * span + max(0, last - bounds.lower + 1)
