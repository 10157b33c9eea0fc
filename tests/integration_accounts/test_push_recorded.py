"""What was recorded of real accounts, pulled and pushed into empty ones."""

from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from tests.integration_accounts.linked import create, link
from tests.integration_accounts.pulled import RECORDED, artifacts_of, ids_of, pull, sessions_of
from tests.integration_accounts.pushed import plan, push
from tests.support.arm import Arm, resources_of


@pytest.mark.parametrize("file", RECORDED)
async def test_all_that_is_recorded_comes_back(
    app: Installation, arm: Arm, corpus: Path, file: str
) -> None:
    resources = resources_of(corpus, file)
    arm.load(resources)
    arm.switches.references = arm.switches.map_versions = arm.switches.limits = False
    for number, account in enumerate(ids_of(resources)):
        name, target = f"contoso-b2b{number}", f"{account}-again"
        await create(app, name)
        await link(app, name, account)
        assert (await pull(app, name)).status == "Succeeded"
        make = {"resourceId": target, "location": "northeurope", "sku": "Standard"}
        planned = await plan(app, {"create": make}, name)
        assert planned.errors == []
        done = await push(app, {"create": make}, name)
        assert done.status == "Succeeded", (done.error, done.warnings, done.result)
        left = {one.target for one in planned.warnings if one.code == "MembersLeftOut"}
        before, after = artifacts_of(arm, account), artifacts_of(arm, target)
        assert before.keys() == after.keys()
        for at in before.keys() - left:
            assert plain(placed(before[at][0])).items() <= plain(after[at][0]).items(), at
            assert before[at][1] == after[at][1], at
        sessions = await sessions_of(app, name)
        there = arm.account(target).items.get("sessions", {})
        assert {at.lower() for at in sessions} == set(there)
        arm.calm()
        again = await push(app, {"resourceId": target}, name)
        assert again.status == "Succeeded", (again.error, again.warnings, again.result)
        assert [one for one in arm.seen if one.method in ("PUT", "DELETE")] == []


def placed(document: dict[str, Any]) -> dict[str, Any]:
    """A document in the region of the account that was made."""
    beside = document.get("$resource")
    if isinstance(beside, dict) and "location" in beside:
        return {**document, "$resource": {**beside, "location": "northeurope"}}
    return document


def plain(value: Any) -> Any:
    """A document without regard to the spelling of its members: an account has one of its own."""
    if isinstance(value, dict):
        return {name.lower(): plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value
