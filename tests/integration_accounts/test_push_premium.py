"""Accounts of the tier Premium, which may keep their numbers where nobody but they look."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12, fill
from shared.installation.installation import Installation
from shared.model.restore import RestoreBody
from tests.integration_accounts.linked import ONE, backup, create, link
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import BACKUP, COPY, NEW, OTHER, lose, number_in, plan, push
from tests.support.arm import Arm
from tests.support.scenes import run

ICN = f"{X12}-ICN"
BY = 3_000
ADVANCE: dict[str, Any] = {"controlNumbers": {"policy": "advance", "by": BY}}
LOWER = 40_000
"""The lower bound of the sample's number."""


async def premium(app: Installation, arm: Arm) -> None:
    """A service that pulled an account without sessions, and one that was restored from it."""
    fill(arm.state)
    arm.account(ACCOUNT).resource["sku"] = {"name": "Premium"}
    arm.account(ACCOUNT).items["sessions"].clear()
    await create(app, ONE)
    await link(app, ONE, ACCOUNT)
    ended = await pull(app, ONE)
    assert [one.code for one in ended.warnings] == ["NumbersNotCovered"]
    await backup(app, BACKUP)
    place = {"storageAccount": "offsite", "container": BACKUP}
    body = {"backup": place, "service": {"name": COPY}}
    await run(app, await app.restores.start(RestoreBody.model_validate(body), "somebody", None))


@pytest.mark.parametrize("name", [ONE, COPY])
async def test_numbers_that_were_never_seen_do_not_start_over_unasked(
    app: Installation, arm: Arm, name: str
) -> None:
    await premium(app, arm)
    planned = await plan(app, NEW, name)
    assert [one.code for one in planned.errors] == ["ControlNumbersUncertain"]
    numbers = planned.control_numbers
    assert [one.state for one in numbers.sources] == ["silent"]
    assert (X12, "interchange", 0, 1_000) in {
        (one.agreement, str(one.kind), one.last_known, one.proposed_by) for one in numbers.uncertain
    }
    assert all("Premium" in one.why for one in numbers.uncertain)
    done = await push(app, {**NEW, **ADVANCE}, name)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, ICN) == LOWER - 1 + BY


async def test_once_it_was_answered_it_is_settled(app: Installation, arm: Arm) -> None:
    await premium(app, arm)
    done = await push(app, {**NEW, **ADVANCE})
    assert done.status == "Succeeded", (done.error, done.warnings)
    again = await plan(app, {})
    assert again.errors == []
    assert [one.resource_id for one in again.control_numbers.sources] == [OTHER]


async def test_an_account_that_is_pushed_back_into_itself_goes_on_by_itself(
    app: Installation, arm: Arm
) -> None:
    """No number is written over what it keeps elsewhere; the plan says that nobody sees it."""
    await premium(app, arm)
    del arm.account(ACCOUNT).items["batchconfigurations"]
    planned = await plan(app, {}, ONE)
    assert planned.errors == []
    assert planned.control_numbers.written == 0
    (told,) = [one for one in planned.warnings if one.code == "NumbersNotCovered"]
    assert told.target == ACCOUNT
    done = await push(app, {}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, ACCOUNT, ICN) is None


async def test_a_target_of_that_tier_is_told(app: Installation, arm: Arm) -> None:
    await premium(app, arm)
    lose(arm)
    arm.load([{"id": OTHER, "location": "westeurope", "sku": {"name": "Premium"}}])
    planned = await plan(app, {"resourceId": OTHER, **ADVANCE})
    assert planned.errors == []
    (told,) = [one for one in planned.warnings if one.code == "NumbersNotCovered"]
    assert told.target == OTHER
