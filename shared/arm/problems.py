"""What ARM refused, as callers and operators are told: a Problem with what to do about it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from shared.arm.refusals import GONE, ArmRefused, Meaning
from shared.model.integration_account import AccountId
from shared.model.problem import Code, Problem
from shared.rules.integration_accounts.ids import Scope

READER, CONTRIBUTOR = "Reader", "Logic App Contributor"
"""Azure's roles that hold what Interkeep asks for: to read, and to write."""

_RETRY_AFTER_SECONDS = 30
_PASSES = frozenset(
    {
        Meaning.BUSY,
        Meaning.UNAVAILABLE,
        Meaning.UNCLEAR,
        Meaning.CONTENT_UNREADABLE,
        Meaning.CHILD_GONE,
    }
)
"""What another attempt may not meet again. A child that is gone was there a moment ago: somebody
changes the account."""


def problem_of(refused: ArmRefused, account: AccountId | Scope) -> Problem:
    """The problem of whoever asked for something of an account.

    :param account: what it was asked of.
    """
    if refused.meaning in GONE:
        return _not_found(refused, account)
    if refused.meaning is Meaning.UNAUTHORIZED:
        return _without_token(refused, account)
    if refused.meaning is Meaning.FORBIDDEN:
        return _forbidden(refused, account)
    if refused.meaning in _PASSES:
        return _unavailable(refused, account)
    if refused.meaning is Meaning.ELSEWHERE:
        return Problem(
            Code.INTEGRATION_ACCOUNT_REFUSED,
            f"What Azure answered to {refused.action} of {refused.scope} leads where Interkeep "
            f"sends nothing: {said(refused)}. Nothing was changed. If that is Azure's, Interkeep "
            "has to learn it: report the name of the host.",
        )
    return Problem(
        Code.INTEGRATION_ACCOUNT_REFUSED,
        f"Azure refused {refused.action} of {refused.scope}: {said(refused)}. Change what it "
        "says, then try again.",
    )


@contextmanager
def as_problems(account: AccountId | Scope) -> Iterator[None]:
    """Run the body, and report what ARM refuses as problems.

    :raises Problem: IntegrationAccountNotFound, IntegrationAccountForbidden,
        IntegrationAccountUnavailable, IntegrationAccountRefused.
    """
    try:
        yield
    except ArmRefused as refused:
        raise problem_of(refused, account) from refused


def role_for(action: str) -> str:
    """The role of Azure that allows an action."""
    return READER if action.endswith("/read") else CONTRIBUTOR


def _not_found(refused: ArmRefused, account: AccountId | Scope) -> Problem:
    lacking = {
        Meaning.ACCOUNT_GONE: "Azure has no such integration account",
        Meaning.GROUP_GONE: "Azure has no such resource group",
        Meaning.SUBSCRIPTION_GONE: "Azure has no such subscription, or not in the app's tenant",
    }[refused.meaning]
    lost = (
        "push what its service holds, or a backup of that once it is restored, into a new account "
        "(create)"
        if _is_account(account)
        else "backups may hold what was in it"
    )
    return Problem(
        Code.INTEGRATION_ACCOUNT_NOT_FOUND,
        f"There is no {account}: {lacking} ({refused.status} {refused.code}). Check its id. If it "
        f"was deleted, {lost}.",
    )


def _forbidden(refused: ArmRefused, account: AccountId | Scope) -> Problem:
    who = f" (object id {refused.identity})" if refused.identity else ""
    return Problem(
        Code.INTEGRATION_ACCOUNT_FORBIDDEN,
        f"The app's identity{who} may not do {refused.action} on {refused.scope}: Azure answered "
        f"{refused.status} {refused.code}. The role {role_for(refused.action)} allows it: give it "
        f"to that identity on {account}{_around(account)}; it counts after some minutes. If the "
        "identity has it, a policy or a deny assignment forbids this.",
    )


def _is_account(account: AccountId | Scope) -> bool:
    return isinstance(account, AccountId) or account.account is not None


def _around(account: AccountId | Scope) -> str:
    """What else a role may be on, so that it counts for an account, or a group of them."""
    if _is_account(account):
        return " or its resource group"
    return " or its subscription" if account.group else ""


def _without_token(refused: ArmRefused, account: AccountId | Scope) -> Problem:
    answered = f"{refused.status} {refused.code}".strip() if refused.status else ""
    why = f"Azure did not accept its token ({answered})" if answered else "it was given no token"
    return Problem(
        Code.INTEGRATION_ACCOUNT_FORBIDDEN,
        f"The app's identity could not ask for {refused.action} on {refused.scope}: {why}. See "
        "that the app has the managed identity whose client id the settings name, that it belongs "
        f"to the tenant of the subscription, and that it has the role {role_for(refused.action)} "
        f"on {account}.",
        again=True,
    )


def _unavailable(refused: ArmRefused, account: AccountId | Scope) -> Problem:
    wait = math.ceil(refused.retry_after) or _RETRY_AFTER_SECONDS
    return Problem(
        Code.INTEGRATION_ACCOUNT_UNAVAILABLE,
        f"{account} cannot be used now: {refused.action} of {refused.scope} got no answer that "
        f"helps: {said(refused)}. Nothing was lost; try again.",
        retry_after_seconds=wait,
        wait_seconds=math.ceil(refused.retry_after) if refused.meaning is Meaning.BUSY else 0,
    )


def said(refused: ArmRefused) -> str:
    """What was answered: in our words, then by its status and code, then in Azure's own."""
    answered = f"{refused.status or ''} {refused.code}".strip()
    told = f"{refused.meaning.value} ({answered})" if answered else refused.meaning.value
    message = refused.message.rstrip(". ")
    return f"{told}: {message}" if message else told
