"""Reading the sessions of an account, and staging those that changed or are gone."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shared.arm.client import Account
from shared.integration_accounts.pulling.behind import NumbersBehind
from shared.integration_accounts.pulling.emptied import Emptied, Kept
from shared.integration_accounts.pulling.spool import Spool, spool
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.record import canonical_line
from shared.model.service import Service
from shared.model.session import Session
from shared.model.wire import JsonObject
from shared.operations.task import Task
from shared.rules.integration_accounts.resources import name_of, record_of
from shared.rules.integration_accounts.session_names import Agreements, named
from shared.rules.naming import session_key
from shared.sealing.data_key import DataKey
from shared.services.sessions import opened_session, sealed_session
from shared.state.columns import require_storable
from shared.state.sessions import session_of as session_in
from shared.state.staging import StagedValue
from shared.storage.tables import Row

SESSION = "s!"
"""What the keys of staged sessions begin with."""


@dataclass(frozen=True)
class Found:
    """A session that a pull found changed, or gone."""

    name: str
    session: Session | None
    """Its secrets sealed; None if it is gone."""
    etag: str | None = ""
    """That of its row when the service was read, empty where it had none: another one says that
    somebody else wrote it meanwhile. None to write it whatever there is."""

    def staged(self) -> StagedValue:
        """As it is staged."""
        value: JsonObject = {"name": self.name}
        if self.session is not None:
            value |= {
                "document": self.session.document(),
                "changedTime": self.session.changed_time,
                "etag": self.etag,
            }
        return StagedValue(f"{SESSION}{hashed(session_key(self.name))}", value)

    @staticmethod
    def of(staged: StagedValue) -> "Found":
        """What was staged."""
        name, document = str(staged.value["name"]), staged.value.get("document")
        if not isinstance(document, dict):
            return Found(name, None)
        etag = staged.value.get("etag")
        session = Session.of(name, document, str(staged.value["changedTime"]))
        return Found(name, session, etag if isinstance(etag, str) else None)


def held(key: DataKey, session: Session, etag: str) -> Found:
    """A session as a pull writes it.

    :raises Problem: DocumentTooLarge.
    """
    found = Found(session.name, sealed_session(key, session), etag)
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

    def held(self, key: DataKey, names: Iterable[str], known: Spool) -> list[Found]:
        """Some of the sessions as a pull writes them, in the order of their keys; one that is too
        large is left.

        :param known: has the ETags of their rows.
        """
        found: list[Found] = []
        for name in sorted(names):
            try:
                found.append(held(key, self.sessions[name], known.etag(name)))
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
        self.began_at = stores.clock.now()
        """When the reading began: what the account did from then on may be in none of it."""
        self.seen = 0
        self.staged = 0
        self.not_held: dict[str, str] = {}
        """Sessions that no service can hold, each with why: what it had of them stays."""
        self.kept = Kept()
        """Those that the account has lost, and the service keeps."""

    async def run(self) -> None:
        """Read all sessions, and stage those that changed or are gone.

        :raises ArmRefused: what ARM refused; nothing but staged rows was written.
        """
        await self._behind.load(self._stores, self._service)
        self.began_at = self._stores.clock.now()
        with spool() as kept_apart:
            async for rows in self._stores.sessions.rows(self._service.id):
                kept_apart.add(noted(self._key, rows, self._known_as))
            await self._read(kept_apart)
            if kept_apart.unseen():
                # What is gone is believed only when a second list agrees.
                await self._read(kept_apart)
            self._behind.end(kept_apart.has_seen)
            gone = kept_apart.unseen()
            if gone and self._behind.set_back:
                await self._stage_expired(kept_apart)
                return
            while gone:
                await self._stage(Found(name, None) for name in gone)
                gone = kept_apart.unseen(gone[-1])

    async def _stage_expired(self, kept_apart: Spool) -> None:
        """Stage what is gone of an account that was emptied or set back, but for what stays."""
        now = self._stores.clock.now()
        emptied = Emptied(self._stores, self._service, self._key, self._behind, now)
        async for names in emptied.expired(kept_apart):
            await self._task.checkpoint()
            await self._stage(Found(name, None) for name in names)
        self.kept = emptied.kept

    def _known_as(self, session: Session) -> bytes:
        self._behind.stored(session)
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
            await self._stage(taken.held(self._key, changed, kept_apart))
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


def noted(
    key: DataKey, rows: Iterable[Row], printed_as: Callable[[Session], bytes]
) -> Iterator[tuple[str, bytes, str]]:
    """Stored sessions as a spool notes them."""
    for row in rows:
        session = opened_session(key, session_in(row))
        yield session_key(session.name), printed_as(session), row.etag


def printed(session: Session) -> bytes:
    """A fingerprint of a session, its secrets in the clear."""
    whole: JsonObject = {
        "name": session.name,
        "changedTime": session.changed_time,
        "document": session.document(),
    }
    return hashlib.blake2b(canonical_line(whole), digest_size=16).digest()
