"""What follows from the log and is missing, or left, is mended by the sweep as it reads the log."""

from pathlib import Path

import pytest

from shared.installation import Installation
from shared.model.operation import OperationStatus
from shared.operations import locks, log_indexes
from shared.state.gateway import Row
from tests.deployed import Deployed, Emulator
from tests.faults.scenes import SECOND, SERVICE, fill, run, start_backup

PARTITION = SERVICE.lower()


async def in_flight(app: Installation) -> list[str]:
    return [entry.operation_id async for page in app.in_flight.pages() for entry in page]


async def test_an_open_operation_that_recovery_has_lost_is_entered_again(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = installation
    await fill(app)
    record = await start_backup(app, SECOND)
    await app.engine._queue.client.clear_messages()
    await app.in_flight.drop(SERVICE, record.operation.id)
    assert await app.recovery.run() == 0
    await app.sweep.run()
    assert await in_flight(app) == [], "its start may be at it"
    monkeypatch.setattr(log_indexes, "_OPEN_SECONDS", -1)
    for _ in range(2):
        await app.sweep.run()
    assert await in_flight(app) == [record.operation.id], "nothing that has ended"
    assert caplog.text.count("InFlightMissing: ") == 1
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.SUCCEEDED
    await app.sweep.run()
    assert await in_flight(app) == []


async def test_a_lock_that_nobody_gives_back_is_released(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A DELETE that goes on asks for the lock, and starts nothing that would meet it."""
    app = installation
    await fill(app)
    table = app.records._table
    await table.insert(Row(PARTITION, "!active", {"id": "never-written"}))
    await app.sweep.run()
    assert await app.records.active(SERVICE) == "never-written"
    monkeypatch.setattr(locks, "_LEFT_SECONDS", -1)
    await app.sweep.run()
    assert await app.records.active(SERVICE) is None
    assert "LockLeft: " in caplog.text
    record = await start_backup(app, SECOND)
    await app.sweep.run()
    assert await app.records.active(SERVICE) == record.operation.id


async def test_a_row_that_cannot_be_looked_at_stops_no_other(
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    await fill(app)
    record = await start_backup(app, SECOND)
    await app.in_flight.drop(SERVICE, record.operation.id)
    table = app.records._table
    await table.insert(Row("aaaaaa", "!active", {"lacks": "id"}))
    await table.insert(Row("aaaaaa", "t!1!broken", {"status": "Running", "document": "{}"}))
    monkeypatch.setattr(log_indexes, "_OPEN_SECONDS", -1)
    await app.sweep.run()
    assert await in_flight(app) == [record.operation.id]
    assert "is looked at by a later run" in caplog.text
    assert "RowUnreadable" in caplog.text
    await app.close()
