"""Content of artifacts through HTTP."""

import base64
import hashlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from azure.storage.blob import ContainerClient

from localhost.stack import HostProcess
from tests.support.admin import Admin
from tests.support.api import Api
from tests.support.deployed import Deployed


async def test_content_is_bytes(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    data = "<schema>ä</schema>".encode("utf-16") + bytes(range(256)) * 5000
    early = await api.put(f"{path}/content", data=data)
    assert early.code == "ArtifactNotFound"
    await api.put(path, {"document": {"a": 1}})
    assert (await api.get(f"{path}/content")).code == "ArtifactNotFound"
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    headers = {"Content-Type": "application/xml; charset=utf-16", "Content-MD5": md5}
    first = await api.put(f"{path}/content", data=data, headers=headers)
    assert first.status == 201, first.body
    assert first.body["content"] == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "contentType": "application/xml; charset=utf-16",
    }
    read = await api.get(f"{path}/content")
    assert read.content == data
    assert read.headers["Content-Type"] == "application/xml; charset=utf-16"
    assert (await api.put(f"{path}/content", data=data, headers=headers)).status == 200
    await api.put(path, {"document": {"a": 2}})
    assert (await api.get(f"{path}/content")).content == data, "a new document keeps the content"


@pytest.mark.parametrize(
    "content_type", ["text/xml", "text/plain;charset=UTF-16", "Application/XML", "text/", "odd"]
)
async def test_content_keeps_its_type(api: Api, content_type: str) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    data, headers = "<schema/>".encode("utf-16"), {"Content-Type": content_type}
    put = await api.put(f"{path}/content", data=data, headers=headers)
    assert put.body["content"]["contentType"] == content_type
    assert put.headers["Content-Type"] == "application/json"
    read = await api.get(f"{path}/content")
    assert (read.headers["Content-Type"], read.content) == (content_type, data)


async def test_the_sweep_marks_bytes_that_nothing_refers_to(
    api: Api, admin: Admin, deployed: Deployed
) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    stored = []
    for data in (b"<first/>", b"<second/>"):
        put = await api.put(f"{path}/content", data=data)
        stored.append(put.body["content"]["sha256"])
    await admin.run_timer("sweep")
    with ContainerClient.from_connection_string(deployed.state, "artifacts") as container:
        blobs = container.list_blobs(include=["metadata"])
        marked = {blob.name.split("/")[1] for blob in blobs if "unreferenced" in blob.metadata}
    assert stored[0] in marked
    assert stored[1] not in marked
    assert (await api.get(f"{path}/content")).content == b"<second/>"


async def test_content_that_was_damaged_on_its_way(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    wrong = base64.b64encode(b"x" * 16).decode()
    refused = await api.put(f"{path}/content", data=b"abc", headers={"Content-MD5": wrong})
    assert (refused.status, refused.code) == (400, "ContentMd5Mismatch")
    odd = await api.put(f"{path}/content", data=b"abc", headers={"Content-MD5": "x"})
    assert odd.code == "InvalidRequest"
    assert "content" not in (await api.get(path)).body


async def test_content_of_a_section_without_any(api: Api) -> None:
    name = await api.service()
    await api.put(f"services/{name}/artifacts/partners/p", {"document": {}})
    refused = await api.put(f"services/{name}/artifacts/partners/p/content", data=b"x")
    assert (refused.status, refused.code) == (400, "InvalidRequest")


async def test_an_empty_content_is_content(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    assert (await api.put(f"{path}/content", data=b"")).status == 201
    assert (await api.get(f"{path}/content")).content == b""


async def test_content_of_unknown_length_changes_nothing(api: Api, host: HostProcess) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    await api.put(f"{path}/content", data=b"<a/>")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"<new/>"

    url, headers = f"{host.base_url}/api/{path}/content", {"x-functions-key": host.keys.host}
    async with (
        aiohttp.ClientSession() as session,
        session.put(url, data=chunks(), headers=headers) as answer,
    ):
        refused = (await answer.json())["error"]
    assert (answer.status, refused["code"]) == (400, "InvalidRequest")
    assert refused["target"] == "Content-Length"
    assert (await api.get(f"{path}/content")).content == b"<a/>"
