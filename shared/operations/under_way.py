"""Whether an operation is open: rows that other tables hold for an operation count only while it
is.

The row that leads from an id to its record can be missing, where the table was repaired or restored
row by row. Then the log itself, which has the record, is searched, and the row is written again.
"""

import logging

from shared.operations.start import Start
from shared.state.operations import OperationRow, Operations
from shared.storage.tables import RowExists

log = logging.getLogger("interkeep.operations")


async def is_open(records: Operations, service: str, operation_id: str) -> bool:
    """Whether an operation has a record that is not final."""
    record = await record_of(records, service, operation_id)
    return record is not None and not record.operation.status.is_final()


async def record_of(records: Operations, service: str, operation_id: str) -> OperationRow | None:
    """The record of an operation, None where the log has none.

    If the row that leads to it is missing, this reads the whole log of the name: call it only for
    operations that should have a record.
    """
    found = await records.find(service, operation_id)
    if found is not None:
        return found[0]
    return await led_to_again(records, records.partition(service), operation_id)


async def led_to_again(
    records: Operations, partition: str, operation_id: str
) -> OperationRow | None:
    """The record whose index row is lost, None where the log has none; the row is written again.

    The original request is lost with the row. If the record's parameters contain all of it, a
    repeat under the same Operation-Id is still answered by the record; otherwise the id counts as
    in use.
    """
    record = await records.unindexed(partition, operation_id)
    if record is None:
        return None
    operation = record.operation
    asked = Start(
        operation.operation,
        operation.service,
        operation.caller,
        operation.trigger,
        operation.parameters,
    )
    try:
        await records.index_again(operation, asked.fingerprint())
    except RowExists:
        return record  # another process has written it again
    log.error(
        "IndexMissing: no row led to %s %s of service '%s': put back",
        operation.operation,
        operation.id,
        operation.service,
    )
    return record
