"""The undo of pushes: the backup from before, restored and pushed, brings back what was there."""

import base64
import copy
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import Operation
from shared.model.restore import RestoreBody
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pulled import artifacts_of, held, pull
from tests.integration_accounts.pushed import (
    OTHER,
    broken_once,
    ended,
    half_filled,
    issue,
    number_in,
    partner,
    plan,
    pulled,
    push,
    started,
)
from tests.support.arm import Arm
from tests.support.scenes import run

_REPLACING = {"resourceId": OTHER, "existing": "replace", "extra": "delete", "link": False}
_UNDO = "contoso-undo"


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


async def undone(app: Installation, done: Operation) -> Operation:
    """The undo of a push."""
    assert done.result is not None
    safety = done.result["safetyBackup"]
    where = {one: safety[one] for one in ("storageAccount", "container")}
    body = RestoreBody.model_validate({"backup": where, "service": {"name": _UNDO}})
    await run(app, await app.restores.start(body, "somebody", None))
    planned = await plan(app, _REPLACING, _UNDO)
    assert planned.errors == []
    return await push(app, _REPLACING, _UNDO)


def targets(done: Operation, code: str) -> list[str]:
    """What the warnings of a code are about."""
    return sorted(str(one.target) for one in done.warnings if one.code == code)


def require_back(arm: Arm, before: dict[str, Any], back: Operation) -> None:
    assert back.status == "Succeeded", (back.error, back.warnings, back.result)
    assert back.result is not None
    assert back.result["verified"] is True
    after = artifacts_of(arm, OTHER)
    assert set(after) == set(before)
    for path, whole in before.items():
        assert after[path] == whole, path


def rich(arm: Arm) -> None:
    """An account with all of the sample's kinds, each with tags, a location and metadata of its
    own; with content that goes into no request, keys in a vault, an assembly, a process of
    RosettaNet, and sessions that mean nothing."""
    arm.load([{"id": OTHER, "location": "northeurope", "sku": {"name": "Standard"}}])
    here = arm.account(OTHER).items
    for kind, items in arm.account(ACCOUNT).items.items():
        for key, item in items.items():
            one = copy.deepcopy(item)
            if kind != "sessions":
                one.beside = {"tags": {"team": "other", "of": kind}, "location": "northeurope"}
                one.properties["metadata"] = {"Stage": "prod", "n": 1.5, "deep": {"b": []}}
            here.setdefault(kind, {})[key] = one
    vault = next(iter(arm.state.vaults))
    here["certificates"]["fabrikam-as2"].properties["key"] = {
        "keyVault": {
            "id": vault,
            "name": vault.rpartition("/")[2],
            "type": "Microsoft.KeyVault/vaults",
        },
        "keyName": "contoso-signing",
    }
    schema, stylesheet = here["schemas"]["order"], here["maps"]["orderconfirmation"]
    assert schema.content is not None
    schema.content = b"\xef\xbb\xbf" + schema.content + "\r\n<!-- é -->".encode()
    stylesheet.content = b"\xff\xfe" + "hello {{x}}".encode("utf-16-le")
    stylesheet.content_type = "text/plain"
    process = {
        "processCode": "3A4",
        "processVersion": "V02.00",
        "processName": "Request Purchase Order",
        "activitySettings": {"x": 1},
        "initiatorRoleSettings": {"action": "a"},
        "responderRoleSettings": {"action": "b"},
    }
    arm.load(
        [
            {
                "id": f"{OTHER}/assemblies/Lib",
                "properties": {
                    "assemblyName": "Lib",
                    "assemblyVersion": "1.2.3.4",
                    "metadata": {"q": 1},
                },
                "contentBase64": base64.b64encode(b"MZ\x00\x01" * 50).decode(),
                "contentType": "application/octet-stream",
            },
            {"id": f"{OTHER}/rosettanetprocessconfigurations/PIP3A4", "properties": process},
            partner(OTHER, "Tailspin", "TAILSPIN"),
        ]
    )
    arm.state.set_session(arm.account(OTHER), "weird/thing", "plain")


@pytest.mark.parametrize("hashes", ["always", "never"])
async def test_the_undo_of_a_rich_account_brings_back_all_of_it(
    app: Installation, arm: Arm, hashes: Any
) -> None:
    await pulled(app, arm)
    rich(arm)
    arm.switches.content_hash = hashes
    arm.switches.keeps_marks = True
    before = copy.deepcopy(artifacts_of(arm, OTHER))
    sessions = {key: one.properties for key, one in arm.account(OTHER).items["sessions"].items()}
    sessions = copy.deepcopy(sessions)
    done = await push(app, _REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["deleted"] == {
        "assemblies": 1,
        "partners": 1,
        "rosettanet-processes": 1,
    }
    assert artifacts_of(arm, OTHER) != before
    require_back(arm, before, await undone(app, done))
    for key, whole in sessions.items():
        assert arm.account(OTHER).items["sessions"][key].properties == whole, key


@pytest.mark.parametrize("unknown", ["kept", "refused"])
async def test_members_that_no_push_may_write_are_told_when_they_are_lost(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, unknown: Any
) -> None:
    """By the plan, by the push, also where it went on after a crash, and by its undo."""
    await pulled(app, arm)
    half_filled(arm)
    note = {"who": "ops"}
    partners = arm.account(OTHER).items["partners"]
    for name in ("fabrikam", "tailspin", "northwind"):
        partners[name].properties["note"] = note
    arm.switches.unknown_members = unknown
    before = copy.deepcopy(artifacts_of(arm, OTHER))
    lost = ["partners/Fabrikam", "partners/Tailspin"]
    planned = await plan(app, _REPLACING, ONE)
    told = {one.target: one.message for one in planned.warnings if one.code == "MembersLost"}
    assert sorted(map(str, told)) == lost
    assert "/note" in told["partners/Fabrikam"]
    record = await started(app, _REPLACING, ONE)
    broken_once(monkeypatch, ArtifactWriter, "write")
    await ended(app, record)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert targets(done, "MembersLost") == lost
    back = await undone(app, done)
    assert targets(back, "MembersLeftOut") == lost
    for path in lost:
        del before[path][0]["note"]
    require_back(arm, before, back)
    assert partners["northwind"].properties["note"] == note


@pytest.mark.parametrize("unknown", ["kept", "refused"])
async def test_members_that_no_push_may_write_stay_in_the_service(
    app: Installation, arm: Arm, unknown: Any
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    contoso = arm.account(ACCOUNT).items["partners"]["contoso"]
    contoso.properties["note"] = {"who": "ops"}
    contoso.changed = "2030-01-01T00:00:00.0000000Z"
    assert (await pull(app, ONE)).status == "Succeeded"
    arm.switches.unknown_members = unknown
    done = await push(app, _REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert targets(done, "MembersLeftOut") == ["partners/Contoso"]
    assert "note" not in arm.account(OTHER).items["partners"]["contoso"].properties
    assert (await held(app, ONE))["partners/Contoso"][0]["note"] == {"who": "ops"}


async def test_the_undo_of_a_push_that_fails_midway_brings_back_what_was_there(
    app: Installation, arm: Arm
) -> None:
    """The result says how far it came, by all attempts."""
    await pulled(app, arm)
    half_filled(arm)
    issue(arm, OTHER, f"{X12}-ICN", 7)
    before = copy.deepcopy(artifacts_of(arm, OTHER))
    record = await started(app, _REPLACING, ONE)
    body = {"error": {"code": "InvalidSchema", "message": "It is not taken."}}
    arm.fault(method="PUT", part="/schemas/", nth=2, status=400, body=body, times=99)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "IntegrationAccountRefused"
    assert "It is not taken." in done.error.message
    assert done.result is not None
    there = artifacts_of(arm, OTHER)
    count = sum(path.startswith("certificates/") for path in there)
    assert done.result["created"] == {"partners": 1, "certificates": count, "schemas": 1}
    assert done.result["replaced"] == {"partners": 1}
    assert done.result["deleted"] == {}
    assert done.result["numbersWritten"] == 0
    assert done.result["target"]["exists"] is True
    assert there != before
    arm.calm()
    back = await undone(app, done)
    require_back(arm, before, back)
    assert number_in(arm, OTHER, f"{X12}-ICN") == 7
