"""A push that moves a number on around the end of its bounds: what the service knows after it."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.numbers import Bounds, Kind
from tests.integration_accounts.linked import IA, ONE, link, service, unlink
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import plan, push
from tests.integration_accounts.small import AGREEMENT
from tests.integration_accounts.test_counts_apart import THIRD, counter, made
from tests.integration_accounts.test_push_never_twice import SECOND, YEARS, becomes, put, there
from tests.support.arm import Arm

LAST = 800_000_000
BY = 300_000_000
MOVED = LAST + BY - Bounds().upper


def answered(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "workflows": "leave", "controlNumbers": {"policy": "advance", "by": BY}}


@pytest.fixture
async def moved(pulled: Installation, arm: Arm) -> Installation:
    """The account stood at a number that is not near the end of its bounds, and is lost; the
    service is linked to another one, which goes on in the next cycle."""
    put(arm, IA, LAST)
    await pull(pulled)
    arm.lose(IA)
    await unlink(pulled, ONE)
    done = await push(pulled, answered(made(SECOND)), ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["linked"] is True
    assert there(arm, SECOND) == MOVED
    return pulled


async def test_the_ledger_is_in_the_cycle_that_the_account_is_in(
    moved: Installation, arm: Arm
) -> None:
    assert (await counter(moved, ONE)).last == MOVED
    put(arm, SECOND, MOVED + 800, YEARS[0])
    done = await pull(moved)
    assert (done.status, done.warnings) == ("Succeeded", [])
    assert (await counter(moved, ONE)).last == MOVED + 800
    assert await becomes(moved, {"existing": "replace", "workflows": "leave"}) == ([], MOVED + 800)


async def test_the_next_loss_is_answered_from_there(moved: Installation, arm: Arm) -> None:
    put(arm, SECOND, MOVED + 800, YEARS[0])
    await pull(moved)
    arm.lose(SECOND)
    await unlink(moved, ONE)
    found = await plan(moved, answered(made(THIRD)), ONE)
    assert found.errors == []
    numbers = {one.kind: one.becomes for one in found.control_numbers.items}
    assert numbers[Kind.INTERCHANGE] == MOVED + 800 + BY
    assert (await service(moved)).integration_account is not None
    assert AGREEMENT in {one.agreement for one in found.control_numbers.items}


async def test_an_answer_in_an_account_that_is_not_linked_settles_nothing_then(
    pulled: Installation, arm: Arm
) -> None:
    """The service's ledger does not follow the cycles of that one: what the lost account issued
    stays unknown."""
    put(arm, IA, LAST)
    await pull(pulled)
    standby = {**made(SECOND), "workflows": "leave", "link": False}
    assert (await push(pulled, standby, ONE)).status == "Succeeded"
    await unlink(pulled, ONE)
    await link(pulled, ONE, SECOND)
    assert (await pull(pulled)).status == "Succeeded"
    arm.lose(IA)
    assert (await becomes(pulled, standby | made(THIRD)))[0] == ["ControlNumbersUncertain"]
    done = await push(pulled, answered({**made(THIRD), "link": False}), ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert there(arm, THIRD) == MOVED
    fourth = standby | made(f"{IA}-fourth")
    assert (await becomes(pulled, fourth))[0] == ["ControlNumbersUncertain"]
