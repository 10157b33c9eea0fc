"""The plan of a push: what it does, and everything that forbids it or surprises, at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.arm.problems import as_problems
from shared.integration_accounts.linking.linking import Linking
from shared.integration_accounts.pushing.numbers import WITH_NUMBERS, NumbersFound, NumbersSurvey
from shared.integration_accounts.pushing.origins import Source
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.survey import Settle, Survey, Surveyor
from shared.integration_accounts.pushing.suspending import Suspending
from shared.integration_accounts.pushing.target import (
    Target,
    chosen_account,
    exists_already,
    look_at_keys,
    rights,
    settings_of,
    target_of,
)
from shared.model.integration_account import AccountId, Child, Sku
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
from shared.rules.integration_accounts.account_members import not_carried
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.integration_accounts.push_changes import Changes
from shared.rules.integration_accounts.push_checks import PushChecks
from shared.rules.integration_accounts.push_known import SourceState
from shared.rules.integration_accounts.push_plan import WRITTEN, seconds_of
from shared.rules.integration_accounts.push_request import Move, before_resuming
from shared.rules.integration_accounts.push_rights import wanted_rights
from shared.rules.integration_accounts.push_warnings import by_danger
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
    warnings: Sequence[Warning]
    """All that surprises: the plan tells the first ones."""
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

    async def planned(
        self,
        service: Service,
        body: PushBody,
        task: Task | None = None,
        settle: Settle | None = None,
    ) -> Planned:
        """What a push would do, and all that forbids it.

        :param task: the push that goes on, of which the account may be there already.
        :param settle: as of ``looked``.
        :raises Problem: where there is no account to plan for: InvalidRequest,
            IntegrationAccountUnknown, IntegrationAccountNotFound,
            IntegrationAccountForbidden, IntegrationAccountUnavailable, IntegrationAccountRefused,
            BlobMissing.
        """
        account_id = chosen_account(self.linking, service, body)
        target = await target_of(self.stores.arm, account_id, body)
        with as_problems(account_id):
            return await self._planned(service, body, target, task, settle)

    async def _planned(
        self,
        service: Service,
        body: PushBody,
        target: Target,
        task: Task | None,
        settle: Settle | None,
    ) -> Planned:
        stores = self.stores
        changes = Changes.of(target.location, body.key_vaults)
        checks = PushChecks(body, changes, target.sku, stores.clock.now())
        looked = await self.looked(service, body, target, task, checks, settle)
        survey, numbers = looked.survey, looked.numbers
        refused = [exists_already(target)] if _is_there(body, target, task) else []
        # Of an account that is yet to be made too: workflows of a lost one of that name run again
        # as soon as it is there.
        workflows, unseen = await self.suspending.planned(target.id, body.workflows)
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
        warnings += [*_numbers_elsewhere(target, survey), *await self._others(service, target)]
        if not target.exists:
            warnings += not_carried(await settings_of(looked.cut), target.resource_id)
        latest, *former = numbers.sources.latest, *numbers.sources.former
        moves = await self._move(target, latest)
        others = [await self._move(target, one) for one in reversed(former) if _may_issue(one)]
        left = [one for one in others if one is not None]
        still_run = [one.still_runs() for one in [*([moves] if moves else []), *left]]
        warnings = by_danger([*(one for one in still_run if one is not None), *warnings])
        plan = await self._told(service, body, target, survey, numbers, workflows, moves, left)
        plan = plan.model_copy(
            update={
                "artifacts": checks.counted(),
                "errors": [_error(one) for one in problems[:_MOST_TOLD]],
                "more_errors": max(0, len(problems) - _MOST_TOLD),
                "warnings": warnings[:_MOST_TOLD],
                "more_warnings": max(0, len(warnings) - _MOST_TOLD),
            }
        )
        return Planned(plan, problems, warnings, target, looked, checks)

    async def looked(
        self,
        service: Service,
        body: PushBody,
        target: Target,
        task: Task | None,
        checks: PushChecks | None = None,
        settle: Settle | None = None,
    ) -> Looked:
        """What the service and the account hold now, and what a push does with each.

        :param checks: what is to look at every artifact.
        :param settle: says what of that the push wrote itself; None where it has not begun to.
        :raises ArmRefused: what ARM refused.
        :raises Problem: as ``planned``.
        """
        stores = self.stores
        operation = task.operation.id if task is not None else ""
        cut = await stores.source(service).cut(operation, hold=False)
        changes = Changes.of(target.location, body.key_vaults)
        surveyor = Surveyor(
            stores,
            service,
            cut,
            target,
            body,
            changes=changes,
            checks=checks,
            task=task,
            settle=settle,
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
        left: Sequence[Move],
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
                left=left,
                disabled=disabled,
                comes_back=to_resume(service, holder, len(held)) if held else "",
            ),
        )

    async def _move(self, target: Target, source: Source) -> Move | None:
        """What there is to say where the account is another one than that which numbers of the
        service came from."""
        if not source.resource_id or source.key == target.id.key:
            return None
        runs, holder = None, None
        if _may_issue(source):
            runs = await self.suspending.running(account_id_of(source.resource_id))
            holder = await self.linking.stores.claims.holder(source.key)
        suspends = holder is not None and ServiceOperation.SUSPEND in ALLOWED[holder.state]
        return Move(
            former=source.resource_id,
            former_location=source.location,
            location=target.location,
            within_subscription=source.key.split("/")[:3] == target.id.key.split("/")[:3],
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


def _may_issue(source: Source) -> bool:
    """Whether an account is there, as far as that can be seen."""
    return source.state in (SourceState.READ, SourceState.SILENT)


def _is_there(body: PushBody, target: Target, task: Task | None) -> bool:
    return body.create is not None and target.exists and task is None


def _wanted(survey: Survey, numbers: NumbersFound, *, creates: bool) -> tuple[str, ...]:
    written = {
        survey.records[key].child for key, action in survey.actions.items() if action in WRITTEN
    }
    if numbers.decided or numbers.plan.sessions_created:
        written.add(Child.SESSIONS)
    return wanted_rights(written, set(survey.deletions), creates=creates)


def _numbers_elsewhere(target: Target, survey: Survey) -> list[Warning]:
    """By Microsoft's page on creating accounts, one of the tier Premium has a storage account of
    its owner's, which holds the control numbers of its agreements."""
    counted = [one for one in survey.agreements.values() if one.standard in WITH_NUMBERS]
    if target.sku is not Sku.PREMIUM or not counted:
        return []
    return [
        Warning(
            code="NumbersNotCovered",
            message="The account is of the tier Premium: accounts of that tier keep control "
            "numbers in a storage account of your own. What this one has issued is not seen, and "
            "whether it goes on behind the sessions that a push writes is not known. Look at the "
            "numbers there before the workflows are resumed, and set each above what was issued.",
            target=target.resource_id,
        )
    ]


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
