"""Errors that take more than a bad request: states in between, faults of storage, damaged rows."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from shared.backups.making.describe import sealed
from shared.installation.installation import Installation
from shared.model.service import State
from shared.storage.tables import Row
from shared.web.http.json_body import MOST_BYTES
from tests.support.api import Api, api_of, unique
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted, proxied

ALONE = True
"""Storage breaks."""


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "nowhere"),
        ("GET", "services/contoso/backups/b/c/d"),
        ("PATCH", "services/contoso"),
        ("DELETE", "services"),
        ("POST", "health"),
    ],
)
async def test_no_such_route(api: Api, method: str, path: str) -> None:
    refused = await api.call(method, path)
    assert (refused.status, refused.code) == (404, "RouteNotFound")


async def test_a_body_that_is_too_large(api: Api) -> None:
    service = await api.service()
    path = f"services/{service}/artifacts/schemas/s"
    padded = b'{"document": {}}'.ljust(MOST_BYTES)
    refused = await api.put(path, data=padded + b" ")
    assert (refused.status, refused.code) == (413, "BodyTooLarge")
    assert str(MOST_BYTES) in refused.body["error"]["message"]
    assert (await api.get(path)).status == 404
    assert (await api.put(path, data=padded)).status == 201


async def test_a_name_is_not_free_while_its_service_is_deleted(
    api: Api, host_app: Installation
) -> None:
    service = await api.service()
    backup = await api.backup(service)
    listed = await host_app.services.require(service)
    deleting = listed.service.model_copy(update={"state": State.DELETING})
    await host_app.directory.change(deleting, listed.etag)
    place = {"storageAccount": "offsite", "container": backup}
    for refused in (
        await api.put(f"services/{service}", {"edition": "Basic"}, headers={"If-None-Match": "*"}),
        await api.post("restores", {"backup": place}),
    ):
        assert (refused.status, refused.code) == (409, "ServiceNameUnavailable")
        assert int(refused.headers["Retry-After"]) > 0
    assert (await api.get(f"services/{service}")).body["state"] == "Deleting"


async def test_writers_wait_while_a_backup_holds_the_configuration(
    api: Api, host_app: Installation
) -> None:
    service = await api.service()
    await api.put(f"services/{service}/artifacts/schemas/s", {"document": {}})
    service_id = (await host_app.services.require(service)).service.id
    head = await host_app.configuration.head(service_id)
    assert head is not None
    await host_app.configuration.write_head(service_id, replace(head, hold="a-backup"))
    before = await api.everything(service)
    path = f"services/{service}/artifacts/schemas"
    for refused in (
        await api.put(f"{path}/t", {"document": {}}),
        await api.delete(f"{path}/s"),
        await api.put(f"{path}/s/content", data=b"x"),
        await api.put(f"services/{service}", {"edition": "Basic", "region": "Else"}),
    ):
        assert (refused.status, refused.code) == (409, "ConfigurationHeld")
        assert int(refused.headers["Retry-After"]) > 0
    assert await api.everything(service) == before


async def test_a_partial_backup_is_restored_only_where_that_is_accepted(
    api: Api, deployed: Deployed, host_app: Installation
) -> None:
    service = await api.service()
    backup = await api.backup(service)
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        path = f"{backup}.txt"
        document = json.loads(container.download_blob(path).readall())
        del document["digest"], document["seal"]
        document["backup"]["outcome"] = "PartiallySucceeded"
        lost = {"section": "schemas", "name": "s", "code": "BlobMissing", "message": "gone"}
        document["failures"] = [lost]
        _, text = await sealed(document, host_app.provider)
        container.upload_blob(path, text, overwrite=True)
    target = unique("partial")
    body = {
        "backup": {"storageAccount": "offsite", "container": backup},
        "service": {"name": target},
    }
    refused = await api.post("restores", body)
    assert (refused.status, refused.code) == (409, "BackupIncomplete")
    assert "acceptPartial" in refused.body["error"]["message"]
    assert (await api.get(f"services/{target}")).status == 404
    await api.succeeded(await api.post("restores", {**body, "acceptPartial": True}))


async def test_what_is_unexpected_gives_nothing_away(api: Api, host_app: Installation) -> None:
    service = await api.service()
    table, key = host_app.directory._table, service.lower()
    whole = await table.get("service", key)
    assert whole is not None
    damaged = Row("service", key, {**whole.values, "service": '{"name": "secret-detail"}'})
    await table.replace(damaged, None)
    reply = await api.get(f"services/{service}")
    assert (reply.status, reply.code) == (500, "InternalError")
    assert b"secret-detail" not in reply.content
    assert reply.headers["x-ms-request-id"] in reply.body["error"]["message"]
    await table.replace(whole, None)
    assert (await api.get(f"services/{service}")).status == 200


async def test_a_newer_apps_rows_are_not_read(api: Api, host_app: Installation) -> None:
    service = await api.service()
    key = service.lower()
    client = host_app.clients.tables(host_app.settings.state).get_table_client("interkeepServices")
    entity = await client.get_entity("service", key)
    await client.upsert_entity({**entity, "v": (2, "Edm.Int64")})
    refused = await api.get(f"services/{service}")
    assert (refused.status, refused.code) == (503, "StorageUnavailable")
    await client.upsert_entity({**entity, "v": (1, "Edm.Int64")})
    assert (await api.get(f"services/{service}")).status == 200


async def test_storage_that_does_not_answer(emulator: Emulator, tmp_path: Path) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.state, "TableEndpoint") as (proxy, state):
        host = deployed.host(STATE_STORAGE=state)
        host.start()
        try:
            async with api_of(host.base_url, host.keys.host) as api:
                service = await api.service()
                proxy.script = [Scripted("GET", "", 503, "ServerBusy")]
                refused = await api.get(f"services/{service}")
                assert (refused.status, refused.code) == (503, "StorageUnavailable")
                assert int(refused.headers["Retry-After"]) > 0
                assert proxy.answered > 1, "it is asked again first"
                proxy.script = []
                assert (await api.get(f"services/{service}")).status == 200
        finally:
            host.stop()


async def test_a_container_that_is_being_deleted(emulator: Emulator, tmp_path: Path) -> None:
    deployed = Deployed.new(emulator, tmp_path)  # no other host takes the message
    async with proxied(deployed.offsite, "BlobEndpoint") as (proxy, offsite):
        host = deployed.host(OFFSITE_STORAGE=offsite)
        host.start()
        try:
            async with api_of(host.base_url, host.keys.host) as api:
                service = await api.service()
                backup = unique("backup")
                making = rf"/{backup}\?restype=container$"
                proxy.script = [Scripted("PUT", making, 409, "ContainerBeingDeleted")]
                body = {"name": backup, "storageAccount": "offsite"}
                monitor = await api.ended(await api.post(f"services/{service}/backups", body))
                assert monitor["status"] == "Failed"
                assert monitor["error"]["code"] == "BackupNameUnavailable"
                history = await api.get(f"services/{service}/backups/{backup}")
                assert history.body["status"] == "Failed"
                proxy.script = []
                await api.backup(service)
        finally:
            host.stop()
