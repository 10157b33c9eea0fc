"""What the account that a service was pulled from has received since, which a push brings too."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from tests.integration_accounts.linked import IA, ONE
from tests.integration_accounts.pushed import plan, push
from tests.integration_accounts.small import AGREEMENT, LATER, resource, session
from tests.integration_accounts.test_counts_apart import THIRD, made
from tests.support.arm import Arm

RECEIVED = f"X12-ICN-{AGREEMENT}-000000077"
MIC = "as2-of-later"
ASKED: dict[str, Any] = {**made(THIRD), "workflows": "leave"}
AS_KNOWN: dict[str, Any] = {**ASKED, "controlNumbers": {"policy": "asKnown"}}
ADVANCE: dict[str, Any] = {**ASKED, "controlNumbers": {"policy": "advance", "by": 10}}
REFUSED: dict[str, Any] = {"error": {"code": "AuthorizationFailed", "message": "Not now."}}


def receive(arm: Arm) -> None:
    """The account receives an interchange and an AS2 message, after it was pulled."""
    arm.load(
        [
            session(RECEIVED, 77, LATER, received=True),
            resource("sessions", MIC, LATER, content={"mic": "bGF0ZXI="}),
            session(f"{AGREEMENT}-ICN", 60, LATER),
        ]
    )


def contents(arm: Arm, account: str) -> dict[str, Any]:
    there = arm.account(account).items.get("sessions", {})
    return {key: one.properties["content"] for key, one in there.items()}


async def test_what_the_source_received_since_is_known_to_the_new_account(
    pulled: Installation, arm: Arm
) -> None:
    receive(arm)
    planned = await plan(pulled, ASKED, ONE)
    assert planned.control_numbers.sessions_created == 4
    done = await push(pulled, ASKED, ONE)
    assert done.status == "Succeeded", done.error
    assert done.result is not None
    assert done.result["verified"]
    there, source = contents(arm, THIRD), contents(arm, IA)
    assert there.keys() == source.keys()
    for name in (RECEIVED, MIC):
        assert there[name.lower()] == source[name.lower()]


async def test_a_part_brings_what_its_agreements_received_alone(
    pulled: Installation, arm: Arm
) -> None:
    receive(arm)
    asked = {**ASKED, "include": [{"section": "agreements", "name": AGREEMENT}]}
    done = await push(pulled, asked, ONE)
    assert done.status == "Succeeded", done.error
    there = contents(arm, THIRD)
    assert RECEIVED.lower() in there
    assert MIC not in there


async def test_as_known_asks_no_source(pulled: Installation, arm: Arm) -> None:
    receive(arm)
    done = await push(pulled, AS_KNOWN, ONE)
    assert done.status == "Succeeded", done.error
    assert not {RECEIVED.lower(), MIC} & contents(arm, THIRD).keys()
    assert "ReceivedNumbersOld" not in [one.code for one in done.warnings]


async def test_what_is_received_while_it_is_written_comes_at_the_end(
    pulled: Installation, arm: Arm
) -> None:
    written = arm.fault(
        method="PUT",
        part=f"{THIRD}/sessions/X12-ICN-",
        meanwhile=lambda: receive(arm),
        times=1,
        status=None,
    )
    done = await push(pulled, ASKED, ONE)
    assert written.met
    assert done.result is not None
    assert done.result["verified"], done.result
    assert {RECEIVED.lower(), MIC} <= contents(arm, THIRD).keys()


@pytest.mark.parametrize("is_gone", [False, True])
async def test_a_source_that_does_not_say_what_it_received_is_told_once(
    pulled: Installation, arm: Arm, is_gone: bool
) -> None:
    receive(arm)
    if is_gone:
        parts = IA.split("/")
        arm.state.group(parts[2], parts[4]).accounts.pop(parts[-1].lower())
    else:
        arm.fault(method="GET", part=f"{IA}/sessions", status=403, body=REFUSED, times=999)
    planned = await plan(pulled, ADVANCE, ONE)
    assert [one.code for one in planned.warnings].count("ReceivedNumbersOld") == 1
    done = await push(pulled, ADVANCE, ONE)
    (told,) = [one for one in done.warnings if one.code == "ReceivedNumbersOld"]
    assert IA in told.message
    assert RECEIVED.lower() not in contents(arm, THIRD)
