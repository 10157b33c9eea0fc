"""The plan of a push: what it does, and everything that forbids it or surprises, at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.arm.problems import as_problems
from shared.integration_accounts.linking.linking import Linking
from shared.integration_accounts.pushing.numbers import NumbersFound, NumbersSurvey
from shared.integration_accounts.pushing.sources import account_of
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.survey import Survey, Surveyor
from shared.integration_accounts.pushing.suspending import Suspending
from shared.integration_accounts.pushing.target import (
    Target,
    chosen_account,
    exists_already,
    look_at_keys,
    rights,
    target_of,
)
from shared.model.integration_account import AccountFacts, AccountId, Child
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import (
    Action,
    PlannedWorkflow,
    PushBody,
    PushPlan,
    WorkflowAction,
)
from shared.model.restore import PlanError
from shared.model.service import Service
from shared.operations.task import Task
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.integration_accounts.push_changes import Changes
from shared.rules.integration_accounts.push_checks import PushChecks
from shared.rules.integration_accounts.push_numbers import SourceState
from shared.rules.integration_accounts.push_plan import WRITTEN, seconds_of
from shared.rules.integration_accounts.push_request import Move, before_resuming
from shared.rules.integration_accounts.push_rights import wanted_rights
from shared.rules.integration_accounts.push_workflows import to_resume
from shared.rules.states import ALLOWED, ServiceOperation
from shared.services.cut import ServiceCut

_MOST_TOLD = 200
"""Errors, warnings and workflows that a plan tells one by one."""


@dataclass(frozen=True)
class Planned:
    """A plan, what forbids it, and what it was made of."""

    plan: PushPlan
    problems: Sequence[Problem]
    target: Target
    looked: "Looked"
    checks: PushChecks


@dataclass(frozen=True)
class Looked:
    """What the service and the account hold."""

    survey: Survey
    numbers: NumbersFound
    cut: ServiceCut
    surveyor: Surveyor


@dataclass(frozen=True)
class Planner:
    """Makes plans of pushes. It only reads."""

    stores: PushStores
    linking: Linking
    suspending: Suspending

    async def planned(self, service: Service, body: PushBody, task: Task | None = None) -> Planned:
        """What a push would do, and all that forbids it.

        :param task: the push that goes on, of which the account may be there already.
        :raises Problem: where there is no account to plan for: InvalidRequest,
            IntegrationAccountUnknown, IntegrationAccountNotFound,
            IntegrationAccountForbidden, IntegrationAccountUnavailable, IntegrationAccountRefused;
            for a resource of it that no document of a service can hold; BlobMissing.
        """
        account_id = chosen_account(self.linking, service, body)
        target = await target_of(self.stores.arm, account_id, body)
        with as_problems(account_id):
            return await self._planned(service, body, target, task)

    async def _planned(
        self, service: Service, body: PushBody, target: Target, task: Task | None
    ) -> Planned:
        stores = self.stores
        changes = Changes.of(target.location, body.key_vaults)
        checks = PushChecks(body, changes, target.sku, stores.clock.now())
        looked = await self.looked(service, body, target, task, checks)
        survey, numbers = looked.survey, looked.numbers
        refused = [exists_already(target)] if _is_there(body, target, task) else []
        workflows, unseen = await self._workflows(target, body)
        wanted = _wanted(survey, numbers, creates=not target.exists)
        lacking, unsure = await rights(stores.arm, target, wanted, workflows)
        if target.exists:
            await look_at_keys(target.account, checks.keys)
        else:
            for vault in checks.keys.vaults:
                checks.keys.not_checked(vault, _LATER)
        unreadable = await stores.unreadable_now() if checks.gives_addresses else ""
        forbidding, surprising = checks.end(unreadable)
        problems = [
            *refused,
            *survey.problems,
            *_not_taken(survey),
            *forbidding,
            *lacking,
            *numbers.problems,
        ]
        warnings = [*surprising, *numbers.warnings, *unsure, *unseen, *_not_covered(survey)]
        warnings += await self._others(service, target)
        moves = await self._move(await account_of(looked.cut), target, numbers)
        if moves is not None and (still_runs := moves.still_runs()) is not None:
            warnings.insert(0, still_runs)
        plan = await self._told(service, body, target, survey, numbers, workflows, moves)
        plan = plan.model_copy(
            update={
                "artifacts": checks.counted(),
                "errors": [_error(one) for one in problems[:_MOST_TOLD]],
                "more_errors": max(0, len(problems) - _MOST_TOLD),
                "warnings": warnings[:_MOST_TOLD],
                "more_warnings": max(0, len(warnings) - _MOST_TOLD),
            }
        )
        return Planned(plan, problems, target, looked, checks)

    async def looked(
        self,
        service: Service,
        body: PushBody,
        target: Target,
        task: Task | None,
        checks: PushChecks | None = None,
    ) -> Looked:
        """What the service and the account hold now, and what a push does with each.

        :param checks: what is to look at every artifact.
        :raises ArmRefused: what ARM refused.
        :raises Problem: as ``planned``.
        """
        stores = self.stores
        operation = task.operation.id if task is not None else ""
        cut = await stores.source(service).cut(operation, hold=False)
        changes = Changes.of(target.location, body.key_vaults)
        surveyor = Surveyor(
            stores, service, cut, target, body, changes=changes, checks=checks, task=task
        )
        survey = await surveyor.run()
        numbers = await self.numbers.run(service, cut, target, body, survey)
        return Looked(survey, numbers, cut, surveyor)

    async def _others(self, service: Service, target: Target) -> list[Warning]:
        """Whose account it is, where it is another service's."""
        holder = await self.linking.stores.claims.holder(target.id.key)
        if holder is None or holder.id == service.id:
            return []
        return [
            Warning(
                code="AccountOfAnother",
                message=f"Service '{holder.name}' is linked to the account: its next pull brings "
                "what is pushed, and it stays linked.",
                target=target.resource_id,
            )
        ]

    async def _workflows(
        self, target: Target, body: PushBody
    ) -> tuple[list[PlannedWorkflow], list[Warning]]:
        if not target.exists:
            return [], []
        return await self.suspending.planned(target.id, body.workflows)

    @property
    def numbers(self) -> NumbersSurvey:
        """Looks at control numbers and sessions."""
        return NumbersSurvey(self.stores, self.stores.arm, self._may_be_read)

    def _may_be_read(self, account: AccountId) -> bool:
        return any(scope.contains(account) for scope in self.linking.scopes)

    async def _told(
        self,
        service: Service,
        body: PushBody,
        target: Target,
        survey: Survey,
        numbers: NumbersFound,
        workflows: Sequence[PlannedWorkflow],
        moves: Move | None,
    ) -> PushPlan:
        suspended = {
            one.resource_id.lower() for one in workflows if one.action is WorkflowAction.SUSPEND
        }
        disabled, held = len(suspended), suspended | await self.suspending.held(target.id)
        writes = (
            sum(action in WRITTEN for action in survey.actions.values())
            + sum(len(names) for names in survey.deletions.values())
            + numbers.plan.written
            + numbers.plan.sessions_created
            + (not target.exists)
            + disabled
        )
        links = await self.links(service, body, target.id, survey)
        holder = service if links else await self.linking.stores.claims.holder(target.id.key)
        return PushPlan(
            target=target.shown(),
            existing=body.existing,
            extra=body.extra,
            partial=is_partial(body),
            control_numbers=numbers.plan,
            workflows=[*workflows[:_MOST_TOLD]],
            more_workflows=max(0, len(workflows) - _MOST_TOLD),
            workflows_policy=body.workflows,
            safety_backup=target.exists and (survey.holds or bool(numbers.there.count)),
            links=links,
            writes=writes,
            seconds=seconds_of(writes),
            checklist=before_resuming(
                body,
                numbers.plan,
                moves=moves,
                disabled=disabled,
                comes_back=to_resume(service, holder, len(held)) if held else "",
            ),
        )

    async def _move(
        self, facts: AccountFacts | None, target: Target, numbers: NumbersFound
    ) -> Move | None:
        """What there is to say where the account is another one than that which the service was
        pulled from.

        :param facts: that one.
        """
        if facts is None or facts.key == target.id.key:
            return None
        runs, holder = None, None
        if numbers.source.state is SourceState.READ:
            runs = await self.suspending.running(account_id_of(facts.resource_id))
            holder = await self.linking.stores.claims.holder(facts.key)
        suspends = holder is not None and ServiceOperation.SUSPEND in ALLOWED[holder.state]
        return Move(
            former=facts.resource_id,
            former_location=facts.location,
            location=target.location,
            within_subscription=facts.key.split("/")[:3] == target.id.key.split("/")[:3],
            runs=runs,
            holder=holder.name if holder is not None and suspends else "",
        )

    async def links(
        self, service: Service, body: PushBody, account: AccountId, survey: Survey
    ) -> bool:
        """Whether the service is linked to the account after the push, and is not yet. A push of a
        part links nothing: the next pull would remove from the service what it left out. Nor does
        one that keeps what the account has otherwise: the next pull would replace the service's."""
        facts = service.integration_account
        if not body.link or is_partial(body) or (facts is not None and facts.linked):
            return False
        if kept_otherwise(survey):
            return False
        return await self.linking.stores.claims.holder(account.key) is None


def kept_otherwise(survey: Survey) -> list[str]:
    """The artifacts that the account keeps otherwise than the service has them."""
    kept = [key for key, action in survey.actions.items() if action is Action.KEEP]
    return sorted(f"{key[0]}/{survey.records[key].name}" for key in kept)


def is_partial(body: PushBody) -> bool:
    """Whether a request is about a part of the service."""
    return bool(body.include or body.exclude)


_LATER = "The account is yet to be made: it is asked after that, before the first certificate."


def _is_there(body: PushBody, target: Target, task: Task | None) -> bool:
    return body.create is not None and target.exists and task is None


def _wanted(survey: Survey, numbers: NumbersFound, *, creates: bool) -> tuple[str, ...]:
    written = {
        survey.records[key].child for key, action in survey.actions.items() if action in WRITTEN
    }
    if numbers.decided or numbers.plan.sessions_created:
        written.add(Child.SESSIONS)
    return wanted_rights(written, set(survey.deletions), creates=creates)


def _not_covered(survey: Survey) -> list[Warning]:
    return [
        Warning(
            code="KindNotCovered",
            message=f"The account does not list {child}: whether it has what the service has is "
            "unknown, and Azure may refuse it.",
            target=str(child),
        )
        for child in survey.not_covered
        if not survey.of(child, *WRITTEN)
    ]


def _not_taken(survey: Survey) -> list[Problem]:
    """The kinds that the account refuses to list, and of which the push would write some: refused
    there, it would end when all else is written."""
    return [
        Problem(
            Code.INTEGRATION_ACCOUNT_REFUSED,
            f"The account does not take {child}, of which the service has {len(names)}: exclude "
            f"the section {CHILDREN[child].section}.",
            "/exclude",
        )
        for child in survey.not_covered
        if (names := survey.of(child, *WRITTEN))
    ]


def _error(problem: Problem) -> PlanError:
    return PlanError(code=problem.code, message=problem.message, target=problem.target)
