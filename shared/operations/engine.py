"""The engine: starts operations, runs them, and does the steps that follow their end.

Start: (1) write a row for recovery, and one for the log of all services, (2) write index, record
and lock in one transaction, (3) send the message. Finish: (1) settle, (2) write the final record
and delete the lock in one transaction, (3) settle, unless that was done just before, (4) delete
recovery's row. After a crash between any two steps, recovery (recover.py) does the rest.
"""

import json
import logging
from collections.abc import Mapping
from datetime import timedelta

from azure.core.exceptions import AzureError

from shared.clock import Clock
from shared.model.operation import (
    Operation,
    OperationError,
    OperationName,
    OperationStatus,
    Progress,
)
from shared.model.problem import Code, Problem
from shared.operations.failures import asked_wait, log_failure, operation_error, passes, reason
from shared.operations.lease import Lease
from shared.operations.locks import holder_of_lock
from shared.operations.measures import about, tell_end
from shared.operations.start import Start
from shared.operations.task import Outcome, Task, Work
from shared.operations.wholeness import committed
from shared.rules.naming import require_operation_id
from shared.settings.environment import Settings
from shared.state.operations import InFlightIndex, Lock, OperationRow, Operations, place
from shared.storage.clients import MessageQueue, send_message
from shared.storage.fence import Canceled, LeaseLost
from shared.storage.tables import RowChanged, RowExists
from shared.streams.bounded import cause
from shared.streams.in_order import two_in_order
from shared.telemetry.events import Telemetry, lines_about

QUEUE = "interkeep-operations"
ATTEMPTS = 5
_REENTER_SECONDS = 60
"""Recovery drops a row without a record after 120 s; a start slower than this writes the row
again."""

_SETTLING_SECONDS = 60
_STARTS = 5
"""Attempts to enter an operation while the lock of another one is being released, or leftover rows
of its id are."""

log = logging.getLogger("interkeep.operations")


class Engine:
    """Long operations: one message is one operation of one service."""

    def __init__(
        self,
        *,
        records: Operations,
        in_flight: InFlightIndex,
        queue: MessageQueue,
        works: Mapping[OperationName, Work],
        clock: Clock,
        settings: Settings,
        telemetry: Telemetry,
    ) -> None:
        self.records = records
        self.in_flight = in_flight
        self.works = works
        self.clock = clock
        self.settings = settings
        self._queue = queue
        self._telemetry = telemetry

    async def repeated(self, start: Start, *others: Start) -> OperationRow | None:
        """The record of an earlier request with the same Operation-Id and content.

        :param others: other forms in which that request may have been stored.
        :raises Problem: OperationIdInUse where the id belongs to another request.
        """
        if start.operation_id is None:
            return None
        require_operation_id(start.operation_id)
        found = await self.records.find(start.service, start.operation_id)
        if found is None:
            return None
        record, fingerprint = found
        if not any(one.is_of(fingerprint) for one in (start, *others)):
            raise start.id_in_use()
        return record

    async def start(self, start: Start, tries: int = _STARTS) -> OperationRow:
        """Write the records of a new operation and send its message.

        :raises Problem: OperationIdInUse; OperationInProgress, naming the one under way.
        """
        work = self.works[start.operation]
        operation = Operation(
            id=start.operation_id or self.clock.new_id(),
            operation=start.operation,
            service=start.service,
            service_id=start.service_id,
            caller=start.caller,
            trigger=start.trigger,
            created_at=self.clock.now(),
            parameters=start.parameters,
            warnings=list(start.warnings),
        )
        began = self.clock.monotonic()
        entered = await self.announce(operation)
        try:
            record = await self.records.add(
                operation, start.fingerprint(), lock=work.exclusive, request=start.request
            )
        except RowExists:
            return await self._met_another(start, operation, entered, tries)
        if self.clock.monotonic() - began > _REENTER_SECONDS:
            await self.in_flight.add(operation.service, operation.id)
        await self.send(operation)
        return record

    async def announce(self, operation: Operation) -> bool:
        """Let recovery and the log of all services know of a record that is added next; return
        whether recovery did not know of it."""
        entered, _ = await two_in_order(
            self.in_flight.add(operation.service, operation.id), self.records.announce(operation)
        )
        return entered

    async def _met_another(
        self, start: Start, operation: Operation, entered: bool, tries: int
    ) -> OperationRow:
        repeated = await self.repeated(start)
        if repeated is not None:
            return repeated
        if entered:  # if not, another process may be starting the same id: its row
            await self.in_flight.drop(operation.service, operation.id)
        holder = await holder_of_lock(self.records, operation.service)
        if holder is None:
            if tries == 1:
                raise start.id_in_use()
            return await self.start(start, tries - 1)
        # Writes the row for recovery again if it was ever lost.
        await self.in_flight.add(operation.service, holder.id)
        raise holder.in_progress(operation.service)

    async def send(self, operation: Operation, *, delay_seconds: int = 0) -> None:
        """Send the message of an operation. If this fails, recovery sends it later."""
        message = json.dumps(
            {
                "service": operation.service,
                "operation": operation.id,
                "record": place(operation),
            }
        )
        try:
            await send_message(self._queue, message, delay_seconds)
        except AzureError as error:
            log.warning("message of %s not sent, recovery will: %s", operation.id, error)

    async def run(self, service: str, operation_id: str, record: str = "") -> None:
        """Work on an operation, unless it has ended or another worker has it.

        :param record: the key of its record, as its message has it; without it, it is looked for.
        """
        found = await self.records.at(service, operation_id, record)
        if found is None:
            return
        with lines_about(about(found.operation)):
            await self._work_on(found)

    async def _work_on(self, record: OperationRow) -> None:
        if record.operation.status.is_final():
            await self._settle_or_leave(record.operation)
        elif record.operation.immediate or self.is_leased(record):
            return
        elif record.operation.attempt >= ATTEMPTS:
            error = record.operation.error or OperationError(
                code=Code.INTERNAL_ERROR,
                message=f"Its worker stopped {ATTEMPTS} times. The log of the app tells more.",
            )
            await self._end_without_success(record, OperationStatus.FAILED, error)
        else:
            await self._take(record)

    def is_waiting(self, record: OperationRow) -> bool:
        """Whether the wait after its last attempt is not over yet, by the storage's clock only."""
        operation = record.operation
        if operation.next_attempt_at is None or operation.cancel_requested:
            return False
        return record.age_seconds < self._wait_seconds(operation)

    def _wait_seconds(self, operation: Operation) -> int:
        waits = self.settings.retry_seconds
        return max(waits[min(operation.attempt, len(waits)) - 1], operation.wait_seconds)

    def is_leased(self, record: OperationRow) -> bool:
        """Whether a worker holds a lease that has not expired."""
        operation = record.operation
        return bool(operation.worker) and record.age_seconds <= operation.lease_seconds

    async def _take(self, record: OperationRow) -> None:
        now = self.clock.now()
        taken = record.operation.model_copy(
            update={
                "status": OperationStatus.RUNNING,
                "started_at": record.operation.started_at or now,
                "attempt": record.operation.attempt + 1,
                "worker": self.clock.new_id(),
                "lease_seconds": self.settings.lease_seconds,
                "next_attempt_at": None,
            }
        )
        # Others count the lease from the time of this write, however late its answer arrives.
        began = self.clock.monotonic()
        try:
            record = await self.records.write(taken, record.etag)
        except RowChanged:
            return
        with lines_about(about(taken)):
            await self._attempt(record, began)

    async def _attempt(self, record: OperationRow, began: float) -> None:
        taken = record.operation
        task = Task(taken)
        lease = Lease(self.records, record, task, self.clock, began)
        task.is_cancel_requested = lambda: lease.cancel_requested
        log.info("%s %s: attempt %d", taken.operation, taken.id, taken.attempt)
        work = self.works[taken.operation]
        try:
            async with lease.held():
                outcome = await work.run(task)
                ended, settle = self._ended(taken, outcome), outcome.settle or work.settle
                # Settled first, so that its effects are visible as soon as the success; a crash
                # here repeats both.
                _, lock = await two_in_order(settle(ended), self._lock(ended))
        except Exception as error:  # noqa: BLE001 - recorded; then retried, or Failed
            await self._failed(lease, cause(error))
            return
        await self._finish(lease.record, ended, lock, settled=True)

    async def _lock(self, operation: Operation) -> Lock | None:
        exclusive = self.works[operation.operation].exclusive
        return await self.records.lock(operation.service) if exclusive else None

    def _ended(self, operation: Operation, outcome: Outcome) -> Operation:
        return self._final(
            operation,
            outcome.status,
            result=outcome.result,
            warnings=list(outcome.warnings),
            error=outcome.error,
        )

    def _final(self, operation: Operation, status: OperationStatus, **members: object) -> Operation:
        update = {
            "status": status,
            "completed_at": self.clock.now(),
            "worker": "",
            "error": None,
            "progress": None,
            "next_attempt_at": None,
            **members,
        }
        return operation.model_copy(update=update)

    async def _failed(self, lease: Lease, error: BaseException) -> None:
        record = lease.record
        operation = record.operation
        if isinstance(error, LeaseLost):
            log.warning("%s %s: lease lost, stopped", operation.operation, operation.id)
            return
        if isinstance(error, Canceled):
            await self._end_without_success(record, OperationStatus.CANCELED, None)
            return
        final = isinstance(error, Problem) and not passes(error)
        log_failure(operation, error)
        written = operation_error(error)
        if final or operation.attempt >= ATTEMPTS:
            await self._end_without_success(record, OperationStatus.FAILED, written)
            return
        asked = asked_wait(error)
        wait = self._wait_seconds(operation.model_copy(update={"wait_seconds": asked}))
        update = {
            "error": written,
            "wait_seconds": asked,
            "worker": "",
            "next_attempt_at": self.clock.now() + timedelta(seconds=wait),
        }
        while True:
            try:
                await self.records.write(record.operation.model_copy(update=update), record.etag)
            except RowChanged:
                found = await self.records.find(operation.service, operation.id)
                if found is None or found[0].operation.worker != operation.worker:
                    return
                record = found[0]  # a renewal that was in progress, or a cancel request
                continue
            break
        await self.send(operation, delay_seconds=wait)

    async def _end_without_success(
        self, record: OperationRow, status: OperationStatus, error: OperationError | None
    ) -> None:
        """End it Failed or Canceled, unless its work is done: a worker may have stopped just after
        that.

        If storage cannot say whether it is done, the record stays as it is, and recovery asks again
        for a limited time.
        """
        operation = record.operation
        work = self.works[operation.operation]
        done = await committed(work, self.records, record, ATTEMPTS)
        if done is not None:
            await self._finish(record, self._ended(operation, done))
            return
        await self._finish(record, self._final(operation, status, error=error))

    async def _finish(
        self,
        record: OperationRow,
        final: Operation,
        lock: Lock | None = None,
        *,
        settled: bool = False,
    ) -> None:
        """Write the end of an operation, and do what follows it.

        :param lock: its service's lock, if it was read just before.
        :param settled: whether what follows this end was done just before.
        """
        try:
            unlock = self.works[final.operation].exclusive
            await self.records.finish(final, record.etag, unlock=unlock, lock=lock)
        except RowChanged:
            found = await self.records.find(final.service, final.id)
            now = found[0].operation if found else None
            if found is None or now is None or now.status.is_final():
                return  # another worker finished it, and its lock may be another operation's by now
            if now.worker != record.operation.worker:
                return
            # Only a cancel request was written in between, too late.
            await self._finish(found[0], final, settled=settled)
            return
        tell_end(self._telemetry, final)
        await self._settle_or_leave(final, settled=settled)

    async def _settle_or_leave(self, final: Operation, *, settled: bool = False) -> None:
        """Settle an operation whose end is recorded. If this fails, recovery does it later."""
        try:
            if settled:
                await self.in_flight.drop(final.service, final.id)
            else:
                await self.settle(final)
        except Exception as error:  # noqa: BLE001 - the end itself is recorded
            log.warning("%s %s: what follows waits: %s", final.operation, final.id, reason(error))

    async def end(self, record: OperationRow, status: OperationStatus) -> None:
        """End an operation that no worker has, and settle it."""
        await self._end_without_success(record, status, None)

    async def shown(self, record: OperationRow) -> Operation:
        """An operation as its monitor shows it: ended only when it is settled too.

        A client that polls reads the service next, and must see the effects of the end. Where
        settling takes more than a minute (an account that no longer exists), the end is shown
        anyway.
        """
        operation = record.operation
        if operation.completed_at is None:
            return operation
        if (self.clock.now() - operation.completed_at).total_seconds() > _SETTLING_SECONDS:
            return operation
        if await self.in_flight.get(operation.service, operation.id) is None:
            return operation
        running = {
            "status": OperationStatus.RUNNING,
            "completed_at": None,
            "error": None,
            "result": None,
            "progress": Progress(stage="settling"),
        }
        return operation.model_copy(update=running)

    async def settle(self, operation: Operation) -> None:
        """Do the steps that follow a final record, then delete recovery's row. Idempotent.

        The container of a failed backup is deleted only now, when the record says Failed.
        """
        work = self.works.get(operation.operation)
        if work is not None and not operation.immediate:
            await work.settle(operation)
        await self.in_flight.drop(operation.service, operation.id)
