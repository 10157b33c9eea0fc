"""What the sessions of accounts and of the service say of control numbers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.integration_account import Child
from shared.model.numbers import Kind
from shared.model.problem import Problem
from shared.model.wire import JsonObject, JsonValue
from shared.rules.acceptable import require_whole
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_sessions import SessionNames
from shared.rules.integration_accounts.resources import name_of, record_of
from shared.rules.integration_accounts.session_names import Agreements, GeneratedName, named
from shared.rules.integration_accounts.sessions import number_of
from shared.rules.integration_accounts.times import moment
from shared.rules.naming import artifact_key, session_key
from shared.rules.trading import member
from shared.services.cut import ServiceCut

NumberKey = tuple[str, Kind]
"""Key of an agreement, and the kind of its number."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A session of a generated number."""

    name: str
    content: JsonValue = field(repr=False)
    """As it came."""
    changed_time: str
    created_at: datetime | None = None
    is_held: bool = True
    """Whether a service can hold it."""

    @property
    def sighting(self) -> Sighting | None:
        """What it says; None where that cannot be read."""
        value = number_of(self.content)
        return None if value is None else Sighting(value, self.changed_time)

    @property
    def is_unreadable(self) -> bool:
        """Whether its content is no number that can be read: nothing is written over it."""
        return self.sighting is None


@dataclass
class SessionsThere:
    """The sessions of one account, or of the service."""

    generated: dict[NumberKey, Generated] = field(default_factory=dict)
    others: SessionNames = field(default_factory=SessionNames)
    uncounted: dict[str, Generated] = field(default_factory=dict)
    """Generated numbers that the ledger has no counter for, by ``session_key``; they are of the
    others too."""
    not_held: set[str] = field(default_factory=set)
    """Keys of those of the others that no service can hold."""
    count: int = 0

    def add(self, session: Generated, agreements: Agreements) -> None:
        """Add one."""
        key = generated_key(session.name, agreements)
        if key is not None:
            self.generated[key] = session
            return
        self.others.add(session.name)
        if not session.is_held:
            self.not_held.add(session_key(session.name))
        if is_uncounted(session.name, agreements):
            self.uncounted[session_key(session.name)] = session


def sighting_of(session: Generated | None) -> Sighting | None:
    """What a session says; None for none, and for one that cannot be read."""
    return session.sighting if session is not None else None


def is_uncounted(name: str, agreements: Agreements) -> bool:
    """Whether a session is of a generated number that the ledger has no counter for."""
    meanings = named(name, agreements)
    meaning = meanings[0] if meanings else None
    return isinstance(meaning, GeneratedName) and meaning.kind is None


def generated_key(name: str, agreements: Agreements) -> NumberKey | None:
    """Which generated number a session is of; None for another session."""
    meanings = named(name, agreements)
    meaning = meanings[0] if meanings else None
    if not isinstance(meaning, GeneratedName) or meaning.kind is None:
        return None
    return artifact_key(meaning.agreement), meaning.kind


async def sessions_of(
    pages: AsyncIterator[list[JsonObject]], agreements: Agreements
) -> SessionsThere:
    """The sessions of an account.

    :param pages: as ARM lists them.
    :raises ArmRefused: if it does not list them all.
    """
    found = SessionsThere()
    async for page in pages:
        for resource in page:
            found.count += 1
            session = _session(resource)
            if session is not None:
                found.add(session, agreements)
    return found


def _session(resource: JsonObject) -> Generated | None:
    """A session of a list, without content where no service can hold it: it cannot be read then.
    None where it has no name, or one that no session of a service can have."""
    try:
        pulled = record_of(Child.SESSIONS, resource)
    except Problem:
        pass
    else:
        content, created_at = pulled.document["content"], _created(pulled.document)
        return Generated(pulled.name, content, pulled.changed_time, created_at)
    try:
        name = name_of(Child.SESSIONS, resource)
        require_whole(name, "")
    except Problem:
        return None
    return Generated(name, None, "", is_held=False)


def _created(document: JsonObject) -> datetime | None:
    """When a session was made; None where the account did not say, or nobody can read it."""
    created = member(member(document, "properties"), "createdTime")
    return moment(created) if isinstance(created, str) else None


async def sessions_held(cut: ServiceCut, agreements: Agreements) -> SessionsThere:
    """The sessions that a service has, as they were pulled."""
    found = SessionsThere()
    async for page in cut.records(str(Child.SESSIONS)):
        for one in page:
            found.count += 1
            session = Generated(
                one.name, one.document["content"], one.changed_at, _created(one.document)
            )
            found.add(session, agreements)
    return found
