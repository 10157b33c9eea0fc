"""Writing sessions into an account: control numbers that were decided, and others that it lacks.

A number is never written blindly: the session is read, the write is on the condition of its ETag,
and one whose answer was lost is not sent again, but read.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shared.arm.client import Account
from shared.arm.refusals import ArmRefused
from shared.integration_accounts.pushing.numbers import NumbersSurvey
from shared.integration_accounts.pushing.origins import Sources
from shared.integration_accounts.pushing.patient import (
    UNKNOWN,
    Unsure,
    carefully,
    patiently,
    pause,
)
from shared.integration_accounts.pushing.progress import Progressing
from shared.integration_accounts.pushing.received import ReceivedSince
from shared.integration_accounts.pushing.sources import Generated, sessions_of, sighting_of
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.survey import Survey
from shared.integration_accounts.pushing.written import Counted, Sending
from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.push import Action, ControlNumbersAtPush
from shared.model.sections import CONTROL_NUMBERS, SESSIONS
from shared.model.service import Service
from shared.model.wire import JsonObject, JsonValue
from shared.operations.task import Task
from shared.rules.integration_accounts.push_numbers_written import Decided
from shared.rules.integration_accounts.push_sessions import (
    SessionThere,
    SessionWrite,
    generated_session,
)
from shared.rules.integration_accounts.resources import record_of, resource_of
from shared.rules.integration_accounts.session_names import Agreements, generated_name
from shared.rules.naming import shown
from shared.sealing.data_key import DataKey
from shared.services.cut import ServiceCut
from shared.services.sessions import opened_session

_PAUSES = (0.0, 0.5, 2.0, 5.0, 10.0)
"""One number is written so often, as an account that issues meanwhile changes its session: seconds
before it is looked at again where it is not known what became of the write."""


@dataclass
class SessionWriter:
    """Writes sessions."""

    stores: PushStores
    service: Service
    account: Account
    task: Task
    key: DataKey
    progress: Progressing

    async def numbers(self, decided: list[Decided], names: dict[tuple[str, str], str]) -> None:
        """Write the control numbers that were decided and that the account has not reached.

        :param names: the names of the account's sessions, by agreement and kind, as they are spelt.
        :raises ArmRefused: what ARM refused.
        :raises Problem: IntegrationAccountUnavailable for a number that does not stand still.
        """
        for done, one in enumerate(decided, 1):
            await self.task.checkpoint()
            number = one.number
            name = names.get((number.agreement, number.kind))
            name = name or generated_name(number.agreement, number.kind)
            await self._number(one, name)
            self.task.report("writing control numbers", done, len(decided))

    async def _number(self, decided: Decided, name: str) -> None:
        """Write one number, and count it once."""
        wrote = False
        refused: ArmRefused | None = None
        for seconds in _PAUSES:
            if refused is not None and refused.meaning in UNKNOWN:
                await pause(self.task, max(seconds, refused.retry_after))
            compare_and_put = partial(self._compare_and_put, decided, name, is_counted=wrote)
            try:
                if not await patiently(self.task, compare_and_put):
                    return
            except Unsure as unsure:
                refused = unsure.refused
            else:
                refused, wrote = None, True
                self.progress.written.end()
        if not self._is_to_do(decided, await self._there(name)):
            return
        if refused is not None:
            raise refused
        raise Problem(
            Code.INTEGRATION_ACCOUNT_UNAVAILABLE,
            f"The session '{shown(name)}' is not as it was written, {len(_PAUSES)} times in a row: "
            "somebody else writes it too. Disable the workflows that use the account, then try "
            "again.",
            retry_after_seconds=60,
        )

    async def _compare_and_put(self, decided: Decided, name: str, *, is_counted: bool) -> bool:
        """Write a number where that is still to be done; whether it was. All of it is asked again
        after a wait, in which the account may issue numbers."""
        there = await self._there(name)
        if not self._is_to_do(decided, there):
            return False
        number, written = decided.number, self.progress.written
        before = self.progress.as_it_is(decided)
        if before.was_lost(sighting_of(there)):
            written.lose(number)
        write = await self._session(decided, name, there, self.stores.clock.now())
        body = resource_of(Child.SESSIONS, write.name, write.document)
        etag = there.etag if there is not None else ""
        sending = Sending(
            counted=Counted.NUMBER,
            section=CONTROL_NUMBERS,
            name=number.agreement,
            kind=number.kind,
            wanted=str(number.becomes),
            is_counted=is_counted,
        )
        self.progress.send(before)
        put = partial(self.account.put, Child.SESSIONS, write.name, body, etag, once=True)
        try:
            await written.send(sending, put)
        except (ArmRefused, Unsure):
            if written.sending is None:
                self.progress.not_sent(before)
            raise
        return True

    def _is_to_do(self, decided: Decided, there: "_There | None") -> bool:
        """Whether a number is still to be written. Where it is not, and it is there just so, a
        write of which nothing was heard was carried out."""
        seen, number = sighting_of(there), decided.number
        if _is_still_to_write(self.progress.as_it_is(decided), there):
            return True
        is_there = seen is not None and seen.value == number.becomes
        self.progress.written.settle(CONTROL_NUMBERS, number.agreement, number.kind, done=is_there)
        return False

    async def _there(self, name: str) -> "_There | None":
        found = await patiently(self.task, partial(self.account.item, Child.SESSIONS, name))
        if found is None:
            return None
        pulled = record_of(Child.SESSIONS, found)
        content = pulled.document["content"]
        return _There(pulled.name, content, pulled.changed_time, etag=pulled.etag)

    async def _session(
        self, decided: Decided, name: str, there: "_There | None", now: datetime
    ) -> SessionWrite:
        number = decided.number
        own = None
        stored = await self.stores.sessions.get(self.service.id, name)
        if stored is not None:
            opened = opened_session(self.key, stored.value)
            own = SessionThere(opened.name, opened.content)
        target = SessionThere(there.name, there.content) if there is not None else None
        made = generated_session(
            number.agreement, number.kind, decided.standard, number.becomes, now, target, own
        )
        return SessionWrite(there.name if there is not None else made.name, made.content)

    async def others(
        self,
        numbers: NumbersSurvey,
        cut: ServiceCut,
        survey: Survey,
        sources: Sources,
        asked: ControlNumbersAtPush,
    ) -> None:
        """Create the sessions that the account lacks; none is set back.

        :param sources: the accounts that numbers of the service came from.
        :raises ArmRefused: what ARM refused.
        """
        agreements = Agreements(survey.all_agreements.values())
        there = await sessions_of(self.account.pages(Child.SESSIONS), agreements)
        now = self.stores.clock.now()
        found = numbers.others(self.service, cut, survey, there.others, now, sources, asked)
        async for action, write in found:
            if action is not Action.CREATE:
                continue
            await self.create([write])

    async def received(self, since: ReceivedSince) -> None:
        """Create what the accounts that numbers came from have received since they were pulled.

        :raises ArmRefused: what ARM refused of the account that is written to.
        """
        async for write in since.all():
            await self.create([write])

    async def create(self, sessions: Sequence[SessionWrite]) -> None:
        """Create sessions, where the account lacks them.

        :raises ArmRefused: what ARM refused.
        """
        for write in sessions:
            await self.task.checkpoint()
            await carefully(self.task, partial(self._create, write))
            self.task.report("writing sessions", self.progress.written.sessions)

    async def _create(self, write: SessionWrite) -> None:
        """Create a session where the account lacks it. It is sent once: somebody may create it
        meanwhile, and it is not set back."""
        written = self.progress.written
        there = await self._there(write.name)
        if there is not None:
            written.settle(SESSIONS, write.name, done=there.content == write.content)
            return
        body: JsonObject = resource_of(Child.SESSIONS, write.name, write.document)
        sending = Sending(
            counted=Counted.SESSION,
            section=SESSIONS,
            name=write.name,
            wanted=fingerprint(write.content),
        )
        put = partial(self.account.put, Child.SESSIONS, write.name, body, once=True)
        await written.send(sending, put)
        written.end()


def fingerprint(content: JsonValue) -> str:
    """By which a session's content is known again."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _There(Generated):
    etag: str = ""


def _is_still_to_write(decided: Decided, there: Generated | None) -> bool:
    """Whether a number is still to be written; one that cannot be read stays, as it may be a later
    one."""
    is_unreadable = there is not None and there.is_unreadable
    return not is_unreadable and decided.is_still_to_write(sighting_of(there))
