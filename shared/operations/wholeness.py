"""Whether an operation's work is complete: asked before it would end Failed or Canceled, for a
limited time."""

import logging
from contextlib import suppress

from shared.operations.task import Outcome, Work
from shared.state.operations import OperationRow, Operations
from shared.storage.tables import RowChanged

_ASKED = 25
"""How often recovery asks after the last attempt: for about an hour. After that, storage that
cannot answer (an account that no longer exists) no longer keeps the service locked."""

log = logging.getLogger("interkeep.operations")


async def committed(
    work: Work, records: Operations, record: OperationRow, attempts: int
) -> Outcome | None:
    """The outcome of an operation that is past its point of no return, None before it.

    :param attempts: how many an operation may have; each question after the last one is counted as
        one more.
    :raises Exception: where it is unknown; the record stays as it is, and recovery asks again.
    """
    operation = record.operation
    try:
        return await work.committed(operation)
    except Exception as unknown:
        if operation.attempt >= attempts + _ASKED:
            log.warning("%s %s ends untold: %s", operation.operation, operation.id, unknown)
            return None
        if operation.attempt >= attempts:
            asked = {"attempt": operation.attempt + 1, "worker": ""}
            with suppress(RowChanged):
                await records.write(operation.model_copy(update=asked), record.etag)
        raise
