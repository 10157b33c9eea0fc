"""What settles an account that numbers of a service came from before, and what does not."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.model.push import PlannedNumber
from tests.integration_accounts.pushed import issue, plan, push
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
