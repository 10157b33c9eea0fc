"""Backups whose blobs a lifecycle rule moved to the archive tier: neither bad nor gone.

The emulator has no tiers: a proxy answers as Azure does.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from shared.backups.archive.reader import read_descriptor
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.backup import BackupStatus, VerifyLevel
from shared.model.operation import Operation, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.service import State
from shared.state.operations import OperationRow
from shared.storage.blob_wire import BlobWire, ListedBlob
from tests.faults.test_bugs_of_others import offsite_over_proxy
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted, StorageProxy, proxied
from tests.support.scenes import (
    FIRST,
    SECOND,
    SERVICE,
    fill,
    run,
    start_backup,
    start_delete,
    start_restore,
    start_verify,
)

ARCHIVED = ["BlobArchived", "BlobBeingRehydrated"]
OTHERS = [
    "BlobImmutableDueToPolicy",
    "BlobOperationNotSupported",
    "ContainerBeingDeleted",
    "ContainerDisabled",
    "InvalidBlobType",
    "PendingCopyOperation",
    "SnapshotsPresent",
    "SomethingNew",
]
"""Other conflicts (409) of calls that read or write blobs; none says that the blob is there."""


async def operation_of(app: Installation, record: OperationRow) -> Operation:
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    return found[0].operation


@pytest.mark.parametrize("said", ARCHIVED)
async def test_an_archived_backup_is_told_and_stays(
    emulator: Emulator, tmp_path: Path, said: str
) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        proxy.script = [Scripted("GET", rf"{FIRST}/{FIRST}\.txt", 409, said)]
        record = await start_verify(app)
        await run(app, record)
        found = await app.records.find(SERVICE, record.operation.id)
        assert found is not None
        verify = found[0].operation
        assert verify.status is OperationStatus.FAILED
        assert verify.error is not None
        assert (verify.error.code, verify.error.target) == ("BlobArchived", f"{FIRST}.txt")
        kept = await app.backups.get(SERVICE, FIRST)
        assert kept.value.status is BackupStatus.SUCCEEDED
        assert kept.value.is_good(), "a verify that could not read it says nothing of it"

        proxy.script = []
        await run(app, await start_backup(app, SECOND))
        proxy.script = [Scripted("GET", rf"{FIRST}/{FIRST}\.txt", 409, said)]
        second = await app.backups.get(SERVICE, SECOND)
        with pytest.raises(Problem) as refused:
            await app.backups.delete(second, force=False, caller="x", operation_id=None)
        assert refused.value.code is Code.LAST_GOOD_BACKUP, "nothing counts on what cannot be read"


@pytest.mark.parametrize("said", ARCHIVED)
async def test_archived_content_is_not_restored_as_if_it_were(
    emulator: Emulator, tmp_path: Path, said: str
) -> None:
    """A lifecycle rule moves what is large; sections and descriptor stay where they are."""
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        await run(app, await start_delete(app))
        proxy.script = [Scripted("GET", rf"{FIRST}/content/", 409, said)]
        record = await start_restore(app)
        await run(app, record)
        restore = await operation_of(app, record)
        assert restore.status is OperationStatus.FAILED
        assert restore.error is not None
        assert restore.error.code == "BlobArchived"
        assert str(restore.error.target).startswith("content/"), "the blob is named"
        assert (await app.services.require(SERVICE)).service.state is State.RESTORE_FAILED


@pytest.mark.parametrize("level", [VerifyLevel.DATA, VerifyLevel.RESTORE])
@pytest.mark.parametrize("said", ARCHIVED)
async def test_a_verify_that_cannot_read_content_says_so(
    emulator: Emulator, tmp_path: Path, said: str, level: VerifyLevel
) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        proxy.script = [Scripted("GET", rf"{FIRST}/content/", 409, said)]
        backup = (await app.backups.get(SERVICE, FIRST)).value
        record = await app.verifications.start(backup, level, "somebody", None)
        await run(app, record)
        verify = await operation_of(app, record)
        assert verify.status is OperationStatus.FAILED
        assert verify.error is not None
        assert verify.error.code == "BlobArchived"
        assert (await app.backups.get(SERVICE, FIRST)).value.verify_status is None


@pytest.mark.parametrize("what", ["content/", "sections/[^/]+/agreements", "secrets/"])
async def test_a_verify_adds_what_is_listed_and_cannot_be_read(
    emulator: Emulator, tmp_path: Path, what: str
) -> None:
    """As a replica that lags behind, or a deletion between the list and the read."""
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        proxy.script = [Scripted("GET", rf"{FIRST}/{what}", 404, "BlobNotFound")]
        backup = (await app.backups.get(SERVICE, FIRST)).value
        record = await app.verifications.start(backup, VerifyLevel.DATA, "somebody", None)
        await run(app, record)
        verify = await operation_of(app, record)
        assert verify.status is OperationStatus.FAILED
        assert verify.error is not None
        assert verify.error.code == "BlobMissing"
        assert (await app.backups.get(SERVICE, FIRST)).value.verify_status == "Failed"


async def test_the_shallowest_verify_sees_the_tier_in_the_list(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (_, app):
        listed = BlobWire.listed

        async def tiered(self: BlobWire, prefix: str) -> AsyncIterator[ListedBlob]:
            async for blob in listed(self, prefix):
                yield blob._replace(archived=blob.name.startswith("content/"))

        monkeypatch.setattr(BlobWire, "listed", tiered)
        backup = (await app.backups.get(SERVICE, FIRST)).value
        record = await app.verifications.start(backup, VerifyLevel.DESCRIPTOR, "somebody", None)
        await run(app, record)
        verify = await operation_of(app, record)
        assert verify.error is not None
        assert verify.error.code == "BlobArchived"
        assert (await app.backups.get(SERVICE, FIRST)).value.verify_status is None


@asynccontextmanager
async def both_over_proxies(
    emulator: Emulator, folder: Path
) -> AsyncIterator[tuple[StorageProxy, StorageProxy, Installation]]:
    """The app over a state account and a backup account that each answer by a script."""
    deployed = Deployed.new(emulator, folder)
    async with (
        proxied(deployed.offsite, "BlobEndpoint") as (target, offsite),
        proxied(deployed.state, "BlobEndpoint") as (source, state),
    ):
        settings = {
            **deployed.settings,
            "OFFSITE_STORAGE": offsite,
            "STATE_STORAGE": state,
            "AzureWebJobsStorage": state,
        }
        app = Installation(
            replace(deployed, offsite=offsite, state=state, settings=settings).read()
        )
        await fill(app)
        yield source, target, app
        await app.close()


_COPY = r"/content/[0-9a-f]{64}"
_SOURCE = r"/artifacts/.+/[0-9a-f]{64}"


@pytest.mark.parametrize("said", ARCHIVED)
async def test_a_backup_says_which_content_is_archived(
    emulator: Emulator, tmp_path: Path, said: str
) -> None:
    async with both_over_proxies(emulator, tmp_path) as (source, target, app):
        target.script = [Scripted("PUT", _COPY, 409, "CannotVerifyCopySource", times=2)]
        source.script = [Scripted("GET", _SOURCE, 409, said)]
        record = await start_backup(app, SECOND)
        await run(app, record)
        backup = await operation_of(app, record)
        assert backup.status is OperationStatus.PARTIALLY_SUCCEEDED
        assert backup.result is not None
        failures = backup.result["failures"]
        assert isinstance(failures, list)
        codes = [one["code"] for one in failures if isinstance(one, dict)]
        assert codes == ["ContentArchived"] * 2
        assert backup.result["contentObjects"] == 0
        container = BackupContainer(app.accounts.require("offsite", ""), SECOND)
        assert [path async for path in container.names("content/")] == []
        descriptor = await read_descriptor(container, app.provider)
        assert (descriptor.content.objects, descriptor.backup.outcome) == (0, "PartiallySucceeded")


@pytest.mark.parametrize("code", OTHERS)
async def test_no_other_conflict_counts_as_a_copy(
    emulator: Emulator, tmp_path: Path, code: str
) -> None:
    async with both_over_proxies(emulator, tmp_path) as (_, target, app):
        target.script = [Scripted("PUT", _COPY, 409, code)]
        record = await start_backup(app, SECOND)
        await run(app, record)
        backup = await operation_of(app, record)
        assert not backup.status.is_final(), "it is tried again"
        target.script = []
        await run(app, record)
        backup = await operation_of(app, record)
        assert backup.status is OperationStatus.SUCCEEDED, backup.error
        container = BackupContainer(app.accounts.require("offsite", ""), SECOND)
        assert len([path async for path in container.names("content/")]) == 2


@pytest.mark.parametrize("code", ["BlobAlreadyExists", "TargetConditionNotMet", "ConditionNotMet"])
async def test_what_says_that_it_is_there_is_looked_for_before_the_descriptor(
    emulator: Emulator, tmp_path: Path, code: str
) -> None:
    """Storage said that both are there, and neither is: no descriptor names them."""
    status = 409 if code == "BlobAlreadyExists" else 412
    async with both_over_proxies(emulator, tmp_path) as (_, target, app):
        target.script = [Scripted("PUT", _COPY, status, code)]
        record = await start_backup(app, SECOND)
        await run(app, record)
        backup = await operation_of(app, record)
        assert not backup.status.is_final()
        assert backup.error is not None
        assert (backup.error.code, str(backup.error.target)[:8]) == ("BlobMissing", "content/")
        container = BackupContainer(app.accounts.require("offsite", ""), SECOND)
        assert not await container.blob(f"{SECOND}.txt").exists(), "it is no backup"
        target.script = []
        await run(app, record)
        assert (await operation_of(app, record)).status is OperationStatus.SUCCEEDED


async def test_content_is_looked_for_before_a_service_shows(
    emulator: Emulator, tmp_path: Path
) -> None:
    async with both_over_proxies(emulator, tmp_path) as (source, _, app):
        await run(app, await start_delete(app))
        source.script = [Scripted("PUT", _SOURCE, 409, "BlobAlreadyExists")]
        record = await start_restore(app)
        await run(app, record)
        restore = await operation_of(app, record)
        assert not restore.status.is_final()
        assert (await app.services.require(SERVICE)).service.state is State.RESTORING
        source.script = []
        await run(app, record)
        assert (await operation_of(app, record)).status is OperationStatus.SUCCEEDED
        service_id = (await app.services.require(SERVICE)).service.id
        assert len([one async for one in app.content.sizes(service_id)]) == 2
