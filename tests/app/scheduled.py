"""Schedules as tests put them, and a host's clock and timer that go by days."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.admin import Admin
from tests.support.api import Api

DAY = 86_400.0


def schedule(**changes: Any) -> dict[str, Any]:
    body = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": "2026-01-01T02:00:00Z",
        "frequencyDays": 1,
        "retentionDays": 3,
    }
    return {**body, **changes}


async def put(api: Api, service: str, **changes: Any) -> Any:
    reply = await api.put(f"services/{service}/backup-schedule", schedule(**changes))
    assert reply.status in (200, 201), reply.body
    return reply.body


class TestClock:
    """The host's clock, and its timer by hand."""

    __test__ = False

    def __init__(self, admin: Admin) -> None:
        self.admin = admin
        self.offset = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.offset)

    async def days(self, count: float) -> None:
        """Go ahead, and run the timer there."""
        self.offset += count * DAY
        await self.admin.clock(self.offset)
        await self.tick()

    async def tick(self) -> None:
        await self.admin.run_timer("run_schedules")


async def history(api: Api, service: str) -> list[Any]:
    reply = await api.get(f"services/{service}/backups")
    value: list[Any] = reply.body["value"]
    return value


async def settled(api: Api, service: str) -> list[Any]:
    """The history once nothing of the service is under way."""
    for _ in range(600):
        latest = (await api.get(f"services/{service}/operations?top=3")).body["value"]
        for listed in latest:
            path = f"services/{service}/operations/{listed['id']}"
            operation = (await api.get(path)).body
            if operation["status"] in ("NotStarted", "Running"):
                await asyncio.sleep(0.05)
                break
        else:
            return await history(api, service)
    raise AssertionError(f"it stays under way: {operation}")


async def operations(api: Api, service: str, name: str) -> list[Any]:
    path = f"services/{service}/operations?operation={name}BizTalkService"
    value: list[Any] = (await api.get(path)).body["value"]
    return value
