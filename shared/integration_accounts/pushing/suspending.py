"""The workflows that use the account of a push: disabled before the first write, until the service
that has the account is resumed. That may be another one than the service that is pushed.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.arm.problems import as_problems
from shared.arm.refusals import ArmRefused, Meaning
from shared.integration_accounts.workflows.workflows import Workflows
from shared.model.integration_account import AccountId
from shared.model.operation import Operation, Warning
from shared.model.problem import Code, Problem
from shared.model.push import PlannedWorkflow, WorkflowAction, WorkflowsPolicy
from shared.model.service import State
from shared.model.wire import JsonObject, JsonValue
from shared.model.workflow import (
    LeftWorkflow,
    RememberedWorkflow,
    ToldWorkflow,
    WorkflowsMoved,
)
from shared.operations.task import Task
from shared.rules.integration_accounts.ids import Scope
from shared.rules.integration_accounts.push_workflows import not_resumed
from shared.rules.integration_accounts.workflows import Workflow
from shared.rules.naming import some
from shared.rules.states import ServiceOperation
from shared.rules.trading import member
from shared.services.account_claims import AccountClaims
from shared.services.services import Asked, Services
from shared.state.services import Listed
from shared.storage.fence import Canceled

Note = Callable[[JsonObject], Awaitable[None]]

_MOST_NAMED = 100
"""Workflows that a result names of each kind."""

_MOST_SAID = 5
"""Workflows that a message names."""

_TRIGGER = "push"


@dataclass(frozen=True)
class Suspending:
    """Disables the workflows of an account for a push."""

    workflows: Workflows
    services: Services
    claims: AccountClaims

    async def planned(
        self, account: AccountId, policy: WorkflowsPolicy
    ) -> tuple[list[PlannedWorkflow], list[Warning]]:
        """The workflows that use an account, and what is done with each; what there is to say of
        where was looked.

        :raises ArmRefused: if ARM does not say which there are. Where they are left as they are,
            and the app may not read them, there is a warning instead.
        """
        try:
            found = await self.workflows.using(account)
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

    async def running(self, account: AccountId) -> int | None:
        """How many enabled workflows use an account; None where ARM does not say."""
        try:
            found = await self.workflows.using(account)
        except ArmRefused:
            return None
        count = sum(one.is_enabled for one in found.workflows)
        return None if found.scope.group and not count else count

    async def held(self, account: AccountId) -> set[str]:
        """The keys of the workflows that Interkeep disabled for an account: by an earlier suspend,
        or an earlier push."""
        pages = self.workflows.remembered.pages(account)
        return {one.value.key async for page in pages for one in page}

    async def disable(self, task: Task, account: AccountId, note: Note) -> None:
        """Disable the enabled workflows that use an account, and remember them. Repeated, it goes
        on. The service that is linked to the account is Suspended then, so its resume enables them:
        also where the push goes no further, and where not all could be disabled.

        :param note: called with what is disabled, and what was left, also before it raises.
        :raises ArmRefused: what ARM refused; those that were disabled are remembered.
        :raises Canceled: where the caller asked to cancel.
        """
        try:
            done = await self.workflows.disable(account, task.operation.id, task.checkpoint)
        except (ArmRefused, Canceled):
            await self.note_disabled(task.operation, account, note)
            raise
        if done.refused is not None:
            await self.note_disabled(task.operation, account, note)
            raise done.refused
        await note(_told(done.moved, done.left, done.looked_in))
        if done.moved:
            await self._suspend(task.operation, account)

    async def note_disabled(self, operation: Operation, account: AccountId, note: Note) -> None:
        """Note what a push disabled that goes no further, and suspend the service that can enable
        it. One that may be disabled, as no answer came, is not named. Idempotent."""
        own = await self._own(operation, account)
        were = [await self.workflows.was_disabled(account, one) for one in own]
        told = [
            ToldWorkflow(name=one.name, resource_id=one.resource_id)
            for one, was in zip(own, were, strict=True)
            if was
        ]
        if told:
            await note(_told(told, []))
        if not all(was is False for was in were):
            await self._suspend(operation, account)

    async def _own(self, operation: Operation, account: AccountId) -> list[RememberedWorkflow]:
        """What is remembered of the workflows that a push disabled, or may have."""
        pages = self.workflows.remembered.pages(account)
        found = [one.value async for page in pages for one in page]
        return [one for one in found if one.operation == operation.id]

    async def _suspend(self, operation: Operation, account: AccountId) -> Listed | None:
        """Have the service that is linked to the account Suspended, where it is Active: so its
        resume enables the workflows. The service as it is then; None for none."""
        listed = await self.claims.listed(account.key)
        if listed is None or listed.service.state is not State.ACTIVE:
            return listed
        try:
            asked = Asked(operation.caller, _TRIGGER)
            return await self.services.move(listed, ServiceOperation.SUSPEND, asked)
        except Problem as problem:
            if problem.code is not Code.OPERATION_NOT_ALLOWED:
                raise
            return await self.claims.listed(account.key)

    async def suspend(
        self, operation: Operation, account: AccountId, told: JsonObject, note: Note
    ) -> list[Warning]:
        """At the end of a push: suspend the service that has the account, where workflows of it are
        disabled now, and note whose resume enables them. What there is to say where none can, and
        of those that somebody enabled meanwhile.

        :param told: what was noted of the workflows: the first of them. All that the push disabled
            are remembered.
        """
        own = await self._own(operation, account)
        seen = _ids(told.get("disabled")) | {one.key for one in own if one.changed_time}
        disabled = seen | {one.key for one in own}
        if not disabled:
            return []
        try:
            with as_problems(account):
                now = (await self.workflows.using(account)).workflows
        except Problem as problem:
            # What the push did stands, so it ends all the same.
            warned, still = [_unseen(account, problem)], True
        else:
            enabled = [one for one in now if one.key in seen and one.is_enabled]
            warned = [_ran(account, enabled)] if enabled else []
            still = any(one.key in disabled and one.is_disabled for one in now)
        if not still:
            return warned
        listed = await self._suspend(operation, account)
        holder = listed.service if listed is not None else None
        why = not_resumed(holder)
        if not why and holder is not None:
            await note({**told, "resume": holder.name})
            return warned
        return [
            *warned,
            Warning(
                code="WorkflowsStayDisabled",
                message=f"The workflows that use the account are disabled, and {why}",
                target=str(account),
            ),
        ]


def _ids(told: JsonValue) -> set[str]:
    """The keys of the workflows of a list of a result."""
    ids = (member(one, "resourceId") for one in told) if isinstance(told, list) else ()
    return {one.lower() for one in ids if isinstance(one, str)}


def _ran(account: AccountId, enabled: Sequence[Workflow]) -> Warning:
    names = some([one.name for one in enabled], _MOST_SAID)
    return Warning(
        code="WorkflowsRan",
        message=f"Disabled for the push, and enabled by somebody before it ended: {names}. "
        "They run while artifacts and numbers are written: look at what they sent, and at their "
        "control numbers.",
        target=str(account),
    )


def _unseen(account: AccountId, problem: Problem) -> Warning:
    return Warning(
        code="WorkflowsRan",
        message="Whether the workflows stayed disabled until the push ended could not be looked "
        f"at: {problem.message}",
        target=str(account),
    )


def _not_seen(seen: str, scope: str) -> Warning:
    return Warning(
        code="WorkflowsNotAllSeen",
        message=f"The app may read {seen}: whether others of the subscription use the account is "
        "unknown.",
        target=scope,
    )


def _told(
    disabled: Sequence[ToldWorkflow], left: Sequence[LeftWorkflow], looked_in: str = ""
) -> JsonObject:
    return WorkflowsMoved(
        looked_in=looked_in or None,
        disabled=[*disabled[:_MOST_NAMED]],
        left=[*left[:_MOST_NAMED]],
        moved_count=len(disabled),
        left_count=len(left),
    ).to_json()
