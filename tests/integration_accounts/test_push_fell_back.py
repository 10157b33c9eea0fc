"""Numbers of an account that fall while it is pushed into: one rolled over, or was set back."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.model.operation import Operation
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.pushed import (
    OTHER,
    ended,
    half_filled,
    issue,
    number_in,
    pulled,
    push,
    started,
)
from tests.support.arm import Arm

ICN = f"{X12}-ICN"
LOWER = 40_000
"""The lower bound of the sample's number, of nine digits."""
MIDDLE = 600_000_000
"""From here, the way over the end of the bounds is shorter than the way back."""
END = 999_999_990
_REPLACING = {"resourceId": OTHER, "existing": "replace"}
_NAMED = f"control-numbers/{X12}/interchange"


def told(done: Operation) -> dict[str, str]:
    """The warnings of a push by their codes."""
    return {one.code: one.message for one in done.warnings}


async def behind(app: Installation, arm: Arm, number: int) -> None:
    """The service knows a number, and the account that is pushed to is a little behind it."""
    await pulled(app, arm)
    issue(arm, ACCOUNT, ICN, number)
    await pull(app)
    half_filled(arm)
    issue(arm, OTHER, ICN, number - 3)


@pytest.mark.parametrize(
    ("known", "there", "is_set_back"),
    [(MIDDLE, LOWER + 7, True), (END, MIDDLE, True), (END, LOWER + 7, False)],
)
async def test_a_number_that_falls_between_the_decision_and_the_write(
    app: Installation, arm: Arm, known: int, there: int, is_set_back: bool
) -> None:
    """It is written, and told, but where it rolled over."""
    await behind(app, arm, known)
    record = await started(app, _REPLACING, ONE)
    session = f"{OTHER}/sessions/{ICN}"
    looked = arm.fault(method="GET", part=session, meanwhile=lambda: issue(arm, OTHER, ICN, there))
    done = await ended(app, record)
    assert looked.met
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == (known if is_set_back else there)
    assert ("NumbersWrittenAgain" in told(done)) is is_set_back
    if is_set_back:
        assert f"{X12}' interchange {known}" in told(done)["NumbersWrittenAgain"]


async def test_a_number_that_is_set_back_right_before_it_is_written(
    app: Installation, arm: Arm
) -> None:
    """The write is refused, as the session is another one: nothing went on from that."""
    await pulled(app, arm)
    issue(arm, ACCOUNT, ICN, END)
    await pull(app)
    half_filled(arm)
    issue(arm, OTHER, ICN, MIDDLE)
    record = await started(app, _REPLACING, ONE)
    session = f"{OTHER}/sessions/{ICN}"
    written = arm.fault(
        method="PUT", part=session, meanwhile=lambda: issue(arm, OTHER, ICN, LOWER + 7)
    )
    done = await ended(app, record)
    assert written.met
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == END
    assert "NumbersWrittenAgain" in told(done)


async def test_a_number_that_is_set_back_while_the_source_goes_on_is_told(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end moves it up to the source, from where it was set back to."""
    await behind(app, arm, MIDDLE)
    record = await started(app, _REPLACING, ONE)
    former = ArtifactWriter.delete

    async def set_back(self: Any) -> None:
        await former(self)
        issue(arm, OTHER, ICN, LOWER + 7)
        issue(arm, ACCOUNT, ICN, MIDDLE + 5)

    monkeypatch.setattr(ArtifactWriter, "delete", set_back)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == MIDDLE + 5
    assert {"NumbersWrittenAgain", "SourceWentOn"} <= told(done).keys()


@pytest.mark.parametrize("was_written", [True, False])
async def test_a_number_that_is_set_back_right_before_the_end_is_named(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, was_written: bool
) -> None:
    """Also one that the account had already, so that none was to be written."""
    await behind(app, arm, MIDDLE)
    if not was_written:
        issue(arm, OTHER, ICN, MIDDLE)
    record = await started(app, _REPLACING, ONE)
    former = ArtifactWriter.delete

    async def set_back(self: Any) -> None:
        await former(self)
        assert number_in(arm, OTHER, ICN) == MIDDLE
        issue(arm, OTHER, ICN, LOWER + 7)

    monkeypatch.setattr(ArtifactWriter, "delete", set_back)
    done = await ended(app, record)
    assert done.status == "PartiallySucceeded", (done.error, done.warnings, done.result)
    assert done.result is not None
    assert done.result["differs"] == [_NAMED]


@pytest.mark.parametrize("own", [MIDDLE, END])
async def test_an_account_that_is_far_past_what_the_service_knows_keeps_its_number(
    app: Installation, arm: Arm, own: int
) -> None:
    """Looked at again at the end, the service's number is behind it, and not a cycle on."""
    await pulled(app, arm)
    half_filled(arm)
    issue(arm, OTHER, ICN, own)
    done = await push(app, _REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert number_in(arm, OTHER, ICN) == own
    assert "SourceWentOn" not in told(done)
