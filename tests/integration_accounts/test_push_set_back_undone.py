"""Pushes that set numbers back while the account issues some: none of those comes again after the
undo."""

from collections.abc import Callable
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.beginning import Beginning
from shared.integration_accounts.pushing.progress import Progressing
from shared.integration_accounts.pushing.safety import Safety
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from tests.integration_accounts.linked import ONE, service
from tests.integration_accounts.pulled import artifacts_of
from tests.integration_accounts.pushed import (
    OTHER,
    broken_once,
    ended,
    issue,
    number_in,
    partner,
    pulled,
    push,
    started,
)
from tests.integration_accounts.test_push_set_back import (
    AS_KNOWN,
    ICN,
    ISSUED,
    PULLED,
    restore,
)
from tests.integration_accounts.test_push_workflows import disabled, require_resumed, states
from tests.support.arm import Arm

_ALL: dict[str, Any] = {"resourceId": ACCOUNT, "existing": "replace", "extra": "delete"}
_BACK = {**_ALL, **AS_KNOWN}
_LATER = ISSUED + 10
_UNDO = "contoso-undo"
_UNDO_BODY = {**_ALL, "controlNumbers": {"policy": "advance", "by": 1}}


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


async def prepared(app: Installation, arm: Arm) -> None:
    """An account that issued numbers since it was pulled, and has an artifact otherwise."""
    await pulled(app, arm)
    arm.load([partner(ACCOUNT, "Northwind", "ELSEWHERE")])
    issue(arm, ACCOUNT, ICN, ISSUED)


def when_backed_up(
    monkeypatch: pytest.MonkeyPatch,
    after: Callable[[], None],
    before: Callable[[], None] = lambda: None,
) -> None:
    """Something happens right before the backup of the account is made, or right after it."""
    former = Safety.made

    async def made(self: Safety, *args: Any) -> Any:
        before()
        found = await former(self, *args)
        after()
        return found

    monkeypatch.setattr(Safety, "made", made)


async def undone(app: Installation, done: Operation, body: dict[str, Any]) -> Operation:
    assert done.result is not None
    safety = done.result["safetyBackup"]
    await restore(app, safety["container"], _UNDO, safety["storageAccount"])
    back = await push(app, body, _UNDO)
    assert back.status == "Succeeded", (back.error, back.warnings, back.result)
    return back


async def test_workflows_stand_still_before_the_backup(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An enabled workflow issues numbers while the account is backed up."""
    await prepared(app, arm)
    before, was = states(arm), artifacts_of(arm, ACCOUNT)

    def run_on() -> None:
        if states(arm)["send-orders"] == "Enabled":
            issue(arm, ACCOUNT, ICN, _LATER)

    when_backed_up(monkeypatch, run_on)
    done = await push(app, _BACK, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, ACCOUNT, ICN) == PULLED
    assert disabled(done) == {"receive-orders", "send-orders"}
    await require_resumed(app, arm, before)
    monkeypatch.undo()
    await undone(app, done, _UNDO_BODY)
    assert number_in(arm, ACCOUNT, ICN) == ISSUED + 1
    assert artifacts_of(arm, ACCOUNT) == was


@pytest.mark.parametrize("crashes", [False, True])
@pytest.mark.parametrize("policy", ["suspend", "leave"])
async def test_what_was_issued_after_the_backup_is_not_set_back(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, policy: str, *, crashes: bool
) -> None:
    """By a run that was under way, or by workflows that were left; also where the worker dies
    between the decision and the write."""
    await prepared(app, arm)
    was = artifacts_of(arm, ACCOUNT)
    when_backed_up(monkeypatch, lambda: issue(arm, ACCOUNT, ICN, _LATER))
    record = await started(app, {**_BACK, "workflows": policy}, ONE)
    if crashes:
        broken_once(monkeypatch, Progressing, "decide")
        await ended(app, record)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["differs"] == [f"control-numbers/{ICN.removesuffix('-ICN')}/interchange"]
    told = {one.code: one.message for one in done.warnings}
    assert str(_LATER) in told["NumbersNotSetBack"]
    assert number_in(arm, ACCOUNT, ICN) == _LATER
    monkeypatch.undo()
    await undone(app, done, _ALL)
    assert number_in(arm, ACCOUNT, ICN) == _LATER
    assert artifacts_of(arm, ACCOUNT) == was


async def test_sent_again_when_the_runs_have_ended_it_sets_them_back(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepared(app, arm)
    when_backed_up(monkeypatch, lambda: issue(arm, ACCOUNT, ICN, _LATER))
    assert (await push(app, _BACK, ONE)).status == "PartiallySucceeded"
    monkeypatch.undo()
    done = await push(app, _BACK, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, ACCOUNT, ICN) == PULLED
    await undone(app, done, _UNDO_BODY)
    assert number_in(arm, ACCOUNT, ICN) == _LATER + 1


async def test_an_account_that_held_nothing_and_issued_since_is_not_set_back(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no backup from before."""
    await pulled(app, arm)
    arm.load([{"id": OTHER, "location": "northeurope", "sku": {"name": "Standard"}}])
    record = await started(app, {"resourceId": OTHER, **AS_KNOWN}, ONE)
    arm.fault(method="PUT", part="/partners/", meanwhile=lambda: issue(arm, OTHER, ICN, ISSUED))
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert "safetyBackup" not in done.result
    assert number_in(arm, OTHER, ICN) == ISSUED


@pytest.mark.parametrize("how", ["the backup fails", "canceled", "its worker dies"])
async def test_where_nothing_is_written_it_says_what_to_resume(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    await prepared(app, arm)
    before, was = states(arm), artifacts_of(arm, ACCOUNT)
    record = await started(app, _BACK, ONE)

    async def made(_: Safety, task: Any, *__: Any) -> Any:
        assert states(arm)["send-orders"] == "Disabled"
        if how == "canceled":
            task.is_cancel_requested = lambda: True
            await task.checkpoint()
        if how == "the backup fails":
            raise Problem(Code.STORAGE_ACCOUNT_UNKNOWN, "No storage account is registered.")
        raise ConnectionError("broken")

    monkeypatch.setattr(Safety, "made", made)
    done = await ended(app, record)
    while done.completed_at is None:
        done = await ended(app, record)
    assert done.status == ("Canceled" if how == "canceled" else "Failed")
    assert done.result is not None
    assert "safetyBackup" not in done.result
    assert disabled(done) == {"receive-orders", "send-orders"}
    assert done.result["workflows"]["resume"] == ONE
    told = {one.code: one.message for one in done.warnings}
    assert f"Resume service '{ONE}'" in told["WorkflowsDisabledForNothing"]
    if how == "the backup fails":
        assert done.error is not None
        assert done.error.code == "StorageAccountUnknown"
    assert artifacts_of(arm, ACCOUNT) == was
    assert number_in(arm, ACCOUNT, ICN) == ISSUED
    await require_resumed(app, arm, before)


async def test_where_no_number_is_set_back_workflows_run_until_the_first_write(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepared(app, arm)
    before = states(arm)
    record = await started(app, _ALL, ONE)
    broken_once(monkeypatch, Beginning, "begin")

    def still_run() -> None:
        assert states(arm) == before

    when_backed_up(monkeypatch, still_run, still_run)
    await ended(app, record)
    assert (await service(app)).state == "Active"
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert disabled(done) == {"receive-orders", "send-orders"}
