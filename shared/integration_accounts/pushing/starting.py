"""Planning and starting pushes: all errors are reported before the first write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.integration_accounts.pushing.named import named_by
from shared.integration_accounts.pushing.planning import Planner
from shared.integration_accounts.workflows.under_way import PushesUnderWay
from shared.model.operation import OperationName
from shared.model.problem import Detail, Problem
from shared.model.push import PushBody, PushPlan
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.rules.states import require_manageable
from shared.state.operations import OperationRow

_RECORDED = 100
"""The most artifacts, numbers and workflows that the operation's record lists one by one."""

SOURCES = "sources"
"""The parameter of a push's operation that says what became of each account that numbers of the
service came from, when the push was planned, by its key: an attempt decides upon no number from
less."""

SOURCE_BEFORE = "source"
"""The same of the version before, of the account that the service was pulled from alone."""

PULLED_FROM = "pulledFrom"
"""The parameter that says which account that is, and whether the service was linked to it; null for
none. A push is of that one, whatever the service is linked to later."""


@dataclass(frozen=True)
class Pushes:
    """Plans and starts pushes."""

    engine: Engine
    planner: Planner
    under_way: PushesUnderWay

    async def plan(self, service: Service, body: PushBody) -> PushPlan:
        """What a push would do, and all that forbids it; nothing is written.

        :raises Problem: OperationNotAllowed, and as ``Planner.planned``.
        """
        require_manageable(service.name, service.state)
        return (await self.planner.planned(service, body)).plan

    async def start(
        self, service: Service, body: PushBody, caller: str, operation_id: str | None
    ) -> OperationRow:
        """Start a push.

        :raises Problem: what ``plan`` raises; the errors of the plan, all of them in the details;
            OperationInProgress, also for a push of another service into the account;
            OperationIdInUse.
        """
        asked = body.to_json()
        start = Start(
            OperationName.PUSH,
            service.name,
            caller,
            "http",
            {"request": asked},
            operation_id,
            service.id,
            asked=asked,
        )
        repeated = await self.engine.repeated(start)
        if repeated is not None:
            return repeated
        require_manageable(service.name, service.state)
        planned = await self.planner.planned(service, body)
        if planned.problems:
            raise refusal(planned.problems)
        await self.under_way.require_none_of_others(planned.target.id, service.name)
        # The record lists some of what is replaced and deleted, for people; the push goes by all.
        parameters: JsonObject = {
            **start.parameters,
            "plan": _shortened(planned.plan).to_json(),
            SOURCES: {one.key: str(one.state) for one in planned.looked.numbers.sources.all},
            PULLED_FROM: pulled_from(service),
        }
        request = named_by(planned.looked.survey)
        return await self.engine.start(replace(start, parameters=parameters, request=request))


def pulled_from(service: Service) -> JsonObject | None:
    """The account that a service was pulled from, as a push is started with it."""
    facts = service.integration_account
    if facts is None:
        return None
    return {"resourceId": facts.resource_id, "linked": facts.linked}


def refusal(problems: Sequence[Problem]) -> Problem:
    """One problem for all errors: a single one unchanged, several with the details of each."""
    first = problems[0]
    if len(problems) == 1:
        return first
    details = [Detail(one.code, one.message, one.target or "") for one in problems]
    return Problem(
        first.code,
        f"{len(problems)} things forbid this push; details names each. The first: {first.message}",
        first.target,
        details,
    )


def _shortened(plan: PushPlan) -> PushPlan:
    """The plan as the operation's record has it: the space of a row is limited."""
    artifacts, numbers = plan.artifacts, plan.control_numbers
    hidden = max(0, len(artifacts.items) - _RECORDED)
    more = max(0, len(numbers.items) - _RECORDED)
    beyond = max(0, len(plan.workflows) - _RECORDED)
    unsaid = max(0, len(plan.warnings) - _RECORDED)
    return plan.model_copy(
        update={
            "artifacts": artifacts.model_copy(
                update={"items": artifacts.items[:_RECORDED], "more": artifacts.more + hidden}
            ),
            "control_numbers": numbers.model_copy(
                update={"items": numbers.items[:_RECORDED], "more": numbers.more + more}
            ),
            "workflows": plan.workflows[:_RECORDED],
            "more_workflows": plan.more_workflows + beyond,
            "warnings": plan.warnings[:_RECORDED],
            "more_warnings": plan.more_warnings + unsaid,
        }
    )
