"""The control numbers of a push: decided once, right before they are written; looked at again by
each later attempt and at the end, and moved up where the account has lost one, or the account that
the service was pulled from went on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.integration_accounts.pushing.backed_up import BackedUpNumbers
from shared.integration_accounts.pushing.numbers import NumbersFound, NumbersSurvey, Seen
from shared.integration_accounts.pushing.origins import (
    Sources,
    not_read_any_more,
    require_sources,
)
from shared.integration_accounts.pushing.patient import pause
from shared.integration_accounts.pushing.planned_for import planned_sources
from shared.integration_accounts.pushing.planning import Looked, Planned
from shared.integration_accounts.pushing.progress import Progressing
from shared.integration_accounts.pushing.received import ReceivedSince
from shared.integration_accounts.pushing.safety import Made, Safety
from shared.integration_accounts.pushing.session_writing import SessionWriter
from shared.integration_accounts.pushing.sources import SessionsThere, sighting_of
from shared.integration_accounts.pushing.starting import refusal
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.target import target_of
from shared.model.numbers import Kind
from shared.model.operation import Operation
from shared.model.push import ControlNumbersAtPush, PushBody, UncertainNumber
from shared.model.service import Service
from shared.operations.task import Task
from shared.rules.integration_accounts.push_known import SourceState
from shared.rules.integration_accounts.push_numbers_again import (
    decided_again,
    not_read_again,
    not_set_back,
    went_on,
)
from shared.rules.integration_accounts.push_numbers_written import Decided, decided_of
from shared.rules.integration_accounts.push_plan import WRITTEN
from shared.rules.integration_accounts.push_received import receives_on
from shared.rules.integration_accounts.session_names import Agreements
from shared.rules.naming import artifact_key

_TOLD_AT_THE_END = frozenset(
    {"AcknowledgementNumbersBehind", "ReceivedNumbersOld", "SessionUnreadable"}
)
"""The warnings of a plan that the end tells too, where it became so meanwhile."""

_PAUSES = (0.5, 2.0, 5.0)
"""Seconds before a source that did not answer at the end is read again."""


def require_planned_sources(operation: Operation, now: Sources, body: ControlNumbersAtPush) -> None:
    """Refuse to decide upon numbers from less than the plan knew.

    :raises Problem: as ``require_sources``.
    """
    require_sources(planned_sources(operation), now, body)


@dataclass(frozen=True)
class Deciding:
    """Decides upon the numbers of one push, and writes them."""

    stores: PushStores
    surveyed: NumbersSurvey
    safety: Safety
    task: Task
    service: Service
    body: PushBody
    planned: Planned
    progress: Progressing

    async def write(self) -> None:
        """Decide, where no attempt has, and write numbers and sessions. What an earlier attempt
        decided is moved up where more is known by now.

        :raises ArmRefused: what ARM refused.
        :raises Problem: ControlNumbersUncertain and others that forbid to decide;
            IntegrationAccountUnavailable.
        """
        body, progress, looked = self.body, self.progress, self.planned.looked
        found = await self._look(looked)
        if not progress.now.numbers_decided or found.old_acknowledgements:
            require_planned_sources(self.task.operation, found.sources, body.control_numbers)
        if not progress.now.numbers_decided:
            if found.problems:
                raise refusal(found.problems)
            decided = [one.decided for one in found.seen]
            held = await self._held_to_backup([one for one in decided if one is not None], looked)
            await progress.decide(held, found.of_source)
        else:
            self._tell_lost(found.there)
            if moved := await self._decide_again(found):
                self._tell_went_on(moved, [])
            await progress.written.keep()
        sessions = await self._write(found.there)
        await sessions.others(
            self.surveyed, looked.cut, looked.survey, found.sources, body.control_numbers
        )
        await sessions.create(progress.of_source)
        await sessions.received(self._received(found))
        await progress.written.keep()

    async def _held_to_backup(self, decided: list[Decided], looked: Looked) -> list[Decided]:
        """What was decided, with each number that is set back held to the backup of before."""
        if all(one.back_from is None for one in decided):
            return decided
        told = self.progress.now.safety
        if not told:  # the account held nothing: what it issued since is in no backup
            return [one.set_back_from(None) for one in decided]
        backed_up = BackedUpNumbers(self.task, Agreements(looked.survey.all_agreements.values()))
        return await backed_up.held_to(decided, *await self.safety.opened(Made(told, [])))

    async def look_back(self, looked: Looked) -> list[str]:
        """Look at all numbers again, move up those that the source went beyond meanwhile, and name
        what is not in the account as it was to become.

        :param looked: the account, read again.
        :raises ArmRefused: what ARM refused.
        """
        found = await self._read_source_again(looked)
        missing = found.received
        if (moved := await self._decide_again(found)) or missing:
            sessions = await self._write(found.there)
            await sessions.received(self._received(found))
            found = await self._look(looked)
        told = self.planned.plan.warnings
        for warning in found.warnings:
            if warning.code in _TOLD_AT_THE_END and warning not in told:
                self.progress.written.warn(warning)
        still = self._again(found)
        if moved or still:
            self._tell_went_on(moved, still)
        for warning in receives_on(len(found.received - missing)):
            self.progress.written.warn(warning)
        lacking = self._lacking(found, len(found.received & missing))
        differing = [*self._not_reached(found), *self._not_set_back(found)]
        differing += [*self._unsure(found), *lacking]
        await self.progress.written.keep()
        return differing

    async def _look(self, looked: Looked) -> NumbersFound:
        target = await target_of(self.stores.arm, self.planned.target.id, self.body)
        return await self.surveyed.run(self.service, looked.cut, target, self.body, looked.survey)

    async def _read_source_again(self, looked: Looked) -> NumbersFound:
        """What the end goes by; a source that could be read for the plan is asked some times."""
        found, planned = looked.numbers, planned_sources(self.task.operation)
        for seconds in _PAUSES:
            silent = not_read_any_more(planned, found.sources)
            if not any(one.state is SourceState.UNREACHABLE for one in silent):
                break
            await pause(self.task, seconds)
            found = await self._look(looked)
        return found

    def _again(self, found: NumbersFound) -> list[Decided]:
        """What is decided upon again."""
        before = {_key(one): one for one in self.progress.decided}
        now, again = self.stores.clock.now(), list[Decided]()
        for seen in found.seen:
            former = before.get((artifact_key(seen.known.agreement), seen.known.kind))
            number = decided_again(seen.choice, seen.known, former, now)
            if number is not None:
                again.append(decided_of(number, seen.choice, seen.known, seen.standard))
        return again

    async def _decide_again(self, found: NumbersFound) -> list[Decided]:
        again = self._again(found)
        if again:
            self._tell_lost(found.there)  # they are written again with these
        await self.progress.decide_again(again)
        return again

    def _tell_went_on(self, moved: Sequence[Decided], still: Sequence[Decided]) -> None:
        warning = went_on([one.number for one in moved], [one.number for one in still])
        self.progress.written.warn(warning)

    async def _write(self, there: SessionsThere) -> SessionWriter:
        """Write what is decided and the account has not reached.

        :param there: its sessions.
        """
        wanted, names = list[Decided](), dict[tuple[str, str], str]()
        for one in self.progress.decided:
            session = there.generated.get(_key(one))
            if session is not None and session.is_unreadable:
                continue  # it stays, and is named at the end
            if not one.is_still_to_write(sighting_of(session)):
                continue
            wanted.append(one)
            if session is not None:
                names[one.number.agreement, one.number.kind] = session.name
        key = await self.stores.keys.data_key(self.service.id)
        account = self.planned.target.account
        sessions = SessionWriter(self.stores, self.service, account, self.task, key, self.progress)
        await sessions.numbers(wanted, names)
        return sessions

    def _tell_lost(self, there: SessionsThere) -> None:
        for one in self.progress.decided:
            session = there.generated.get(_key(one))
            if session is not None and session.is_unreadable:
                continue
            if one.was_lost(sighting_of(session)):
                self.progress.written.lose(one.number)

    def _not_reached(self, found: NumbersFound) -> list[str]:
        """The numbers that the account has not reached, of those that were decided."""
        decided = self.progress.decided
        return [
            _named(one.number.agreement, one.number.kind)
            for one in decided
            if one.is_still_to_write(sighting_of(found.there.generated.get(_key(one))))
        ]

    def _not_set_back(self, found: NumbersFound) -> list[str]:
        """The numbers that were to be set back, and stayed."""
        stayed = list[tuple[str, Kind, int]]()
        for one in self.progress.decided:
            there = sighting_of(found.there.generated.get(_key(one)))
            if there is not None and one.was_not_set_back(there):
                stayed.append((one.number.agreement, one.number.kind, there.value))
        if stayed:
            self.progress.written.warn(not_set_back(stayed))
        return [_named(agreement, kind) for agreement, kind, _ in stayed]

    def _unsure(self, found: NumbersFound) -> list[str]:
        """The numbers of which it has become unknown what was issued, and upon which nothing was
        decided. Of the others the source does not say what it issued since: that is a warning."""
        decided = {_key(one) for one in self.progress.decided}
        unsure, not_read = list[str](), list[tuple[str, str]]()
        for one in _uncertain(found.seen):
            agreement, kind = one.known.agreement, one.known.kind
            is_decided = (artifact_key(agreement), kind) in decided
            if is_decided or not found.sources.are_read:
                not_read.append((agreement, kind))
            else:
                unsure.append(_named(agreement, kind))
        if not_read:
            self.progress.written.warn(not_read_again(not_read))
        return unsure

    def _received(self, found: NumbersFound) -> ReceivedSince:
        return ReceivedSince(self.stores.arm, found.sources, found.received)

    def _lacking(self, found: NumbersFound, received: int) -> list[str]:
        """How many other sessions the account lacks.

        :param received: those that the sources had got since they were pulled.
        """
        others = found.there.others
        lacking = [one for one in self.progress.of_source if others.action(one.name) in WRITTEN]
        count = found.sessions_lacking + len(lacking) + received
        return [f"sessions: {count}"] if count else []


def _key(one: Decided) -> tuple[str, Kind]:
    return artifact_key(one.number.agreement), one.number.kind


def _named(agreement: str, kind: Kind) -> str:
    return f"control-numbers/{agreement}/{kind}"


def _uncertain(seen: Sequence[Seen]) -> list[Seen]:
    return [one for one in seen if isinstance(one.found, UncertainNumber)]
