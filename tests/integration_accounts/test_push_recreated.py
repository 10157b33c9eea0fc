"""A lost account that is made again under its name, which workflows still have."""

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.model.push import WorkflowAction
from shared.rules.states import ServiceOperation
from tests.integration_accounts.linked import ONE, service
from tests.integration_accounts.push_scenes import states
from tests.integration_accounts.pushed import ended, lose, number_in, plan, restored, started
from tests.support.arm import Arm
from tests.support.scenes import ASKED

_BY = 100
_AGAIN = {
    "create": {"resourceId": ACCOUNT, "location": "westeurope", "sku": "Standard"},
    "controlNumbers": {"policy": "advance", "by": _BY},
}
_USING = {"receive-orders", "send-orders"}
"""Workflows of the sample that use the account, and are enabled."""


async def test_workflows_of_a_lost_account_wait_until_it_is_whole_again(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    before = states(arm)
    lose(arm)
    planned = await plan(app, _AGAIN)
    assert planned.errors == []
    suspended = {one.name for one in planned.workflows if one.action is WorkflowAction.SUSPEND}
    assert suspended == _USING
    assert any(f"Resume service '{ONE}'" in line for line in planned.checklist)

    record = await started(app, _AGAIN)
    seen: list[dict[str, str]] = []
    made = arm.fault(
        method="PUT",
        part=f"{ACCOUNT}?",
        meanwhile=lambda: seen.append(states(arm)),
    )
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert made.met
    assert {name for name, state in seen[0].items() if state == "Enabled"}.isdisjoint(_USING)
    assert number_in(arm, ACCOUNT, f"{X12}-ICN") == 40_127 + _BY
    assert done.result is not None
    assert {one["name"] for one in done.result["workflows"]["disabled"]} == _USING
    assert done.result["workflows"]["resume"] == ONE
    assert (await service(app)).state == "Suspended"
    listed = await app.services.require(ONE)
    await app.transitions.move(listed, ServiceOperation.RESUME, ASKED)
    assert states(arm) == before


async def test_workflows_that_are_left_are_named(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    before = states(arm)
    lose(arm)
    planned = await plan(app, {**_AGAIN, "workflows": "leave"})
    assert {one.name for one in planned.workflows} >= _USING
    assert {one.action for one in planned.workflows} == {WorkflowAction.LEAVE}
    record = await started(app, {**_AGAIN, "workflows": "leave"})
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert states(arm) == before
