"""Control numbers of a push, looked at again after they were decided upon: they are moved up where
more is known to be issued, and never down.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.model.numbers import Bounds
from shared.model.operation import Warning
from shared.model.problem import Problem
from shared.model.push import NumberSource, PlannedNumber, PushNumbersPolicy
from shared.rules.integration_accounts.push_numbers import Choice, Known, planned
from shared.rules.integration_accounts.push_rate import rolled_over
from shared.rules.naming import shown

_BEHIND = -1


def decided_again(
    choice: Choice, known: Known, decided: PlannedNumber | None, now: datetime
) -> PlannedNumber | None:
    """What a number becomes by what is known now; None where the account is as far as that, or
    will be by what was decided. The request for ``asKnown`` takes what the service knew.

    :param decided: what was decided before; None where nothing was known to be issued then.
    """
    if choice.policy is PushNumbersPolicy.AS_KNOWN or known.target_unreadable:
        return None
    try:
        if decided is None:
            found = planned(choice, known, now)
        else:
            # What was decided has been moved on already, and was certain then. The account has
            # it, or had it: what others issued since counts, by itself.
            as_it_is = Choice(PushNumbersPolicy.ADVANCE, None, choice.place)
            found = planned(as_it_is, replace(known, target=None), now)
    except Problem:  # too few numbers are left to move on by
        return None
    if not isinstance(found, PlannedNumber) or not found.written:
        return None
    if decided is None:
        return None if found.known_by is NumberSource.TARGET else found
    there = known.target.value if known.target is not None else None
    if not _is_beyond(found.last_known, decided, there, known.bounds):
        return None
    return found.model_copy(update={"target": there})


def _is_beyond(known: int, decided: PlannedNumber, there: int | None, bounds: Bounds) -> bool:
    """Whether what is known to be issued is beyond what was decided, and beyond what the account
    has. All are counted from what was known when it was decided: a lower number has rolled over, or
    means nothing."""
    base = decided.last_known
    size = bounds.upper - bounds.lower + 1
    becomes = decided.becomes - base + decided.cycles * size
    has = _BEHIND if there is None else _steps(base, there, bounds)
    return _steps(base, known, bounds) > max(becomes, has, 0)


def _steps(base: int, value: int, bounds: Bounds) -> int:
    if value >= base:
        return value - base
    if rolled_over(base, value, bounds):
        return bounds.upper - base + value - bounds.lower + 1
    return _BEHIND


def was_lost(decided: PlannedNumber, there: int | None, bounds: Bounds) -> bool:
    """Whether the account had a number when it was decided upon, and has a lower one now, or
    none.

    :param there: what it has now; None for no session, or one that cannot be read.
    """
    before = decided.target
    if before is None or there is None:
        return before is not None
    return there < min(before, decided.becomes) and not rolled_over(before, there, bounds)


def went_on(moved: Sequence[PlannedNumber], still: Sequence[PlannedNumber]) -> Warning:
    """The warning of a source that issued numbers after they were decided upon.

    :param moved: the numbers that were moved up for that.
    :param still: those that the source had gone beyond even then.
    """
    named = {(one.agreement, one.kind): one for one in [*moved, *still]}
    reached = [f"'{shown(a)}' {kind} {one.last_known}" for (a, kind), one in named.items()]
    done = "The account's numbers were moved up to that" if moved else "They were not moved up"
    more = ", and it went on even then" if still and moved else ""
    return Warning(
        code="SourceWentOn",
        message="The account that the service was pulled from issued numbers while this push was "
        f"under way: {_some(reached)}. {done}{more}. What it issues from now on comes again: "
        "disable the workflows that use it, and push again, before the account issues any.",
        target=_TARGET,
    )


def not_read_again(unsure: Sequence[tuple[str, str]]) -> Warning:
    """The warning of a source that does not say at the end what it issued meanwhile.

    :param unsure: the agreements and kinds of the numbers.
    """
    names = [f"'{shown(agreement)}' {kind}" for agreement, kind in unsure]
    return Warning(
        code="SourceNotReadAgain",
        message="The account that the service was pulled from does not say at the end of this "
        f"push what it issued after the numbers were decided upon: {_some(names)}. Look at its "
        "sessions, and raise these numbers, before the account issues any.",
        target=_TARGET,
    )


def written_again(lost: Sequence[PlannedNumber]) -> Warning:
    """The warning of an account that lost numbers while it was pushed into."""
    names = [f"'{shown(one.agreement)}' {one.kind} {one.becomes}" for one in lost]
    return Warning(
        code="NumbersWrittenAgain",
        message="The account lost sessions of control numbers, or they were set back, while this "
        f"push was under way: they are as they were decided upon, {_some(names)}. What it issued "
        "in between is unknown, and may come again: raise them where it issued any.",
        target=_TARGET,
    )


_TARGET = "control-numbers"


def _some(names: Sequence[str]) -> str:
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" and {more} more" if more > 0 else "")
