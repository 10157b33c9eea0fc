"""Pushes into an account that another service has: that one is suspended, and its resume brings the
workflows back. Nobody suspends or resumes either of them meanwhile."""

import asyncio

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.problem import Code
from shared.model.pull import PullBody
from shared.model.wire import JsonObject
from shared.rules.states import ServiceOperation
from shared.state.operations import OperationRow
from tests.integration_accounts.linked import ONE, refused, service
from tests.integration_accounts.pushed import COPY, ended, plan, pulled, push, restored, started
from tests.integration_accounts.test_push_workflows import disabled, one_more, states, workflows
from tests.integration_accounts.using import resume, suspend
from tests.support.arm import Arm
from tests.support.scenes import ASKED

_REPLACING = {"resourceId": ACCOUNT, "existing": "replace"}


async def move(app: Installation, operation: ServiceOperation, name: str) -> None:
    await app.transitions.move(await app.services.require(name), operation, ASKED)


async def test_the_service_that_has_the_account_is_suspended_and_brings_workflows_back(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    before = states(arm)
    planned = await plan(app, _REPLACING)
    assert planned.checklist[-1].startswith(f"Resume service '{ONE}', which is linked to")
    assert "the 2 workflows" in planned.checklist[-1]
    done = await push(app, _REPLACING)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert disabled(done) == {"receive-orders", "send-orders"}
    assert done.result is not None
    assert done.result["workflows"]["resume"] == ONE
    assert not {"WorkflowsStayDisabled", "WorkflowsRan"} & {one.code for one in done.warnings}
    assert [(await service(app, name)).state for name in (ONE, COPY)] == ["Suspended"] * 2
    await move(app, ServiceOperation.RESUME, COPY)
    assert states(arm) != before
    await move(app, ServiceOperation.RESUME, ONE)
    assert states(arm) == before
    assert (await service(app)).state == "Active"


@pytest.mark.parametrize(
    ("left", "state", "way"),
    [("stop", "Stopped", "start suspend resume"), ("disable", "Disabled", "enable resume")],
)
async def test_where_the_service_that_has_the_account_is_not_to_be_resumed_it_says_what_to_do(
    app: Installation, arm: Arm, left: str, state: str, way: str
) -> None:
    await restored(app, arm)
    before = states(arm)
    await move(app, ServiceOperation(left), ONE)
    done = await push(app, _REPLACING)
    told = {one.code: one.message for one in done.warnings}["WorkflowsStayDisabled"]
    assert f"service '{ONE}', which is linked to it, is {state}" in told
    *first, last = way.split()
    assert f"{', '.join(first)} and {last} it" in told
    for operation in way.split():
        await move(app, ServiceOperation(operation), ONE)
    assert states(arm) == before


async def test_a_suspend_that_is_refused_leaves_what_a_push_disabled(
    app: Installation, arm: Arm
) -> None:
    """The service was Stopped, so the push could not suspend it; it is started afterwards."""
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    before = states(arm)
    await move(app, ServiceOperation.STOP, ONE)
    assert (await push(app, _REPLACING, ONE)).status == "Succeeded"
    held = states(arm)
    await move(app, ServiceOperation.START, ONE)
    one_more(arm)
    workflows(arm)["settle-invoices"]["properties"]["state"] = "Enabled"
    body = {"error": {"code": "AuthorizationFailed", "message": "It may not."}}
    arm.fault(method="POST", part="/settle-invoices/disable", status=403, body=body)
    problem = await refused(move(app, ServiceOperation.SUSPEND, ONE))
    assert problem is not None
    assert "is Active as before, and 2 workflows are (receive-orders, send-orders) disabled by" in (
        problem.message
    )
    assert states(arm) == held | {"settle-invoices": "Enabled"}
    await suspend(app)
    await resume(app)
    assert states(arm) == before | {"settle-invoices": "Enabled"}


@pytest.mark.parametrize("name", [ONE, COPY])
@pytest.mark.parametrize("operation", [ServiceOperation.SUSPEND, ServiceOperation.RESUME])
async def test_no_one_moves_either_service_while_the_push_runs(
    app: Installation, arm: Arm, name: str, operation: ServiceOperation
) -> None:
    await restored(app, arm)
    before = states(arm)
    await suspend(app)
    held = states(arm)
    planned = await plan(app, _REPLACING)
    assert planned.checklist[-1].startswith(f"Resume service '{ONE}', which is linked to")
    record = await started(app, _REPLACING)
    problem = await refused(move(app, operation, name))
    assert problem is not None
    assert (problem.code, problem.target) == (Code.OPERATION_IN_PROGRESS, record.operation.id)
    assert f"of service '{COPY}'" in problem.message
    assert states(arm) == held
    assert (await ended(app, record)).status == "Succeeded"
    await move(app, operation, name)
    await move(app, ServiceOperation.SUSPEND, ONE)
    await resume(app)
    assert states(arm) == before


async def test_a_resume_stops_where_a_push_begins_meanwhile(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right after the resume saw that there was none: no workflow is enabled after that."""
    await restored(app, arm)
    before = states(arm)
    await suspend(app)
    held = states(arm)
    get, lock, records = app.arm.get, asyncio.Lock(), []

    async def after_a_push_began(path: str, api_version: str) -> JsonObject:
        async with lock:
            if not records:
                records.append(await started(app, _REPLACING))
        return await get(path, api_version)

    monkeypatch.setattr(app.arm, "get", after_a_push_began)
    problem = await refused(resume(app))
    monkeypatch.undo()
    assert problem is not None
    assert problem.code is Code.OPERATION_IN_PROGRESS
    assert states(arm) == held
    assert (await service(app)).state == "Suspended"
    done = await ended(app, records[0])
    assert disabled(done) == {"receive-orders", "send-orders"}
    await resume(app)
    assert states(arm) == before


async def test_a_resume_reads_what_else_is_in_flight_once(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And lists it before each workflow: what began meanwhile is read then."""
    await restored(app, arm)
    before = states(arm)
    await suspend(app)
    copy = await service(app, COPY)
    backup = BackupBody(name="in-flight", storage_account="offsite")
    waiting = [await app.backups.start(copy, backup, "somebody", None)]
    find, read = app.records.find, list[str]()

    async def counted(name: str, operation_id: str) -> tuple[OperationRow, str] | None:
        if not read:
            read.append(operation_id)
            one = await service(app)
            waiting.append(await app.pulls.start(one, PullBody(), "somebody", None))
        else:
            read.append(operation_id)
        return await find(name, operation_id)

    monkeypatch.setattr(app.records, "find", counted)
    await resume(app)
    assert [read.count(one.operation.id) for one in waiting] == [1, 1]
    assert states(arm) == before


async def test_workflows_that_somebody_enabled_meanwhile_are_told(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    before = states(arm)

    def enable() -> None:
        properties = workflows(arm)["send-orders"]["properties"]
        properties |= {"state": "Enabled", "changedTime": "2030-01-01T00:00:00Z"}

    arm.fault(method="PUT", part="/partners/", meanwhile=enable)
    done = await push(app, _REPLACING, ONE)
    assert done.status == "Succeeded"
    told = {one.code: one.message for one in done.warnings}
    assert "enabled by somebody before it ended: send-orders." in told["WorkflowsRan"]
    assert (await service(app)).state == "Suspended"
    await resume(app)
    assert states(arm) == before


async def test_all_workflows_count_and_each_of_them_is_looked_at_in_the_end(
    app: Installation, arm: Arm
) -> None:
    """Somebody enables the last one of more than a result names."""
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    first = workflows(arm)["send-orders"]
    address = first["id"].rsplit("/", 1)[0]
    arm.load([{**first, "id": f"{address}/z-{nth:03}"} for nth in range(101)])
    before = states(arm)

    def enable() -> None:
        workflows(arm)["z-100"]["properties"] |= {"state": "Enabled"}

    arm.fault(method="PUT", part="/partners/", meanwhile=enable)
    done = await push(app, _REPLACING, ONE)
    assert done.result is not None
    shown = done.result["workflows"]
    assert (len(shown["disabled"]), shown["movedCount"]) == (100, 103)
    assert (len(shown["left"]), shown["leftCount"]) == (1, 1)
    told = {one.code: one.message for one in done.warnings}
    assert "enabled by somebody before it ended: z-100." in told["WorkflowsRan"]
    await resume(app)
    assert states(arm) == before


async def test_where_workflows_cannot_be_looked_at_in_the_end_it_says_so(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    arm.account(ACCOUNT).items["partners"].pop("fabrikam")
    before = states(arm)
    body = {"error": {"code": "AuthorizationFailed", "message": "It may not."}}

    def forbid() -> None:
        arm.fault(method="GET", part="Microsoft.Logic/workflows", status=403, body=body, times=99)

    arm.fault(method="PUT", part="/partners/", meanwhile=forbid)
    done = await push(app, _REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    told = {one.code: one.message for one in done.warnings}
    assert "could not be looked at" in told["WorkflowsRan"]
    arm.calm()
    assert (await service(app)).state == "Suspended"
    await resume(app)
    assert states(arm) == before
