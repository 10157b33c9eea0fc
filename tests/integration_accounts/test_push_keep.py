"""Sessions of an agreement that the account keeps otherwise than the service has it."""

import copy
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, EDIFACT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.writing import ArtifactWriter
from tests.integration_accounts.linked import service
from tests.integration_accounts.pushed import (
    COPY,
    NEW,
    OTHER,
    broken_once,
    ended,
    half_filled,
    issue,
    lose,
    number_in,
    partner,
    plan,
    push,
    restored,
    started,
)
from tests.support.arm import Arm

ICN, PULLED = f"{X12}-ICN", 40_127
KEEP: dict[str, Any] = {"resourceId": OTHER, "existing": "keep"}
AS_KNOWN: dict[str, Any] = {"controlNumbers": {"policy": "asKnown"}}
ADVANCE: dict[str, Any] = {"controlNumbers": {"policy": "advance", "by": 100}}

_TAILSPIN = {"guestPartner": "Tailspin", "guestIdentity": {"qualifier": "ZZ", "value": "TAILSPIN"}}


def keep_one(arm: Arm, own: int | None, **members: Any) -> None:
    """An account with an agreement of the same name, which differs in some members."""
    half_filled(arm)
    theirs = copy.deepcopy(arm.account(ACCOUNT).items["agreements"][X12.lower()])
    theirs.properties |= {"metadata": {"owner": "ops"}, **members}
    arm.account(OTHER).items.setdefault("agreements", {})[X12.lower()] = theirs
    if own is not None:
        issue(arm, OTHER, ICN, own)


def sessions_there(arm: Arm, standard: str) -> set[str]:
    """The names of the account's sessions of an agreement."""
    found = arm.account(OTHER).items.get("sessions", {})
    return {key for key in found if standard.lower() in key}


@pytest.mark.parametrize("policy", [{}, ADVANCE, AS_KNOWN])
async def test_one_with_another_partner_keeps_its_sessions(
    app: Installation, arm: Arm, policy: dict[str, Any]
) -> None:
    await restored(app, arm)
    keep_one(arm, 40_002, **_TAILSPIN)
    issue(arm, ACCOUNT, f"{X12}-GCN-ACK", 95)
    planned = await plan(app, {**KEEP, **policy})
    assert planned.errors == []
    assert {one.agreement for one in planned.control_numbers.items} == {EDIFACT}
    done = await push(app, {**KEEP, **policy})
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert sessions_there(arm, X12) == {ICN.lower()}
    assert number_in(arm, OTHER, ICN) == 40_002
    assert sessions_there(arm, EDIFACT) != set()


async def test_a_choice_for_it_is_no_unknown_agreement(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    keep_one(arm, 7, **_TAILSPIN)
    own = {
        "controlNumbers": {
            "policy": "continue",
            "agreements": [{"agreement": X12, "policy": "asKnown"}],
        }
    }
    assert (await plan(app, {**KEEP, **own})).errors == []


@pytest.mark.parametrize(
    ("policy", "own", "becomes"),
    [
        ({}, 40_002, PULLED),
        ({}, None, PULLED),
        ({}, 50_000, 50_000),
        (ADVANCE, 40_002, PULLED + 100),
        (ADVANCE, 50_000, 50_000),
        (AS_KNOWN, 40_002, PULLED),
        (AS_KNOWN, 50_000, 50_000),
    ],
)
async def test_one_between_the_same_parties_goes_on_and_never_back(
    app: Installation, arm: Arm, policy: dict[str, Any], own: int | None, becomes: int
) -> None:
    await restored(app, arm)
    keep_one(arm, own)
    planned = await plan(app, {**KEEP, **policy})
    assert planned.errors == []
    assert planned.artifacts.counts["agreements"]["keep"] == 1
    done = await push(app, {**KEEP, **policy})
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == becomes


@pytest.mark.parametrize("crashes", [True, False], ids=["crash", "whole"])
async def test_one_that_the_push_made_is_none_that_the_account_keeps(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, crashes: bool
) -> None:
    """Azure adds to it, so after a crash it is not as the service has it: its numbers are set back
    all the same, as they are without a crash."""
    await restored(app, arm)
    half_filled(arm)
    issue(arm, OTHER, ICN, 50_000)
    arm.switches.adds_members = True
    record = await started(app, {**KEEP, **AS_KNOWN})
    if crashes:
        broken_once(monkeypatch, ArtifactWriter, "write")
        assert (await ended(app, record)).completed_at is None
        assert "metadata" in arm.account(OTHER).items["agreements"][X12.lower()].properties
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == PULLED


async def test_a_push_that_leaves_one_alone_settles_nothing(app: Installation, arm: Arm) -> None:
    """Its numbers were not asked about, and the service still has the other agreement."""
    await restored(app, arm)
    assert (await push(app, NEW)).status == "Succeeded"
    kept = arm.account(OTHER).items["agreements"][X12.lower()]
    kept.properties |= _TAILSPIN
    arm.load([partner(OTHER, "Tailspin", "TAILSPIN")])
    lose(arm)
    done = await push(app, {"existing": "keep", **ADVANCE})
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    facts = (await service(app, COPY)).integration_account
    assert facts is not None
    assert facts.linked
    assert [one.resource_id for one in facts.former] == [ACCOUNT]
    again = await plan(app, {"existing": "replace"})
    assert [one.code for one in again.errors] == ["ControlNumbersUncertain"]
