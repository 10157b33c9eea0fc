"""Two hosts, two timers, hosts killed at random: each due time is one backup, none missed silently.

SCHEDULES_DUE says how many of the 300 schedules are due each day, SCHEDULE_DAYS how many days pass.
"""

import asyncio
import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from localhost.stack import HostProcess
from shared.installation.installation import Installation
from shared.model.schedule import Schedule, ScheduleBody
from shared.model.service import ServiceSettings
from shared.services.services import Asked
from tests.support.admin import Admin
from tests.support.api import Api, api_of
from tests.support.deployed import Deployed, Emulator

ALONE = True
"""Hosts are killed."""

SCHEDULES = 300
DUE = int(os.environ.get("SCHEDULES_DUE", "4"))
DAYS = int(os.environ.get("SCHEDULE_DAYS", "2"))
SEED = os.environ.get("SCHEDULE_SEED") or datetime.now(UTC).strftime("%Y%m%d")
_DAY = 86_400.0
_MOST_SECONDS = 120


def body(start: datetime, frequency: int) -> ScheduleBody:
    return ScheduleBody.model_validate(
        {
            "status": "Automatic",
            "storageAccount": "offsite",
            "startAt": start.isoformat(),
            "frequencyDays": frequency,
            "retentionDays": frequency + 1,
        }
    )


async def schedules(app: Installation) -> list[str]:
    """Services that are due each day, among many schedules that are not."""
    now = app.clock.now()
    due = [f"daily-{number}" for number in range(DUE)]
    for name in due:
        wanted = ServiceSettings.model_validate({"edition": "Basic"})
        listed = await app.services.create(name, wanted, Asked("test"))
        daily = body(now - timedelta(days=9) + timedelta(hours=1), 1)
        await app.schedule_settings.put(listed.service, daily, "test", None)
    later = now + timedelta(days=400)
    for number in range(SCHEDULES - DUE):
        await app.schedules.put(
            Schedule(
                service=f"yearly-{number}",
                service_id=f"id-{number}",
                body=body(later, 365),
                saved_at=now,
                saved_by="test",
                next_run_at=later,
            ),
            None,
        )
    return due


class Hosts:
    """Two host processes on one moved clock; the one that is killed is replaced."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self.running: list[HostProcess] = []
        self.offset = 0.0

    async def start(self) -> None:
        host = self._deployed.host(SCHEDULE_TIMER="* * * * * *")
        await asyncio.to_thread(host.start)
        self.running.append(host)
        await Admin(host).clock(self.offset)

    async def kill(self, which: int) -> None:
        self.running.pop(which).kill()
        await self.start()

    async def ahead(self, seconds: float) -> None:
        self.offset += seconds
        for host in self.running:
            await Admin(host).clock(self.offset)

    async def tick(self) -> None:
        """Both timers at once, by hand, beside the one that ticks each second."""
        await asyncio.gather(*(Admin(host).run_timer("run_schedules") for host in self.running))

    def stop(self) -> None:
        for host in self.running:
            host.stop()


async def backups_of(api: Api, names: list[str], *, wanted: int) -> dict[str, list[Any]]:
    """The history of each service, once it has so many backups and none is under way."""
    found: dict[str, list[Any]] = {}
    async with asyncio.timeout(_MOST_SECONDS):
        for name in names:
            while True:
                listed = (await api.get(f"services/{name}/backups")).body["value"]
                covered = sum(1 + backup.get("missed", 0) for backup in listed)
                if covered >= wanted and all(b["status"] != "Running" for b in listed):
                    break
                await asyncio.sleep(0.2)
            found[name] = listed
    return found


async def test_each_due_time_is_one_backup(emulator: Emulator, tmp_path: Any) -> None:
    deployed = Deployed.new(emulator, tmp_path, LEASE_SECONDS="3", RECOVERY_NUDGE_SECONDS="1")
    app = Installation(deployed.read())
    due = await schedules(app)
    chance = random.Random(SEED)
    hosts = Hosts(deployed)
    try:
        await hosts.start()
        await hosts.start()
        for day in range(1, DAYS + 1):
            await hosts.ahead(_DAY)
            ticking = asyncio.create_task(hosts.tick())
            await asyncio.sleep(chance.uniform(0.0, 0.6))
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            await hosts.kill(chance.randrange(2))
            await hosts.tick()
            async with api_of(hosts.running[0].base_url, hosts.running[0].keys.host) as api:
                found = await backups_of(api, due, wanted=day)
    finally:
        hosts.stop()
        await app.close()
    for name, listed in found.items():
        times = sorted(backup["dueAt"] for backup in listed)
        assert len(set(times)) == len(times), f"{name}: a due time ran twice (SEED {SEED})"
        covered = sum(1 + backup.get("missed", 0) for backup in listed)
        assert covered == DAYS, f"{name}: {covered} of {DAYS} due times (SEED {SEED})"
        assert {backup["status"] for backup in listed} <= {"Succeeded", "Deleted", "Deleting"}
        first = datetime.fromisoformat(times[0])
        days = {(datetime.fromisoformat(time) - first) / timedelta(days=1) for time in times}
        assert all(day.is_integer() for day in days)
