"""An account that was pushed to and rolled over since: its own number stays at the next push."""

import pytest

from shared.installation.installation import Installation
from tests.integration_accounts.linked import IA, ONE, backup
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import push
from tests.integration_accounts.test_counts_apart import TEST, made, restore
from tests.integration_accounts.test_push_never_twice import (
    NEAR_END,
    SECOND,
    YEARS,
    becomes,
    put,
    there,
)
from tests.support.arm import Arm

AGAIN = {"resourceId": SECOND, "existing": "replace", "workflows": "leave", "link": False}


async def test_the_next_push_continues_in_its_cycle(pulled: Installation, arm: Arm) -> None:
    put(arm, IA, NEAR_END)
    await pull(pulled)
    first = {**made(SECOND), "workflows": "leave", "link": False}
    assert (await push(pulled, first, ONE)).status == "Succeeded"
    assert there(arm, SECOND) == NEAR_END
    put(arm, SECOND, 20, YEARS[0])
    assert await becomes(pulled, AGAIN) == ([], 20)
    done = await push(pulled, AGAIN, ONE)
    assert done.status == "Succeeded", done.error
    assert there(arm, SECOND) == 20


@pytest.mark.parametrize("by", [5, 500])
async def test_advance_sent_again_leaves_it(pulled: Installation, arm: Arm, by: int) -> None:
    """The account that the service was pulled from is gone."""
    put(arm, IA, NEAR_END)
    await pull(pulled)
    await backup(pulled, "backup-one")
    await restore(pulled, "backup-one", TEST)
    arm.lose(IA)
    numbers = {"controlNumbers": {"policy": "advance", "by": 5}}
    first = {**made(SECOND), "workflows": "leave", "link": False, **numbers}
    assert (await push(pulled, first, TEST)).status == "Succeeded"
    put(arm, SECOND, 600, YEARS[0])
    numbers = {"controlNumbers": {"policy": "advance", "by": by}}
    assert await becomes(pulled, {**AGAIN, **numbers}, TEST) == ([], 600)
    done = await push(pulled, {**AGAIN, **numbers}, TEST)
    assert done.status == "Succeeded", done.error
    assert there(arm, SECOND) == 600
