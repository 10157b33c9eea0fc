"""Pushes that end early after they disabled workflows: the service's resume brings them back."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.model.operation import Operation
from shared.operations.engine import ATTEMPTS
from shared.rules.states import ServiceOperation
from tests.integration_accounts.linked import ONE, service, unlink
from tests.integration_accounts.pushed import ended, pulled, push, started
from tests.support.arm import Arm
from tests.support.scenes import ASKED

_REPLACING = {"resourceId": ACCOUNT, "existing": "replace"}


def workflows(arm: Arm) -> dict[str, Any]:
    """The workflows of the account's group."""
    parts = ACCOUNT.split("/")
    return arm.state.group(parts[2], parts[4]).workflows


def states(arm: Arm) -> dict[str, str]:
    """Whether each is enabled."""
    found = workflows(arm).values()
    return {one["id"].rsplit("/", 1)[1]: one["properties"]["state"] for one in found}


def one_more(arm: Arm) -> None:
    """A third workflow that uses the account, and is enabled."""
    first = workflows(arm)["send-orders"]
    address = first["id"].rsplit("/", 1)[0]
    arm.load([{**first, "id": f"{address}/settle-invoices"}])


async def require_resumed(app: Installation, arm: Arm, before: dict[str, str]) -> None:
    """The service is Suspended, and its resume enables what the push disabled."""
    assert states(arm) != before
    assert (await service(app)).state == "Suspended"
    listed = await app.services.require(ONE)
    await app.transitions.move(listed, ServiceOperation.RESUME, ASKED)
    assert (await service(app)).state == "Active"
    assert states(arm) == before


def disabled(done: Operation) -> set[str]:
    """The workflows that the result says are disabled."""
    assert done.result is not None
    return {one["name"] for one in done.result["workflows"]["disabled"]}


async def test_what_is_refused_at_one_workflow_brings_the_others_back(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    one_more(arm)
    before = states(arm)
    record = await started(app, _REPLACING, ONE)
    body = {"error": {"code": "AuthorizationFailed", "message": "It may not."}}
    arm.fault(method="POST", part="/disable", nth=3, status=403, body=body, times=9)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert len(disabled(done)) == 2
    assert {name for name, state in states(arm).items() if state != before[name]} == disabled(done)
    arm.calm()
    await require_resumed(app, arm, before)


@pytest.mark.parametrize("status", [429, 502])
async def test_what_azure_never_disabled_is_not_told_and_suspends_nobody(
    at_once: Installation, arm: Arm, status: int
) -> None:
    await pulled(at_once, arm)
    before = states(arm)
    record = await started(at_once, _REPLACING, ONE)
    wait = {"Retry-After": "1500"}
    arm.fault(method="POST", part="/disable", status=status, headers=wait, times=99)
    for _ in range(ATTEMPTS):
        done = await ended(at_once, record)
    assert done.status == "Failed"
    assert done.result is not None
    assert "workflows" not in done.result
    assert not {"WorkflowsRan", "WorkflowsStayDisabled"} & {one.code for one in done.warnings}
    assert states(arm) == before
    assert (await service(at_once)).state == "Active"


async def test_a_cancel_after_workflows_were_disabled_brings_them_back(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    before = states(arm)
    done = await canceled(app, arm)
    assert disabled(done) == {"receive-orders", "send-orders"}
    assert done.result is not None
    assert done.warnings == []
    await require_resumed(app, arm, before)


async def canceled(app: Installation, arm: Arm) -> Operation:
    """A push that is canceled when it reads the first artifact that it is to write."""
    record = await started(app, _REPLACING, ONE)
    asked: list[bool] = []
    arm.fault(method="GET", part=f"{ACCOUNT}/partners/", meanwhile=lambda: asked.append(True))
    works: Any = app.works[record.operation.operation]
    run = works.run

    async def watched(task: Any) -> Any:
        task.is_cancel_requested = lambda: bool(asked)
        return await run(task)

    works.run = watched
    done = await ended(app, record)
    works.run = run
    assert done.status == "Canceled", (done.error, done.result)
    return done


async def test_where_no_resume_can_enable_them_it_says_so(app: Installation, arm: Arm) -> None:
    """Of a service that is Stopped, and of one that is not linked; canceled, and to the end."""
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    await app.services.move(await app.services.require(ONE), ServiceOperation.STOP, ASKED)
    done = await canceled(app, arm)
    told = {one.code: one.message for one in done.warnings}
    assert "is Stopped" in told["WorkflowsStayDisabled"]
    await app.services.move(await app.services.require(ONE), ServiceOperation.START, ASKED)
    await unlink(app)
    done = await push(app, {**_REPLACING, "link": False}, ONE)
    told = {one.code: one.message for one in done.warnings}
    assert "no service is linked" in told["WorkflowsStayDisabled"]
