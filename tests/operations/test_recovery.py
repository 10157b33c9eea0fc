"""Recovery and leases where everything goes wrong at once: two of each, and clocks a day apart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from shared.clock import Clock
from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.operations import recover
from shared.operations.engine import ATTEMPTS
from shared.operations.lease import Lease
from shared.operations.start import Start
from shared.operations.task import Outcome, Task
from shared.state.operations import OperationRow
from shared.storage.clients import FencedTransport
from shared.storage.fence import LeaseLost
from shared.storage.tables import Row
from tests.support.deployed import Deployed, Emulator

SERVICE = "Contoso-B2B"
DAY = timedelta(days=1)


class Counted:
    """Work that counts how often it is done and settled."""

    exclusive = True

    def __init__(self, do: Callable[[Task], Awaitable[None]] | None = None) -> None:
        self._do = do
        self.runs = 0
        self.settled: list[OperationStatus] = []

    async def run(self, task: Task) -> Outcome:
        self.runs += 1
        if self._do is not None:
            await self._do(task)
        return Outcome(result={"done": True})

    async def settle(self, operation: Operation) -> None:
        self.settled.append(operation.status)

    async def committed(self, operation: Operation) -> Outcome | None:
        return None


class Off(Clock):
    """A machine whose clock is wrong, and says so of itself too."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def machine(self) -> datetime:
        return super().machine() + self._by


def over(deployed: Deployed, work: Counted, clock: Clock | None = None) -> Installation:
    """A process of its own over the same storage."""
    quick = {"lease_seconds": 2, "recovery_nudge_seconds": 0, "retry_seconds": (1, 1, 1, 1)}
    app = Installation(deployed.read().model_copy(update=quick), clock=clock)
    app.engine.works = {**app.engine.works, OperationName.BACKUP: work}
    return app


@pytest.fixture
async def two(
    emulator: Emulator, tmp_path: Path
) -> AsyncIterator[tuple[Installation, Installation, Counted]]:
    """Two processes over one storage, and the work that both do."""
    deployed = Deployed.new(emulator, tmp_path)
    work = Counted()
    one, other = over(deployed, work), over(deployed, work)
    yield one, other, work
    await one.close()
    await other.close()


async def begun(app: Installation) -> OperationRow:
    return await app.engine.start(Start(OperationName.BACKUP, SERVICE, "me", "http", {"name": "b"}))


async def now(app: Installation, record: OperationRow) -> Operation:
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    return found[0].operation


async def messages(app: Installation) -> int:
    return len([m async for m in app.engine._queue.client.receive_messages(visibility_timeout=1)])


async def in_flight(app: Installation) -> int:
    return sum([len(page) async for page in app.in_flight.pages()])


async def dead(app: Installation, record: OperationRow, attempt: int = 1) -> None:
    """The worker died just after it took the operation, and its lease has run out."""
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    taken = found[0].operation.model_copy(
        update={
            "status": OperationStatus.RUNNING,
            "attempt": attempt,
            "worker": "dead",
            "lease_seconds": 0,
        }
    )
    await app.records.write(taken, found[0].etag)
    await app.engine._queue.client.clear_messages()
    await asyncio.sleep(1.1)


async def test_two_recoveries_at_once_send_one_message(
    two: tuple[Installation, Installation, Counted],
) -> None:
    one, other, work = two
    record = await begun(one)
    await dead(one, record)
    helped = await asyncio.gather(*(app.recovery.run() for app in (one, other) * 3))
    assert sum(helped) == 1, "whoever touches the row first"
    assert await messages(one) == 1
    runs = [app.engine.run(SERVICE, record.operation.id) for app in (one, other) * 3]
    await asyncio.gather(*runs)
    assert (work.runs, (await now(one, record)).status) == (1, OperationStatus.SUCCEEDED)
    assert await in_flight(one) == 0


async def test_two_recoveries_settle_what_was_never_settled(
    two: tuple[Installation, Installation, Counted],
) -> None:
    """The worker died between the final record and what follows: its row was never finished."""
    one, other, work = two
    record = await begun(one)
    found = await one.records.find(SERVICE, record.operation.id)
    assert found is not None
    failed = one.engine._final(found[0].operation, OperationStatus.FAILED)
    await one.records.finish(failed, found[0].etag, unlock=True)
    assert await in_flight(one) == 1
    await asyncio.sleep(1.1)
    await asyncio.gather(one.recovery.run(), other.recovery.run())
    assert set(work.settled) == {OperationStatus.FAILED}, "as often as it takes: it is repeatable"
    assert (await in_flight(one), work.runs) == (0, 0)


async def test_a_row_of_a_start_that_never_happened_is_dropped(
    two: tuple[Installation, Installation, Counted], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, _ = two
    await one.in_flight.add(SERVICE, "never-written")
    await asyncio.gather(one.recovery.run(), other.recovery.run())
    assert await in_flight(one) == 1, "its start may still write the record"
    monkeypatch.setattr(recover, "_NO_RECORD_SECONDS", 0)
    await asyncio.sleep(1.1)
    await asyncio.gather(one.recovery.run(), other.recovery.run())
    assert await in_flight(one) == 0


async def test_messages_that_were_poisoned_lose_no_operation(
    two: tuple[Installation, Installation, Counted],
) -> None:
    """Five deliveries failed and the message is gone: recovery sends another one."""
    one, other, work = two
    record = await begun(one)
    await one.engine._queue.client.clear_messages()
    await asyncio.sleep(1.1)
    assert await other.recovery.run() == 1
    assert await messages(one) == 1
    await other.engine.run(SERVICE, record.operation.id)
    assert (work.runs, (await now(one, record)).status) == (1, OperationStatus.SUCCEEDED)


async def test_a_worker_that_died_five_times_is_given_up_once(
    two: tuple[Installation, Installation, Counted],
) -> None:
    one, other, work = two
    record = await begun(one)
    await dead(one, record, attempt=ATTEMPTS)
    await asyncio.gather(*(a.engine.run(SERVICE, record.operation.id) for a in (one, other) * 2))
    assert (await now(one, record)).status is OperationStatus.FAILED
    assert work.runs == 0
    assert await one.records.active(SERVICE) is None


@pytest.mark.parametrize("stolen_by", ["write", "delete"])
async def test_a_stolen_lease_stops_its_holder(
    emulator: Emulator, tmp_path: Path, stolen_by: str
) -> None:
    """The record says another worker, or is gone: the holder hears of it when it renews."""
    deployed = Deployed.new(emulator, tmp_path)
    stopped: list[bool] = []

    async def work_on(task: Task) -> None:
        found = await app.records.find(SERVICE, task.operation.id)
        assert found is not None
        if stolen_by == "write":
            theirs = found[0].operation.model_copy(update={"worker": "thief"})
            await app.records.write(theirs, found[0].etag)
        else:
            await app.records._table.drop_partition(SERVICE.lower())
        await asyncio.sleep(1.4)
        try:
            await app.directory._table.insert(Row("zombie", "row", {"a": "b"}))
        except LeaseLost:
            stopped.append(True)
            raise

    app = over(deployed, Counted(work_on))
    record = await begun(app)
    await app.engine.run(SERVICE, record.operation.id)
    assert stopped
    assert await app.directory._table.get("zombie", "row") is None
    if stolen_by == "write":
        found = await now(app, record)
        assert (found.worker, found.status) == ("thief", OperationStatus.RUNNING)
    await app.close()


@pytest.mark.parametrize("by", [DAY, -DAY], ids=["ahead", "behind"])
async def test_clocks_a_day_apart_steal_no_lease(
    emulator: Emulator, tmp_path: Path, by: timedelta
) -> None:
    """Leases are measured by the storage's clock alone."""
    deployed = Deployed.new(emulator, tmp_path)
    working, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_task: Task) -> None:
        working.set()
        await go_on.wait()

    work = Counted(wait)
    right, wrong = over(deployed, work), over(deployed, work, Off(by))
    record = await begun(right)
    holding = asyncio.create_task(right.engine.run(SERVICE, record.operation.id))
    await working.wait()
    await right.engine._queue.client.clear_messages()
    for _ in range(3):
        assert await wrong.recovery.run() == 0
        await wrong.engine.run(SERVICE, record.operation.id)
        await asyncio.sleep(0.3)
    go_on.set()
    await holding
    assert (work.runs, (await now(wrong, record)).status) == (1, OperationStatus.SUCCEEDED)
    await right.close()
    await wrong.close()


@pytest.mark.parametrize("by", [DAY, -DAY], ids=["ahead", "behind"])
async def test_clocks_a_day_apart_wait_no_longer_and_no_shorter(
    emulator: Emulator, tmp_path: Path, by: timedelta
) -> None:
    """A wait that a wrong clock wrote down is over when the storage's clock says so."""
    deployed = Deployed.new(emulator, tmp_path)

    async def fails_first(task: Task) -> None:
        if task.operation.attempt == 1:
            raise RuntimeError("passes")

    work = Counted(fails_first)
    right, wrong = over(deployed, work), over(deployed, work, Off(by))
    for app in (right, wrong):
        app.engine.settings = app.settings.model_copy(update={"retry_seconds": (3, 3, 3, 3)})
    record = await begun(wrong)
    await wrong.engine.run(SERVICE, record.operation.id)
    await right.engine._queue.client.clear_messages()  # the one that comes after the wait is lost
    assert await right.recovery.run() == 0, "its wait has just begun"
    await asyncio.sleep(4.1)
    assert await right.recovery.run() == 1, "and is over"
    await right.engine.run(SERVICE, record.operation.id)
    assert (await now(right, record)).status is OperationStatus.SUCCEEDED
    await right.close()
    await wrong.close()


class Slow(FencedTransport):
    """Storage whose answers to writes come late."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Counting()
        self.late_seconds = 0.0

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        answer = await super().send(request, **config)
        if request.method != "GET":
            self.clock.seconds += self.late_seconds
        return answer


class Counting(Clock):
    """A clock whose seconds a test counts."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


async def test_a_renewal_whose_answer_was_late_counts_from_when_it_was_sent(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Others count the lease from the write; its holder may not count from the answer."""
    transport = Slow()
    app = Installation(
        Deployed.new(emulator, tmp_path).read(), clock=transport.clock, transport=transport
    )
    record = await begun(app)
    leased = record.operation.model_copy(update={"worker": "me", "lease_seconds": 40})
    record = await app.records.write(leased, record.etag)
    lease = Lease(app.records, record, Task(leased), transport.clock, 0.0)
    await lease._write()
    lease.check()
    transport.late_seconds = 39
    await lease._write()
    with pytest.raises(LeaseLost):
        lease.check()
    await app.close()


async def test_a_lease_whose_answer_was_late_counts_from_when_it_was_asked_for(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Recovery may have given it to another worker by the time that its holder hears of it."""
    transport, stopped = Slow(), asyncio.Event()

    async def work_on(_task: Task) -> None:
        transport.late_seconds = 0
        with pytest.raises(LeaseLost):
            await app.directory._table.insert(Row("zombie", "row", {"a": "b"}))
        stopped.set()
        raise LeaseLost

    settings = Deployed.new(emulator, tmp_path).read().model_copy(update={"lease_seconds": 40})
    app = Installation(settings, clock=transport.clock, transport=transport)
    app.engine.works = {**app.engine.works, OperationName.BACKUP: Counted(work_on)}
    record = await begun(app)
    transport.late_seconds = 39
    await app.engine.run(SERVICE, record.operation.id)
    assert stopped.is_set()
    await app.close()
