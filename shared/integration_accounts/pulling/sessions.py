"""Reading the sessions of an account, and bringing them into the service.

Each session is kept as it is. What it says of control numbers goes into the ledger and the received
numbers besides, so that everything that works on those works for an account.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.arm.client import Account
from shared.integration_accounts.pulling.behind import NumbersBehind
from shared.integration_accounts.pulling.spool import Spool, spool
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.integration_account import Child
from shared.model.numbers import AgreementNumbers, Bounds, Kind
from shared.model.problem import Code, Problem
from shared.model.record import canonical_line
from shared.model.runtime import ReceivedNumber
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.session import Session
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.claims import left_behind
from shared.operations.task import Task
from shared.rules.integration_accounts.observed import (
    Sighting,
    is_behind_ledger,
    observed,
)
from shared.rules.integration_accounts.received import Receiving
from shared.rules.integration_accounts.resources import name_of, record_of
from shared.rules.integration_accounts.session_names import Agreements, named
from shared.rules.integration_accounts.sessions import (
    GeneratedNumber,
    ReceivedNumberSeen,
    number_of,
    read,
)
from shared.rules.naming import artifact_key, session_key, shown
from shared.sealing.data_key import DataKey
from shared.services.sessions import opened_session, sealed_session
from shared.state.columns import require_storable
from shared.state.control_numbers import LedgerRow
from shared.state.staging import StagedValue
from shared.storage.tables import TRANSACTION_ROWS
from shared.storage.versioned import optimistic

log = logging.getLogger("interkeep.pulls")

SESSION = "s!"
"""What the keys of staged sessions begin with."""


@dataclass(frozen=True)
class Found:
    """A session that a pull found changed, or gone."""

    name: str
    session: Session | None
    """Its secrets sealed; None if it is gone."""

    def staged(self) -> StagedValue:
        """As it is staged."""
        value: JsonObject = {"name": self.name}
        if self.session is not None:
            value |= {
                "document": self.session.document(),
                "changedTime": self.session.changed_time,
            }
        return StagedValue(f"{SESSION}{hashed(session_key(self.name))}", value)

    @staticmethod
    def of(staged: StagedValue) -> "Found":
        """What was staged."""
        name, document = str(staged.value["name"]), staged.value.get("document")
        if not isinstance(document, dict):
            return Found(name, None)
        return Found(name, Session.of(name, document, str(staged.value["changedTime"])))


def held(key: DataKey, session: Session) -> Found:
    """A session as a pull writes it.

    :raises Problem: DocumentTooLarge.
    """
    found = Found(session.name, sealed_session(key, session))
    require_storable(found.staged().value)
    return found


@dataclass
class Taken:
    """The sessions of a page of an account."""

    sessions: dict[str, Session] = field(default_factory=dict)
    """By key; secrets in the clear."""
    left: dict[str, str] = field(default_factory=dict)
    """Those that no service can hold, each with why, by key."""

    @staticmethod
    def of(page: Iterable[JsonObject]) -> "Taken":
        """Take each session that can be read."""
        taken = Taken()
        for resource in page:
            try:
                session = session_of(resource)
            except Problem as problem:
                taken.left[_key_of(resource)] = problem.message
            else:
                taken.sessions[session_key(session.name)] = session
        return taken

    def held(self, key: DataKey, names: Iterable[str]) -> list[Found]:
        """Some of the sessions as a pull writes them, in the order of their keys; one that is too
        large is left."""
        found: list[Found] = []
        for name in sorted(names):
            try:
                found.append(held(key, self.sessions[name]))
            except Problem as problem:
                if problem.code is not Code.DOCUMENT_TOO_LARGE:
                    raise
                self.left[name] = problem.message
        return found


def _key_of(resource: JsonObject) -> str:
    """The key of a resource that is left; what cannot be written of its name is replaced in it."""
    try:
        name = name_of(Child.SESSIONS, resource)
    except Problem:
        return ""
    return session_key(name.encode(errors="replace").decode())


def hashed(text: str) -> str:
    """A key of 32 characters for any text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class SessionPull:
    """One pull of an account's sessions.

    :param added: agreements that come with this pull: their sessions count as changed, as what was
        stored of them before was that of no agreement.
    :param behind: told all sessions, those that were stored before and those that are there.
    """

    def __init__(
        self,
        stores: PullStores,
        service: Service,
        account: Account,
        key: DataKey,
        task: Task,
        added: Sequence[str],
        behind: NumbersBehind,
    ) -> None:
        self._behind = behind
        self._added = Agreements(added)
        self._stores = stores
        self._service = service
        self._account = account
        self._key = key
        self._task = task
        self.seen = 0
        self.staged = 0
        self.not_held: dict[str, str] = {}
        """Sessions that no service can hold, each with why: what it had of them stays."""

    async def run(self) -> None:
        """Read all sessions, and stage those that changed or are gone.

        :raises ArmRefused: what ARM refused; nothing but staged rows was written.
        """
        await self._behind.load(self._stores, self._service)
        with spool() as kept_apart:
            async for stored in self._stores.sessions.pages(self._service.id):
                opened = [opened_session(self._key, one) for one in stored]
                for one in opened:
                    self._behind.stored(one)
                kept_apart.add((session_key(one.name), self._known_as(one)) for one in opened)
            await self._read(kept_apart)
            if kept_apart.unseen():
                # What is gone is believed only when a second list agrees.
                await self._read(kept_apart)
            gone = kept_apart.unseen()
            while gone:
                await self._stage(Found(name, None) for name in gone)
                gone = kept_apart.unseen(gone[-1])

    def _known_as(self, session: Session) -> bytes:
        return b"" if named(session.name, self._added) else printed(session)

    async def _read(self, kept_apart: Spool) -> None:
        seen = 0
        async for page in self._account.pages(Child.SESSIONS):
            await self._task.checkpoint()
            taken = Taken.of(page)
            for one in taken.sessions.values():
                self._behind.seen(one)
            changed = kept_apart.see([(key, printed(one)) for key, one in taken.sessions.items()])
            kept_apart.see([(key, b"") for key in taken.left])
            seen += len(page)
            self._task.report("reading sessions", seen)
            await self._stage(taken.held(self._key, changed))
            self.not_held |= taken.left
        self.seen = seen

    async def _stage(self, found: Iterable[Found]) -> None:
        values = [one.staged() for one in found]
        self.staged += len(values)
        await self._stores.staging.put_values(self._service.id, self._task.operation.id, values)


def session_of(resource: JsonObject) -> Session:
    """The session of a resource as ARM answers it.

    :raises Problem: InvalidName, InvalidRequest for one that no service can hold.
    """
    pulled = record_of(Child.SESSIONS, resource)
    return Session.of(pulled.name, pulled.document, pulled.changed_time)


def printed(session: Session) -> bytes:
    """A fingerprint of a session, its secrets in the clear."""
    whole: JsonObject = {
        "name": session.name,
        "changedTime": session.changed_time,
        "document": session.document(),
    }
    return hashlib.blake2b(canonical_line(whole), digest_size=16).digest()


Said = dict[Kind, tuple[str, GeneratedNumber]]
"""By kind, the session's name and what it says was issued."""


class SessionWriter:
    """Brings changed sessions into a service. Every step may be repeated.

    :param first: whether it is the first pull of a link: what is stored may be of another account,
        and a number that is lower than there says nothing about a new cycle here.
    """

    def __init__(
        self,
        stores: PullStores,
        service: Service,
        key: DataKey,
        now: datetime,
        *,
        first: bool = False,
    ) -> None:
        self._stores = stores
        self._service = service
        self._key = key
        self._now = now
        self._first = first
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
        there = [one.session for one in found if one.session is not None]
        await self._stores.sessions.put_all(self._service.id, there)
        gone = [one.name for one in found if one.session is None]
        await self._stores.sessions.drop(self._service.id, gone)

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
            if known is not None and known.last == one.value:
                continue  # this has been counted, perhaps by an attempt that stopped behind it
            before = None if self._first else await self._sighted(name)
            bounds = numbers.numbering.get(kind, Bounds())
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
