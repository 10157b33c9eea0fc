"""Schedules through HTTP, and the backups that they make, on a clock that is moved."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.model.wire import rfc3339
from tests.app.scheduled import DAY, TestClock, history, operations, put, schedule, settled
from tests.support.api import Api, unique

ALONE = True
"""The clock moves, and timers run by hand."""


async def test_a_schedule_is_put_read_and_removed(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/backup-schedule"
    missing = await api.get(path)
    assert (missing.status, missing.code) == (404, "ScheduleNotFound")

    made = await api.put(path, schedule(keep={"weekly": 4}))
    assert made.status == 201
    assert made.body["keepAtLeastOne"] is True
    assert made.body["nextRunAt"][10:] == "T02:00:00.000Z"
    assert "lastRunAt" not in made.body
    read = await api.get(path)
    assert read.body == made.body
    assert read.headers["ETag"] == made.headers["ETag"]
    unchanged = await api.get(path, headers={"If-None-Match": read.headers["ETag"]})
    assert unchanged.status == 304

    refused = await api.put(path, schedule(), headers={"If-None-Match": "*"})
    assert refused.code == "ConditionNotMet"
    replaced = await api.put(path, {"status": "None"}, headers={"If-Match": read.headers["ETag"]})
    assert replaced.status == 200
    assert "nextRunAt" not in replaced.body
    stale = await api.delete(path, headers={"If-Match": read.headers["ETag"]})
    assert stale.code == "ConditionNotMet"
    assert (await api.delete(path)).status == 204
    assert (await api.get(path)).code == "ScheduleNotFound"
    assert (await api.delete(path)).code == "ScheduleNotFound"


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"retentionDays": 1}, "InvalidRequest", "greater than frequencyDays"),
        ({"frequencyDays": 0}, "InvalidRequest", "/frequencyDays"),
        ({"frequencyDays": 1.5}, "InvalidRequest", "/frequencyDays"),
        ({"startAt": "2026-01-01T02:00:00"}, "InvalidRequest", "offset"),
        ({"startAt": "0001-01-01T00:00:00+14:00"}, "InvalidRequest", "/startAt"),
        ({"startAt": "2926-01-01T02:00:00Z"}, "InvalidRequest", "ten years"),
        ({"startAt": None}, "InvalidRequest", "needs startAt"),
        ({"storageAccount": "nowhere"}, "StorageAccountUnknown", "offsite"),
        ({"keep": {"hourly": 3}}, "InvalidRequest", "no such member"),
        ({"verify": {"level": "twice"}}, "InvalidRequest", "/verify/level"),
        ({"status": "Sometimes"}, "InvalidRequest", "/status"),
    ],
)
async def test_what_is_refused(api: Api, changes: Any, code: str, said: str) -> None:
    name = await api.service()
    path = f"services/{name}/backup-schedule"
    refused = await api.put(path, schedule(**changes))
    assert (refused.status, refused.code) == (400, code)
    assert said in refused.body["error"]["message"]
    assert (await api.get(path)).code == "ScheduleNotFound"


async def test_what_a_schedule_will_need_nobody_takes(api: Api) -> None:
    name = await api.service()
    made = await put(api, name, startAt="2035-01-05T02:00:00Z", frequencyDays=7, retentionDays=9)
    assert made["nextRunAt"] == "2035-01-05T02:00:00.000Z"
    body = {"name": f"{name.lower()}-20350112-020000", "storageAccount": "offsite"}
    refused = await api.post(f"services/{name}/backups", body)
    assert (refused.code, refused.body["error"]["target"]) == ("BackupNameInUse", "/name")
    assert "scheduled backup of 2035-01-12" in refused.body["error"]["message"]
    ids = {"Operation-Id": "Schedule-1"}
    free = {**body, "name": f"{name.lower()}-20350113-020000"}
    refused = await api.post(f"services/{name}/backups", free, headers=ids)
    assert (refused.code, refused.body["error"]["target"]) == ("InvalidName", "Operation-Id")
    assert (await history(api, name)) == []
    assert (await api.post(f"services/{name}/backups", free)).status == 202


async def test_who_may_have_one(api: Api) -> None:
    developer = await api.service(edition="Developer")
    refused = await api.put(f"services/{developer}/backup-schedule", schedule())
    assert refused.code == "EditionHasNoBackup"
    nobody = await api.put(f"services/{unique('gone')}/backup-schedule", schedule())
    assert nobody.code == "ServiceNotFound"
    name = await api.service()
    await put(api, name)
    await api.post(f"services/{name}/suspend")
    await put(api, name, retentionDays=9)
    await api.post(f"services/{name}/disable")
    path = f"services/{name}/backup-schedule"
    assert (await api.put(path, schedule())).code == "OperationNotAllowed"
    assert (await api.get(path)).body["retentionDays"] == 9, "it outlives every state"


async def test_days_go_by(api: Api, clock: TestClock) -> None:
    """Each day one backup; retention keeps three days; the newest stays when backups stop."""
    name = await api.service()
    await api.agreement(name, "A")
    saved = await put(api, name)
    first_due = saved["nextRunAt"]
    await clock.tick()
    assert await history(api, name) == [], "nothing is due"

    for day in range(1, 7):
        await clock.days(1)
        found = await settled(api, name)
        newest = found[0]
        due = datetime.fromisoformat(first_due) + timedelta(days=day - 1)
        assert newest["name"] == f"{name}-{due:%Y%m%d}-020000"
        assert (newest["status"], newest["trigger"]) == ("Succeeded", "scheduled")
        assert newest["dueAt"] == rfc3339(due)
        await clock.tick()
        assert len(await settled(api, name)) == day, "one backup a due time"

    await clock.tick()
    found = await settled(api, name)
    assert [b["status"] for b in found] == ["Succeeded"] * 3 + ["Deleted"] * 3
    assert found[0]["retention"] == {"action": "keep", "reasons": ["within-retention", "last-good"]}
    assert found[-1]["deletedBecause"] == "older-than-3-days"
    assert "retention" not in found[-1]
    purges = await operations(api, name, "PurgeBackup")
    assert {gone["backup"] for p in purges for gone in p["result"]["deleted"]} == {
        b["name"] for b in found[-3:]
    }
    assert {(p["caller"], p["trigger"]) for p in purges} == {("schedule", "schedule")}

    shown = (await api.get(f"services/{name}/backup-schedule")).body
    assert shown["lastRunAt"] == found[0]["dueAt"]
    assert shown["lastRunStatus"] == "Succeeded"
    service = (await api.get(f"services/{name}")).body
    assert service["lastScheduledBackup"]["name"] == found[0]["name"]
    record = await api.get(service["lastScheduledBackup"]["operationLocation"])
    assert record.body["id"] == shown["lastRunOperation"]

    restored = unique("copy")
    await api.restore(found[0]["container"], name=restored)
    assert (await api.get(f"services/{restored}/backup-schedule")).code == "ScheduleNotFound"


async def test_what_was_missed_is_one_run(api: Api, clock: TestClock) -> None:
    name = await api.service()
    await put(api, name)
    await clock.days(5)
    [backup] = await settled(api, name)
    assert backup["missed"] == 4
    assert backup["status"] == "Succeeded"
    [operation] = await operations(api, name, "Backup")
    assert operation["parameters"]["missed"] == 4
    assert operation["trigger"] == "schedule"


async def test_a_schedule_that_is_replaced_runs_first_what_was_due(
    api: Api, clock: TestClock
) -> None:
    name = await api.service()
    await put(api, name)
    clock.offset += DAY
    await clock.admin.clock(clock.offset)
    await put(api, name, frequencyDays=2, retentionDays=8)
    [backup] = await settled(api, name)
    assert backup["trigger"] == "scheduled"
    await clock.tick()
    assert len(await settled(api, name)) == 1


async def test_the_schedule_ends_with_its_service(api: Api, clock: TestClock) -> None:
    name = await api.service()
    await put(api, name)
    await clock.days(1)
    [old] = await settled(api, name)
    await api.succeeded(await api.delete(f"services/{name}"))
    await api.service(name)
    assert (await api.get(f"services/{name}/backup-schedule")).code == "ScheduleNotFound"
    await clock.days(1)
    assert len(await settled(api, name)) == 1
    await put(api, name)
    await clock.days(1)
    await settled(api, name)
    await clock.days(5)
    found = await settled(api, name)
    [kept] = [b for b in found if b["name"] == old["name"]]
    assert kept["retention"]["reasons"] == ["earlier-service"]


async def test_every_second_backup_is_verified(api: Api, clock: TestClock) -> None:
    name = await api.service()
    await put(api, name, verify={"level": "descriptor", "everyNthBackup": 2})
    for _ in range(4):
        await clock.days(1)
        await settled(api, name)
    found = list(reversed(await settled(api, name)))
    assert [backup.get("verifyStatus") for backup in found] == [None, "Succeeded"] * 2
    verifies = await operations(api, name, "VerifyBackup")
    assert {(v["caller"], v["parameters"]["level"]) for v in verifies} == {
        ("schedule", "descriptor")
    }
    assert len(verifies) == 2


async def test_the_list_of_services_shows_their_schedules(api: Api, clock: TestClock) -> None:
    name, without = await api.service(), await api.service()
    saved = await put(api, name)

    async def listed(service: str) -> Any:
        found = (await api.get("services?top=1000")).body["value"]
        return next(one for one in found if one["name"] == service).get("schedule")

    row = {"status": "Automatic", "frequencyDays": 1, "nextRunAt": saved["nextRunAt"]}
    assert await listed(name) == row
    assert await listed(without) is None
    await clock.days(1)
    await settled(api, name)
    shown = (await api.get(f"services/{name}/backup-schedule")).body
    assert await listed(name) == {
        **row,
        "nextRunAt": shown["nextRunAt"],
        "lastRunAt": saved["nextRunAt"],
        "lastRunStatus": "Succeeded",
    }
    await put(api, name, status="None")
    off = await listed(name)
    assert (off["status"], off.get("nextRunAt")) == ("None", None)
    assert (await api.delete(f"services/{name}/backup-schedule")).status == 204
    assert await listed(name) is None
