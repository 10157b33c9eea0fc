"""ARM ids of integration accounts, and of the subscriptions and resource groups around them.

ARM compares ids without regard to case, and answers in the spelling that a name was first written
in: an id keeps its spelling, and is compared by its key.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.integration_account import AccountId
from shared.model.problem import Code, Problem
from shared.rules.naming import LONGEST_ID, shown

_SUBSCRIPTION = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_GROUP = r"[\w.()-]{0,89}[\w()-]"
_NAME = r"[A-Za-z0-9_.()-]{1,80}"
_ID = re.compile(
    rf"(?i:/subscriptions)/(?P<subscription>{_SUBSCRIPTION})"
    rf"(?:/(?i:resourceGroups)/(?P<group>{_GROUP})"
    rf"(?:/(?i:providers/Microsoft\.Logic/integrationAccounts)/(?P<name>{_NAME}))?)?/?"
)

ACCOUNT_FORM = (
    "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Logic/integrationAccounts/"
    "<name>"
)
"""How the id of an account looks."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of Azure: a subscription, one of its resource groups, or one integration account.

    :param group: empty for the whole subscription.
    :param name: of the account; empty for the whole group.
    """

    subscription: str
    group: str = ""
    name: str = ""

    def __str__(self) -> str:
        if self.name:
            return str(AccountId(self.subscription, self.group, self.name))
        group = f"/resourceGroups/{self.group}" if self.group else ""
        return f"/subscriptions/{self.subscription}{group}"

    @property
    def key(self) -> str:
        """The same for every spelling."""
        return str(self).lower()

    @property
    def account(self) -> AccountId | None:
        """The account that the scope is, None where it is more than one."""
        return AccountId(self.subscription, self.group, self.name) if self.name else None

    def contains(self, account: AccountId) -> bool:
        """Whether an account is in this scope, or is it."""
        return account.key == self.key or account.key.startswith(f"{self.key}/")


def scope_of(text: str, target: str | None = None) -> Scope:
    """Read the ARM id of a subscription, a resource group or an integration account.

    :param target: what a problem is about: a pointer into a body, or a parameter.
    :raises Problem: InvalidRequest if it is none of them.
    """
    found = _ID.fullmatch(text)
    if found is None or _is_dots(found["group"]) or _is_dots(found["name"]):
        raise Problem(
            Code.INVALID_REQUEST,
            f"'{shown(text, LONGEST_ID)}' is no ARM id of a subscription, a resource group or "
            f"an integration account. That of an account looks like {ACCOUNT_FORM}; the others end "
            "before.",
            target=target,
        )
    return Scope(found["subscription"], found["group"] or "", found["name"] or "")


def account_id_of(text: str, target: str | None = "/resourceId") -> AccountId:
    """Read the ARM id of an integration account.

    :param target: what a problem is about: a pointer into a body, or a parameter.
    :raises Problem: InvalidRequest if it is none.
    """
    found = _ID.fullmatch(text)
    if found is None or not found["name"] or _is_dots(found["name"]):
        raise Problem(
            Code.INVALID_REQUEST,
            f"'{shown(text, LONGEST_ID)}' is no ARM id of an integration account, which looks like "
            f"{ACCOUNT_FORM}; show it with: az resource show -g … -n … --resource-type "
            "Microsoft.Logic/integrationAccounts --query id",
            target=target,
        )
    return AccountId(found["subscription"], found["group"], found["name"])


def require_in(scopes: Sequence[Scope], account: AccountId, target: str | None = None) -> None:
    """Refuse an account that the installation's setting does not let be named.

    :param target: what a problem is about: a pointer into a body, or a parameter.
    :raises Problem: IntegrationAccountUnknown.
    """
    if any(scope.contains(account) for scope in scopes):
        return
    listed = ", ".join(str(scope) for scope in scopes)
    raise Problem(
        Code.INTEGRATION_ACCOUNT_UNKNOWN,
        f"The app setting INTEGRATION_ACCOUNTS does not let '{shown(str(account), LONGEST_ID)}' be "
        + (f"named. It lists: {listed}." if listed else "named: it is empty.")
        + " Add the account, its resource group or its subscription to it.",
        target=target,
    )


def _is_dots(name: str | None) -> bool:
    """Whether a name would lead elsewhere in an address; a group's name never ends with a dot."""
    return name in {".", ".."}
