"""A push whose writes get no answer, or a fault, while somebody else writes too: nothing is sent
again without a look at what is there."""

from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, EDIFACT
from shared.installation.installation import Installation
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pulled import artifacts_of, held
from tests.integration_accounts.pushed import (
    OTHER,
    REPLACING,
    ended,
    half_filled,
    issue,
    number_in,
    partner,
    pulled,
    push,
    started,
)
from tests.support.arm import Arm

_LOST: dict[str, Any] = {"carried_out": True, "cut": "no answer"}
_FAULT: dict[str, Any] = {
    "status": 503,
    "body": {"error": {"code": "ServiceUnavailable", "message": "Not now."}},
}
_WRITES = {"created": ("PUT", "Contoso"), "replaced": ("PUT", "Fabrikam")}
_DELETED = ("DELETE", "Tailspin")
"""What is counted as which → the write of it."""


def identity(arm: Arm, name: str) -> str:
    value: str = (
        arm.account(OTHER)
        .items["partners"][name.lower()]
        .properties["content"]["b2b"]["businessIdentities"][0]["value"]
    )
    return value


@pytest.mark.parametrize("trouble", [_LOST, _FAULT], ids=["answer lost", "503"])
@pytest.mark.parametrize("counted", [*_WRITES, "deleted"])
async def test_a_write_without_an_answer_is_done_and_counted_once(
    app: Installation, arm: Arm, counted: str, trouble: dict[str, Any]
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    method, name = _WRITES.get(counted, _DELETED)
    part = f"{OTHER}/partners/{name}"
    fault = arm.fault(method=method, part=part, **trouble)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert done.attempt == 1
    assert fault.met == (1 if trouble is _LOST else 2), "what was carried out is not sent again"
    assert done.result is not None
    assert done.result[counted]["partners"] == 1
    assert artifacts_of(arm, OTHER) == await held(app, ONE)


@pytest.mark.parametrize("trouble", [_LOST, _FAULT], ids=["answer lost", "503"])
@pytest.mark.parametrize("counted", [*_WRITES, "deleted"])
async def test_what_somebody_wrote_after_a_write_without_an_answer_stays(
    app: Installation, arm: Arm, counted: str, trouble: dict[str, Any]
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)
    method, name = _WRITES.get(counted, _DELETED)
    part = f"{OTHER}/partners/{name}"
    arm.fault(method=method, part=part, **trouble)

    def write() -> None:
        arm.load([partner(OTHER, name, "SOMEBODYS")])

    arm.fault(method="GET", part=part, nth=2, meanwhile=write)
    done = await ended(app, record)
    assert identity(arm, name) == "SOMEBODYS"
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    told = [one.target for one in done.warnings if one.code == "ChangedMeanwhile"]
    assert told == [f"partners/{name}"]
    assert done.result is not None
    assert done.result["differs"] == [f"partners/{name}"]


async def test_what_the_account_adds_to_a_write_without_an_answer_is_no_other_write(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, {**REPLACING, "extra": "keep"}, ONE)
    part = f"{OTHER}/partners/Contoso"
    arm.fault(method="PUT", part=part, **_LOST)

    def add() -> None:
        properties = arm.account(OTHER).items["partners"]["contoso"].properties
        properties["metadata"] = {"kept": "as Azure keeps it"}

    arm.fault(method="GET", part=part, nth=2, meanwhile=add)
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert done.result is not None
    assert done.result["created"]["partners"] == 1
    told = {one.code: one.message for one in done.warnings}
    assert "not written: /properties/metadata." in told["AnsweredOtherwise"]
    assert "ChangedMeanwhile" not in told


@pytest.mark.parametrize("name", ["Fabrikam", "Tailspin"])
async def test_where_artifacts_have_etags_a_write_is_on_their_condition(
    app: Installation, arm: Arm, name: str
) -> None:
    """Between the last look and the write itself."""
    arm.switches.etags = True
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, REPLACING, ONE)

    def write() -> None:
        arm.load([partner(OTHER, name, "SOMEBODYS")])

    method = "PUT" if name == "Fabrikam" else "DELETE"
    met = arm.fault(method=method, part=f"{OTHER}/partners/{name}", meanwhile=write)
    done = await ended(app, record)
    assert met.met == 1
    assert done.status == "PartiallySucceeded", (done.error, done.warnings)
    assert identity(arm, name) == "SOMEBODYS"
    assert done.result is not None
    assert done.result["differs"] == [f"partners/{name}"]


@pytest.mark.parametrize("if_match", [True, False])
@pytest.mark.parametrize("is_there", [True, False])
async def test_a_number_that_goes_on_while_arm_throttles_is_not_set_back(
    app: Installation, arm: Arm, is_there: bool, if_match: bool
) -> None:
    """Also where the session is yet to be made, and where no condition is heeded."""
    arm.switches.if_match = if_match
    await pulled(app, arm)
    half_filled(arm)
    session = f"{EDIFACT}-ICN"
    if is_there:
        issue(arm, OTHER, session, 7)
    record = await started(app, {**REPLACING, "extra": "keep"}, ONE)
    error = {"error": {"code": "TooManyRequests", "message": "Not now."}}
    fault = arm.fault(
        method="PUT",
        part=f"{OTHER}/sessions/{session}",
        status=429,
        body=error,
        headers={"Retry-After": "1"},
        meanwhile=lambda: issue(arm, OTHER, session, 5_300),
    )
    done = await ended(app, record)
    assert fault.met == 1, "the number that the account has is past what was decided"
    assert done.status == "Succeeded", (done.error, done.warnings)
    assert number_in(arm, OTHER, session) == 5_300


async def test_a_received_number_that_is_made_meanwhile_is_not_set_back(
    app: Installation, arm: Arm
) -> None:
    await pulled(app, arm)
    half_filled(arm)
    record = await started(app, {**REPLACING, "extra": "keep"}, ONE)
    session = next(one for one in arm.account(ACCOUNT).items["sessions"] if one.startswith("x12-"))
    part = f"{OTHER}/sessions/{session}"
    arm.fault(method="PUT", part=part, **_FAULT)
    arm.fault(
        method="GET", part=part, nth=2, meanwhile=lambda: arm.session(OTHER, session, "theirs")
    )
    done = await ended(app, record)
    assert done.status == "Succeeded", (done.error, done.warnings)
    kept = arm.account(OTHER).items["sessions"][session].properties["content"]
    assert kept == "theirs"


async def test_a_push_onto_artifacts_with_etags_writes_all(app: Installation, arm: Arm) -> None:
    arm.switches.etags = True
    await pulled(app, arm)
    half_filled(arm)
    done = await push(app, REPLACING, ONE)
    assert done.status == "Succeeded", (done.error, done.warnings, done.result)
    assert artifacts_of(arm, OTHER) == await held(app, ONE)
    sent = {
        (seen.method, seen.path.rpartition("/")[2]): seen.headers.get("if-match")
        for seen in arm.seen
        if seen.method in ("PUT", "DELETE") and "/partners/" in seen.path
    }
    assert sent["PUT", "Contoso"] is None
    assert sent["PUT", "Fabrikam"]
    assert sent["DELETE", "Tailspin"]
