"""Whoever watches a slow backup over HTTP sees it move."""

import asyncio
import time
from pathlib import Path

from tests.support.api import Api, api_of, unique
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Pace, proxied

_OBJECTS = 40
_MOST_SECONDS = 2.0
"""An operation that works shows so at least this often."""

_POLL_SECONDS = 0.1


async def _fill(api: Api, service: str) -> None:
    for number in range(_OBJECTS):
        path = f"services/{service}/artifacts/schemas/s-{number:02}"
        assert (await api.put(path, {"document": {}})).status == 201
        put = await api.put(f"{path}/content", data=f"<schema n='{number}'/>".encode())
        assert put.status in (200, 201), put.body


async def test_progress_moves_every_two_seconds(emulator: Emulator, tmp_path: Path) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.offsite, "BlobEndpoint") as (proxy, offsite):
        host = deployed.host(OFFSITE_STORAGE=offsite)
        await asyncio.to_thread(host.start)
        try:
            async with api_of(host.base_url, host.keys.host) as api:
                service = await api.service()
                await _fill(api, service)
                proxy.pace = Pace("/content/", 0.15)
                longest, stages = await _watch(api, service)
        finally:
            await asyncio.to_thread(host.stop)
    assert longest <= _MOST_SECONDS
    assert len(stages) >= 3, stages


async def _watch(api: Api, service: str) -> tuple[float, list[object]]:
    """The longest time that the same progress was shown, and all that were."""
    body = {"name": unique("slow"), "storageAccount": "offsite"}
    accepted = await api.post(f"services/{service}/backups", body)
    longest, shown, since = 0.0, list[object](), time.monotonic()
    while True:
        monitor = (await api.get(accepted.headers["Operation-Location"])).body
        now = time.monotonic()
        if monitor["status"] not in ("NotStarted", "Running"):
            assert monitor["status"] == "Succeeded", monitor
            return longest, shown
        progress = monitor.get("progress")
        if progress is None:
            since = now
        elif not shown or progress != shown[-1]:
            shown.append(progress)
            since = now
        longest = max(longest, now - since)
        await asyncio.sleep(_POLL_SECONDS)
