"""The account that a service was pulled from, where it answers otherwise between plan and push."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    ended,
    issue,
    lose,
    number_in,
    restored,
    settings,
    started,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator

ISSUED = 40_627
"""What the account issued since it was pulled, when the service knew of 40,127."""
POLICIES: dict[str, tuple[dict[str, Any], int]] = {
    "continue": ({}, ISSUED),
    "advance": ({"controlNumbers": {"policy": "advance", "by": 100}}, ISSUED + 100),
}


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    installation = Installation(Deployed.new(emulator, tmp_path, **settings(arm)).read())
    yield installation
    await installation.close()


@pytest.mark.parametrize("policy", POLICIES)
async def test_no_number_is_decided_from_less_than_the_plan_knew(
    app: Installation, arm: Arm, policy: str
) -> None:
    await restored(app, arm)
    issue(arm, ACCOUNT, f"{X12}-ICN", ISSUED)
    asked, becomes = POLICIES[policy]
    record = await started(app, {**NEW, **asked})

    def trouble() -> None:
        arm.fault(
            method="GET",
            part=f"{ACCOUNT}/sessions",
            status=403,  # as no answer is, but without the wait for one
            body={"error": {"code": "AuthorizationFailed", "message": "Not now."}},
            times=999,
        )

    written = arm.fault(method="PUT", part=f"{OTHER}/agreements/", meanwhile=trouble)
    first = await ended(app, record)
    assert written.met
    assert first.status not in ("Succeeded", "PartiallySucceeded", "Failed"), first.error
    assert number_in(arm, OTHER, f"{X12}-ICN") is None
    arm.calm()
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, f"{X12}-ICN") == becomes


async def test_a_source_that_is_gone_since_the_plan_is_uncertain(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    issue(arm, ACCOUNT, f"{X12}-ICN", ISSUED)
    record = await started(app, {**NEW, **POLICIES["advance"][0]})
    arm.fault(method="PUT", part=f"{OTHER}/agreements/", meanwhile=lambda: lose(arm) and None)
    done = await ended(app, record)
    assert done.status == "Failed"
    assert done.error is not None
    assert done.error.code == "ControlNumbersUncertain"
    assert number_in(arm, OTHER, f"{X12}-ICN") is None


async def test_what_the_service_knows_is_pushed_whatever_became_of_the_source(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    record = await started(app, {**NEW, "controlNumbers": {"policy": "asKnown"}})
    lose(arm)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127
