"""Setting an agreement's next number where its integration account issues them: in the account.

The session is written first, then the service brings in what the account has, as a pull does. Where
the account refuses, nothing changes here; where the process stops in between, the next pull brings
it.
"""

from dataclasses import dataclass, replace

from shared.arm.client import Account
from shared.arm.problems import as_problems
from shared.arm.refusals import ArmRefused, Meaning
from shared.integration_accounts.pulling.session_writing import SessionWriter
from shared.integration_accounts.pulling.sessions import Found, session_of
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.condition import Condition, unconditional
from shared.model.integration_account import Child
from shared.model.numbers import Bounds, Counter, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.session import Session
from shared.model.wire import JsonObject, JsonValue, rfc3339
from shared.numbers.counters import CounterSettings, Standing
from shared.operations.immediate import BeforeWrite, unlogged
from shared.rules.integration_accounts.observed import Sighting, observed
from shared.rules.integration_accounts.session_names import generated_name
from shared.rules.integration_accounts.sessions import new_content, number_of, written
from shared.rules.numbers import first, moved
from shared.rules.states import require_manageable
from shared.rules.trading import agreement_content
from shared.services.sessions import opened_session, sealed_session
from shared.storage.versioned import optimistic

_TRIES = 3
"""How often a number is set again where the account issued one meanwhile."""


@dataclass(frozen=True)
class SettingNumbers:
    """Sets next numbers: of a linked service in its account, of any other one in the ledger."""

    counters: CounterSettings
    stores: PullStores

    async def set_next(
        self,
        service: Service,
        agreement: str,
        body: SetNextBody,
        condition: Condition = unconditional,
        before_write: BeforeWrite = unlogged,
    ) -> Standing:
        """Set the next number of one kind.

        :param condition: as for ``CounterSettings.set_next``.
        :param before_write: called before the account, or the ledger, is written.
        :raises Problem: as ``CounterSettings.set_next``; ManagedByAccount where the account's
            session has no number that can be read; IntegrationAccountUnknown where the setting
            INTEGRATION_ACCOUNTS names the account no more; IntegrationAccountNotFound,
            IntegrationAccountForbidden, IntegrationAccountRefused, IntegrationAccountUnavailable,
            KeyUnavailable.
        """
        facts = service.integration_account
        if facts is None or not facts.linked:
            return await self.counters.set_next(service, agreement, body, condition, before_write)
        require_manageable(service.name, service.state)
        standing = await self.counters.get(service, agreement)
        condition(standing.version)
        bounds = standing.numbering.get(body.kind)
        if bounds is None:
            return await self.counters.set_next(service, agreement, body, condition, before_write)
        account = self.stores.account(facts.resource_id)
        wanted = _Wanted(service, standing.agreement, body, bounds, before_write)
        with as_problems(account.id):
            resource = await self._write(account, standing, wanted)
        await self._bring(wanted, session_of(resource))
        return await self.counters.get(service, agreement)

    async def _write(self, account: Account, standing: Standing, wanted: "_Wanted") -> JsonObject:
        """Write the session, and return it as it is then.

        :raises ArmRefused: what ARM refuses.
        """
        name = generated_name(wanted.agreement, wanted.body.kind)
        for _ in range(_TRIES):
            found = await account.item(Child.SESSIONS, name)
            before = session_of(found) if found is not None else None
            counter = await self._counter(standing, wanted, before)
            moved(counter, wanted.bounds, wanted.body.next, allow_reuse=wanted.body.allow_reuse)
            if before is not None and number_of(before.content) == wanted.value:
                assert found is not None
                return found  # a number that does not move is not written
            content = await self._content(wanted, before)
            await wanted.before_write()
            after = await _put(account, before.name if before else name, content, before)
            if after is not None and wanted.is_set(before, session_of(after)):
                return after
        raise Problem(
            Code.INTEGRATION_ACCOUNT_UNAVAILABLE,
            f"The account wrote another number of '{wanted.agreement}' at the same time. Suspend "
            "the service, so that no workflow issues numbers, and set it then; or try again.",
            retry_after_seconds=5,
        )

    async def _counter(
        self, standing: Standing, wanted: "_Wanted", before: Session | None
    ) -> Counter:
        """The counter with what the account has issued by now."""
        counter = standing.counters.get(wanted.body.kind)
        number = number_of(before.content) if before is not None else None
        if before is not None and number is None:
            raise Problem(
                Code.MANAGED_BY_ACCOUNT,
                f"The session '{before.name}' of the account holds no control number that can be "
                "read, so it is not written over. Change it in the account and pull.",
                target="service",
            )
        if before is None or number is None or (counter and counter.last == number):
            return counter or first(wanted.bounds)
        stored = await self.stores.sessions.get(wanted.service.id, before.name)
        known = None
        if stored is not None:
            opened = opened_session(
                await self.stores.keys.data_key(wanted.service.id), stored.value
            )
            said = number_of(opened.content)
            known = None if said is None else Sighting(said, opened.changed_time)
        now = Sighting(number, before.changed_time)
        return observed(counter, wanted.bounds, now, known)

    async def _content(self, wanted: "_Wanted", before: Session | None) -> JsonValue:
        now = self.stores.clock.now()
        if before is not None:
            return written(before.content, wanted.value, now)
        found = await self.stores.configuration.artifact(
            wanted.service.id, Section.AGREEMENTS, wanted.agreement
        )
        settings = agreement_content(found.value.document) if found is not None else None
        return new_content(settings[0] if settings else "x12", wanted.value, now)

    async def _bring(self, wanted: "_Wanted", session: Session) -> None:
        """Bring a session of the account into the service, as a pull does."""
        service = wanted.service
        key = await self.stores.keys.data_key(service.id)
        writer = SessionWriter(self.stores, service, key, self.stores.clock.now())
        await writer.write([Found(session.name, sealed_session(key, session), None)])
        number = number_of(session.content)
        if wanted.body.allow_reuse and number is not None:
            await self._begin_again(wanted, number)

    @optimistic
    async def _begin_again(self, wanted: "_Wanted", number: int) -> None:
        """Begin a cycle where the ledger knows of later numbers than the account does: what is seen
        of the account alone does not say that they come again."""
        ledger, service, kind = self.stores.ledger, wanted.service.name, wanted.body.kind
        row = await ledger.get(service, wanted.agreement)
        counter = row.counters.get(kind) if row is not None else None
        if row is None or counter is None or counter.last <= number:
            return
        if number >= wanted.bounds.upper:
            return
        await wanted.before_write()
        begun = moved(counter, wanted.bounds, number + 1, allow_reuse=True)
        counters = {**row.counters, kind: begun}
        now = rfc3339(self.stores.clock.now())
        await ledger.write(service, replace(row, counters=counters, changed_at=now))


@dataclass(frozen=True)
class _Wanted:
    """What is to be set."""

    service: Service
    agreement: str
    body: SetNextBody
    bounds: Bounds
    before_write: BeforeWrite

    @property
    def value(self) -> int:
        """What the session says then: the last number issued."""
        return self.body.next - 1

    def is_set(self, before: Session | None, after: Session) -> bool:
        """Whether a session that was read back goes on from the number. The account may have issued
        further ones since; one that it issued by the former number is none of these."""
        number = number_of(after.content)
        former = number_of(before.content) if before is not None else None
        if number is None or number < self.value:
            return False
        return former is None or former < self.value or number < former


async def _put(
    account: Account, name: str, content: JsonValue, before: Session | None
) -> JsonObject | None:
    """Write a session, and read it back: the answer to a write still has its former time, and a
    version may not be heeded. None where it is gone.

    It is sent once: where its answer is lost, what is read back tells whether it was carried out.
    Sent again, it would set back what a workflow issued since; and a session that is yet to be made
    has no version that forbids that.

    :raises ArmRefused: if it was not written, as far as can be known.
    """
    body: JsonObject = {"properties": {"content": content}}
    etag = before.etag if before else ""
    try:
        await account.put(Child.SESSIONS, name, body, etag, once=True)
    except ArmRefused as refused:
        if refused.meaning is Meaning.CHANGED:
            return await account.item(Child.SESSIONS, name)
        found = await _read_back(account, name, refused)
        if found is None or _is_as_before(before, session_of(found)):
            raise
        return found
    return await account.item(Child.SESSIONS, name)


def _is_as_before(before: Session | None, after: Session) -> bool:
    return before is not None and after.content == before.content


async def _read_back(account: Account, name: str, refused: ArmRefused) -> JsonObject | None:
    """A session after a write that was refused, or not answered: it may be carried out.

    :raises ArmRefused: the former refusal, where ARM does not say this either.
    """
    try:
        return await account.item(Child.SESSIONS, name)
    except ArmRefused:
        raise refused from None
