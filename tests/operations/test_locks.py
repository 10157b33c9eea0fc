"""The lock of a service's long operations, where it is gone, or is left by what is not there."""

import logging

import pytest

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.operations import locks
from shared.operations.start import Start
from shared.state.operations import Lock
from shared.storage.tables import Row
from tests.operations.test_engine import SERVICE, nothing, now, started

PARTITION = SERVICE.lower()


async def take_away(app: Installation, holder: str | None = None) -> None:
    """By hand; and give it to another one."""
    table = app.records._table
    await table.delete(PARTITION, "!active")
    if holder is not None:
        await table.insert(Row(PARTITION, "!active", {"id": holder}))


async def test_an_open_operation_has_its_lock_again(
    fresh_app: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    record, _ = await started(fresh_app, nothing)
    await take_away(fresh_app)
    assert await fresh_app.recovery.run() == 1
    assert await fresh_app.records.active(SERVICE) == record.operation.id
    assert caplog.text.count("LockMissing") == 1
    with pytest.raises(Problem) as refused:
        await started(fresh_app, nothing)
    assert refused.value.code is Code.OPERATION_IN_PROGRESS
    assert await fresh_app.recovery.run() == 0
    await fresh_app.engine.run(SERVICE, record.operation.id)
    assert (await now(fresh_app, record)).status is OperationStatus.SUCCEEDED
    assert await fresh_app.records.active(SERVICE) is None


async def test_a_worker_goes_on_whose_lock_recovery_put_back(fresh_app: Installation) -> None:
    """Its record was written under it: it renews its lease by what it finds there."""

    async def lose_it(_task: object) -> None:
        await take_away(fresh_app)
        assert await fresh_app.recovery.run() == 1

    record, _ = await started(fresh_app, lose_it)
    await fresh_app.engine.run(SERVICE, record.operation.id)
    after = await now(fresh_app, record)
    assert (after.status, after.attempt) == (OperationStatus.SUCCEEDED, 1)
    assert await fresh_app.records.active(SERVICE) is None


async def test_a_lock_that_another_has_by_now_stays_and_is_told(
    fresh_app: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = await started(fresh_app, nothing)
    await take_away(fresh_app)
    second, _ = await started(fresh_app, nothing)
    assert await fresh_app.recovery.run() == 0
    assert await fresh_app.records.active(SERVICE) == second.operation.id
    assert "both go on" in caplog.text
    assert first.operation.id in caplog.text


@pytest.mark.parametrize("kind", ["no record", "has ended"])
async def test_a_lock_that_nobody_gives_back_is_released(
    fresh_app: Installation,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Else the service were locked for good: not backed up, not restored, not deleted."""
    holder = "never-written"
    if kind == "has ended":
        ended, _ = await started(fresh_app, nothing)
        await fresh_app.engine.run(SERVICE, ended.operation.id)
        holder = ended.operation.id
    await take_away(fresh_app, holder)
    with pytest.raises(Problem) as refused:
        await started(fresh_app, nothing)
    assert (refused.value.code, refused.value.target) == (Code.OPERATION_IN_PROGRESS, holder)
    with caplog.at_level(logging.ERROR):
        monkeypatch.setattr(locks, "_LEFT_SECONDS", -1)
        record, _ = await started(fresh_app, nothing)
    assert "LockLeft" in caplog.text
    assert await fresh_app.records.active(SERVICE) == record.operation.id
    with pytest.raises(Problem):
        await started(fresh_app, nothing)


async def test_one_that_ends_while_recovery_looks_has_lost_nothing(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its record was read open; by the time that its lock is read, it is the next one's."""
    first, _ = await started(fresh_app, nothing)
    lock = fresh_app.records.lock

    async def later(service: str) -> Lock | None:
        monkeypatch.setattr(fresh_app.records, "lock", lock)
        await fresh_app.engine.run(SERVICE, first.operation.id)
        await started(fresh_app, nothing)
        return await lock(service)

    monkeypatch.setattr(fresh_app.records, "lock", later)
    assert await fresh_app.recovery.run() == 0
    assert "LockMissing" not in caplog.text


async def test_an_id_whose_rows_are_left_in_part_is_in_use(fresh_app: Installation) -> None:
    """Removed by hand, or restored in part: what would start under it is not tried for ever."""
    start = Start(
        OperationName.ROTATE_KEYS, SERVICE, "me", "http", {}, "an-id", request={"key": "kept"}
    )
    operation = Operation(
        id="an-id",
        operation=start.operation,
        service=SERVICE,
        caller="me",
        trigger="http",
        created_at=fresh_app.clock.now(),
    )
    await fresh_app.records.add(operation, start.fingerprint(), lock=False, request=start.request)
    await fresh_app.records._table.delete(PARTITION, "i!an-id")
    with pytest.raises(Problem) as refused:
        await fresh_app.engine.start(start)
    assert refused.value.code is Code.OPERATION_ID_IN_USE
