"""Rows that say what is due: a schedule that lost one goes on, and that it did is told."""

import logging
from datetime import timedelta

import pytest

from shared.model.schedule import Schedule, ScheduleBody
from shared.state.schedules import DueKind, due_key
from shared.storage.tables import Row
from shared.storage.versioned import Versioned
from tests.backups.kept import DAY, Kept
from tests.support.scenes import SERVICE

HOUR = timedelta(hours=1)


async def found(kept: Kept) -> Versioned[Schedule]:
    schedule = await kept.app.schedules.get(SERVICE)
    assert schedule is not None
    return schedule


async def keys(kept: Kept) -> set[str]:
    return {key async for page in kept.app.schedules.due_keys() for key in page}


async def lose(kept: Kept, *kinds: DueKind) -> None:
    """By hand, or by a table that was repaired row by row."""
    schedule = (await found(kept)).value
    times = {
        DueKind.BACKUP: schedule.next_run_at,
        DueKind.RETENTION: schedule.next_retention_at,
    }
    for kind in kinds:
        due = times[kind]
        assert due is not None
        await kept.app.schedules._table.delete("schedule", due_key(kind, due, SERVICE))


async def test_a_schedule_without_its_due_row_runs_again_and_that_is_told(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    await lose(kept, DueKind.BACKUP)
    kept.clock.offset += 4 * DAY
    before = len(await kept.backups())
    await kept.app.tick.run()
    await kept.all_run()
    assert len(await kept.backups()) == before
    with caplog.at_level(logging.ERROR):
        assert await kept.app.due_rows.run() == 1
        assert await kept.app.due_rows.run() == 0
    assert caplog.text.count("DueRowMissing: ") == 1
    [told] = [r.getMessage() for r in caplog.records if r.getMessage().startswith("BackupMissed")]
    assert '"missed":4' in told
    assert "was put back" in told
    await kept.app.tick.run()
    await kept.all_run()
    assert len(await kept.backups()) == before + 1
    assert len(await keys(kept)) == 2


@pytest.mark.parametrize("kind", DueKind)
async def test_what_is_not_due_yet_is_put_back_without_an_alert(
    kept: Kept, kind: DueKind, caplog: pytest.LogCaptureFixture
) -> None:
    whole = await keys(kept)
    await lose(kept, kind)
    assert await kept.app.due_rows.run() == 1
    assert await keys(kept) == whole
    assert f'"missing":"{kind}"' in caplog.text
    assert "BackupMissed" not in caplog.text


async def test_a_schedule_is_saved_without_its_due_rows(kept: Kept) -> None:
    """It was refused for ever: read it again and repeat."""
    app = kept.app
    service = (await app.services.require(SERVICE)).service
    await lose(kept, *DueKind)
    for days in (1, 2):
        before = await found(kept)
        body = {**before.value.body.to_json(), "frequencyDays": days, "retentionDays": 5}
        await app.schedule_settings.put(
            service, ScheduleBody.model_validate(body), "somebody", before
        )
        assert (await found(kept)).value.body.frequency_days == days
        await app.due_rows.run()
        assert len(await keys(kept)) == 2


async def test_a_schedule_is_saved_where_a_due_row_is_there_already(kept: Kept) -> None:
    app = kept.app
    before = await found(kept)
    assert before.value.next_run_at is not None
    later = before.value.model_copy(update={"next_run_at": before.value.next_run_at + HOUR})
    assert later.next_run_at is not None
    key = due_key(DueKind.BACKUP, later.next_run_at, SERVICE)
    await app.schedules._table.insert(Row("schedule", key, {"service": SERVICE}))
    await app.schedules.put(later, before)
    assert len(await keys(kept)) == 2
    assert key in await keys(kept)


@pytest.mark.parametrize("lost", [[DueKind.BACKUP], list(DueKind)], ids=["one", "both"])
async def test_a_schedule_is_ended_without_its_due_rows(kept: Kept, lost: list[DueKind]) -> None:
    service = (await kept.app.services.require(SERVICE)).service
    await lose(kept, *lost)
    await kept.app.schedule_settings.remove(service, await found(kept))
    assert await kept.app.schedules.get(SERVICE) is None
    assert await keys(kept) == set()


async def test_a_schedule_that_is_gone_has_nothing_put_back(kept: Kept) -> None:
    service = (await kept.app.services.require(SERVICE)).service
    await kept.app.schedule_settings.remove(service, await found(kept))
    assert await kept.app.due_rows.run() == 0
    assert await keys(kept) == set()


async def test_a_clock_that_is_off_tells_no_missed_backup(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    await lose(kept, DueKind.BACKUP)
    kept.clock.wrong = 40 * DAY
    assert await kept.app.due_rows.run() == 1
    assert "DueRowMissing" in caplog.text
    assert "BackupMissed" not in caplog.text
