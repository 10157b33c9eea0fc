"""What was recorded of real accounts, pulled and pushed into empty ones."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from tests.integration_accounts.linked import create, link
from tests.integration_accounts.pulled import artifacts_of, ids_of, pull, sessions_of
from tests.integration_accounts.pushed import plan, push
from tests.support.arm import Arm, account_id, resources_of
from tests.support.deployed import Deployed, Emulator

FILES = ("azps-2017", "azps-2019", "corpus", "quickstarts", "spec")


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    installation = Installation(Deployed.new(emulator, tmp_path, **arm.settings()).read())
    yield installation
    await installation.close()


@pytest.mark.parametrize("file", FILES)
async def test_all_that_is_recorded_comes_back(
    app: Installation, arm: Arm, corpus: Path, file: str
) -> None:
    resources = resources_of(corpus, file)
    arm.load(resources)
    arm.switches.references = arm.switches.map_versions = arm.switches.limits = False
    for number, account in enumerate(ids_of(resources)):
        name, target = f"contoso-b2b{number}", account_id(f"again-{number}")
        await create(app, name)
        await link(app, name, account)
        assert (await pull(app, name)).status == "Succeeded"
        make = {"resourceId": target, "location": "northeurope", "sku": "Standard"}
        planned = await plan(app, {"create": make}, name)
        assert planned.errors == []
        done = await push(app, {"create": make}, name)
        assert done.status == "Succeeded", (done.error, done.warnings, done.result)
        before, after = artifacts_of(arm, account), artifacts_of(arm, target)
        left = {one.target for one in planned.warnings if one.code == "MembersLeftOut"}
        assert {at: one for at, one in after.items() if at not in left} == {
            at: placed(one) for at, one in before.items() if at not in left
        }
        sessions = await sessions_of(app, name)
        there = arm.account(target).items.get("sessions", {})
        assert {at.lower() for at in sessions} == set(there)


def placed(one: tuple[dict[str, Any], bytes | None]) -> tuple[dict[str, Any], bytes | None]:
    """An artifact in the region of the account that was made."""
    document, content = one
    beside = document.get("$resource")
    if isinstance(beside, dict) and "location" in beside:
        document = {**document, "$resource": {**beside, "location": "northeurope"}}
    return document, content
