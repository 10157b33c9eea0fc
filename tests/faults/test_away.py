"""The storage emulator is stopped and started again amid everything: nothing fails for good.

AWAY_SECONDS says for how long; `make faults` takes a minute.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localhost.azurite import Account, Azurite, Ports
from localhost.processes import free_ports
from localhost.stack import PACKAGES
from shared.installation.installation import Installation
from tests.support.api import api_of
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SECOND, SERVICE, fill, require_whole, run, start_backup

AWAY_SECONDS = float(os.environ.get("AWAY_SECONDS", "2"))
_TOLD_SECONDS = 60
_ENDED_SECONDS = 240


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[tuple[Azurite, Emulator]]:
    """An emulator of its own, which keeps its data over a stop."""
    accounts = [Account.new(f"away{number}") for number in range(2)]
    azurite = Azurite(
        accounts,
        Ports(*free_ports(3)),
        install=PACKAGES,
        log=tmp_path / "azurite.log",
        data=tmp_path / "data",
    )
    azurite.start()
    yield azurite, Emulator(azurite, accounts)
    azurite.stop()


async def away(azurite: Azurite) -> None:
    await asyncio.to_thread(azurite.stop)
    await asyncio.sleep(AWAY_SECONDS)
    await asyncio.to_thread(azurite.start)


@pytest.mark.timeout(600)
async def test_work_waits_for_storage_that_is_away(
    storage: tuple[Azurite, Emulator], tmp_path: Path
) -> None:
    """Velero, restic: a backup need not begin again for what passes within a minute."""
    azurite, emulator = storage
    app = Installation(Deployed.new(emulator, tmp_path).read())
    await fill(app)
    record = await start_backup(app, SECOND)
    working = asyncio.create_task(run(app, record))
    await away(azurite)
    await working
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    if app.settings.lease_seconds / 2 > AWAY_SECONDS:
        assert (found[0].operation.status, found[0].operation.attempt) == ("Succeeded", 1)
    async with asyncio.timeout(_ENDED_SECONDS):
        while not found[0].operation.status.is_final():  # its lease ran out: recovery sends it
            await asyncio.sleep(1)
            await run(app, record)
            found = await app.records.find(SERVICE, record.operation.id)
            assert found is not None
    assert found[0].operation.status == "Succeeded"
    await require_whole(app, SECOND)
    await app.close()


@pytest.mark.timeout(600)
async def test_who_asks_meanwhile_is_told_to_come_again(
    storage: tuple[Azurite, Emulator], tmp_path: Path
) -> None:
    azurite, emulator = storage
    deployed = Deployed.new(emulator, tmp_path, LEASE_SECONDS="3", RECOVERY_NUDGE_SECONDS="1")
    host = deployed.host()
    host.start()
    try:
        async with api_of(host.base_url, host.keys.host) as api:
            service = await api.service()
            await api.agreement(service, "A")
            assert await api.allocate(service, "A") == 1
            body = {"name": "through-the-gap", "storageAccount": "offsite"}
            accepted = await api.post(f"services/{service}/backups", body)
            await asyncio.to_thread(azurite.stop)
            began = time.monotonic()
            path = f"services/{service}/control-numbers/A/allocate"
            replies = await asyncio.gather(
                api.get(f"services/{service}"),
                api.post(path, {"kind": "interchange"}),
                api.put("services/another", {"edition": "Basic"}),
                api.delete(f"services/{service}"),
            )
            took = time.monotonic() - began
            assert took < _TOLD_SECONDS
            for reply in replies:
                assert (reply.status, reply.code) == (503, "StorageUnavailable")
                assert int(reply.headers["Retry-After"]) > 0
            assert (await api.get("health")).status == 200, "the app itself is well"
            await asyncio.sleep(max(0.0, AWAY_SECONDS - took))
            await asyncio.to_thread(azurite.start)
            monitor = await api.succeeded(accepted)
            assert monitor["result"], monitor
            assert await api.allocate(service, "A") > 1
            assert (await api.get(f"services/{service}")).body["state"] == "Active"
    finally:
        host.stop()
