"""The accounts that numbers of a service came from, as they are now.

The *latest* is the one whose sessions the service has: the account that it was pulled from last.
Those of before are read besides, until it is settled what they issued: no pull of another account
says that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.arm.client import Account, Arm
from shared.arm.refusals import GONE, ArmRefused
from shared.integration_accounts.pushing.sources import (
    Generated,
    NumberKey,
    SessionsThere,
    sessions_of,
)
from shared.integration_accounts.pushing.stores import PushStores
from shared.model.integration_account import (
    MOST_PUSHED_INTO,
    AccountFacts,
    AccountId,
    Child,
    FormerAccount,
    PushedAccount,
    Sku,
)
from shared.model.problem import Code, Problem
from shared.model.push import ControlNumbersAtPush, PlannedSource, PushNumbersPolicy
from shared.model.service import Service
from shared.model.wire import JsonValue
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.integration_accounts.push_former import Former
from shared.rules.integration_accounts.push_known import SourceState
from shared.rules.integration_accounts.push_sessions import SessionNames
from shared.rules.integration_accounts.resources import name_of
from shared.rules.integration_accounts.session_names import Agreements
from shared.rules.integration_accounts.sessions import number_of
from shared.rules.naming import artifact_key, session_key


@dataclass(frozen=True)
class Source:
    """An account that numbers of a service came from, as it is now."""

    state: SourceState
    resource_id: str = ""
    location: str = ""
    seen_at: datetime | None = None
    """When it was looked at last, of one of before; None where nobody knows."""
    sessions: Mapping[NumberKey, Generated] = field(default_factory=dict)
    uncounted: Mapping[str, Generated] = field(default_factory=dict)
    """As of ``SessionsThere``."""
    others: SessionNames = field(default_factory=SessionNames)
    """As of ``SessionsThere``."""
    not_held: frozenset[str] = frozenset()
    """As of ``SessionsThere``."""
    agreements: frozenset[str] = frozenset()
    """Keys of the agreements of one of before."""
    is_target: bool = False
    """Whether it is the account that is pushed to."""
    is_outside: bool = False
    """Whether it is not asked, as the installation's setting does not name it."""
    is_ahead: bool = False
    """As of ``PushedAccount``, for one that numbers were pushed into."""

    @property
    def key(self) -> str:
        """The same for every spelling of its id."""
        return self.resource_id.lower()

    def former(self, key: NumberKey) -> Former:
        """What one of before says of a number."""
        found = self.sessions.get(key)
        return Former(
            self.resource_id,
            self.state is SourceState.READ,
            found.sighting if found is not None else None,
            is_unreadable=found is not None and found.is_unreadable,
            is_lost=found is None and key[0] in self.agreements,
            is_target=self.is_target,
            is_outside=self.is_outside,
            seen_at=self.seen_at,
            is_ahead=self.is_ahead,
            made_at=found.created_at if found is not None else None,
        )


@dataclass(frozen=True)
class Sources:
    """All of them."""

    latest: Source = field(default_factory=lambda: Source(SourceState.NONE))
    former: Sequence[Source] = ()
    """The latest last."""

    @property
    def all(self) -> list[Source]:
        """Those that there are: the latest first, then those of before."""
        there = [self.latest] if self.latest.state is not SourceState.NONE else []
        return [*there, *reversed(self.former)]

    @property
    def are_read(self) -> bool:
        """Whether each of them gave its sessions, and there is one."""
        return bool(self.all) and all(one.state is SourceState.READ for one in self.all)

    def shown(self) -> list[PlannedSource]:
        """As the plan has them."""
        return [PlannedSource(resource_id=o.resource_id, state=str(o.state)) for o in self.all]

    @property
    def uncounted(self) -> Mapping[str, Generated]:
        """The sessions of numbers that the ledger has no counter for: of each, the highest."""
        if not self.former:
            return self.latest.uncounted
        found = dict(self.latest.uncounted)
        for source in self.former:
            for key, one in source.uncounted.items():
                if key not in found or _number(one) > _number(found[key]):
                    found[key] = one
        return found

    def latest_of(self, name: str, own: JsonValue) -> tuple[JsonValue, bool]:
        """The content of a session of a number that the ledger has no counter for, which an account
        gets that lacks it: a source's where that is higher; and whether it is known that nothing
        later was issued.

        :param own: the content that the service has.
        """
        key = session_key(name)
        now = self.uncounted.get(key)
        value = number_of(now.content) if now is not None else None
        if now is None or value is None:
            return own, False
        before = number_of(own)
        said = self.latest.uncounted.get(key)
        is_latest = said is not None and not said.is_unreadable and self.are_read
        return (now.content if before is None or value > before else own), is_latest


def _number(session: Generated) -> int:
    return number_of(session.content) or 0


@dataclass(frozen=True)
class Reading:
    """Reads the accounts for one push.

    :param there: the sessions of the target, which may be one of them; None where it is yet to be
        made.
    :param may_be_read: whether the installation's setting lets the app name an account.
    """

    arm: Arm
    target: Account
    agreements: Agreements
    there: SessionsThere | None
    may_be_read: Callable[[AccountId], bool]

    async def sources(self, service: Service) -> Sources:
        """What the accounts say now that numbers of a service came from."""
        facts = service.integration_account
        latest, former = came_from(service, self.target.id)
        found = [await self._source(one, is_former=True) for one in former]
        return Sources(
            await self._source(latest) if latest is not None else Source(SourceState.NONE),
            [one for one in found if not _has_issued_nothing(one, facts)],
        )

    async def _source(self, one: FormerAccount, *, is_former: bool = False) -> Source:
        nothing = Source(SourceState.UNREACHABLE, one.resource_id, one.location, one.seen_at)
        # One that numbers were pushed into had those that it has sessions of, and no others.
        is_pushed, has_all = isinstance(one, PushedAccount), is_former
        if isinstance(one, PushedAccount):
            nothing = replace(nothing, is_ahead=one.ahead)
            has_all = one.seen_at is not None
        gone = replace(nothing, state=SourceState.GONE)
        try:
            account_id = account_id_of(one.resource_id)
        except Problem:
            return nothing
        is_target, names = account_id.key == self.target.id.key, frozenset[str]()
        if is_target:
            if self.there is None:
                return gone
            found = self.there
            names = await _agreements_of(self.target) if is_former and not is_pushed else names
        elif not self.may_be_read(account_id):
            return replace(nothing, is_outside=True)
        else:
            account = self.arm.account(account_id)
            try:
                found = await sessions_of(account.pages(Child.SESSIONS), self.agreements)
                names = await _agreements_of(account) if is_former and not is_pushed else names
            except ArmRefused as refused:
                return gone if refused.meaning in GONE else nothing
        is_silent = not is_target and one.sku is Sku.PREMIUM and not found.count
        if is_silent or (has_all and not found.generated):
            return replace(nothing, state=SourceState.SILENT)
        return replace(
            nothing,
            state=SourceState.READ,
            sessions=found.generated,
            uncounted=found.uncounted,
            others=found.others,
            not_held=frozenset(found.not_held),
            agreements=names,
            is_target=is_target,
        )


def _has_issued_nothing(source: Source, facts: AccountFacts | None) -> bool:
    """Whether an account has no session of a number, of which the service never had any either: it
    is merely linked to it."""
    if facts is None or facts.pulled or facts.sku is Sku.PREMIUM:
        return False
    return source.key == facts.key and source.state is SourceState.SILENT


async def _agreements_of(account: Account) -> frozenset[str]:
    """The keys of the agreements of an account."""
    pages = account.pages(Child.AGREEMENTS)
    names = [name_of(Child.AGREEMENTS, one) async for page in pages for one in page]
    return frozenset(artifact_key(name) for name in names)


def came_from(
    service: Service, target: AccountId
) -> tuple[FormerAccount | None, list[FormerAccount]]:
    """The account that a service's sessions are of, None for none; and the others that numbers of
    it came from.

    Those that they were pushed into are the first ones.
    """
    facts, pushed = service.integration_account, list[FormerAccount](service.pushed_into or ())
    if facts is None:
        return None, pushed
    pushed = [one for one in pushed if not facts.has_numbers_of(one.key)]
    latest = facts.latest
    former = [one for one in facts.former if latest is None or one.key != latest.key]
    if facts.pulled or not facts.linked:
        return latest, [*pushed, *former]
    # Nothing was pulled from it. Where it is the target, its own number counts in any case.
    known = {target.key, *(one.key for one in [*pushed, *facts.former])}
    return latest, [*pushed, *former, *([] if facts.key in known else [facts.itself])]


def too_many(service: Service, target: AccountId) -> list[Problem]:
    """Why numbers of a service may not go into one more account; empty where they may.

    :param target: the account that is pushed to.
    """
    pushed, facts = {one.key for one in service.pushed_into or ()}, service.integration_account
    is_known = target.key in pushed or (facts is not None and facts.has_numbers_of(target.key))
    if is_known or len(pushed) < MOST_PUSHED_INTO:
        return []
    return [
        Problem(
            Code.CONTROL_NUMBERS_UNCERTAIN,
            f"Numbers of service '{service.name}' were pushed into {len(pushed)} accounts, and no "
            "more are remembered; numbers of one that is forgotten would come again. Delete those "
            "that nobody needs, and push the whole service once with advance into one of the "
            "others: those that are gone are settled then.",
            "/resourceId",
        )
    ]


def require_sources(planned: Mapping[str, str], now: Sources, body: ControlNumbersAtPush) -> None:
    """Refuse to decide upon numbers from less than the plan knew.

    :param planned: the state of each account when the push was planned, by its key.
    :raises Problem: IntegrationAccountUnavailable where one could be read then and cannot be now;
        ControlNumbersUncertain where it is gone since.
    """
    if body.policies == {PushNumbersPolicy.AS_KNOWN}:
        return
    for source in not_read_any_more(planned, now):
        if source.state is SourceState.UNREACHABLE:
            raise Problem(
                Code.INTEGRATION_ACCOUNT_UNAVAILABLE,
                f"An account that numbers of the service came from, {source.resource_id}, could be "
                f"read when this push was planned, and {_unread(source)}: numbers that it issued "
                "since would come again. No number was written; the push goes on when it can be "
                "read.",
                retry_after_seconds=60,
            )
        raise Problem(
            Code.CONTROL_NUMBERS_UNCERTAIN,
            f"An account that numbers of the service came from, {source.resource_id}, was there "
            "when this push was planned, and is gone, or lost its sessions. What it issued last is "
            "unknown: no number was written. Ask for the plan again: it proposes how many numbers "
            "to skip.",
            "/controlNumbers/policy",
        )


def _unread(source: Source) -> str:
    if source.is_outside:
        return "the app setting INTEGRATION_ACCOUNTS names it no more, so it is not asked"
    return "cannot be read now"


def not_read_any_more(planned: Mapping[str, str], now: Sources) -> list[Source]:
    """The accounts that gave their sessions when the push was planned, and do not now."""
    return [
        one
        for one in now.all
        if one.state is not SourceState.READ and planned.get(one.key) == SourceState.READ
    ]


async def last_look(stores: PushStores, service: Service) -> datetime | None:
    """When the sessions that a service has were looked at last: by its link's pulls, or by the
    backup that it was restored from, where that one pulled; None where nobody knows."""
    facts = service.integration_account
    if facts is None:
        return None
    is_of_former = not facts.pulled and bool(facts.former)
    if is_of_former and (seen_at := facts.former[-1].seen_at) is not None:
        return seen_at
    if facts.linked and not is_of_former:
        link = await stores.links.get(service.name)
        if link is not None and link.value.service_id == service.id:
            looked = link.value.last_session_pull_at
            if looked is not None:
                return looked
    if facts.seen_at is not None:
        return facts.seen_at
    origin = service.restored_from
    if origin is None:
        return None
    backup = await stores.history.get(origin.service, origin.backup)
    return backup.value.started_at if backup is not None and backup.value.pulled else None
