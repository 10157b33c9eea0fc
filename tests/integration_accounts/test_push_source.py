"""The account that a service was pulled from, where it answers otherwise between plan and push."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12, fill
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.numbers import Kind
from shared.model.restore import RestoreBody
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pushed import (
    BACKUP,
    COPY,
    NEW,
    OTHER,
    ended,
    issue,
    lose,
    number_in,
    plan,
    pulled,
    push,
    restored,
    started,
)
from tests.support.arm import Arm
from tests.support.scenes import run

ISSUED = 40_627
"""What the account issued since it was pulled, when the service knew of 40,127."""
POLICIES: dict[str, tuple[dict[str, Any], int]] = {
    "continue": ({}, ISSUED),
    "advance": ({"controlNumbers": {"policy": "advance", "by": 100}}, ISSUED + 100),
}


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


async def test_a_number_that_was_moved_back_is_not_by_a_repeat(app: Installation, arm: Arm) -> None:
    """The answer to the write that moves it back is lost, and the account issues numbers from there
    until it passes where it was."""
    await pulled(app, arm)
    issue(arm, ACCOUNT, f"{X12}-ICN", ISSUED)
    record = await started(app, {"controlNumbers": {"policy": "asKnown"}}, ONE)
    session = f"{ACCOUNT}/sessions/{X12}-ICN"

    def go_on() -> None:
        assert number_in(arm, ACCOUNT, f"{X12}-ICN") == 40_127
        issue(arm, ACCOUNT, f"{X12}-ICN", ISSUED + 1)

    lost = arm.fault(method="PUT", part=session, carried_out=True, cut="no answer")
    after = arm.fault(method="GET", part=session, nth=2, meanwhile=go_on)
    done = await ended(app, record)
    assert lost.met, done.error
    assert after.met >= 2
    assert number_in(arm, ACCOUNT, f"{X12}-ICN") == ISSUED + 1


@pytest.mark.parametrize("pull", [True, False])
async def test_a_backup_that_did_not_pull_is_no_look_at_the_account(
    app: Installation, arm: Arm, pull: bool
) -> None:
    await pulled(app, arm)
    listed = await app.services.require(ONE)
    made = BackupBody(name=BACKUP, storage_account="offsite", pull=pull)
    await run(app, await app.backups.start(listed.service, made, "somebody", None))
    body = {
        "backup": {"storageAccount": "offsite", "container": BACKUP},
        "service": {"name": COPY},
    }
    await run(app, await app.restores.start(RestoreBody.model_validate(body), "somebody", None))
    entry = await app.history.get(ONE, BACKUP)
    assert entry is not None
    lose(arm)
    unsure = (await plan(app, NEW)).control_numbers.uncertain
    (icn,) = [one for one in unsure if (one.agreement, one.kind) == (X12, Kind.INTERCHANGE)]
    assert icn.seen_at is not None
    assert (icn.seen_at == entry.value.started_at) is pull
    assert icn.seen_at <= entry.value.started_at


@pytest.mark.parametrize("there", [True, False])
async def test_numbers_of_acknowledgements_that_have_no_counter_go_on_where_the_source_is(
    app: Installation, arm: Arm, there: bool
) -> None:
    fill(arm.state)
    session = f"{X12}-GCN-ACK"
    issue(arm, ACCOUNT, session, 70)
    await restored(app, arm)
    issue(arm, ACCOUNT, session, 95)
    if not there:
        lose(arm)
    asked = {**NEW, "controlNumbers": {"policy": "advance", "by": 5}}
    planned = await plan(app, asked)
    told = [one.message for one in planned.warnings if one.code == "AcknowledgementNumbersOld"]
    assert len(told) == (not there)
    assert all(session in one for one in told)
    done = await push(app, asked)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, session) == (95 if there else 70)


async def test_a_session_of_the_source_that_cannot_be_read_is_told(
    app: Installation, arm: Arm
) -> None:
    """It could not be read when it was pulled either: the ledger has nothing of it."""
    session = f"{X12}-TSCN-ACK"
    fill(arm.state)
    arm.session(ACCOUNT, session, {"ControlNumber": "many"})
    await restored(app, arm)
    planned = await plan(app, NEW)
    assert [one.code for one in planned.errors] == ["ControlNumbersUncertain"]
    unsure = [(one.agreement, one.kind) for one in planned.control_numbers.uncertain]
    assert unsure == [(X12, Kind.ACKNOWLEDGEMENT)]
    told = [one.message.lower() for one in planned.warnings if one.code == "SessionUnreadable"]
    assert len(told) == 1
    assert session.lower() in told[0]
