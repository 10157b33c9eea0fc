"""What the generated control numbers of an account become at a push.

Logic Apps issues numbers that no one tells Interkeep of, and a session has only the last one:
cycles are known in the ledger alone. A session is written with the last number that counts as
issued, after which the account goes on.
"""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from shared.model.numbers import Counter
from shared.model.problem import Code, Problem
from shared.model.push import (
    NumberSource,
    PlannedNumber,
    PushNumbersPolicy,
    UncertainNumber,
)
from shared.rules.integration_accounts.observed import Sighting, observed
from shared.rules.integration_accounts.push_former import Former
from shared.rules.integration_accounts.push_known import Choice, Known, SourceState
from shared.rules.integration_accounts.push_rate import proposed, rate
from shared.rules.integration_accounts.push_sessions import stands_at
from shared.rules.integration_accounts.rollover import is_rollover
from shared.rules.integration_accounts.times import ticks, ticks_of
from shared.rules.moving_on import moved_on, skipped
from shared.rules.naming import shown
from shared.rules.numbers import first, join, new_cycle, rolls_over, upcoming
from shared.rules.restoring.numbers import issued_again


def planned(choice: Choice, known: Known, now: datetime) -> PlannedNumber | UncertainNumber | None:
    """What a number becomes; None where nothing is known to be issued, and nothing is written.

    :raises Problem: ControlNumbersExhausted where too few numbers are left to move on by.
    """
    latest, known_by = _latest(known)
    # Where all numbers of the bounds are known to be issued, none can have been issued unseen.
    is_exhausted = latest is not None and upcoming(latest, known.bounds) is None
    is_certain = known.is_certain or is_exhausted
    if choice.policy is PushNumbersPolicy.CONTINUE and not is_certain:
        return _uncertain(known, latest, now)
    if known.target_unreadable:
        return _left_as_it_is(known, latest, known_by)
    if choice.policy is PushNumbersPolicy.AS_KNOWN:
        return _as_known(known, latest)
    if choice.policy is PushNumbersPolicy.CONTINUE or choice.by is None:
        return _written(known, latest, latest, known_by, _WHY[known_by]) if latest else None
    return _advance(choice, choice.by, known)


def _advance(choice: Choice, by: int, known: Known) -> PlannedNumber | None:
    """A number that is moved on by the request's ``by``, or the account's own, if that is later.

    What the account itself has is no base: a push that is sent again moves nothing again. What
    others issued unseen is within the numbers that are skipped, and what the account issued after
    those is its own number.
    """
    base, known_by = _latest(known, with_target=False)
    if base is None and known.is_certain:
        latest, known_by = _latest(known)
        return _written(known, latest, latest, known_by, _WHY[known_by]) if latest else None
    counter = base or first(known.bounds)
    moved = _moved_on(counter, known, choice)
    own, many = _past(known, counter, moved), skipped(counter, known.bounds, by)
    is_less = many < by
    said = f"{many}, a third of its bounds," if is_less else str(many)
    if own is not None:
        why = f"The account's own number is past the {said} numbers that are skipped."
        return _written(known, own, own, NumberSource.TARGET, why)
    why = f"{_WHY[known_by]} {said} numbers are skipped."
    if is_less:
        why += f" {by} would lead around to numbers that were issued not long ago."
    return _written(known, moved, counter, known_by, why)


def _past(known: Known, base: Counter, moved: Counter) -> Counter | None:
    """The account's own number where it is past the numbers that are skipped, else None.

    :param base: what is moved on.
    :param moved: what that becomes.
    """
    target, bounds = known.target, known.bounds
    if target is None or _is_of_former_cycle(known, base, target):
        return None
    if known.source_is_target and not known.was_set_back:
        seen = observed(base, bounds, target, known.before)
        if seen.cycle > base.cycle:  # it rolled over since it was pulled
            is_past = (seen.cycle, seen.last) > (moved.cycle, moved.last)
            return seen if is_past else None
    if moved.cycle == base.cycle and _has_rolled_over(known, moved, target):
        return _with_target(known, moved, target)
    is_past = target.value > moved.last
    if moved.cycle != base.cycle:
        # One above the base is of those that are skipped up to the end of the bounds. One in
        # between went on after an earlier push, or stands where the base was before: the nearer.
        went_on = target.value - moved.last < base.last - target.value
        is_past = is_past and went_on and moved.cycle == base.cycle + 1
    return observed(moved, bounds, target) if is_past else None


_WHY = {
    NumberSource.LEDGER: "The service's ledger knows the latest number.",
    NumberSource.TARGET: "The account's own number is the latest.",
    NumberSource.SOURCE: "The account that the service was pulled from issued the latest number.",
}


def _latest(known: Known, *, with_target: bool = True) -> tuple[Counter | None, NumberSource]:
    """What all together say was issued, and who knows the latest of it.

    :param with_target: whether the account's own number counts.
    """
    bounds, by = known.bounds, NumberSource.LEDGER
    counter, before = known.issued, known.before
    if known.was_set_back and before is not None:
        # Of one that was set back, the highest number that is known counts.
        counter, before = observed(counter, bounds, before), None
    if known.elsewhere is not None:
        # Before what the source says now: that counts behind what others issued, in any cycle.
        counter = _with_others(counter, known.elsewhere)
    is_read = known.source_state is SourceState.READ and known.source is not None
    if known.source is not None and is_read and (with_target or not known.source_is_target):
        after = observed(counter, known.bounds_of_source, known.source, before)
        by = by if after == counter else NumberSource.SOURCE
        counter = after
    for one in known.former:
        said = one.sighting if with_target or not one.is_target else None
        if said is None or _was_counted(one, said, counter):
            continue
        if not _is_of_former_cycle(known, counter, said):
            after = observed(counter, bounds, said)
            by = by if after == counter else NumberSource.SOURCE
            counter = after
    target = known.target
    if with_target and target is not None and not _is_of_former_cycle(known, counter, target):
        after = _with_target(known, counter, target)
        by = by if after == counter else NumberSource.TARGET
        counter = after
    return counter, by


def _with_target(known: Known, counter: Counter | None, target: Sighting) -> Counter:
    """A counter with the account's own number.

    One that is lower, as a number is that rolled over, counts as that: the account issued numbers
    to the end of the bounds, and those from their beginning on. Where it only begins to issue, the
    numbers up to the end of the bounds become a gap.
    """
    if counter is not None and _has_rolled_over(known, counter, target):
        counter = new_cycle(counter, known.bounds)
    return observed(counter, known.bounds, target)


def _has_rolled_over(known: Known, counter: Counter, target: Sighting) -> bool:
    """Whether the account's own number stands as one that rolled over from a counter. Of the one
    that was pulled, the last sighting of it tells that."""
    bounds = known.bounds
    if known.source_is_target or not target.value < counter.last <= bounds.upper:
        return False
    return rolls_over(counter, bounds) and is_rollover(counter.last, target.value, bounds)


def _with_others(counter: Counter | None, others: Counter) -> Counter | None:
    """A counter with what others issued of its stream. Their cycle may be a later one: cycles of
    two accounts cannot be compared, so what this one issued stays issued."""
    together = join(counter, others)
    if counter is None or together is None or others.cycle <= counter.cycle:
        return together
    last, following = max(counter.last, others.last), max(counter.next, others.next)
    return together.model_copy(update={"last": last, "next": following})


def _was_counted(one: Former, said: Sighting, counter: Counter | None) -> bool:
    """Whether an account of before has not issued since it was looked at, in a cycle that may have
    ended since: what it had issued was counted then."""
    changed = ticks_of(said.changed_time)
    if counter is None or not counter.cycle or one.seen_at is None or changed is None:
        return False
    if one.is_ahead:  # it was counted in the account that was pushed to
        return False
    return changed <= ticks(one.seen_at)


def _is_of_former_cycle(known: Known, counter: Counter | None, said: Sighting) -> bool:
    """Whether the number of an account, not the source, is one of a cycle that ended since.

    A higher number counts as later, unless it is older than a look at which the source was still in
    the former cycle: then numbers from it on would come again.
    """
    if counter is None or not counter.cycle or said.value <= counter.last:
        return False
    changed = ticks_of(said.changed_time)
    looks = [(ticks(look.at), look.value) for look in known.looks]
    for sighting in (known.before, known.source):
        at = ticks_of(sighting.changed_time) if sighting is not None else None
        if sighting is not None and at is not None:
            looks.append((at, sighting.value))
    looks.sort(key=lambda look: look[0])
    ended = [
        at for (at, value), (_, after) in pairwise(looks) if after < value and value > counter.last
    ]
    return changed is not None and bool(ended) and changed <= max(ended)


def never_back(known: Known) -> Known:
    """What is known of a number of an agreement that the account keeps: the service's ledger goes
    on at least behind the account's own number."""
    target, ledger = known.target, known.ledger
    if target is None:
        return known
    if known.source_is_target:
        return replace(known, ledger=observed(ledger, known.bounds, target, known.before))
    return replace(known, ledger=_with_target(known, ledger, target))


def of_others(known: Known) -> Counter | None:
    """What the service's ledger and the account that it was pulled from say was issued, without the
    account that is pushed to. Each later look at them is of the same cycles."""
    return _latest(known, with_target=False)[0]


def behind_others(known: Known) -> PlannedNumber | None:
    """A number that becomes what the others say; None where they know of none."""
    counter, known_by = _latest(known, with_target=False)
    if counter is None:
        return None
    return _written(replace(known, target=None), counter, counter, known_by, _WHY[known_by])


def _as_known(known: Known, latest: Counter | None) -> PlannedNumber | None:
    ledger = known.ledger
    if ledger is None or stands_at(ledger, known.bounds, None) is None:
        if latest is None or known.target is None:
            return None
        return _left_as_it_is(known, latest, NumberSource.TARGET)
    found = _written(known, ledger, ledger, NumberSource.LEDGER, _AS_KNOWN)
    if found is None or latest is None:
        return found
    again = issued_again(ledger, [latest], known.bounds) or 0
    update: dict[str, object] = {"issued_again": again}
    if again and found.target is not None and found.becomes < found.target:
        update["why"] = f"{_AS_KNOWN} The account's own number is set back from {found.target}."
    return found.model_copy(update=update)


_AS_KNOWN = "It is the service's ledger, as the request asks."


def _written(
    known: Known, counter: Counter, before: Counter, known_by: NumberSource, why: str
) -> PlannedNumber | None:
    """A number that becomes what a counter says.

    :param before: what is known to be issued.
    """
    value = stands_at(counter, known.bounds, known.target)
    if value is None:
        return None
    return PlannedNumber(
        agreement=known.agreement,
        kind=known.kind,
        last_known=before.last,
        known_by=known_by,
        target=known.target.value if known.target is not None else None,
        becomes=value,
        written=known.target is None or known.target.value != value,
        cycles=counter.cycle - before.cycle,
        cycle=counter.cycle,
        exhausted=upcoming(counter, known.bounds) is None,
        why=why,
    )


def _left_as_it_is(known: Known, latest: Counter | None, known_by: NumberSource) -> PlannedNumber:
    """A number of the account that is not touched."""
    last = latest.last if latest is not None else 0
    value = known.target.value if known.target is not None else last
    why = "The service's ledger has no such number: the account's own stays."
    if known.target_unreadable:
        why = "The account has a session of it that cannot be read: it stays as it is."
    return PlannedNumber(
        agreement=known.agreement,
        kind=known.kind,
        last_known=last,
        known_by=known_by,
        target=known.target.value if known.target is not None else None,
        becomes=value,
        written=False,
        why=why,
    )


def _moved_on(counter: Counter, known: Known, choice: Choice) -> Counter:
    assert choice.by is not None
    bounds = known.bounds
    moved = moved_on(counter, bounds, choice.by)
    if moved is not None:
        return moved
    left = max(0, bounds.upper - max(counter.next, bounds.lower) + 1)
    said = (
        f"{left} {known.kind} numbers of '{shown(known.agreement)}' are left up to {bounds.upper}"
    )
    if not left:
        raise Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"{said}, and they do not roll over: none can be skipped. Choose the policy continue "
            "for the agreement: none can have been issued unseen. Raise its upper bound before its "
            "workflows run.",
            f"{choice.place}/policy",
        )
    raise Problem(
        Code.CONTROL_NUMBERS_EXHAUSTED,
        f"{said}, and they do not roll over: they cannot be moved on by {choice.by}, after which "
        "one must be left. Choose a smaller one, raise the agreement's upper bound, or let it go "
        "on asKnown.",
        f"{choice.place}/by",
    )


def _uncertain(known: Known, latest: Counter | None, now: datetime) -> UncertainNumber:
    times = [look.at for look in known.looks[-1:]]
    former = [one.seen_at for one in known.doubtful]
    seen = min([*times, *(at for at in former if at is not None)], default=None)
    per_day = rate(known.looks, known.bounds)
    elapsed = (now - seen).total_seconds() if seen is not None else None
    counter = latest or first(known.bounds)
    by = proposed(per_day, elapsed, counter, known.bounds)
    if known.was_below or None in former:
        by = max(by, proposed(None, None, counter, known.bounds))
        if known.was_set_back or None in former:
            seen = per_day = None
    return UncertainNumber(
        agreement=known.agreement,
        kind=known.kind,
        last_known=counter.last,
        seen_at=seen,
        per_day=per_day,
        proposed_by=by,
        why=_why_unknown(known),
    )


def _why_unknown(known: Known) -> str:
    if known.source_is_certain and known.doubtful:
        return known.doubtful[0].why_unknown
    if known.source_unreadable:
        return "The session of it in the account that it was pulled from cannot be read."
    if known.was_set_back:
        return (
            "The account that it was pulled from was emptied or set back, or others issued numbers "
            "too: its number is lower than what is known, and that is no rollover."
        )
    return _NOT_ASKED if known.source_is_outside else _UNKNOWN[known.source_state]


_NOT_ASKED = (
    "The account that it was pulled from is not asked, as the app setting INTEGRATION_ACCOUNTS "
    "does not name it."
)
_UNKNOWN = {
    SourceState.GONE: "The account that it was pulled from is gone.",
    SourceState.UNREACHABLE: "The account that it was pulled from cannot be read.",
    SourceState.SILENT: "The account that it was pulled from is of the tier Premium, and gives no "
    "sessions.",
    SourceState.READ: "The account that it was pulled from has lost its session of it.",
    SourceState.NONE: "",
}
