"""The account that a push writes to: which it is, and what the app may do there."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass

from shared.arm.client import Account, Arm
from shared.arm.problems import problem_of
from shared.arm.refusals import ArmRefused, Meaning
from shared.integration_accounts.linking.linking import Linking
from shared.model.integration_account import AccountId, Sku, tier_of
from shared.model.link import AccountProperties
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import PlannedWorkflow, PushBody, PushTarget, WorkflowAction
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.ids import Scope
from shared.rules.integration_accounts.push_keys import VaultKeys, listed
from shared.rules.integration_accounts.push_request import wrong_request
from shared.rules.integration_accounts.push_rights import (
    MOVES_WORKFLOWS,
    lacking_rights,
    refused_rights,
    refused_workflow_rights,
)
from shared.services.cut import ServiceCut
from shared.services.documents import SERVICE

_PERMISSIONS_VERSION = "2022-04-01"
_PERMISSIONS = "providers/Microsoft.Authorization/permissions"
_MOST_WORKFLOWS = 100
"""Workflows of a group that are asked for their own rights, where the group gives none."""
_MOST_PAGES = 1_000
"""Most pages of a vault's keys: one that lists more than that does not end."""


@dataclass(frozen=True)
class Target:
    """The account that a push writes to."""

    id: AccountId
    account: Account
    exists: bool
    resource_id: str
    """As ARM spells it, where it exists."""
    sku: Sku
    location: str

    def shown(self) -> PushTarget:
        """As the plan has it."""
        return PushTarget(
            resource_id=self.resource_id,
            exists=self.exists,
            sku=self.sku,
            location=self.location,
        )


def chosen_account(linking: Linking, service: Service, body: PushBody) -> AccountId:
    """The account that a request names; that of the service's link where it names none.

    :raises Problem: InvalidRequest, IntegrationAccountUnknown.
    """
    facts = service.integration_account
    linked = facts is not None and facts.linked
    for problem in wrong_request(body, linked=linked):
        raise problem
    if body.create is not None:
        return _known(linking, body.create.resource_id, "/create/resourceId")
    resource_id = body.resource_id or (facts.resource_id if facts is not None else "")
    return _known(linking, resource_id, "/resourceId")


def _known(linking: Linking, resource_id: str, target: str) -> AccountId:
    try:
        return linking.require_known(resource_id)
    except Problem as problem:
        raise Problem(problem.code, problem.message, target) from problem


async def target_of(arm: Arm, account_id: AccountId, body: PushBody) -> Target:
    """The account as it is now, or as the push makes it.

    :raises Problem: IntegrationAccountNotFound, IntegrationAccountForbidden,
        IntegrationAccountUnavailable, IntegrationAccountRefused.
    """
    account, create = arm.account(account_id), body.create
    try:
        resource = await account.get()
    except ArmRefused as refused:
        if create is None or refused.meaning is not Meaning.ACCOUNT_GONE:
            raise problem_of(refused, account_id) from refused
        return Target(account_id, account, False, str(account_id), create.sku, create.location)
    known, given = AccountProperties.of(resource), resource.get("id")
    is_same = isinstance(given, str) and given.lower() == account_id.key
    spelt = given if is_same and isinstance(given, str) else str(account_id)
    return Target(account_id, account, True, spelt, tier_of(known.sku), known.location)


def exists_already(target: Target) -> Problem:
    """The problem of an account that is to be made, and is there."""
    return Problem(
        Code.INVALID_REQUEST,
        f"{target.resource_id} is there already. Name it in resourceId instead of create, or make "
        "one of another name.",
        "/create",
    )


async def rights(
    arm: Arm, target: Target, wanted: Collection[str], workflows: Iterable[PlannedWorkflow]
) -> tuple[list[Problem], list[Warning]]:
    """What the app's identity lacks of what a push takes: on the account, or its group where it is
    yet to be made; and in the groups of the workflows that are suspended.

    :param workflows: those that use the account.
    """
    scope = Scope(target.id.subscription, target.id.group, target.id.name if target.exists else "")
    try:
        lacking = await _lacking(arm, str(scope), wanted)
    except ArmRefused as refused:
        problems, warnings = [], [_not_checked("write to the account", scope, refused)]
    else:
        problems = [refused_rights(lacking, str(scope))] if lacking else []
        warnings = []
    by_group: dict[Scope, list[str]] = {}
    for one in workflows:
        if one.action is WorkflowAction.SUSPEND:
            by_group.setdefault(_group_of(one.resource_id), []).append(one.resource_id)
    for group, ids in by_group.items():
        try:
            if lacking := await _lacking_of_all(arm, group, ids):
                problems.append(refused_workflow_rights(lacking, str(group)))
        except ArmRefused as refused:
            warnings.append(_not_checked("disable and enable workflows", group, refused))
    return problems, warnings


def _group_of(workflow: str) -> Scope:
    parts = workflow.lower().strip("/").split("/")
    return Scope(parts[1], parts[3])


async def _lacking_of_all(arm: Arm, group: Scope, workflows: Sequence[str]) -> tuple[str, ...]:
    """What is lacking of suspending workflows of a group: a role may be on the group, or on each of
    them."""
    if not await _lacking(arm, str(group), MOVES_WORKFLOWS):
        return ()
    found = [await _lacking(arm, one, MOVES_WORKFLOWS) for one in workflows[:_MOST_WORKFLOWS]]
    return next((one for one in found if one), ())


async def _lacking(arm: Arm, scope: str, wanted: Collection[str]) -> tuple[str, ...]:
    found: list[JsonObject] = []
    async for page in arm.pages(f"{scope}/{_PERMISSIONS}", _PERMISSIONS_VERSION):
        found += page
    return lacking_rights(found, wanted)


def _not_checked(what: str, scope: Scope, refused: ArmRefused) -> Warning:
    note = problem_of(refused, scope)
    return Warning(
        code="RightsNotChecked",
        message=f"Whether the app may {what} was not checked: {note.message}",
        target=str(scope),
    )


async def look_at_keys(account: Account, keys: VaultKeys) -> None:
    """Look whether the account sees the keys that certificates name in their vaults."""
    for vault in keys.vaults:
        try:
            found = [one async for page in _pages_of(account, vault) for one in page]
        except ArmRefused as refused:
            said = f" ({refused.status} {refused.code})" if refused.status else ""
            why = f"Azure does not let them be listed{said}."
            keys.not_checked(vault, why)
        else:
            keys.look_at(vault, listed(found))


async def _pages_of(account: Account, vault: str) -> AsyncIterator[list[JsonObject]]:
    body: JsonObject = {"keyVault": {"id": vault}}
    for _ in range(_MOST_PAGES):
        answer = await account.post("listKeyVaultKeys", body)
        values = answer.get("value")
        yield [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []
        token = answer.get("skipToken")
        if not isinstance(token, str) or not token:
            return
        body = {"keyVault": {"id": vault}, "skipToken": token}


async def settings_of(cut: ServiceCut) -> JsonObject:
    """The settings of a service: they say from which account it was pulled, and what that had."""
    async for page in cut.records(SERVICE):
        for one in page:
            return one.document
    return {}
