"""The integration accounts that may be linked, and which service has which."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.arm.client import Arm
from shared.arm.problems import problem_of
from shared.arm.refusals import GONE, ArmRefused
from shared.model.integration_account import AccountId
from shared.model.link import AccountProperties
from shared.model.problem import Code, Detail, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.ids import Scope, account_id_of
from shared.services.account_claims import AccountClaims
from shared.state.links import Links
from shared.streams.in_order import in_order

_AT_ONCE = 16
"""Scopes that are read concurrently, and accounts whose services are looked for."""


@dataclass(frozen=True)
class FoundAccount:
    """An account in a scope, and the service that has it."""

    id: AccountId
    properties: AccountProperties
    service: Service | None
    is_gone: bool = False
    """Whether Azure has it no more, and a link alone says that it was there."""

    def to_json(self) -> JsonObject:
        """As lists show it."""
        known = self.properties
        shown: JsonObject = {
            "resourceId": str(self.id),
            "name": self.id.name,
            "location": known.location,
            "sku": known.sku,
            "state": known.state,
        }
        if self.is_gone:
            del shown["state"]
            shown["gone"] = True
        if self.service is not None:
            shown["service"] = self.service.name
            last = self.service.last_backup
            if last is not None:
                shown["lastBackup"] = last.to_json()
        return {member: value for member, value in shown.items() if value != ""}


@dataclass(frozen=True)
class UnreadScope:
    """A scope of which the accounts could not be listed, or not all of them."""

    scope: Scope
    problem: Problem

    @property
    def is_gone(self) -> bool:
        """Whether Azure says that there is no such scope: then there are no accounts in it."""
        return self.problem.code is Code.INTEGRATION_ACCOUNT_NOT_FOUND

    def to_json(self) -> JsonObject:
        """As lists show it. What passes by itself says when to ask again."""
        shown: JsonObject = {
            "scope": str(self.scope),
            "code": str(self.problem.code),
            "message": self.problem.message,
        }
        if self.problem.retry_after_seconds is not None:
            shown["retryAfterSeconds"] = self.problem.retry_after_seconds
        return shown


@dataclass(frozen=True)
class FoundAccounts:
    """A page of the accounts of all scopes."""

    accounts: Sequence[FoundAccount]
    following: str | None
    """The key of the account after which the next page begins; None for no next page."""
    unread: Sequence[UnreadScope]
    """The scopes of which accounts may be missing, in this page and in those that follow."""


_Accounts = dict[str, tuple[AccountId, AccountProperties]]


@dataclass(frozen=True)
class Discovery:
    """Lists the accounts of all scopes."""

    arm: Arm
    scopes: Sequence[Scope]
    claims: AccountClaims
    links: Links

    async def listed(self, after: str, most: int, linked: bool | None = None) -> FoundAccounts:
        """One page of the accounts in the order of their ids, those too that a service is linked to
        and Azure has no more: a lost account is what a link is for.

        ARM is asked for all of them at each page: it lists them in no order that can be relied on.

        :param after: the key of the account after which the page begins.
        :param linked: only those that a service has, or only those that none has.
        :raises Problem: IntegrationAccountForbidden, IntegrationAccountUnavailable,
            IntegrationAccountRefused, where no scope at all could be read.
        """
        accounts, unread = await self._all()
        gone = {} if linked is False else await self._gone(accounts, unread)
        accounts |= gone
        found: list[FoundAccount] = []
        keys = sorted(key for key in accounts if key > after)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            services = await in_order(*(self.claims.holder(key) for key in some))
            for key, service in zip(some, services, strict=True):
                if linked in (None, service is not None) and (service or key not in gone):
                    found.append(FoundAccount(*accounts[key], service, key in gone))
            if len(found) > most:
                return FoundAccounts(found[:most], found[most - 1].id.key, unread)
        return FoundAccounts(found, None, unread)

    async def _all(self) -> tuple[_Accounts, list[UnreadScope]]:
        accounts: _Accounts = {}
        unread: list[UnreadScope] = []
        for start in range(0, len(self.scopes), _AT_ONCE):
            some = self.scopes[start : start + _AT_ONCE]
            for found, refused in await in_order(*map(self._of, some)):
                accounts |= found
                unread += [refused] if refused is not None else []
        if len(unread) == len(self.scopes) and not accounts:
            _require_known(unread)
        return accounts, unread

    async def _gone(self, accounts: _Accounts, unread: Sequence[UnreadScope]) -> _Accounts:
        """The accounts of links that no list has, and that Azure says it has not: a list may lack
        one that was made a moment ago, so each is asked for. As they were last read.

        :param accounts: those that were listed; one that is there after all is added.
        """
        unknown = {one.scope.key for one in unread if not one.is_gone}
        known = [one for one in self.scopes if one.key not in unknown]
        missing: list[tuple[AccountId, AccountProperties]] = []
        async for page in self.links.pages():
            for link in (one.value for one in page):
                account = account_id_of(link.resource_id)
                if account.key not in accounts and any(one.contains(account) for one in known):
                    missing.append((account, link.account))
        gone: _Accounts = {}
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            answers = await in_order(*(self._asked(account) for account, _ in some))
            for (account, last_read), now in zip(some, answers, strict=True):
                if now is None:
                    gone[account.key] = (account, last_read)
                elif isinstance(now, AccountProperties):
                    accounts[account.key] = (account, now)
        return gone

    async def _asked(self, account: AccountId) -> AccountProperties | ArmRefused | None:
        """What Azure has of an account: None where it has none, what it refused where nothing is
        known."""
        try:
            return AccountProperties.of(await self.arm.account(account).get())
        except ArmRefused as refused:
            return None if refused.meaning in GONE else refused

    async def _of(self, scope: Scope) -> tuple[_Accounts, UnreadScope | None]:
        """The accounts of a scope, as far as ARM lists them, and why it does not list them all."""
        found: _Accounts = {}
        try:
            async for page in self.arm.accounts(scope):
                for resource in page:
                    account = _account(resource)
                    if account is not None:
                        found[account.key] = (account, AccountProperties.of(resource))
        except ArmRefused as refused:
            return found, UnreadScope(scope, problem_of(refused, scope))
        return found, None


def _require_known(unread: Sequence[UnreadScope]) -> None:
    """Refuse a list of which nothing is known: it would say that there are no accounts.

    What passes by itself is told first, as another request may find all.

    :raises Problem: that of the first scope, with those of all under its details.
    """
    failed = [one.problem for one in unread if not one.is_gone]
    if not failed:
        return
    told = next((one for one in failed if one.retry_after_seconds is not None), failed[0])
    if len(unread) == 1:
        raise told
    raise Problem(
        told.code,
        f"No scope of INTEGRATION_ACCOUNTS could be read; details has each. {told.message}",
        details=[Detail(one.problem.code, one.problem.message, str(one.scope)) for one in unread],
        retry_after_seconds=told.retry_after_seconds,
    )


def _account(resource: JsonObject) -> AccountId | None:
    """The id of a resource in a list; None for one that is no account's."""
    try:
        return account_id_of(str(resource.get("id")))
    except Problem:
        return None
