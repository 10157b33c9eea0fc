"""The workflows that use the account of a push: disabled before the first write, until the service
that has the account is resumed.
"""

from dataclasses import dataclass

from shared.arm.client import Arm
from shared.integration_accounts.pushing.target import Target
from shared.integration_accounts.workflows.using import using
from shared.integration_accounts.workflows.workflows import Workflows
from shared.model.integration_account import AccountId
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import PlannedWorkflow, WorkflowAction, WorkflowsPolicy
from shared.model.service import Service, State
from shared.model.wire import JsonObject
from shared.operations.task import Task
from shared.rules.states import ServiceOperation
from shared.services.account_claims import is_linked_to
from shared.services.services import Asked, Services
from shared.state.services import Directory

_MOST_NAMED = 100
"""Workflows that a result names of each kind."""

_TRIGGER = "push"


@dataclass(frozen=True)
class Suspending:
    """Disables the workflows of an account for a push."""

    arm: Arm
    workflows: Workflows
    services: Services
    directory: Directory

    async def planned(
        self, account: AccountId, policy: WorkflowsPolicy
    ) -> tuple[list[PlannedWorkflow], list[Warning]]:
        """The workflows that use an account, and what is done with each; what there is to say of
        where was looked.

        :raises ArmRefused: if ARM does not say which there are.
        """
        found = await using(self.arm, account)
        suspends = policy is WorkflowsPolicy.SUSPEND
        told = [
            PlannedWorkflow(
                resource_id=one.id,
                name=one.name,
                state=one.state,
                action=WorkflowAction.SUSPEND
                if suspends and one.is_enabled
                else WorkflowAction.LEAVE,
            )
            for one in found.workflows
        ]
        if not found.scope.group:
            return told, []
        return told, [
            Warning(
                code="WorkflowsNotAllSeen",
                message=f"The app may read the workflows of {found.scope} alone: whether others of "
                "the subscription use the account is unknown.",
                target=str(found.scope),
            )
        ]

    async def disable(self, task: Task, account: AccountId) -> JsonObject:
        """Disable the enabled workflows that use an account, and remember them; say which are.
        Repeated, it goes on.

        :raises ArmRefused: what ARM refused; those that were disabled are remembered.
        """
        done = await self.workflows.disable(account, task.operation.id, task.checkpoint)
        if done.refused is not None:
            raise done.refused
        return {
            "disabled": [one.to_json() for one in done.moved[:_MOST_NAMED]],
            "left": [one.to_json() for one in done.left[:_MOST_NAMED]],
        }

    async def suspend(
        self, task: Task, service: Service, target: Target, told: JsonObject
    ) -> list[Warning]:
        """Say that the service is Suspended, where it has the account and workflows of it are
        disabled: so its resume enables them. Otherwise, say who can."""
        if not told.get("disabled"):
            return []
        listed = await self.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return []
        if not is_linked_to(listed.service, target.id.key):
            return [
                Warning(
                    code="WorkflowsStayDisabled",
                    message="The workflows that use the account are disabled, and this service is "
                    "not linked to it: suspend and resume the service that is, or link one first, "
                    "and they are enabled again.",
                    target=target.resource_id,
                )
            ]
        if listed.service.state is not State.ACTIVE:
            return []
        try:
            asked = Asked(task.operation.caller, _TRIGGER)
            await self.services.move(listed, ServiceOperation.SUSPEND, asked)
        except Problem as problem:
            if problem.code is not Code.OPERATION_NOT_ALLOWED:
                raise
        return []
