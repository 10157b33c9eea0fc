"""Steps of the days that follow: a schedule, its preview, days that go by, what retention keeps."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from localhost.demo.failure import DemoFailed
from localhost.demo.story import Step, Story

_DAYS = 5
_RETENTION_DAYS = 2
_POLLS = 600
_POLL_SECONDS = 0.1


async def _set_schedule(story: Story) -> None:
    service = story.names.service
    path = ("services", service, "backup-schedule")
    schedule = {
        "status": "Automatic",
        "storageAccount": story.account,
        "startAt": (datetime.now(UTC) - timedelta(days=30, hours=1)).isoformat(),
        "frequencyDays": 1,
        "retentionDays": _RETENTION_DAYS,
    }
    await story.refusal("InvalidRequest", 400, "PUT", *path, body={**schedule, "retentionDays": 1})
    saved = await story.api.call("PUT", *path, body=schedule, expect=201)
    story.show(saved)
    story.terminal.fact("next run", saved.json["nextRunAt"])
    preview = await story.api.call("POST", *path, "preview", body={"days": _DAYS})
    story.show(preview)
    rows = [("backup", "runs", "goes", "why it goes, or stays")]
    gone = {one["backup"]: one for one in preview.json["deletes"]}
    kept = {one["backup"]: one for one in preview.json["keeps"]}
    for run in preview.json["runs"]:
        name = run["backup"]
        fate = gone.get(name) or kept[name]
        rows.append((name, _day(run["dueAt"]), _day(fate.get("at")), ", ".join(fate["reasons"])))
    story.terminal.table(rows, frozenset())
    story.check(
        len(preview.json["runs"]) == _DAYS,
        f"the preview knows {_DAYS} days ahead; nothing has run yet",
    )


async def _days_ahead(story: Story) -> None:
    service = story.names.service
    preview = await story.api.call(
        "POST", "services", service, "backup-schedule", "preview", body={"days": _DAYS}
    )
    pinned = preview.json["runs"][0]["backup"]
    for day in range(1, _DAYS + 1):
        await story.machine.a_day_ahead()
        await story.machine.run_timer("run_schedules")
        await story.machine.run_timer("run_schedules")
        newest = (await _scheduled(story, day))[0]
        story.terminal.progress(day, _DAYS, f"{_day(newest['dueAt'])}: {newest['status']}")
        if newest["name"] == pinned:
            path = ("services", service, "backups", pinned)
            await story.api.call("PATCH", *path, body={"pinned": True})
    story.terminal.finish_progress(f"{_DAYS} days, {2 * _DAYS} runs of the timer")
    found = await _scheduled(story, _DAYS)
    rows = [("backup", "status", "why")]
    for backup in reversed(found):
        why = backup.get("deletedBecause") or ", ".join(backup["retention"]["reasons"])
        rows.append((backup["name"], backup["status"], why))
    story.terminal.table(rows, frozenset())
    story.check(
        [run["backup"] for run in preview.json["runs"]] == [b["name"] for b in reversed(found)],
        "one backup a due time, though the timer ran twice each day",
    )
    deleted = {backup["name"] for backup in found if backup["status"] == "Deleted"}
    foreseen = {gone["backup"] for gone in preview.json["deletes"]} - {pinned}
    story.check(
        deleted == foreseen and bool(deleted),
        f"retention deleted {len(deleted)} of them, those that the preview named; the one that "
        "was pinned meanwhile stays",
        f"deleted {sorted(deleted)}, foreseen {sorted(foreseen)}",
    )
    await story.refusal("BackupPinned", 409, "DELETE", "services", service, "backups", pinned)
    by_hand = await story.api.call("GET", "services", service, "backups", query="?trigger=onDemand")
    story.check(
        all(backup["status"] == "Succeeded" for backup in by_hand.json["value"]),
        "backups on demand are never retention's",
    )


async def _scheduled(story: Story, count: int) -> list[Any]:
    """The scheduled backups, once there are so many and nothing is under way.

    :raises DemoFailed: it does not come to that.
    """
    service = story.names.service
    for _ in range(_POLLS):
        backups = await story.api.call(
            "GET", "services", service, "backups", query="?trigger=scheduled"
        )
        operations = await story.api.call("GET", "services", service, "operations", query="?top=3")
        found: list[Any] = backups.json["value"]
        quiet = all(
            one["status"] not in ("NotStarted", "Running")
            for one in [*operations.json["value"], *found]
        )
        if len(found) >= count and quiet:
            return found
        await asyncio.sleep(_POLL_SECONDS)
    raise DemoFailed(f"There are not {count} scheduled backups.")


def _day(time: str | None) -> str:
    return time[:10] if time else ""


SET_SCHEDULE = Step(
    "A schedule",
    f"A backup each day, kept for {_RETENTION_DAYS} days. Ask before you trust it: the preview "
    "plays it forward, with a reason for everything that it would keep or delete.",
    _set_schedule,
)
DAYS_AHEAD = Step(
    f"{_DAYS} days ahead",
    "The app's clock goes ahead, and the timer runs, twice each day. One backup a due time; "
    "retention deletes what has had its time, and leaves what is pinned or made by hand.",
    _days_ahead,
    needs_machine=True,
)
