"""Moving services through the state chart: suspending or resuming a linked one moves its account's
workflows too.

Workflows come first, the service's state last. So a service that says it is Suspended has none that
Interkeep could disable and did not; and what failed half way is asked for again: a suspend of what
is still Active, a resume of what is still Suspended.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from shared.arm.problems import problem_of
from shared.arm.refusals import ArmRefused
from shared.integration_accounts.workflows.under_way import PushesUnderWay
from shared.integration_accounts.workflows.workflows import Moved, Workflows
from shared.model.integration_account import AccountId
from shared.model.problem import Problem
from shared.model.service import Service, State
from shared.model.wire import JsonObject
from shared.model.workflow import RememberedWorkflow, WorkflowsMoved
from shared.operations.engine import Engine
from shared.operations.immediate import BeforeWrite, LogEntry
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.states import ServiceOperation
from shared.services.services import Asked, Services
from shared.state.services import Listed

_MOST_TOLD = 200
"""Workflows that an answer names of each kind."""
_MOST_NAMED = 5
"""Workflows that a message names."""

_WITH_WORKFLOWS = frozenset({ServiceOperation.SUSPEND, ServiceOperation.RESUME})

WORKFLOWS = "workflows"
"""The member of the operation's result, and of the answer."""


@dataclass(frozen=True)
class Transitions:
    """Moves services from one state to another."""

    services: Services
    workflows: Workflows
    engine: Engine
    pushes: PushesUnderWay

    async def move(
        self, listed: Listed, operation: ServiceOperation, asked: Asked
    ) -> tuple[Listed, JsonObject | None]:
        """Move a service; return it, and what was done to workflows: None for a service that is not
        linked, and where they are not touched.

        :raises Problem: as ``Services.move``; OperationInProgress for a suspend or a resume while
            a push of the service runs, or one into its account; IntegrationAccountUnknown where
            the setting names its account no more; IntegrationAccountForbidden,
            IntegrationAccountRefused or IntegrationAccountUnavailable where ARM does not do it:
            the service's state is as it was then, and the message says what the workflows are.
        """
        if operation not in _WITH_WORKFLOWS:
            return await self.services.move(listed, operation, asked), None
        service, account = listed.service, linked_account(listed.service)
        found: list[JsonObject] = []
        pushes = self.pushes.watch(service, account)

        async def alone(entry: LogEntry) -> None:
            await pushes.require_none()
            await entry.open()

        async def first(entry: LogEntry) -> None:
            await pushes.require_none()
            if account is None:
                return
            if operation is ServiceOperation.SUSPEND:
                shown = await self._suspend(account, service, entry.id, _one_at_a_time(entry.open))
            else:
                # Asked before each workflow: a push that began meanwhile has disabled it, or will.
                before_write = _one_at_a_time(partial(alone, entry))
                shown = await self._resume(account, entry.id, before_write)
            found.append(shown)
            entry.result = {WORKFLOWS: shown}

        moved = await self.services.move(listed, operation, asked, first)
        if found or account is None:
            return moved, found[0] if found else None
        return moved, await self._recorded(service, asked)

    async def _suspend(
        self, account: AccountId, service: Service, operation: str, before_write: BeforeWrite
    ) -> JsonObject:
        try:
            done = await self.workflows.disable(account, operation, before_write)
        except ArmRefused as refused:
            raise _added(
                problem_of(refused, account),
                f"Service '{service.name}' is {service.state} as before, and no workflow was "
                "disabled.",
            ) from refused
        if done.refused is None:
            return _shown(done, disabled=True)
        problem = problem_of(done.refused, account)
        if not done.is_final or service.state is State.SUSPENDED:
            raise _added(
                problem,
                f"Service '{service.name}' is {service.state} as before; "
                f"{_counted(done)} disabled so far, and remembered. Suspend it again to go on.",
            ) from done.refused
        raise _added(
            problem, await self._taken_back(account, service, operation, before_write)
        ) from done.refused

    async def _taken_back(
        self, account: AccountId, service: Service, operation: str, before_write: BeforeWrite
    ) -> str:
        """Enable what a suspend disabled that cannot end; what there is to say of it. What was
        disabled before stays: a push may have, into an account that is half of what it is to be."""
        so = f"Service '{service.name}' is {service.state} as before"

        def is_own(one: RememberedWorkflow) -> bool:
            return one.operation == operation

        try:
            back = await self.workflows.enable(account, operation, before_write, is_own)
        except ArmRefused as refused:
            back = Moved(refused=refused)
        if back.refused is None:
            stays = await self._stays(account)
            if not back.moved:
                return f"{so}, and {stays or 'no workflow is disabled by Interkeep.'}"
            return f"{so}; {_counted(back)} enabled again." + (stays and f" But {stays}")
        return (
            f"{so}. The workflows that were disabled before that could not all be enabled again: "
            "they are remembered. Suspend the service again, and resume it, or enable them in "
            "Azure."
        )

    async def _stays(self, account: AccountId) -> str:
        """What there is to say of workflows that stay disabled; empty where none does."""
        pages = self.workflows.remembered.pages(account)
        held = Moved()
        async for page in pages:
            for one in page:
                held.move(one.value)
        if not held.moved:
            return ""
        return (
            f"{_counted(held)} disabled by an earlier suspend or push, and remembered. Suspend the "
            "service again, and resume it, or enable them in Azure."
        )

    async def _resume(
        self, account: AccountId, operation: str, before_write: BeforeWrite
    ) -> JsonObject:
        done = await self.workflows.enable(account, operation, before_write)
        if done.refused is None:
            return _shown(done, disabled=False)
        raise _added(
            problem_of(done.refused, account),
            f"The service is Suspended as before; {_counted(done)} enabled so far, and those that "
            "are not are remembered. Resume it again to go on. A workflow that cannot be enabled "
            "so may be enabled in Azure: then it is left as it is.",
        ) from done.refused

    async def _recorded(self, service: Service, asked: Asked) -> JsonObject | None:
        """What an earlier request with the same Operation-Id did."""
        if asked.operation_id is None:
            return None
        found = await self.engine.records.find(service.name, asked.operation_id)
        result = found[0].operation.result if found else None
        shown = result.get(WORKFLOWS) if result else None
        return shown if isinstance(shown, dict) else None


def linked_account(service: Service) -> AccountId | None:
    """The account that a service is linked to, None for none."""
    facts = service.integration_account
    return account_id_of(facts.resource_id) if facts is not None and facts.linked else None


def _one_at_a_time(write: Callable[[], Awaitable[None]]) -> BeforeWrite:
    """A record is opened once, whoever of several asks first."""
    lock = asyncio.Lock()

    async def alone() -> None:
        async with lock:
            await write()

    return alone


def _shown(done: Moved, *, disabled: bool) -> JsonObject:
    some = done.moved[:_MOST_TOLD]
    return WorkflowsMoved(
        looked_in=done.looked_in or None,
        disabled=some if disabled else None,
        enabled=None if disabled else some,
        left=done.left[:_MOST_TOLD],
        moved_count=len(done.moved),
        left_count=len(done.left),
    ).to_json()


def _counted(done: Moved) -> str:
    """Such as: 2 workflows are (a, b)."""
    names = ", ".join(one.name for one in done.moved[:_MOST_NAMED])
    more = ", …" if len(done.moved) > _MOST_NAMED else ""
    noun = "workflow is" if len(done.moved) == 1 else "workflows are"
    return f"{len(done.moved)} {noun}" + (f" ({names}{more})" if names else "")


def _added(problem: Problem, more: str) -> Problem:
    return replace(problem, message=f"{problem.message} {more}")
