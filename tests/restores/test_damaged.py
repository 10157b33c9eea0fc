"""A backup that is not as it was written is refused, naming the blob; nothing shows as restored."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from shared.model.descriptor import digest
from tests.support.api import Api, unique
from tests.support.deployed import Deployed

SCHEMAS = "sections/1-1/schemas."
"""A section that no plan of a whole restore reads."""

Damage = Callable[[ContainerClient, str], str]


def _blob(container: ContainerClient, prefix: str) -> str:
    """The largest blob under a prefix: the smallest may be an empty section."""
    blobs = list(container.list_blobs(name_starts_with=prefix))
    return str(max(blobs, key=lambda blob: blob.size).name)


def flipped(prefix: str) -> Damage:
    def damage(container: ContainerClient, _name: str) -> str:
        path = _blob(container, prefix)
        data = bytearray(container.download_blob(path).readall())
        data[len(data) // 2] ^= 1
        container.upload_blob(path, bytes(data), overwrite=True)
        return path

    return damage


def cut(prefix: str) -> Damage:
    def damage(container: ContainerClient, _name: str) -> str:
        path = _blob(container, prefix)
        data = container.download_blob(path).readall()
        container.upload_blob(path, data[:-5], overwrite=True)
        return path

    return damage


def removed(prefix: str) -> Damage:
    def damage(container: ContainerClient, _name: str) -> str:
        path = _blob(container, prefix)
        container.delete_blob(path)
        return path if prefix != "content/" else "content/"

    return damage


def edited(change: Callable[[dict[str, object]], None], *, redigest: bool = False) -> Damage:
    def damage(container: ContainerClient, name: str) -> str:
        path = f"{name}.txt"
        document = json.loads(container.download_blob(path).readall())
        change(document)
        if redigest:
            document["digest"] = digest(document)
        container.upload_blob(path, json.dumps(document), overwrite=True)
        return path

    return damage


def lower(document: dict[str, object]) -> None:
    document["service"]["unitCount"] = 8  # type: ignore[index]


def newer(document: dict[str, object]) -> None:
    document["format"] = "interkeep-backup/3"


def other_key(document: dict[str, object]) -> None:
    document["seal"]["keyId"] = "0123456789abcdef"  # type: ignore[index]


def escaping(document: dict[str, object]) -> None:
    document["sections"][0]["blob"] = "../other/sections/1-1/service.jsonl.gz"  # type: ignore[index]


def no_seal(document: dict[str, object]) -> None:
    del document["seal"]


def not_ascii(document: dict[str, object]) -> None:
    document["digest"] = "é" * 64


def half_a_character(document: dict[str, object]) -> None:
    document["warnings"] = [{"code": "c", "message": "\ud800", "target": ""}]


def replaced(text: bytes) -> Damage:
    def damage(container: ContainerClient, name: str) -> str:
        container.upload_blob(f"{name}.txt", text, overwrite=True)
        return f"{name}.txt"

    return damage


async def made(api: Api) -> str:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {"password": "p"}})
    await api.put(f"{path}/content", data=b"<schema/>" * 100)
    await api.allocate(name, "A")
    received = {"kind": "interchange", "value": 77, "validityDays": 30, "messageId": "m-77"}
    await api.post(f"services/{name}/received-control-numbers/A", received)
    return await api.backup(name)


@pytest.fixture
async def backup(api: Api, deployed: Deployed) -> AsyncIterator[str]:
    """A backup that is whole again after each test."""
    name = str(await api.once("damaged", lambda: made(api)))
    with ContainerClient.from_connection_string(deployed.offsite, name) as container:
        whole = {
            path: container.download_blob(path).readall() for path in container.list_blob_names()
        }
        yield name
        for path, data in whole.items():
            container.upload_blob(path, data, overwrite=True)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (edited(lower), "DescriptorForged"),
        (edited(lower, redigest=True), "DescriptorForged"),
        (edited(no_seal), "DescriptorForged"),
        (edited(escaping, redigest=True), "DescriptorForged"),
        (edited(not_ascii), "DescriptorForged"),
        (edited(half_a_character), "DescriptorForged"),
        (replaced(b""), "DescriptorForged"),
        (replaced(b"\xff\xfe{}"), "DescriptorForged"),
        (replaced(b"[1]"), "DescriptorForged"),
        (replaced(b"[" * 5_000_000), "DescriptorForged"),
        (replaced(b'{"format": ' * 200_000), "DescriptorForged"),
        (replaced(b" " * 16_777_217), "BlobCorrupt"),
        (edited(newer), "FormatUnknown"),
        (edited(other_key), "KeyUnavailable"),
    ],
)
async def test_a_descriptor_that_is_refused_before_anything_begins(
    api: Api, deployed: Deployed, backup: str, damage: Damage, code: str
) -> None:
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        path = damage(container, backup)
    target = unique("fresh")
    place = {"storageAccount": "offsite", "container": backup}
    refused = await api.post("restores", {"backup": place, "service": {"name": target}})
    assert (refused.status, refused.code) == (409, code)
    if code != "KeyUnavailable":
        assert path in refused.body["error"]["message"]
    assert (await api.get(f"services/{target}")).status == 404


async def test_a_backup_under_another_name_is_refused(
    api: Api, deployed: Deployed, backup: str
) -> None:
    copy = unique("copy")
    with (
        ContainerClient.from_connection_string(deployed.offsite, backup) as container,
        ContainerClient.from_connection_string(deployed.offsite, copy) as other,
    ):
        text = container.download_blob(f"{backup}.txt").readall()
        other.create_container()
        place = {"storageAccount": "offsite", "container": copy}
        nothing = await api.post("restores", {"backup": place})
        assert (nothing.status, nothing.code) == (404, "BackupNotFound")
        for name in container.list_blob_names(name_starts_with="sections/"):
            other.upload_blob(name, container.download_blob(name).readall())
        for path in (f"{backup}.txt", f"{copy}.txt"):
            other.upload_blob(path, text)
            refused = await api.post("restores", {"backup": place})
            assert (refused.status, refused.code) == (409, "DescriptorForged")
            assert f"holds the backup '{backup}'" in refused.body["error"]["message"]
            body = {"backup": place, "acceptRenamed": True, "service": {"name": unique("fresh")}}
            planned = await api.post("restores?validateOnly=true", body)
            assert planned.status == 200, planned.body
            other.delete_blob(path)
        for path in ("one.txt", "two.txt"):
            other.upload_blob(path, text)
        refused = await api.post("restores", {"backup": place, "acceptRenamed": True})
        assert (refused.status, refused.code) == (409, "DescriptorForged")


async def test_a_copy_under_another_name_is_restored_where_it_is_accepted(
    api: Api, deployed: Deployed, backup: str
) -> None:
    copy, target = unique("copy"), unique("fresh")
    with (
        ContainerClient.from_connection_string(deployed.offsite, backup) as container,
        ContainerClient.from_connection_string(deployed.offsite, copy) as other,
    ):
        other.create_container()
        for name in container.list_blob_names():
            other.upload_blob(name, container.download_blob(name).readall())
    place = {"storageAccount": "offsite", "container": copy}
    body = {"backup": place, "acceptRenamed": True, "service": {"name": target}}
    await api.succeeded(await api.post("restores", body))
    assert (await api.get(f"services/{target}")).body["state"] == "Suspended"


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (flipped(SCHEMAS), "BlobCorrupt"),
        (cut(SCHEMAS), "BlobCorrupt"),
        (removed(SCHEMAS), "BlobMissing"),
        (flipped("secrets/"), "BlobCorrupt"),
        (cut("secrets/"), "BlobCorrupt"),
        (removed("secrets/"), "BlobMissing"),
        (removed("content/"), "BlobMissing"),
    ],
)
async def test_a_blob_that_is_damaged_fails_the_restore(
    api: Api, deployed: Deployed, backup: str, damage: Damage, code: str
) -> None:
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        path = damage(container, backup)
    target = unique("fresh")
    place = {"storageAccount": "offsite", "container": backup}
    accepted = await api.post("restores", {"backup": place, "service": {"name": target}})
    monitor = await api.ended(accepted)
    assert (monitor["status"], monitor["error"]["code"]) == ("Failed", code)
    assert path in monitor["error"]["message"]
    shown = await api.get(f"services/{target}")
    if shown.status == 200:
        assert shown.body["state"] == "RestoreFailed"
        assert shown.body["allowedOperations"] == ["delete"]
        await api.succeeded(await api.delete(f"services/{target}"))


@pytest.mark.parametrize(
    ("section", "damage", "code"),
    [
        ("agreements", flipped, "BlobCorrupt"),
        ("control-numbers", flipped, "BlobCorrupt"),
        ("received-control-numbers", removed, "BlobMissing"),
    ],
)
async def test_what_the_plan_reads_is_refused_before_anything_is_written(
    api: Api,
    deployed: Deployed,
    backup: str,
    section: str,
    damage: Callable[[str], Damage],
    code: str,
) -> None:
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        path = damage(f"sections/1-1/{section}.")(container, backup)
    target = unique("fresh")
    place = {"storageAccount": "offsite", "container": backup}
    body = {"backup": place, "service": {"name": target}}
    for query in ("?validateOnly=true", ""):
        refused = await api.post(f"restores{query}", body)
        assert (refused.status, refused.code) == (409, code)
        assert path in refused.body["error"]["message"]
    assert (await api.get(f"services/{target}")).code == "ServiceNotFound"


async def test_a_restore_that_failed_is_deleted_and_made_again(
    api: Api, deployed: Deployed, backup: str
) -> None:
    """The same request, once the cause is mended; until then only delete is allowed."""
    target = unique("again")
    place = {"storageAccount": "offsite", "container": backup}
    body = {"backup": place, "service": {"name": target}}
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        path = _blob(container, SCHEMAS)
        whole = container.download_blob(path).readall()
        flipped(SCHEMAS)(container, backup)
        first = await api.post("restores", body, headers={"Operation-Id": "first"})
        assert (await api.ended(first))["status"] == "Failed"
        await require_only_delete(api, target, body)
        await api.succeeded(await api.delete(f"services/{target}"))
        container.upload_blob(path, whole, overwrite=True)
    repeated = await api.post("restores", body, headers={"Operation-Id": "first"})
    assert repeated.body["status"] == "Failed", "a repeated request is answered, not done again"
    second = await api.post("restores", body, headers={"Operation-Id": "second"})
    await api.succeeded(second)
    assert (await api.get(f"services/{target}")).body["state"] == "Suspended"
    assert (await api.post(f"services/{target}/resume")).status == 200
    assert await api.allocate(target, "A") == 2


async def require_only_delete(api: Api, name: str, body: Any) -> None:
    """Whatever else is asked of a service that shows as RestoreFailed is refused."""
    path = f"services/{name}"
    shown = (await api.get(path)).body
    assert (shown["state"], shown["allowedOperations"]) == ("RestoreFailed", ["delete"])
    verbs = ("start", "stop", "restart", "suspend", "resume", "disable", "enable")
    refused = [await api.post(f"{path}/{verb}") for verb in verbs]
    refused += [
        await api.post(f"{path}/scale", {"unitCount": 2}),
        await api.put(path, {"edition": "Basic"}),
        await api.put(f"{path}/artifacts/schemas/t", {"document": {}}),
        await api.delete(f"{path}/artifacts/schemas/s"),
        await api.put(f"{path}/control-numbers/A", {"kind": "interchange", "next": 9}),
        await api.post(f"{path}/backups", {"name": unique("no"), "storageAccount": "offsite"}),
    ]
    assert {reply.code for reply in refused} == {"OperationNotAllowed"}
    allocate = f"{path}/control-numbers/A/allocate"
    assert (await api.post(allocate, {"kind": "interchange"})).code == "ServiceNotActive"
    assert (await api.post("restores", body)).code == "ServiceExists"
