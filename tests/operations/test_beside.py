"""The engine where another one writes the same rows: workers, starts and requests side by side."""

from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.problem import Problem
from shared.operations import engine, recover
from shared.operations.start import Start
from shared.operations.task import Task
from shared.state.operations import Lock, OperationRow
from shared.storage.tables import Row
from tests.operations.test_engine import SERVICE, in_flight, nothing, now, started


@pytest.mark.parametrize("status", [OperationStatus.FAILED, OperationStatus.SUCCEEDED])
async def test_nobody_ends_what_another_worker_has(
    fresh_app: Installation, status: OperationStatus
) -> None:
    """It slept through its lease and wakes with its end at hand; another one is at work."""
    record, work = await started(fresh_app, nothing)
    mine = record.operation.model_copy(update={"worker": "me"})
    record = await fresh_app.records.write(mine, record.etag)
    theirs = mine.model_copy(update={"worker": "another", "status": OperationStatus.RUNNING})
    await fresh_app.records.write(theirs, record.etag)
    await fresh_app.engine._finish(record, fresh_app.engine._final(mine, status))
    after = await now(fresh_app, record)
    assert (after.worker, after.status) == ("another", OperationStatus.RUNNING)
    assert await fresh_app.records.active(SERVICE) == record.operation.id
    assert not work.settled


async def test_a_failure_beside_a_cancel_request_is_written_down(fresh_app: Installation) -> None:
    """Somebody wrote the record a moment before: its lease must not stay on what nobody does."""

    async def fail(task: Task) -> None:
        found = await fresh_app.records.find(SERVICE, task.operation.id)
        assert found is not None
        asked = found[0].operation.model_copy(update={"cancel_requested": True})
        await fresh_app.records.write(asked, found[0].etag)
        raise RuntimeError("passes")

    record, _ = await started(fresh_app, fail)
    await fresh_app.engine.run(SERVICE, record.operation.id)
    after = await now(fresh_app, record)
    assert (after.worker, after.cancel_requested) == ("", True)
    assert after.error is not None
    assert after.next_attempt_at is not None


async def test_a_start_that_recovery_gave_up_is_entered_again(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storage took its record minutes later, when its row for recovery was dropped."""
    add = fresh_app.records.add

    async def late(operation: Operation, *args: Any, **named: Any) -> OperationRow:
        await fresh_app.in_flight.drop(SERVICE, operation.id)
        return await add(operation, *args, **named)

    monkeypatch.setattr(fresh_app.records, "add", late)
    monkeypatch.setattr(engine, "_REENTER_SECONDS", -1)
    await started(fresh_app, nothing)
    assert await in_flight(fresh_app) == 1


async def test_one_that_must_wait_leaves_the_row_of_its_twin(fresh_app: Installation) -> None:
    """The same request came to two hosts; the other one may be about to write its record."""
    record, _ = await started(fresh_app, nothing)
    for twin, left in ((True, 2), (False, 1)):
        if twin:
            await fresh_app.in_flight.add(SERVICE, "mine")
        asked = Start(OperationName.BACKUP, SERVICE, "somebody", "http", {"name": "c"}, "mine")
        with pytest.raises(Problem) as refused:
            await fresh_app.engine.start(asked)
        assert refused.value.target == record.operation.id
        assert await in_flight(fresh_app) == left
        await fresh_app.in_flight.drop(SERVICE, "mine")


async def test_recovery_drops_no_row_that_was_entered_again(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that was slow writes its record, and its row anew, just as recovery gives it up."""
    await fresh_app.in_flight.add(SERVICE, "slow")
    find = fresh_app.records.find

    async def entered_again(service: str, operation_id: str) -> tuple[OperationRow, str] | None:
        found = await find(service, operation_id)
        await fresh_app.in_flight.drop(service, operation_id)
        await fresh_app.in_flight.add(service, operation_id)
        return found

    monkeypatch.setattr(fresh_app.records, "find", entered_again)
    monkeypatch.setattr(recover, "_NO_RECORD_SECONDS", -1)
    assert await fresh_app.recovery.run() == 0
    assert await in_flight(fresh_app) == 1


async def test_an_operation_whose_lock_somebody_took_away_ends(fresh_app: Installation) -> None:
    """By hand, to get at the service: there is nothing left to give back."""
    record, work = await started(fresh_app, nothing)
    await fresh_app.records._table.delete(SERVICE.lower(), "!active")
    await fresh_app.engine.run(SERVICE, record.operation.id)
    assert (await now(fresh_app, record)).status is OperationStatus.SUCCEEDED
    assert work.settled
    assert await in_flight(fresh_app) == 0


async def test_the_end_of_one_whose_lock_was_taken_away_leaves_the_lock_of_another(
    fresh_app: Installation,
) -> None:
    """Else a third one began beside the second."""
    first, _ = await started(fresh_app, nothing)
    await fresh_app.records._table.delete(SERVICE.lower(), "!active")
    second, _ = await started(fresh_app, nothing)
    await fresh_app.engine.run(SERVICE, first.operation.id)
    assert (await now(fresh_app, first)).status is OperationStatus.SUCCEEDED
    assert await fresh_app.records.active(SERVICE) == second.operation.id
    await fresh_app.engine.run(SERVICE, second.operation.id)
    assert await fresh_app.records.active(SERVICE) is None


@pytest.mark.parametrize("taken", [False, True], ids=["taken away", "taken by another"])
async def test_a_lock_that_changes_while_its_operation_ends(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    """It was read, and is another one, or none, when the end is written."""
    record, _ = await started(fresh_app, nothing)
    table = fresh_app.records._table
    lock = fresh_app.records.lock
    reads = 0

    async def changed_since(service: str) -> Lock | None:
        nonlocal reads
        found = await lock(service)
        if not reads:
            await table.delete(SERVICE.lower(), "!active")
            if taken:
                await table.insert(Row(SERVICE.lower(), "!active", {"id": "another"}))
        reads += 1
        return found

    monkeypatch.setattr(fresh_app.records, "lock", changed_since)
    await fresh_app.engine.run(SERVICE, record.operation.id)
    assert (await now(fresh_app, record)).status is OperationStatus.SUCCEEDED
    assert await fresh_app.records.active(SERVICE) == ("another" if taken else None)
