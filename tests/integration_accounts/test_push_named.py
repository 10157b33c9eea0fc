"""What came into an account after its push was planned: no plan that anybody saw names it, and it
stays."""

import base64
import copy
import hashlib
from typing import Any

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.named import Named
from shared.model.condition import unconditional
from shared.model.operation import Operation
from shared.model.push import Action
from shared.model.sections import Section
from tests.integration_accounts.linked import ONE, service, unlink
from tests.integration_accounts.pushed import (
    OTHER,
    REPLACING,
    ended,
    half_filled,
    partner,
    pulled,
    started,
)
from tests.support.arm import Arm

_MANY = 120
"""More than the record of an operation lists one by one."""


def _items(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = operation.parameters["plan"]["artifacts"]["items"]
    return found


def identity(arm: Arm, account: str, name: str) -> str:
    found = arm.account(account).items["partners"][name.lower()]
    value: str = found.properties["content"]["b2b"]["businessIdentities"][0]["value"]
    return value


async def test_what_the_plan_did_not_name_stays(app: Installation, arm: Arm) -> None:
    """Something new, what was to be created, and what was the same; of many that it did name, all
    go."""
    await pulled(app, arm)
    half_filled(arm)
    arm.load([partner(OTHER, f"Extra{number}", f"EXTRA{number}") for number in range(_MANY)])
    record = await started(app, REPLACING, ONE)
    came = ("Contoso", "Northwind", "Wingtip")
    arm.load([partner(OTHER, name, "SOMEBODYS") for name in came])
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["differs"] == [f"partners/{name}" for name in came]
    told = {one.target: one.message for one in done.warnings if one.code == "ChangedMeanwhile"}
    assert sorted(map(str, told)) == [f"partners/{name}" for name in came]
    assert "the plan does not name it" in told["partners/Wingtip"]
    assert [identity(arm, OTHER, name) for name in came] == ["SOMEBODYS"] * 3
    assert done.result["replaced"] == {"partners": 1}
    assert done.result["deleted"] == {"partners": _MANY + 1}
    assert identity(arm, OTHER, "Fabrikam") == identity(arm, ACCOUNT, "Fabrikam")
    assert done.result["safetyBackup"]["backup"]


async def test_what_the_plan_named_as_replaced_is_not_deleted(app: Installation, arm: Arm) -> None:
    """The service has it no more when the work begins; what the plan named as deleted goes."""
    await pulled(app, arm)
    await unlink(app)
    half_filled(arm)
    theirs = copy.deepcopy(arm.account(ACCOUNT).items["agreements"][X12.lower()])
    theirs.properties["metadata"] = {"owner": "theirs"}
    arm.account(OTHER).items.setdefault("agreements", {})[X12.lower()] = theirs
    record = await started(app, REPLACING, ONE)
    planned = {one["name"]: one["action"] for one in _items(record.operation) if one["name"] == X12}
    assert planned == {X12: "replace"}
    await app.artifacts.delete(await service(app), Section.AGREEMENTS, X12, unconditional)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["differs"] == [f"agreements/{X12}"]
    assert done.result["deleted"] == {"partners": 1}
    told = {one.target: one.message for one in done.warnings if one.code == "ChangedMeanwhile"}
    assert "removed it from the service" in told[f"agreements/{X12}"]
    there = arm.account(OTHER).items["agreements"][X12.lower()]
    assert there.properties["metadata"] == {"owner": "theirs"}


def test_a_plan_of_the_version_before_names_without_actions() -> None:
    kept = base64.b64encode(hashlib.sha256(b"partners\nfabrikam").digest()[:6]).decode()
    named = Named.of({"named": kept})
    assert named.has(("partners", "fabrikam"), Action.REPLACE)
    assert named.has(("partners", "fabrikam"), Action.DELETE)
    assert not named.has(("partners", "tailspin"), Action.DELETE)


async def test_what_is_kept_of_a_plan_is_no_part_of_its_record(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    assert set(record.operation.parameters) == {"request", "plan", "sources", "pulledFrom"}
    kept = await app.records.request(ONE, record.operation.id)
    named = Named.of(kept)
    assert named.has(("partners", "fabrikam"), Action.REPLACE)
    assert not named.has(("partners", "fabrikam"), Action.DELETE)
    assert named.has(("partners", "tailspin"), Action.DELETE)
    assert not named.has(("partners", "northwind"), Action.REPLACE)
    assert Named.of(None).has(("partners", "northwind"), Action.REPLACE)
