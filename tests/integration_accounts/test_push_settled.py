"""What settles an account that numbers of a service came from before, and what does not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.model.push import PlannedNumber
from shared.model.wire import rfc3339
from tests.integration_accounts.linked import IA, ONE
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import issue, lose, plan, push
from tests.integration_accounts.small import AGREEMENT, session, small
from tests.integration_accounts.test_push_never_twice import (
    SECOND,
    YEARS,
    becomes,
    moved_to_second,
    put,
    there,
)
from tests.integration_accounts.test_push_origins import (
    ICN,
    advance,
    codes,
    former,
    icn,
    moved,
    sources,
)
from tests.support.arm import Arm

LEAVE = {"workflows": "leave"}
AS_KNOWN = {"controlNumbers": {"policy": "asKnown"}}
FORBIDDEN = {"error": {"code": "AuthorizationFailed", "message": "It may not."}}


@pytest.mark.parametrize("answer", [AS_KNOWN, advance(100)])
async def test_one_that_could_not_be_reached_is_not_settled(
    app: Installation, arm: Arm, answer: dict[str, Any]
) -> None:
    """A role that lapsed for the length of one push: the account is there, and goes on."""
    await moved(app, arm)
    arm.fault(method="GET", part=f"{ACCOUNT}/sessions", status=403, body=FORBIDDEN, times=99)
    planned = await plan(app, {})
    assert codes(planned) == ["ControlNumbersUncertain"]
    assert sources(planned)[ACCOUNT] == "unreachable"
    done = await push(app, answer)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert [*await former(app)] == [ACCOUNT]
    assert codes(await plan(app, {})) == ["ControlNumbersUncertain"]

    arm.calm()
    issue(arm, ACCOUNT, ICN, 45_000)
    number = icn(await plan(app, {}))
    assert isinstance(number, PlannedNumber)
    assert number.becomes == 45_000


async def moved_on(pulled: Installation, arm: Arm) -> None:
    """A service that was moved from an account at 5000 to a standby, which it is linked to; the
    account went on to 9000, and nobody looked."""
    put(arm, IA, 5000)
    await pull(pulled)
    await moved_to_second(pulled)
    assert (await pull(pulled)).status == "Succeeded"
    put(arm, IA, 9000, YEARS[0])


def made_anew(arm: Arm, number: int) -> None:
    """The account is deleted, made again from a template, and issues numbers from the first on."""
    lose(arm, IA)
    held = [one for one in small() if "/sessions/" not in one["id"]]
    arm.load(held)
    made = session(f"{AGREEMENT}-ICN", number, YEARS[1])
    made["properties"]["createdTime"] = rfc3339(datetime.now(UTC))
    arm.load([made])


@pytest.mark.parametrize("number", [3, 5001])
async def test_one_that_was_made_anew_does_not_say_what_it_issued(
    pulled: Installation, arm: Arm, number: int
) -> None:
    await moved_on(pulled, arm)
    assert await becomes(pulled, LEAVE) == ([], 9000)
    made_anew(arm, number)
    assert await becomes(pulled, LEAVE) == (["ControlNumbersUncertain"], None)
    answered = {**LEAVE, **advance(5000)}
    done = await push(pulled, answered, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert there(arm, SECOND) >= 10_000
    settled = there(arm, SECOND)
    issue(arm, IA, f"{AGREEMENT}-ICN", number + 1)
    assert await becomes(pulled, LEAVE) == ([], settled)


async def test_one_that_issued_its_first_number_since_is_not_made_anew(
    pulled: Installation, arm: Arm
) -> None:
    """Nobody knows of a number of that kind: none was lost."""
    await moved_on(pulled, arm)
    put(arm, IA, 1, YEARS[1], kind="GCN")
    arm.account(IA).items["sessions"][f"{AGREEMENT}-GCN".lower()].created = YEARS[1]
    assert await becomes(pulled, LEAVE) == ([], 9000)
