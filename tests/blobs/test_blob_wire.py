"""Bytes of blobs over the pipeline of the SDK's own client: as the SDK reads and puts them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from azure.storage.blob.aio import ContainerClient

from shared.blobs.blob_wire import BlobWire
from shared.installation import Installation
from tests.deployed import Deployed, Emulator

_NAMES = ["plain", "sections/1-1/a-b.jsonl.gz", "a b~%41"]
_DATA = bytes(range(256)) * 8


async def test_it_reads_and_puts_as_the_sdk_does(emulator: Emulator, tmp_path: Any) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    container = app.accounts.state.get_container_client("wire")
    await container.create_container()
    credential = app.accounts.state.credential
    sas = generate_container_sas(
        str(container.account_name),
        "wire",
        account_key=credential.account_key,
        permission=ContainerSasPermissions(read=True, create=True, write=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    async with ContainerClient.from_container_url(f"{container.url}?{sas}") as with_sas:
        for client in (container, with_sas):
            wire = BlobWire(client)
            for number, name in enumerate(_NAMES):
                path = f"{name}{client is container}"
                data = _DATA[: number * 1000]
                await wire.put_new(path, data, "application/gzip")
                with pytest.raises(ResourceExistsError):
                    await wire.put_new(path, b"other", "text/plain")
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


async def test_a_refusal_is_what_the_sdk_raises(emulator: Emulator, tmp_path: Any) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    container = app.accounts.state.get_container_client("refusals")
    await container.create_container()
    wire = BlobWire(container)
    with pytest.raises(ResourceNotFoundError) as gone:
        await wire.part("gone", 0, 10)
    assert getattr(gone.value, "error_code", "") == "BlobNotFound"
    blob = container.get_blob_client("changed")
    await blob.upload_blob(_DATA)
    first = await wire.part("changed", 0, 100)
    await blob.upload_blob(_DATA, overwrite=True)
    with pytest.raises(ResourceModifiedError):
        [chunk async for chunk in wire.chunks("changed", first)]
    await app.close()
