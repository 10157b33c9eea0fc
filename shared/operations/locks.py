"""The lock of a service's long operations; a lock that no operation will release any more is
released here.

Record and lock are written in one transaction, and ended in one. So a lock whose operation has
ended, or has no record, is damage: the table was repaired or restored row by row.
"""

import logging
from dataclasses import dataclass

from shared.model.problem import Code, Problem
from shared.operations.under_way import led_to_again
from shared.state.operations import Lock, OperationRow, Operations
from shared.storage.tables import RowChanged, RowExists

_LEFT_SECONDS = 120
"""Age by the storage's clock: a start that has not written its record by then never will."""

log = logging.getLogger("interkeep.operations")


@dataclass(frozen=True)
class Holder:
    """The operation that has a service's lock."""

    id: str
    name: str

    def in_progress(self, service: str) -> Problem:
        """The problem for another long operation of the service."""
        return Problem(
            Code.OPERATION_IN_PROGRESS,
            f"{self.name} of service '{service}' is under way (operation {self.id}). Wait until it "
            "ends.",
            target=self.id,
            retry_after_seconds=10,
        )


async def holder_of_lock(records: Operations, service: str) -> Holder | None:
    """The operation that has the lock of a service, None for none. A leftover lock is released."""
    lock = await records.lock(service)
    if lock is None:
        return None
    record = await _record_of(records, lock)
    if _is_left(lock, record):
        await _release(records, lock)
        return None
    return Holder(lock.operation_id, record.operation.operation if record else "Another operation")


async def release_left(records: Operations, partition: str) -> bool:
    """Release the lock of a partition of the log if no operation will; return whether it was
    released."""
    lock = await records.lock_of(partition)
    if lock is None or not _is_left(lock, await _record_of(records, lock)):
        return False
    return await _release(records, lock)


async def lock_again(records: Operations, record: OperationRow) -> bool:
    """Write the lock of an open long operation again if it is missing; return whether it was
    written.

    :raises RowChanged: where the record is being written by someone else.
    """
    operation = record.operation
    lock = await records.lock(operation.service)
    if lock is not None and lock.operation_id == operation.id:
        return False
    if lock is None:
        try:
            await records.lock_again(record)
        except RowExists:
            return False  # it was taken at this moment: the next run decides
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
        return False  # it has just ended, and the other one began after that
    log.error(
        "LockMissing: %s %s of service '%s' has lost its lock, operation %s has it: both go on",
        operation.operation,
        operation.id,
        operation.service,
        lock.operation_id,
    )
    return False


async def _record_of(records: Operations, lock: Lock) -> OperationRow | None:
    """The record of the operation that holds a lock. If the row that leads to it is missing, and
    the lock is too old for a start in progress, the log itself is searched."""
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
