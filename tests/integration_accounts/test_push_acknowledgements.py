"""Numbers of acknowledgements that the ledger has no counter for, where accounts differ in them."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12, fill
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.session_writing import SessionWriter
from shared.rules.integration_accounts.push_sessions import SessionWrite
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pushed import (
    COPY,
    NEW,
    OTHER,
    ended,
    half_filled,
    issue,
    number_in,
    plan,
    pulled,
    push,
    restored,
    started,
)
from tests.support.arm import Arm

SESSION = f"{X12}-GCN-ACK"
AS_KNOWN = {"controlNumbers": {"policy": "asKnown"}}


def behind(warnings: Any) -> list[str]:
    return [one.message for one in warnings if one.code == "AcknowledgementNumbersBehind"]


async def test_what_the_source_alone_has_is_created(app: Installation, arm: Arm) -> None:
    """Made after the backup: the new account would begin at 1."""
    await restored(app, arm)
    before = (await plan(app, NEW)).control_numbers.sessions_created
    issue(arm, ACCOUNT, SESSION, 95)
    planned = await plan(app, NEW)
    assert planned.control_numbers.sessions_created == before + 1
    assert behind(planned.warnings) == []
    done = await push(app, NEW)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["sessionsCreated"] == before + 1
    assert number_in(arm, OTHER, SESSION) == 95


async def test_as_known_creates_none_that_the_service_does_not_know_and_names_it(
    app: Installation, arm: Arm
) -> None:
    await restored(app, arm)
    issue(arm, ACCOUNT, SESSION, 95)
    done = await push(app, {**NEW, **AS_KNOWN})
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, SESSION) is None
    (told,) = behind(done.warnings)
    assert SESSION.lower() in told.lower()


@pytest.mark.parametrize(("own", "is_told"), [(12, True), (95, False), (200, False)])
async def test_an_accounts_own_stays_and_is_named_where_it_is_behind(
    app: Installation, arm: Arm, own: int, is_told: bool
) -> None:
    fill(arm.state)
    issue(arm, ACCOUNT, SESSION, 70)
    await pulled(app, arm)
    issue(arm, ACCOUNT, SESSION, 95)
    half_filled(arm)
    issue(arm, OTHER, SESSION, own)
    body = {"resourceId": OTHER, "existing": "replace"}
    planned = await plan(app, body, ONE)
    assert len(behind(planned.warnings)) == is_told
    done = await push(app, body, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, SESSION) == own


async def test_a_push_into_the_source_itself_names_nothing(app: Installation, arm: Arm) -> None:
    fill(arm.state)
    issue(arm, ACCOUNT, SESSION, 70)
    await pulled(app, arm)
    issue(arm, ACCOUNT, SESSION, 3)
    assert behind((await plan(app, {"existing": "replace"}, ONE)).warnings) == []


async def test_what_was_decided_is_created_though_the_source_cannot_be_read_any_more(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await restored(app, arm)
    issue(arm, ACCOUNT, SESSION, 95)
    record = await started(app, NEW)
    create, broken = SessionWriter.create, []

    async def once(self: SessionWriter, sessions: Any) -> None:
        if not broken and SessionWrite(SESSION, sessions[0].content) in sessions:
            broken.append(True)
            raise ConnectionError("broken")
        await create(self, sessions)

    monkeypatch.setattr(SessionWriter, "create", once)
    first = await ended(app, record)
    assert broken
    assert first.completed_at is None
    assert number_in(arm, OTHER, SESSION) is None
    error = {"error": {"code": "AuthorizationFailed", "message": "Not now."}}
    part = f"{ACCOUNT}/sessions"
    arm.fault(method="GET", part=part, status=403, body=error, times=999)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, SESSION) == 95
    assert done.service == COPY
