"""Suspending and resuming a linked service, with Azure or the storage broken at each call: asked
again it is done as a whole, and exactly what was disabled comes back."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.integration_account import AccountId
from shared.model.problem import Code
from shared.model.service import State
from shared.rules.integration_accounts.ids import account_id_of
from tests.faults.test_enumeration import app_over, prepared
from tests.integration_accounts.linked import (
    IA,
    account,
    create,
    link,
    refused,
    service,
)
from tests.integration_accounts.test_link_faults import settle
from tests.integration_accounts.using import (
    by_a_person,
    names,
    resume,
    state_of,
    states,
    suspend,
    workflow,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.transport import FaultTransport, Way

RUNNING = {"a": "Enabled", "b": "Enabled", "off": "Disabled"}
STOPPED = {"a": "Disabled", "b": "Disabled", "off": "Disabled"}

FAULTS: Mapping[str, dict[str, Any]] = {
    "lost": {"cut": "no answer", "carried_out": True},
    "never came": {"cut": "no answer"},
    "throttled": {"status": 429, "body": {"error": {"code": "TooManyRequests", "message": "-"}}},
    "forbidden": {
        "status": 403,
        "body": {"error": {"code": "AuthorizationFailed", "message": "-"}},
    },
    "gateway": {"status": 502, "body": "<html>Bad gateway</html>"},
}
SUSPENDING = [*(("GET", nth) for nth in range(1, 6)), ("POST", 1), ("POST", 2)]
"""Its requests: the list, and each of two workflows before and after it is disabled."""
RESUMING = [("GET", 1), ("GET", 2), ("POST", 1), ("POST", 2)]


def there() -> list[dict[str, Any]]:
    return [account(), workflow("a"), workflow("b"), workflow("off", "Disabled")]


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """A linked service; each request to Azure is sent once."""
    arm.load(there())
    installation = app_over(Deployed.new(emulator, tmp_path, **arm.settings()), FaultTransport())
    await create(installation)
    await link(installation)
    arm.calm()
    yield installation
    await installation.close()


async def remembered(app: Installation, account: AccountId | None = None) -> list[str]:
    pages = app.disabled_workflows.pages(account or account_id_of(IA))
    return sorted([one.value.name async for page in pages for one in page])


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("method", "nth"), SUSPENDING)
async def test_a_suspend_that_azure_breaks(
    app: Installation, arm: Arm, fault: str, method: str, nth: int
) -> None:
    arm.fault(method=method, nth=nth, part="/workflows", **FAULTS[fault])
    problem = await refused(suspend(app))
    known, state = await remembered(app), (await service(app)).state
    if problem is None:
        assert state is State.SUSPENDED
        assert states(arm, *STOPPED) == STOPPED
        assert known == ["a", "b"]
    else:
        assert state is State.ACTIVE
        assert "is Active as before" in problem.message
    if fault == "forbidden" and (method, nth) != ("GET", 1):
        assert problem is not None
        assert problem.code is Code.INTEGRATION_ACCOUNT_FORBIDDEN
        assert "Logic App Contributor" in problem.message or method == "GET"
        assert states(arm, *RUNNING) == RUNNING, "what was disabled before it is enabled again"
        assert known == []
    elif problem is not None:
        assert problem.code is Code.INTEGRATION_ACCOUNT_UNAVAILABLE
        assert problem.retry_after_seconds
        off = {name for name in ("a", "b") if state_of(arm, name) == "Disabled"}
        assert off <= set(known), "what is disabled is remembered"
    arm.calm()
    await suspend(app)
    assert states(arm, *STOPPED) == STOPPED
    assert await remembered(app) == ["a", "b"]
    assert names((await resume(app))["enabled"]) == ["a", "b"]
    assert states(arm, *RUNNING) == RUNNING
    assert await remembered(app) == []


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("method", "nth"), RESUMING)
async def test_a_resume_that_azure_breaks(
    app: Installation, arm: Arm, fault: str, method: str, nth: int
) -> None:
    await suspend(app)
    arm.calm()
    arm.fault(method=method, nth=nth, part="/workflows", **FAULTS[fault])
    problem = await refused(resume(app))
    if problem is not None:
        assert (await service(app)).state is State.SUSPENDED
        assert "is Suspended as before" in problem.message
        assert await remembered(app) == ["a", "b"]
        arm.calm()
        assert names((await resume(app))["enabled"]) == ["a", "b"]
    assert (await service(app)).state is State.ACTIVE
    assert states(arm, *RUNNING) == RUNNING
    assert await remembered(app) == []


async def test_where_taking_back_is_refused_too_it_is_said_and_a_repeat_completes(
    app: Installation, arm: Arm
) -> None:
    arm.fault(method="POST", part="/workflows/b/disable", **FAULTS["forbidden"])
    arm.fault(method="POST", part="/enable", **FAULTS["throttled"], times=9)
    problem = await refused(suspend(app))
    assert problem is not None
    assert "could not all be enabled again" in problem.message
    assert (await service(app)).state is State.ACTIVE
    assert await remembered(app) == ["a"]
    arm.calm()
    assert names((await suspend(app))["disabled"]) == ["a", "b"]
    assert names((await resume(app))["enabled"]) == ["a", "b"]


async def test_a_suspended_service_stays_so_where_another_suspend_is_refused(
    app: Installation, arm: Arm
) -> None:
    await suspend(app)
    arm.load([workflow("new")])
    arm.fault(method="POST", part="/workflows/new", **FAULTS["forbidden"])
    problem = await refused(suspend(app))
    assert problem is not None
    assert "is Suspended as before; 2 workflows are (a, b) disabled" in problem.message
    assert states(arm, *STOPPED, "new") == STOPPED | {"new": "Enabled"}
    assert names((await resume(app))["enabled"]) == ["a", "b"]


async def test_a_workflow_that_goes_between_list_and_disabling_is_no_failure(
    app: Installation, arm: Arm
) -> None:
    def gone() -> None:
        arm.state.group(*place).workflows.pop("a")

    place = account_id_of(IA).subscription, account_id_of(IA).group
    arm.fault(method="POST", part="/workflows/a/disable", meanwhile=gone)
    done = await suspend(app)
    assert names(done["disabled"]) == ["b"]
    assert await remembered(app) == ["b"]


async def test_one_whose_answers_were_lost_comes_back_and_one_of_a_person_does_not(
    app: Installation, arm: Arm
) -> None:
    """The answers of both disabling and looking are lost: it is known by when it was asked for."""
    for name in ("a", "b"):
        arm.fault(method="POST", part=f"/workflows/{name}/disable", **FAULTS["lost"])
        arm.fault(method="GET", nth=2, part=f"/workflows/{name}?", **FAULTS["gateway"])
    assert await refused(suspend(app)) is not None
    arm.calm()
    if state_of(arm, "b") == "Enabled":  # it was not begun any more
        pytest.fail("both are begun at once")
    by_a_person(arm, "b", "Disabled", "2030-01-01T00:00:00Z")
    done = await suspend(app)
    assert names(done["disabled"]) == ["a"]
    assert names((await resume(app))["enabled"]) == ["a"]
    assert state_of(arm, "b") == "Disabled"


async def linked(app: Installation) -> None:
    await create(app)
    await link(app)


async def suspended(app: Installation) -> None:
    await linked(app)
    await suspend(app)


CHANGES: dict[str, tuple[Callable[[Installation], Awaitable[Any]], Any]] = {
    "suspend": (suspend, linked),
    "resume": (resume, suspended),
}


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("name", CHANGES)
async def test_what_the_storage_breaks_is_completed_by_asking_again(
    emulator: Emulator,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    name: str,
    way: Way,
) -> None:
    require_drawn(name, way)
    change, prepare = CHANGES[name]

    async def broken(arm: Arm, call: int) -> tuple[Deployed, int]:
        arm.load(there())
        deployed = Deployed.new(emulator, tmp_path, **arm.settings())
        await prepared(deployed, prepare)
        transport = FaultTransport()
        app = app_over(deployed, transport, patience=way.patience)
        calls = await transport.broken(call, way, change(app))
        await app.close()
        return deployed, calls

    async def one(call: int) -> None:
        with Arm() as arm:
            await at(arm, call)

    async def at(arm: Arm, call: int) -> None:
        deployed, _ = await broken(arm, call)
        app = app_over(deployed, FaultTransport())
        try:
            await settle(app)
            off = {one for one in ("a", "b") if state_of(arm, one) == "Disabled"}
            assert off <= set(await remembered(app))
            if (await service(app)).state is State.SUSPENDED:
                if name == "suspend":
                    assert states(arm, *STOPPED) == STOPPED
            elif name == "resume":
                assert states(arm, *RUNNING) == RUNNING
            else:
                await suspend(app)
            if (await service(app)).state is State.SUSPENDED:
                await resume(app)
            assert states(arm, *RUNNING) == RUNNING
            assert (await service(app)).state is State.ACTIVE
        finally:
            await app.close()

    with Arm() as whole:
        _, calls = await broken(whole, 10_000)
    await each(name, way, chosen(request, name, way, calls), one)
