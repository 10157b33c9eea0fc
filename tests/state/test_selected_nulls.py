"""Azure says null of a column that was asked for and that a row lacks; Azurite leaves it out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.storage.table_wire import Write
from shared.storage.tables import SCHEMA, Row
from tests.support.admin import Admin
from tests.support.api import Api, api_of
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import StorageProxy, proxied

CONTENT = b"<schema/>"
TIMERS = ("run_schedules", "recover_operations", "sweep")


@pytest.fixture
async def as_azure(
    emulator: Emulator, tmp_path: Path
) -> AsyncIterator[tuple[StorageProxy, Deployed]]:
    """Empty accounts, the tables of which answer a ``$select`` as Azure's do."""
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.state, "TableEndpoint") as (proxy, state):
        proxy.tells_nulls = True
        settings = {**deployed.settings, "AzureWebJobsStorage": state}
        yield proxy, replace(deployed, state=state, settings=settings)


@asynccontextmanager
async def app_of(deployed: Deployed) -> AsyncIterator[Installation]:
    """The app's parts over it, in this process."""
    app = Installation(deployed.read())
    try:
        yield app
    finally:
        await app.close()


async def test_a_column_that_a_row_lacks_is_not_there(
    as_azure: tuple[StorageProxy, Deployed],
) -> None:
    proxy, deployed = as_azure
    async with app_of(deployed) as app:
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "r", {"n": 1, "empty": ""}))
        for pages in (
            table.pages("p", columns=("n", "empty", "m")),
            table.scan(columns=("n", "empty", "m")),
        ):
            [row] = [row async for page in pages for row in page]
            assert row.values == {"n": 1, "empty": ""}
    assert proxy.nulls == 2


async def test_a_row_that_no_interkeep_wrote_is_read_with_its_columns(
    as_azure: tuple[StorageProxy, Deployed],
) -> None:
    """It has no version: null under ``$select``, which no number is made of."""
    _, deployed = as_azure
    async with app_of(deployed) as app:
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "own", {"n": 1}))
        body = b'{"PartitionKey": "p", "RowKey": "foreign", "n": 7}'
        await table._wire.write(Write("POST", "p", "foreign", body))
        found = [row async for page in table.pages("p", columns=("n",)) for row in page]
        assert [(row.key, row.values) for row in found] == [
            ("foreign", {"n": 7}),
            ("own", {"n": 1}),
        ]
    assert SCHEMA == 1, "what has no version is of the first"


async def test_a_services_life_is_the_same(as_azure: tuple[StorageProxy, Deployed]) -> None:
    proxy, deployed = as_azure
    host = deployed.host()
    await asyncio.to_thread(host.start)
    try:
        async with api_of(host.base_url, host.keys.host) as api:
            await lived(api, Admin(host))
    finally:
        await asyncio.to_thread(host.stop)
    assert proxy.nulls > 10
    log = host.log.read_text()
    assert "RowUnreadable" not in log
    assert "Traceback" not in log


async def lived(api: Api, admin: Admin) -> None:
    """Artifacts of all kinds, numbers, backups, timers, a restore, and the end of it."""
    service = await api.service()
    await api.agreement(service, "Orders")
    schema = f"services/{service}/artifacts/schemas/Orders-850"
    for path in (schema, f"services/{service}/artifacts/bridges/In"):
        assert (await api.put(path, {"document": {"kind": "Xml"}})).status == 201
    put = await api.put(f"{schema}/content", data=CONTENT, headers={"Content-Type": "text/xml"})
    assert put.status == 201, put.body
    assert await api.allocate(service, "Orders") == 1
    before = await api.everything(service)
    schedule = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        "frequencyDays": 1,
        "retentionDays": 3,
    }
    assert (await api.put(f"services/{service}/backup-schedule", schedule)).status == 201
    backup = await api.backup(service)
    verify = await api.post(f"services/{service}/backups/{backup}/verify", {"level": "data"})
    await api.succeeded(verify)
    await api.succeeded(await api.post("keys/rotate"))
    for timer in TIMERS:
        await admin.run_timer(timer)
    assert (await api.get("health/deep")).status == 200
    assert (await api.delete(f"services/{service}/artifacts/partners/Fabrikam")).status == 409
    await api.succeeded(await api.delete(f"services/{service}"))
    await api.restore(backup)
    after = await api.everything(service)
    assert after["agreements"] == before["agreements"]
    assert (await api.get(f"{schema}/content")).content == CONTENT
    assert (await api.post(f"services/{service}/resume")).status == 200
    assert await api.allocate(service, "Orders") == 2
    await api.succeeded(await api.delete(f"services/{service}/backups/{backup}?force=true"))
    await api.succeeded(await api.delete(f"services/{service}"))
