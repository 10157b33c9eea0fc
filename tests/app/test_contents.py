"""Looking into a backup through HTTP: all of it, page by page, and not one secret."""

import json
from collections.abc import Iterator

import pytest
from azure.storage.blob import ContainerClient

from shared.model.sections import ADDED_LATER, BACKED_UP, Section
from tests.support.api import Api, Reply, nobodys, unique, x12_document
from tests.support.certificates import Made
from tests.support.deployed import Deployed
from tests.support.listing import listed

SECRET = "never-to-be-seen"
MARKED = nobodys(x12_document())
RUNTIME = ["control-numbers", "received-control-numbers", "mic-values", "content"]


async def filled(api: Api) -> str:
    """A service with secrets wherever they can be."""
    name = await api.service(accessControl={"namespace": "acs", "key": f"{SECRET} 1"})
    await api.agreement(name, "A", nobodys(x12_document()))
    items = [
        {"section": section, "name": f"{section}-{i}", "document": {"password": f"{SECRET} {i}"}}
        for section in ("bridges", "schemas", "pipelines")
        for i in range(3)
    ]
    assert (await api.post(f"services/{name}/import", {"artifacts": items})).status == 200
    path = f"services/{name}/artifacts/certificates/c"
    await api.put(path, {"document": {"pfx": Made().pfx(SECRET), "password": SECRET}})
    await api.put(f"services/{name}/artifacts/schemas/schemas-0/content", data=b"<schema/>")
    for number in (7, 8):
        body = {"kind": "group", "value": number, "validityDays": 30, "messageId": "m1"}
        await api.post(f"services/{name}/received-control-numbers/A", body)
    mic = {"messageId": "m/1", "mic": "q83v", "algorithm": "SHA1", "as2From": "a", "as2To": "b"}
    await api.put(f"services/{name}/mic-values/A", mic)
    await api.allocate(name, "A")
    return name


@pytest.fixture
async def backed_up(api: Api) -> tuple[str, str]:
    name = await filled(api)
    return name, await api.backup(name)


async def test_the_overview_says_what_the_descriptor_says(
    api: Api, backed_up: tuple[str, str]
) -> None:
    name, backup = backed_up
    found = await api.get(f"services/{name}/backups/{backup}/contents")
    assert found.status == 200, found.body
    history = (await api.get(f"services/{name}/backups/{backup}")).body
    body = found.body
    assert body["backup"]["name"] == backup
    assert body["backup"]["outcome"] == "Succeeded"
    assert (body["service"]["name"], body["service"]["edition"]) == (name, "Basic")
    assert body["consistency"]["revision"] == history["revision"]
    assert body["digest"] == history["digest"]
    assert {n["what"] for n in body["notIncluded"]} == {
        "activeBatches",
        "hybridConnections",
        "trackingDatabase",
    }
    assert (body["warnings"], body["failures"]) == ([], [])
    assert set(body["secrets"]) == {"items", "keyProvider", "keyId"}
    assert body["secrets"]["items"] == 1 + 1 + 9 + 2
    assert body["sealedWith"] == body["secrets"]["keyId"]
    assert {(part["name"], part["items"], part["linesSha256"]) for part in body["value"]} == {
        (part["name"], part["items"], part["linesSha256"]) for part in history["sections"]
    }
    (row,) = (await api.get(f"services/{name}/backups")).body["value"]
    assert row == {member: value for member, value in history.items() if member != "sections"}
    assert [part["name"] for part in body["value"]] == [
        "service",
        *(section for section in BACKED_UP if section not in ADDED_LATER),
        *RUNTIME,
    ]
    assert all(part["bytes"] > 0 and part["linesBytes"] >= 0 for part in body["value"])


async def test_every_section_shows_what_the_service_holds(
    api: Api, backed_up: tuple[str, str]
) -> None:
    name, backup = backed_up
    path = f"services/{name}/backups/{backup}/contents"
    parts = (await api.get(path)).body["value"]
    everything = ""
    for part in parts:
        section = part["name"]
        records = await listed(api, f"{path}?section={section}")
        assert len(records) == part["items"]
        assert await listed(api, f"{path}?section={section}", top=1) == records
        everything += json.dumps(records)
        if section in set(Section):
            shown = await listed(api, f"services/{name}/artifacts/{section}")
            assert [(r["name"], r["document"]) for r in records] == [
                (artifact["name"], artifact["document"]) for artifact in shown
            ]
    assert SECRET not in everything
    assert "agreement-secret" not in everything
    assert "$secret" not in everything
    assert everything.count('"********"') >= 13

    (settings,) = await listed(api, f"{path}?section=service")
    assert settings["document"]["accessControl"] == {"namespace": "acs", "key": "********"}
    (number,) = await listed(api, f"{path}?section=control-numbers")
    assert number["name"] == "A"
    assert number["document"]["interchange"]["last"] == 1
    received = await listed(api, f"{path}?section=received-control-numbers")
    assert [r["document"]["value"] for r in received] == [7, 8]
    (mic,) = await listed(api, f"{path}?section=mic-values")
    assert mic["document"]["mic"] == "q83v"
    (content,) = await listed(api, f"{path}?section=content")
    assert content["size"] == len(b"<schema/>")


async def test_a_page_is_short_where_documents_are_large(api: Api) -> None:
    name = await api.service()
    for i in range(6):
        document = {"of": unique("big"), "text": "x" * 1_500_000}
        path = f"services/{name}/artifacts/pipelines/p{i}"
        assert (await api.put(path, {"document": document})).status == 201
    path = f"services/{name}/backups/{await api.backup(name)}/contents?section=pipelines"
    first = await api.get(path)
    assert len(first.body["value"]) == 3
    assert [record["name"] for record in await listed(api, path)] == [f"p{i}" for i in range(6)]


async def test_questions_that_are_refused(api: Api, backed_up: tuple[str, str]) -> None:
    name, backup = backed_up
    path = f"services/{name}/backups/{backup}/contents"
    following = (await api.get(f"{path}?section=schemas&top=1")).body["nextLink"]
    token = following.split("continuation=")[1]
    for query, code in (
        ("section=hybrid-connections", "InvalidRequest"),
        ("section=", "InvalidRequest"),
        ("section=../secrets", "InvalidRequest"),
        ("section=schemas&top=0", "InvalidRequest"),
        ("section=schemas&continuation=%21", "InvalidRequest"),
        ("section=schemas&continuation=e30%3D", None),
        ("section=schemas&continuation=eyJza2lwIjotMX0%3D", "InvalidRequest"),
        ("section=schemas&continuation=eyJza2lwIjo5OTk5OTl9", "InvalidRequest"),
        (f"section=partners&continuation={token}", "InvalidRequest"),
        ("secrets=true", "InvalidRequest"),
    ):
        reply = await api.get(f"{path}?{query}")
        assert (reply.status, reply.code) == ((400, code) if code else (200, None)), query
    for missing in (f"services/{name}/backups/other/contents", "services/other/backups/b/contents"):
        reply = await api.get(missing)
        assert (reply.status, reply.code) == (404, "BackupNotFound")


async def test_a_backup_that_failed_or_was_deleted_has_no_contents(api: Api) -> None:
    name = await api.service()
    backup = await api.backup(name)
    path = f"services/{name}/backups/{backup}"
    await api.succeeded(await api.delete(f"{path}?force=true"))
    reply = await api.get(f"{path}/contents")
    assert (reply.status, reply.code) == (404, "BackupNotFound")
    assert f"no container '{backup}'" in reply.body["error"]["message"]


@pytest.fixture
def container(deployed: Deployed, backed_up: tuple[str, str]) -> Iterator[ContainerClient]:
    with ContainerClient.from_connection_string(deployed.offsite, backed_up[1]) as client:
        yield client


async def test_a_section_that_was_damaged_is_refused(
    api: Api, backed_up: tuple[str, str], container: ContainerClient
) -> None:
    name, backup = backed_up
    path = f"services/{name}/backups/{backup}/contents?section=schemas"
    blob = "sections/1-1/schemas.jsonl.gz"
    following = (await api.get(f"{path}&top=1")).body["nextLink"]
    packed = container.download_blob(blob).readall()
    flipped = bytes([*packed[:-1], packed[-1] ^ 1])
    for damaged in (flipped, packed[:-1], packed + b"\0", b""):
        container.upload_blob(blob, damaged, overwrite=True)
        for address in (path, following):
            require_refused(await api.get(address), "BlobCorrupt", blob)
    container.delete_blob(blob)
    for address in (path, following):
        require_refused(await api.get(address), "BlobMissing", blob)
    assert (await api.get(f"{path}2")).code == "InvalidRequest"
    overview = await api.get(f"services/{name}/backups/{backup}/contents")
    assert overview.status == 200, "the descriptor is as it was"


def require_refused(reply: Reply, code: str, blob: str) -> None:
    assert (reply.status, reply.code) == (409, code)
    assert blob in reply.body["error"]["message"]


async def test_another_backup_put_in_its_place_is_refused(
    api: Api, deployed: Deployed, backed_up: tuple[str, str], container: ContainerClient
) -> None:
    """It is whole and sealed, and has the name: only the history knows that it is another one."""
    name, backup = backed_up
    other = await api.service()
    await api.backup(other, backup, account="default")
    with ContainerClient.from_connection_string(deployed.state, backup) as there:
        for blob in there.list_blob_names():
            data = there.download_blob(blob).readall()
            container.upload_blob(blob, data, overwrite=True)
    for query in ("", "?section=schemas"):
        reply = await api.get(f"services/{name}/backups/{backup}/contents{query}")
        require_refused(reply, "DescriptorForged", f"{backup}.txt")
