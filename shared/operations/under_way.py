"""Whether an operation is open: what rows say of one counts only as long as it is.

The row that leads from an id to its record can be gone: a table that was repaired or restored row
by row. Then the log itself, which has the record, is asked, and the row is put back.
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

    Reads the whole log of the name where no row leads to it: for what should have a record.
    """
    found = await records.find(service, operation_id)
    if found is not None:
        return found[0]
    return await led_to_again(records, records.partition(service), operation_id)


async def led_to_again(
    records: Operations, partition: str, operation_id: str
) -> OperationRow | None:
    """The record that no row leads to any more, None where the log has none; the row is put back.

    What was asked for is lost with the row. Where the record's parameters are all of it, a repeat
    under the same Operation-Id is still answered by the record; else the id is in use.
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
        return record  # somebody else put it back
    log.error(
        "IndexMissing: no row led to %s %s of service '%s': put back",
        operation.operation,
        operation.id,
        operation.service,
    )
    return record
