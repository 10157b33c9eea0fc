"""Control numbers of a push that are looked at again: by a later attempt, and at its end."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.deciding import Deciding
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import Operation
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    broken_once,
    ended,
    issue,
    number_in,
    pulled,
    restored,
    started,
)
from tests.support.arm import Arm

ICN = f"{X12}-ICN"
PULLED = 40_127
FIRST, LATER = 40_200, 40_300
"""What the source has issued when the push decides, and at its end."""
_ADVANCE = {"controlNumbers": {"policy": "advance", "by": 1_000}}


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


def told(done: Operation) -> dict[str, str]:
    """The warnings of a push by their codes."""
    return {one.code: one.message for one in done.warnings}


async def test_sessions_that_are_lost_between_attempts_are_written_again(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account had the numbers already, so none was to be written; then it lost them."""
    await pulled(app, arm)
    record = await started(app, {"existing": "replace"}, ONE)
    broken_once(monkeypatch, Deciding, "write", arm.account(ACCOUNT).items["sessions"].clear)
    assert (await ended(app, record)).completed_at is None
    assert number_in(arm, ACCOUNT, ICN) is None
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, ACCOUNT, ICN) == PULLED
    assert f"{X12}' interchange {PULLED}" in told(done)["NumbersWrittenAgain"]


async def test_numbers_that_the_account_went_on_with_stay(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    record = await started(app, {"existing": "replace"}, ONE)
    broken_once(monkeypatch, Deciding, "write", lambda: issue(arm, ACCOUNT, ICN, LATER))
    await ended(app, record)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, ACCOUNT, ICN) == LATER
    assert "NumbersWrittenAgain" not in told(done)


async def test_sessions_that_are_lost_right_before_the_end_are_named(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pulled(app, arm)
    record = await started(app, {"existing": "replace"}, ONE)
    former = ArtifactWriter.delete

    async def lose_them(self: Any) -> None:
        await former(self)
        arm.account(ACCOUNT).items["sessions"].clear()

    monkeypatch.setattr(ArtifactWriter, "delete", lose_them)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["verified"] is False
    assert f"control-numbers/{X12}/interchange" in done.result["differs"]
    assert "NotAsWritten" in told(done)


@pytest.mark.parametrize("asked", [{}, _ADVANCE], ids=["continue", "advance"])
async def test_what_the_source_issues_after_the_decision_is_not_issued_again(
    app: Installation, arm: Arm, asked: dict[str, Any]
) -> None:
    """The account goes on behind it. What was skipped already is enough."""
    await restored(app, arm)
    issue(arm, ACCOUNT, ICN, FIRST)
    record = await started(app, {**NEW, **asked})
    written = arm.fault(
        method="PUT",
        part=f"{OTHER}/sessions/",
        meanwhile=lambda: issue(arm, ACCOUNT, ICN, LATER),
    )
    done = await ended(app, record)
    assert written.met
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == (FIRST + 1_000 if asked else LATER)
    assert ("SourceWentOn" in told(done)) is not asked
    if not asked:
        assert f"{X12}' interchange {LATER}" in told(done)["SourceWentOn"]


@pytest.mark.parametrize("asked", [{}, _ADVANCE], ids=["continue", "advance"])
async def test_what_the_source_issues_between_attempts_is_not_issued_again(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    await restored(app, arm)
    issue(arm, ACCOUNT, ICN, FIRST)
    record = await started(app, {**NEW, **asked})
    far = FIRST + 2_000
    broken_once(monkeypatch, Deciding, "write", lambda: issue(arm, ACCOUNT, ICN, far))
    await ended(app, record)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == far
    assert "SourceWentOn" in told(done)


async def test_a_source_that_never_stands_still_is_told(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await restored(app, arm)
    issue(arm, ACCOUNT, ICN, FIRST)
    record = await started(app, NEW)
    former = Deciding._write

    async def write(self: Any, there: Any) -> Any:
        found = await former(self, there)
        issue(arm, ACCOUNT, ICN, (number_in(arm, ACCOUNT, ICN) or 0) + 1)
        return found

    monkeypatch.setattr(Deciding, "_write", write)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == FIRST + 1
    assert "went on even then" in told(done)["SourceWentOn"]


async def test_a_source_that_does_not_answer_at_the_end_is_told(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers stay as they were decided, and the warning names them."""
    await restored(app, arm)
    issue(arm, ACCOUNT, ICN, FIRST)
    record = await started(app, NEW)
    former = ArtifactWriter.delete

    async def be_silent(self: Any) -> None:
        await former(self)
        arm.fault(
            method="GET",
            part=f"{ACCOUNT}/sessions",
            status=403,
            body={"error": {"code": "AuthorizationFailed", "message": "Not now."}},
            times=999,
        )

    monkeypatch.setattr(ArtifactWriter, "delete", be_silent)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == FIRST
    assert f"{X12}' interchange" in told(done)["SourceNotReadAgain"]
