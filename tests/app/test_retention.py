"""What retention keeps, and how a backup goes, through HTTP on a clock that is moved."""

import time
from datetime import timedelta

from azure.storage.blob.aio import ContainerClient

from shared.model.wire import rfc3339
from tests.app.scheduled import TestClock, put, schedule, settled
from tests.support.api import Api, x12_document
from tests.support.deployed import Deployed
from tests.support.stored import Undeleted

ALONE = True
"""The clock moves, and timers run by hand."""


async def test_the_newest_good_one_outlives_its_time(api: Api, clock: TestClock) -> None:
    name = await api.service()
    await put(api, name)
    await clock.days(1)
    [only] = await settled(api, name)
    await api.post(f"services/{name}/disable")
    await clock.days(9)
    await clock.tick()
    found = await settled(api, name)
    assert [b["status"] for b in found] == ["Failed", "Succeeded"]
    assert found[1]["retention"]["reasons"] == ["last-good"]
    failed = found[0]
    assert "Disabled, which does not allow backup" in failed["error"]
    assert failed["missed"] == 8
    service = (await api.get(f"services/{name}")).body
    assert service["lastScheduledBackup"]["status"] == "Failed"
    assert service["lastBackup"]["name"] == failed["name"]
    schedule_now = (await api.get(f"services/{name}/backup-schedule")).body
    assert schedule_now["lastRunStatus"] == "Failed"
    assert schedule_now["nextRunAt"] > rfc3339(clock.now()), "the schedule moves on"
    assert only["name"] == found[1]["name"]


async def test_pinned_backups_stay(api: Api, clock: TestClock) -> None:
    name = await api.service()
    await put(api, name)
    await clock.days(1)
    [first] = await settled(api, name)
    path = f"services/{name}/backups/{first['name']}"
    read = await api.get(path)
    pinned = await api.call(
        "PATCH", path, {"pinned": True}, headers={"If-Match": read.headers["ETag"]}
    )
    assert (pinned.status, pinned.body["pinned"]) == (200, True)
    stale = await api.call(
        "PATCH", path, {"pinned": False}, headers={"If-Match": read.headers["ETag"]}
    )
    assert stale.code == "ConditionNotMet"
    assert (await api.call("PATCH", path, {"pinned": "yes"})).code == "InvalidRequest"
    assert (await api.delete(path)).code == "BackupPinned"
    await clock.days(1)
    await settled(api, name)
    await clock.days(6)
    found = await settled(api, name)
    assert [b["status"] for b in found] == ["Succeeded", "Deleted", "Succeeded"]
    assert found[2]["retention"]["reasons"] == ["pinned"]
    gone = await api.call("PATCH", f"services/{name}/backups/{found[1]['name']}", {"pinned": True})
    assert gone.code == "BackupNotFound"


async def test_deleting_backups_by_hand(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    first = await api.backup(name)
    path = f"services/{name}/backups/{first}"
    refused = await api.delete(path)
    assert (refused.status, refused.code) == (409, "LastGoodBackup")
    assert (await api.delete(f"{path}?force=perhaps")).code == "InvalidRequest"
    second = await api.backup(name)
    headers = {"Operation-Id": "delete-first"}
    accepted = await api.delete(path, headers=headers)
    monitor = await api.succeeded(accepted)
    assert monitor["result"]["deleted"] == [{"backup": first, "storageAccount": "offsite"}]
    again = await api.delete(path, headers=headers)
    assert again.headers["Operation-Location"] == accepted.headers["Operation-Location"]
    await api.succeeded(await api.delete(path))

    gone = (await api.get(path)).body
    assert (gone["status"], gone["deletedBecause"]) == ("Deleted", "on demand")
    body = {"name": first, "storageAccount": "offsite"}
    used = await api.post(f"services/{name}/backups", body)
    assert used.code == "BackupNameInUse", "a name is used once, for ever"
    restore = {"backup": {"storageAccount": "offsite", "container": first}}
    assert (await api.post("restores", restore)).code == "BackupNotFound"

    await api.succeeded(await api.delete(f"services/{name}"))
    other = f"services/{name}/backups/{second}"
    assert (await api.delete(other)).code == "LastGoodBackup", "also of a service that is gone"
    await api.succeeded(await api.delete(f"{other}?force=true"))
    assert (await api.delete(f"services/{name}/backups/none")).code == "BackupNotFound"


async def test_the_preview_says_what_happens(api: Api, clock: TestClock) -> None:
    name = await api.service()
    path = f"services/{name}/backup-schedule/preview"
    assert (await api.post(path, {"days": 5})).code == "ScheduleNotFound"
    tried = await api.post(path, {"days": 5, "schedule": schedule()})
    assert len(tried.body["runs"]) == 5
    assert (await api.get(f"services/{name}/backup-schedule")).code == "ScheduleNotFound"
    none = await api.post(path, {"days": 5, "schedule": {"status": "None"}})
    assert none.code == "InvalidRequest"
    assert (await api.post(path, {"days": 0})).code == "InvalidRequest"

    # The clock goes by whole days: a due time just before now runs on its own day at any hour.
    start = rfc3339(clock.now() - timedelta(days=300, minutes=1))
    await put(api, name, startAt=start, keep={"weekly": 2})
    said = (await api.post(path, {"days": 8})).body
    for _ in range(8):
        await clock.days(1)
        await settled(api, name)
    await clock.tick()
    found = await settled(api, name)
    assert [run["backup"] for run in said["runs"]] == [b["name"] for b in reversed(found)]
    deleted = {b["name"] for b in found if b["status"] == "Deleted"}
    assert {gone["backup"] for gone in said["deletes"]} == deleted
    assert {kept["backup"] for kept in said["keeps"]} == {b["name"] for b in found} - deleted
    weekly = [b for b in found if "weekly-1" in b.get("retention", {"reasons": []})["reasons"]]
    assert len(weekly) == 1


async def test_history_filters_and_pages_with_reasons(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A", x12_document())
    names = [await api.backup(name) for _ in range(3)]
    await put(api, name)
    page = (await api.get(f"services/{name}/backups?top=2&trigger=ondemand")).body
    assert [b["name"] for b in page["value"]] == [names[2], names[1]]
    assert page["value"][0]["retention"]["action"] == "keep"
    assert "last-good" in page["value"][0]["retention"]["reasons"]
    rest = (await api.get(page["nextLink"])).body
    assert [b["name"] for b in rest["value"]] == [names[0]]
    assert rest["value"][0]["retention"]["reasons"] == ["on-demand", "within-retention"]
    assert "nextLink" not in rest
    scheduled = await api.get(f"services/{name}/backups?trigger=scheduled")
    assert scheduled.body["value"] == []


async def test_what_was_deleted_and_undeleted_is_there_again(api: Api, deployed: Deployed) -> None:
    """As soft delete in the portal brings a container back."""
    name = await api.service()
    await api.agreement(name, "A")
    backup = await api.backup(name)
    path = f"services/{name}/backups/{backup}"
    assert (await api.get(path)).body["containerSeen"]["found"] == "Whole"
    async with ContainerClient.from_connection_string(deployed.offsite, backup) as client:
        was = await Undeleted.of(client)
        await api.succeeded(await api.delete(f"{path}?force=true"))
        assert (await api.get(path)).body["status"] == "Deleted"
        refused = await api.post(f"{path}/verify", {"level": "data"})
        assert (refused.status, refused.code) == (404, "BackupNotFound")
        assert "undelete it in the portal" in refused.body["error"]["message"]
        await was.undelete(client)
    assert (await api.get(f"{path}/contents")).status == 200
    await api.succeeded(await api.post(f"{path}/verify", {"level": "data"}))
    shown = (await api.get(path)).body
    assert (shown["status"], shown["verifyStatus"]) == ("Succeeded", "Succeeded")
    assert "deletedAt" not in shown
    assert "deletedBy" not in shown


async def test_keep_keeps_what_is_there(api: Api, clock: TestClock, deployed: Deployed) -> None:
    """The newest of three went by hand: of a keep of three, three that are there are left."""
    name = await api.service()
    await put(api, name, retentionDays=2, keep={"daily": 3})
    for _ in range(4):
        await clock.days(1)
        await settled(api, name)
    names = [one["name"] for one in (await api.get(f"services/{name}/backups")).body["value"]]
    gone = names[0]
    async with ContainerClient.from_connection_string(deployed.offsite, gone) as client:
        await client.delete_container()
    await clock.days(10)
    await settled(api, name)
    listed = (await api.get(f"services/{name}/backups")).body["value"]
    held = [one for one in listed if one["status"] == "Succeeded"]
    assert [one["retention"]["reasons"][-1] for one in held] == ["daily-1", "daily-2", "daily-3"]
    for one in held:
        async with ContainerClient.from_connection_string(deployed.offsite, one["name"]) as client:
            assert await client.exists()
    missing = next(one for one in listed if one["name"] == gone)
    assert missing["status"] == "Missing"
    assert missing["containerSeen"]["found"] == "Missing"


async def test_a_preview_of_ten_years_takes_a_second(api: Api) -> None:
    name = await api.service()
    plan = schedule(retentionDays=3653)
    begun = time.monotonic()
    preview = await api.post(
        f"services/{name}/backup-schedule/preview", {"days": 3653, "schedule": plan}
    )
    assert time.monotonic() - begun < 5, "on a machine that others use too"
    assert preview.status == 200, preview.body
    assert len(preview.body["runs"]) > 3650
    assert preview.body["deletes"] == []
