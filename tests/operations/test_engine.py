"""The engine: attempts, leases, the fence, recovery."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from azure.core.exceptions import ServiceRequestError

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.problem import Code, Problem
from shared.model.service import ServiceSettings, State
from shared.operations.cancel import cancel
from shared.operations.engine import ATTEMPTS
from shared.operations.immediate import logged
from shared.operations.start import Start
from shared.operations.task import Outcome, Task
from shared.rules.states import ServiceOperation
from shared.services.services import Asked
from shared.state.operations import OperationRow
from shared.storage.fence import LeaseLost
from shared.storage.tables import Row, RowChanged
from tests.support.deployed import Deployed, Emulator

SERVICE = "Contoso-B2B"


class Scripted:
    """Work that does what a test says."""

    exclusive = True

    def __init__(self, do: Callable[[Task], Awaitable[None]]) -> None:
        self._do = do
        self.settled: list[Operation] = []
        self.done: Outcome | None = None

    async def run(self, task: Task) -> Outcome:
        await self._do(task)
        return Outcome(result={"done": True})

    async def settle(self, operation: Operation) -> None:
        self.settled.append(operation)

    async def committed(self, operation: Operation) -> Outcome | None:
        return self.done


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Installation]:
    settings = Deployed.new(emulator, tmp_path).read()
    quick = {"lease_seconds": 1, "recovery_nudge_seconds": 0, "retry_seconds": (0, 0, 0, 0)}
    parts = Installation(settings.model_copy(update=quick))
    yield parts
    await parts.close()


async def started(
    app: Installation, do: Callable[[Task], Awaitable[None]]
) -> tuple[OperationRow, Scripted]:
    work = Scripted(do)
    app.engine.works = {**app.engine.works, OperationName.BACKUP: work}
    start = Start(OperationName.BACKUP, SERVICE, "somebody", "http", {"name": "b"})
    return await app.engine.start(start), work


async def now(app: Installation, record: OperationRow) -> Operation:
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    return found[0].operation


async def in_flight(app: Installation) -> int:
    return sum([len(page) async for page in app.in_flight.pages()])


async def nothing(_task: Task) -> None:
    return


async def test_a_success_is_final_settled_and_forgotten(app: Installation) -> None:
    record, work = await started(app, nothing)
    await app.engine.run(SERVICE, record.operation.id)
    operation = await now(app, record)
    assert (operation.status, operation.attempt) == (OperationStatus.SUCCEEDED, 1)
    assert operation.result == {"done": True}
    assert work.settled
    assert await app.records.active(SERVICE) is None
    assert await in_flight(app) == 0
    await app.engine.run(SERVICE, record.operation.id)
    assert (await now(app, record)).attempt == 1, "a message that comes twice does nothing"


async def test_a_problem_fails_at_once(app: Installation) -> None:
    async def refuse(_task: Task) -> None:
        raise Problem(Code.BLOB_CORRUPT, "flipped", "blob")

    record, work = await started(app, refuse)
    await app.engine.run(SERVICE, record.operation.id)
    operation = await now(app, record)
    assert (operation.status, operation.attempt) == (OperationStatus.FAILED, 1)
    assert operation.error is not None
    assert (operation.error.code, operation.error.message) == ("BlobCorrupt", "flipped")
    assert [o.status for o in work.settled] == [OperationStatus.FAILED]


async def test_a_fault_is_tried_again_and_fails_in_the_end(app: Installation) -> None:
    async def break_down(_task: Task) -> None:
        raise RuntimeError("secret detail")

    record, _ = await started(app, break_down)
    for attempt in range(1, ATTEMPTS + 1):
        await app.engine.run(SERVICE, record.operation.id)
        operation = await now(app, record)
        assert operation.attempt == attempt
        assert operation.error is not None
        assert "secret detail" not in operation.error.message
        assert operation.status.is_final() == (attempt == ATTEMPTS)
    assert operation.status is OperationStatus.FAILED
    assert await app.records.active(SERVICE) is None


async def test_an_attempt_waits_as_long_as_it_was_asked_to(app: Installation) -> None:
    async def throttle(_task: Task) -> None:
        raise Problem(Code.INTEGRATION_ACCOUNT_UNAVAILABLE, "later", wait_seconds=100_000)

    record, _ = await started(app, throttle)
    await app.engine.run(SERVICE, record.operation.id)
    operation = await now(app, record)
    assert operation.next_attempt_at is not None
    assert 3_500 < (operation.next_attempt_at - app.clock.now()).total_seconds() <= 3_600
    assert app.engine.is_waiting(OperationRow(operation, ""))


async def test_a_worker_that_was_paused_past_its_lease_writes_nothing(app: Installation) -> None:
    """restic 2390, kopia 1087."""
    written: list[str] = []

    async def pause(task: Task) -> None:
        if task.operation.attempt > 1:
            return
        # Renewal is held up as it is in a paused process: the whole loop stands still.
        time.sleep(1.2)
        with pytest.raises(LeaseLost):
            await app.directory._table.insert(Row("zombie", "row", {"a": "b"}))
        written.append("tried")
        raise LeaseLost

    record, _ = await started(app, pause)
    await app.engine.run(SERVICE, record.operation.id)
    assert written == ["tried"]
    assert await app.directory._table.get("zombie", "row") is None
    assert (await now(app, record)).status is OperationStatus.RUNNING
    await asyncio.sleep(2.1)
    await app.recovery.run()
    await app.engine.run(SERVICE, record.operation.id)
    operation = await now(app, record)
    assert (operation.status, operation.attempt) == (OperationStatus.SUCCEEDED, 2)


async def test_an_operation_is_one_workers_at_a_time(app: Installation) -> None:
    running = asyncio.Event()
    go_on = asyncio.Event()

    async def wait(_task: Task) -> None:
        running.set()
        await go_on.wait()

    record, _ = await started(app, wait)
    first = asyncio.create_task(app.engine.run(SERVICE, record.operation.id))
    await running.wait()
    await asyncio.sleep(2.5)  # longer than the lease: it is renewed
    await app.engine.run(SERVICE, record.operation.id)
    assert (await now(app, record)).attempt == 1
    go_on.set()
    await first
    assert (await now(app, record)).status is OperationStatus.SUCCEEDED


async def test_a_worker_that_died_at_every_attempt_fails_the_operation(app: Installation) -> None:
    record, work = await started(app, nothing)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    dead = found[0].operation.model_copy(
        update={"attempt": ATTEMPTS, "status": OperationStatus.RUNNING}
    )
    await app.records.write(dead, found[0].etag)
    runs = (app.engine.run(SERVICE, record.operation.id) for _ in range(4))
    await asyncio.gather(*runs)
    assert (await now(app, record)).status is OperationStatus.FAILED
    assert {o.status for o in work.settled} == {OperationStatus.FAILED}


async def test_finishing_twice_takes_nobody_elses_lock(app: Installation) -> None:
    record, _ = await started(app, nothing)
    stale = await app.records.find(SERVICE, record.operation.id)
    assert stale is not None
    await app.engine.run(SERVICE, record.operation.id)
    other, _ = await started(app, nothing)
    failed = app.engine._final(stale[0].operation, OperationStatus.FAILED)
    await app.engine._finish(stale[0], failed)
    assert (await now(app, record)).status is OperationStatus.SUCCEEDED
    assert await app.records.active(SERVICE) == other.operation.id


async def test_recovery_sends_a_message_that_never_went_out(app: Installation) -> None:
    record, _ = await started(app, nothing)
    await app.engine._queue.client.clear_messages()
    await asyncio.sleep(1.1)
    assert await app.recovery.run() == 1
    messages = [m async for m in app.engine._queue.client.receive_messages()]
    assert len(messages) == 1
    assert record.operation.id in str(messages[0].content)
    await app.engine.run(SERVICE, record.operation.id)


async def test_one_long_operation_names_the_other(app: Installation) -> None:
    record, _ = await started(app, nothing)
    await app.in_flight.drop(SERVICE, record.operation.id)
    with pytest.raises(Problem) as refused:
        await started(app, nothing)
    assert refused.value.code is Code.OPERATION_IN_PROGRESS
    assert record.operation.id in refused.value.message
    assert await in_flight(app) == 1, "the row for recovery that was lost is back"


async def service(app: Installation) -> None:
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    await app.services.create(SERVICE, wanted, Asked("somebody"))


async def service_id(app: Installation) -> str:
    return (await app.services.require(SERVICE)).service.id


async def immediately(
    app: Installation, start: Start, write: Callable[[str], Awaitable[None]]
) -> None:
    """An immediate operation with one write."""
    async with logged(app.engine, start) as entry:
        await entry.open()
        await write(entry.id)


@pytest.mark.parametrize("written", [True, False])
async def test_recovery_closes_a_transition_that_was_interrupted(
    app: Installation, written: bool
) -> None:
    await service(app)

    class Interrupted(BaseException):
        """The process stops here."""

    async def write(operation_id: str) -> None:
        if written:
            listed = await app.services.require(SERVICE)
            moved = listed.service.written_by(operation_id)
            moved = moved.model_copy(update={"state": State.SUSPENDED})
            await app.directory.change(moved, listed.etag)
        raise Interrupted

    async def suspend() -> None:
        start = Start(OperationName.SUSPEND, SERVICE, "somebody", "http", {})
        start = start.of((await app.services.require(SERVICE)).service)
        await immediately(app, start, write)

    with pytest.raises(Interrupted):
        await suspend()
    await asyncio.sleep(1.1)
    before = await app.services.require(SERVICE)
    assert await app.recovery.run() == 1
    log = [r.operation async for page in app.records.pages(SERVICE) for r in page]
    closed = OperationStatus.SUCCEEDED if written else OperationStatus.FAILED
    assert (log[0].operation, log[0].status) == (OperationName.SUSPEND, closed)
    assert await in_flight(app) == 0
    after = await app.services.require(SERVICE)
    assert after.service == before.service
    assert (after.etag == before.etag) == written, "a zombie's conditional write must fail now"


async def test_a_repeat_of_an_interrupted_transition_is_no_success(app: Installation) -> None:
    """Nobody knows yet whether it did anything: the caller is told to ask again."""
    await service(app)

    async def storage_is_away(_operation_id: str) -> None:
        raise ServiceRequestError("scripted")

    start = Start(
        OperationName.SUSPEND, SERVICE, "somebody", "http", {}, "mine", await service_id(app)
    )
    with pytest.raises(ServiceRequestError):
        await immediately(app, start, storage_is_away)
    listed = await app.services.require(SERVICE)
    asked = Asked("somebody", "http", "mine")
    with pytest.raises(Problem) as refused:
        await app.services.move(listed, ServiceOperation.SUSPEND, asked)
    assert refused.value.code is Code.OPERATION_IN_PROGRESS
    assert refused.value.retry_after_seconds
    await asyncio.sleep(1.1)
    await app.recovery.run()
    with pytest.raises(Problem) as failed:
        await app.services.move(listed, ServiceOperation.SUSPEND, asked)
    assert "interrupted before it changed anything" in failed.value.message
    assert (await app.services.require(SERVICE)).service.state is State.ACTIVE


@pytest.mark.parametrize("written", [True, False])
async def test_a_transition_that_recovery_took_for_dead(app: Installation, written: bool) -> None:
    """Its process was paused for minutes: it says what recovery found."""
    await service(app)

    async def paused(operation_id: str) -> None:
        listed = await app.services.require(SERVICE)
        moved = listed.service.written_by(operation_id)
        moved = moved.model_copy(update={"state": State.SUSPENDED})
        if not written:
            await asyncio.sleep(1.1)
            assert await app.recovery.run() == 1
        try:
            await app.directory.change(moved, listed.etag)
        except RowChanged as error:
            raise Problem(Code.CONDITION_NOT_MET, "changed") from error
        await asyncio.sleep(1.1)
        assert await app.recovery.run() == 1

    start = Start(OperationName.SUSPEND, SERVICE, "somebody", "http", {})
    start = start.of((await app.services.require(SERVICE)).service)
    if written:
        await immediately(app, start, paused)
    else:
        with pytest.raises(Problem) as refused:
            await immediately(app, start, paused)
        assert refused.value.code is Code.CONDITION_NOT_MET
    state = (await app.services.require(SERVICE)).service.state
    assert state is (State.SUSPENDED if written else State.ACTIVE)


async def test_a_creation_that_was_interrupted_can_be_deleted(app: Installation) -> None:
    begin = app.configuration.begin

    async def stop(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    app.configuration.begin = stop  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        await service(app)
    app.configuration.begin = begin  # type: ignore[method-assign]
    assert (await app.services.require(SERVICE)).service.state is State.CREATING
    await asyncio.sleep(1.1)
    await app.recovery.run()
    listed = await app.services.require(SERVICE)
    assert listed.service.state is State.CREATE_FAILED
    with pytest.raises(Problem) as refused:
        await app.services.move(listed, ServiceOperation.RESUME, Asked("somebody"))
    assert refused.value.code is Code.OPERATION_NOT_ALLOWED
    record = await app.deletions.start(SERVICE, Asked("somebody"))
    await app.engine.run(SERVICE, record.operation.id)
    assert await app.directory.get(SERVICE) is None
    await service(app)


async def test_a_worker_hears_of_a_cancel_request(app: Installation) -> None:
    began = asyncio.Event()

    async def until_told(task: Task) -> None:
        began.set()
        for _ in range(600):
            await task.checkpoint()
            await asyncio.sleep(0.02)
        raise AssertionError("it never heard")

    record, work = await started(app, until_told)
    running = asyncio.create_task(app.engine.run(SERVICE, record.operation.id))
    await began.wait()
    asked = await cancel(app.engine, SERVICE, record.operation.id)
    assert asked.operation.cancel_requested
    assert (record.operation.is_cancelable, asked.operation.is_cancelable) == (True, False)
    assert asked.operation.status is OperationStatus.RUNNING, "its worker ends it, nobody else"
    await running
    operation = await now(app, record)
    assert operation.status is OperationStatus.CANCELED
    assert work.settled[-1].status is OperationStatus.CANCELED
    assert await app.records.active(SERVICE) is None
    assert await in_flight(app) == 0


async def test_a_cancel_request_before_any_worker_ends_it(app: Installation) -> None:
    async def never(_task: Task) -> None:
        raise AssertionError("it was canceled before")

    record, work = await started(app, never)
    asked = await cancel(app.engine, SERVICE, record.operation.id)
    assert asked.operation.status is OperationStatus.CANCELED
    await app.engine.run(SERVICE, record.operation.id)
    assert work.settled
    with pytest.raises(Problem) as refused:
        await cancel(app.engine, SERVICE, record.operation.id)
    assert refused.value.code is Code.OPERATION_NOT_ALLOWED
