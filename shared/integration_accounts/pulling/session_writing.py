"""Bringing the sessions of an account into a service.

Each session is kept as it is. What it says of control numbers goes into the ledger and the received
numbers besides, so that everything that works on those works for an account.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from shared.integration_accounts.pulling.sessions import Found
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.numbers import AgreementNumbers, Bounds, Counter, Kind
from shared.model.push import PlannedNumber
from shared.model.runtime import ReceivedNumber
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.session import Session
from shared.model.wire import rfc3339
from shared.numbers.claims import left_behind
from shared.rules.integration_accounts.observed import (
    Sighting,
    is_behind_ledger,
    is_later,
    observed,
)
from shared.rules.integration_accounts.received import Receiving
from shared.rules.integration_accounts.session_names import Agreements
from shared.rules.integration_accounts.sessions import (
    GeneratedNumber,
    ReceivedNumberSeen,
    number_of,
    read,
)
from shared.rules.integration_accounts.times import ticks_of
from shared.rules.naming import artifact_key, shown
from shared.rules.numbers import new_cycle
from shared.sealing.data_key import DataKey
from shared.services.sessions import opened_session
from shared.state.control_numbers import LedgerRow
from shared.storage.tables import TRANSACTION_ROWS
from shared.storage.versioned import optimistic

log = logging.getLogger("interkeep.pulls")

Said = dict[Kind, tuple[str, GeneratedNumber]]
"""By kind, the session's name and what it says was issued."""


class SessionWriter:
    """Brings changed sessions into a service. Every step may be repeated.

    :param first: whether it is the first pull of a link: what is stored may be of another account,
        and a number that is lower than there says nothing about a new cycle here.
    :param pushed: whether a push wrote the account's numbers behind what is stored, which may be of
        another account: what that one said later is no later answer of this one.
    :param decided: what a push decided of numbers, by the key of the agreement and the kind: one
        that it moved on around the end of its bounds is lower, and of a later cycle.
    :param yields: whether what somebody else wrote meanwhile stays, unless it is older for certain.
        A full pull, which has read the account after everybody else, yields only to what is newer.
    """

    def __init__(
        self,
        stores: PullStores,
        service: Service,
        key: DataKey,
        now: datetime,
        *,
        first: bool = False,
        pushed: bool = False,
        decided: Mapping[tuple[str, Kind], PlannedNumber] = MappingProxyType({}),
        yields: bool = False,
    ) -> None:
        self._stores = stores
        self._service = service
        self._key = key
        self._now = now
        self._first = first
        self._pushed = pushed
        self._decided = decided
        self._yields = yields
        self._agreements: Agreements | None = None
        self._numbers: dict[str, AgreementNumbers] = {}
        self._receive: dict[str, Receiving] = {}

    async def write(self, found: Sequence[Found]) -> None:
        """Write sessions and what they say of control numbers; that first, so that a session is
        stored only when it has had its effect.

        :raises Problem: KeyUnavailable.
        """
        agreements = await self._all_agreements()
        generated: dict[str, Said] = {}
        received: dict[tuple[str, str], ReceivedNumber] = {}
        for one in found:
            if one.session is None:
                await self._forget(one.name, agreements)
                continue
            opened = opened_session(self._key, one.session)
            said = read(opened.name, opened.content, opened.changed_time, agreements)
            if isinstance(said, GeneratedNumber):
                of_agreement = generated.setdefault(artifact_key(said.agreement), {})
                of_agreement[said.kind] = opened.name, said
            elif isinstance(said, ReceivedNumberSeen):
                number = (await self._receiving(said)).number(opened.name, said, self._now)
                received[artifact_key(number.agreement), str(number.value)] = number
        for agreement, of_agreement in generated.items():
            await self._count(self._numbers[agreement], of_agreement)
        await self._put_received(list(received.values()))
        await self._store(found)
        gone = [one.name for one in found if one.session is None]
        await self._stores.sessions.drop(self._service.id, gone)

    async def _store(self, found: Sequence[Found]) -> None:
        sessions, service_id = self._stores.sessions, self._service.id
        there = [(one.session, one.etag) for one in found if one.session is not None]
        await sessions.put_all(service_id, [one for one, etag in there if etag is None])
        asked = [(one, etag) for one, etag in there if etag is not None]
        for one in await sessions.put_where(service_id, asked):
            await self._store_after(one)

    @optimistic
    async def _store_after(self, session: Session) -> None:
        """Store a session whose row somebody else wrote, or deleted, since it was read."""
        sessions, service_id = self._stores.sessions, self._service.id
        stored = await sessions.get(service_id, session.name)
        if stored is None:
            if not self._yields:
                await sessions.put_where(service_id, [(session, "")])
            return
        mine, theirs = ticks_of(session.changed_time), ticks_of(stored.value.changed_time)
        if mine is None or theirs is None:
            is_newer, is_older = False, False
        else:
            is_newer, is_older = mine > theirs, mine < theirs
        if is_newer or not (is_older or self._yields):
            await sessions.replace(service_id, session, stored.etag)

    async def _all_agreements(self) -> Agreements:
        if self._agreements is None:
            async for page in self._stores.configuration.all_numbers(self._service.id):
                self._numbers.update((artifact_key(one.name), one) for one in page)
            self._agreements = Agreements(one.name for one in self._numbers.values())
        return self._agreements

    @optimistic
    async def _count(self, numbers: AgreementNumbers, said: Said) -> None:
        """Bring what was issued into the ledger.

        The row gets no owner: the service issues nothing while it is linked, and claims its rows,
        behind everything that is known, before it issues again.
        """
        ledger, service = self._stores.ledger, self._service.name
        row = await ledger.get(service, numbers.name)
        former = None
        if row is None:
            row = LedgerRow(numbers.name, "", {}, "", stream=numbers.stream)
        elif row.stream != numbers.stream:
            if row.stream and any(row.known):
                former = await left_behind(ledger, service, row)
            counted = LedgerRow(numbers.name, "", {}, "", row.etag, stream=numbers.stream)
            row = counted
        counters = dict(row.counters)
        for kind, (name, one) in said.items():
            known, now = counters.get(kind), Sighting(one.value, one.changed_time)
            bounds = numbers.numbering.get(kind, Bounds())
            moved = self._decided.get((artifact_key(numbers.name), kind))
            if known is not None and moved is not None:
                known = _in_cycle_of(known, bounds, moved, one.value)
                counters[kind] = known
            if known is not None and known.last == one.value:
                continue  # this has been counted, perhaps by an attempt that stopped behind it
            before = None if self._first else await self._sighted(name)
            if self._pushed and before is not None and is_later(before, now):
                before = None
            counters[kind] = observed(known, bounds, now, before)
            if is_behind_ledger(known, bounds, now, before):
                issued = counters[kind].last
                log.warning(
                    "the session %s of %s is at %d, and numbers up to %d were issued",
                    *(shown(name), self._service.name, one.value, issued),
                )
        if counters == row.counters and former is None and row.etag:
            return
        row = replace(row, counters=counters, changed_at=rfc3339(self._now))
        await ledger.write_all(service, [row, former] if former is not None else [row])

    async def _sighted(self, name: str) -> Sighting | None:
        """What a session said when it was stored last; None if it was not, or cannot be read."""
        found = await self._stores.sessions.get(self._service.id, name)
        if found is None:
            return None
        stored = opened_session(self._key, found.value)
        value = number_of(stored.content)
        return None if value is None else Sighting(value, stored.changed_time)

    async def _receiving(self, said: ReceivedNumberSeen) -> Receiving:
        """What the document of an agreement says of the numbers that it received."""
        key = artifact_key(said.agreement)
        if key not in self._receive:
            found = await self._stores.configuration.artifact(
                self._service.id, Section.AGREEMENTS, said.agreement
            )
            self._receive[key] = Receiving(found.value.document if found else {})
        return self._receive[key]

    async def _put_received(self, numbers: Sequence[ReceivedNumber]) -> None:
        for start in range(0, len(numbers), TRANSACTION_ROWS):
            some = numbers[start : start + TRANSACTION_ROWS]
            await self._stores.received.put_all(self._service.id, some)

    async def _forget(self, name: str, agreements: Agreements) -> None:
        """Forget a received number whose session is gone. The ledger forgets nothing."""
        said = read(name, None, "", agreements)
        if not isinstance(said, ReceivedNumberSeen):
            return
        number = (await self._receiving(said)).number(name, said, self._now)
        await self._drop_received(said.agreement, number.value)

    @optimistic
    async def _drop_received(self, agreement: str, value: int | str) -> None:
        received, service = self._stores.received, self._service.id
        found = await received.get(service, agreement, Kind.INTERCHANGE, value)
        if found is not None:
            await received.drop(service, found.value, found.etag)


def _in_cycle_of(known: Counter, bounds: Bounds, moved: PlannedNumber, value: int) -> Counter:
    """A counter in the cycle to which a push moved it on, where the account has gone on from
    there.

    :param value: the account's number.
    """
    if moved.cycle is None or moved.cycle <= known.cycle or value < moved.becomes:
        return known
    return new_cycle(known, bounds).model_copy(update={"cycle": moved.cycle})
