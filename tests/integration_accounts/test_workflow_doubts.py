"""Suspending a linked service where Azure does not do what was asked, or a person is quicker: what
Interkeep did not disable is never taken for its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.rules.integration_accounts.ids import account_id_of
from tests.faults.test_enumeration import app_over
from tests.integration_accounts.linked import IA, account, create, link, refused
from tests.integration_accounts.using import (
    by_a_person,
    names,
    resume,
    state_of,
    suspend,
    why,
    workflow,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.transport import FaultTransport


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """A linked service; each request to Azure is sent once."""
    arm.load([account()])
    installation = app_over(Deployed.new(emulator, tmp_path, **arm.settings()), FaultTransport())
    await create(installation)
    await link(installation)
    yield installation
    await installation.close()


async def remembered(app: Installation) -> list[str]:
    """What is remembered of the account's workflows."""
    pages = app.disabled_workflows.pages(account_id_of(IA))
    return [one.value.name async for page in pages for one in page]


def minutes_later(minutes: int) -> str:
    """A time of Azure, soon after now."""
    return f"{datetime.now(UTC) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}.0000000Z"


async def test_a_throttled_disable_is_none_and_what_a_person_disables_then_stays_so(
    app: Installation, arm: Arm
) -> None:
    arm.load([workflow("orders")])
    arm.throttle(method="POST", part="/orders/disable")
    problem = await refused(suspend(app))
    assert problem is not None
    assert problem.retry_after_seconds
    assert state_of(arm, "orders") == "Enabled"
    assert await remembered(app) == []
    arm.calm()
    by_a_person(arm, "orders", "Disabled", minutes_later(4))
    done = await suspend(app)
    assert why(done) == {"orders": "It was disabled already: not by Interkeep."}
    assert names((await resume(app))["enabled"]) == []
    assert state_of(arm, "orders") == "Disabled"


async def test_what_a_person_disables_after_it_was_listed_stays_the_persons(
    app: Installation, arm: Arm
) -> None:
    """The fifth waits for one of four that are seen to at once."""
    others = ["a", "b", "c", "d"]
    arm.load([workflow(name) for name in (*others, "orders")])

    def person() -> None:
        by_a_person(arm, "orders", "Disabled", minutes_later(1))

    arm.fault(method="GET", part="/workflows/", meanwhile=person)
    done = await suspend(app)
    assert names(done["disabled"]) == others
    assert why(done) == {"orders": "It was disabled already: not by Interkeep."}
    assert names((await resume(app))["enabled"]) == others
    assert state_of(arm, "orders") == "Disabled"


async def test_one_that_goes_after_it_was_listed_is_left_and_forgotten(
    app: Installation, arm: Arm
) -> None:
    """Also where Interkeep had disabled it, and a person enabled it."""
    arm.load([workflow("orders")])
    await suspend(app)
    by_a_person(arm, "orders", "Enabled")
    parts = IA.split("/")
    there = arm.state.group(parts[2], parts[4]).workflows
    arm.fault(method="GET", part="/workflows/orders", meanwhile=lambda: there.pop("orders"))
    assert why(await suspend(app)) == {"orders": "It is gone."}
    assert await remembered(app) == []
