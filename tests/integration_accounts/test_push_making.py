"""Pushes that make their account, where somebody else makes one of that name meanwhile."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.making import Making
from shared.model.operation import Operation
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pulled import artifacts_of
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    ended,
    issue,
    number_in,
    partner,
    pulled,
    started,
)
from tests.support.arm import Arm

_ASKED = {**NEW, "existing": "replace", "extra": "delete"}


@pytest.fixture
def app(at_once: Installation) -> Installation:
    return at_once


def make(arm: Arm, *, sku: str = "Standard", holds: str = "") -> None:
    """What somebody else does."""
    arm.load(
        [
            {
                "id": OTHER,
                "location": "North Europe",
                "sku": {"name": sku},
                "tags": {"owner": "someone"},
            }
        ]
    )
    if holds == "partners":
        arm.load([partner(OTHER, "Theirs", "THEIRS"), partner(OTHER, "Fabrikam", "THEIRS")])
    elif holds == "sessions":
        issue(arm, OTHER, f"{X12}-ICN", 12)


async def died_before_it_made(app: Installation, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A push whose first attempt died right before it made the account."""
    record = await started(app, _ASKED, ONE)
    former = Making.make

    async def dies(_: Making) -> None:
        monkeypatch.setattr(Making, "make", former)
        raise ConnectionError("died")

    monkeypatch.setattr(Making, "make", dies)
    assert (await ended(app, record)).completed_at is None
    return record


def require_refused(done: Operation, why: str) -> None:
    assert done.status == "Failed"
    assert done.error is not None
    assert (done.error.code, done.error.target) == ("InvalidRequest", "/create")
    assert why in done.error.message


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"holds": "partners"}, "holds partners"),
        ({"holds": "sessions"}, "holds sessions"),
        ({"sku": "Basic"}, "of the tier Basic"),
    ],
    ids=str,
)
async def test_an_account_that_somebody_made_between_attempts_stays(
    app: Installation,
    arm: Arm,
    monkeypatch: pytest.MonkeyPatch,
    made: dict[str, str],
    why: str,
) -> None:
    await pulled(app, arm)
    record = await died_before_it_made(app, monkeypatch)
    make(arm, **made)
    before = artifacts_of(arm, OTHER)
    number = number_in(arm, OTHER, f"{X12}-ICN")
    arm.calm()
    require_refused(await ended(app, record), why)
    assert artifacts_of(arm, OTHER) == before
    assert number_in(arm, OTHER, f"{X12}-ICN") == number
    assert arm.account(OTHER).resource["tags"] == {"owner": "someone"}
    assert [one for one in arm.seen if one.method in ("PUT", "DELETE")] == []


async def test_an_account_as_it_was_asked_for_that_holds_nothing_is_taken(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the one that the first attempt made before it died."""
    await pulled(app, arm)
    record = await died_before_it_made(app, monkeypatch)
    make(arm)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert artifacts_of(arm, OTHER) == artifacts_of(arm, ACCOUNT)


@pytest.mark.parametrize("heeded", [True, False])
async def test_an_account_that_somebody_made_at_the_same_moment_is_not_written_to(
    app: Installation, arm: Arm, *, heeded: bool
) -> None:
    await pulled(app, arm)
    arm.switches.if_none_match = heeded
    record = await started(app, _ASKED, ONE)
    arm.fault(method="PUT", part=OTHER, meanwhile=lambda: make(arm, holds="partners"))
    done = await ended(app, record)
    require_refused(done, "holds partners")
    assert done.error is not None
    assert ("set those back" in done.error.message) is not heeded
    assert sorted(arm.account(OTHER).items["partners"]) == ["fabrikam", "theirs"]
    tags = arm.account(OTHER).resource["tags"]
    assert (tags == {"owner": "someone"}) is heeded


async def test_an_account_of_whose_making_no_answer_came_is_its_own(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    record = await started(app, _ASKED, ONE)
    arm.fault(method="PUT", part=OTHER, carried_out=True, cut="no answer")
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert artifacts_of(arm, OTHER) == artifacts_of(arm, ACCOUNT)
