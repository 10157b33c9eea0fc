"""Numbers of an account that somebody set back, or a push did: none is issued again unasked, and no
repeat of a push moves one twice."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.model.numbers import Kind
from shared.model.operation import Operation
from shared.model.push import PlannedNumber, PushPlan, UncertainNumber
from shared.model.restore import RestoreBody
from tests.integration_accounts.linked import ONE, backup
from tests.integration_accounts.pulled import artifacts_of, pull
from tests.integration_accounts.pushed import (
    BACKUP,
    COPY,
    NEW,
    OTHER,
    ended,
    issue,
    lose,
    number_in,
    partner,
    plan,
    pulled,
    push,
    restored,
)
from tests.support.arm import Arm

ICN = f"{X12}-ICN"
LOWER = 40_000
"""The lower bound of the sample's number."""
PULLED, ISSUED, BY = 40_127, 40_627, 5_000
"""What the sample has, what it issued after it was pulled, and how far numbers are moved on."""
ADVANCE: dict[str, Any] = {"controlNumbers": {"policy": "advance", "by": BY}}
AS_KNOWN: dict[str, Any] = {"controlNumbers": {"policy": "asKnown"}}
REPLACING = {"resourceId": OTHER, "existing": "replace"}
NOT_TAKEN = {"error": {"code": "InvalidSession", "message": "It is not taken."}}


def unsure(planned: PushPlan) -> UncertainNumber:
    """What a plan says of the number, which it refuses."""
    assert [one.code for one in planned.errors] == ["ControlNumbersUncertain"]
    (found,) = [
        one
        for one in planned.control_numbers.uncertain
        if (one.agreement, one.kind) == (X12, Kind.INTERCHANGE)
    ]
    return found


def number(planned: PushPlan) -> PlannedNumber:
    """What a plan says of the number."""
    assert planned.errors == []
    (found,) = [
        one
        for one in planned.control_numbers.items
        if (one.agreement, one.kind) == (X12, Kind.INTERCHANGE)
    ]
    return found


async def restore(app: Installation, container: str, name: str, of: str = "offsite") -> None:
    """Restore a backup of a storage account as a service of a name."""
    body = {"backup": {"storageAccount": of, "container": container}, "service": {"name": name}}
    record = await app.restores.start(RestoreBody.model_validate(body), "somebody", None)
    done = await ended(app, record)
    assert done.status == "Succeeded", done.error


@pytest.mark.parametrize("gone", [True, False])
async def test_a_pull_of_an_account_that_was_set_back_takes_nothing_from_what_is_known(
    app: Installation, arm: Arm, gone: bool
) -> None:
    """Also where a pull found its session gone before it was made again."""
    await pulled(app, arm)
    if gone:
        del arm.account(ACCOUNT).items["sessions"][ICN.lower()]
        assert (await pull(app)).status == "Succeeded"
    issue(arm, ACCOUNT, ICN, 7)
    told = [one.target for one in (await pull(app)).warnings if one.code == "NumberSetBack"]
    assert told == [f"sessions/{ICN}"]
    found = unsure(await plan(app, NEW, ONE))
    assert found.last_known == PULLED
    assert "set back" in found.why
    assert found.proposed_by >= 1_000, "nothing that was seen tells how fast they were issued"
    moved = number(await plan(app, {**NEW, **ADVANCE}, ONE))
    assert moved.becomes == PULLED + BY
    issue(arm, ACCOUNT, ICN, 9)
    assert (await pull(app)).status == "Succeeded"
    assert unsure(await plan(app, NEW, ONE)).last_known == PULLED


async def test_a_backup_from_before_an_account_was_set_back_goes_on_after_what_it_knows(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    await backup(app, BACKUP)
    issue(arm, ACCOUNT, ICN, 7)
    await pull(app)
    await restore(app, BACKUP, COPY)
    found = unsure(await plan(app, NEW))
    assert found.last_known == PULLED
    by = found.proposed_by
    asked = {**NEW, "controlNumbers": {"policy": "advance", "by": by}}
    assert number(await plan(app, asked)).becomes == PULLED + by


async def test_a_number_that_rolled_over_goes_on_in_its_cycle(app: Installation, arm: Arm) -> None:
    await pulled(app, arm)
    issue(arm, ACCOUNT, ICN, 999_999_990)
    await pull(app)
    issue(arm, ACCOUNT, ICN, LOWER + 5)
    assert number(await plan(app, NEW, ONE)).becomes == LOWER + 5
    assert (await pull(app)).warnings == []
    assert number(await plan(app, NEW, ONE)).becomes == LOWER + 5


async def failed(app: Installation, arm: Arm, body: dict[str, Any], name: str = COPY) -> Operation:
    """A push that Azure refuses for good after its numbers."""
    arm.fault(method="PUT", part="/sessions/X12-", status=400, body=NOT_TAKEN, times=9)
    done = await push(app, body, name)
    assert done.status == "Failed", (done.error, done.warnings, done.result)
    arm.calm()
    return done


async def test_a_push_that_failed_and_is_sent_again_moves_no_number_twice(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    lose(arm)
    await failed(app, arm, {**NEW, **ADVANCE})
    assert number_in(arm, OTHER, ICN) == PULLED + BY
    again = {**REPLACING, **ADVANCE}
    planned = number(await plan(app, again))
    assert (planned.becomes, planned.written) == (PULLED + BY, False)
    issue(arm, OTHER, ICN, PULLED + BY + 3)
    await failed(app, arm, again)
    done = await push(app, again)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, ICN) == PULLED + BY + 3


async def test_after_a_push_that_failed_another_policy_says_what_it_does(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    lose(arm)
    await failed(app, arm, {**NEW, **ADVANCE})
    assert unsure(await plan(app, REPLACING)).last_known == PULLED + BY
    planned = await plan(app, {**REPLACING, **AS_KNOWN})
    found = number(planned)
    assert (found.becomes, found.issued_again) == (PULLED, BY)
    assert f"set back from {PULLED + BY}" in found.why
    (told,) = [one.message for one in planned.warnings if one.code == "NumbersComeAgain"]
    assert f"'{X12}' interchange from {PULLED + BY} to {PULLED}" in told


async def test_an_account_that_was_set_back_is_moved_on_once(app: Installation, arm: Arm) -> None:
    """The account that is pushed to is the one that the service was pulled from."""
    await restored(app, arm)
    sessions = arm.account(ACCOUNT).items["sessions"]
    for name in [one for one in sessions if one.startswith("x12-")]:
        del sessions[name]  # the push has something to do behind its numbers
    issue(arm, ACCOUNT, ICN, 7)
    asked = {"resourceId": ACCOUNT, **ADVANCE}
    await failed(app, arm, asked)
    assert number_in(arm, ACCOUNT, ICN) == PULLED + BY
    done = await push(app, asked)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, ACCOUNT, ICN) == PULLED + BY


@pytest.mark.parametrize("since", [0, 700])
async def test_a_push_that_set_numbers_back_is_undone_without_a_repeat(
    app: Installation, arm: Arm, since: int
) -> None:
    """Also where the account has gone on past what it had issued before it was set back."""
    await pulled(app, arm)
    arm.load([partner(ACCOUNT, "Northwind", "ELSEWHERE")])
    before = artifacts_of(arm, ACCOUNT)
    issue(arm, ACCOUNT, ICN, ISSUED)
    asked = {"resourceId": ACCOUNT, "existing": "replace", "extra": "delete"}
    done = await push(app, {**asked, **AS_KNOWN}, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, ACCOUNT, ICN) == PULLED
    assert artifacts_of(arm, ACCOUNT) != before
    assert done.result is not None
    safety = done.result["safetyBackup"]
    await restore(app, safety["container"], "contoso-undo", safety["storageAccount"])
    assert unsure(await plan(app, asked, "contoso-undo")).last_known == ISSUED
    issue(arm, ACCOUNT, ICN, PULLED + since)
    undo = {**asked, "controlNumbers": {"policy": "advance", "by": 1}}
    undone = await push(app, undo, "contoso-undo")
    assert undone.status == "Succeeded", (undone.error, undone.warnings)
    assert number_in(arm, ACCOUNT, ICN) == max(ISSUED + 1, PULLED + since)
    assert artifacts_of(arm, ACCOUNT) == before
