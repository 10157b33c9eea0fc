"""The workflows that use the account of a push: disabled before the first write, until the service
that has the account is resumed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.arm.client import Arm
from shared.arm.refusals import ArmRefused, Meaning
from shared.integration_accounts.workflows.using import using
from shared.integration_accounts.workflows.workflows import Workflows
from shared.model.integration_account import AccountId
from shared.model.operation import Operation, Warning
from shared.model.problem import Code, Problem
from shared.model.push import PlannedWorkflow, WorkflowAction, WorkflowsPolicy
from shared.model.service import Service, State
from shared.model.wire import JsonObject
from shared.model.workflow import LeftWorkflow, ToldWorkflow
from shared.operations.task import Task
from shared.rules.integration_accounts.ids import Scope
from shared.rules.states import ServiceOperation
from shared.services.account_claims import is_linked_to
from shared.services.services import Asked, Services
from shared.state.services import Directory
from shared.storage.fence import Canceled

Note = Callable[[JsonObject], Awaitable[None]]

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

        :raises ArmRefused: if ARM does not say which there are. Where they are left as they are,
            and the app may not read them, there is a warning instead.
        """
        try:
            found = await using(self.arm, account)
        except ArmRefused as refused:
            if policy is WorkflowsPolicy.SUSPEND or refused.meaning is not Meaning.FORBIDDEN:
                raise
            return [], [_not_seen("no workflow", str(Scope(account.subscription, account.group)))]
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
        return told, [_not_seen(f"the workflows of {found.scope} alone", str(found.scope))]

    async def disable(self, task: Task, service: Service, account: AccountId, note: Note) -> None:
        """Disable the enabled workflows that use an account, and remember them. Repeated, it goes
        on. Where the service is linked to the account it is Suspended then, so its resume enables
        them: also where the push goes no further, and where not all could be disabled.

        :param note: called with what is disabled, and what was left, also before it raises.
        :raises ArmRefused: what ARM refused; those that were disabled are remembered.
        :raises Canceled: where the caller asked to cancel.
        """
        try:
            done = await self.workflows.disable(account, task.operation.id, task.checkpoint)
        except (ArmRefused, Canceled):
            await self.note_disabled(task.operation, service, account, note)
            raise
        if done.refused is not None:
            await self.note_disabled(task.operation, service, account, note)
            raise done.refused
        await note(_told(done.moved, done.left))
        if done.moved:
            await self._suspend(task.operation, service, account)

    async def note_disabled(
        self, operation: Operation, service: Service, account: AccountId, note: Note
    ) -> None:
        """Note what a push disabled that goes no further, and suspend the service that can enable
        it. Idempotent."""
        told = [
            ToldWorkflow(name=one.value.name, resource_id=one.value.resource_id)
            async for page in self.workflows.remembered.pages(account)
            for one in page
            if one.value.operation == operation.id
        ]
        if told:
            await note(_told(told, []))
            await self._suspend(operation, service, account)

    async def _suspend(self, operation: Operation, service: Service, account: AccountId) -> State:
        """Say that the service is Suspended, where it has the account: so its resume enables the
        workflows. Its state then."""
        listed = await self.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return service.state
        if listed.service.state is not State.ACTIVE or not is_linked_to(
            listed.service, account.key
        ):
            return listed.service.state
        try:
            asked = Asked(operation.caller, _TRIGGER)
            moved = await self.services.move(listed, ServiceOperation.SUSPEND, asked)
        except Problem as problem:
            if problem.code is not Code.OPERATION_NOT_ALLOWED:
                raise
            return listed.service.state
        return moved.service.state

    async def suspend(
        self, operation: Operation, service: Service, account: AccountId, told: JsonObject
    ) -> list[Warning]:
        """Suspend the service, where it has the account and workflows of it are disabled. Where its
        resume cannot enable them, say who can."""
        if not told.get("disabled"):
            return []
        state = await self._suspend(operation, service, account)
        listed = await self.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return []
        if not is_linked_to(listed.service, account.key):
            why = (
                "this service is not linked to it: suspend and resume the service that is, or link "
                "one first, and they are enabled again."
            )
        elif state is not State.SUSPENDED:
            why = (
                f"this service is {state}, which resume does not lead out of: start it, suspend "
                "and resume it, and they are enabled again."
            )
        else:
            return []
        return [
            Warning(
                code="WorkflowsStayDisabled",
                message=f"The workflows that use the account are disabled, and {why}",
                target=str(account),
            )
        ]


def _not_seen(seen: str, scope: str) -> Warning:
    return Warning(
        code="WorkflowsNotAllSeen",
        message=f"The app may read {seen}: whether others of the subscription use the account is "
        "unknown.",
        target=scope,
    )


def _told(disabled: Sequence[ToldWorkflow], left: Sequence[LeftWorkflow]) -> JsonObject:
    return {
        "disabled": [one.to_json() for one in disabled[:_MOST_NAMED]],
        "left": [one.to_json() for one in left[:_MOST_NAMED]],
    }
