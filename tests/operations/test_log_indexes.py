"""What follows from the log and is missing, or left, is mended by the sweep as it reads the log."""

from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.operation import OperationStatus
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from shared.operations import locks, log_indexes, recover
from shared.operations.under_way import record_of
from shared.storage.tables import Row
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import COPY, FIRST, SECOND, SERVICE, fill, run, start_backup

PARTITION = SERVICE.lower()


async def in_flight(app: Installation) -> list[str]:
    return [entry.operation_id async for page in app.in_flight.pages() for entry in page]


async def test_an_open_operation_that_recovery_has_lost_is_entered_again(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = fresh_app
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
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A DELETE that goes on asks for the lock, and starts nothing that would meet it."""
    app = fresh_app
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


@pytest.mark.parametrize("met_by", ["recovery", "the sweep", "another start"])
async def test_an_open_operation_whose_index_row_is_gone_goes_on(
    fresh_app: Installation,
    met_by: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever meets its lock, or its row for recovery, finds its record in the log."""
    app = fresh_app
    await fill(app)
    record = await start_backup(app, SECOND)
    await app.records._table.delete(PARTITION, f"i!{record.operation.id}")
    monkeypatch.setattr(locks, "_LEFT_SECONDS", -1)
    monkeypatch.setattr(recover, "_NO_RECORD_SECONDS", -1)
    if met_by == "recovery":
        await app.recovery.run()
    elif met_by == "the sweep":
        await app.sweep.run()
    else:
        with pytest.raises(Problem) as refused:
            await start_backup(app, "another")
        assert refused.value.code is Code.OPERATION_IN_PROGRESS
        assert refused.value.target == record.operation.id
    assert caplog.text.count("IndexMissing: ") == 1
    assert "LockLeft" not in caplog.text
    assert await app.records.active(SERVICE) == record.operation.id
    assert await in_flight(app) == [record.operation.id]
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.SUCCEEDED
    for _ in range(2):
        await app.recovery.run()
        await app.sweep.run()
    assert caplog.text.count("IndexMissing: ") == 1
    assert (await in_flight(app), await app.records.active(SERVICE)) == ([], None)


async def test_what_a_repeat_answers_whose_index_row_was_put_back(
    fresh_app: Installation,
) -> None:
    """The hash of the request went with the row: what the parameters tell is compared alone."""
    app = fresh_app
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    body = BackupBody(name=SECOND, storage_account="offsite")
    backup = await app.backups.start(service, body, "me", "once")
    await app.records._table.delete(PARTITION, "i!once")
    assert await record_of(app.records, SERVICE, "once") is not None
    again = await app.backups.start(service, body, "me", "once")
    assert again.etag == backup.etag
    other = BackupBody(name="another", storage_account="offsite")
    with pytest.raises(Problem) as refused:
        await app.backups.start(service, other, "me", "once")
    assert refused.value.code is Code.OPERATION_ID_IN_USE

    await run(app, backup)
    wanted = RestoreBody.model_validate(
        {
            "backup": {"storageAccount": "offsite", "container": FIRST},
            "service": {"name": COPY},
        }
    )
    restore = await app.restores.start(wanted, "me", "restored")
    await app.records._table.delete(COPY.lower(), "i!restored")
    assert await record_of(app.records, COPY, "restored") is not None
    with pytest.raises(Problem) as refused:
        await app.restores.start(wanted, "me", "restored")
    assert refused.value.code is Code.OPERATION_ID_IN_USE, "it asked for more than is shown"
    await run(app, restore)
    assert await app.directory.get(COPY) is not None


async def test_content_of_an_operation_whose_index_row_is_gone_is_not_collected(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app)
    record = await start_backup(app, SECOND)
    await app.records._table.delete(PARTITION, f"i!{record.operation.id}")
    assert await app.collector._busy() == {record.operation.service_id}


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
