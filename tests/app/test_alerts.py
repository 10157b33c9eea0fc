"""Alerts: a line in the log, and a CloudEvent to whoever listens, who may be away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web

from localhost.processes import free_ports
from localhost.stack import HostProcess
from shared.installation.installation import Installation
from shared.model.sections import Section
from tests.app.scheduled import TestClock, put, settled
from tests.support.admin import Admin
from tests.support.api import Api
from tests.support.deployed import Deployed, Emulator

ALONE = True
"""The clock moves, and the alerts of the whole installation are counted."""

SECRET = "k3y-in-the-address"


class Listener:
    """A webhook that refuses as often as it is told."""

    def __init__(self) -> None:
        self.refuse = 0
        self.seen: list[tuple[str, Any]] = []
        self.tries = 0

    async def take(self, request: web.Request) -> web.Response:
        self.tries += 1
        assert request.query["key"] == SECRET
        if self.refuse:
            self.refuse -= 1
            return web.Response(status=503)
        self.seen.append((request.content_type, await request.json()))
        return web.Response(status=202)

    async def until(self, count: int) -> list[Any]:
        for _ in range(600):
            if len(self.seen) >= count:
                break
            await asyncio.sleep(0.05)
        return [event for _, event in self.seen]


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory, port: int) -> Deployed:
    return Deployed.new(
        emulator,
        tmp_path_factory.mktemp("alerts"),
        ALERT_WEBHOOK_URL=f"http://127.0.0.1:{port}/hook?key={SECRET}",
        AzureFunctionsJobHost__extensions__queues__visibilityTimeout="00:00:01",
    )


@pytest.fixture(scope="module")
def host(deployed: Deployed) -> Iterator[HostProcess]:
    process = deployed.host()
    process.start()
    yield process
    process.stop()
    assert SECRET not in process.log.read_text()


@pytest.fixture
async def listener(port: int) -> AsyncIterator[Listener]:
    found = Listener()
    app = web.Application()
    app.router.add_post("/hook", found.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield found
    await runner.cleanup()


async def test_a_failed_backup_is_told_until_somebody_listens(
    api: Api, admin: Admin, listener: Listener
) -> None:
    listener.refuse = 2
    name = await api.service()
    body = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": "2026-01-01T02:00:00Z",
        "frequencyDays": 1,
        "retentionDays": 3,
    }
    assert (await api.put(f"services/{name}/backup-schedule", body)).status == 201
    await api.post(f"services/{name}/disable")
    await admin.clock(3 * 86_400)
    await admin.run_timer("run_schedules")
    events = await listener.until(2)
    assert listener.tries == 4, "each once, and twice what was refused"
    by_type = {event["type"]: event for event in events}
    assert set(by_type) == {"interkeep.BackupMissed", "interkeep.BackupFailed"}
    missed, failed = by_type["interkeep.BackupMissed"], by_type["interkeep.BackupFailed"]
    assert missed["data"]["missed"] == 2
    backups = (await api.get(f"services/{name}/backups")).body["value"]
    assert failed["subject"] == f"services/{name}/backups/{backups[0]['name']}"
    assert failed["data"]["code"] == "OperationNotAllowed"
    assert failed["data"]["operation"] == backups[0]["operation"]
    for content_type, event in listener.seen:
        assert content_type == "application/cloudevents+json"
        assert event["specversion"] == "1.0"
        assert event["source"].startswith("/interkeep/")
        assert {"id", "time", "datacontenttype"} <= set(event)
    assert missed["id"] != failed["id"]
    await api.delete(f"services/{name}/backup-schedule")
    await admin.clock(0)


async def test_a_partial_backup_is_told_each_time(
    api: Api, admin: Admin, host_app: Installation, listener: Listener
) -> None:
    """One lost blob: else all backups lack it, retention deletes the whole ones, nobody knows."""
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/lost"
    await api.put(path, {"document": {}})
    await api.put(f"{path}/content", data=b"lost bytes")
    service_id = (await host_app.services.require(name)).service.id
    found = await host_app.configuration.artifact(service_id, Section.SCHEMAS, "lost")
    assert found is not None
    assert found.value.content is not None
    await host_app.content.blob(service_id, found.value.content.sha256).delete_blob()
    await put(api, name)
    clock = TestClock(admin)
    for day in (1, 2):
        await clock.days(1)
        events = [e for e in await listener.until(day) if e["type"] == "interkeep.BackupPartial"]
        assert len(events) == day
        newest = (await settled(api, name))[0]
        assert newest["status"] == "PartiallySucceeded"
        event = events[-1]
        assert event["subject"] == f"services/{name}/backups/{newest['name']}"
        assert event["data"]["operation"] == newest["operation"]
        assert (event["data"]["code"], event["data"]["failedItems"]) == ("ContentMissing", 1)
        assert "schemas/lost" in event["data"]["message"]
    assert len({event["id"] for event in events}) == 2
    assert len(listener.seen) == 2, "each once"
    await api.delete(f"services/{name}/backup-schedule")
    await clock.days(-2)


async def test_nobody_hears_of_a_backup_on_demand(
    api: Api, host: HostProcess, listener: Listener
) -> None:
    name = await api.service()
    await api.backup(name)
    await asyncio.sleep(0.5)
    assert listener.seen == []
    assert "BackupFailed" in host.log.read_text(), "the log has what was told before"
