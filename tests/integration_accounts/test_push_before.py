"""What the plan of a push says to see to before it: the account that still runs, rights on
workflows, and where the new account is."""

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.model.problem import Code
from shared.model.push import PushPlan
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pushed import NEW, OTHER, lose, plan, pulled, push, restored
from tests.integration_accounts.using import suspend
from tests.support.arm import Arm

_DISABLES, _ENABLES = (f"Microsoft.Logic/workflows/{what}/action" for what in ("disable", "enable"))


def still_runs(planned: PushPlan) -> list[str]:
    return [one.message for one in planned.warnings if one.code == "SourceStillRuns"]


async def test_an_account_that_still_runs_is_told_before_the_push(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    planned = await plan(app, NEW)
    [message] = still_runs(planned)
    assert message.startswith(f"2 workflows that use {ACCOUNT}")
    assert f"suspend service '{ONE}', which disables the 2 workflows" in message
    assert planned.checklist[0].startswith("Before the push: ")
    assert f"suspend service '{ONE}'" in planned.checklist[0]
    await suspend(app)
    planned = await plan(app, NEW)
    assert still_runs(planned) == []
    assert "no workflow that uses it is enabled" in planned.checklist[0]


async def test_an_account_that_is_gone_runs_no_more(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    lose(arm)
    assert still_runs(await plan(app, NEW)) == []


async def test_the_account_itself_is_no_other_one(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    planned = await plan(app, {"existing": "replace"}, ONE)
    assert still_runs(planned) == []
    assert not any("Before the push: see" in one for one in planned.checklist)


async def test_logic_apps_of_another_region_are_to_be_deployed(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    told = [one for one in (await plan(app, NEW)).checklist if "moves no workflow" in one]
    assert [one.startswith("Deploy the logic apps") for one in told] == [True]
    near = {"create": {**NEW["create"], "location": "West Europe"}}
    told = [one for one in (await plan(app, near)).checklist if "moves no workflow" in one]
    assert [one.startswith("Choose the account in the settings") for one in told] == [True]


async def test_what_may_not_be_done_to_workflows_forbids_the_push(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    body = {"existing": "replace"}
    assert (await plan(app, body, ONE)).errors == []
    arm.switches.not_actions = [_ENABLES]
    [error] = (await plan(app, body, ONE)).errors
    assert (error.code, error.target) == (Code.INTEGRATION_ACCOUNT_FORBIDDEN, "/workflows")
    assert _ENABLES in error.message
    assert _DISABLES not in error.message
    assert (await plan(app, {**body, "workflows": "leave"}, ONE)).errors == []


async def test_a_role_on_the_workflows_alone_is_enough(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    group = ACCOUNT.split("/providers/")[0]
    arm.fault(
        part=f"{group}/providers/Microsoft.Authorization/permissions",
        status=200,
        body={"value": [{"actions": ["*/read"], "notActions": []}]},
        times=9,
    )
    assert (await plan(app, {"existing": "replace"}, ONE)).errors == []
    asked = [one.path for one in arm.seen if one.path.endswith("/permissions")]
    assert sum("/workflows/" in one for one in asked) == 2


async def test_a_new_account_has_the_tags_of_the_former_one(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    done = await push(app, NEW)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert arm.account(OTHER).resource["tags"] == {"environment": "sample"}


async def test_rights_on_workflows_that_cannot_be_read_are_told(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    group = ACCOUNT.split("/providers/")[0]
    body = {"error": {"code": "AuthorizationFailed", "message": "It may not."}}
    part = f"{group}/providers/Microsoft.Authorization/permissions"
    arm.fault(part=part, status=403, body=body, times=9)
    planned = await plan(app, {"existing": "replace"}, ONE)
    assert planned.errors == []
    told = {one.code: one.message for one in planned.warnings}
    assert "may disable and enable workflows was not checked" in told["RightsNotChecked"]
