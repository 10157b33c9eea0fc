"""An account that was emptied: what it had received stays in the service until it expires."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.installation.installation import Installation
from shared.model.operation import Operation
from tests.integration_accounts.linked import IA, ONE, service
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import push
from tests.integration_accounts.small import AGREEMENT, resource, session
from tests.support.arm import Arm

RECEIVED, EXPIRED = (f"X12-ICN-{AGREEMENT}-00000007{last}" for last in "78")
MIC, OLD_MIC = "as2-of-today", "as2-of-nobody"
ACKNOWLEDGEMENT = f"{AGREEMENT}-GCN-ACK"
PUSHED: dict[str, Any] = {
    "existing": "replace",
    "workflows": "leave",
    "controlNumbers": {"policy": "advance", "by": 100},
}


def ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%S}.0000000Z"


async def traded(app: Installation, arm: Arm) -> dict[str, Any]:
    """The account traded today, and long ago, and was pulled: its sessions."""
    arm.load(
        [
            session(RECEIVED, 77, ago(1), received=True),
            session(EXPIRED, 78, ago(31), received=True),
            resource("sessions", MIC, ago(1), content={"mic": "bGF0ZXI="}),
            session(ACKNOWLEDGEMENT, 12, ago(200)),
        ]
    )
    await pull(app)
    return dict(arm.account(IA).items["sessions"])


def told(operation: Operation) -> list[str]:
    return [one.message for one in operation.warnings if one.code == "SessionsKept"]


async def held(app: Installation) -> set[str]:
    """The names of the sessions that the service has."""
    cut = await app.source(await service(app)).cut("anything", hold=False)
    try:
        return {one.name async for page in cut.records("sessions") for one in page}
    finally:
        await cut.end()


async def received(app: Installation) -> set[int | str]:
    pages = app.received.pages((await service(app)).id)
    return {one.value async for page in pages for one in page}


async def test_what_an_emptied_account_had_received_comes_back(
    pulled: Installation, arm: Arm
) -> None:
    before = await traded(pulled, arm)
    arm.account(IA).items["sessions"].clear()
    for _ in range(2):
        (message,) = told(await pull(pulled))
        assert "lost 1 received numbers and 2 other sessions" in message
        assert await held(pulled) == {RECEIVED, MIC, ACKNOWLEDGEMENT}
        assert await received(pulled) == {77}
    done = await push(pulled, PUSHED, ONE)
    assert done.status == "Succeeded", done.error
    there = arm.account(IA).items["sessions"]
    for name in (RECEIVED, MIC, ACKNOWLEDGEMENT):
        key = name.lower()
        assert there[key].properties["content"] == before[key].properties["content"]
    assert told(await pull(pulled)) == []


async def test_an_emptied_account_that_trades_on_before_it_is_pulled(
    pulled: Installation, arm: Arm
) -> None:
    await traded(pulled, arm)
    arm.account(IA).items["sessions"].clear()
    arm.load([session(f"{AGREEMENT}-ICN", 3, ago(0))])
    assert len(told(await pull(pulled))) == 1
    assert {RECEIVED, MIC, ACKNOWLEDGEMENT} <= await held(pulled)


async def test_what_azure_cleans_up_goes_while_numbers_go_on(
    pulled: Installation, arm: Arm
) -> None:
    await traded(pulled, arm)
    for name in (RECEIVED, MIC):
        del arm.account(IA).items["sessions"][name.lower()]
    assert told(await pull(pulled)) == []
    assert not {RECEIVED, MIC} & await held(pulled)
    assert 77 not in await received(pulled)
