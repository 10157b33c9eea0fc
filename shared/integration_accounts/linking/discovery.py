"""The integration accounts that may be linked, and which service has which."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.arm.client import Arm
from shared.arm.problems import problem_of
from shared.arm.refusals import GONE, ArmRefused
from shared.model.integration_account import AccountId
from shared.model.link import AccountProperties
from shared.model.problem import Problem
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.ids import Scope, account_id_of
from shared.services.account_claims import AccountClaims
from shared.streams.in_order import in_order

_AT_ONCE = 16
"""Accounts whose services are looked for concurrently."""


@dataclass(frozen=True)
class FoundAccount:
    """An account in a scope, and the service that has it."""

    id: AccountId
    properties: AccountProperties
    service: Service | None

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
        if self.service is not None:
            shown["service"] = self.service.name
            last = self.service.last_backup
            if last is not None:
                shown["lastBackup"] = last.to_json()
        return {member: value for member, value in shown.items() if value != ""}


@dataclass(frozen=True)
class Discovery:
    """Lists the accounts of all scopes."""

    arm: Arm
    scopes: Sequence[Scope]
    claims: AccountClaims

    async def listed(
        self, after: str, most: int, linked: bool | None = None
    ) -> tuple[list[FoundAccount], str | None]:
        """One page of the accounts in the order of their ids, and the key of the one after which
        the next page begins, None for no next page.

        ARM is asked for all of them at each page: it lists them in no order that can be relied on.

        :param after: the key of the account after which the page begins.
        :param linked: only those that a service has, or only those that none has.
        :raises Problem: IntegrationAccountForbidden,
            IntegrationAccountUnavailable.
        """
        accounts = await self._all()
        found: list[FoundAccount] = []
        keys = sorted(key for key in accounts if key > after)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            services = await in_order(*(self.claims.holder(key) for key in some))
            for key, service in zip(some, services, strict=True):
                if linked in (None, service is not None):
                    found.append(FoundAccount(*accounts[key], service))
            if len(found) > most:
                return found[:most], found[most - 1].id.key
        return found, None

    async def _all(self) -> dict[str, tuple[AccountId, AccountProperties]]:
        found: dict[str, tuple[AccountId, AccountProperties]] = {}
        for scope in self.scopes:
            try:
                async for page in self.arm.accounts(scope):
                    for resource in page:
                        account = _account(resource)
                        if account is not None:
                            found[account.key] = (account, AccountProperties.of(resource))
            except ArmRefused as refused:
                if refused.meaning not in GONE:
                    raise problem_of(refused, scope) from refused
                # A scope that is gone has no accounts; those of the others are wanted all the more.
        return found


def _account(resource: JsonObject) -> AccountId | None:
    """The id of a resource in a list; None for one that is no account's."""
    try:
        return account_id_of(str(resource.get("id")))
    except Problem:
        return None
