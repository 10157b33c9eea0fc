"""What follows from an end and cannot be done holds up nothing, and is left behind in the end."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.core.rest import HttpRequest

from shared.blobs.backup_container import BackupContainer, Ownership
from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupStatus, Trigger
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.operations import recover
from shared.operations.immediate import LogEntry
from shared.operations.rounds import TimeBounds
from shared.operations.start import Start
from shared.storage.tables import Insert, Row
from tests.operations.test_unreadable_rows import newer
from tests.services.test_collection import DAY, StorageLater
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SERVICE, fill
from tests.support.transport import ONCE


class Account:
    """An account that says nothing for as long as it is away."""

    def __init__(self) -> None:
        self.name = "-"
        self.answers = False
        self.asked: set[str] = set()


class Dead(StorageLater):
    """Storage where an account does not answer, or refuses at once."""

    def __init__(self, account: Account, ahead: timedelta, *, silent: bool) -> None:
        super().__init__(ahead)
        self._account = account
        self._silent = silent

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        marks = (f"/{self._account.name}/", f"//{self._account.name}.")
        if any(mark in request.url for mark in marks):
            self._account.asked.add(request.url.split("?")[0].rpartition("/")[2])
            if not self._account.answers:
                if self._silent:
                    await asyncio.sleep(3600)
                raise ServiceRequestError("no such host: secret.example")
        return await super().send(request, **config)


class Estate:
    """An installation whose second account is away."""

    def __init__(self, deployed: Deployed) -> None:
        settings = deployed.read().model_copy(update={"recovery_nudge_seconds": 0})
        self._settings = settings
        self._made: list[Installation] = []
        self.account = Account()

    def process(self, ahead: timedelta = timedelta(), *, silent: bool = False) -> Installation:
        """A process of its own, which sees the storage's clock so far ahead."""
        transport = Dead(self.account, ahead, silent=silent)
        app = Installation(self._settings, transport=transport, patience=ONCE)
        self._made.append(app)
        return app

    async def close(self) -> None:
        for app in self._made:
            await app.close()


@pytest.fixture
async def estate(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Estate]:
    found = Estate(Deployed.new(emulator, tmp_path))
    yield found
    await found.close()


async def failed_backup(app: Installation, number: int) -> Operation:
    """The record of a backup that has failed; what follows from that is not done yet."""
    name, service = f"daily-{number}", f"Aservice-{number}"
    parameters = {
        "name": name,
        "storageAccount": "offsite",
        "trigger": "scheduled",
        "dueAt": "2026-11-01T00:00:00Z",
    }
    start = Start(
        OperationName.BACKUP, service, "schedule", "schedule", parameters, None, f"id-{number}"
    )
    record = await app.engine.start(start)
    operation = record.operation
    await app.history.add(
        Backup(
            name=name,
            id=operation.id,
            service=service,
            service_id=f"id-{number}",
            edition="Basic",
            trigger=Trigger.SCHEDULED,
            status=BackupStatus.RUNNING,
            storage_account="offsite",
            container=name,
            caller="schedule",
            started_at=app.clock.now(),
            operation=operation.id,
        )
    )
    final = operation.model_copy(
        update={
            "status": OperationStatus.FAILED,
            "completed_at": app.clock.now(),
            "attempt": 5,
        }
    )
    await app.records.finish(final, record.etag, unlock=True)
    return final


async def in_flight(app: Installation) -> list[str]:
    return [entry.operation_id async for page in app.in_flight.pages() for entry in page]


async def messages(app: Installation) -> str:
    found = app.engine._queue.client.receive_messages(visibility_timeout=1)
    return " ".join([message.content async for message in found])


async def test_a_dead_account_holds_up_nobody(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of many entries waits for an account that says nothing; an operation is behind them."""
    monkeypatch.setattr(recover, "_SETTLING", TimeBounds(each=1, run=0.5))
    app = estate.process(silent=True)
    estate.account.answers = True
    await fill(app)
    dead = [await failed_backup(app, number) for number in range(12)]
    service = (await app.services.require(SERVICE)).service
    waiting = await app.engine.start(
        Start(OperationName.DELETE, SERVICE, "x", "http", {}).of(service)
    )
    await app.engine._queue.client.clear_messages()
    estate.account.answers = False
    estate.account.name = str(app.accounts.require("offsite", "").account_name)
    estate.account.asked.clear()
    await asyncio.sleep(1.1)
    for names in (8, 12):
        began = time.monotonic()
        assert await app.recovery.run() == 1
        assert time.monotonic() - began < 8, "one after another it would be 12 seconds"
        assert waiting.operation.id in await messages(app), "nudged, whatever is before it"
        assert len(estate.account.asked) == names, "in the next run it is the turn of the others"
        await asyncio.sleep(1.1)
    assert len(await in_flight(app)) == len(dead) + 1
    await app.engine.run(SERVICE, waiting.operation.id)
    assert len(await in_flight(app)) == len(dead)


async def test_what_cannot_be_done_for_a_day_is_listed_and_done_when_it_can(
    estate: Estate, caplog: pytest.LogCaptureFixture
) -> None:
    app = estate.process()
    final = await failed_backup(app, 1)
    account = app.accounts.require("offsite", "")
    container = BackupContainer(account, "daily-1")
    await container.create(Ownership(await app.id(), "id-1", final.id))
    estate.account.name = str(account.account_name)
    await asyncio.sleep(1.1)

    assert await app.recovery.run() == 0
    assert await in_flight(app) == [final.id], "it is tried each minute for a day"
    left = (await app.deep_health.report())[1]["leftBehind"]
    assert isinstance(left, dict)
    assert (left["count"], left["operations"]) == (0, [])

    later = estate.process(DAY)
    for _ in range(2):
        assert await later.recovery.run() == 0
    assert await in_flight(app) == []
    assert caplog.text.count("OperationLeftBehind: ") == 1
    assert await app.collector._busy() == set()
    _, report = await app.deep_health.report()
    [left] = report["leftBehind"]["operations"]  # type: ignore[index, call-overload]
    assert (left["service"], left["operation"]) == ("Aservice-1", final.id)
    assert left["since"] == final.to_json()["completedAt"]
    assert "Nothing answers at its address" in left["why"]
    assert "secret.example" not in str(report["leftBehind"])
    assert "'daily-1' of the storage account 'offsite'" in left["do"]

    assert await later.recovery.try_again() == 0
    assert await later.recovery.run() == 0
    estate.account.answers = True
    well, _ = await app.deep_health.report()
    assert well, "what is left behind is no failure by itself"
    assert await container.exists()
    assert await later.recovery.try_again() == 1
    assert not await container.exists()
    left = (await app.deep_health.report())[1]["leftBehind"]
    assert isinstance(left, dict)
    assert (left["count"], left["operations"]) == (0, [])
    found = await app.history.get("Aservice-1", "daily-1")
    assert found is not None
    assert found.value.status is BackupStatus.FAILED


async def test_a_crash_between_its_entry_and_its_end_in_flight_is_no_harm(estate: Estate) -> None:
    """It is in both lists then: either of them may find it done."""
    app = estate.process()
    final = await failed_backup(app, 1)
    estate.account.name = str(app.accounts.require("offsite", "").account_name)
    later = estate.process(DAY)
    await later.recovery.run()
    await app.in_flight.add("Aservice-1", final.id)
    estate.account.answers = True
    assert await later.recovery.run() == 1
    assert await in_flight(app) == []
    assert await later.recovery.try_again() == 1
    assert await later.recovery.try_again() == 0


async def test_an_immediate_operation_that_cannot_be_closed(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer version wrote its service: whether it was done can be read by nobody here."""
    app = estate.process()
    await fill(app)
    listed = await app.services.require(SERVICE)
    entry = LogEntry(
        app.engine, Start(OperationName.SUSPEND, SERVICE, "x", "http", {}).of(listed.service)
    )
    await entry.open()
    with newer(monkeypatch):
        await app.directory.change(listed.service, listed.etag)
    other = await app.engine.start(
        Start(OperationName.BACKUP, "Zzother", "x", "http", {"name": "b"})
    )
    await asyncio.sleep(1.1)
    assert await app.recovery.run() == 1
    assert other.operation.id in await messages(app)
    later = estate.process(DAY)
    await later.recovery.run()
    assert await in_flight(app) == [other.operation.id]
    left = await app.left_behind.get(SERVICE, entry.id)
    assert left is not None
    assert "Deploy that version or a later one" in left.why
    assert await later.recovery.try_again() == 0
    row = await app.directory._table.get("service", SERVICE.lower())
    assert row is not None
    await app.directory.change(listed.service, row.etag)
    assert await later.recovery.try_again() == 1
    found = await app.records.find(SERVICE, entry.id)
    assert found is not None
    assert found[0].operation.status is OperationStatus.FAILED
    assert found[0].operation.error is not None
    assert found[0].operation.error.code == "InternalError"


async def test_what_the_log_has_forgotten_is_left_behind_no_longer(estate: Estate) -> None:
    app = estate.process()
    final = await failed_backup(app, 1)
    estate.account.name = str(app.accounts.require("offsite", "").account_name)
    await estate.process(DAY).recovery.run()
    await app.records._table.drop_partition("aservice-1")
    assert await app.left_behind.get("Aservice-1", final.id) is not None
    assert await app.recovery.try_again() == 1
    assert await app.left_behind.get("Aservice-1", final.id) is None


async def test_many_that_were_left_behind_are_counted(estate: Estate) -> None:
    app = estate.process()
    table = app.left_behind._table
    row = {"operation": "o", "name": "BackupBizTalkService", "why": "w", "todo": "t"}
    rows = [
        Row(
            "left-behind",
            f"s{n:03}!o",
            {"service": f"s{n}", "since": "2026-11-01T00:00:00Z", **row},
        )
        for n in range(150)
    ]
    for start in (0, 100):
        await table.transact([Insert(one) for one in rows[start : start + 100]])
    left: Any = (await app.deep_health.report())[1]["leftBehind"]
    assert (left["count"], len(left["operations"])) == (150, 100)
    assert await app.recovery.try_again() == 100, "a bounded number a run"
