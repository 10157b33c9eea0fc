"""An account that does not answer is asked once, holds up no other, and decides nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest

from shared.backups.catalog.away import Away
from shared.backups.catalog.presence import Presence, cannot_ask
from shared.backups.catalog.purge import PurgeWork
from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupBody
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.operations.task import Canceled, Task
from tests.backups.kept import Kept
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import FIRST, SERVICE, fill, run, start_backup
from tests.support.transport import ONCE, FaultTransport

HERE = ("here-0", "here-1")


class Dead(FaultTransport):
    """An account that says nothing for a while, of every request."""

    def __init__(self) -> None:
        super().__init__()
        self.host = ""
        self.seconds = 0.0
        self.asked = 0

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if self.host and self.host in request.url:
            self.asked += 1
            await asyncio.sleep(self.seconds)
            raise ServiceRequestError("scripted: nothing answers")
        return await super().send(request, **config)


@pytest.fixture
async def two_accounts(
    emulator: Emulator, tmp_path: Path
) -> AsyncIterator[tuple[Installation, Dead]]:
    """Two good backups in a living account, and four newer ones in one that does not answer."""
    dead = Dead()
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=dead, patience=ONCE)
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    for name in HERE:
        body = BackupBody(name=name, storage_account="default")
        await run(app, await app.backups.start(service, body, "x", None))
    for number in range(3):
        await run(app, await start_backup(app, f"offsite-{number}"))
    dead.host = app.accounts.require("offsite", "").url.split("//")[1]
    yield app, dead
    await app.close()


async def test_a_deletion_asks_a_dead_account_once_and_does_not_wait_for_it(
    two_accounts: tuple[Installation, Dead],
) -> None:
    app, dead = two_accounts
    dead.seconds = 30
    began = time.monotonic()
    found = await app.backups.get(SERVICE, "here-0")
    record = await app.backups.delete(found, force=False, caller="x", operation_id=None)
    await run(app, record)
    ended = await app.records.find(SERVICE, record.operation.id)
    assert ended is not None
    assert ended[0].operation.status is OperationStatus.SUCCEEDED
    assert time.monotonic() - began < 20
    assert dead.asked <= 3, "once a look: a request, and two of the purge"


async def test_where_all_others_are_in_a_dead_account_each_is_asked_once(
    two_accounts: tuple[Installation, Dead],
) -> None:
    """The history says four other good ones: none of them can be read now."""
    app, dead = two_accounts
    record = await app.backups.delete(
        await app.backups.get(SERVICE, "here-0"), force=True, caller="x", operation_id=None
    )
    await run(app, record)
    dead.asked = 0
    found = await app.backups.get(SERVICE, "here-1")
    with pytest.raises(Problem) as refused:
        await app.backups.delete(found, force=False, caller="x", operation_id=None)
    assert refused.value.code is Code.LAST_GOOD_BACKUP
    assert dead.asked == 1
    away = Away()
    assert not await app.removal.leaves_another(found.value, away)
    assert not await app.removal.leaves_another(found.value, away)
    assert dead.asked == 2, "what a purge met it remembers"


async def test_the_newest_that_can_be_read_is_looked_at_alone(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    look = Presence._look

    async def counted(presence: Presence, backup: Backup, *more: Any) -> object:
        looked.append(backup.name)
        return await look(presence, backup, *more)

    monkeypatch.setattr(Presence, "_look", counted)
    backups = [one.value for one in await kept.backups()]
    await kept.container(backups[4]).delete()
    assert await kept.app.removal.leaves_another(backups[0])
    assert looked == [backups[4].name, backups[3].name]


@pytest.mark.parametrize(
    ("status", "silent"), [(None, True), (503, True), (429, True), (400, False), (403, False)]
)
async def test_only_what_may_pass_says_that_an_account_is_away(
    kept: Kept, status: int | None, silent: bool
) -> None:
    """A refusal of one backup says nothing of the others in its account."""
    backup = (await kept.backups())[0].value
    if status is None:
        problem = cannot_ask(backup, ServiceRequestError("no answer"))
    else:
        error = HttpResponseError("scripted")
        error.status_code = status
        problem = cannot_ask(backup, error)
    away = Away()
    away.met(problem)
    assert (away.of(backup.storage_account) is not None) is silent


def retention(kept: Kept, service_id: str, **members: Any) -> Operation:
    return Operation(
        id="a-run",
        operation=OperationName.PURGE_BACKUP,
        service=SERVICE,
        service_id=service_id,
        caller="x",
        trigger="x",
        created_at=kept.clock.now(),
        started_at=kept.clock.now(),
        parameters={"retention": "test"},
        **members,
    )


async def test_a_look_hears_a_cancel_request(fresh_app: Installation) -> None:
    """It may take minutes, of a backup with many objects."""
    app = fresh_app
    await fill(app)
    backup = await app.backups.get(SERVICE, FIRST)
    record = await app.backups.delete(backup, force=True, caller="x", operation_id=None)
    task = Task(record.operation, is_cancel_requested=lambda: True)
    with pytest.raises(Canceled):
        await app.presence.look(backup.value, task.checkpoint)
    other = backup.value.model_copy(update={"name": "another"})
    with pytest.raises(Canceled):
        await app.removal.leaves_another(other, checkpoint=task.checkpoint)


async def test_a_retention_run_that_looks_hears_a_cancel_request(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = (await kept.app.services.require(SERVICE)).service
    task = Task(retention(kept, service.id))

    async def canceled_meanwhile(_: Presence, _backup: Backup, checkpoint: Any) -> None:
        task.is_cancel_requested = lambda: True
        await checkpoint()

    monkeypatch.setattr(Presence, "_look", canceled_meanwhile)
    with pytest.raises(Canceled):
        await PurgeWork(kept.app.removal, kept.app.schedules).run(task)
    assert await kept.held() == [True] * 5


async def test_a_run_that_is_tried_again_looks_at_nothing_twice(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier attempt found whole; what it found an hour ago is looked at again."""
    service = (await kept.app.services.require(SERVICE)).service
    looked: list[str] = []
    look = Presence._look

    async def counted(presence: Presence, backup: Backup, *more: Any) -> object:
        looked.append(backup.name)
        return await look(presence, backup, *more)

    async def stopped(*_: object) -> None:
        raise ServiceRequestError("scripted: the attempt fails behind its looks")

    monkeypatch.setattr(Presence, "_look", counted)
    work = PurgeWork(kept.app.removal, kept.app.schedules)
    operation = retention(kept, service.id)
    with monkeypatch.context() as patched:
        patched.setattr(work, "_delete", stopped)
        for attempt, looks in ((1, 1), (2, 1), (3, 1)):
            kept.clock.offset += timedelta(minutes=1)
            task = Task(operation.model_copy(update={"attempt": attempt}))
            with pytest.raises(ServiceRequestError):
                await work.run(task)
            assert len(looked) == looks
        kept.clock.offset += timedelta(hours=1)
        with pytest.raises(ServiceRequestError):
            await work.run(Task(operation.model_copy(update={"attempt": 4})))
        assert len(looked) == 2
    later = retention(kept, service.id, attempt=1)
    await work.run(Task(later))
    assert len(looked) == 3, "another run looks for itself"
    assert await kept.held() == [False, False, True, True, True]
