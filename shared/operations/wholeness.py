"""Whether an operation is whole: asked before it would end Failed or Canceled, and not for ever."""

import logging
from contextlib import suppress

from shared.operations.task import Outcome, Work
from shared.state.operations import OperationRow, Operations
from shared.storage.tables import RowChanged

_ASKED = 25
"""How often recovery asks, beyond the last attempt: about an hour. Storage that does not tell by
then (an account that is gone) locks a service no longer."""

log = logging.getLogger("interkeep.operations")


async def committed(
    work: Work, records: Operations, record: OperationRow, attempts: int
) -> Outcome | None:
    """The outcome of an operation that is past its point of no return, None before it.

    :param attempts: how many an operation has; what is asked beyond them is counted with them.
    :raises Exception: where nobody can tell; the record stays, and recovery asks again.
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
