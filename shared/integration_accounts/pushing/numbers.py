"""What the generated control numbers of an account become, and which sessions it gets besides."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared.arm.client import Arm
from shared.integration_accounts.pushing.acknowledgements import behind, goes_on, of_source_alone
from shared.integration_accounts.pushing.sources import (
    Generated,
    NumberKey,
    SessionsThere,
    Source,
    account_of,
    generated_key,
    last_look,
    sessions_held,
    sessions_of,
    source_of,
)
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.survey import AgreementThere, Survey
from shared.integration_accounts.pushing.target import Target
from shared.model.integration_account import AccountId, Child
from shared.model.numbers import Bounds, Counters, Kind
from shared.model.operation import Warning
from shared.model.problem import Problem
from shared.model.push import (
    Action,
    ControlNumbersAtPush,
    PlannedNumber,
    PlannedNumbers,
    PushBody,
    UncertainNumber,
)
from shared.model.sections import CONTROL_NUMBERS
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_numbers import Choice, Known, choice_for, planned
from shared.rules.integration_accounts.push_numbers_told import Numbers, wrong_choices
from shared.rules.integration_accounts.push_numbers_written import (
    is_moved_back,
    is_still_to_write,
)
from shared.rules.integration_accounts.push_rate import Look
from shared.rules.integration_accounts.push_sessions import (
    SessionNames,
    SessionWrite,
    received_session,
)
from shared.rules.integration_accounts.session_names import Agreements, generated_name, named
from shared.rules.integration_accounts.times import moment
from shared.rules.naming import artifact_key
from shared.rules.restoring.numbers import BackedUpCounters
from shared.services.cut import ServiceCut

_X12, _X12_DIGITS = "x12", 9
_WITH_NUMBERS = frozenset({_X12, "edifact"})


@dataclass(frozen=True)
class Decided:
    """A number that is written, with what its session needs."""

    number: PlannedNumber
    standard: str
    bounds: Bounds
    back_from: str | None = None
    """When the account's number changed, of one that is moved back; None for others."""

    def is_still_to_write(self, there: Generated | None) -> bool:
        """Whether it is still to be written, by the account's session as it is now."""
        seen = there.sighting if there is not None else None
        return is_still_to_write(self.number, seen, self.bounds, self.back_from)

    def to_json(self) -> JsonObject:
        """As it is staged."""
        back = {} if self.back_from is None else {"backFrom": self.back_from}
        return {
            **back,
            "number": self.number.to_json(),
            "standard": self.standard,
            "bounds": self.bounds.to_json(),
        }

    @staticmethod
    def of(staged: JsonObject) -> "Decided":
        """What was staged."""
        return Decided(
            PlannedNumber.model_validate(staged["number"]),
            str(staged["standard"]),
            Bounds.model_validate(staged["bounds"]),
            str(staged["backFrom"]) if "backFrom" in staged else None,
        )


@dataclass(frozen=True)
class Seen:
    """One number, with all that is known of it."""

    found: PlannedNumber | UncertainNumber | None
    known: Known
    choice: Choice
    standard: str

    @property
    def decided(self) -> Decided | None:
        """What is decided by that: also of one that is not written now, and must be where the
        account loses it. None for one that is never written."""
        found, known = self.found, self.known
        if not isinstance(found, PlannedNumber) or known.target_unreadable:
            return None
        changed = known.target.changed_time if known.target is not None else None
        back_from = changed if is_moved_back(found, self.choice) else None
        if not found.written:
            found, back_from = found.model_copy(update={"written": True}), None
        return Decided(found, self.standard, known.bounds, back_from)


@dataclass
class NumbersFound:
    """What numbers and sessions come to."""

    decided: list[Decided]
    """The numbers that are written."""
    plan: PlannedNumbers
    source: Source
    there: SessionsThere
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)
    sessions_lacking: int = 0
    """How many sessions of the service the account lacks."""
    of_source: list[SessionWrite] = field(default_factory=list)
    """Sessions of acknowledgements' numbers that the source alone has, and the account gets."""
    old_acknowledgements: list[str] = field(default_factory=list)
    """Sessions that would be created with a number after which others may have been issued."""
    seen: list[Seen] = field(default_factory=list)
    """All numbers, one by one."""


@dataclass(frozen=True)
class NumbersSurvey:
    """Looks at control numbers and sessions.

    :param may_be_read: whether the installation's setting lets the app name an account.
    """

    stores: PushStores
    arm: Arm
    may_be_read: Callable[[AccountId], bool]

    async def run(
        self, service: Service, cut: ServiceCut, target: Target, body: PushBody, survey: Survey
    ) -> NumbersFound:
        """Look at all of them.

        :raises ArmRefused: if the account does not list its sessions.
        """
        now = self.stores.clock.now()
        agreements = Agreements(survey.all_agreements.values())
        there = SessionsThere()
        if target.exists:
            there = await sessions_of(target.account.pages(Child.SESSIONS), agreements)
        source = await source_of(
            self.arm,
            await account_of(cut),
            target.account,
            agreements,
            there if target.exists else None,
            self.may_be_read,
        )
        held = await sessions_held(cut, agreements)
        counters = await self._counters(service, cut)
        look = await last_look(self.stores, service)
        numbers, decided = Numbers(body.control_numbers), list[Decided]()
        seen: list[Seen] = []
        names = [one.name for one in survey.agreements.values()]
        partial = bool(body.include or body.exclude)
        problems = list(wrong_choices(body.control_numbers, names, partial=partial))
        wrong = bool(problems)
        for key, one in sorted(survey.agreements.items()):
            for known in self._known(key, one, counters, there, source, held.generated, look):
                if known.target_unreadable:
                    numbers.unreadable(there.generated[key, known.kind].name)
                elif known.source_unreadable:
                    numbers.unreadable_before(generated_name(known.agreement, known.kind))
                if wrong:
                    continue
                choice = choice_for(body.control_numbers, one.name)
                try:
                    found = planned(choice, known, now)
                except Problem as problem:
                    problems.append(problem)
                    continue
                numbers.add(found)
                seen.append(Seen(found, known, choice, one.standard))
                becomes = seen[-1].decided
                if becomes is not None and isinstance(found, PlannedNumber) and found.written:
                    decided.append(becomes)
        created = kept = 0
        old: list[str] = []
        others = self.others(service, cut, survey, there.others, now, source, body.control_numbers)
        async for action, write in others:
            created += action is Action.CREATE
            kept += action is Action.KEEP
            if action is Action.CREATE and not write.is_latest:
                old.append(write.name)
        numbers.old_acknowledgements(old)
        compared = (source, held, there, survey, body.control_numbers)
        of_source = of_source_alone(*compared)
        numbers.acknowledgements_behind(list(behind(*compared)))
        return NumbersFound(
            decided,
            numbers.end(created + len(of_source), kept),
            source,
            there,
            [*problems, *numbers.problems()],
            numbers.warnings(),
            created,
            of_source,
            old,
            seen,
        )

    def _known(
        self,
        key: str,
        agreement: AgreementThere,
        counters: dict[str, BackedUpCounters],
        there: SessionsThere,
        source: Source,
        held: dict[NumberKey, Generated],
        look: datetime | None,
    ) -> list[Known]:
        if agreement.standard not in _WITH_NUMBERS:
            return []
        ledger = counters.get(key) or BackedUpCounters(Counters(), Counters())
        found: list[Known] = []
        for kind in Kind:
            bounds = agreement.numbering.get(kind, Bounds())
            own, target = held.get((key, kind)), there.generated.get((key, kind))
            now = source.sessions.get((key, kind))
            found.append(
                Known(
                    agreement=agreement.name,
                    kind=kind,
                    bounds=bounds,
                    source_state=source.state,
                    ledger=ledger.counters.get(kind),
                    passed=ledger.passed.get(kind),
                    target=target.sighting if target is not None else None,
                    target_unreadable=_is_unreadable(target),
                    source_unreadable=_is_unreadable(now or own),
                    source=now.sighting if now is not None else None,
                    before=own.sighting if own is not None else None,
                    looks=_looks(own, bounds, look),
                    source_is_target=source.is_target,
                )
            )
        return found

    async def _counters(self, service: Service, cut: ServiceCut) -> dict[str, BackedUpCounters]:
        """What the ledger knows of agreements that have numbers of their own in it.

        An account counts by agreement: what it issued for another one between the same parties is
        none of this one's.
        """
        own: dict[str, set[Kind]] = {}
        async for rows in self.stores.ledger.pages(service.name):
            own.update((artifact_key(row.agreement), {*row.counters}) for row in rows)
        found: dict[str, BackedUpCounters] = {}
        async for page in cut.records(CONTROL_NUMBERS):
            for one in page:
                key, read = artifact_key(one.name), BackedUpCounters.read(one.document)
                kinds = own.get(key, set())
                found[key] = BackedUpCounters(
                    {kind: counter for kind, counter in read.counters.items() if kind in kinds},
                    {kind: counter for kind, counter in read.passed.items() if kind in kinds},
                )
        return found

    async def others(
        self,
        service: Service,
        cut: ServiceCut,
        survey: Survey,
        there: SessionNames,
        now: datetime,
        source: Source,
        asked: ControlNumbersAtPush,
    ) -> AsyncIterator[tuple[Action, SessionWrite]]:
        """The service's sessions that are no counters of the ledger, and its received numbers that
        have no session: what is done with each."""
        agreements = Agreements(survey.all_agreements.values())
        seen = SessionNames()
        async for page in cut.records(str(Child.SESSIONS)):
            for one in page:
                if generated_key(one.name, agreements) is None:
                    seen.add(one.name)
                    if _is_chosen(one.name, agreements, survey):
                        content, is_latest = one.document["content"], True
                        if goes_on(one.name, agreements, asked):
                            content, is_latest = source.latest(one.name, content)
                        yield there.action(one.name), SessionWrite(one.name, content, is_latest)
        async for numbers in self.stores.received.pages(service.id):
            for number in numbers:
                agreement = survey.agreements.get(artifact_key(number.agreement))
                usable = agreement is not None and agreement.standard in _WITH_NUMBERS
                if (
                    agreement is None
                    or not usable
                    or number.kind is not Kind.INTERCHANGE
                    or number.expires_at <= now
                ):
                    continue
                spellings = _spellings(agreement.standard, number.value)
                writes = [
                    received_session(agreement.name, agreement.standard, text, number.seen_at)
                    for text in spellings
                ]
                if any(seen.action(one.name) is Action.KEEP for one in writes):
                    continue
                kept = any(there.action(one.name) is Action.KEEP for one in writes)
                yield Action.KEEP if kept else Action.CREATE, writes[0]


def _is_unreadable(session: Generated | None) -> bool:
    return session is not None and session.sighting is None


def _spellings(standard: str, value: int | str) -> list[str]:
    """How a received reference may be written: as ISA13 has it first."""
    text = str(value)
    is_short = standard == _X12 and len(text) < _X12_DIGITS
    return [text.zfill(_X12_DIGITS), text] if is_short else [text]


def _is_chosen(name: str, agreements: Agreements, survey: Survey) -> bool:
    """Whether a session is of an agreement that is pushed; of none, whether everything is."""
    meanings = named(name, agreements)
    if not meanings:
        return not (survey.chosen.include or survey.chosen.exclude)
    return artifact_key(meanings[0].agreement) in survey.agreements


def _looks(own: Generated | None, bounds: Bounds, last: datetime | None) -> list[Look]:
    """When a number was seen: as it was made, where that is known, and as it was pulled last.

    No more is stored of it. Cycles of the ledger are no help: one begins at each reuse too.
    """
    said = own.sighting if own is not None else None
    at = last or (moment(own.changed_time) if own is not None else None)
    if own is None or said is None or at is None:
        return []
    first = own.created_at
    begun = [Look(first, bounds.lower - 1)] if first is not None and first < at else []
    return [*begun, Look(at, said.value)]
