"""The work of PushIntegrationAccount."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from shared.arm.problems import as_problems
from shared.integration_accounts.linking.linking import PUSH, Linking
from shared.integration_accounts.pushing.beginning import Beginning
from shared.integration_accounts.pushing.deciding import Deciding, require_planned_sources
from shared.integration_accounts.pushing.ending import (
    NOT_AS_WRITTEN,
    NOT_PLANNED,
    compared,
    differs,
    disabled_for_nothing,
    not_linked,
    result_of,
    unlike,
    would_be_replaced,
)
from shared.integration_accounts.pushing.making import Making
from shared.integration_accounts.pushing.own import OwnWrites
from shared.integration_accounts.pushing.patient import pause
from shared.integration_accounts.pushing.planned_for import (
    body_of,
    is_planned_to_link,
    planned_sources,
    require_as_planned,
)
from shared.integration_accounts.pushing.planning import (
    Planned,
    Planner,
    is_partial,
    kept_otherwise,
)
from shared.integration_accounts.pushing.progress import Done, Progressing
from shared.integration_accounts.pushing.safety import Safety
from shared.integration_accounts.pushing.settling import AtTheEnd, Settling, pushed_account_of
from shared.integration_accounts.pushing.starting import refusal
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.survey import Survey
from shared.integration_accounts.pushing.suspending import Suspending
from shared.integration_accounts.pushing.target import (
    Target,
    settings_of,
    target_of,
)
from shared.integration_accounts.pushing.unheard import settle_unheard
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.integration_accounts.workflows.under_way import PushesUnderWay, pushed_account
from shared.model.link import LinkBody, recorded_tags
from shared.model.operation import (
    Operation,
    OperationError,
    OperationStatus,
    Warning,
)
from shared.model.problem import Code, Problem
from shared.model.push import PushBody, PushNumbersPolicy, WorkflowsPolicy
from shared.model.service import Service
from shared.operations.engine import ATTEMPTS
from shared.operations.failures import operation_error, passes
from shared.operations.task import Outcome, Task, Work
from shared.rules.integration_accounts.push_warnings import LOST, told
from shared.rules.problems import service_deleted
from shared.rules.states import require_manageable
from shared.services.account_claims import is_linked_to
from shared.services.services import Asked
from shared.storage.fence import Canceled


class PushWork(Work):
    """The work of PushIntegrationAccount."""

    exclusive = True

    def __init__(
        self,
        stores: PushStores,
        planner: Planner,
        linking: Linking,
        safety: Safety,
        suspending: Suspending,
        settling: Settling,
        under_way: PushesUnderWay,
    ) -> None:
        self._under_way = under_way
        self._settling = settling
        self._suspending = suspending
        self._stores = stores
        self._planner = planner
        self._linking = linking
        self._safety = safety

    async def run(self, task: Task) -> Outcome:
        """Push, or go on where an earlier attempt stopped: what is there is compared, and only
        what differs is written.

        :raises Problem: ServiceNotFound, OperationNotAllowed, and what forbids the push before
            anything was written.
        """
        operation = task.operation
        service = await self._service(operation)
        if service is None:
            raise service_deleted(operation.service)
        require_manageable(service.name, service.state)
        progress = await self._progress(operation, service).read()
        if progress.now.done:
            return _outcome(progress.now.done)
        body = body_of(operation)
        try:
            require_as_planned(operation, service)
            return await self._push(task, service, body, progress)
        except Canceled:
            if not progress.now.is_told:
                raise
            notes = await self._disabled(operation, progress)
            return _stopped(operation, progress, OperationStatus.CANCELED, notes)
        except Problem as problem:
            if not progress.now.is_told or _may_pass(problem, operation):
                raise
            notes = await self._disabled(operation, progress)
            error = operation_error(problem)
            return _stopped(operation, progress, OperationStatus.FAILED, notes, error)

    async def _push(
        self,
        task: Task,
        service: Service,
        body: PushBody,
        progress: Progressing,
    ) -> Outcome:
        written = progress.written
        own = OwnWrites(progress)
        goes_on = progress.now.begun
        settle = own.settle if goes_on else None
        account = pushed_account(task.operation)
        if not goes_on and account is not None:
            await self._under_way.require_first(account, task.operation, partial(pause, task))
        planned = await self._planner.planned(service, body, task, settle)
        if not goes_on:
            sources = planned.looked.numbers.sources
            require_planned_sources(task.operation, sources, body.control_numbers)
            beginning = Beginning(
                self._stores,
                self._safety,
                self._suspending,
                task,
                service,
                body,
                planned,
                progress,
            )
            await beginning.begin()
        else:
            with as_problems(planned.target.id):
                await settle_unheard(task, planned, written)
        with as_problems(planned.target.id):
            making = await self._making(task, body, planned, progress)
            if making is not None and goes_on:
                await making.require_own()
            if body.workflows is WorkflowsPolicy.SUSPEND:
                # First: those of a lost account run again as soon as one of its name is made.
                await self._suspending.disable(task, planned.target.id, progress.note)
            if making is not None:
                await making.make()
            if not progress.now.exists:
                await progress.write(exists=True)
            refused = [one for one in planned.problems if one.code in _STILL]
            if goes_on and refused:
                raise refusal(refused)
            noted = pushed_account_of(planned.target, body.create)
            if planned.looked.numbers.seen:
                # First: with an agreement there, the account may issue numbers of the service.
                await self._settling.note(service, noted)
            writer = ArtifactWriter(
                self._stores, service, task, body, planned, written, progress.before, own
            )
            await writer.write()
            numbers = Deciding(
                self._stores,
                self._planner.numbers,
                self._safety,
                task,
                service,
                body,
                planned,
                progress,
            )
            await numbers.write()
            await writer.delete()
            task.report("comparing")
            looked_at = self._stores.clock.now()
            target = await target_of(self._stores.arm, planned.target.id, body)
            looked = await self._planner.looked(service, body, target, task, settle=own.settle)
            differing = sorted([*unlike(looked.survey, own), *await numbers.look_back(looked)])
        notes = await self._link(task, service, body, planned, looked.survey, differing)
        is_linked = await self._is_linked(service, planned.target)
        is_whole = not (differing or is_partial(body) or looked.survey.left_alone)
        if is_whole:
            states = planned_sources(task.operation)
            behind = PushNumbersPolicy.AS_KNOWN not in body.control_numbers.policies
            numbers_of = [one.number for one in progress.decided]
            read = AtTheEnd(looked_at, looked.numbers, states, numbers_of, goes_behind=behind)
            with as_problems(planned.target.id):
                await self._settling.run(task, service, planned.target.account, noted, read)
        notes += await self._disabled(task.operation, progress)
        result = result_of(task.operation, progress) | compared(differing)
        result |= {
            "linked": is_linked,
            "requests": planned.target.account.requests,
        }
        # What is lost was told before the first write: now it is gone.
        of_plan = [one for one in planned.warnings if one.code not in LOST]
        warnings = [*notes, *written.warnings, *of_plan]
        if differing:
            warnings.insert(0, differs(differing))
        warnings = told(warnings, written.untold)
        done = Done(result=result, warnings=warnings, whole=not differing)
        await progress.write(done=done)
        return _outcome(done)

    async def _making(
        self, task: Task, body: PushBody, planned: Planned, progress: Progressing
    ) -> Making | None:
        """What makes the account; None where that is not asked for, or has been done."""
        is_made = planned.target.exists and progress.now.exists
        if body.create is None or is_made:
            return None
        tags = recorded_tags(await settings_of(planned.looked.cut))
        asked = replace(planned.target, sku=body.create.sku, location=body.create.location)
        return Making(self._stores, task, asked, body, tags, progress.written)

    async def _link(
        self,
        task: Task,
        service: Service,
        body: PushBody,
        planned: Planned,
        survey: Survey,
        differing: Sequence[str],
    ) -> list[Warning]:
        """Link the service to the account, where the request does not forbid it, the plan said so,
        no other service has it, and the next pull takes nothing from the service; why that was not
        done.

        :param survey: the account, read again.
        """
        listed = await self._stores.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            raise service_deleted(service.name)
        facts = listed.service.integration_account
        if not body.link or (facts is not None and facts.linked):
            return []
        if is_partial(body):
            return [not_linked(_PARTIAL, planned.target)]
        if differing:
            return [not_linked(NOT_AS_WRITTEN, planned.target)]
        if kept := kept_otherwise(survey):
            return [not_linked(would_be_replaced(kept), planned.target)]
        if not await self._planner.links(listed.service, body, planned.target.id, survey):
            return [not_linked("another service is linked to it.", planned.target)]
        if not is_planned_to_link(task.operation):
            return [not_linked(NOT_PLANNED, planned.target)]
        asked = Asked(task.operation.caller, PUSH)
        try:
            minutes = await self._settling.pull_minutes(listed.service)
            link = LinkBody(resource_id=planned.target.resource_id, pull_minutes=minutes)
            await self._linking.link(listed, link, asked)
        except Problem as problem:
            if problem.again or problem.code.status == _UNAVAILABLE:
                raise
            return [not_linked(problem.message, planned.target)]
        return []

    async def _is_linked(self, service: Service, target: Target) -> bool:
        listed = await self._stores.directory.get(service.name)
        same = listed is not None and listed.service.id == service.id
        return listed is not None and same and is_linked_to(listed.service, target.id.key)

    async def committed(self, operation: Operation) -> Outcome | None:
        """How a push ended that had begun to write: what is in the account stays, and the result
        names the backup of before."""
        service = await self._service(operation)
        if service is None:
            return None
        progress = await self._progress(operation, service).read()
        if progress.now.done:
            return _outcome(progress.now.done)
        if not progress.now.is_told:
            return None
        account = pushed_account(operation)
        if account is not None:
            await self._suspending.note_disabled(operation, account, progress.note)
        notes = await self._disabled(operation, progress)
        if operation.cancel_requested:
            return _stopped(operation, progress, OperationStatus.CANCELED, notes)
        error = operation.error or OperationError(
            code=Code.INTERNAL_ERROR,
            message=f"Its worker stopped {ATTEMPTS} times. The log of the app tells more.",
        )
        return _stopped(operation, progress, OperationStatus.FAILED, notes, error)

    async def _disabled(self, operation: Operation, progress: Progressing) -> list[Warning]:
        """Have the service that is linked to the account Suspended where workflows of it are
        disabled, however the push ends; what there is to say where no resume can enable them."""
        account, told = pushed_account(operation), progress.now.workflows
        if account is None:
            return []
        notes = await self._suspending.suspend(operation, account, told, progress.note)
        if not progress.now.begun and progress.now.workflows.get("disabled"):
            notes.append(disabled_for_nothing(account, progress.now.workflows))
        return notes

    async def settle(self, operation: Operation) -> None:
        """Take back a backup that is not complete, and forget what was staged."""
        service = await self._service(operation)
        if service is None:
            return
        await self._safety.end(operation, service)

    def _progress(self, operation: Operation, service: Service) -> Progressing:
        return Progressing(self._stores.staging, service.id, operation.id)

    async def _service(self, operation: Operation) -> Service | None:
        listed = await self._stores.directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return None
        return listed.service


_PARTIAL = (
    "a part of it was pushed, and its next pull would remove from it what the account lacks. Push "
    "all of it, or link it yourself."
)
_UNAVAILABLE = 503
_STILL = frozenset({Code.INTEGRATION_ACCOUNT_HOLDS})
"""What forbids a push to go on: the rest was looked at before it began."""


def _may_pass(problem: Problem, operation: Operation) -> bool:
    """Whether another attempt may not meet the problem, and there is one."""
    return passes(problem) and operation.attempt < ATTEMPTS


def _stopped(
    operation: Operation,
    progress: Progressing,
    status: OperationStatus,
    notes: Sequence[Warning],
    error: OperationError | None = None,
) -> Outcome:
    """The end of a push that stopped after it had begun to write: what all attempts did."""
    written = progress.written
    warnings = told([*notes, *written.warnings, *written.unheard()], written.untold)
    return Outcome(status, result_of(operation, progress), warnings, error)


def _outcome(done: Done) -> Outcome:
    whole = OperationStatus.SUCCEEDED if done.whole else OperationStatus.PARTIALLY_SUCCEEDED
    return Outcome(whole, done.result, done.warnings)
