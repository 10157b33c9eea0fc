"""What the sessions of accounts and of the service say of control numbers."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.arm.client import Account, Arm
from shared.arm.refusals import GONE, ArmRefused
from shared.integration_accounts.pushing.stores import PushStores
from shared.model.integration_account import AccountFacts, AccountId, Child
from shared.model.link import recorded_facts
from shared.model.numbers import Kind
from shared.model.problem import Code, Problem
from shared.model.push import ControlNumbersAtPush, PushNumbersPolicy
from shared.model.sections import SERVICE
from shared.model.service import Service
from shared.model.wire import JsonObject, JsonValue
from shared.rules.acceptable import require_whole
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_numbers import SourceState
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

    @property
    def sighting(self) -> Sighting | None:
        """What it says; None where that cannot be read."""
        value = number_of(self.content)
        return None if value is None else Sighting(value, self.changed_time)


@dataclass
class SessionsThere:
    """The sessions of one account, or of the service."""

    generated: dict[NumberKey, Generated] = field(default_factory=dict)
    others: SessionNames = field(default_factory=SessionNames)
    uncounted: dict[str, Generated] = field(default_factory=dict)
    """Generated numbers that the ledger has no counter for, by ``session_key``; they are of the
    others too."""
    count: int = 0

    def add(self, session: Generated, agreements: Agreements) -> None:
        """Add one."""
        key = generated_key(session.name, agreements)
        if key is not None:
            self.generated[key] = session
            return
        self.others.add(session.name)
        if is_uncounted(session.name, agreements):
            self.uncounted[session_key(session.name)] = session


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
        return Generated(pulled.name, pulled.document["content"], pulled.changed_time)
    try:
        name = name_of(Child.SESSIONS, resource)
        require_whole(name, "")
    except Problem:
        return None
    return Generated(name, None, "")


async def sessions_held(cut: ServiceCut, agreements: Agreements) -> SessionsThere:
    """The sessions that a service has, as they were pulled."""
    found = SessionsThere()
    async for page in cut.records(str(Child.SESSIONS)):
        for one in page:
            found.count += 1
            created = member(member(one.document, "properties"), "createdTime")
            session = Generated(
                one.name,
                one.document["content"],
                one.changed_at,
                moment(created) if isinstance(created, str) else None,
            )
            found.add(session, agreements)
    return found


@dataclass(frozen=True)
class Source:
    """The account that a service was pulled from, as it is now."""

    state: SourceState
    resource_id: str = ""
    sessions: Mapping[NumberKey, Generated] = field(default_factory=dict)
    uncounted: Mapping[str, Generated] = field(default_factory=dict)
    """As of ``SessionsThere``."""
    is_target: bool = False
    """Whether it is the account that is pushed to."""

    def latest(self, name: str, own: JsonValue) -> tuple[JsonValue, bool]:
        """The content of a session of a number that the ledger has no counter for, which an account
        gets that lacks it: the source's where that is higher; and whether it is known that nothing
        later was issued.

        :param own: the content that the service has.
        """
        now = self.uncounted.get(session_key(name))
        value = number_of(now.content) if now is not None else None
        if now is None or value is None:
            return own, False
        before = number_of(own)
        return (now.content if before is None or value > before else own), True


async def account_of(cut: ServiceCut) -> AccountFacts | None:
    """The account that a service was pulled from, be it linked to that one, to another one by now,
    or to none; None for one that holds what no account had."""
    async for page in cut.records(SERVICE):
        for one in page:
            return recorded_facts(one.document)
    return None


async def source_of(
    arm: Arm,
    facts: AccountFacts | None,
    target: Account,
    agreements: Agreements,
    there: SessionsThere | None,
    may_be_read: Callable[[AccountId], bool],
) -> Source:
    """What the account that a service was pulled from says now.

    :param facts: that account.
    :param there: the sessions of the target, which may be that account; None where the target is
        yet to be made.
    :param may_be_read: whether the installation's setting lets the app name an account.
    """
    if facts is None:
        return Source(SourceState.NONE)
    try:
        account_id = account_id_of(facts.resource_id)
    except Problem:
        return Source(SourceState.UNREACHABLE, facts.resource_id)
    if account_id.key == target.id.key:
        if there is None:
            return Source(SourceState.GONE, facts.resource_id)
        return Source(
            SourceState.READ, facts.resource_id, there.generated, there.uncounted, is_target=True
        )
    if not may_be_read(account_id):
        return Source(SourceState.UNREACHABLE, facts.resource_id)
    try:
        pages = arm.account(account_id).pages(Child.SESSIONS)
        found = await sessions_of(pages, agreements)
    except ArmRefused as refused:
        gone = refused.meaning in GONE
        state = SourceState.GONE if gone else SourceState.UNREACHABLE
        return Source(state, facts.resource_id)
    return Source(SourceState.READ, facts.resource_id, found.generated, found.uncounted)


def require_source(planned: JsonValue, now: Source, body: ControlNumbersAtPush) -> None:
    """Refuse to decide upon numbers from less than the plan knew.

    :param planned: what the source's state was when the push was planned, as its operation has it.
    :raises Problem: IntegrationAccountUnavailable where the account could be read then and cannot
        be now; ControlNumbersUncertain where it is gone since.
    """
    choices = [body.policy, *(one.policy for one in body.agreements)]
    goes_by_it = any(one is not PushNumbersPolicy.AS_KNOWN for one in choices)
    if planned != SourceState.READ or now.state is SourceState.READ or not goes_by_it:
        return
    if now.state is SourceState.GONE:
        raise Problem(
            Code.CONTROL_NUMBERS_UNCERTAIN,
            f"The account that the service was pulled from, {now.resource_id}, was there when this "
            "push was planned, and is gone. What it issued last is unknown: no number was written. "
            "Ask for the plan again: it proposes how many numbers to skip.",
            "/controlNumbers/policy",
        )
    raise Problem(
        Code.INTEGRATION_ACCOUNT_UNAVAILABLE,
        f"The account that the service was pulled from, {now.resource_id}, could be read when this "
        "push was planned, and cannot be read now: numbers that it issued since would come again. "
        "No number was written; the push goes on when it can be read.",
        retry_after_seconds=60,
    )


async def last_look(stores: PushStores, service: Service) -> datetime | None:
    """When the sessions that a service has were looked at last: by its link's pulls, or by the
    backup that it was restored from, where that one pulled; None where nobody knows."""
    facts = service.integration_account
    if facts is None:
        return None
    if facts.linked:
        link = await stores.links.get(service.name)
        look = link.value.last_session_pull_at if link is not None else None
        if link is not None and link.value.service_id == service.id and look is not None:
            return look
    origin = service.restored_from
    if origin is None:
        return None
    backup = await stores.history.get(origin.service, origin.backup)
    return backup.value.started_at if backup is not None and backup.value.pulled else None
