"""The lock of a service's long operations: one that nobody gives back any more is released.

Record and lock are written and ended in one transaction each. So a lock whose operation has ended,
or has no record, is damage: a table that was repaired or restored row by row.
"""

import logging
from dataclasses import dataclass

from shared.model.problem import Code, Problem
from shared.operations.under_way import led_to_again
from shared.state.operations import Lock, OperationRow, Operations
from shared.storage.tables import RowChanged, RowExists

_LEFT_SECONDS = 120
"""By the storage's clock: a start that has not written its record by then never will."""

log = logging.getLogger("interkeep.operations")


@dataclass(frozen=True)
class Holder:
    """Which operation has a service's lock."""

    id: str
    name: str

    def in_progress(self, service: str) -> Problem:
        """The refusal of another long operation of the service."""
        return Problem(
            Code.OPERATION_IN_PROGRESS,
            f"{self.name} of service '{service}' is under way (operation {self.id}). Wait until it "
            "ends.",
            target=self.id,
            retry_after_seconds=10,
        )


async def holder_of_lock(records: Operations, service: str) -> Holder | None:
    """Which operation has the lock of a service, None where none has, or has it any more."""
    lock = await records.lock(service)
    if lock is None:
        return None
    record = await _record_of(records, lock)
    if _is_left(lock, record):
        await _release(records, lock)
        return None
    return Holder(lock.operation_id, record.operation.operation if record else "Another operation")


async def release_left(records: Operations, partition: str) -> bool:
    """Release the lock of a partition of the log where nobody will give it back; whether it was."""
    lock = await records.lock_of(partition)
    if lock is None or not _is_left(lock, await _record_of(records, lock)):
        return False
    return await _release(records, lock)


async def lock_again(records: Operations, record: OperationRow) -> bool:
    """Give an open long operation its lock back where it is gone; whether it was.

    :raises RowChanged: where somebody writes the record right now.
    """
    operation = record.operation
    lock = await records.lock(operation.service)
    if lock is not None and lock.operation_id == operation.id:
        return False
    if lock is None:
        try:
            await records.lock_again(record)
        except RowExists:
            return False  # somebody took it at this moment: the next run tells
        log.error(
            "LockMissing: %s %s of service '%s' had lost its lock, and has it again",
            operation.operation,
            operation.id,
            operation.service,
        )
        return True
    if await release_left(records, lock.partition):
        return False
    found = await records.find(operation.service, operation.id)
    if found is None or found[0].operation.status.is_final():
        return False  # it ended a moment ago, and the other one began after that
    log.error(
        "LockMissing: %s %s of service '%s' has lost its lock, operation %s has it: both go on",
        operation.operation,
        operation.id,
        operation.service,
        lock.operation_id,
    )
    return False


async def _record_of(records: Operations, lock: Lock) -> OperationRow | None:
    """The record of the operation that holds a lock. That no row leads to it does not say that
    there is none: the log has it, of a lock that is older than a start."""
    record = await records.holder(lock)
    if record is not None or lock.age_seconds <= _LEFT_SECONDS:
        return record
    return await led_to_again(records, lock.partition, lock.operation_id)


def _is_left(lock: Lock, record: OperationRow | None) -> bool:
    if lock.age_seconds <= _LEFT_SECONDS:
        return False
    return record is None or record.operation.status.is_final()


async def _release(records: Operations, lock: Lock) -> bool:
    try:
        await records.release(lock)
    except RowChanged:
        return False  # another operation has it by now
    log.error(
        "LockLeft: the lock of operation %s, which is not under way, was released in partition %r",
        lock.operation_id,
        lock.partition,
    )
    return True
