"""Deletions that did not happen, or were undone: a backup that is there can be read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.backups.catalog.removal import Removal
from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupStatus, Found, VerifyLevel
from shared.model.operation import Operation, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from tests.faults.test_bugs_of_others import offsite_over_proxy
from tests.support.deployed import Emulator
from tests.support.proxy import Scripted
from tests.support.scenes import (
    FIRST,
    SECOND,
    SERVICE,
    fill,
    run,
    start_backup,
    start_delete,
    start_purge,
)
from tests.support.stored import Undeleted
from tests.support.transport import ProcessStopped

_REFUSALS = [
    (409, "ContainerImmutabilityPolicyOrLegalHold"),
    (412, "LeaseIdMissing"),
    (403, "AuthorizationPermissionMismatch"),
]


async def entry(app: Installation, name: str = FIRST) -> Backup:
    return (await app.backups.get(SERVICE, name)).value


async def ended(app: Installation, operation: Operation) -> Operation:
    found = await app.records.find(operation.service, operation.id)
    assert found is not None
    return found[0].operation


async def verified(app: Installation, level: VerifyLevel = VerifyLevel.DATA) -> Operation:
    record = await app.verifications.start(await entry(app), level, "somebody", None)
    await run(app, record)
    return await ended(app, record.operation)


async def registered(app: Installation) -> Backup:
    found = await app.registration.register(
        "offsite", FIRST, accept_renamed=False, caller="somebody", operation_id=None
    )
    return found.value


def body() -> RestoreBody:
    place = {"storageAccount": "offsite", "container": FIRST}
    return RestoreBody.model_validate({"backup": place})


@asynccontextmanager
async def undeleted(app: Installation) -> AsyncIterator[None]:
    """The first backup is deleted on request; the service too; then its container is undeleted."""
    client = app.accounts.require("offsite", "").get_container_client(FIRST)
    kept = await Undeleted.of(client)
    await run(app, await start_purge(app))
    assert not await client.exists()
    assert (await entry(app)).status is BackupStatus.DELETED
    await run(app, await start_delete(app))
    await kept.undelete(client)
    yield


@pytest.mark.parametrize(("status", "code"), _REFUSALS, ids=lambda value: str(value))
async def test_a_deletion_that_storage_refuses_is_taken_back(
    emulator: Emulator, tmp_path: Path, status: int, code: str
) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        before = await entry(app)
        proxy.script = [Scripted("DELETE", rf"/{FIRST}\?restype=container", status, code)]
        record = await start_purge(app)
        await run(app, record)
        purge = await ended(app, record.operation)
        assert purge.status is OperationStatus.FAILED
        assert purge.error is not None
        assert (purge.error.code, purge.error.target) == ("BackupInUse", FIRST)
        assert "Nothing was deleted" in purge.error.message
        assert code in purge.error.message
        after = await entry(app)
        refused = after.deletion_refused
        assert refused is not None
        assert refused.operation == record.operation.id
        assert after.model_copy(update={"deletion_refused": None}) == before
        assert (await verified(app)).status is OperationStatus.SUCCEEDED
        assert (await app.backups.pin(SERVICE, FIRST, True)).value.pinned
        await run(app, await start_delete(app))
        assert (await app.restores.plan(body())).errors == []

        proxy.script = []
        await app.backups.pin(SERVICE, FIRST, False)
        again = await start_purge(app)
        await run(app, again)
        gone = await entry(app)
        assert (gone.status, gone.deletion_refused) == (BackupStatus.DELETED, None)
        assert gone.deleted_by == again.operation.id


async def test_storage_that_is_busy_refuses_nothing(emulator: Emulator, tmp_path: Path) -> None:
    async with offsite_over_proxy(emulator, tmp_path) as (proxy, app):
        proxy.script = [Scripted("DELETE", rf"/{FIRST}\?restype=container", 429, "Busy", times=1)]
        await run(app, await start_purge(app))
        assert (await entry(app)).status is BackupStatus.DELETED


@pytest.mark.parametrize("read", ["verify", "restore", "register", "pin", "contents"])
async def test_what_was_undeleted_can_be_read(fresh_app: Installation, read: str) -> None:
    app = fresh_app
    await fill(app)
    async with undeleted(app):
        plan = await app.restores.plan(body())
        assert plan.errors == []
        if read == "verify":
            assert (await verified(app)).status is OperationStatus.SUCCEEDED
        elif read == "restore":
            record = await app.restores.start(body(), "somebody", None)
            await run(app, record)
            assert (await ended(app, record.operation)).status is OperationStatus.SUCCEEDED
        elif read == "register":
            found = await registered(app)
            assert (found.registered, found.pinned, found.status) == (True, True, "Succeeded")
            assert (await registered(app)) == found
        elif read == "pin":
            assert (await app.backups.pin(SERVICE, FIRST, True)).value.pinned
        else:
            facts, _ = await app.contents.overview(SERVICE, FIRST)
            assert facts["digest"] == (await entry(app)).digest
            return  # who only looks writes nothing
        now = await entry(app)
        assert (now.status, now.deleted_at, now.deleted_by) == ("Succeeded", None, None)
        assert (now.users, now.deleting_from) == ([], None)
        other = now.model_copy(update={"name": "another"})
        counts = await app.removal.leaves_another(other)
        assert counts is (read != "register"), "what is registered is kept, and not counted on"


async def test_what_is_gone_says_where_it_was_and_what_to_do(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    await run(app, await start_purge(app))
    name = app.accounts.require("offsite", "").account_name
    asked = (
        app.verifications.start(await entry(app), VerifyLevel.DATA, "x", None),
        app.restores.plan(body()),
        app.restores.start(body(), "x", None),
        app.backups.pin(SERVICE, FIRST, True),
        app.contents.overview(SERVICE, FIRST),
    )
    for doing in asked:
        with pytest.raises(Problem) as refused:
            await doing
        assert refused.value.code is Code.BACKUP_NOT_FOUND
        for part in (f"'{FIRST}'", "'offsite'", str(name), "undelete it in the portal"):
            assert part in refused.value.message
    assert (await entry(app)).status is BackupStatus.DELETED


@pytest.mark.parametrize("marked", ["by an operation that ended", "by one that is gone"])
async def test_a_mark_without_a_purge_is_taken_back_by_a_reader(
    fresh_app: Installation, marked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    await fill(app)
    await run(app, await start_backup(app, SECOND))
    record = await start_purge(app)

    async def stopped(*_: Any) -> None:
        raise ProcessStopped

    with monkeypatch.context() as patched:
        patched.setattr(Removal, "remove", stopped)
        with pytest.raises(ProcessStopped):
            await run(app, record)
    assert (await entry(app)).status is BackupStatus.DELETING
    for doing in (
        lambda: verified(app),
        lambda: app.backups.pin(SERVICE, FIRST, True),
        lambda: app.contents.overview(SERVICE, FIRST),
        lambda: registered(app),
    ):
        with pytest.raises(Problem) as refused:
            await doing()
        assert refused.value.code is Code.BACKUP_IN_USE
        assert record.operation.id in refused.value.message
    assert {e.code for e in (await app.restores.plan(body())).errors} >= {"BackupInUse"}

    if marked == "by an operation that ended":
        found = await app.records.find(SERVICE, record.operation.id)
        assert found is not None
        failed = found[0].operation.model_copy(
            update={"status": OperationStatus.FAILED, "completed_at": app.clock.now()}
        )
        await app.records.write(failed, found[0].etag)
    else:
        there = await app.backups.get(SERVICE, FIRST)
        changed = there.value.model_copy(update={"deleted_by": "swept-since"})
        await app.history.change(changed, there.etag)
    assert (await verified(app)).status is OperationStatus.SUCCEEDED
    now = await entry(app)
    assert (now.status, now.deleted_by, now.deleting_from) == ("Succeeded", None, None)


@pytest.mark.parametrize("status", ["Failed", "Canceled"])
@pytest.mark.parametrize("read", ["verify", "register"])
async def test_a_whole_backup_is_not_failed_for_good(
    fresh_app: Installation, status: str, read: str
) -> None:
    """Its descriptor was written, and its operation could not be told so."""
    app = fresh_app
    await fill(app)
    there = await app.backups.get(SERVICE, FIRST)
    lost = {"digest": None, "items": None, "bytes": None, "sections": [], "key_ids": []}
    failed = {"status": BackupStatus(status), "error": "StorageUnavailable", **lost}
    await app.history.change(there.value.model_copy(update=failed), there.etag)
    if read == "verify":
        assert (await verified(app)).status is OperationStatus.SUCCEEDED
    else:
        await registered(app)
    now = await entry(app)
    facts = ("status", "digest", "items", "bytes", "sections", "key_ids", "error", "failures")
    assert {m: getattr(now, m) for m in facts} == {m: getattr(there.value, m) for m in facts}


async def test_a_strangers_container_brings_nothing_back(fresh_app: Installation) -> None:
    """A name that is free again may be another's by now; he may even copy a backup there."""
    app = fresh_app
    await fill(app)
    await run(app, await start_backup(app, SECOND))
    offsite = app.accounts.require("offsite", "")
    second = await Undeleted.of(offsite.get_container_client(SECOND))
    await run(app, await start_purge(app))
    client = offsite.get_container_client(FIRST)
    await client.create_container()
    with pytest.raises(Problem) as refused:
        await verified(app)
    assert refused.value.code is Code.BACKUP_NOT_FOUND
    await client.delete_container()
    await second.undelete(client, {f"{SECOND}.txt": f"{FIRST}.txt"})
    with pytest.raises(Problem) as forged:
        await verified(app)
    assert forged.value.code is Code.DESCRIPTOR_FORGED
    assert (await entry(app)).status is BackupStatus.DELETED
    # Deleting it once more leaves what is somebody else's.
    await run(app, await start_purge(app))
    assert await client.exists()


async def test_what_nobody_saw_go_is_missing(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    client = app.accounts.require("offsite", "").get_container_client(FIRST)
    kept = await Undeleted.of(client)
    await client.delete_container()
    record = await start_purge(app)
    await run(app, record)
    assert (await ended(app, record.operation)).result == {"deleted": []}
    gone = await entry(app)
    assert (gone.status, gone.deleted_by) == (BackupStatus.MISSING, None)
    assert gone.container_seen is not None
    assert gone.container_seen.found is Found.MISSING
    await kept.undelete(client)
    assert (await verified(app)).status is OperationStatus.SUCCEEDED
    assert (await entry(app)).status is BackupStatus.SUCCEEDED


async def test_a_verify_that_met_no_container_is_answered_by_any_other(
    fresh_app: Installation,
) -> None:
    """However deep it was to look: a backup that is back counts as any other."""
    app = fresh_app
    await fill(app)
    client = app.accounts.require("offsite", "").get_container_client(FIRST)
    kept = await Undeleted.of(client)
    await client.delete_container()
    assert (await verified(app, VerifyLevel.RESTORE)).status is OperationStatus.FAILED
    gone = await entry(app)
    assert (gone.status, gone.verify_status) == (BackupStatus.MISSING, "Failed")
    assert gone.container_seen is not None
    assert gone.container_seen.found is Found.MISSING
    await kept.undelete(client)
    assert (await verified(app, VerifyLevel.DESCRIPTOR)).status is OperationStatus.SUCCEEDED
    back = await entry(app)
    assert (back.status, back.verify_status) == (BackupStatus.SUCCEEDED, "Succeeded")
    assert back.is_good()


async def test_an_alias_that_leads_elsewhere_deletes_nothing(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    there = await app.backups.get(SERVICE, FIRST)
    moved = there.value.model_copy(update={"storage_account": "default"})
    await app.history.change(moved, there.etag)
    record = await start_purge(app)
    await run(app, record)
    purge = await ended(app, record.operation)
    assert purge.error is not None
    assert purge.error.code == "StorageAccountUnknown"
    for alias in ("offsite", "default"):
        assert str(app.accounts.require(alias, "").account_name) in purge.error.message
    verify = await verified(app)
    assert verify.error is not None
    assert verify.error.code == "StorageAccountUnknown"
    assert await entry(app) == moved, "nothing is known of it, and nothing is said"


async def test_so_many_read_it_at_once(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    there = await app.backups.get(SERVICE, FIRST)
    starts = [
        await app.verifications.start(there.value, VerifyLevel.DATA, "x", None) for _ in range(100)
    ]
    users = [{"service": SERVICE, "operation": one.operation.id} for one in starts]
    full = Backup.model_validate({**there.value.to_json(), "users": users})
    await app.history.change(full, there.etag)
    verify = await verified(app)
    assert verify.error is not None
    assert verify.error.code == "BackupInUse"
    assert "100 operations" in verify.error.message
    assert len((await entry(app)).users) == 100
    for one in starts[:2]:
        await app.engine.end(one, OperationStatus.CANCELED)
    assert (await verified(app)).status is OperationStatus.SUCCEEDED
    assert len((await entry(app)).users) == 98


async def test_what_a_reader_found_whole_is_not_failed_again_by_its_operation(
    fresh_app: Installation,
) -> None:
    """An operation that ended Failed is settled once more, after a verify found its backup."""
    app = fresh_app
    await fill(app)
    found = await app.backups.get(SERVICE, FIRST)
    record = await app.records.find(SERVICE, found.value.operation)
    assert record is not None
    failed = record[0].operation.model_copy(
        update={"status": OperationStatus.FAILED, "result": None}
    )
    changed = found.value.model_copy(update={"status": BackupStatus.FAILED, "digest": None})
    await app.history.change(changed, found.etag)
    assert (await verified(app)).status is OperationStatus.SUCCEEDED
    assert (await entry(app)).status is BackupStatus.SUCCEEDED
    await app.engine.settle(failed)
    assert (await entry(app)).status is BackupStatus.SUCCEEDED
    client = app.accounts.require("offsite", "").get_container_client(FIRST)
    assert await client.exists()


async def test_a_verdict_that_comes_late_brings_nothing_back(fresh_app: Installation) -> None:
    """The container went after the verify had read it, and somebody noted that first."""
    app = fresh_app
    await fill(app)
    verify = await verified(app)
    assert verify.status is OperationStatus.SUCCEEDED
    await app.accounts.require("offsite", "").get_container_client(FIRST).delete_container()
    found = await app.backups.get(SERVICE, FIRST)
    update = {"status": BackupStatus.MISSING, "verify_operation": None}
    await app.history.change(found.value.model_copy(update=update), found.etag)
    await app.engine.settle(verify)
    assert (await entry(app)).status is BackupStatus.MISSING
