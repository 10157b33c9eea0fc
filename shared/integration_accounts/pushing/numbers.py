"""What the generated control numbers of an account become, and which sessions it gets besides."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared.arm.client import Arm
from shared.integration_accounts.pushing.acknowledgements import behind, goes_on, of_source_alone
from shared.integration_accounts.pushing.issuers import Issued, issued
from shared.integration_accounts.pushing.origins import Reading, Sources, last_look, too_many
from shared.integration_accounts.pushing.received import (
    is_chosen,
    received_since,
    silent_sources,
)
from shared.integration_accounts.pushing.sources import (
    Generated,
    NumberKey,
    SessionsThere,
    generated_key,
    sessions_held,
    sessions_of,
    sighting_of,
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
    PushNumbersPolicy,
    UncertainNumber,
)
from shared.model.sections import CONTROL_NUMBERS
from shared.model.service import Service
from shared.rules.integration_accounts.push_known import Choice, Known, choice_for
from shared.rules.integration_accounts.push_numbers import never_back, planned
from shared.rules.integration_accounts.push_numbers_told import Numbers, wrong_choices
from shared.rules.integration_accounts.push_numbers_written import Decided, decided_of
from shared.rules.integration_accounts.push_rate import Look
from shared.rules.integration_accounts.push_received import received_old
from shared.rules.integration_accounts.push_sessions import (
    SessionNames,
    SessionWrite,
    received_session,
)
from shared.rules.integration_accounts.session_names import Agreements, generated_name
from shared.rules.integration_accounts.times import moment
from shared.rules.naming import artifact_key
from shared.rules.restoring.numbers import BackedUpCounters
from shared.services.cut import ServiceCut

_X12, _X12_DIGITS = "x12", 9
_AS_KNOWN = PushNumbersPolicy.AS_KNOWN
WITH_NUMBERS = frozenset({_X12, "edifact"})
"""The standards whose agreements have control numbers."""


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
        if not isinstance(self.found, PlannedNumber) or self.known.target_unreadable:
            return None
        return decided_of(self.found, self.choice, self.known, self.standard)


@dataclass
class NumbersFound:
    """What numbers and sessions come to."""

    decided: list[Decided]
    """The numbers that are written."""
    plan: PlannedNumbers
    sources: Sources
    there: SessionsThere
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Warning] = field(default_factory=list)
    sessions_lacking: int = 0
    """How many sessions of the service the account lacks."""
    of_source: list[SessionWrite] = field(default_factory=list)
    """Sessions of acknowledgements' numbers that the source alone has, and the account gets."""
    received: frozenset[str] = frozenset()
    """Keys of received numbers and other sessions that a source alone has, and the account gets."""
    old_acknowledgements: list[str] = field(default_factory=list)
    """Sessions that would be created with a number after which others may have been issued."""
    seen: list[Seen] = field(default_factory=list)
    """All numbers, one by one."""


@dataclass(frozen=True)
class _Facts:
    """What one look at the ledger, the service's sessions and the accounts came to."""

    counters: dict[str, BackedUpCounters]
    """Those of the service, by the keys of its agreements."""
    elsewhere: Issued
    there: SessionsThere
    """Of the account that is pushed to."""
    sources: Sources
    held: dict[NumberKey, Generated]
    """The sessions that the service has."""
    look: datetime | None
    """When those were looked at last."""

    def of(self, key: str, agreement: AgreementThere) -> list[Known]:
        """All that is known of the numbers of an agreement."""
        if agreement.standard not in WITH_NUMBERS:
            return []
        return [self._of(key, kind, agreement) for kind in Kind]

    def _of(self, key: str, kind: Kind, agreement: AgreementThere) -> Known:
        ledger = self.counters.get(key) or BackedUpCounters(Counters(), Counters())
        bounds, source = agreement.numbering.get(kind, Bounds()), self.sources.latest
        own, target = self.held.get((key, kind)), self.there.generated.get((key, kind))
        now = source.sessions.get((key, kind))
        was, is_now = sighting_of(own), sighting_of(now)
        return Known(
            agreement=agreement.name,
            kind=kind,
            bounds=bounds,
            source_state=source.state,
            source_is_outside=source.is_outside,
            ledger=ledger.counters.get(kind),
            passed=ledger.passed.get(kind),
            of_source=self.elsewhere.of_source(key, kind, bounds, is_now, was),
            elsewhere=self.elsewhere.elsewhere(key, kind, ledger, at_home=source.is_target),
            target=sighting_of(target),
            target_unreadable=_is_unreadable(target),
            source_unreadable=_is_unreadable(now or own),
            source=is_now,
            before=was,
            looks=_looks(own, bounds, self.look),
            source_is_target=source.is_target,
            former=[one.former((key, kind)) for one in self.sources.former],
        )


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
        known_there = there if target.exists else None
        reading = Reading(self.arm, target.account, agreements, known_there, self.may_be_read)
        sources = await reading.sources(service)
        held = await sessions_held(cut, agreements)
        counters, claimed = await self._counters(service, cut)
        elsewhere = await issued(self.stores, service, claimed)
        look = await last_look(self.stores, service)
        facts = _Facts(counters, elsewhere, there, sources, held.generated, look)
        numbers, decided = Numbers(body.control_numbers), list[Decided]()
        seen: list[Seen] = []
        names = [one.name for one in survey.agreements.values()] + [*survey.left_alone.values()]
        partial = bool(body.include or body.exclude)
        problems = list(wrong_choices(body.control_numbers, names, partial=partial))
        wrong = bool(problems)
        problems += too_many(service, target.id)
        for key, one in sorted(survey.agreements.items()):
            for known in facts.of(key, one):
                if known.target_unreadable:
                    numbers.unreadable(there.generated[key, known.kind].name)
                elif known.source_unreadable:
                    numbers.unreadable_before(generated_name(known.agreement, known.kind))
                if wrong:
                    continue
                choice = choice_for(body.control_numbers, one.name)
                known = never_back(known) if one.is_kept and choice.policy is _AS_KNOWN else known
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
        others = self.others(service, cut, survey, there.others, now, sources, body.control_numbers)
        async for action, write in others:
            created += action is Action.CREATE
            kept += action is Action.KEEP
            if action is Action.CREATE and not write.is_latest:
                old.append(write.name)
        numbers.old_acknowledgements(old)
        compared = (sources, held, there, survey, body.control_numbers)
        of_source = of_source_alone(*compared)
        received = received_since(*compared)
        numbers.acknowledgements_behind(list(behind(*compared)))
        silent = silent_sources(sources, survey, body.control_numbers)
        return NumbersFound(
            decided,
            numbers.end(created + len(of_source) + len(received), kept, sources.shown()),
            sources,
            there,
            [*problems, *numbers.problems()],
            [*numbers.warnings(), *received_old(silent)],
            created,
            of_source,
            received,
            old,
            seen,
        )

    async def _counters(
        self, service: Service, cut: ServiceCut
    ) -> tuple[dict[str, BackedUpCounters], frozenset[str]]:
        """What the ledger knows of agreements that have numbers of their own in it; and those of
        them whose rows the service owns.

        An account counts by agreement: what it issued for another one between the same parties is
        none of this one's.
        """
        own: dict[str, set[Kind]] = {}
        claimed = set[str]()
        async for rows in self.stores.ledger.pages(service.name):
            own.update((artifact_key(row.agreement), {*row.counters}) for row in rows)
            claimed.update(artifact_key(row.agreement) for row in rows if row.owner == service.id)
        found: dict[str, BackedUpCounters] = {}
        async for page in cut.records(CONTROL_NUMBERS):
            for one in page:
                key, read = artifact_key(one.name), BackedUpCounters.read(one.document)
                kinds = own.get(key, set())
                found[key] = BackedUpCounters(
                    {kind: counter for kind, counter in read.counters.items() if kind in kinds},
                    {kind: counter for kind, counter in read.passed.items() if kind in kinds},
                )
        return found, frozenset(claimed)

    async def others(
        self,
        service: Service,
        cut: ServiceCut,
        survey: Survey,
        there: SessionNames,
        now: datetime,
        sources: Sources,
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
                    if is_chosen(one.name, agreements, survey):
                        content, is_latest = one.document["content"], True
                        if goes_on(one.name, agreements, asked):
                            content, is_latest = sources.latest_of(one.name, content)
                        yield there.action(one.name), SessionWrite(one.name, content, is_latest)
        async for numbers in self.stores.received.pages(service.id):
            for number in numbers:
                agreement = survey.agreements.get(artifact_key(number.agreement))
                usable = agreement is not None and agreement.standard in WITH_NUMBERS
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
    return session is not None and session.is_unreadable


def _spellings(standard: str, value: int | str) -> list[str]:
    """How a received reference may be written: as ISA13 has it first."""
    text = str(value)
    is_short = standard == _X12 and len(text) < _X12_DIGITS
    return [text.zfill(_X12_DIGITS), text] if is_short else [text]


def _looks(own: Generated | None, bounds: Bounds, last: datetime | None) -> list[Look]:
    """When a number was seen: as it was made, where that is known, and as it was pulled last.

    No more is stored of it. Cycles of the ledger are no help: one begins at each reuse too. One
    that is below its bounds was issued under others, from the first number on.
    """
    said = own.sighting if own is not None else None
    at = last or (moment(own.changed_time) if own is not None else None)
    if own is None or said is None or at is None:
        return []
    first = own.created_at
    none = bounds.lower - 1 if said.value >= bounds.lower - 1 else 0
    begun = [Look(first, none)] if first is not None and first < at else []
    return [*begun, Look(at, said.value)]
