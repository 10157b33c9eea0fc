"""What retention counts on was found whole in that very run: a row alone pushes nobody out."""

import json
from typing import Any

import pytest

from shared.backups.catalog.presence import Presence
from shared.backups.catalog.removal import Removal
from shared.model.backup import Backup, BackupStatus, Found
from shared.model.problem import Code, Problem
from shared.model.schedule import ScheduleBody
from tests.backups.kept import DAY, Kept
from tests.support.scenes import SERVICE


async def keep(kept: Kept, *, at_least_one: bool = True, **slots: int) -> None:
    """Two days, and so many of each kind; and all that there is is older."""
    found = await kept.app.schedules.get(SERVICE)
    assert found is not None
    wanted = {
        **found.value.body.to_json(),
        "retentionDays": 2,
        "keepAtLeastOne": at_least_one,
        "keep": slots,
    }
    body = ScheduleBody.model_validate(wanted)
    await kept.app.schedules.put(found.value.model_copy(update={"body": body}), found)
    kept.clock.offset += 20 * DAY


async def backups(kept: Kept) -> list[Backup]:
    return [one.value for one in await kept.backups()]


async def damaged(kept: Kept, index: int, what: str) -> None:
    """Break one backup in some way that its row says nothing of."""
    backup = (await backups(kept))[index]
    container = kept.container(backup)
    descriptor = container.blob(f"{backup.name}.txt")
    if what == "container":
        await container.delete()
    elif what == "descriptor":
        await descriptor.delete_blob()
    elif what == "forged":
        text = await (await descriptor.download_blob()).readall()
        await descriptor.upload_blob(text.replace(b"Basic", b"Extra"), overwrite=True)
    else:
        path = next(iter([name async for name in container.names(what)]))
        if what == "sections/":
            await container.blob(path).upload_blob(b"short", overwrite=True)
        else:
            await container.remove(path)


@pytest.mark.parametrize("what", ["container", "descriptor", "forged", "sections/", "secrets/"])
async def test_what_is_not_whole_pushes_nobody_out(kept: Kept, what: str) -> None:
    await keep(kept, daily=3)
    await damaged(kept, 3, what)
    await kept.retain()
    gone = what == "container"
    assert await kept.held() == [False, True, True, False, True], "three whole ones are left"
    found = (await backups(kept))[3]
    assert found.status is (BackupStatus.MISSING if gone else BackupStatus.DELETED)


async def test_the_story_of_three_days(kept: Kept) -> None:
    """The newest went by hand; a run much later keeps three that are there, not two."""
    await keep(kept, daily=3)
    await kept.container((await backups(kept))[4]).delete()
    await kept.retain()
    assert await kept.held() == [False, True, True, True, False]
    listed = [one async for page in kept.app.retention_runs.explained(SERVICE) for one in page]
    shown = {one.backup.name: one for one in listed}
    names = [backup.name for backup in await backups(kept)]
    assert shown[names[4]].verdict is None
    reasons = [shown[name].verdict.reasons for name in names[1:4]]  # type: ignore[union-attr]
    assert [list(r)[-1] for r in reasons] == ["daily-3", "daily-2", "daily-1"]
    for index in (1, 2, 3):
        seen = (await backups(kept))[index].container_seen
        assert seen is not None
        assert seen.found is Found.WHOLE


async def test_only_what_is_needed_is_looked_at(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keep(kept, daily=2)
    looked: list[str] = []
    look = Presence._look

    async def counted(presence: Presence, backup: Backup, *more: Any) -> object:
        looked.append(backup.name)
        return await look(presence, backup, *more)

    monkeypatch.setattr(Presence, "_look", counted)
    names = [backup.name for backup in await backups(kept)]
    await kept.retain()
    assert sorted(looked) == names[3:]
    looked.clear()
    await kept.retain()
    assert looked == [], "nothing goes, so nothing is looked at"


@pytest.mark.parametrize("at_least_one", [True, False])
async def test_what_nobody_can_check_stays_and_counts_for_nothing(
    kept: Kept, at_least_one: bool
) -> None:
    """Its key is not there. The others go as if it were not; not, where it may be the last."""
    await keep(kept, at_least_one=at_least_one, daily=2)
    backup = (await backups(kept))[4]
    blob = kept.container(backup).blob(f"{backup.name}.txt")
    document = json.loads(await (await blob.download_blob()).readall())
    document["seal"]["keyId"] = "0123456789abcdef"
    await blob.upload_blob(json.dumps(document), overwrite=True)
    record = await kept.retain()
    [warning] = record.operation.warnings
    assert warning.code == "KeyUnavailable"
    if at_least_one:
        assert await kept.held() == [True] * 5
    else:
        assert await kept.held() == [False, False, True, True, True]
        assert warning.target == backup.name
        assert "counts for nothing" in warning.message


async def test_an_account_that_is_not_registered_any_more_stops_no_others(kept: Kept) -> None:
    await keep(kept, at_least_one=False, daily=1)
    await kept.change(3, storage_account="gone-since")
    await kept.change(4, storage_account="gone-since")
    record = await kept.retain()
    codes = {warning.code for warning in record.operation.warnings}
    assert codes == {"StorageAccountUnknown"}
    assert await kept.held() == [False, False, True, True, True]


async def test_very_many_that_are_gone(kept: Kept) -> None:
    """Rows whose containers are gone fill no place, however many they are."""
    await keep(kept, daily=2)
    template = (await backups(kept))[4]
    for number in range(150):
        name = f"gone-{number:03}"
        at = template.started_at + number * DAY / 20
        ghost = {"name": name, "container": name, "started_at": at, "completed_at": at}
        await kept.app.history.add(template.model_copy(update=ghost))
    await kept.retain()
    names = {one.name for one in (await backups(kept)) if not one.name.startswith("gone")}
    there = {one.name for one in await backups(kept) if await kept.container(one).exists()}
    assert there == set(sorted(names)[-2:])


async def test_a_mark_is_taken_back_where_nothing_else_can_be_counted_on(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A purge without force stopped behind its mark; the only other good one is being read."""
    for one in (await backups(kept))[:3]:
        await kept.container(one).delete()
    three = (await kept.backups())[3]
    await kept.app.backups.delete(three, force=False, caller="x", operation_id=None)
    marked = three.value.model_copy(
        update={
            "status": BackupStatus.DELETING,
            "deleting_from": BackupStatus.SUCCEEDED,
            "deleted_by": "a-purge-that-stopped",
        }
    )
    await kept.app.history.change(marked, three.etag)
    await kept.change(4, users=[await kept.reader()])
    record = await kept.retain()
    assert [warning.code for warning in record.operation.warnings] == ["LastGoodBackup"]
    assert await kept.held() == [False, False, False, True, True]
    assert (await backups(kept))[3].status is BackupStatus.SUCCEEDED
    await kept.change(4, users=[], verify_status="Failed")
    assert (await backups(kept))[3].is_good(), "the verify found the other one bad"


async def test_a_mark_is_taken_back_where_the_other_one_went(kept: Kept) -> None:
    for one in (await backups(kept))[:3]:
        await kept.container(one).delete()
    marked = {"deleting_from": BackupStatus.SUCCEEDED, "deleted_by": "a-purge-that-stopped"}
    await kept.change(3, status=BackupStatus.DELETING, **marked)
    await kept.container((await backups(kept))[4]).delete()
    await kept.retain()
    assert await kept.held() == [False, False, False, True, False]
    assert (await backups(kept))[3].status is BackupStatus.SUCCEEDED


async def test_what_is_being_read_is_not_what_is_left(kept: Kept) -> None:
    for one in (await backups(kept))[:3]:
        await kept.container(one).delete()
    await kept.change(4, users=[await kept.reader()])
    three = (await kept.backups())[3]
    with pytest.raises(Problem) as refused:
        await kept.app.backups.delete(three, force=False, caller="x", operation_id=None)
    assert refused.value.code is Code.LAST_GOOD_BACKUP


async def test_one_that_is_read_since_the_decision_is_not_counted_on(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    sees = Removal.sees

    async def read_meanwhile(removal: Removal, backup: Backup) -> bool:
        if not (await backups(kept))[4].users:
            await kept.change(4, users=[await kept.reader()])
        return await sees(removal, backup)

    monkeypatch.setattr(Removal, "sees", read_meanwhile)
    await kept.retain()
    assert await kept.held() == [True] * 5


async def test_an_alias_that_leads_elsewhere_makes_nothing_deleted(kept: Kept) -> None:
    """All of them are where the alias led before."""
    for index in range(5):
        await kept.change(index, storage_account="default")
    await keep(kept, at_least_one=False)
    record = await kept.retain()
    assert {warning.code for warning in record.operation.warnings} == {"StorageAccountUnknown"}
    assert [one.status for one in await backups(kept)] == [BackupStatus.SUCCEEDED] * 5
    assert await kept.held() == [True] * 5


async def test_entries_that_name_no_account_are_given_up_with_caution(kept: Kept) -> None:
    """An earlier version entered them: nothing says that the alias leads where it led."""
    for index in range(5):
        await kept.change(index, storage_account="default", account_name=None)
    await keep(kept, at_least_one=False, daily=2)
    await kept.retain()
    assert [one.status for one in await backups(kept)] == [BackupStatus.SUCCEEDED] * 5
