"""Bytes of blobs over the pipeline of the SDK's own client: as the SDK reads and puts them."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobProperties, ContainerSasPermissions, generate_container_sas
from azure.storage.blob.aio import ContainerClient

from shared.clock import Clock
from shared.installation.installation import Installation
from shared.storage.blob_wire import BlobWire, ListedBlob, _listed, _parsed
from shared.storage.clients import FencedTransport
from shared.storage.patience import WORK
from shared.storage.refusals import CutOff, Said, code_of, said
from shared.storage.retrying import RepeatingTransport
from tests.support.deployed import Deployed, Emulator

_NAMES = ["plain", "sections/1-1/a-b.jsonl.gz", "a b~%41"]
_DATA = bytes(range(256)) * 8


async def test_it_reads_and_puts_as_the_sdk_does(emulator: Emulator, tmp_path: Any) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    container = app.accounts.state.get_container_client("wire")
    await container.create_container()
    signed = f"{container.url}?{_sas(container)}"
    async with ContainerClient.from_container_url(signed, transport=_repeating()) as with_sas:
        for client in (container, with_sas):
            wire = BlobWire(client)
            for number, name in enumerate(_NAMES):
                path = f"{name}{client is container}"
                data = _DATA[: number * 1000]
                await wire.put_new(path, data, "application/gzip")
                with pytest.raises(AzureError) as there:
                    await wire.put_new(path, b"other", "text/plain")
                assert said(there.value) is Said.THERE
                blob = container.get_blob_client(path)
                assert await (await blob.download_blob()).readall() == data, path
                first = await wire.part(path, 0, 700)
                assert (first.data, first.size) == (data[:700], len(data))
                chunks = [chunk async for chunk in wire.chunks(path, first)]
                assert b"".join(chunks) == data
                assert (await wire.part(path, len(data), 10)).data == b""
        properties = await container.get_blob_client(f"{_NAMES[0]}True").get_blob_properties()
        assert properties.content_settings.content_type == "application/gzip"
    await app.close()


async def test_a_refusal_says_what_the_service_did(emulator: Emulator, tmp_path: Any) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    container = app.accounts.state.get_container_client("refusals")
    await container.create_container()
    wire = BlobWire(container)
    for asked in (wire.part("gone", 0, 10), wire.head("gone")):
        with pytest.raises(AzureError) as gone:
            await asked
        assert (said(gone.value), code_of(gone.value)) == (Said.GONE, "BlobNotFound")
    blob = container.get_blob_client("changed")
    await blob.upload_blob(_DATA)
    first = await wire.part("changed", 0, 100)
    await blob.upload_blob(_DATA, overwrite=True)
    with pytest.raises(AzureError) as changed:
        [chunk async for chunk in wire.chunks("changed", first)]
    assert said(changed.value) is Said.CHANGED
    await app.close()


class _ShortPages(FencedTransport):
    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if "comp=list" in request.url:
            request.url = re.sub("maxresults=[0-9]+", "maxresults=2", request.url)
        return await super().send(request, **config)


async def test_a_list_is_that_of_the_sdk_page_after_page(emulator: Emulator, tmp_path: Any) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    container = app.accounts.state.get_container_client("listed")
    await container.create_container()
    names = ["content/a", "content/a&b <c>", "content/é", "content/z", "other/a"]
    signed = f"{container.url}?{_sas(container)}"
    async with ContainerClient.from_container_url(
        signed, transport=_repeating(_ShortPages())
    ) as short:
        for size, name in enumerate(names):
            await short.upload_blob(name, b"x" * size)
        told = [_told(blob) async for blob in container.list_blobs("content/")]
        assert {name for name, *_ in told} == {*names[:4]}
        for client in (container, short):
            assert [found async for found in BlobWire(client).listed("content/")] == told
            assert [found async for found in BlobWire(client).listed("none/")] == []
    await app.close()


def _told(blob: BlobProperties) -> tuple[str, int, str, bool, bool]:
    md5 = blob.content_settings.content_md5
    return blob.name, blob.size, base64.b64encode(md5).decode() if md5 else "", False, False


def _repeating(inner: FencedTransport | None = None) -> RepeatingTransport:
    return RepeatingTransport(inner or FencedTransport(), WORK, Clock())


def _sas(container: ContainerClient) -> str:
    return generate_container_sas(
        str(container.account_name),
        container.container_name,
        account_key=container.credential.account_key,
        permission=ContainerSasPermissions(read=True, create=True, write=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><EnumerationResults>&b;</EnumerationResults>',
        "<EnumerationResults><Blobs><Blob>",
        "",
    ],
)
def test_a_list_that_is_cut_off_or_declares_entities_is_asked_for_again(text: str) -> None:
    with pytest.raises(CutOff):
        _parsed(text.encode())


def test_a_list_says_of_each_blob_what_it_is() -> None:
    page = _parsed(
        b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><EnumerationResults><Blobs>"
        b"<Blob><Name Encoded='true'>a%EF%BF%BFb</Name><Properties><Content-Length>3"
        b"</Content-Length><Content-MD5>bWQ1</Content-MD5></Properties></Blob>"
        b"<Blob><Name>d&amp;e</Name><Properties><Content-Length>0</Content-Length>"
        b"<ResourceType>directory</ResourceType><AccessTier>Archive</AccessTier></Properties>"
        b"</Blob></Blobs><NextMarker/></EnumerationResults>"
    )
    assert [_listed(blob) for blob in page.iterfind("Blobs/Blob")] == [
        ListedBlob("a\uffffb", 3, "bWQ1"),
        ListedBlob("d&e", 0, "", archived=True, directory=True),
    ]
