"""Which backup retention counts on: one that is good, as far as anybody can tell right now."""

import json
from typing import Any

import pytest

from shared.backups.catalog.removal import Removal
from shared.model.backup import Backup, BackupStatus, VerifyLevel
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.schedule import ScheduledVerify
from shared.rules.retention import Candidate
from tests.backups.kept import DAY, Kept
from tests.support.scenes import SERVICE


async def test_a_newer_backup_whose_key_is_not_at_hand_is_not_worth_nothing(kept: Kept) -> None:
    """It may be the only good one: nobody can tell before the key is back."""
    newest = (await kept.backups())[-1].value
    blob = kept.container(newest).blob(f"{newest.container}.txt")
    whole = await (await blob.download_blob()).readall()
    document = json.loads(whole)
    document["seal"]["keyId"] = "0123456789abcdef"
    await blob.upload_blob(json.dumps(document), overwrite=True)
    record = await kept.retain()
    assert await kept.held() == [True] * 5
    [warning] = record.operation.warnings
    assert warning.code == "KeyUnavailable"
    assert "Retention deleted nothing" in warning.message
    await blob.upload_blob(whole, overwrite=True)
    await kept.retain()
    assert await kept.held() == [False, False, True, True, True]


async def test_what_was_undeleted_counts_again(kept: Kept) -> None:
    missing = (await kept.backups())[-1]
    await kept.change(-1, status=BackupStatus.MISSING)
    assert [key async for page in kept.app.history.key_ids() for key in page], "it may come back"
    record = await kept.app.verifications.start(
        (await kept.backups())[-1].value, VerifyLevel.DESCRIPTOR, "somebody", None
    )
    await kept.app.engine.run(SERVICE, record.operation.id)
    found = (await kept.backups())[-1].value
    assert (found.name, found.status) == (missing.value.name, BackupStatus.SUCCEEDED)


async def test_retention_waits_for_the_verify_of_the_backup_that_it_would_count_on(
    kept: Kept,
) -> None:
    """Else the old good ones were gone a minute before the new one was found bad."""
    found = await kept.app.schedules.get(SERVICE)
    assert found is not None
    body = found.value.body.model_copy(
        update={"verify": ScheduledVerify(level=VerifyLevel.DATA, every_nth_backup=1)}
    )
    await kept.app.schedules.put(found.value.model_copy(update={"body": body}), found)
    kept.clock.offset += DAY
    await kept.app.tick.run()
    await kept.run_all_of(OperationName.PURGE_BACKUP)
    kept.clock.offset += 10 * DAY
    await kept.run_all_of(OperationName.BACKUP)
    newest = (await kept.backups())[-1].value
    assert newest.status is BackupStatus.SUCCEEDED
    section = next(part.name for part in newest.sections)
    paths = [name async for name in kept.container(newest).names("sections/")]
    path = next(name for name in paths if section in name)
    blob = kept.container(newest).blob(path)
    data = bytearray(await (await blob.download_blob()).readall())
    data[len(data) // 2] ^= 1
    await blob.upload_blob(bytes(data), overwrite=True)
    for kind in (OperationName.PURGE_BACKUP, OperationName.VERIFY_BACKUP):
        await kept.run_all_of(kind)
    for _ in range(2):
        await kept.all_run()
    bad = (await kept.backups())[-1].value
    assert (bad.name, bad.verify_status) == (newest.name, "Failed")
    assert (await kept.held())[-2] is True, "the newest good one is kept"


async def test_the_newest_good_one_is_one_that_can_be_read(kept: Kept) -> None:
    """Rows alone are no backups: three containers are gone, one descriptor was changed."""
    backups = [one.value for one in await kept.backups()]
    for backup in backups[3:]:
        await kept.container(backup).delete()
    damaged = kept.container(backups[2])
    path = f"{backups[2].name}.txt"
    text = await damaged.read(path, 10**6)
    await damaged.blob(path).upload_blob(text.replace(b"Basic", b"Extra"), overwrite=True)
    kept.clock.offset += 9 * DAY
    await kept.retain()
    statuses = [one.value.status for one in await kept.backups()]
    assert statuses[3:] == [BackupStatus.MISSING] * 2
    assert await kept.held() == [False, True, False, False, False], "the newest readable one"
    assert statuses[:3] == [BackupStatus.DELETED, BackupStatus.SUCCEEDED, BackupStatus.DELETED]


async def test_on_demand_too_one_that_can_be_read_is_left(kept: Kept) -> None:
    """The history alone knows four others: their containers are gone."""
    for one in (await kept.backups())[1:]:
        await kept.container(one.value).delete()
    last = await kept.app.backups.get(SERVICE, (await kept.backups())[0].value.name)
    with pytest.raises(Problem) as refused:
        await kept.app.backups.delete(last, force=False, caller="x", operation_id=None)
    assert refused.value.code is Code.LAST_GOOD_BACKUP
    assert await kept.held() == [True, False, False, False, False]


async def test_a_backup_that_is_being_read_is_not_the_one_to_count_on(kept: Kept) -> None:
    """A verify may find the newest one bad: the next one stays until that is known."""
    await kept.change(4, users=[await kept.reader()])
    kept.clock.offset += 30 * DAY
    await kept.retain()
    assert await kept.held() == [False, False, False, True, True]


async def test_without_a_readable_backup_nothing_goes(kept: Kept) -> None:
    for one in await kept.backups():
        container = kept.container(one.value)
        await container.blob(f"{one.value.name}.txt").delete_blob()
    kept.clock.offset += 30 * DAY
    await kept.retain()
    assert await kept.held() == [True] * 5


async def test_an_alias_that_stands_for_another_account_makes_nothing_missing(kept: Kept) -> None:
    """Its containers are where it pointed before: they count for nothing, and are not given up."""
    await kept.container((await kept.backups())[4].value).delete()
    await kept.change(4, storage_account="default")
    await kept.retain()
    assert (await kept.backups())[4].value.status is BackupStatus.SUCCEEDED
    assert (await kept.held())[3] is True, "the newest that can be read"


async def test_one_that_changed_since_it_was_listed_is_not_counted_on(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verify found it bad while this one read on."""
    candidates = type(kept.app.removal).candidates

    async def found_bad_meanwhile(removal: Removal, *asked: Any) -> list[Candidate]:
        found = await candidates(removal, *asked)
        await kept.change(4, verify_status="Failed")
        return found

    monkeypatch.setattr(type(kept.app.removal), "candidates", found_bad_meanwhile)
    kept.clock.offset += 30 * DAY
    await kept.retain()
    assert await kept.held() == [False, False, False, True, False]


async def test_a_purge_that_stopped_behind_its_removal_is_finished(kept: Kept) -> None:
    """The only good one, whose container went already: the mark is not taken back. What no purge
    saw before it was gone is missing."""
    for one in await kept.backups():
        await kept.container(one.value).delete()
    for seen, status in ((True, BackupStatus.DELETED), (None, BackupStatus.MISSING)):
        await kept.change(
            4,
            status=BackupStatus.DELETING,
            deleting_from=BackupStatus.SUCCEEDED,
            deleting_seen=seen,
            deleted_by="an-earlier-purge",
        )
        last = (await kept.backups())[4]
        record = await kept.app.backups.delete(last, force=False, caller="x", operation_id=None)
        await kept.app.engine.run(SERVICE, record.operation.id)
        assert (await kept.backups())[4].value.status is status


async def test_retention_deletes_nothing_where_the_one_it_counts_on_goes(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deletes it, by force, between the decision and the first mark."""
    sees = type(kept.app.removal).sees

    async def marked_meanwhile(removal: Removal, backup: Backup) -> bool:
        found = await sees(removal, backup)
        if (await kept.backups())[4].value.is_good():
            await kept.change(4, status=BackupStatus.DELETING)
        return found

    monkeypatch.setattr(type(kept.app.removal), "sees", marked_meanwhile)
    record = await kept.retain()
    assert {warning.code for warning in record.operation.warnings} == {"LastGoodBackup"}
    assert await kept.held() == [True] * 5
    statuses = [one.value.status for one in await kept.backups()]
    assert statuses == [BackupStatus.SUCCEEDED] * 4 + [BackupStatus.DELETING], "marks taken back"
