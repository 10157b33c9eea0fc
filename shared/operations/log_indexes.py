"""The rows that are derived from the log, compared with it: its index, recovery's index, the locks
of services.

The sweep reads the log piece by piece anyway. Recovery reads only its own index: an open operation
that is missing there would never be recovered.
"""

import logging
from dataclasses import dataclass

from shared.operations.engine import Engine
from shared.operations.locks import release_left
from shared.operations.under_way import record_of
from shared.state.left_behind_index import LeftBehindIndex
from shared.state.operations import is_lock, open_record
from shared.storage.tables import Row

_OPEN_SECONDS = 600
"""Age by the storage's clock: by then a start has written the row, and an end has deleted it."""

log = logging.getLogger("interkeep.operations")


@dataclass(frozen=True)
class LogIndexes:
    """Repairs rows that are missing, or left over, next to those of the log."""

    engine: Engine
    left: LeftBehindIndex

    async def look_at(self, row: Row) -> None:
        """Check one row of the log, as it was read in a page."""
        if is_lock(row):
            await release_left(self.engine.records, row.partition)
            return
        operation = open_record(row)
        if operation is None:
            return
        service, operation_id = operation.service, operation.id
        record = await record_of(self.engine.records, service, operation_id)
        if record is None or record.age_seconds <= _OPEN_SECONDS:
            return
        if record.operation.status.is_final():
            return
        if await self.left.get(service, operation_id) is not None:
            return
        if await self.engine.in_flight.add(service, operation_id):
            log.error(
                "InFlightMissing: %s %s of service '%s' is open, and recovery did not know of it: "
                "entered again",
                operation.operation,
                operation_id,
                service,
            )
