"""The workflows that use an account."""

from dataclasses import dataclass

from shared.arm.client import Arm
from shared.model.integration_account import AccountId
from shared.model.push import PlannedWorkflow, WorkflowAction
from shared.model.wire import JsonObject
from shared.rules.trading import member

_VERSION = "2019-05-01"


@dataclass(frozen=True)
class Users:
    """Finds the workflows that use an account."""

    arm: Arm

    async def of(self, account: AccountId) -> list[PlannedWorkflow]:
        """The workflows of the account's subscription that use it.

        :raises ArmRefused: if they are not listed to the end.
        """
        path = f"/subscriptions/{account.subscription}/providers/Microsoft.Logic/workflows"
        asked = f"ReferencedResourceId eq '{str(account).replace(chr(39), chr(39) * 2)}'"
        found: list[PlannedWorkflow] = []
        async for page in self.arm.pages(path, _VERSION, filter=asked):
            found += [_planned(one) for one in page if _uses(one, account)]
        return found


def _uses(workflow: JsonObject, account: AccountId) -> bool:
    """Whether it uses the account: a list may take no heed of its filter."""
    used = member(member(member(workflow, "properties"), "integrationAccount"), "id")
    return isinstance(used, str) and used.lower() == account.key


def _planned(workflow: JsonObject) -> PlannedWorkflow:
    state = member(member(workflow, "properties"), "state")
    return PlannedWorkflow(
        resource_id=str(workflow.get("id", "")),
        name=str(workflow.get("name", "")),
        state=state if isinstance(state, str) else "",
        action=WorkflowAction.LEAVE,
    )
