"""What is whole is never called a failure, and two who each count on the other lose nothing."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from shared.backups.archive.reader import read_descriptor
from shared.backups.making.backup_work import BackupWork
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.installation.installation import Installation
from shared.model.backup import BackupStatus
from shared.model.numbers import Kind, SetNextBody
from shared.model.operation import OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.service import State
from shared.operations import wholeness
from shared.operations.cancel import cancel
from shared.operations.engine import ATTEMPTS
from shared.operations.task import Task
from shared.rules.states import ServiceOperation
from shared.state.configuration import Phase
from shared.state.operations import OperationRow
from shared.verification.scratch import _service_id
from shared.verification.verify_work import VerifyWork
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import (
    ASKED,
    FIRST,
    SECOND,
    SERVICE,
    after_verify,
    fill,
    require_whole,
    run,
    start_backup,
    start_delete,
    start_restore,
    start_verify,
)


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path):  # type: ignore[no-untyped-def]
    settings = Deployed.new(emulator, tmp_path).read()
    parts = Installation(settings.model_copy(update={"retry_seconds": (0, 0, 0, 0)}))
    await fill(parts)
    yield parts
    await parts.close()


async def ended(app: Installation, record: OperationRow) -> OperationStatus:
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    return found[0].operation.status


async def written_behind_the_engine(app: Installation) -> OperationRow:
    """A backup whose worker stopped right after its descriptor."""
    record = await start_backup(app, SECOND)
    await app.engine.works[OperationName.BACKUP].run(Task(record.operation))
    return record


async def test_a_backup_with_a_descriptor_succeeds_whatever_came_then(app: Installation) -> None:
    record = await written_behind_the_engine(app)
    listed = await app.services.require(SERVICE)
    await app.services.move(listed, ServiceOperation.DISABLE, ASKED)
    await run(app, record)
    assert await ended(app, record) is OperationStatus.SUCCEEDED
    await require_whole(app, SECOND)


async def test_a_backup_with_a_descriptor_is_not_canceled(app: Installation) -> None:
    record = await written_behind_the_engine(app)
    asked = await cancel(app.engine, SERVICE, record.operation.id)
    assert asked.operation.status is OperationStatus.SUCCEEDED
    await require_whole(app, SECOND)
    found = await app.history.get(SERVICE, SECOND)
    assert found is not None
    assert found.value.status is BackupStatus.SUCCEEDED


async def test_a_backup_that_was_deleted_meanwhile_is_not_made_again(app: Installation) -> None:
    record = await written_behind_the_engine(app)
    work = app.engine.works[OperationName.BACKUP]
    done = await work.committed(record.operation)
    assert done is not None
    final = app.engine._ended(record.operation, done)
    await work.settle(final)
    found = await app.backups.get(SERVICE, SECOND)
    await run(app, await app.backups.delete(found, force=True, caller="x", operation_id=None))
    await run(app, record)
    assert await ended(app, record) is OperationStatus.SUCCEEDED
    assert not await BackupContainer(app.accounts.require("offsite", ""), SECOND).exists()
    after = await app.history.get(SERVICE, SECOND)
    assert after is not None
    assert after.value.status is BackupStatus.DELETED


async def test_a_restore_that_shows_its_service_succeeded(app: Installation) -> None:
    await run(app, await start_delete(app))
    record = await start_restore(app)
    await app.engine.works[OperationName.RESTORE].run(Task(record.operation))
    await run(app, record)
    assert await ended(app, record) is OperationStatus.SUCCEEDED
    assert (await app.services.require(SERVICE)).service.state is State.SUSPENDED


@pytest.mark.parametrize("rows_too", [False, True])
async def test_a_verify_that_stopped_while_it_cleared_up_is_done_again(
    app: Installation, rows_too: bool
) -> None:
    """It had compared all of it; what is left of its scratch service is no service to compare."""
    record = await start_verify(app)
    work = app.engine.works[OperationName.VERIFY_BACKUP]
    assert isinstance(work, VerifyWork)
    first = record.operation.model_copy(update={"attempt": 1})
    await app.records.write(first, record.etag)
    await work.run(Task(first))
    kept = work.scratch.stores.configuration
    scratch = _service_id(first)
    head = await kept.head(scratch)
    assert head is not None
    await kept.write_head(scratch, replace(head, phase=Phase.CLOSED))
    if rows_too:
        async for keys in kept.keys(scratch):
            await kept.drop(scratch, keys)
    await run(app, record)
    assert await ended(app, record) is OperationStatus.SUCCEEDED
    await after_verify(app, record)
    assert await kept.head(scratch) is None


async def test_two_who_delete_leave_the_last_good_one(app: Installation) -> None:
    await run(app, await start_backup(app, SECOND))
    record = await app.backups.delete(
        await app.backups.get(SERVICE, SECOND), force=True, caller="x", operation_id=None
    )
    first, second = [await app.backups.get(SERVICE, name) for name in (FIRST, SECOND)]
    marked = await app.removal.mark(second, record.operation, "on demand", None)
    with pytest.raises(Problem) as refused:
        await app.removal.mark(
            first,
            record.operation,
            "on demand",
            partial(app.removal.leaves_another, first.value),
        )
    assert refused.value.code is Code.LAST_GOOD_BACKUP
    kept = (await app.backups.get(SERVICE, FIRST)).value
    assert (kept.status, kept.deleted_by) == (BackupStatus.SUCCEEDED, None)
    offsite = app.accounts.require("offsite", "")
    await read_descriptor(BackupContainer(offsite, FIRST), app.provider)
    await app.removal.remove(marked, record.operation)


async def test_a_request_of_an_earlier_life_takes_no_number(app: Installation) -> None:
    """It passed its checks, then the service was deleted and restored under its name."""
    earlier = (await app.services.require(SERVICE)).service
    await run(app, await start_delete(app))
    await run(app, await start_restore(app))
    await app.services.move(await app.services.require(SERVICE), ServiceOperation.RESUME, ASKED)
    body = SetNextBody(kind=Kind.INTERCHANGE, next=1, allow_reuse=True)
    with pytest.raises(Problem) as refused:
        await app.counters.set_next(earlier, "A", body)
    assert refused.value.code in (Code.SERVICE_NOT_FOUND, Code.AGREEMENT_NOT_FOUND)
    numbers = await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1)
    assert numbers[0].value == 3


async def test_a_descriptor_of_another_backup_is_not_taken_for_its_own(app: Installation) -> None:
    """Whoever can write to the account puts a genuine one where this backup's will be."""
    record = await start_backup(app, SECOND)
    offsite = app.accounts.require("offsite", "")
    first, second = BackupContainer(offsite, FIRST), BackupContainer(offsite, SECOND)
    owner = Ownership(await app.removal.installation(), str(record.operation.service_id), "")
    await second.create(replace(owner, operation_id=record.operation.id))
    genuine = await first.read(f"{FIRST}.txt", 10**6)
    await second.blob(f"{SECOND}.txt").upload_blob(genuine)
    await run(app, record)
    assert await ended(app, record) is OperationStatus.FAILED
    entry = await app.backups.get(SERVICE, SECOND)
    assert entry.value.status is BackupStatus.FAILED
    assert await second.read(f"{SECOND}.txt", 10**6) == genuine, "it is nobody's to delete"


async def test_a_backup_that_fails_removes_no_container_of_others(app: Installation) -> None:
    """Somebody made one of its name after it was started."""
    record = await start_backup(app, SECOND)
    offsite = app.accounts.require("offsite", "")
    theirs = BackupContainer(offsite, SECOND)
    await theirs.create(Ownership("another", "another-service", record.operation.id))
    await run(app, record)
    assert await ended(app, record) is OperationStatus.FAILED
    assert await theirs.exists()


async def test_a_backup_that_nobody_can_read_for_an_hour_is_not_deleted(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its key is not at hand: the operation is given up, and what may be whole stays."""
    record = await written_behind_the_engine(app)

    async def untold(*_: object) -> None:
        raise Problem(Code.KEY_UNAVAILABLE, "the key is not at hand")

    monkeypatch.setattr(wholeness, "_ASKED", 0)
    monkeypatch.setattr(BackupWork, "committed", untold)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    tried = found[0].operation.model_copy(update={"attempt": ATTEMPTS})
    await app.records.write(tried, found[0].etag)
    await run(app, record)
    assert await ended(app, record) is OperationStatus.FAILED
    await require_whole(app, SECOND)
