"""Recovery: a timer that finishes what a crash left between two steps.

Reads the InFlight partition alone: it costs what is under way, not what exists.
"""

import logging
from collections.abc import Awaitable, Callable

from shared.model.operation import Operation, OperationError
from shared.operations.engine import Engine
from shared.operations.immediate import close
from shared.state.gateway import RowChanged
from shared.state.operations import InFlight

_NO_RECORD_SECONDS = 120
"""A start that has not written its record by then never will: its client gave up long before."""

log = logging.getLogger("interkeep.operations")


class Recovery:
    """Looks after operations whose message never went out, or whose worker died.

    :param interrupted: how an immediate operation ends whose worker stopped: its error, None
        where what it was to write is written. What was not written then no longer can be.
    """

    def __init__(
        self,
        engine: Engine,
        interrupted: Callable[[Operation], Awaitable[OperationError | None]],
    ) -> None:
        self._engine = engine
        self._interrupted = interrupted

    async def run(self) -> int:
        """Look at everything that is under way once; how many needed something."""
        helped = 0
        async for page in self._engine.in_flight.readable_pages():
            for listed in page:
                try:
                    helped += await self._look_at(listed)
                except RowChanged:
                    continue  # somebody else looks after it
                except Exception:
                    log.exception("recovery of %s failed; the next run tries", listed.operation_id)
        return helped

    async def _look_at(self, listed: InFlight) -> bool:
        engine = self._engine
        entry = await engine.in_flight.get(listed.service, listed.operation_id)
        if entry is None:
            return False
        found = await engine.records.find(entry.service, entry.operation_id)
        nudge_seconds = engine.settings.recovery_nudge_seconds
        if found is None:
            if entry.age_seconds <= _NO_RECORD_SECONDS:
                return False
            await engine.in_flight.drop(entry.service, entry.operation_id, entry.etag)
            return True
        record, operation = found[0], found[0].operation
        if operation.status.is_final():
            if record.age_seconds <= operation.lease_seconds:
                return False  # its worker is settling it
            await engine.settle(operation)
            return True
        if entry.age_seconds <= nudge_seconds or engine.is_leased(record):
            return False
        if operation.immediate:
            error = await self._interrupted(operation)
            await close(engine, operation, record.etag, error)
            return True
        if engine.is_waiting(record):
            return False
        await engine.in_flight.touch(entry)
        await engine.send(operation)
        log.warning("%s %s: nudged", operation.operation, operation.id)
        return True
