"""Finding the backups of a storage account through HTTP, whoever made them, or forged them."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from shared.model.descriptor import digest
from tests.support.api import Api, unique
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import another_installation, backed_up, copied

ALONE = True
"""All backups of an account are counted."""

PATH = "storage-accounts/offsite/backups"


@pytest.fixture
def offsite(deployed: Deployed) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(deployed.offsite) as client:
        yield client


async def browsed(api: Api, path: str = PATH, top: int = 1000) -> dict[str, Any]:
    """All that an account holds, by container, page by page."""
    found: list[Any] = []
    reply = await api.get(f"{path}{'&' if '?' in path else '?'}top={top}")
    while True:
        assert reply.status == 200, reply.body
        assert len(reply.body["value"]) <= top
        found += reply.body["value"]
        if "nextLink" not in reply.body:
            break
        reply = await api.get(reply.body["nextLink"])
    by_name = {item["container"]: item for item in found}
    assert len(by_name) == len(found), "each once"
    assert list(by_name) == sorted(by_name)
    return by_name


async def test_the_aliases_are_all_that_is_told_of_accounts(api: Api, deployed: Deployed) -> None:
    reply = await api.get("storage-accounts")
    assert reply.body == {"value": [{"name": "default"}, {"name": "offsite"}]}


async def test_a_backup_of_this_installation(api: Api) -> None:
    name = await api.service(region="West Europe", unitCount=2)
    backup = await api.backup(name)
    history = (await api.get(f"services/{name}/backups/{backup}")).body
    item = (await browsed(api))[backup]
    assert item == {
        "container": backup,
        "descriptor": f"{backup}.txt",
        "renamed": False,
        "seal": "valid",
        "sealedWith": item["sealedWith"],
        "known": True,
        "backup": {
            "id": history["id"],
            "name": backup,
            "trigger": "onDemand",
            "startedAt": history["startedAt"],
            "completedAt": item["backup"]["completedAt"],
            "outcome": "Succeeded",
            "producer": "interkeep 0.1.0",
        },
        "service": {
            "id": history["serviceId"],
            "name": name,
            "edition": "Basic",
            "unitCount": 2,
            "region": "West Europe",
        },
        "items": history["items"],
        "contentObjects": 0,
        "failures": 0,
        "digest": history["digest"],
    }


async def test_what_is_no_backup_is_not_listed(
    api: Api, offsite: BlobServiceClient, deployed: Deployed
) -> None:
    empty, other = unique("empty"), unique("other")
    offsite.create_container(empty)
    container = offsite.create_container(other)
    container.upload_blob("readme.md", b"text")
    container.upload_blob("sections/1-1/service.jsonl.gz", b"")
    container.upload_blob("deep/inside.txt", b"{}")
    found = await browsed(api)
    assert empty not in found
    assert other not in found
    name = await api.service()
    await api.put(f"services/{name}/artifacts/schemas/s", {"document": {}})
    await api.put(f"services/{name}/artifacts/schemas/s/content", data=b"x")
    backup = await api.backup(name, account="default")
    assert list(await browsed(api, "storage-accounts/default/backups")) == [backup]


STRANGERS = {
    "robots": b"User-agent: *",
    "empty": b"",
    "list": b"[1, 2]",
    "text": b'"interkeep-backup/1"',
    "object": b'{"name": "site"}',
    "other-format": b'{"format": "geojson/1", "digest": "x"}',
    "odd-format": b'{"format": 1}',
    "cut": b'{"format": "interkeep-backup/1"',
    "deep": b"[" * 100_000,
    "huge": b"{" + b" " * 5_000_000 + b"}",
}


async def test_text_files_of_strangers_are_no_descriptors(
    api: Api, offsite: BlobServiceClient
) -> None:
    prefix = unique("site")
    for kind, text in STRANGERS.items():
        offsite.create_container(f"{prefix}-{kind}").upload_blob("robots.txt", text)
    every = offsite.create_container(f"{prefix}-every")
    for kind, text in STRANGERS.items():
        every.upload_blob(f"{kind}.txt", text)
    many = offsite.create_container(f"{prefix}-many")
    for number in range(30):
        many.upload_blob(f"{number}.txt", b"{}")
    found = await browsed(api)
    assert [name for name in found if name.startswith(prefix)] == []
    for kind in ("robots", "every", "many"):
        place = {"storageAccount": "offsite", "container": f"{prefix}-{kind}"}
        for accept in (False, True):
            body = {"backup": place, "acceptRenamed": accept}
            refused = await api.post("restores?validateOnly=true", body)
            assert (refused.status, refused.code) == (404, "BackupNotFound")


async def test_a_copy_is_found_beside_text_files_of_strangers(
    api: Api, offsite: BlobServiceClient, deployed: Deployed
) -> None:
    backup = await api.backup(await api.service())
    copy = copied(deployed.offsite, backup, deployed.offsite, unique("copy"))
    container = offsite.get_container_client(copy)
    for name, text in (("aaa.txt", b"{}"), ("zzz.txt", b"notes")):
        container.upload_blob(name, text)
    item = (await browsed(api))[copy]
    assert (item["descriptor"], item["seal"], item["renamed"]) == (f"{backup}.txt", "valid", True)
    body = {
        "backup": {"storageAccount": "offsite", "container": copy},
        "service": {"name": unique("svc")},
        "acceptRenamed": True,
    }
    assert (await api.post("restores?validateOnly=true", body)).body["errors"] == []


async def test_a_copy_with_a_newer_or_huge_descriptor_is_told(
    api: Api, offsite: BlobServiceClient
) -> None:
    newer = b'{"format": "interkeep-backup/9"}'
    huge = b'{"format": "interkeep-backup/1", "x": "%b"}' % (b"x" * 5_000_000)
    prefix = unique("claims")
    for kind, text in (("newer", newer), ("huge", huge)):
        offsite.create_container(f"{prefix}-{kind}").upload_blob("former-name.txt", text)
    found = await browsed(api)
    assert found[f"{prefix}-newer"]["problem"]["code"] == "FormatUnknown"
    assert found[f"{prefix}-huge"]["problem"]["code"] == "BlobCorrupt"


@pytest.mark.parametrize("same_key", [True, False])
async def test_a_backup_that_this_installation_has_never_seen(
    api: Api, deployed: Deployed, emulator: Emulator, same_key: bool
) -> None:
    async with another_installation(deployed, emulator, same_key=same_key) as app:
        service, backup = await backed_up(app)
    item = (await browsed(api))[backup]
    assert item["known"] is False
    assert (item["backup"]["name"], item["service"]["name"]) == (backup, service)
    if same_key:
        assert item["seal"] == "valid"
        assert "problem" not in item
    else:
        assert item["seal"] == "keyUnavailable"
        assert item["problem"]["code"] == "KeyUnavailable"
        assert item["sealedWith"] in item["problem"]["message"]


async def test_copies_are_found_under_any_name(api: Api, deployed: Deployed) -> None:
    name = await api.service()
    backup = await api.backup(name)
    copy = copied(deployed.offsite, backup, deployed.offsite, unique("copy"))
    copied(deployed.offsite, backup, deployed.state, backup)
    place = {"storageAccount": "offsite", "container": backup}
    item = (await browsed(api))[copy]
    assert (item["descriptor"], item["renamed"]) == (f"{backup}.txt", True)
    assert (item["known"], item["copyOf"]) == (False, place)
    item = (await browsed(api, "storage-accounts/default/backups"))[backup]
    assert (item["renamed"], item["known"], item["copyOf"]) == (False, False, place)


async def test_pages_and_the_filter(api: Api, deployed: Deployed) -> None:
    name = await api.service()
    backups = {await api.backup(name) for _ in range(3)}
    whole = await browsed(api)
    assert backups < set(whole)
    for top in (1, 2):
        assert await browsed(api, top=top) == whole
    for asked in (name, name.upper()):
        for top in (1, 1000):
            assert set(await browsed(api, f"{PATH}?service={asked}", top)) == backups
    assert await browsed(api, f"{PATH}?service=nobody-here") == {}


def sized(document: dict[str, Any], **members: Any) -> bytes:
    """A descriptor with other members, its digest right, its seal that of another."""
    changed = {**document, **members}
    return json.dumps({**changed, "digest": digest(changed)}).encode()


async def test_a_hostile_descriptor_is_shown_as_that_and_fails_no_page(
    api: Api, offsite: BlobServiceClient
) -> None:
    name = await api.service()
    backup = await api.backup(name)
    text = offsite.get_blob_client(backup, f"{backup}.txt").download_blob().readall()
    real = json.loads(text)
    service, own = real["service"], real["backup"]
    hostile: dict[str, tuple[bytes, str]] = {
        "huge": (b" " * 5_000_000, "BlobCorrupt"),
        "empty": (b"", "DescriptorForged"),
        "no-json": (b"MZ\x00\xff", "DescriptorForged"),
        "deep": (b"[" * 1_000_000, "DescriptorForged"),
        "wide": (b"[" + b"[]," * 1_000_000 + b"[]]", "DescriptorForged"),
        "a-list": (b"[]", "DescriptorForged"),
        "newer": (json.dumps({**real, "format": "interkeep-backup/9"}).encode(), "FormatUnknown"),
        "long-format": (json.dumps({**real, "format": "x" * 10_000}).encode(), "FormatUnknown"),
        "changed": (text.replace(b'"Basic"', b'"Premium"'), "DescriptorForged"),
        "resealed": (sized(real, service={**service, "edition": "Premium"}), "DescriptorForged"),
        "no-seal": (sized({n: v for n, v in real.items() if n != "seal"}), "DescriptorForged"),
        "odd-seal": (sized(real, seal={**real["seal"], "value": "é"}), "DescriptorForged"),
        "bad-name": (sized(real, backup={**own, "name": "../../etc"}), "DescriptorForged"),
        "long-name": (sized(real, service={**service, "name": "x" * 10**6}), "DescriptorForged"),
        "bad-path": (
            sized(real, sections=[{**real["sections"][0], "blob": "../x"}]),
            "DescriptorForged",
        ),
        "half": (text.replace(b'"Basic"', b'"\\ud800"'), "DescriptorForged"),
        "digits": (b'{"format": ' + b"1" * 10_000 + b"}", "DescriptorForged"),
    }
    prefix = unique("hostile")
    for kind, (descriptor, _) in hostile.items():
        container = offsite.create_container(f"{prefix}-{kind}")
        container.upload_blob(f"{prefix}-{kind}.txt", descriptor)
    several = offsite.create_container(f"{prefix}-several")
    for path in ("one.txt", "two.txt"):
        several.upload_blob(path, text)
    found = await browsed(api)
    for kind, (_, code) in {**hostile, "several": (b"", "DescriptorForged")}.items():
        item = found[f"{prefix}-{kind}"]
        assert set(item) == {"container", "problem"}, "nothing that it claims is shown"
        assert item["problem"]["code"] == code, kind
        assert len(item["problem"]["message"]) < 500
    assert found[backup]["seal"] == "valid"
    assert await browsed(api, top=3) == found
    other_key = sized(real, seal={**real["seal"], "keyId": "\u0007" + "k" * 1000})
    offsite.get_blob_client(f"{prefix}-empty", f"{prefix}-empty.txt").upload_blob(
        other_key, overwrite=True
    )
    item = (await browsed(api))[f"{prefix}-empty"]
    assert (item["seal"], item["problem"]["code"]) == ("keyUnavailable", "KeyUnavailable")
    assert len(json.dumps(item)) < 3_000


def marker(text: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"marker": text}).encode()).decode()


async def test_questions_that_are_refused(api: Api) -> None:
    for path, code in (
        ("storage-accounts/elsewhere/backups", "StorageAccountUnknown"),
        (f"{PATH}?top=0", "InvalidRequest"),
        (f"{PATH}?continuation=x", "InvalidRequest"),
        (f"{PATH}?continuation={marker('')}", "InvalidRequest"),
        (f"{PATH}?continuation={marker('x' * 5000)}", "InvalidRequest"),
        (f"{PATH}?prefix=x", "InvalidRequest"),
    ):
        reply = await api.get(path)
        assert (reply.status, reply.code) == (400, code), path
