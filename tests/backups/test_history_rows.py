"""A backup whose row by name, or by time, is gone from the history has it again within the hour."""

import pytest

from shared.backups.catalog import history_rows
from shared.backups.catalog.history_rows import HistoryRows
from shared.installation.installation import Installation
from shared.model.backup import Backup, VerifyLevel
from shared.model.problem import Code, Problem
from shared.state.cursors import Cursors
from shared.storage.tables import Row
from tests.backups.kept import Kept
from tests.support.scenes import SERVICE

PARTITION = SERVICE.lower()


def rows_of(app: Installation) -> HistoryRows:
    cursors = Cursors(app.table("interkeepServices"))
    return HistoryRows(app.history, cursors, app.clock, app.telemetry)


async def listed(kept: Kept) -> list[Backup]:
    return [one async for page in kept.app.history.pages(SERVICE) for one in page]


async def test_what_is_listed_is_found_by_its_name_again(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    app = kept.app
    before = await listed(kept)
    name = before[0].name
    await app.history._table.delete(PARTITION, f"n!{name}")
    with pytest.raises(Problem) as refused:
        await app.backups.get(SERVICE, name)
    assert refused.value.code is Code.BACKUP_NOT_FOUND
    for _ in range(2):
        await app.inventory.run()
    assert caplog.text.count("HistoryRowMissing: ") == 1
    found = await app.backups.get(SERVICE, name)
    assert found.value == before[0]
    record = await app.verifications.start(found.value, VerifyLevel.DATA, "x", None)
    await app.engine.run(SERVICE, record.operation.id)
    assert [one.verify_status for one in await listed(kept)] == ["Succeeded", *[None] * 4]


async def test_what_is_found_by_its_name_is_listed_again(kept: Kept) -> None:
    app = kept.app
    before = await listed(kept)
    for one in before[:2]:
        await app.history._table.delete(PARTITION, app.history.place(one))
    assert await listed(kept) == before[2:]
    assert await rows_of(app).run() == 2
    assert await rows_of(app).run() == 0
    assert await listed(kept) == before


async def test_a_run_is_bounded_and_goes_on_with_the_next_service(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = kept.app
    first = (await listed(kept))[0]
    for service in ("aaa", "zzz"):
        await app.history.add(first.model_copy(update={"service": service}))
        await app.history._table.delete(service, f"n!{first.name}")
    monkeypatch.setattr(history_rows, "_MOST_SECONDS", 0)
    assert [await rows_of(app).run() for _ in range(5)] == [1, 0, 1, 0, 0]


async def test_a_row_that_cannot_be_read_stops_no_other(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    app = kept.app
    name = (await listed(kept))[0].name
    await app.history._table.delete(PARTITION, f"n!{name}")
    await app.history._table.insert(Row(PARTITION, "n!broken", {"backup": "{}"}))
    await app.history._table.insert(Row("aaa", "t!1!broken", {"backup": "{}"}))
    assert await rows_of(app).run() == 1
    assert "a later run looks again" in caplog.text
