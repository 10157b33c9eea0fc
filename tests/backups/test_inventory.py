"""What a history says of containers that somebody removes, damages or brings back by hand."""

from datetime import timedelta

import pytest

from shared.backups.catalog import inventory
from shared.model.backup import Backup, BackupStatus, ContainerSeen, Found
from shared.state.history import History
from shared.storage.tables import Replace
from tests.backups.kept import DAY, Kept
from tests.support.scenes import SERVICE, start_backup
from tests.support.stored import Undeleted


async def on_demand(kept: Kept) -> Backup:
    await start_backup(kept.app, "on-demand")
    await kept.all_run()
    return await entry(kept, "on-demand")


async def entry(kept: Kept, name: str) -> Backup:
    return (await kept.app.backups.get(SERVICE, name)).value


async def test_a_history_says_within_a_day_what_is_gone(kept: Kept) -> None:
    made = await on_demand(kept)
    seen = made.container_seen
    assert seen is not None
    assert (seen.found, seen.at) == (Found.WHOLE, made.completed_at)
    assert await kept.app.inventory.run() == 4, "those that were backed up a day ago"
    client = kept.app.accounts.require("offsite", "").get_container_client("on-demand")
    was = await Undeleted.of(client)
    await client.delete_container()
    assert await kept.app.inventory.run() == 0
    assert (await entry(kept, "on-demand")).status is BackupStatus.SUCCEEDED
    kept.clock.offset += DAY
    await kept.app.inventory.run()
    gone = await entry(kept, "on-demand")
    assert gone.status is BackupStatus.MISSING
    assert gone.container_seen is not None
    assert gone.container_seen.found is Found.MISSING
    others = [one.value for one in await kept.backups()]
    assert {str(one.container_seen.found) for one in others if one.container_seen} == {"There"}

    await was.undelete(client)
    kept.clock.offset += DAY
    await kept.app.inventory.run()
    assert (await entry(kept, "on-demand")).status is BackupStatus.SUCCEEDED


async def test_an_entry_of_an_earlier_version_learns_the_name_of_its_account(kept: Kept) -> None:
    before = (await kept.backups())[0].value
    assert before.account_name
    await kept.change(0, account_name=None, container_seen=None)
    await kept.app.inventory.run()
    after = (await kept.backups())[0].value
    assert after.account_name == before.account_name
    await kept.container(after).delete()
    kept.clock.offset += DAY
    await kept.app.inventory.run()
    assert (await kept.backups())[0].value.status is BackupStatus.MISSING


async def test_nothing_is_written_twice_a_day(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    change = History.change

    async def counted(history: History, backup: Backup, etag: str) -> str:
        written.append(backup.name)
        return await change(history, backup, etag)

    monkeypatch.setattr(History, "change", counted)
    kept.clock.offset += DAY
    for _ in range(3):
        await kept.app.inventory.run()
        kept.clock.offset += timedelta(hours=1)
    assert sorted(written) == [one.value.name for one in await kept.backups()]


async def test_what_was_damaged_is_looked_at_wholly(kept: Kept) -> None:
    one = (await kept.backups())[0].value
    container = kept.container(one)
    [path] = [name async for name in container.names("secrets/")]
    was = await container.read(path, 10**6)
    await container.remove(path)
    await kept.change(0, container_seen=ContainerSeen(found=Found.DAMAGED, at=kept.clock.now()))
    for there, found in ((False, Found.DAMAGED), (True, Found.WHOLE)):
        if there:
            await container.blob(path).upload_blob(was)
        kept.clock.offset += DAY
        await kept.app.inventory.run()
        seen = (await entry(kept, one.name)).container_seen
        assert seen is not None
        assert (seen.found, seen.at > kept.clock.now() - DAY) == (found, True)
    await container.blob(f"{one.name}.txt").delete_blob()
    kept.clock.offset += DAY
    await kept.app.inventory.run()
    seen = (await entry(kept, one.name)).container_seen
    assert seen is not None
    assert seen.found is Found.DAMAGED, "its container is there, without a descriptor"
    assert (await entry(kept, one.name)).status is BackupStatus.SUCCEEDED


@pytest.mark.parametrize("account_name", [None, "another"])
async def test_what_may_be_elsewhere_is_not_given_up(kept: Kept, account_name: str | None) -> None:
    await kept.change(0, storage_account="default", account_name=account_name)
    kept.clock.offset += DAY
    await kept.app.inventory.run()
    seen = (await kept.backups())[0].value
    assert seen.status is BackupStatus.SUCCEEDED
    assert seen.container_seen is not None
    wanted = Found.UNREADABLE if account_name else Found.MISSING
    assert seen.container_seen.found is wanted


async def test_an_account_that_is_gone_costs_little_and_stops_nothing(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not registered any more; and one that never answers."""
    await kept.change(0, storage_account="gone-since")
    kept.clock.offset += DAY
    monkeypatch.setattr(inventory, "_SECONDS", 0)
    before = [one.value for one in await kept.backups()]
    assert await kept.app.inventory.run() <= 5
    after = [one.value for one in await kept.backups()]
    assert after[1:] == before[1:], "nothing was learned"
    monkeypatch.undo()
    await kept.app.inventory.run()
    found = [one.value.container_seen for one in await kept.backups()]
    assert [str(seen.found) for seen in found if seen] == ["Unreadable"] + ["There"] * 4


async def test_a_run_is_bounded_and_goes_on_where_the_last_one_stopped(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.clock.offset += DAY
    monkeypatch.setattr(inventory, "_MOST_LOOKS", 2)
    monkeypatch.setattr(inventory, "_PIECE", 2)
    runs = [await kept.app.inventory.run() for _ in range(4)]
    assert runs == [2, 2, 1, 0]


async def test_a_row_that_cannot_be_read_stops_no_others(kept: Kept) -> None:
    table = kept.app.table("interkeepBackups")
    async for page in table.scan():
        row = next(row for row in page if row.key.startswith("t!"))
        row.values["backup"] = "{}"
        await table.transact([Replace(row, row.etag)])
        break
    kept.clock.offset += DAY
    assert await kept.app.inventory.run() == 4
