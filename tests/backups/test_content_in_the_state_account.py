"""Content that somebody changed in the state account, its own MD5 with it."""

import hashlib
from dataclasses import replace

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobClient

from shared.blobs.copying import Copier
from shared.installation.installation import Installation
from shared.model.operation import OperationStatus
from shared.model.sections import Section
from shared.state.configuration import Head, Phase
from shared.state.row_keys import named
from shared.storage.blob_wire import BlobWire
from tests.support.scenes import (
    SECOND,
    SERVICE,
    fill,
    require_whole,
    run,
    start_backup,
    start_delete,
    start_restore,
)


async def _refused(*_args: object) -> bool:
    return False


LARGE = b"z" * (4 * 1024 * 1024 + 1)


@pytest.mark.parametrize("data", [b"EVIL", b"y"], ids=["of another size", "of the same size"])
async def test_a_backup_does_not_hold_it(
    fresh_app: Installation, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    found = await app.configuration.artifact(service.id, Section.SCHEMAS, "s0")
    assert found is not None
    assert found.value.content is not None
    md5 = bytearray(hashlib.md5(data).digest())
    blob = app.content.blob(service.id, found.value.content.sha256)
    await blob.upload_blob(data, overwrite=True, content_settings=ContentSettings(content_md5=md5))
    # The emulator compares no MD5 and copies; Azure refuses, as it is told here.
    monkeypatch.setattr(Copier, "_ask_service", _refused)
    record = await start_backup(app, SECOND)
    await run(app, record)
    ended = await app.records.find(SERVICE, record.operation.id)
    assert ended is not None
    backup = ended[0].operation
    assert backup.status is OperationStatus.PARTIALLY_SUCCEEDED
    assert backup.result is not None
    failures = backup.result["failures"]
    assert isinstance(failures, list)
    assert [(f["name"], f["code"]) for f in failures if isinstance(f, dict)] == [
        ("s0", "ContentCorrupt")
    ]


async def test_what_is_put_again_is_whole_again(fresh_app: Installation) -> None:
    app = fresh_app
    content = await app.content.put("a-service", b"as it was", "text/xml", None)
    blob = app.content.blob("a-service", content.sha256)
    await blob.upload_blob(b"EVIL", overwrite=True)
    again = await app.content.put("a-service", b"as it was", "text/xml", None)
    assert again == content
    assert b"".join([c async for c in app.content.open("a-service", content)]) == b"as it was"


async def test_a_restored_service_knows_what_its_content_was(fresh_app: Installation) -> None:
    """Of any size, and of backups that do not say it: the restore has hashed it."""
    app = fresh_app
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    large = await app.content.put(service.id, LARGE, "text/xml", None)
    await app.artifacts.put_content(service, Section.SCHEMAS, "s2", large)
    await run(app, await start_backup(app, SECOND))
    await run(app, await start_delete(app))
    await run(app, await start_restore(app, SECOND))
    restored = (await app.services.require(SERVICE)).service
    md5s = {}
    async for page in app.configuration.pages(restored.id, Section.SCHEMAS):
        for one in page:
            assert one.value.content is not None
            md5s[one.value.content.sha256] = one.value.content.md5
            blob = app.content.blob(restored.id, one.value.content.sha256)
            kept = (await blob.get_blob_properties()).content_settings.content_md5
            assert kept is not None, "the blob has it too"
    assert md5s[large.sha256] == large.md5
    assert None not in md5s.values()


async def test_content_of_before_streams_once(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put by a version that kept no MD5: the first backup hashes it, and says so to the next."""
    app = fresh_app
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    table = app.configuration._table
    for name in ("s0", "s1"):
        row = await table.get(service.id, named(Section.SCHEMAS, name))
        assert row is not None
        values = {n: v for n, v in row.values.items() if n != "contentMd5"}
        await table.replace(replace(row, values=values), row.etag)
    streamed: list[str] = []
    stream = Copier._stream

    async def counted(self: Copier, source: BlobClient, target: BlobClient) -> str:
        streamed.append(str(source.blob_name))
        return await stream(self, source, target)

    monkeypatch.setattr(Copier, "_stream", counted)
    revision = (await app.configuration.head(service.id) or Head(0, Phase.OPEN, "", {})).revision
    await run(app, await start_backup(app, SECOND))
    assert len(streamed) == 2
    await run(app, await start_backup(app, "third-backup"))
    assert len(streamed) == 2, "the service copied them, and was told their MD5"
    head = await app.configuration.head(service.id)
    assert head is not None
    assert head.revision == revision, "it is no change of what is configured"
    for name in (SECOND, "third-backup"):
        await require_whole(app, name)


async def test_what_an_immutable_container_holds_is_there(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy may forbid the write before its condition is looked at: a second attempt goes on."""
    app = fresh_app
    container = app.accounts.require("offsite", "").get_container_client("immutable")
    sources = app.accounts.state.get_container_client("sources")
    await container.create_container()
    await sources.create_container()
    name = hashlib.sha256(b"data").hexdigest()
    await sources.upload_blob(name, b"data")
    put_new = BlobWire.put_new

    async def forbidden(self: BlobWire, *args: object, **options: object) -> None:
        error = HttpResponseError("409")
        error.status_code, error.error_code = 409, "BlobImmutableDueToPolicy"  # type: ignore[attr-defined]
        raise error

    copier = Copier(app.accounts.state, app.clock, by_service=False)
    source, target = sources.get_blob_client(name), container.get_blob_client(name)
    monkeypatch.setattr(BlobWire, "put_new", forbidden)
    with pytest.raises(HttpResponseError):
        await copier.copy(source, target)
    monkeypatch.setattr(BlobWire, "put_new", put_new)
    await copier.copy(source, target)
    monkeypatch.setattr(BlobWire, "put_new", forbidden)
    await copier.copy(source, target)
