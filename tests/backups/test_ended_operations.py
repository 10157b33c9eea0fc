"""What an entry says of an operation counts only while that operation is open."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupStatus, BackupUser, Found, VerifyLevel
from shared.model.operation import OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.operations.task import Task
from shared.rules.retention import Candidate
from shared.state.operations import OperationRow
from tests.backups.kept import DAY, Kept
from tests.support.scenes import FIRST, SECOND, SERVICE, fill, run, start_backup

Asks = Callable[[Installation], Awaitable[object]]


async def entry(app: Installation, name: str = SECOND) -> Backup:
    return (await app.backups.get(SERVICE, name)).value


async def change(app: Installation, name: str, **changes: Any) -> None:
    found = await app.backups.get(SERVICE, name)
    await app.history.change(found.value.model_copy(update=changes), found.etag)


async def refusal(asking: Awaitable[object]) -> Problem:
    with pytest.raises(Problem) as refused:
        await asking
    return refused.value


async def written(app: Installation) -> OperationRow:
    """The second backup, all of it written; its operation is open."""
    record = await start_backup(app, SECOND)
    await app.engine.works[OperationName.BACKUP].run(Task(record.operation))
    return record


async def end(app: Installation, record: OperationRow, status: OperationStatus) -> None:
    """Its record alone: nothing of what follows, and recovery does not know of it."""
    operation = record.operation
    found = await app.records.find(operation.service, operation.id)
    assert found is not None
    ended = {"status": status, "completed_at": app.clock.now(), "result": {"backup": SECOND}}
    await app.records.finish(operation.model_copy(update=ended), found[0].etag, unlock=True)
    await app.in_flight.drop(operation.service, operation.id)


async def remove_record(app: Installation, record: OperationRow) -> None:
    """By hand: all rows of the operation, and its lock."""
    partition = SERVICE.lower()
    async for page in app.records._table.pages(partition):
        for row in page:
            if row.key.endswith(f"!{record.operation.id}") or row.key == "!active":
                await app.records._table.delete(partition, row.key)
    await app.in_flight.drop(SERVICE, record.operation.id)


async def verify(app: Installation) -> None:
    backup = await entry(app)
    record = await app.verifications.start(backup, VerifyLevel.DATA, "x", None)
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.SUCCEEDED


async def open_it(app: Installation) -> None:
    await app.known_backups.open(SERVICE, SECOND)


async def register(app: Installation) -> None:
    await app.registration.register(
        "offsite", SECOND, accept_renamed=False, caller="x", operation_id=None
    )


async def pin(app: Installation) -> None:
    assert (await app.backups.pin(SERVICE, SECOND, True)).value.status is BackupStatus.SUCCEEDED


async def delete(app: Installation, *, force: bool = True) -> None:
    found = await app.backups.get(SERVICE, SECOND)
    record = await app.backups.delete(found, force=force, caller="x", operation_id=None)
    await run(app, record)
    assert (await entry(app)).status is BackupStatus.DELETED


@pytest.mark.parametrize("record_is", ["final", "gone"])
@pytest.mark.parametrize("asks", [verify, open_it, register, pin, delete])
async def test_running_counts_while_it_is_written(
    fresh_app: Installation, asks: Asks, record_is: str
) -> None:
    app = fresh_app
    await fill(app)
    record = await written(app)
    if asks is not pin:  # what is written may be pinned
        assert (await refusal(asks(app))).code is Code.BACKUP_IN_USE
    if record_is == "final":
        await end(app, record, OperationStatus.SUCCEEDED)
    else:
        await remove_record(app, record)
    await asks(app)
    now = await entry(app)
    if asks is open_it:
        assert now.status is BackupStatus.RUNNING, "who only looks writes nothing"
    elif asks is not delete:
        assert (now.status, now.digest is None) == (BackupStatus.SUCCEEDED, False)


async def test_the_only_good_one_is_not_deleted_because_it_says_running(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app)
    await end(app, await written(app), OperationStatus.SUCCEEDED)
    await change(app, FIRST, verify_status="Failed")
    assert (await refusal(delete(app, force=False))).code is Code.LAST_GOOD_BACKUP


@pytest.mark.parametrize("status", [OperationStatus.SUCCEEDED, OperationStatus.FAILED])
async def test_an_end_that_was_not_entered_is_entered(
    fresh_app: Installation, status: OperationStatus, caplog: pytest.LogCaptureFixture
) -> None:
    """Its row for recovery is gone: the inventory enters it again, and recovery settles it."""
    app = fresh_app
    await fill(app)
    record = await written(app)
    if status is OperationStatus.FAILED:
        await (
            app.accounts.require("offsite", "")
            .get_container_client(SECOND)
            .get_blob_client(f"{SECOND}.txt")
            .delete_blob()
        )
    await app.inventory.run()
    assert (await entry(app)).status is BackupStatus.RUNNING
    assert "InFlightMissing" not in caplog.text
    await end(app, record, status)
    await app.recovery.run()
    assert (await entry(app)).status is BackupStatus.RUNNING
    for _ in range(20):  # its record counts as just written for a second
        await app.inventory.run()
        await app.recovery.run()
        if (await entry(app)).status is not BackupStatus.RUNNING:
            break
        await asyncio.sleep(0.2)
    assert caplog.text.count("InFlightMissing: ") == 1
    assert (await entry(app)).status == str(status)
    there = await app.accounts.require("offsite", "").get_container_client(SECOND).exists()
    assert there is (status is OperationStatus.SUCCEEDED)
    assert [one async for page in app.in_flight.pages() for one in page] == []


@pytest.mark.parametrize("there", ["whole", "without a descriptor", "gone", "elsewhere"])
async def test_without_a_record_the_container_decides(fresh_app: Installation, there: str) -> None:
    app = fresh_app
    await fill(app)
    record = await written(app)
    await remove_record(app, record)
    client = app.accounts.require("offsite", "").get_container_client(SECOND)
    if there == "without a descriptor":
        await client.get_blob_client(f"{SECOND}.txt").delete_blob()
    elif there == "gone":
        await client.delete_container()
    elif there == "elsewhere":
        await change(app, SECOND, account_name="another")
        await client.delete_container()
    await app.inventory.run()
    wanted = {"whole": "Succeeded", "elsewhere": "Running"}.get(there, "Failed")
    assert (await entry(app)).status == wanted
    if wanted == "Failed" and there != "gone":
        await delete(app)


async def stale(kept: Kept, index: int = 0) -> list[BackupUser]:
    """Users whose operations have ended, or have no record."""
    user = await kept.reader(index)
    await kept.app.engine.run(SERVICE, user.operation)
    return [user, BackupUser(service="Another", operation="swept-since")]


async def test_users_that_have_ended_keep_nothing(kept: Kept) -> None:
    """Retention decides as if they were not there, and starts for it."""
    await kept.change(0, users=await stale(kept))
    await kept.change(4, users=await stale(kept))
    await kept.change(1, users=[await kept.reader()])
    schedule = await kept.app.schedules.get(SERVICE)
    assert schedule is not None
    doomed = [v.backup for v in await kept.app.retention_runs.verdicts(schedule.value) if v.delete]
    assert [one.name for one in doomed] == [(await kept.backups())[0].value.name]
    await kept.retain()
    assert await kept.held() == [False, True, True, True, True]
    assert [len(one.value.users) for one in await kept.backups()] == [0, 1, 0, 0, 0]


async def test_the_inventory_drops_users_that_have_ended(kept: Kept) -> None:
    reader = await kept.reader()
    await kept.change(0, users=[*await stale(kept), reader])
    await kept.change(1, users=await stale(kept), storage_account="gone-since")
    kept.clock.offset += timedelta(minutes=1)
    await kept.app.inventory.run()
    assert [one.value.users for one in await kept.backups()] == [[reader], [], [], [], []]


async def test_whoever_is_refused_by_a_user_asks_whether_it_reads(kept: Kept) -> None:
    """A deletion, and a purge that counts on the other one."""
    for one in (await kept.backups())[:3]:
        await kept.container(one.value).delete()
    await kept.change(3, users=[await kept.reader(3)])
    await kept.change(4, users=await stale(kept, 3))
    for index, code in ((3, Code.BACKUP_IN_USE), (4, Code.LAST_GOOD_BACKUP)):
        found = (await kept.backups())[index]
        asking = kept.app.backups.delete(found, force=False, caller="x", operation_id=None)
        assert (await refusal(asking)).code is code
    await kept.change(3, users=await stale(kept, 4))
    found = (await kept.backups())[4]
    record = await kept.app.backups.delete(found, force=False, caller="x", operation_id=None)
    await kept.change(3, users=await stale(kept, 4))
    await kept.app.engine.run(SERVICE, record.operation.id)
    assert (await kept.held())[3:] == [True, False]


async def test_a_user_that_begins_while_others_are_dropped_stays(kept: Kept) -> None:
    """Each write is of the version that was read."""
    app = kept.app
    await kept.change(4, users=await stale(kept))
    found = (await kept.backups())[4]
    record = await app.verifications.start(found.value, VerifyLevel.DESCRIPTOR, "x", None)
    await app.backup_users.enter(found, record.operation)
    after = await app.backup_users.still(found)
    mine = BackupUser(service=SERVICE, operation=record.operation.id)
    assert after.value.users == [mine]
    assert (await kept.backups())[4] == after


async def marked(kept: Kept, index: int, **changes: Any) -> None:
    before = (await kept.backups())[index].value
    mark = {
        "status": BackupStatus.DELETING,
        "deleting_from": before.status,
        "deleting_seen": True,
        "deleted_by": "ended-long-ago",
        "deleted_because": "on demand",
    }
    await kept.change(index, **{**mark, **changes})


async def test_a_mark_whose_purge_has_ended_is_taken_back_and_counts_again(kept: Kept) -> None:
    before = (await kept.backups())[4].value
    for one in (await kept.backups())[:3]:
        await kept.container(one.value).delete()
    await marked(kept, 4)
    found = (await kept.backups())[3]
    asking = kept.app.backups.delete(found, force=False, caller="x", operation_id=None)
    assert (await refusal(asking)).code is Code.LAST_GOOD_BACKUP
    await kept.app.inventory.run()
    after = (await kept.backups())[4].value
    assert after.model_copy(update={"container_seen": before.container_seen}) == before
    await kept.app.backups.delete(found, force=False, caller="x", operation_id=None)


async def test_a_mark_whose_purge_is_open_stays(kept: Kept) -> None:
    found = (await kept.backups())[0]
    record = await kept.app.backups.delete(found, force=True, caller="x", operation_id=None)
    await marked(kept, 0, deleted_by=record.operation.id)
    there = (await kept.backups())[0]
    await kept.app.records._table.delete(SERVICE.lower(), f"i!{record.operation.id}")
    await kept.app.inventory.run()
    assert (await kept.backups())[0] == there, "also where no row leads to its record"


@pytest.mark.parametrize(
    ("seen", "status"), [(True, BackupStatus.DELETED), (None, BackupStatus.MISSING)]
)
async def test_a_purge_that_stopped_behind_its_removal_is_told(
    kept: Kept, seen: bool | None, status: BackupStatus
) -> None:
    await marked(kept, 0, deleting_seen=seen)
    await kept.container((await kept.backups())[0].value).delete()
    await kept.app.inventory.run()
    after = (await kept.backups())[0].value
    assert after.status is status
    assert after.container_seen is not None
    assert after.container_seen.found is Found.MISSING


async def test_a_mark_of_what_may_be_elsewhere_is_taken_back(kept: Kept) -> None:
    """Nothing tells that it is gone."""
    await marked(kept, 0, storage_account="default")
    await marked(kept, 1, storage_account="gone-since")
    await kept.app.inventory.run()
    statuses = [one.value.status for one in await kept.backups()]
    assert statuses == [BackupStatus.SUCCEEDED] * 5


async def test_an_operation_that_cannot_be_read_stops_no_other(kept: Kept) -> None:
    """A newer version wrote its record: nothing is known of it, and its user stays."""
    reader = await kept.reader()
    await kept.change(0, users=[reader])
    await kept.change(1, users=await stale(kept))
    table = kept.app.records._table
    async for page in table.pages(SERVICE.lower(), after="t!"):
        for row in page:
            if row.key.endswith(reader.operation):
                await table.replace(type(row)(row.partition, row.key, {"document": "{}"}), None)
    await kept.app.inventory.run()
    assert [len(one.value.users) for one in (await kept.backups())[:2]] == [1, 0]


async def test_two_inventories_at_once(kept: Kept) -> None:
    for index in range(5):
        await kept.change(index, users=await stale(kept))
    await marked(kept, 4)
    await asyncio.gather(kept.app.inventory.run(), kept.app.inventory.run())
    after = [one.value for one in await kept.backups()]
    assert [one.users for one in after] == [[]] * 5
    assert [Candidate.of(one).good for one in after] == [True] * 5
    kept.clock.offset += DAY
    assert await kept.app.inventory.run() == 5
