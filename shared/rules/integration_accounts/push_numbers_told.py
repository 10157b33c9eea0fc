"""The control numbers of a push as its plan has them, and what forbids or surprises about them."""

from collections.abc import Collection, Iterator, Sequence

from shared.model.operation import Warning
from shared.model.problem import Code, Detail, Problem
from shared.model.push import (
    ControlNumbersAtPush,
    PlannedNumber,
    PlannedNumbers,
    PlannedSource,
    PushNumbersPolicy,
    UncertainNumber,
)
from shared.model.sections import Section
from shared.model.wire import rfc3339
from shared.rules.naming import ordinal, shown, some

_MOST = 200
"""Numbers that a plan names one by one."""
_SAID = 5
"""Numbers, or sessions, that a message names."""
_PLACE = "/controlNumbers"


def wrong_choices(
    body: ControlNumbersAtPush, agreements: Collection[str], *, partial: bool
) -> Iterator[Problem]:
    """What is wrong with what a request says of control numbers.

    :param agreements: those that the push takes.
    :param partial: whether it takes a part of the service.
    """
    known = {ordinal(name) for name in agreements}
    told: set[str] = set()
    yield from _wrong_by(body.policy, body.by, _PLACE)
    for index, one in enumerate(body.agreements):
        place, key = f"{_PLACE}/agreements/{index}", ordinal(one.agreement)
        yield from _wrong_by(one.policy, one.by, place)
        if key in told:
            yield Problem(
                Code.INVALID_REQUEST,
                f"'{shown(one.agreement)}' is there twice. Say once how its numbers go on.",
                f"{place}/agreement",
            )
        elif key not in known:
            where = "what is pushed" if partial else "the service"
            yield Problem(
                Code.AGREEMENT_NOT_FOUND,
                f"There is no agreement '{shown(one.agreement)}' in {where}. Look at the name, or "
                "leave it out.",
                f"{place}/agreement",
            )
        told.add(key)


def _wrong_by(policy: PushNumbersPolicy, by: int | None, place: str) -> Iterator[Problem]:
    if (policy is PushNumbersPolicy.ADVANCE) != (by is not None):
        yield Problem(
            Code.INVALID_REQUEST,
            "The policy advance needs by, the count of numbers to leave out, and no other policy "
            "takes it.",
            f"{place}/by",
        )


class Numbers:
    """Collects what numbers become, agreement by agreement."""

    def __init__(self, body: ControlNumbersAtPush) -> None:
        self._body = body
        self._noted: list[PlannedNumber] = []
        self._others: list[PlannedNumber] = []
        self._uncertain: list[UncertainNumber] = []
        self._counts = {"counters": 0, "written": 0, "exhausted": 0, "issued_again": 0}
        self._set_back: list[str] = []
        self._unsure = 0
        self._by = 0
        self._unreadable: list[str] = []
        self._unreadable_before: list[str] = []
        self._old_acknowledgements: list[str] = []
        self._acknowledgements_behind: list[str] = []

    def add(self, found: PlannedNumber | UncertainNumber | None) -> None:
        """Tell what ``planned`` gave."""
        if found is None:
            return
        self._counts["counters"] += 1
        if isinstance(found, UncertainNumber):
            self._unsure += 1
            self._by = max(self._by, found.proposed_by)
            if len(self._uncertain) < _MOST:
                self._uncertain.append(found)
            return
        self._counts["written"] += found.written
        self._counts["exhausted"] += found.exhausted
        self._counts["issued_again"] += found.issued_again
        before = found.target
        if found.written and found.issued_again and before is not None and found.becomes < before:
            name = f"'{shown(found.agreement)}' {found.kind}"
            self._set_back.append(f"{name} from {before} to {found.becomes}")
        is_noted = found.exhausted or found.issued_again or found.cycles
        into = self._noted if is_noted else self._others
        if found.written and into is self._others and len(into) == _MOST:
            # What stays gives way to what is written.
            stays = next((i for i, one in enumerate(into) if not one.written), None)
            if stays is not None:
                del into[stays]
        if len(into) < _MOST:
            into.append(found)

    def unreadable(self, session: str) -> None:
        """Tell a session of the account whose content is no number that can be read."""
        self._unreadable.append(session)

    def unreadable_before(self, session: str) -> None:
        """Tell a session of the account that the service was pulled from whose content is no number
        that can be read."""
        self._unreadable_before.append(session)

    def old_acknowledgements(self, sessions: Sequence[str]) -> None:
        """Tell the sessions of acknowledgements' numbers that are created as the service knows
        them, and others may have been issued since."""
        self._old_acknowledgements.extend(sessions)

    def acknowledgements_behind(self, sessions: Sequence[str]) -> None:
        """Tell the sessions of acknowledgements' numbers with which the account goes on below what
        is known to be issued."""
        self._acknowledgements_behind.extend(sessions)

    def end(
        self, created: int = 0, kept: int = 0, sources: Sequence[PlannedSource] = ()
    ) -> PlannedNumbers:
        """All of them, as the plan has them.

        :param created: received numbers and other sessions that are created.
        :param kept: those that the account has.
        :param sources: the accounts that numbers of the service came from.
        """
        others = sorted(self._others, key=lambda one: not one.written)
        items = [*self._noted, *others][:_MOST]
        certain = self._counts["counters"] - self._unsure
        return PlannedNumbers(
            policy=self._body.policy,
            by=self._body.by,
            sources=[*sources],
            items=items,
            more=certain - len(items),
            uncertain=self._uncertain,
            more_uncertain=self._unsure - len(self._uncertain),
            proposed_by=self._by or None,
            sessions_created=created,
            sessions_kept=kept,
            **self._counts,
        )

    def problems(self) -> list[Problem]:
        """What forbids the push."""
        if not self._uncertain:
            return []
        first, more = self._uncertain[0], self._unsure - len(self._uncertain)
        details = [
            Detail(Code.CONTROL_NUMBERS_UNCERTAIN, _said(one), f"{one.agreement}/{one.kind}")
            for one in self._uncertain
        ]
        if more:
            details.append(Detail(Code.CONTROL_NUMBERS_UNCERTAIN, f"{more} more are unknown too."))
        numbers = "1 number" if self._unsure == 1 else f"{self._unsure} numbers"
        return [
            Problem(
                Code.CONTROL_NUMBERS_UNCERTAIN,
                f"{first.why} What was issued after the last pull is unknown, of {numbers}: "
                f"{_said(first)}. Send the policy advance with by: {self._by}, which skips what "
                "may have been issued (a gap does no harm); or asKnown, and numbers may be issued "
                "again.",
                f"{_PLACE}/policy",
                details,
            )
        ]

    def warnings(self) -> list[Warning]:
        """What surprises."""
        found: list[Warning] = []
        if self._counts["exhausted"]:
            found.append(
                Warning(
                    code="NumbersExhausted",
                    message=f"{self._counts['exhausted']} counters stand at the end of their "
                    "agreement's bounds, or beyond them, and do not roll over. Raise the upper "
                    "bounds before the workflows are resumed.",
                    target=_TARGET,
                )
            )
        if self._counts["issued_again"]:
            found.append(
                Warning(
                    code="NumbersComeAgain",
                    message=f"{self._counts['issued_again']} numbers that were issued may be "
                    "issued a second time, as the request asks. Agree on that with the partners: "
                    f"they may refuse them as duplicates.{self._said_set_back()}",
                    target=_TARGET,
                )
            )
        if self._unreadable:
            found.append(
                Warning(
                    code="SessionUnreadable",
                    message="The account has sessions of control numbers that cannot be read: "
                    f"{_some(self._unreadable)}. They stay as they are. "
                    "Where these agreements go on is for the account to say: look at them there.",
                    target=Section.AGREEMENTS,
                )
            )
        if self._unreadable_before:
            found.append(
                Warning(
                    code="SessionUnreadable",
                    message="The account that the service was pulled from has sessions of control "
                    f"numbers that cannot be read: {_some(self._unreadable_before)}. What it "
                    "issued by them is unknown: look at them there.",
                    target=Section.AGREEMENTS,
                )
            )
        if self._old_acknowledgements:
            found.append(
                Warning(
                    code="AcknowledgementNumbersOld",
                    message="Interchanges or groups of acknowledgements go on from what the last "
                    "pull saw, as the account that the service was pulled from does not say what "
                    f"it issued since: {_some(self._old_acknowledgements)}. No policy moves these: "
                    "raise them in the account before the workflows are resumed.",
                    target=_TARGET,
                )
            )
        if self._acknowledgements_behind:
            found.append(
                Warning(
                    code="AcknowledgementNumbersBehind",
                    message="Interchanges or groups of acknowledgements go on in the account below "
                    "what is known to be issued by the one that the service was pulled from: "
                    f"{_some(self._acknowledgements_behind)}. No policy moves these: raise them in "
                    "the account before the workflows are resumed.",
                    target=_TARGET,
                )
            )
        return found

    def _said_set_back(self) -> str:
        """Which numbers of the account are set back."""
        if not self._set_back:
            return ""
        return f" The account's own numbers that are set back: {some(self._set_back, _SAID)}."


_TARGET = "control-numbers"
_WHOLE = 10
"""A rate from which on it is told without digits behind the point."""


def _some(names: Sequence[str]) -> str:
    return some([f"'{shown(name)}'" for name in names], _SAID)


def _said(one: UncertainNumber) -> str:
    """What is known of a number, for a person."""
    name = f"'{shown(one.agreement)}' {one.kind}"
    if one.seen_at is None:
        return f"{name}: last known {one.last_known}, its rate is unknown; by: {one.proposed_by}"
    if one.per_day is None:
        speed = "its rate is unknown"
    elif not one.per_day:
        speed = "it did not move while it was seen"
    else:
        rate = f"{one.per_day:,.0f}" if one.per_day >= _WHOLE else f"{one.per_day:.2g}"
        speed = f"about {rate} a day"
    return (
        f"{name}: {one.last_known}, last seen at {rfc3339(one.seen_at)}, {speed}; "
        f"by: {one.proposed_by}"
    )
