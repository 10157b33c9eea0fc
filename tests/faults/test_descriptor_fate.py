"""A backup whose worker stopped behind its descriptor: whoever ends it learns that it is whole.

Also where one answer is garbled, where a worker of a newer version wrote it, where it was archived.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import BackupStatus, Found
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.operations.cancel import cancel
from shared.operations.engine import ATTEMPTS
from shared.operations.task import Task
from shared.state.operations import OperationRow
from shared.storage.blob_wire import BlobWire, ListedBlob
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SECOND, SERVICE, fill, run, start_backup

ENDS = ["the fifth attempt died", "canceled"]
PATH = f"{SECOND}.txt"


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Installation]:
    settings = Deployed.new(emulator, tmp_path).read()
    parts = Installation(settings.model_copy(update={"retry_seconds": (0, 0, 0, 0)}))
    await fill(parts)
    yield parts
    await parts.close()


async def stopped(app: Installation) -> OperationRow:
    """A backup whose worker stopped right after its descriptor."""
    record = await start_backup(app, SECOND)
    await app.engine.works[OperationName.BACKUP].run(Task(record.operation))
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    return found[0]


async def end(app: Installation, record: OperationRow, how: str) -> Operation:
    if how == "canceled":
        await cancel(app.engine, SERVICE, record.operation.id)
    else:
        tried = record.operation.model_copy(update={"attempt": ATTEMPTS})
        await app.records.write(tried, record.etag)
        await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    return found[0].operation


async def descriptor(app: Installation) -> tuple[BackupContainer, bytes]:
    container = BackupContainer(app.accounts.require("offsite", ""), SECOND)
    return container, await container.read(PATH, 10**6)


async def replaced(container: BackupContainer, text: bytes, *, says: bool) -> None:
    """Another text in the descriptor's place.

    :param says: whether the blob says whose it is, as its worker wrote it.
    """
    seen = await container.seen(PATH)
    metadata = dict(seen.metadata) if seen and says else {}
    await container.blob(PATH).upload_blob(text, overwrite=True, metadata=metadata)


@pytest.mark.parametrize("how", ENDS)
async def test_one_garbled_answer_ends_no_whole_backup(
    app: Installation, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    record = await stopped(app)
    read, times = BackupContainer.read, 0

    async def once(self: BackupContainer, path: str, most_bytes: int) -> bytes:
        nonlocal times
        data = await read(self, path, most_bytes)
        times += path == PATH
        return data[: len(data) // 2] if path == PATH and times == 1 else data

    monkeypatch.setattr(BackupContainer, "read", once)
    assert (await end(app, record, how)).status is OperationStatus.SUCCEEDED
    assert times == 2
    assert (await app.backups.get(SERVICE, SECOND)).value.status is BackupStatus.SUCCEEDED


@pytest.mark.parametrize("how", ENDS)
async def test_a_newer_workers_descriptor_is_told_by_its_blob(app: Installation, how: str) -> None:
    record = await stopped(app)
    container, text = await descriptor(app)
    newer = text.replace(b"interkeep-backup/1", b"interkeep-backup/9")
    await replaced(container, newer, says=True)
    ended = await end(app, record, how)
    assert ended.status is OperationStatus.SUCCEEDED
    assert [warning.code for warning in ended.warnings] == ["FormatUnknown"]
    backup = (await app.backups.get(SERVICE, SECOND)).value
    assert backup.status is BackupStatus.SUCCEEDED
    assert backup.digest is not None, "the blob says it too"


async def test_archived_since_it_is_told_by_its_blob(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await stopped(app)

    async def archived(self: BackupContainer, path: str, most_bytes: int) -> bytes:
        raise Problem(Code.BLOB_ARCHIVED, "it is archived", path)

    monkeypatch.setattr(BackupContainer, "read", archived)
    ended = await end(app, record, ENDS[0])
    assert ended.status is OperationStatus.SUCCEEDED
    assert [warning.code for warning in ended.warnings] == ["BlobArchived"]


@pytest.mark.parametrize("how", ENDS)
async def test_where_nobody_can_tell_it_is_asked_again(app: Installation, how: str) -> None:
    """A descriptor in a format that is not known, whose blob does not say whose it is."""
    record = await stopped(app)
    container, text = await descriptor(app)
    await replaced(
        container, text.replace(b"interkeep-backup/1", b"interkeep-backup/9"), says=False
    )
    with pytest.raises(Problem) as untold:
        await end(app, record, how)
    assert untold.value.code is Code.FORMAT_UNKNOWN
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert not found[0].operation.status.is_final()
    await replaced(container, text, says=False)
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.SUCCEEDED


async def test_another_operations_blob_is_not_taken_for_its_own(app: Installation) -> None:
    record = await stopped(app)
    container, text = await descriptor(app)
    newer = text.replace(b"interkeep-backup/1", b"interkeep-backup/9")
    others = {"interkeep_operation": "another", "interkeep_outcome": "Succeeded"}
    await container.blob(PATH).upload_blob(newer, overwrite=True, metadata=others)
    with pytest.raises(Problem):
        await end(app, record, ENDS[0])


@pytest.mark.parametrize("seal", ["", "bm90IGEgc2VhbA==", "eyJhbGdvcml0aG0iOiJITUFDIn0="])
async def test_what_nobody_sealed_tells_nothing(app: Installation, seal: str) -> None:
    """Whoever may write to the account knows the operation's id: it is in the container."""
    record = await stopped(app)
    container, text = await descriptor(app)
    newer = text.replace(b"interkeep-backup/1", b"interkeep-backup/9")
    seen = await container.seen(PATH)
    assert seen is not None
    forged = {**seen.metadata, "interkeep_outcome": "PartiallySucceeded"}
    forged["interkeep_seal"] = seal or forged["interkeep_seal"]
    await container.blob(PATH).upload_blob(newer, overwrite=True, metadata=forged)
    with pytest.raises(Problem) as untold:
        await end(app, record, ENDS[0])
    assert untold.value.code is Code.FORMAT_UNKNOWN


async def test_a_blob_that_was_heard_is_not_called_whole(app: Installation) -> None:
    record = await stopped(app)
    container, text = await descriptor(app)
    newer = text.replace(b"interkeep-backup/1", b"interkeep-backup/9")
    await replaced(container, newer, says=True)
    await end(app, record, ENDS[0])
    seen = (await app.backups.get(SERVICE, SECOND)).value.container_seen
    assert seen is not None
    assert seen.found is Found.THERE


@pytest.mark.parametrize("code", ["DirectoryIsNotEmpty", "ContainerHasLegalHold", "SomethingNew"])
async def test_what_cannot_be_tidied_up_fails_no_backup(
    app: Installation, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """Folders of an account with a hierarchical namespace are listed beside the blobs."""

    async def refused(self: BackupContainer, path: str) -> None:
        error = HttpResponseError(f"409 {code}")
        error.status_code, error.error_code = 409, code  # type: ignore[attr-defined]
        raise error

    listed = BlobWire.listed

    async def with_folders(self: BlobWire, prefix: str) -> AsyncIterator[ListedBlob]:
        if prefix in ("", "sections/"):
            yield ListedBlob("sections/1-1", 0, "", directory=True)
            yield ListedBlob("sections/of-another-run/agreements", 1, "")
        async for blob in listed(self, prefix):
            yield blob

    monkeypatch.setattr(BlobWire, "listed", with_folders)
    monkeypatch.setattr(BackupContainer, "remove", refused)
    record = await start_backup(app, SECOND)
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.SUCCEEDED, found[0].operation.error
    [warning] = found[0].operation.warnings
    assert (warning.code, warning.message[:7]) == ("BlobsLeft", "1 blobs")


async def test_a_container_that_goes_before_the_descriptor_is_made_again(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All was stored, and went before it was looked for: another attempt makes it anew."""
    listed, gone = BlobWire.listed, []

    async def behind_its_deletion(self: BlobWire, prefix: str) -> AsyncIterator[ListedBlob]:
        if not gone:
            gone.append(prefix)
            client = app.accounts.require("offsite", "").get_container_client(SECOND)
            await client.delete_container()
        async for blob in listed(self, prefix):
            yield blob

    monkeypatch.setattr(BlobWire, "listed", behind_its_deletion)
    record = await start_backup(app, SECOND)
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert gone == [""]
    assert not found[0].operation.status.is_final(), found[0].operation.error
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.SUCCEEDED, found[0].operation.error
