"""The work of PushIntegrationAccount."""

from collections.abc import Sequence

from shared.arm.problems import as_problems
from shared.integration_accounts.linking.linking import Linking
from shared.integration_accounts.pushing.before import look_before
from shared.integration_accounts.pushing.numbers import Decided
from shared.integration_accounts.pushing.planning import Planned, Planner, is_partial
from shared.integration_accounts.pushing.progress import Done, Progressing
from shared.integration_accounts.pushing.safety import Safety
from shared.integration_accounts.pushing.session_writing import SessionWriter
from shared.integration_accounts.pushing.sources import SessionsThere, Source, require_source
from shared.integration_accounts.pushing.starting import SOURCE, refusal
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.survey import Survey
from shared.integration_accounts.pushing.suspending import Suspending
from shared.integration_accounts.pushing.target import (
    Target,
    exists_already,
    make_account,
    tags_of,
    target_of,
)
from shared.integration_accounts.pushing.writing import ArtifactWriter, Written
from shared.integration_accounts.workflows.under_way import pushed_account
from shared.model.link import LinkBody
from shared.model.operation import (
    Operation,
    OperationError,
    OperationStatus,
    Warning,
)
from shared.model.problem import Code, Problem
from shared.model.push import Action, PushBody, WorkflowsPolicy
from shared.model.service import Service
from shared.model.wire import JsonObject, JsonValue
from shared.operations.engine import ATTEMPTS
from shared.operations.failures import operation_error, passes
from shared.operations.task import Outcome, Task, Work
from shared.rules.integration_accounts.push_plan import WRITTEN
from shared.rules.naming import artifact_key
from shared.rules.problems import service_deleted
from shared.rules.states import require_manageable
from shared.services.account_claims import is_linked_to
from shared.services.services import Asked
from shared.storage.fence import Canceled

_MOST_DIFFERENCES = 100


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
    ) -> None:
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
        written = Written()
        body = PushBody.model_validate(operation.parameters["request"])
        try:
            return await self._push(task, service, body, progress, written)
        except Canceled:
            if not progress.now.begun:
                raise
            notes = await self._disabled(operation, progress)
            result = _result(operation, progress, written)
            return Outcome(OperationStatus.CANCELED, result, [*written.warnings, *notes])
        except Problem as problem:
            if not progress.now.begun or _may_pass(problem, operation):
                raise
            notes = await self._disabled(operation, progress)
            result = _result(operation, progress, written)
            error = operation_error(problem)
            return Outcome(OperationStatus.FAILED, result, [*written.warnings, *notes], error)

    async def _push(
        self,
        task: Task,
        service: Service,
        body: PushBody,
        progress: Progressing,
        written: Written,
    ) -> Outcome:
        planned = await self._planner.planned(service, body, task)
        if not progress.now.begun:
            _require_source(task.operation, planned.looked.numbers.source, body)
            await self._begin(task, service, body, planned, progress)
        elif refused := [one for one in planned.problems if one.code in _STILL]:
            raise refusal(refused)
        with as_problems(planned.target.id):
            if not planned.target.exists:
                tags = await tags_of(planned.looked.cut)
                await make_account(planned.target, body, tags)
            elif body.workflows is WorkflowsPolicy.SUSPEND:
                await self._suspending.disable(task, planned.target.id, progress.note)
            writer = ArtifactWriter(
                self._stores, service, task, body, planned, written, progress.before
            )
            await writer.write()
            await self._numbers(task, service, body, planned, progress, written)
            await writer.delete()
            differing = await self._compare(task, service, body, planned, progress)
        notes = await self._link(task, service, body, planned)
        notes += await self._disabled(task.operation, progress)
        result = _result(task.operation, progress, written)
        result |= {
            "verified": not differing,
            "differs": [*differing[:_MOST_DIFFERENCES]],
            "moreDiffer": max(0, len(differing) - _MOST_DIFFERENCES),
            "linked": await self._is_linked(service, planned.target),
            "requests": planned.target.account.requests,
        }
        warnings = [*planned.plan.warnings, *written.warnings, *notes]
        if differing:
            warnings.append(_differs(differing))
        done = Done(result=result, warnings=warnings[:_MOST_DIFFERENCES], whole=not differing)
        await progress.write(done=done)
        return _outcome(done)

    async def _begin(
        self,
        task: Task,
        service: Service,
        body: PushBody,
        planned: Planned,
        progress: Progressing,
    ) -> None:
        """Make the backup that the push is undone with, and note that the account is written to
        from now on.

        :raises Problem: what forbids the push.
        """
        if body.create is not None:
            now = await target_of(self._stores.arm, planned.target.id, body)
            if now.exists:  # made by somebody else: nothing was begun
                raise exists_already(now)
        if planned.problems:
            raise refusal(planned.problems)
        if not progress.now.looked:
            await progress.clear()  # of pushes that ended
            looked = planned.looked
            with as_problems(planned.target.id):
                before = await look_before(task, looked.survey, looked.surveyor)
            await progress.look(before)
        safety: JsonObject = {}
        if planned.plan.safety_backup:
            safety = await self._safety.made(task, service, planned.target)
        await task.checkpoint()
        await progress.write(begun=True, safety=safety)

    async def _numbers(
        self,
        task: Task,
        service: Service,
        body: PushBody,
        planned: Planned,
        progress: Progressing,
        written: Written,
    ) -> None:
        cut, survey = planned.looked.cut, planned.looked.survey
        target = await target_of(self._stores.arm, planned.target.id, body)
        surveyed = self._planner.numbers
        found = await surveyed.run(service, cut, target, body, survey)
        if not progress.now.numbers_decided or found.old_acknowledgements:
            _require_source(task.operation, found.source, body)
        if not progress.now.numbers_decided:
            if found.problems:
                raise refusal(found.problems)
            await progress.decide(found.decided, found.of_source)
        names = _names(progress.decided, found.there)
        key = await self._stores.keys.data_key(service.id)
        sessions = SessionWriter(self._stores, service, target.account, task, key, written)
        await sessions.numbers(progress.decided, names)
        await sessions.others(surveyed, cut, survey, found.source, body.control_numbers)
        await sessions.create(progress.of_source)

    async def _compare(
        self,
        task: Task,
        service: Service,
        body: PushBody,
        planned: Planned,
        progress: Progressing,
    ) -> list[str]:
        """Read the account again, and say what of it is not as it was to become."""
        task.report("comparing")
        target = await target_of(self._stores.arm, planned.target.id, body)
        looked = await self._planner.looked(service, body, target, task)
        survey = looked.survey
        found = [f"{key[0]}/{survey.records[key].name}" for key in _unlike(survey)]
        for child, names in survey.deletions.items():
            found += [f"{child}/{name}" for name in names]
        there = looked.numbers.there
        for one in progress.decided:
            number = one.number
            session = there.generated.get((artifact_key(number.agreement), number.kind))
            if one.is_still_to_write(session):
                found.append(f"control-numbers/{number.agreement}/{number.kind}")
        lacking = [one for one in progress.of_source if there.others.action(one.name) in WRITTEN]
        if count := looked.numbers.sessions_lacking + len(lacking):
            found.append(f"sessions: {count}")
        return sorted(found)

    async def _link(
        self, task: Task, service: Service, body: PushBody, planned: Planned
    ) -> list[Warning]:
        """Link the service to the account, where the request does not forbid it and no other
        service has it; why that was not done."""
        listed = await self._stores.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            raise service_deleted(service.name)
        facts = listed.service.integration_account
        if not body.link or (facts is not None and facts.linked):
            return []
        if is_partial(body):
            return [_not_linked(_PARTIAL, planned.target)]
        if not await self._planner.links(listed.service, body, planned.target.id):
            return [_not_linked("another service is linked to it.", planned.target)]
        asked = Asked(task.operation.caller, "push")
        try:
            link = LinkBody(resource_id=planned.target.resource_id)
            await self._linking.link(listed, link, asked)
        except Problem as problem:
            if problem.again or problem.code.status == _UNAVAILABLE:
                raise
            return [_not_linked(problem.message, planned.target)]
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
        if not progress.now.begun:
            return None
        account = pushed_account(operation)
        if account is not None:
            await self._suspending.note_disabled(operation, account, progress.note)
        notes = await self._disabled(operation, progress)
        result = _result(operation, progress, None)
        if operation.cancel_requested:
            return Outcome(OperationStatus.CANCELED, result, notes)
        error = operation.error or OperationError(
            code=Code.INTERNAL_ERROR,
            message=f"Its worker stopped {ATTEMPTS} times. The log of the app tells more.",
        )
        return Outcome(OperationStatus.FAILED, result, notes, error)

    async def _disabled(self, operation: Operation, progress: Progressing) -> list[Warning]:
        """Have the service that is linked to the account Suspended where workflows of it are
        disabled, however the push ends; what there is to say where no resume can enable them."""
        account, told = pushed_account(operation), progress.now.workflows
        if account is None:
            return []
        return await self._suspending.suspend(operation, account, told, progress.note)

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


def _require_source(operation: Operation, now: Source, body: PushBody) -> None:
    require_source(operation.parameters.get(SOURCE), now, body.control_numbers)


def _may_pass(problem: Problem, operation: Operation) -> bool:
    """Whether another attempt may not meet the problem, and there is one."""
    return passes(problem) and operation.attempt < ATTEMPTS


def _unlike(survey: Survey) -> list[tuple[str, str]]:
    wrong = (Action.CREATE, Action.REPLACE, Action.REFUSE)
    return [key for key, action in survey.actions.items() if action in wrong]


def _names(decided: Sequence[Decided], there: SessionsThere) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for one in decided:
        number = one.number
        session = there.generated.get((artifact_key(number.agreement), number.kind))
        if session is not None:
            found[number.agreement, number.kind] = session.name
    return found


def _result(operation: Operation, progress: Progressing, written: Written | None) -> JsonObject:
    plan = operation.parameters.get("plan")
    target: JsonValue = plan.get("target") if isinstance(plan, dict) else None
    found: JsonObject = {"target": target}
    if progress.now.safety:
        found["safetyBackup"] = progress.now.safety
    if progress.now.workflows:
        found["workflows"] = progress.now.workflows
    return found if written is None else {**found, **written.to_json()}


def _outcome(done: Done) -> Outcome:
    whole = OperationStatus.SUCCEEDED if done.whole else OperationStatus.PARTIALLY_SUCCEEDED
    return Outcome(whole, done.result, done.warnings)


def _differs(differing: Sequence[str]) -> Warning:
    more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
    return Warning(
        code="NotAsWritten",
        message=f"Read again, the account is not as it was to become: {', '.join(differing[:5])}"
        f"{more}. Somebody else may change it, or Azure keeps it otherwise: look at it, and push "
        "again.",
        target="verified",
    )


def _not_linked(why: str, target: Target) -> Warning:
    return Warning(
        code="NotLinked",
        message=f"The service is not linked to the account: {why}",
        target=target.resource_id,
    )
