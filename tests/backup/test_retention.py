"""Retention on real storage: what must never be deleted, whatever breaks or lies."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from shared.blobs.backup_container import BackupContainer, Ownership
from shared.clock import Clock
from shared.installation import Installation
from shared.model.backup import Backup, BackupStatus, BackupUser, VerifyLevel
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.schedule import ScheduleBody, ScheduledVerify
from shared.model.service import ServiceSettings
from shared.operations.engine import Start
from shared.state.configuration import Versioned
from shared.state.operations import Record
from tests.deployed import Deployed, Emulator
from tests.faults.scenes import ASKED, SERVICE
from tests.faults.transport import ONCE, FaultTransport
from tests.stored import copied

DAY = timedelta(days=1)


class Later(Clock):
    """A clock that the app's owner moves; the machine's own can be wrong too."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self.wrong = timedelta()

    def now(self) -> datetime:
        return self.machine() + self.offset

    def machine(self) -> datetime:
        return super().machine() + self.wrong


class Storage(FaultTransport):
    """Scripts what Azurite does not do: errors of lists."""

    def __init__(self) -> None:
        super().__init__()
        self.list_error = False
        self.lists = 0

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if self.list_error and request.method == "GET" and "interkeepBackups()" in request.url:
            self.lists += 1
            # A later page is what breaks: the first ones look like a whole, short list.
            request.url = request.url.replace("interkeepBackups()", "interkeepBackups(')")
        return await super().send(request, **config)


class Kept:
    """A service with five scheduled backups of five days, retention three days."""

    def __init__(self, app: Installation, clock: Later, storage: Storage) -> None:
        self.app, self.clock, self.storage = app, clock, storage

    async def begin(self) -> "Kept":
        wanted = ServiceSettings.model_validate({"edition": "Basic"})
        service = (await self.app.services.create(SERVICE, wanted, ASKED)).service
        body = {
            "status": "Automatic",
            "storageAccount": "offsite",
            "startAt": (self.clock.now() - timedelta(hours=1)).isoformat(),
            "frequencyDays": 1,
            "retentionDays": 400,
        }
        saved = ScheduleBody.model_validate(body)
        await self.app.schedule_settings.put(service, saved, "test", None)
        for _ in range(5):
            self.clock.offset += DAY
            await self.app.tick.run()
            await self.all_run()
        before = await self.app.schedules.get(SERVICE)
        saved = ScheduleBody.model_validate({**body, "retentionDays": 3})
        await self.app.schedule_settings.put(service, saved, "test", before)
        return self

    async def all_run(self) -> None:
        """Deliver the message of everything that is under way."""
        listed = [entry async for page in self.app.in_flight.pages() for entry in page]
        for entry in listed:
            await self.app.engine.run(entry.service, entry.operation_id)

    async def run_all_of(self, kind: OperationName) -> None:
        """Deliver the messages of one kind alone."""
        listed = [entry async for page in self.app.in_flight.pages() for entry in page]
        for entry in listed:
            found = await self.app.records.find(entry.service, entry.operation_id)
            if found is not None and found[0].operation.operation is kind:
                await self.app.engine.run(entry.service, entry.operation_id)

    async def retain(self) -> Record:
        """One retention run, as the timer starts it."""
        service = (await self.app.services.require(SERVICE)).service
        record = await self.app.engine.start(
            Start(
                OperationName.PURGE_BACKUP,
                SERVICE,
                "schedule",
                "schedule",
                {"retention": "test"},
                None,
                service.id,
            )
        )
        await self.app.engine.run(SERVICE, record.operation.id)
        found = await self.app.records.find(SERVICE, record.operation.id)
        assert found is not None
        return found[0]

    async def backups(self) -> list[Versioned[Backup]]:
        """The scheduled ones, oldest first."""
        names = [b.name async for page in self.app.history.pages(SERVICE) for b in page]
        found = [await self.app.history.get(SERVICE, name) for name in reversed(names)]
        return [one for one in found if one is not None and one.value.due_at is not None]

    async def change(self, index: int, **changes: Any) -> None:
        found = (await self.backups())[index]
        await self.app.history.change(found.value.model_copy(update=changes), found.etag)

    def container(self, backup: Backup) -> BackupContainer:
        return BackupContainer(self.app.accounts.require("offsite", ""), backup.container)

    async def held(self) -> list[bool]:
        """Whose containers are there, oldest first."""
        return [await self.container(one.value).exists() for one in await self.backups()]


def app_over(deployed: Deployed, clock: Later) -> Kept:
    storage = Storage()
    settings = deployed.read().model_copy(update={"retry_seconds": (0, 0, 0, 0)})
    app = Installation(settings, clock=clock, transport=storage, patience=ONCE)
    return Kept(app, clock, storage)


@pytest.fixture(scope="module")
def first(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployed, Later]:
    """What is made once and copied for each test."""
    deployed, clock = Deployed.new(emulator, tmp_path_factory.mktemp("kept")), Later()

    async def make() -> None:
        kept = app_over(deployed, clock)
        await kept.begin()
        await kept.app.close()

    asyncio.run(make())
    return deployed, clock


@pytest.fixture
async def kept(first: tuple[Deployed, Later], emulator: Emulator, tmp_path: Path) -> Any:
    deployed, made_by = first
    clock = Later()
    clock.offset = made_by.offset
    found = app_over(copied(deployed, emulator, tmp_path), clock)
    yield found
    await found.app.close()


async def test_what_has_had_its_time_goes(kept: Kept) -> None:
    record = await kept.retain()
    assert await kept.held() == [False, False, True, True, True]
    assert record.operation.status == "Succeeded"
    deleted = record.operation.result["deleted"]  # type: ignore[index]
    assert [one["reasons"] for one in deleted] == [["older-than-3-days"]] * 2  # type: ignore
    gone = (await kept.backups())[0].value
    assert gone.status is BackupStatus.DELETED
    assert gone.deleted_by == record.operation.id
    assert gone.deleted_at is not None
    assert (await kept.retain()).operation.result == {"deleted": [], "considered": 3}


async def test_a_list_error_deletes_nothing(kept: Kept) -> None:
    """restic 4612: a list error that was read as an empty list."""
    kept.storage.list_error = True
    record = await kept.retain()
    assert kept.storage.lists
    assert record.operation.status != "Succeeded"
    assert record.operation.error is not None
    kept.storage.list_error = False
    assert await kept.held() == [True] * 5


async def test_a_newer_backup_whose_key_is_not_at_hand_is_not_worth_nothing(kept: Kept) -> None:
    """It may be the only good one: nobody can tell before the key is back."""
    newest = (await kept.backups())[-1].value
    blob = kept.container(newest).blob(f"{newest.container}.txt")
    whole = await (await blob.download_blob()).readall()
    document = json.loads(whole)
    document["seal"]["keyId"] = "0123456789abcdef"
    await blob.upload_blob(json.dumps(document), overwrite=True)
    record = await kept.retain()
    assert await kept.held() == [True] * 5
    [warning] = record.operation.warnings
    assert warning.code == "KeyUnavailable"
    assert "Retention deleted nothing" in warning.message
    await blob.upload_blob(whole, overwrite=True)
    await kept.retain()
    assert await kept.held() == [False, False, True, True, True]


async def test_a_clock_that_is_ahead_starts_nothing(kept: Kept) -> None:
    """Else each schedule ran once, and then not again for as long as the clock was ahead."""
    before = await kept.app.schedules.get(SERVICE)
    kept.clock.wrong = 40 * DAY
    assert await kept.app.tick.run() == 0
    after = await kept.app.schedules.get(SERVICE)
    assert before is not None
    assert after is not None
    assert after.value == before.value
    kept.clock.wrong = timedelta()
    kept.clock.offset += DAY
    assert await kept.app.tick.run() > 0


async def test_what_was_undeleted_counts_again(kept: Kept) -> None:
    missing = (await kept.backups())[-1]
    await kept.change(-1, status=BackupStatus.MISSING)
    assert [key async for page in kept.app.history.key_ids() for key in page], "it may come back"
    record = await kept.app.verifications.start(
        (await kept.backups())[-1].value, VerifyLevel.DESCRIPTOR, "somebody", None
    )
    await kept.app.engine.run(SERVICE, record.operation.id)
    found = (await kept.backups())[-1].value
    assert (found.name, found.status) == (missing.value.name, BackupStatus.SUCCEEDED)


async def test_retention_waits_for_the_verify_of_the_backup_that_it_would_count_on(
    kept: Kept,
) -> None:
    """Else the old good ones were gone a minute before the new one was found bad."""
    found = await kept.app.schedules.get(SERVICE)
    assert found is not None
    body = found.value.body.model_copy(
        update={"verify": ScheduledVerify(level=VerifyLevel.DATA, every_nth_backup=1)}
    )
    await kept.app.schedules.put(found.value.model_copy(update={"body": body}), found)
    kept.clock.offset += DAY
    await kept.app.tick.run()
    await kept.run_all_of(OperationName.PURGE_BACKUP)
    kept.clock.offset += 10 * DAY
    await kept.run_all_of(OperationName.BACKUP)
    newest = (await kept.backups())[-1].value
    assert newest.status is BackupStatus.SUCCEEDED
    section = next(part.name for part in newest.sections)
    paths = [name async for name in kept.container(newest).names("sections/")]
    path = next(name for name in paths if section in name)
    blob = kept.container(newest).blob(path)
    data = bytearray(await (await blob.download_blob()).readall())
    data[len(data) // 2] ^= 1
    await blob.upload_blob(bytes(data), overwrite=True)
    for kind in (OperationName.PURGE_BACKUP, OperationName.VERIFY_BACKUP):
        await kept.run_all_of(kind)
    for _ in range(2):
        await kept.all_run()
    bad = (await kept.backups())[-1].value
    assert (bad.name, bad.verify_status) == (newest.name, "Failed")
    assert (await kept.held())[-2] is True, "the newest good one is kept"


@pytest.mark.parametrize("days", [-1, 1], ids=["a day behind", "a day ahead"])
async def test_a_clock_that_is_a_day_off_deletes_nothing(kept: Kept, days: int) -> None:
    kept.clock.wrong = days * DAY
    record = await kept.retain()
    assert await kept.held() == [True] * 5
    [warning] = record.operation.warnings
    assert warning.code == "ClocksDiffer"
    assert "Set the machine's clock" in warning.message
    kept.clock.wrong = timedelta(minutes=4)
    await kept.retain()
    assert await kept.held() == [False, False, True, True, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"pinned": True},
        {"users": [BackupUser(service=SERVICE, operation="o")]},
        {"service_id": "an-earlier-life"},
        {"registered": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_what_stays(kept: Kept, changes: dict[str, Any]) -> None:
    await kept.change(0, **changes)
    await kept.retain()
    assert await kept.held() == [True, False, True, True, True]


async def test_another_installations_container_is_never_touched(kept: Kept) -> None:
    """Velero 5509: the history alone does not say whose a container is."""
    oldest = (await kept.backups())[0].value
    container = kept.app.accounts.require("offsite", "").get_container_client(oldest.container)
    metadata = (await container.get_container_properties()).metadata
    await container.set_container_metadata({**metadata, "interkeep_installation": "another"})
    record = await kept.retain()
    assert record.operation.status == "PartiallySucceeded"
    [warning] = record.operation.warnings
    assert warning.target == oldest.name
    assert "names another maker" in warning.message
    assert await kept.held() == [True, False, True, True, True]
    assert (await kept.backups())[0].value.status is BackupStatus.SUCCEEDED, "not even marked"


async def test_a_container_that_changed_hands_after_the_mark_stays(kept: Kept) -> None:
    """Days may lie between mark and removal: whose it is, is asked before the removal itself."""
    await kept.change(0, status=BackupStatus.DELETING, deleted_by="an-earlier-purge")
    marked = (await kept.backups())[0]
    container = kept.container(marked.value)
    await container.delete()
    await container.create(Ownership("another", "another-service", "another-operation"))
    with pytest.raises(Problem) as refused:
        await kept.app.removal.remove(marked)
    assert refused.value.code is Code.BACKUP_IN_USE
    assert await container.exists()


async def test_what_is_gone_already_is_no_error(kept: Kept) -> None:
    """Velero 3094."""
    await kept.container((await kept.backups())[0].value).delete()
    record = await kept.retain()
    assert record.operation.status == "Succeeded"
    assert await kept.held() == [False, False, True, True, True]


async def test_the_newest_good_one_is_one_that_can_be_read(kept: Kept) -> None:
    """Rows alone are no backups: three containers are gone, one descriptor was changed."""
    backups = [one.value for one in await kept.backups()]
    for backup in backups[3:]:
        await kept.container(backup).delete()
    damaged = kept.container(backups[2])
    path = f"{backups[2].name}.txt"
    text = await damaged.read(path, 10**6)
    await damaged.blob(path).upload_blob(text.replace(b"Basic", b"Extra"), overwrite=True)
    kept.clock.offset += 9 * DAY
    await kept.retain()
    statuses = [one.value.status for one in await kept.backups()]
    assert statuses[3:] == [BackupStatus.MISSING] * 2
    assert await kept.held() == [False, True, False, False, False], "the newest readable one"
    assert statuses[:3] == [BackupStatus.DELETED, BackupStatus.SUCCEEDED, BackupStatus.DELETED]


async def test_on_demand_too_one_that_can_be_read_is_left(kept: Kept) -> None:
    """The history alone knows four others: their containers are gone."""
    for one in (await kept.backups())[1:]:
        await kept.container(one.value).delete()
    last = await kept.app.backups.get(SERVICE, (await kept.backups())[0].value.name)
    with pytest.raises(Problem) as refused:
        await kept.app.backups.delete(last, force=False, caller="x", operation_id=None)
    assert refused.value.code is Code.LAST_GOOD_BACKUP
    assert await kept.held() == [True, False, False, False, False]


async def test_a_backup_that_is_being_read_is_not_the_one_to_count_on(kept: Kept) -> None:
    """A verify may find the newest one bad: the next one stays until that is known."""
    user = BackupUser(service=SERVICE, operation="verify")
    await kept.change(4, users=[user])
    kept.clock.offset += 30 * DAY
    await kept.retain()
    assert await kept.held() == [False, False, False, True, True]


async def test_without_a_readable_backup_nothing_goes(kept: Kept) -> None:
    for one in await kept.backups():
        container = kept.container(one.value)
        await container.blob(f"{one.value.name}.txt").delete_blob()
    kept.clock.offset += 30 * DAY
    await kept.retain()
    assert await kept.held() == [True] * 5


async def test_a_backup_under_way_is_left_alone(kept: Kept) -> None:
    """pgBackRest 2622: expire while a backup runs touches nothing of it."""
    await kept.change(0, status=BackupStatus.RUNNING, completed_at=None)
    await kept.retain()
    assert await kept.held() == [True, False, True, True, True]


async def test_pinned_between_deciding_and_deleting(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark is conditional: whoever wrote the row since the decision wins."""
    verdicts: Callable[..., Awaitable[Any]] = kept.app.removal.require_ours.__func__  # type: ignore[attr-defined]

    async def pinned_meanwhile(self: Any, backup: Backup) -> None:
        await verdicts(self, backup)
        if backup.status is BackupStatus.SUCCEEDED and not backup.pinned:
            await kept.app.backups.pin(SERVICE, backup.name, True)

    monkeypatch.setattr(type(kept.app.removal), "require_ours", pinned_meanwhile)
    record = await kept.retain()
    assert record.operation.result == {"deleted": [], "considered": 5}
    assert await kept.held() == [True] * 5


async def test_status_none_stops_retention_too(kept: Kept) -> None:
    service = (await kept.app.services.require(SERVICE)).service
    before = await kept.app.schedules.get(SERVICE)
    none = ScheduleBody.model_validate({"status": "None"})
    await kept.app.schedule_settings.put(service, none, "test", before)
    await kept.retain()
    kept.clock.offset += 30 * DAY
    assert await kept.app.tick.run() == 0
    assert await kept.held() == [True] * 5


async def test_a_purge_that_stops_half_way_is_finished_by_the_next(kept: Kept) -> None:
    """The mark alone: the process stopped before the container went."""
    await kept.change(0, status=BackupStatus.DELETING, deleted_by="an-earlier-purge")
    record = await kept.retain()
    assert await kept.held() == [False, False, True, True, True]
    deleted = record.operation.result["deleted"]  # type: ignore[index]
    assert ["deletion-under-way"] in [one["reasons"] for one in deleted]  # type: ignore
