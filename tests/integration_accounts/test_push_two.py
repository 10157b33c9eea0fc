"""Two services that are pushed into one account: never both at once."""

import asyncio
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.integration_accounts.pushing.push_work import PushWork
from shared.integration_accounts.pushing.writing import ArtifactWriter
from shared.integration_accounts.workflows import under_way
from shared.integration_accounts.workflows.under_way import PushesUnderWay
from shared.model.operation import Operation
from shared.model.problem import Code
from shared.rules.integration_accounts.ids import account_id_of
from shared.state.operations import OperationRow
from tests.integration_accounts.linked import IA, ONE, TWO, create, link, refused
from tests.integration_accounts.pulled import artifacts_of, held, pull
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    REPLACING,
    broken_once,
    ended,
    half_filled,
    pulled,
    started,
)
from tests.integration_accounts.small import small
from tests.support.arm import Arm

WITHOUT_LINK = {**REPLACING, "link": False}


async def two(app: Installation, arm: Arm) -> None:
    """Two services that hold something else each."""
    await pulled(app, arm)
    arm.load(small())
    await create(app, TWO)
    await link(app, TWO)
    assert (await pull(app, TWO)).status == "Succeeded"


async def nobody(*_: Any) -> list[Operation]:
    """What is seen of pushes that are started at the same moment."""
    return []


async def both_started(
    app: Installation, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]
) -> tuple[OperationRow, OperationRow]:
    """Two pushes that were started at the same moment: neither saw the other."""
    monkeypatch.setattr(PushesUnderWay, "into", nobody)
    found = await started(app, body, ONE), await started(app, body, TWO)
    monkeypatch.undo()
    return found


def require_in_progress(done: Operation, other: OperationRow) -> None:
    """It ended before anything was written, as the other one is under way."""
    assert done.status == "Failed"
    assert done.error is not None
    assert (done.error.code, done.error.target) == ("OperationInProgress", other.operation.id)
    assert not done.result


async def test_a_second_push_is_refused_until_the_first_has_ended(
    app: Installation, arm: Arm
) -> None:
    await two(app, arm)
    half_filled(arm)
    first = await started(app, WITHOUT_LINK, ONE)
    problem = await refused(started(app, WITHOUT_LINK, TWO))
    assert problem is not None
    assert (problem.code, problem.target) == (Code.OPERATION_IN_PROGRESS, first.operation.id)
    assert f"of service '{ONE}'" in problem.message
    elsewhere = {"resourceId": IA, "link": False}
    assert await refused(started(app, elsewhere, TWO)) is None
    assert (await ended(app, first)).status == "Succeeded"
    await ended(app, await _of(app, TWO))
    assert await refused(started(app, WITHOUT_LINK, TWO)) is None


async def _of(app: Installation, name: str) -> OperationRow:
    """The operation of a service that is under way."""
    lock = await app.records.lock(name)
    assert lock is not None
    found = await app.records.find(name, lock.operation_id)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("body", [WITHOUT_LINK, {**NEW, "link": False}], ids=["fill", "make"])
async def test_of_two_that_were_started_at_once_the_later_one_writes_nothing(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]
) -> None:
    await two(app, arm)
    if "create" not in body:
        half_filled(arm)
    first, second = await both_started(app, monkeypatch, body)
    require_in_progress(await ended(app, second), first)
    assert [one async for page in app.history.pages(TWO) for one in page] == []
    done = await ended(app, first)
    assert done.status == "Succeeded", done.error
    assert artifacts_of(arm, OTHER) == await held(app, ONE)


async def test_of_two_that_run_at_once_one_alone_writes(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two(app, arm)
    first, second = await both_started(app, monkeypatch, {**NEW, "link": False})
    done, other = await asyncio.gather(ended(app, first), ended(app, second))
    assert done.status == "Succeeded", done.error
    require_in_progress(other, first)
    assert artifacts_of(arm, OTHER) == await held(app, ONE)


async def test_the_earlier_one_ends_where_the_later_one_has_begun_already(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked before the other one was to be seen."""
    await two(app, arm)
    half_filled(arm)
    first, second = await both_started(app, monkeypatch, WITHOUT_LINK)
    monkeypatch.setattr(PushesUnderWay, "into", nobody)
    broken_once(monkeypatch, ArtifactWriter, "write")
    assert (await ended(app, second)).status == "Running"
    monkeypatch.undo()
    monkeypatch.setattr(under_way, "_PAUSES", (0.0, 0.0))
    require_in_progress(await ended(app, first), second)
    assert (await ended(app, second)).status == "Succeeded"
    assert artifacts_of(arm, OTHER) == await held(app, TWO)


async def test_the_earlier_one_waits_for_a_later_one_that_is_to_end(
    app: Installation, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two(app, arm)
    half_filled(arm)
    first, second = await both_started(app, monkeypatch, WITHOUT_LINK)
    broken_once(monkeypatch, PushWork, "_service")
    await ended(app, second)
    monkeypatch.undo()
    paused = list[float]()

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        require_in_progress(await ended(app, second), first)

    await app.pushes_under_way.require_first(account_id_of(OTHER), first.operation, pause)
    assert len(paused) == 1
