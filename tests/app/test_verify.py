"""Verify at its three levels, and cancel, through HTTP."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import ContainerClient

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from tests.app.test_backup_restore import filled
from tests.support.api import Api, unique
from tests.support.deployed import Deployed
from tests.support.report import POINTS, SEED

LEVELS = ["descriptor", "data", "restore"]


async def verify(api: Api, service: str, backup: str, level: str | None = None) -> Any:
    body = {} if level is None else {"level": level}
    return await api.ended(await api.post(f"services/{service}/backups/{backup}/verify", body))


@pytest.mark.parametrize("level", LEVELS)
async def test_a_good_backup(api: Api, deployed: Deployed, level: str) -> None:
    name = await filled(api, accessControl={"namespace": "acs", "key": "acs-secret"})
    for _ in range(3):
        await api.allocate(name, "A")
    backup = await api.backup(name)
    before = (await api.get("services")).body
    monitor = await verify(api, name, backup, level)
    assert monitor["status"] == "Succeeded", monitor
    assert monitor["operation"] == "VerifyBackupBizTalkService"
    assert monitor["result"]["problems"] == 0
    assert monitor["result"]["contentObjects"] == 4
    assert (monitor["result"].get("records", 0) > 10) is (level != "descriptor")
    shown = (await api.get(f"services/{name}/backups/{backup}")).body
    assert (shown["verifyLevel"], shown["verifyStatus"]) == (level, "Succeeded")
    assert shown["verifiedAt"] == monitor["completedAt"]
    assert shown["users"] == []

    assert [s["name"] for s in (await api.get("services")).body["value"]] == [
        s["name"] for s in before["value"]
    ], "no list shows the scratch service"
    assert await api.allocate(name, "A") == 4, "its ledger was not touched"
    parts = Installation(deployed.read())
    left = []
    with TableServiceClient.from_connection_string(deployed.state) as tables:
        for table in tables.list_tables():
            if "Scratch" in table.name:
                left += list(tables.get_table_client(table.name).list_entities())
    assert left == [], "the scratch service is gone"
    containers = parts.accounts.state.list_containers(name_starts_with="interkeep-verify")
    assert [found.name async for found in containers] == []
    await parts.close()


async def test_a_backup_of_a_service_that_is_gone(api: Api) -> None:
    name = await filled(api)
    backup = await api.backup(name)
    await api.succeeded(await api.delete(f"services/{name}"))
    assert (await verify(api, name, backup))["status"] == "Succeeded"
    assert (await verify(api, name, backup, "restore"))["status"] == "Succeeded"
    assert (await api.get(f"services/{name}")).status == 404


Damage = Callable[[ContainerClient, str], None]


def flip(path: str, container: ContainerClient) -> None:
    blob = container.get_blob_client(path)
    data = bytearray(blob.download_blob().readall())
    data[len(data) // 2] ^= 1
    blob.upload_blob(bytes(data), overwrite=True)


def cut(path: str, container: ContainerClient) -> None:
    blob = container.get_blob_client(path)
    blob.upload_blob(blob.download_blob().readall()[:-1], overwrite=True)


def remove(path: str, container: ContainerClient) -> None:
    container.delete_blob(path)


CODES = {flip: "BlobCorrupt", cut: "BlobCorrupt", remove: "BlobMissing"}


@pytest.mark.parametrize("damage", [flip, cut, remove], ids=lambda damage: damage.__name__)
async def test_damage_anywhere_is_found_and_named(
    api: Api, deployed: Deployed, damage: Callable[[str, ContainerClient], None]
) -> None:
    """Blobs of a backup in turn: a few each day, all of them with FAULT_POINTS=all."""
    name = await filled(api)
    whole = await api.backup(name)
    with ContainerClient.from_connection_string(deployed.offsite, whole) as source:
        paths = sorted(source.list_blob_names())
        before = {path: source.download_blob(path).readall() for path in paths}
    blobs = [path for path in paths if not path.endswith(".txt")]
    chosen = blobs if POINTS == "all" else random.Random(SEED + whole).sample(blobs, 2)
    print(f"damaging {chosen} (FAULT_SEED={SEED})")
    for path in chosen:
        with ContainerClient.from_connection_string(deployed.offsite, whole) as container:
            if not before[path] and damage is not remove:
                continue
            damage(path, container)
            monitor = await verify(api, name, whole)
            container.upload_blob(path, before[path], overwrite=True)
        assert monitor["status"] == "Failed", path
        faults = {(fault["code"], fault["target"]) for fault in monitor["result"]["faults"]}
        assert (CODES[damage], path) in faults, (path, monitor)
        assert monitor["error"]["message"]
    shown = (await api.get(f"services/{name}/backups/{whole}")).body
    assert shown["verifyStatus"] == "Failed"
    assert shown["verifyProblems"] >= 1
    assert (await verify(api, name, whole))["status"] == "Succeeded", "it is whole again"
    assert (await api.get(f"services/{name}/backups/{whole}")).body["verifyStatus"] == "Succeeded"


async def test_a_shallow_success_does_not_clear_a_deep_failure(
    api: Api, deployed: Deployed
) -> None:
    """Else retention would count on a damaged backup, and delete the whole ones before it."""
    name = await filled(api)
    backup = await api.backup(name)
    path = f"services/{name}/backups/{backup}"
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        section = next(p for p in sorted(container.list_blob_names()) if "partners" in p)
        whole = container.download_blob(section).readall()
        flip(section, container)
        assert (await verify(api, name, backup))["status"] == "Failed"
        shallow = await verify(api, name, backup, "descriptor")
        shown = (await api.get(path)).body
        container.upload_blob(section, whole, overwrite=True)
    assert shallow["status"] == "Succeeded", "all is there, with its size"
    assert (shown["verifyStatus"], shown["verifyLevel"]) == ("Failed", "data")
    assert (await verify(api, name, backup, "descriptor"))["status"] == "Succeeded"
    assert (await api.get(path)).body["verifyStatus"] == "Failed"
    assert (await verify(api, name, backup))["status"] == "Succeeded"
    assert (await api.get(path)).body["verifyStatus"] == "Succeeded"


async def test_all_faults_are_named_at_once(api: Api, deployed: Deployed) -> None:
    name = await filled(api)
    backup = await api.backup(name)
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        paths = sorted(container.list_blob_names())
        flip(next(p for p in paths if "partners" in p), container)
        remove(next(p for p in paths if p.startswith("content/")), container)
    monitor = await verify(api, name, backup)
    assert monitor["result"]["problems"] >= 2
    codes = {fault["code"] for fault in monitor["result"]["faults"]}
    assert {"BlobCorrupt", "BlobMissing"} <= codes
    assert "more faults" in monitor["error"]["message"]


async def test_a_forged_or_replaced_descriptor(api: Api, deployed: Deployed) -> None:
    name = await filled(api)
    backup, other = await api.backup(name), await api.backup(name)
    with (
        ContainerClient.from_connection_string(deployed.offsite, backup) as container,
        ContainerClient.from_connection_string(deployed.offsite, other) as second,
    ):
        path = f"{backup}.txt"
        text = container.download_blob(path).readall()
        document = json.loads(text)
        document["service"]["edition"] = "Premium"
        container.upload_blob(path, json.dumps(document).encode(), overwrite=True)
        assert (await verify(api, name, backup, "descriptor"))["error"][
            "code"
        ] == "DescriptorForged"
        container.upload_blob(path, second.download_blob(f"{other}.txt").readall(), overwrite=True)
        assert (await verify(api, name, backup, "descriptor"))["error"][
            "code"
        ] == "DescriptorForged"
        container.upload_blob(path, text, overwrite=True)
        container.delete_blob(path)
        assert (await verify(api, name, backup))["error"]["code"] == "BackupNotFound"


async def test_what_cannot_be_verified(api: Api) -> None:
    name = await api.service()
    missing = await api.post(f"services/{name}/backups/none/verify", {})
    assert (missing.status, missing.code) == (404, "BackupNotFound")
    backup = await api.backup(name)
    path = f"services/{name}/backups/{backup}"
    wrong = await api.post(f"{path}/verify", {"level": "twice"})
    assert (wrong.status, wrong.code) == (400, "InvalidRequest")
    headers = {"Operation-Id": unique("verify")}
    first = await api.post(f"{path}/verify", {}, headers=headers)
    again = await api.post(f"{path}/verify", {}, headers=headers)
    assert first.headers["Operation-Location"] == again.headers["Operation-Location"]
    await api.succeeded(first)
    await api.succeeded(await api.delete(f"{path}?force=true"))
    gone = await api.post(f"{path}/verify", {})
    assert (gone.status, gone.code) == (404, "BackupNotFound")


async def test_cancel_what_nobody_works_on(api: Api, deployed: Deployed) -> None:
    """A worker that died, or a retry that waits: the operation ends at once."""
    name = await api.service()
    parts = Installation(deployed.read())
    service = (await parts.services.require(name)).service
    operation = Operation(
        id=unique("waiting"),
        operation=OperationName.BACKUP,
        service=name,
        service_id=service.id,
        status=OperationStatus.RUNNING,
        caller="somebody",
        trigger="http",
        created_at=parts.clock.now(),
        parameters={"name": unique("backup"), "storageAccount": "offsite", "trigger": "onDemand"},
        worker="died",
        lease_seconds=-1,
    )
    await parts.records.add(operation, "hash", lock=True)
    await parts.close()
    path = f"services/{name}/operations/{operation.id}"
    assert (await api.get(path)).body["cancelable"] is True
    accepted = await api.post(f"{path}/cancel")
    assert accepted.status == 202
    ended = await api.ended(accepted)
    assert (ended["status"], ended["cancelable"]) == ("Canceled", False)
    ended = await api.post(f"{path}/cancel")
    assert (ended.status, ended.code) == (409, "OperationNotAllowed")
    await api.backup(name)

    created = (await api.get(f"services/{name}/operations")).body["value"][-1]
    assert created["cancelable"] is False
    other = await api.post(f"services/{name}/operations/{created['id']}/cancel")
    assert (other.status, other.code) == (409, "OperationNotAllowed")
    none = await api.post(f"services/{name}/operations/none/cancel")
    assert (none.status, none.code) == (404, "OperationNotFound")
