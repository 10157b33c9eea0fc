"""Retention on real storage: what must never be deleted, whatever breaks or lies."""

from datetime import timedelta
from typing import Any

import pytest

from shared.backups.catalog.removal import Removal
from shared.blobs.backup_container import Ownership
from shared.model.backup import Backup, BackupStatus
from shared.model.problem import Code, Problem
from shared.model.schedule import ScheduleBody
from tests.backups.kept import DAY, Kept
from tests.support.scenes import SERVICE


async def test_what_has_had_its_time_goes(kept: Kept) -> None:
    record = await kept.retain()
    assert await kept.held() == [False, False, True, True, True]
    assert record.operation.status == "Succeeded"
    deleted = record.operation.result["deleted"]  # type: ignore[index]
    assert [one["reasons"] for one in deleted] == [["older-than-3-days"]] * 2  # type: ignore
    gone = (await kept.backups())[0].value
    assert gone.status is BackupStatus.DELETED
    assert gone.deleted_by == record.operation.id
    assert gone.deleted_at is not None
    assert (await kept.retain()).operation.result == {"deleted": [], "considered": 3}


async def test_a_list_error_deletes_nothing(kept: Kept) -> None:
    """restic 4612: a list error that was read as an empty list."""
    kept.storage.list_error = True
    record = await kept.retain()
    assert kept.storage.lists
    assert record.operation.status != "Succeeded"
    assert record.operation.error is not None
    kept.storage.list_error = False
    assert await kept.held() == [True] * 5


async def test_a_clock_that_is_ahead_starts_nothing(kept: Kept) -> None:
    """Else each schedule ran once, and then not again for as long as the clock was ahead."""
    before = await kept.app.schedules.get(SERVICE)
    kept.clock.wrong = 40 * DAY
    assert await kept.app.tick.run() == 0
    after = await kept.app.schedules.get(SERVICE)
    assert before is not None
    assert after is not None
    assert after.value == before.value
    kept.clock.wrong = timedelta()
    kept.clock.offset += DAY
    assert await kept.app.tick.run() > 0


@pytest.mark.parametrize("days", [-1, 1], ids=["a day behind", "a day ahead"])
async def test_a_clock_that_is_a_day_off_deletes_nothing(kept: Kept, days: int) -> None:
    kept.clock.wrong = days * DAY
    record = await kept.retain()
    assert await kept.held() == [True] * 5
    [warning] = record.operation.warnings
    assert warning.code == "ClocksDiffer"
    assert "Set the machine's clock" in warning.message
    kept.clock.wrong = timedelta(minutes=4)
    await kept.retain()
    assert await kept.held() == [False, False, True, True, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"pinned": True},
        {"users": []},
        {"service_id": "an-earlier-life"},
        {"registered": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_what_stays(kept: Kept, changes: dict[str, Any]) -> None:
    if "users" in changes:
        changes = {"users": [await kept.reader()]}
    await kept.change(0, **changes)
    await kept.retain()
    assert await kept.held() == [True, False, True, True, True]


async def test_another_installations_container_is_never_touched(kept: Kept) -> None:
    """Velero 5509: the history alone does not say whose a container is."""
    oldest = (await kept.backups())[0].value
    container = kept.app.accounts.require("offsite", "").get_container_client(oldest.container)
    metadata = (await container.get_container_properties()).metadata
    await container.set_container_metadata({**metadata, "interkeep_installation": "another"})
    record = await kept.retain()
    assert record.operation.status == "PartiallySucceeded"
    [warning] = record.operation.warnings
    assert warning.target == oldest.name
    assert "names another maker" in warning.message
    assert await kept.held() == [True, False, True, True, True]
    assert (await kept.backups())[0].value.status is BackupStatus.SUCCEEDED, "not even marked"


async def test_a_container_that_changed_hands_after_the_mark_stays(kept: Kept) -> None:
    """Days may lie between mark and removal: whose it is, is asked before the removal itself."""
    await kept.change(0, status=BackupStatus.DELETING, deleted_by="an-earlier-purge")
    marked = (await kept.backups())[0]
    container = kept.container(marked.value)
    await container.delete()
    await container.create(Ownership("another", "another-service", "another-operation"))
    with pytest.raises(Problem) as refused:
        await kept.app.removal.remove(marked, (await kept.retain()).operation)
    assert refused.value.code is Code.BACKUP_IN_USE
    assert await container.exists()


async def test_what_is_gone_already_is_no_error(kept: Kept) -> None:
    """Velero 3094."""
    await kept.container((await kept.backups())[0].value).delete()
    record = await kept.retain()
    assert record.operation.status == "Succeeded"
    assert await kept.held() == [False, False, True, True, True]


async def test_a_backup_under_way_is_left_alone(kept: Kept) -> None:
    """pgBackRest 2622: expire while a backup runs touches nothing of it."""
    await kept.change(0, status=BackupStatus.RUNNING, completed_at=None)
    await kept.retain()
    assert await kept.held() == [True, False, True, True, True]


async def test_pinned_between_deciding_and_deleting(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark is conditional: whoever wrote the row since the decision wins."""
    sees = type(kept.app.removal).sees

    async def pinned_meanwhile(self: Removal, backup: Backup) -> bool:
        found = await sees(self, backup)
        if backup.status is BackupStatus.SUCCEEDED and not backup.pinned:
            await kept.app.backups.pin(SERVICE, backup.name, True)
        return found

    monkeypatch.setattr(type(kept.app.removal), "sees", pinned_meanwhile)
    record = await kept.retain()
    assert record.operation.result == {"deleted": [], "considered": 5}
    assert await kept.held() == [True] * 5


async def test_status_none_stops_retention_too(kept: Kept) -> None:
    service = (await kept.app.services.require(SERVICE)).service
    before = await kept.app.schedules.get(SERVICE)
    none = ScheduleBody.model_validate({"status": "None"})
    await kept.app.schedule_settings.put(service, none, "test", before)
    await kept.retain()
    kept.clock.offset += 30 * DAY
    assert await kept.app.tick.run() == 0
    assert await kept.held() == [True] * 5


async def test_a_purge_that_stops_half_way_is_finished_by_the_next(kept: Kept) -> None:
    """The mark alone: the process stopped before the container went."""
    await kept.change(0, status=BackupStatus.DELETING, deleted_by="an-earlier-purge")
    record = await kept.retain()
    assert await kept.held() == [False, False, True, True, True]
    deleted = record.operation.result["deleted"]  # type: ignore[index]
    assert ["deletion-under-way"] in [one["reasons"] for one in deleted]  # type: ignore


async def test_a_schedule_of_an_earlier_life_starts_nothing(kept: Kept) -> None:
    """The deletion of its service stopped before it took the schedule out; the name came back."""
    found = await kept.app.schedules.get(SERVICE)
    assert found is not None
    before = found.value.model_copy(update={"service_id": "an-earlier-life"})
    await kept.app.schedules.put(before, found)
    kept.clock.offset += DAY
    await kept.app.tick.run()
    assert await kept.app.schedules.get(SERVICE) is None
    assert [entry async for page in kept.app.in_flight.pages() for entry in page] == []
