"""Taking a backup of somewhere else into the history, through HTTP."""

import json
from typing import Any

import pytest
from azure.storage.blob import BlobClient, ContainerClient

from tests.support.api import Api, unique
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import another_installation, backed_up, copied


def address(container: str, query: str = "", account: str = "offsite") -> str:
    return f"storage-accounts/{account}/backups/{container}/register{query}"


@pytest.fixture
async def foreign(deployed: Deployed, emulator: Emulator) -> tuple[str, str]:
    """Service and backup of an installation whose state is lost; its key is not."""
    async with another_installation(deployed, emulator, same_key=True) as app:
        return await backed_up(app, "scheduled")


async def operations(api: Api, service: str) -> list[Any]:
    value: list[Any] = (await api.get(f"services/{service}/operations")).body["value"]
    return value


async def test_a_backup_that_was_unknown_is_in_the_history(
    api: Api, foreign: tuple[str, str]
) -> None:
    service, backup = foreign
    assert (await api.get(f"services/{service}/backups")).body == {"value": []}
    reply = await api.post(address(backup))
    assert reply.status == 201, reply.body
    body = reply.body
    assert {member: body[member] for member in ("name", "service", "trigger", "status")} == {
        "name": backup,
        "service": service,
        "trigger": "scheduled",
        "status": "Succeeded",
    }
    assert (body["pinned"], body["registered"]) == (True, True)
    assert (body["storageAccount"], body["container"]) == ("offsite", backup)
    path = f"services/{service}/backups/{backup}"
    assert reply.headers["Location"] == f"{api.base_url}/api/{path}"
    shown = await api.get(path)
    assert shown.body == body
    assert shown.headers["ETag"] == reply.headers["ETag"]
    (row,) = (await api.get(f"services/{service}/backups")).body["value"]
    assert row == {member: value for member, value in body.items() if member != "sections"}
    (logged,) = await operations(api, service)
    assert (logged["operation"], logged["status"]) == ("RegisterBackupBizTalkService", "Succeeded")
    assert logged["id"] == body["operation"]
    assert logged["parameters"] == {
        "storageAccount": "offsite",
        "container": backup,
        "backup": backup,
    }


async def test_a_repeat_gives_the_same_answer(api: Api, foreign: tuple[str, str]) -> None:
    service, backup = foreign
    mine = {"Operation-Id": unique("mine")}
    first = await api.post(address(backup), headers=mine)
    assert first.status == 201
    for headers in ({}, mine, {"Operation-Id": unique("other")}):
        again = await api.post(address(backup), headers=headers)
        assert (again.status, again.body) == (201, first.body)
        assert again.headers["ETag"] == first.headers["ETag"]
    assert first.body["operation"] == mine["Operation-Id"]
    assert [o["id"] for o in await operations(api, service)] == [mine["Operation-Id"]]


async def test_what_works_on_a_backup_works_on_a_registered_one(
    api: Api, deployed: Deployed, foreign: tuple[str, str]
) -> None:
    service, backup = foreign
    assert (await api.post(address(backup))).status == 201
    path = f"services/{service}/backups/{backup}"
    records = await api.get(f"{path}/contents?section=bridges")
    assert [r["name"] for r in records.body["value"]] == ["b"]
    assert (await api.get(f"{path}/changes?since={backup}")).body["value"] == []
    item = (await api.get(f"storage-accounts/offsite/backups?service={service}")).body["value"]
    assert [(i["container"], i["known"]) for i in item] == [(backup, True)]

    verified = await api.succeeded(await api.post(f"{path}/verify", {"level": "data"}))
    assert verified["operation"] == "VerifyBackupBizTalkService"
    assert (await api.get(path)).body["verifyStatus"] == "Succeeded"
    await api.restore(backup)
    assert (await api.get(f"services/{service}")).body["state"] == "Suspended"

    assert (await api.delete(path)).code == "BackupPinned"
    assert (await api.call("PATCH", path, {"pinned": False})).status == 200
    assert (await api.delete(path)).code == "LastGoodBackup"
    await api.succeeded(await api.delete(f"{path}?force=true"))
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        assert not container.exists()
    assert (await api.get(path)).body["status"] == "Deleted"
    gone = await api.post(address(backup))
    assert (gone.status, gone.code) == (404, "BackupNotFound")


async def test_retention_never_deletes_it(api: Api, foreign: tuple[str, str]) -> None:
    """Unpinned, scheduled, older than all that is kept, of a service of the same name."""
    service, backup = foreign
    assert (await api.post(address(backup))).status == 201
    path = f"services/{service}/backups/{backup}"
    await api.call("PATCH", path, {"pinned": False})
    await api.service(service)
    schedule = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": "2026-01-01T02:00:00Z",
        "frequencyDays": 1,
        "retentionDays": 2,
        "keepAtLeastOne": False,
    }
    reply = await api.put(f"services/{service}/backup-schedule", schedule)
    assert reply.status == 201, reply.body
    preview = await api.post(f"services/{service}/backup-schedule/preview", {"days": 40})
    assert backup in [kept["backup"] for kept in preview.body["keeps"]]
    (listed,) = (await api.get(f"services/{service}/backups")).body["value"]
    assert listed["retention"]["action"] == "keep"
    assert "registered" in listed["retention"]["reasons"]


async def test_what_the_history_knows_already_is_not_registered(
    api: Api, deployed: Deployed, foreign: tuple[str, str]
) -> None:
    service, backup = foreign
    own = await api.service()
    made = await api.backup(own)
    before = await api.everything(own)
    elsewhere = copied(deployed.offsite, made, deployed.state, made)
    for path in (address(made), address(elsewhere, account="default")):
        refused = await api.post(path)
        assert (refused.status, refused.code) == (409, "BackupNameInUse")
        assert "knows this backup already" in refused.body["error"]["message"]
    assert await api.everything(own) == before

    assert (await api.post(address(backup))).status == 201
    elsewhere = copied(deployed.offsite, backup, deployed.state, backup)
    refused = await api.post(address(elsewhere, account="default"))
    assert (refused.status, refused.code) == (409, "BackupNameInUse")
    entry = (await api.get(f"services/{service}/backups/{backup}")).body
    taken = {"Operation-Id": entry["operation"]}
    refused = await api.post(address(elsewhere, account="default"), headers=taken)
    assert (refused.status, refused.code) == (400, "OperationIdInUse")


async def test_a_name_that_the_service_used_is_taken(
    api: Api, deployed: Deployed, foreign: tuple[str, str]
) -> None:
    service, backup = foreign
    await api.service(service)
    await api.backup(service, backup, account="default")
    before = await api.everything(service)
    refused = await api.post(address(backup))
    assert (refused.status, refused.code) == (409, "BackupNameInUse")
    assert "another backup of the name" in refused.body["error"]["message"]
    assert await api.everything(service) == before
    assert len(await operations(api, service)) == 2, "a refusal is in no log"


async def test_a_copy_under_another_name_is_registered_where_that_is_accepted(
    api: Api, deployed: Deployed, emulator: Emulator, foreign: tuple[str, str]
) -> None:
    service, backup = foreign
    copy = copied(deployed.offsite, backup, deployed.offsite, unique("copy"))
    refused = await api.post(address(copy))
    assert (refused.status, refused.code) == (409, "DescriptorForged")
    assert "acceptRenamed=true" in refused.body["error"]["message"]
    assert (await api.get(f"services/{service}/backups")).body == {"value": []}
    reply = await api.post(address(copy, "?acceptRenamed=true"))
    assert reply.status == 201, reply.body
    assert (reply.body["name"], reply.body["container"]) == (backup, copy)
    path = f"services/{service}/backups/{backup}"
    records = await api.get(f"{path}/contents?section=bridges")
    assert [r["name"] for r in records.body["value"]] == ["b"]
    await api.succeeded(await api.post(f"{path}/verify", {"level": "data"}))
    assert (await api.post(address(backup))).code == "BackupNameInUse", "it is known from the copy"
    await api.call("PATCH", path, {"pinned": False})

    text = f"{backup}.txt"
    with BlobClient.from_connection_string(deployed.offsite, copy, text) as blob:
        descriptor = blob.download_blob().readall()
        document = json.loads(descriptor)
        document["service"]["unitCount"] = 7
        blob.upload_blob(json.dumps(document), overwrite=True)
        failed = await api.ended(await api.delete(f"{path}?force=true"))
        assert failed["error"]["code"] == "DescriptorForged", "it is not what was registered"
        async with another_installation(deployed, emulator, same_key=True) as app:
            _, genuine = await backed_up(app)
        with BlobClient.from_connection_string(
            deployed.offsite, genuine, f"{genuine}.txt"
        ) as other:
            blob.upload_blob(other.download_blob().readall(), overwrite=True)
        failed = await api.ended(await api.delete(f"{path}?force=true"))
        assert failed["error"]["code"] == "BackupInUse", "a genuine one, but not this one"
        blob.upload_blob(descriptor, overwrite=True)
    await api.succeeded(await api.delete(f"{path}?force=true"))
    with ContainerClient.from_connection_string(deployed.offsite, copy) as container:
        assert not container.exists()
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        assert container.exists(), "the container that it was copied from stays"


async def test_registrations_that_are_refused(
    api: Api, deployed: Deployed, emulator: Emulator
) -> None:
    async with another_installation(deployed, emulator, same_key=False) as app:
        service, sealed_otherwise = await backed_up(app)
    async with another_installation(deployed, emulator, same_key=True) as app:
        _, forged = await backed_up(app)
    with BlobClient.from_connection_string(deployed.offsite, forged, f"{forged}.txt") as blob:
        text = blob.download_blob().readall().replace(b'"Basic"', b'"Premium"')
        blob.upload_blob(text, overwrite=True)
    empty = unique("empty")
    with ContainerClient.from_connection_string(deployed.offsite, empty) as container:
        container.create_container()
    for path, status, code in (
        (address(sealed_otherwise), 409, "KeyUnavailable"),
        (address(forged), 409, "DescriptorForged"),
        (address(empty), 404, "BackupNotFound"),
        (address("none-there"), 404, "BackupNotFound"),
        (address("Bad_Name"), 400, "InvalidName"),
        (address("none-there", account="elsewhere"), 400, "StorageAccountUnknown"),
        (address("none-there", "?acceptRenamed=perhaps"), 400, "InvalidRequest"),
        (address("none-there", "?force=true"), 400, "InvalidRequest"),
    ):
        refused = await api.post(path)
        assert (refused.status, refused.code) == (status, code), path
    assert (await api.get(f"services/{service}/backups")).body == {"value": []}
    assert await operations(api, service) == []
