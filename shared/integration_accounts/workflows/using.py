"""Which workflows use an account."""

from dataclasses import dataclass

from shared.arm.client import Arm
from shared.arm.refusals import ArmRefused, Meaning
from shared.model.integration_account import AccountId
from shared.rules.integration_accounts.children import API_VERSION
from shared.rules.integration_accounts.ids import Scope
from shared.rules.integration_accounts.workflows import Workflow, uses, workflow_of

_WORKFLOWS = "providers/Microsoft.Logic/workflows"


@dataclass(frozen=True)
class Using:
    """The workflows that use an account, in the order of their ids."""

    workflows: list[Workflow]
    scope: Scope
    """Whose workflows were looked at: the account's subscription, or its resource group where the
    app's identity may not read those of the subscription."""


async def using(arm: Arm, account: AccountId) -> Using:
    """The workflows that use an account, in every state.

    A workflow and its account are of one subscription. Those of Standard logic apps are no
    resources of this kind, and cannot be seen.

    :raises ArmRefused: if ARM does not say, nor for the account's resource group.
    """
    whole, group = Scope(account.subscription), Scope(account.subscription, account.group)
    try:
        return Using(await _of(arm, account, whole), whole)
    except ArmRefused as refused:
        if refused.meaning is not Meaning.FORBIDDEN:
            raise
    return Using(await _of(arm, account, group), group)


async def _of(arm: Arm, account: AccountId, scope: Scope) -> list[Workflow]:
    """Those of a scope: all workflows are looked at. Azure takes a filter by the account's id, and
    nobody documents whether it heeds case: one that is spelled in another way would be missed."""
    found: dict[str, Workflow] = {}
    async for page in arm.pages(f"{scope}/{_WORKFLOWS}", API_VERSION):
        for resource in page:
            workflow = workflow_of(resource) if uses(resource, account) else None
            if workflow is not None:
                found[workflow.key] = workflow
    return [found[key] for key in sorted(found)]
