"""Bugs that other backup products had, each as a test of its own; docs/faults.md lists them all."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.operation import OperationStatus
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import State
from shared.rules.states import ServiceOperation
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Cut, StorageProxy, proxied
from tests.support.scenes import (
    ASKED,
    FIRST,
    SECOND,
    SERVICE,
    Tomorrow,
    fill,
    run,
    scheduled,
    start_backup,
    start_delete,
    start_restore,
    start_verify,
)


@asynccontextmanager
async def offsite_over_proxy(
    emulator: Emulator, folder: Path
) -> AsyncIterator[tuple[StorageProxy, Installation]]:
    """The app, whose backups are in an account that answers by a script."""
    deployed = Deployed.new(emulator, folder)
    async with proxied(deployed.offsite, "BlobEndpoint") as (proxy, offsite):
        settings = {**deployed.settings, "OFFSITE_STORAGE": offsite}
        app = Installation(replace(deployed, offsite=offsite, settings=settings).read())
        await fill(app)
        yield proxy, app
        await app.close()


@pytest.mark.parametrize("what", ["sections/", "content/", "secrets/", rf"{FIRST}\.txt"])
async def test_restic_5467_a_read_that_ends_early_is_not_called_corrupt(
    emulator: Emulator, tmp_path: Path, what: str
) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        proxy.cut = Cut(what, 1)
        record = await start_verify(app)
        await run(app, record)
        found = await app.records.find(SERVICE, record.operation.id)
        assert found is not None
        assert proxy.answered == 1, "one answer was cut short"
        assert found[0].operation.status is OperationStatus.SUCCEEDED, found[0].operation.error


async def test_what_always_ends_early_is_called_corrupt(emulator: Emulator, tmp_path: Path) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        proxy.cut = Cut("content/", 100)
        record = await start_verify(app)
        await run(app, record)
        found = await app.records.find(SERVICE, record.operation.id)
        assert found is not None
        assert found[0].operation.error is not None
        assert found[0].operation.error.code == "BlobCorrupt"


@pytest.mark.parametrize(
    "in_flight",
    [
        {"status": OperationStatus.NOT_STARTED},
        {"status": OperationStatus.RUNNING, "attempt": 1, "worker": "w", "lease_seconds": 600},
        {"status": OperationStatus.RUNNING, "attempt": 1, "worker": "dead", "lease_seconds": 0},
        {"status": OperationStatus.RUNNING, "attempt": 2, "worker": ""},
        {"status": OperationStatus.RUNNING, "attempt": 1, "worker": "w", "cancel_requested": True},
    ],
    ids=["not started", "worked on", "worker died", "waits for its next attempt", "canceling"],
)
async def test_velero_every_state_in_flight_blocks_an_overlap(
    emulator: Emulator, tmp_path: Path, in_flight: dict[str, object]
) -> None:
    """A scheduler that looked for one state alone started a second backup beside the first."""
    deployed = Deployed.new(emulator, tmp_path)
    app = Installation(deployed.read())
    await scheduled(app)
    record = await start_backup(app, SECOND)
    etag = await app.records.write(record.operation.model_copy(update=in_flight), record.etag)
    tomorrow = Installation(deployed.read(), clock=Tomorrow())

    await tomorrow.tick.run()
    with pytest.raises(Problem) as refused:
        await start_backup(app, "third")
    assert refused.value.code is Code.OPERATION_IN_PROGRESS
    assert await names(app) <= {FIRST, SECOND}

    await app.engine.end(etag, OperationStatus.CANCELED)
    await tomorrow.tick.run()
    listed = [entry async for page in app.in_flight.pages() for entry in page]
    for entry in listed:
        await tomorrow.engine.run(entry.service, entry.operation_id)
    history = [b async for page in app.history.pages(SERVICE) for b in page]
    assert [str(b.status) for b in history if b.due_at] == ["Succeeded"], "it waited, and ran once"
    await tomorrow.close()
    await app.close()


async def names(app: Installation) -> set[str]:
    return {b.name async for page in app.history.pages(SERVICE) for b in page}


async def test_storage_explorer_5469_rows_with_columns_that_earlier_rows_lack(
    fresh_app: Installation,
) -> None:
    """Columns were taken from the first rows of a page: what only later ones had was lost."""
    app = fresh_app
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    # In the order of their keys: without content, cut into many columns, with content.
    noise = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(4000))
    items = [
        ImportItem(section=Section.TEMPLATES, name="a-small", document={"n": 1}),
        ImportItem(section=Section.TEMPLATES, name="b-large", document={"noise": noise}),
        ImportItem(section=Section.TEMPLATES, name="c-content", document={"n": 3}),
    ]
    await app.imports.write(service, items)
    content = await app.content.put(service.id, b"bytes", "text/plain", None)
    await app.artifacts.put_content(service, Section.TEMPLATES, "c-content", content)
    pages = app.artifacts.pages(service, Section.TEMPLATES, "", 100)
    listed = {v.value.name: v.value async for page in pages for v in page}
    assert listed["b-large"].document == {"noise": noise}
    assert listed["c-content"].content == content
    assert listed["a-small"].content is None

    await run(app, await start_backup(app, SECOND))
    await run(app, await start_delete(app))
    record = await start_restore(app, SECOND)
    await run(app, record)
    restored = (await app.services.require(SERVICE)).service
    pages = app.artifacts.pages(restored, Section.TEMPLATES, "", 100)
    again = {v.value.name: v.value async for page in pages for v in page}
    assert {name: (a.document, a.content) for name, a in again.items()} == {
        name: (a.document, a.content) for name, a in listed.items()
    }


@pytest.mark.parametrize("lost", ["gone", "cut"])
async def test_keycloak_12063_without_its_secrets_nothing_is_enabled_and_broken(
    fresh_app: Installation, lost: str
) -> None:
    app = fresh_app
    await fill(app)
    await run(app, await start_delete(app))
    container = BackupContainer(app.accounts.require("offsite", ""), FIRST)
    path = next(iter([name async for name in container.names() if name.startswith("secrets/")]))
    blob = container.blob(path)
    whole = await (await blob.download_blob()).readall()
    await blob.delete_blob()
    if lost == "cut":
        await blob.upload_blob(whole[:-1])
    record = await start_restore(app)
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    error = found[0].operation.error
    assert error is not None
    assert error.code == ("BlobMissing" if lost == "gone" else "BlobCorrupt")
    listed = await app.directory.get(SERVICE)
    if listed is not None:
        assert listed.service.state is State.RESTORE_FAILED
        with pytest.raises(Problem) as refused:
            await app.services.move(listed, ServiceOperation.RESUME, ASKED)
        assert refused.value.code is Code.OPERATION_NOT_ALLOWED
        await run(app, await start_delete(app))
    assert await app.directory.get(SERVICE) is None
