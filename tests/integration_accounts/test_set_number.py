"""Setting the next number of a linked service: it is written in the account, and the service knows
it as a pull would."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.numbers import Kind, SetNextBody
from shared.model.operation import OperationStatus
from shared.model.problem import Code
from shared.numbers.counters import Standing
from shared.rules.states import ServiceOperation
from tests.faults.test_enumeration import app_over
from tests.integration_accounts.linked import (
    IA,
    ONE,
    TWO,
    account,
    create,
    link,
    refused,
    service,
)
from tests.integration_accounts.pulled import pull, sessions_of
from tests.support.api import x12_document
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import ASKED
from tests.support.transport import FaultTransport

OLD = {
    "ControlNumber": "000001000",
    "ControlNumberChangedTime": "2/22/2017 8:05:41 PM",
    "MessageType": "X12",
}
FORBIDDEN = {"error": {"code": "AuthorizationFailed", "message": "-"}}
PART = "/sessions/A-Icn"


def child(kind: str, name: str, **properties: Any) -> dict[str, Any]:
    return {"id": f"{IA}/{kind}/{name}", "properties": properties}


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """A service that pulled an agreement with an interchange number; each request is sent once."""
    agreement = child("agreements", "A")
    agreement["properties"] = x12_document()
    arm.load([account(), agreement, child("sessions", "A-ICN", content=OLD)])
    installation = app_over(Deployed.new(emulator, tmp_path, **arm.settings()), FaultTransport())
    await create(installation)
    await link(installation)
    assert (await pull(installation)).status is OperationStatus.SUCCEEDED
    arm.calm()
    yield installation
    await installation.close()


async def put(app: Installation, following: int, kind: Kind = Kind.INTERCHANGE, **more: Any) -> Any:
    body = SetNextBody(kind=kind, next=following, **more)
    return await app.setting_numbers.set_next(await service(app), "a", body)


def content(arm: Arm, name: str = "A-ICN") -> Any:
    """A session's content in the account; None where it is not there."""
    item = arm.account(IA).items["sessions"].get(name.lower())
    return item.properties["content"] if item else None


def shown(standing: Standing, kind: str = "interchange") -> tuple[int, int, int]:
    """Next, last, cycle."""
    one: Any = standing.to_json()["counters"]
    return one[kind]["next"], one[kind]["last"], one[kind]["cycle"]


async def now(app: Installation) -> tuple[int, int, int]:
    return shown(await app.counters.get(await service(app), "A"))


async def require_settled(app: Installation, arm: Arm) -> None:
    """A pull finds nothing that the service does not know."""
    before = await now(app)
    assert (await pull(app)).status is OperationStatus.SUCCEEDED
    assert await now(app) == before
    stored = (await sessions_of(app))["A-ICN"]
    item = arm.account(IA).items["sessions"]["a-icn"]
    assert stored == (item.properties["content"], item.changed)


async def test_a_number_is_written_in_the_form_that_the_session_has(
    app: Installation, arm: Arm
) -> None:
    assert await now(app) == (1001, 1000, 0)
    etag = arm.account(IA).items["sessions"]["a-icn"].etag
    assert shown(await put(app, 5000)) == (5000, 4999, 0)
    written = content(arm)
    assert written["ControlNumber"] == "000004999"
    assert written["MessageType"] == "X12"
    assert written["ControlNumberChangedTime"].endswith(("AM", "PM"))
    assert written["ControlNumberChangedTime"] != OLD["ControlNumberChangedTime"]
    sent = next(one for one in arm.seen if one.method == "PUT")
    assert sent.headers["if-match"] == etag
    await require_settled(app, arm)


async def test_a_session_that_is_not_there_is_made(app: Installation, arm: Arm) -> None:
    assert content(arm, "A-Gcn") is None
    assert shown(await put(app, 30, Kind.GROUP), "group") == (30, 29, 0)
    made = content(arm, "A-Gcn")
    assert (made["ControlNumber"], made["MessageType"]) == ("29", 0)


async def test_numbers_that_were_issued_come_again_only_where_that_is_asked(
    app: Installation, arm: Arm
) -> None:
    problem = await refused(put(app, 1000))
    assert problem is not None
    assert problem.code is Code.CONTROL_NUMBER_ISSUED
    assert content(arm) == OLD
    assert shown(await put(app, 500, allow_reuse=True)) == (500, 499, 1)
    assert content(arm)["ControlNumber"] == "000000499"
    await require_settled(app, arm)


async def test_what_the_account_issued_since_the_last_pull_counts(
    app: Installation, arm: Arm
) -> None:
    arm.session(IA, "A-ICN", {**OLD, "ControlNumber": "2000"})
    problem = await refused(put(app, 1500))
    assert problem is not None
    assert problem.code is Code.CONTROL_NUMBER_ISSUED
    assert content(arm)["ControlNumber"] == "2000"
    assert shown(await put(app, 2001)) == (2001, 2000, 0)
    assert not [one for one in arm.seen if one.method == "PUT"], "a number that stays is no write"
    await require_settled(app, arm)


async def test_where_the_ledger_knows_more_than_the_account_a_repeat_is_a_new_cycle(
    app: Installation, arm: Arm
) -> None:
    """Numbers that were issued before the service was linked."""
    await put(app, 9001)
    arm.session(IA, "A-ICN", {**OLD, "ControlNumber": "3000"})
    arm.account(IA).items["sessions"]["a-icn"].changed = "2001-01-01T00:00:00Z"
    assert (await refused(put(app, 4000))) is not None
    assert shown(await put(app, 4000, allow_reuse=True)) == (4000, 3999, 1)
    assert content(arm)["ControlNumber"] == "3999"
    await require_settled(app, arm)


@pytest.mark.parametrize("following", [0, 1_000_000_000])
async def test_bounds_hold(app: Installation, arm: Arm, following: int) -> None:
    body = SetNextBody.model_construct(kind=Kind.INTERCHANGE, next=following, allow_reuse=True)
    problem = await refused(app.setting_numbers.set_next(await service(app), "A", body))
    assert problem is not None
    assert problem.code is Code.INVALID_REQUEST
    assert content(arm) == OLD


async def test_a_session_that_cannot_be_read_is_not_written_over(
    app: Installation, arm: Arm
) -> None:
    arm.session(IA, "A-ICN", {"what": "nobody knows"})
    problem = await refused(put(app, 5000))
    assert problem is not None
    assert problem.code is Code.MANAGED_BY_ACCOUNT
    assert "A-ICN" in problem.message
    assert content(arm) == {"what": "nobody knows"}


@pytest.mark.parametrize("status", [403, 429, 502])
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_where_azure_refuses_nothing_changes_here(
    app: Installation, arm: Arm, method: str, status: int
) -> None:
    body: Any = FORBIDDEN if status == 403 else {"error": {"code": "TooManyRequests"}}
    arm.fault(method=method, part=PART, status=status, body=body)
    ledger = await app.ledger.get(ONE, "A")
    problem = await refused(put(app, 5000))
    assert problem is not None
    assert problem.code is (
        Code.INTEGRATION_ACCOUNT_FORBIDDEN
        if status == 403
        else Code.INTEGRATION_ACCOUNT_UNAVAILABLE
    )
    assert content(arm) == OLD
    assert await app.ledger.get(ONE, "A") == ledger
    arm.calm()
    assert shown(await put(app, 5000)) == (5000, 4999, 0)


async def test_a_write_whose_answer_was_lost_is_compared(app: Installation, arm: Arm) -> None:
    arm.fault(method="PUT", part=PART, cut="no answer", carried_out=True)
    assert shown(await put(app, 5000)) == (5000, 4999, 0)
    assert content(arm)["ControlNumber"] == "000004999"
    await require_settled(app, arm)


@pytest.mark.parametrize(("kind", "name"), [("interchange", "A-ICN"), ("group", "A-Gcn")])
async def test_what_is_issued_after_a_lost_answer_is_not_set_back(
    emulator: Emulator, tmp_path: Path, app: Installation, arm: Arm, kind: str, name: str
) -> None:
    """With the patience that the app has, which sends most requests again; of a session that is
    there, and of one that the write makes."""
    arm.switches.if_match = False
    patient = Installation(Deployed.new(emulator, tmp_path, **arm.settings()).read())
    try:
        await create(patient, TWO)
        await link(patient, TWO)
        assert (await pull(patient, TWO)).status is OperationStatus.SUCCEEDED

        def issue() -> None:
            arm.session(IA, name, {**OLD, "ControlNumber": "5003"})

        written = arm.fault(
            method="PUT", part=f"/sessions/{name}", cut="no answer", carried_out=True
        )
        arm.fault(part=f"/sessions/{name}", nth=3, meanwhile=issue)
        body = SetNextBody(kind=Kind(kind), next=5000)
        of = await service(patient, TWO)
        standing = await patient.setting_numbers.set_next(of, "a", body)
        assert written.met == 1
        assert content(arm, name)["ControlNumber"] == "5003"
        assert shown(standing, kind) == (5004, 5003, 0)
    finally:
        await patient.close()


async def test_a_write_that_cannot_be_read_back_is_brought_by_the_next_pull(
    app: Installation, arm: Arm
) -> None:
    """As where the process stops after the account was written."""
    arm.fault(method="GET", part=PART, nth=2, status=502)
    assert await refused(put(app, 5000)) is not None
    assert content(arm)["ControlNumber"] == "000004999"
    assert await now(app) == (1001, 1000, 0)
    await pull(app)
    assert await now(app) == (5000, 4999, 0)


async def test_a_repeat_that_cannot_be_read_back_counts_when_it_is_sent_again(
    app: Installation, arm: Arm
) -> None:
    arm.fault(method="GET", part=PART, nth=2, status=502)
    assert await refused(put(app, 500, allow_reuse=True)) is not None
    assert [one.code for one in (await pull(app)).warnings] == ["NumberSetBack"]
    assert await now(app) == (1001, 1000, 0)
    assert shown(await put(app, 500, allow_reuse=True)) == (500, 499, 1)
    assert (await pull(app)).warnings == []
    await require_settled(app, arm)


async def test_a_number_that_somebody_set_back_is_set_to_a_later_one(
    app: Installation, arm: Arm
) -> None:
    arm.session(IA, "A-ICN", {**OLD, "ControlNumber": "7"})
    assert [one.code for one in (await pull(app)).warnings] == ["NumberSetBack"]
    problem = await refused(put(app, 1000))
    assert problem is not None
    assert problem.code is Code.CONTROL_NUMBER_ISSUED
    assert shown(await put(app, 1500)) == (1500, 1499, 0)
    assert (await pull(app)).warnings == []


@pytest.mark.parametrize("heeded", [True, False])
async def test_a_number_that_the_account_issues_meanwhile_is_not_lost(
    app: Installation, arm: Arm, heeded: bool
) -> None:
    """Between reading and writing, a workflow issues a number by the former counter."""
    arm.switches.if_match = heeded

    def issue() -> None:
        arm.session(IA, "A-ICN", {**OLD, "ControlNumber": "1001"})

    arm.fault(method="PUT", part=PART, meanwhile=issue)
    assert shown(await put(app, 5000)) == (5000, 4999, 0)
    writes = [one.status for one in arm.seen if one.method == "PUT"]
    assert writes == ([412, 200] if heeded else [200])
    await require_settled(app, arm)


async def test_one_that_the_account_sets_back_every_time_is_refused(
    app: Installation, arm: Arm
) -> None:
    number = 1000

    def issue() -> None:
        nonlocal number
        number += 1
        arm.session(IA, "A-ICN", {**OLD, "ControlNumber": str(number)})

    arm.fault(method="GET", part=PART, meanwhile=issue, times=99)
    problem = await refused(put(app, 5000))
    assert problem is not None
    assert problem.code is Code.INTEGRATION_ACCOUNT_UNAVAILABLE
    assert "Suspend the service" in problem.message
    arm.calm()
    await pull(app)
    assert (await now(app))[1] == number


async def test_a_state_that_forbids_it_asks_azure_nothing(app: Installation, arm: Arm) -> None:
    await app.services.move(await app.services.require(ONE), ServiceOperation.DISABLE, ASKED)
    arm.calm()
    problem = await refused(put(app, 5000))
    assert problem is not None
    assert problem.code is Code.OPERATION_NOT_ALLOWED
    assert not arm.seen
