"""Disabling the workflows of an account, and enabling exactly those again.

Each is remembered before it is disabled, and how it looked right after: so a crash forgets none,
and what a person did since is seen. Nothing is remembered of a workflow that is enabled again.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from shared.arm.client import Arm
from shared.arm.refusals import ArmRefused, Meaning
from shared.clock import Clock
from shared.integration_accounts.workflows.using import Using, using
from shared.model.integration_account import AccountId
from shared.model.problem import Problem
from shared.model.workflow import LeftWorkflow, RememberedWorkflow, ToldWorkflow
from shared.operations.immediate import BeforeWrite
from shared.rules.integration_accounts.children import API_VERSION
from shared.rules.integration_accounts.ids import Scope, require_in
from shared.rules.integration_accounts.workflows import (
    Decision,
    Do,
    Workflow,
    on_resume,
    on_suspend,
    workflow_of,
)
from shared.state.workflows import DisabledWorkflows
from shared.storage.pace import Pace
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned
from shared.streams.bounded import each_of

Item = TypeVar("Item")

_AT_ONCE = 4
"""Workflows that are disabled or enabled concurrently."""

_GONE = frozenset({Meaning.RESOURCE_GONE, Meaning.GROUP_GONE})
_FINAL = frozenset(
    {Meaning.FORBIDDEN, Meaning.REFUSED, Meaning.LIMIT, Meaning.CHANGED, Meaning.ELSEWHERE}
)
"""What another attempt would meet again."""
_NOT_DONE = _FINAL | {Meaning.BUSY, Meaning.UNAUTHORIZED, Meaning.KIND_UNKNOWN}
"""What was refused before anything was done, whether or not it would be again."""


@dataclass
class Moved:
    """What was done to the workflows of an account.

    :ivar moved: those that are disabled, or enabled again.
    :ivar left: those that were left as they are, and why.
    :ivar refused: what ARM refused first; nothing more was begun after it.
    """

    looked_in: str = ""
    moved: list[ToldWorkflow] = field(default_factory=list)
    left: list[LeftWorkflow] = field(default_factory=list)
    refused: ArmRefused | None = None

    @property
    def is_final(self) -> bool:
        """Whether what ARM refused would be refused again."""
        return self.refused is not None and self.refused.meaning in _FINAL

    def leave(self, one: Workflow | RememberedWorkflow, why: str) -> None:
        """Count a workflow that is left as it is."""
        self.left.append(LeftWorkflow(name=one.name, resource_id=_id(one), why=why))

    def move(self, one: Workflow | RememberedWorkflow) -> None:
        """Count a workflow that is as it should be."""
        self.moved.append(ToldWorkflow(name=one.name, resource_id=_id(one)))

    def in_order(self) -> "Moved":
        """The same, in the order of the workflows' ids."""
        self.moved.sort(key=lambda one: one.resource_id.lower())
        self.left.sort(key=lambda one: one.resource_id.lower())
        return self


@dataclass(frozen=True)
class Workflows:
    """Disables and enables the workflows of accounts."""

    arm: Arm
    scopes: Sequence[Scope]
    """Workflows of accounts outside these are not touched."""
    remembered: DisabledWorkflows
    clock: Clock

    async def using(self, account: AccountId) -> Using:
        """The workflows that use an account, in every state.

        :raises ArmRefused: if ARM does not say.
        :raises Problem: IntegrationAccountUnknown where the setting does not name the account.
        """
        require_in(self.scopes, account)
        return await using(self.arm, account)

    async def disable(self, account: AccountId, operation: str, before_write: BeforeWrite) -> Moved:
        """Disable all enabled workflows that use an account, and remember them.

        Repeated, it goes on: what is disabled already is looked at, and nothing more. Each that is
        enabled is read right before it is remembered.

        :param operation: id of the operation that does it.
        :param before_write: called before each workflow is remembered; what it raises stops all.
        :returns: what was done, with what ARM refused on the way.
        :raises ArmRefused: if ARM does not say which workflows there are: nothing was done.
        :raises Problem: IntegrationAccountUnknown, as early.
        """
        found = await self.using(account)
        known = {one.value.key: one.value for one in await self._known(account)}
        done = Moved(looked_in=str(found.scope))

        async def see_to(listed: Workflow) -> None:
            workflow, held = listed, known.get(listed.key)
            decision = on_suspend(workflow, held)
            if decision.do is Do.DISABLE:
                # The list may be old by now: what a person disabled since is the person's.
                now = await self._now(workflow.id)
                if now is None:
                    await self._leave_gone(account, workflow, held, done)
                    return
                workflow, decision = now, on_suspend(now, held)
            if decision.do is Do.DISABLE:
                await before_write()
                await self._disable(account, workflow, operation, done)
                return
            if held is not None and decision.do is Do.NOTE:
                seen = held.model_copy(update={"changed_time": workflow.changed_time})
                await self.remembered.put(account, seen)
            await self._conclude(account, workflow, held, decision, done)

        await _each(found.workflows, see_to, done)
        return done.in_order()

    async def _disable(
        self, account: AccountId, workflow: Workflow, operation: str, done: Moved
    ) -> None:
        asked = RememberedWorkflow(
            resource_id=workflow.id,
            name=workflow.name,
            operation=operation,
            asked_at=self.clock.now(),
        )
        etag = await self.remembered.put(account, asked)
        try:
            await self.arm.post(f"{workflow.id}/disable", API_VERSION)
        except ArmRefused as refused:
            now = await self._after(workflow.id, refused)
            if now is not None and not now.is_disabled:
                if refused.meaning in _NOT_DONE:
                    # Whoever disables it after this is somebody else.
                    await self.remembered.forget(account, [asked])
                raise
        else:
            now = await self._now(workflow.id)
        if now is None:
            await self._leave_gone(account, workflow, asked, done)
            return
        if now.is_disabled:
            seen = asked.model_copy(update={"changed_time": now.changed_time})
            await self._note(account, seen, etag)
        done.move(workflow)

    async def _leave_gone(
        self,
        account: AccountId,
        workflow: Workflow,
        held: RememberedWorkflow | None,
        done: Moved,
    ) -> None:
        if held is not None:
            await self.remembered.forget(account, [held])
        done.leave(workflow, "It is gone.")

    async def enable(
        self,
        account: AccountId,
        operation: str,
        before_write: BeforeWrite,
        chosen: Callable[[RememberedWorkflow], bool] = lambda _: True,
    ) -> Moved:
        """Enable the workflows that Interkeep disabled, as far as nobody changed them since, and
        forget them. Repeated after a refusal, it goes on.

        :param operation: id of the operation that does it.
        :param before_write: called before each workflow is enabled; what it raises stops all.
        :param chosen: which of those that are remembered.
        :returns: what was done, with what ARM refused on the way: nothing is forgotten then.
        :raises Problem: IntegrationAccountUnknown, where any is remembered.
        """
        known = [one for one in await self._known(account) if chosen(one.value)]
        if known:
            require_in(self.scopes, account)
        done, forgotten = Moved(), []

        async def see_to(one: Versioned[RememberedWorkflow]) -> None:
            held = one.value
            now = await self._now(held.resource_id)
            decision = on_resume(now, held)
            if decision.do is Do.ENABLE:
                await before_write()
                await self._enable(account, one, operation)
                decision = Decision(Do.DONE)
            if decision.do is Do.DONE:
                done.move(held)
            else:
                done.leave(held, decision.why)
            forgotten.append(held)

        await _each(known, see_to, done)
        if done.refused is None:
            await self.remembered.forget(account, forgotten)
        return done.in_order()

    async def _enable(
        self, account: AccountId, one: Versioned[RememberedWorkflow], operation: str
    ) -> None:
        held = one.value.model_copy(update={"enabling": operation})
        await self._note(account, held, one.etag)
        try:
            await self.arm.post(f"{held.resource_id}/enable", API_VERSION)
        except ArmRefused as refused:
            now = await self._after(held.resource_id, refused)
            if now is None or not now.is_enabled:
                raise

    async def was_disabled(self, account: AccountId, one: RememberedWorkflow) -> bool | None:
        """Whether a workflow that is remembered was disabled; None where nobody saw that, and ARM
        does not say it now, or is not asked as the setting does not name the account."""
        if one.changed_time:
            return True
        try:
            require_in(self.scopes, account)
            now = await self._now(one.resource_id)
        except (ArmRefused, Problem):
            return None
        return now is not None and now.is_disabled

    async def _known(self, account: AccountId) -> list[Versioned[RememberedWorkflow]]:
        return [one async for page in self.remembered.pages(account) for one in page]

    async def _note(self, account: AccountId, workflow: RememberedWorkflow, etag: str) -> None:
        try:
            await self.remembered.replace(account, workflow, etag)
        except RowChanged:
            return  # another operation has it now, and looks at it later than this one did

    async def _conclude(
        self,
        account: AccountId,
        workflow: Workflow,
        held: RememberedWorkflow | None,
        decision: Decision,
        done: Moved,
    ) -> None:
        if held is not None and decision.forget:
            await self.remembered.forget(account, [held])
        if decision.do is Do.LEAVE:
            done.leave(workflow, decision.why)
        else:
            done.move(workflow)

    async def _now(self, resource_id: str) -> Workflow | None:
        """A workflow as it is now, None if it is gone."""
        try:
            return workflow_of(await self.arm.get(resource_id, API_VERSION))
        except ArmRefused as refused:
            if refused.meaning not in _GONE:
                raise
            return None

    async def _after(self, resource_id: str, refused: ArmRefused) -> Workflow | None:
        """A workflow after ARM refused to change it, or did not answer: it may have done so.

        :raises ArmRefused: the former refusal, where ARM does not say this either.
        """
        if refused.meaning in _GONE:
            return None
        try:
            return await self._now(resource_id)
        except ArmRefused:
            raise refused from None


def _id(one: Workflow | RememberedWorkflow) -> str:
    return one.id if isinstance(one, Workflow) else one.resource_id


async def _each(
    items: Iterable[Item], see_to: Callable[[Item], Awaitable[None]], done: Moved
) -> None:
    """See to each, several at once. What ARM refuses first is kept, and no other one is begun;
    those that are under way end."""

    async def one(item: Item) -> None:
        if done.refused is not None:
            return
        try:
            await see_to(item)
        except ArmRefused as refused:
            done.refused = done.refused or refused

    await each_of(items, one, Pace(_AT_ONCE))
