"""The sample account of ``make run``: what is in it could have been written, and it lives."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from localhost.arm.kinds import KINDS
from localhost.arm.process import ArmProcess
from localhost.arm.sample import ACCOUNT, EDIFACT, X12, fill, move
from localhost.arm.state import State
from localhost.azurite import PortInUse
from localhost.processes import free_ports, is_free
from localhost.stack import ROOT
from tests.localhost.arm_calls import Calls, calls_to
from tests.support.arm import Arm

COPY = f"{ACCOUNT}-copy"


@pytest.fixture
async def call(arm: Arm) -> AsyncIterator[Calls]:
    """A client, and the sample account."""
    fill(arm.state)
    async with calls_to(arm) as found:
        yield found


async def test_all_of_it_could_have_been_written(arm: Arm, call: Calls) -> None:
    arm.switches.unknown_members = "refused"
    body = {"location": "westeurope", "sku": {"name": "Standard"}, "properties": {}}
    assert (await call("PUT", COPY, body)).status == 201
    written: set[str] = set()
    # Partners and certificates before the agreements that name them.
    for kind in sorted(KINDS.values(), key=lambda each: each.name == "agreements"):
        version = kind.versions[-1]
        listed = await call("GET", f"{ACCOUNT}/{kind.name}", version=version)
        for shown in listed.body["value"]:
            link = shown["properties"].pop("contentLink", None)
            given = dict(shown["properties"])
            if link:
                given["content"] = (await call.content(link["uri"]))[1].decode()
                given["contentType"] = "text/plain"
            path = f"{COPY}/{kind.name}/{shown['name']}"
            put = await call("PUT", path, {"properties": given}, version=version)
            assert put.status == 201, put.body
            put.body["properties"].pop("contentLink", None)
            kept = set(put.body["properties"]) - {"createdTime", "changedTime"}
            assert {k: put.body["properties"][k] for k in kept} == {
                k: v for k, v in shown["properties"].items() if k in kept
            }
            written.add(kind.name)
    assert written == {
        *("partners", "agreements", "schemas", "maps", "certificates", "batchConfigurations"),
        "sessions",
    }


async def test_its_vault_and_its_workflows_are_there(call: Calls) -> None:
    group = ACCOUNT.partition("/providers/")[0]
    listed = await call("GET", f"{group}/providers/Microsoft.Logic/workflows")
    used = [
        one["name"] for one in listed.body["value"] if "integrationAccount" in one["properties"]
    ]
    assert used == ["receive-orders", "resend-by-hand", "send-orders"]
    certificate = await call("GET", f"{ACCOUNT}/certificates/contoso-as2")
    key = certificate.body["properties"]["key"]
    keys = await call("POST", f"{ACCOUNT}/listKeyVaultKeys", {"keyVault": key["keyVault"]})
    (only,) = keys.body["value"]
    assert only["kid"].endswith(f"/keys/{key['keyName']}/{key['keyVersion']}")


async def test_its_numbers_go_up_now_and_then() -> None:
    state = State()
    fill(state)
    account = state.account(*(ACCOUNT.split("/")[n] for n in (2, 4, 8)))
    sessions = account.items["sessions"]

    def number(name: str) -> int:
        return int(sessions[name.lower()].properties["content"]["ControlNumber"])

    before = {name: number(name) for name in (f"{X12}-ICN", f"{X12}-TSCN", f"{EDIFACT}-ICN")}
    received = sum(name.startswith("x12-icn-") for name in sessions)
    moving = asyncio.create_task(move(state, 0.001))
    while number(f"{X12}-ICN") < before[f"{X12}-ICN"] + 6:
        await asyncio.sleep(0.001)
    assert before[f"{X12}-TSCN"] < number(f"{X12}-TSCN") < before[f"{X12}-TSCN"] + 6
    assert number(f"{EDIFACT}-ICN") == before[f"{EDIFACT}-ICN"]
    assert sum(name.startswith("x12-icn-") for name in sessions) > received
    state.group(ACCOUNT.split("/")[2], ACCOUNT.split("/")[4]).accounts.clear()
    last = number(f"{X12}-ICN")
    await asyncio.sleep(0.01)
    assert number(f"{X12}-ICN") == last
    moving.cancel()
    with suppress(asyncio.CancelledError):
        await moving


async def test_a_process_of_its_own(tmp_path: Path) -> None:
    process = ArmProcess(free_ports(1)[0], log=tmp_path / "arm.log", folder=ROOT)
    process.start()
    try:
        with pytest.raises(PortInUse, match=f"port {process.port}, for integration accounts"):
            ArmProcess(process.port, log=tmp_path / "second.log", folder=ROOT).start()
        (scope,) = json.loads(process.settings["INTEGRATION_ACCOUNTS"])
        assert ACCOUNT.startswith(f"{scope}/")
        url = f"{process.settings['ARM_STAND_IN']}{ACCOUNT}?api-version=2019-05-01"
        async with aiohttp.request("GET", url, headers={"Authorization": "Bearer t"}) as answer:
            assert (await answer.json())["id"] == ACCOUNT
        assert process.runs
    finally:
        process.stop()
    assert is_free(process.port)
    assert (tmp_path / "arm.log").read_text() == ""
