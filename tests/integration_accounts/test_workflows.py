"""Suspending and resuming a linked service: which workflows are disabled, and which come back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.operation import OperationName
from shared.model.problem import Code
from shared.model.service import State
from shared.rules.integration_accounts.ids import account_id_of
from shared.rules.states import ServiceOperation
from tests.integration_accounts.linked import (
    IA,
    ONE,
    OTHER_IA,
    account,
    create,
    link,
    refused,
    service,
    unlink,
)
from tests.integration_accounts.using import (
    by_a_person,
    names,
    resume,
    state_of,
    states,
    suspend,
    why,
    workflow,
)
from tests.support.arm import SUBSCRIPTION, Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import ASKED


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """A service that is linked to an account, which workflows use in every state."""
    arm.load(
        [
            account(),
            account(OTHER_IA),
            workflow("a-receive"),
            workflow("b-send", uses=IA.upper(), group="contoso"),
            workflow("c-off", "Disabled"),
            workflow("d-overdrawn", "Suspended"),
            workflow("e-of-others", uses=OTHER_IA),
            {**workflow("f-of-none"), "properties": {"state": "Enabled"}},
        ]
    )
    installation = Installation(Deployed.new(emulator, tmp_path, **arm.settings()).read())
    await create(installation)
    await link(installation)
    yield installation
    await installation.close()


async def remembered(app: Installation) -> list[str]:
    """What is remembered of the account's workflows."""
    pages = app.disabled_workflows.pages(account_id_of(IA))
    return [one.value.name async for page in pages for one in page]


async def test_a_suspend_disables_what_uses_the_account_and_a_resume_brings_exactly_that_back(
    app: Installation, arm: Arm
) -> None:
    done = await suspend(app)
    assert names(done["disabled"]) == ["a-receive", "b-send"]
    assert done["movedCount"] == 2
    assert done["lookedIn"] == f"/subscriptions/{SUBSCRIPTION}"
    assert why(done) == {
        "c-off": "It was disabled already: not by Interkeep.",
        "d-overdrawn": "Azure itself suspended it.",
    }
    everyone = ("a-receive", "b-send", "c-off", "d-overdrawn", "e-of-others", "f-of-none")
    suspended = dict.fromkeys(everyone[:3], "Disabled") | {"d-overdrawn": "Suspended"}
    others = {"e-of-others": "Enabled", "f-of-none": "Enabled"}
    assert states(arm, *everyone) == suspended | others
    assert (await service(app)).state is State.SUSPENDED
    assert await remembered(app) == ["a-receive", "b-send"]
    back = await resume(app)
    assert names(back["enabled"]) == ["a-receive", "b-send"]
    assert back["left"] == []
    now = {"a-receive": "Enabled", "b-send": "Enabled", "c-off": "Disabled"}
    assert states(arm, *everyone) == now | {"d-overdrawn": "Suspended"} | others
    assert (await service(app)).state is State.ACTIVE
    assert await remembered(app) == []


async def test_the_log_says_what_was_done_and_a_repeat_by_its_id_answers_the_same(
    app: Installation, arm: Arm
) -> None:
    asked = replace(ASKED, operation_id="11111111-2222-4333-8444-555555555555")
    done = await suspend(app, asked)
    sent = len(arm.seen)
    assert await suspend(app, asked) == done
    assert len(arm.seen) == sent
    found = await app.records.find(ONE, str(asked.operation_id))
    assert found is not None
    assert found[0].operation.operation is OperationName.SUSPEND
    assert found[0].operation.result == {"workflows": done}


async def test_workflows_of_all_pages_and_where_filters_are_not_heeded(
    app: Installation, arm: Arm
) -> None:
    arm.load([workflow(f"many-{number:02}") for number in range(7)])
    arm.switches.page_size = 2
    arm.switches.filters = False
    done = await suspend(app)
    assert done["movedCount"] == 9
    assert state_of(arm, "e-of-others") == "Enabled"


async def test_an_account_that_is_spelled_differently_is_not_one_that_nothing_uses(
    app: Installation, arm: Arm
) -> None:
    """Where Azure's filter goes by case: of two workflows that spell the account otherwise than
    each other, one alone would be found, and the other would run on."""
    arm.switches.filters_by_case = True
    assert names((await suspend(app))["disabled"]) == ["a-receive", "b-send"]
    assert state_of(arm, "b-send") == "Disabled"


async def test_what_a_person_did_in_between_stays_and_is_said(app: Installation, arm: Arm) -> None:
    arm.load([workflow(name) for name in ("g-on", "h-off", "i-gone", "j-over")])
    assert (await suspend(app))["movedCount"] == 6
    by_a_person(arm, "g-on", "Enabled")
    by_a_person(arm, "h-off", "Disabled")  # enabled, and disabled again
    del arm.state.group(SUBSCRIPTION, "contoso").workflows["i-gone"]
    by_a_person(arm, "j-over", "Suspended")
    back = await resume(app)
    assert names(back["enabled"]) == ["a-receive", "b-send"]
    assert why(back) == {
        "g-on": "It is enabled already: not by Interkeep.",
        "h-off": "It was changed after Interkeep disabled it, and stays disabled. Enable it "
        "yourself if it is to run.",
        "i-gone": "It is gone.",
        "j-over": "Azure itself suspended it.",
    }
    assert states(arm, "g-on", "h-off", "j-over") == {
        "g-on": "Enabled",
        "h-off": "Disabled",
        "j-over": "Suspended",
    }
    assert await remembered(app) == []


async def test_a_second_suspend_takes_what_was_enabled_since_and_keeps_what_was_disabled(
    app: Installation, arm: Arm
) -> None:
    await suspend(app)
    by_a_person(arm, "b-send", "Enabled")
    arm.load([workflow("new")])
    arm.calm()
    done = await suspend(app)
    assert names(done["disabled"]) == ["a-receive", "b-send", "new"]
    posts = [one.path.split("/")[-2] for one in arm.seen if one.method == "POST"]
    assert sorted(posts) == ["b-send", "new"]
    assert names((await resume(app))["enabled"]) == ["a-receive", "b-send", "new"]


async def test_a_second_suspend_forgets_what_a_person_changed_since(
    app: Installation, arm: Arm
) -> None:
    await suspend(app)
    by_a_person(arm, "b-send", "Disabled")
    done = await suspend(app)
    assert names(done["disabled"]) == ["a-receive"]
    assert "It was changed after" in why(done)["b-send"]
    await resume(app)
    assert state_of(arm, "b-send") == "Disabled"


async def test_where_the_subscription_may_not_be_read_the_group_is_looked_at(
    app: Installation, arm: Arm
) -> None:
    arm.load([workflow("elsewhere", group="other")])
    body = {"error": {"code": "AuthorizationFailed", "message": "No."}}
    part = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Logic/workflows"
    arm.fault(part=part, status=403, body=body, times=9)
    done = await suspend(app)
    assert done["lookedIn"] == f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso"
    assert names(done["disabled"]) == ["a-receive", "b-send"]
    assert state_of(arm, "elsewhere", "other") == "Enabled"


async def test_of_workflows_everywhere_in_the_subscription(app: Installation, arm: Arm) -> None:
    arm.load([workflow("elsewhere", group="other")])
    assert "elsewhere" in names((await suspend(app))["disabled"])
    assert state_of(arm, "elsewhere", "other") == "Disabled"


async def test_a_service_without_a_link_asks_azure_nothing(app: Installation, arm: Arm) -> None:
    await unlink(app)
    arm.calm()
    for operation in (ServiceOperation.SUSPEND, ServiceOperation.RESUME):
        listed = await app.services.require(ONE)
        moved, workflows = await app.transitions.move(listed, operation, ASKED)
        assert workflows is None
        assert moved.service.state is (
            State.SUSPENDED if operation is ServiceOperation.SUSPEND else State.ACTIVE
        )
    assert not arm.seen


async def test_a_resume_where_nothing_is_remembered_asks_azure_nothing(
    app: Installation, arm: Arm
) -> None:
    for name in ("a-receive", "b-send"):
        by_a_person(arm, name, "Disabled")
    assert (await suspend(app))["movedCount"] == 0
    arm.calm()
    assert (await resume(app))["movedCount"] == 0
    assert not arm.seen


CHART: dict[State, dict[ServiceOperation, bool]] = {
    State.ACTIVE: {ServiceOperation.SUSPEND: True, ServiceOperation.RESUME: False},
    State.SUSPENDED: {ServiceOperation.SUSPEND: True, ServiceOperation.RESUME: True},
    State.STOPPED: {ServiceOperation.SUSPEND: False, ServiceOperation.RESUME: False},
    State.DISABLED: {ServiceOperation.SUSPEND: False, ServiceOperation.RESUME: False},
    State.SUSPEND_FAILED: {ServiceOperation.SUSPEND: True, ServiceOperation.RESUME: True},
    State.RESUME_FAILED: {ServiceOperation.SUSPEND: True, ServiceOperation.RESUME: True},
}
"""Whether a state allows it. Where it does not, no workflow is touched."""


@pytest.mark.parametrize("operation", [ServiceOperation.SUSPEND, ServiceOperation.RESUME])
@pytest.mark.parametrize("state", CHART)
async def test_the_chart_decides_before_azure_is_asked(
    app: Installation, arm: Arm, state: State, operation: ServiceOperation
) -> None:
    listed = await app.services.require(ONE)
    there = listed.service.model_copy(update={"state": state})
    listed = await app.directory.change(there, listed.etag)
    arm.calm()
    problem = await refused(app.transitions.move(listed, operation, ASKED))
    if CHART[state][operation]:
        assert problem is None
        suspending = operation is ServiceOperation.SUSPEND
        assert (await service(app)).state is (State.SUSPENDED if suspending else State.ACTIVE)
        assert state_of(arm, "a-receive") == ("Disabled" if suspending else "Enabled")
        return
    assert problem is not None
    assert problem.code is Code.OPERATION_NOT_ALLOWED
    assert not arm.seen
    assert (await service(app)).state is state


async def test_a_condition_that_is_not_met_touches_no_workflow(app: Installation, arm: Arm) -> None:
    def never(_version: str | None) -> None:
        raise RuntimeError("not met")

    arm.calm()
    with pytest.raises(RuntimeError, match="not met"):
        await suspend(app, replace(ASKED, condition=never))
    assert not arm.seen
