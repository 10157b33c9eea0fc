"""A backup that somebody changes between a restore's plan and its work."""

import gzip

import pytest

from shared.installation.installation import Installation
from shared.model.operation import OperationError, OperationStatus
from shared.model.restore import RestoreBody
from shared.model.service import State
from shared.operations.engine import ATTEMPTS
from shared.restores.new_service import NewService
from shared.state.operations import OperationRow
from shared.storage.tables import Row
from tests.support.scenes import FIRST, SERVICE, run, start_backup, start_delete


async def planned(app: Installation) -> OperationRow:
    """A restore that was started, and that no worker has begun."""
    body = {
        "backup": {"storageAccount": "offsite", "container": FIRST},
        "acceptRenamed": True,
        "controlNumbers": {"policy": "asBackedUp"},
    }
    return await app.restores.start(RestoreBody.model_validate(body), "x", None)


async def refused(app: Installation, record: OperationRow) -> OperationError:
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.FAILED
    assert found[0].operation.error is not None
    return found[0].operation.error


async def test_another_genuine_backup_is_not_the_one_that_was_planned(app: Installation) -> None:
    """Its seal is good; whoever can write to the account chooses among all that were made."""
    await run(app, await start_backup(app, "second"))
    await run(app, await start_delete(app))
    record = await planned(app)
    offsite = app.accounts.require("offsite", "")
    planned_one, other = (offsite.get_container_client(name) for name in (FIRST, "second"))
    async for blob in planned_one.list_blobs():
        await planned_one.delete_blob(blob.name)
    async for blob in other.list_blobs():
        data = await (await other.download_blob(blob.name)).readall()
        name = blob.name.replace("second.txt", f"{FIRST}.txt")
        await planned_one.upload_blob(name, data)
    error = await refused(app, record)
    assert error.code == "DescriptorForged"
    assert "another backup" in error.message
    assert await app.directory.get(SERVICE) is None, "nothing was begun"


async def test_counters_that_were_changed_do_not_reach_the_ledger(app: Installation) -> None:
    """It outlives the restore that fails: they are read to the end before the first is written."""
    await run(app, await start_delete(app))
    before = await app.ledger.get(SERVICE, "A")
    record = await planned(app)
    offsite = app.accounts.require("offsite", "").get_container_client(FIRST)
    path = "sections/1-1/control-numbers.jsonl.gz"
    lines = gzip.decompress(await (await offsite.download_blob(path)).readall())
    changed = lines.replace(b'"next":3', b'"next":2')
    assert changed != lines
    await offsite.upload_blob(path, gzip.compress(changed, mtime=0), overwrite=True)
    assert (await refused(app, record)).code == "BlobCorrupt"
    assert await app.ledger.get(SERVICE, "A") == before
    listed = await app.services.require(SERVICE)
    assert listed.service.state is State.RESTORE_FAILED


async def test_a_row_that_this_restore_did_not_write_is_no_success(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that goes on compares what is there, and replaces nothing."""
    await run(app, await start_delete(app))
    record = await planned(app)
    complete = NewService.complete

    async def stops(_target: NewService) -> None:
        raise RuntimeError("behind the configuration")

    monkeypatch.setattr(NewService, "complete", stops)
    await run(app, record)
    monkeypatch.setattr(NewService, "complete", complete)
    table, service = app.configuration._table, await app.services.require(SERVICE)
    pages = table.pages(service.service.id, after="partners!", before="partners!~")
    one, other = [row async for page in pages for row in page]
    mixed = {**other.values, "name": one.values["name"]}
    await table.replace(Row(one.partition, one.key, mixed), one.etag)
    for _ in range(ATTEMPTS - 2):
        await run(app, record)
    await refused(app, record)
    found = await table.get(one.partition, one.key)
    assert found is not None
    assert found.values == mixed, "left as it was found"
