"""Control numbers of a push, looked at again after they were decided upon: they are moved up where
more is known to be issued, and never down.
"""

from collections.abc import Sequence
from datetime import datetime

from shared.model.operation import Warning
from shared.model.problem import Problem
from shared.model.push import NumberSource, PlannedNumber, PushNumbersPolicy
from shared.rules.integration_accounts.push_known import Choice, Known
from shared.rules.integration_accounts.push_numbers import behind_others, of_others, planned
from shared.rules.integration_accounts.push_numbers_written import Decided
from shared.rules.naming import shown, some
from shared.rules.numbers import is_behind


def decided_again(
    choice: Choice, known: Known, decided: Decided | None, now: datetime
) -> PlannedNumber | None:
    """What a number becomes by what is known now; None where the account is as far as that, or
    will be by what was decided. The request for ``asKnown`` takes what the service knew.

    :param decided: what was decided before; None where nothing was known to be issued then.
    """
    if choice.policy is PushNumbersPolicy.AS_KNOWN or known.target_unreadable:
        return None
    if decided is None:
        return _decided_late(choice, known, now)
    # What was decided has been moved on already, and was certain then. The account has it, or had
    # it: what others issued since counts, by itself.
    others = of_others(known)
    if decided.number.cycle is None or not is_behind(decided.others, others):
        return None
    found = behind_others(known)
    if found is None or _stands(found.cycle, found.becomes) <= _reaches(decided, known):
        return None
    return found.model_copy(update={"target": known.target.value if known.target else None})


def _decided_late(choice: Choice, known: Known, now: datetime) -> PlannedNumber | None:
    try:
        found = planned(choice, known, now)
    except Problem:  # too few numbers are left to move on by
        return None
    if not isinstance(found, PlannedNumber) or not found.written:
        return None
    return None if found.known_by is NumberSource.TARGET else found


def _reaches(decided: Decided, known: Known) -> tuple[int, int]:
    """How far the account is, or will be by what was decided: the ledger's cycle, and the number
    in it."""
    number, there = decided.number, known.target
    if there is None or decided.is_still_to_write(there):
        return _stands(number.cycle, number.becomes)
    rolled_over = there.value < number.becomes
    return _stands((number.cycle or 0) + rolled_over, there.value)


def _stands(cycle: int | None, number: int) -> tuple[int, int]:
    return cycle or 0, number


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
        f"under way: {some(reached, _SAID)}. {done}{more}. What it issues from now on comes again: "
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
        f"push what it issued after the numbers were decided upon: {some(names, _SAID)}. Look at "
        "its sessions, and raise these numbers, before the account issues any.",
        target=_TARGET,
    )


def not_set_back(stayed: Sequence[tuple[str, str, int]]) -> Warning:
    """The warning of numbers that were to be set back, and on which the account went on.

    :param stayed: the agreements, the kinds, and what the account has.
    """
    names = [f"'{shown(agreement)}' {kind} {value}" for agreement, kind, value in stayed]
    return Warning(
        code="NumbersNotSetBack",
        message="The account issued these numbers after the backup of it was made, so that the "
        f"undo of this push would issue them again: {some(names, _SAID)}. They stay as they are. "
        "Disable the workflows that use the account, wait until their runs have ended, and push "
        "again.",
        target=_TARGET,
    )


def written_again(lost: Sequence[str]) -> Warning:
    """The warning of an account that lost numbers while it was pushed into.

    :param lost: each number, as ``named`` names it.
    """
    return Warning(
        code="NumbersWrittenAgain",
        message="The account lost sessions of control numbers, or they were set back, while this "
        f"push was under way: they are as they were decided upon, {some(lost, _SAID)}. What it "
        "issued in between is unknown, and may come again: raise them where it issued any.",
        target=_TARGET,
    )


def named(one: PlannedNumber) -> str:
    """A number, and what it becomes, for a person."""
    return f"'{shown(one.agreement)}' {one.kind} {one.becomes}"


_TARGET = "control-numbers"
_SAID = 5
"""Numbers that a message names."""
