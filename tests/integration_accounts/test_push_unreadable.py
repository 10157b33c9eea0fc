"""A number session of the account that becomes unreadable after the numbers were decided upon."""

from typing import Any

import pytest

from localhost.arm.sample import X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.progress import Progressing
from shared.model.operation import Operation
from tests.integration_accounts.pushed import (
    OTHER,
    broken_once,
    ended,
    half_filled,
    issue,
    restored,
    started,
)
from tests.support.arm import Arm

ICN = f"{X12}-ICN"
UNREADABLE: dict[str, Any] = {"Other": "form", "n": "99999"}
_REPLACING = {"resourceId": OTHER, "existing": "replace"}


def spoil(arm: Arm) -> None:
    arm.session(OTHER, ICN, UNREADABLE)


def require_left(done: Operation, arm: Arm) -> None:
    """It stays, and is named."""
    found = arm.account(OTHER).items["sessions"][ICN.lower()]
    assert found.properties["content"] == UNREADABLE
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["differs"] == [f"control-numbers/{X12}/interchange"]
    (told,) = [one.message for one in done.warnings if one.code == "SessionUnreadable"]
    assert ICN.lower() in told.lower()


@pytest.mark.parametrize("own", [7, 50_000])
async def test_one_that_becomes_so_between_two_attempts_stays(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, own: int
) -> None:
    """Whether the account's own number was behind what was decided, or past it."""
    await restored(app, arm)
    half_filled(arm)
    issue(arm, OTHER, ICN, own)
    record = await started(app, _REPLACING)
    broken_once(monkeypatch, Progressing, "decide", lambda: spoil(arm))
    first = await ended(app, record)
    assert not first.status.is_final()
    require_left(await ended(app, record), arm)


@pytest.mark.parametrize("own", [None, 7])
async def test_one_that_becomes_so_right_before_it_is_written_stays(
    app: Installation, arm: Arm, own: int | None
) -> None:
    """Or is made so, where the account had none."""
    await restored(app, arm)
    half_filled(arm)
    if own is not None:
        issue(arm, OTHER, ICN, own)
    record = await started(app, _REPLACING)
    part = f"{OTHER}/sessions/{ICN}"
    looked = arm.fault(method="GET", part=part, meanwhile=lambda: spoil(arm))
    done = await ended(app, record)
    assert looked.met
    require_left(done, arm)
