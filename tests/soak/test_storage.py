"""The relays of a soak: storage as it is, and as it is told to be."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from shared.installation.installation import Installation
from shared.storage.tables import Insert, Row
from tests.soak.storage import Storage
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted
from tests.support.scenes import FIRST, fill, require_whole

_MEGABYTE = 1024 * 1024


Relayed = tuple[Storage, Installation]


@pytest.fixture
async def relayed(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Relayed]:
    """The app over accounts behind relays."""
    async with Storage.opened(Deployed.new(emulator, tmp_path)) as (storage, deployed):
        app = Installation(deployed.read())
        yield storage, app
        await app.close()


async def test_storage_as_it_is(relayed: Relayed) -> None:
    storage, app = relayed
    await fill(app)
    await require_whole(app, FIRST)
    client = app.accounts.require("offsite", "").get_container_client(FIRST)
    large = bytes(range(256)) * (4 * _MEGABYTE // 256)
    await client.upload_blob("large", large)
    assert await (await client.download_blob("large")).readall() == large
    assert not storage.refused


async def test_a_transaction_that_is_refused_inside_is_sent_again(relayed: Relayed) -> None:
    storage, app = relayed
    table = app.table("interkeepProbe")
    await table.insert(Row("p", "a", {"n": 1}))
    with storage.throttling(2):
        for key in "bcd":
            await table.transact([Insert(Row("p", f"{key}{n}", {"n": 1})) for n in range(2)])
    assert storage.refused["503 ServerBusy inside"] >= 2
    keys = [row.key async for page in table.pages("p") for row in page]
    assert keys == ["a", *(f"{key}{n}" for key in "bcd" for n in range(2))]


async def test_a_container_that_is_hidden_and_one_that_cannot_be_deleted(relayed: Relayed) -> None:
    storage, app = relayed
    offsite = app.accounts.require("offsite", "")
    client = await offsite.create_container("some")
    await offsite.create_container("some-other")
    await client.upload_blob("a", b"a")
    with storage.hiding("some"):
        assert not await client.exists()
        for doing in (client.delete_container, client.get_blob_client("a").download_blob):
            with pytest.raises(ResourceNotFoundError):
                await doing()
        assert await offsite.get_container_client("some-other").exists()
    with storage.refusing_to_delete("some", 412, "LeaseIdMissing"):
        with pytest.raises(HttpResponseError, match="LeaseIdMissing"):
            await client.delete_container()
        await offsite.delete_container("some-other")
    assert await (await client.download_blob("a")).readall() == b"a"
    await client.delete_container()


async def test_an_answer_that_comes_so_often(relayed: Relayed) -> None:
    storage, app = relayed
    client = await app.accounts.require("offsite", "").create_container("some")
    line = Scripted("PUT", "/some/", 409, "SomethingNew", times=2, every=2)
    refused = []
    with storage.offsite.answering(line):
        for number in range(6):
            try:
                await client.upload_blob(str(number), b"x" * 100_000)
            except HttpResponseError as error:
                refused.append((number, error.error_code))
    assert refused == [(1, "SomethingNew"), (3, "SomethingNew")]
    assert [name async for name in client.list_blob_names()] == ["0", "2", "4", "5"]
