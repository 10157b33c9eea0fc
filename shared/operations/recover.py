"""Recovery: a timer that finishes what a crash left unfinished.

It reads only the InFlight partition, so that its cost depends on the operations in progress, not on
all that exist. Work that needs only the state account comes first. Settling an end may need an
account that no longer exists, and gets a short time in each run. What cannot be settled within a
day is *left behind*: it is listed, and retried each hour.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.model.operation import Operation, OperationError
from shared.operations.engine import Engine
from shared.operations.failures import reason
from shared.operations.immediate import close
from shared.operations.locks import lock_again
from shared.operations.rounds import Rounds, TimeBounds
from shared.operations.under_way import record_of
from shared.rules.left_behind import what_to_do
from shared.state.left_behind_index import LeftBehind, LeftBehindIndex
from shared.state.operations import InFlight, OperationRow
from shared.storage.patience import Patience, hurried
from shared.storage.tables import RowChanged
from shared.telemetry.events import Telemetry

_NO_RECORD_SECONDS = 120
"""A start that has not written its record by then never will: its client gave up long before
that."""

_LOOKING = TimeBounds(each=20, run=60)
_SETTLING = TimeBounds(each=20, run=40)
"""Short, so that what cannot be settled now delays the next run by a minute at most."""

_TRYING_AGAIN = TimeBounds(each=60, run=240, most=100)
"""For the hourly retry of operations that were left behind."""

_LEFT_AFTER_SECONDS = 86_400
"""Time by the storage's clock since its record was last written."""

log = logging.getLogger("interkeep.operations")

Item = TypeVar("Item")
Interrupted = Callable[[Operation], Awaitable[OperationError | None]]


@dataclass(frozen=True)
class OpenOperation:
    """An operation to close, or one that has ended and is not settled."""

    entry: InFlight
    record: OperationRow

    @property
    def service(self) -> str:
        """The name of the service."""
        return self.entry.service

    @property
    def operation_id(self) -> str:
        """The id of the operation."""
        return self.entry.operation_id


class Recovery:
    """Recovers operations whose message was never sent, or whose worker died.

    :param interrupted: decides how an immediate operation ends whose process stopped: its error, or
        None if its change was written. After this call a change that was not written can no longer
        be.
    :param patience: the retry budget for storage, where it is shorter than a request's.
    """

    def __init__(
        self,
        engine: Engine,
        interrupted: Interrupted,
        left: LeftBehindIndex,
        telemetry: Telemetry,
        patience: Patience,
    ) -> None:
        self._engine = engine
        self._interrupted = interrupted
        self._left = left
        self._telemetry = telemetry
        self._patience = patience
        clock = engine.clock
        self._looks: Rounds[InFlight] = Rounds(clock, patience, _LOOKING)
        self._closes: Rounds[OpenOperation] = Rounds(clock, patience, _LOOKING)
        self._settles: Rounds[OpenOperation] = Rounds(clock, patience, _SETTLING)
        self._tries: Rounds[LeftBehind] = Rounds(clock, patience, _TRYING_AGAIN)

    async def run(self) -> int:
        """Check everything in progress once; return how many operations needed recovery."""
        helped = 0
        stopped: list[OpenOperation] = []
        ended: list[OpenOperation] = []

        async def look(entry: InFlight) -> None:
            nonlocal helped
            found = await self._look_at(entry)
            if isinstance(found, bool):
                helped += found
            else:
                (ended if found.record.operation.status.is_final() else stopped).append(found)

        async def finish(found: OpenOperation) -> None:
            nonlocal helped
            await self._finish(found.record.operation, found.record.etag)
            helped += 1

        listed = await self._listed(self._engine.in_flight.readable_pages())
        await self._looks.run(listed, look, _not_now)
        await self._closes.run(stopped, finish, self._leave_behind)
        await self._settles.run(ended, finish, self._leave_behind)
        return helped

    async def _listed(self, pages: AsyncIterator[list[Item]]) -> list[Item]:
        with hurried(self._patience, self._engine.clock.monotonic(), _LOOKING.run):
            return [one async for page in pages for one in page]

    async def _look_at(self, listed: InFlight) -> bool | OpenOperation:
        engine = self._engine
        entry = await engine.in_flight.get(listed.service, listed.operation_id)
        if entry is None:
            return False
        found = await engine.records.find(entry.service, entry.operation_id)
        nudge_seconds = engine.settings.recovery_nudge_seconds
        if found is None:
            if entry.age_seconds <= _NO_RECORD_SECONDS:
                return False
            if await record_of(engine.records, entry.service, entry.operation_id) is None:
                await engine.in_flight.drop(entry.service, entry.operation_id, entry.etag)
            return True
        record, operation = found[0], found[0].operation
        if operation.status.is_final():
            if record.age_seconds <= operation.lease_seconds:
                return False  # its worker is settling it
            return OpenOperation(entry, record)
        if operation.immediate:
            interrupted = entry.age_seconds > nudge_seconds and not engine.is_leased(record)
            return OpenOperation(entry, record) if interrupted else False
        work = engine.works.get(operation.operation)
        if work is not None and work.exclusive and await lock_again(engine.records, record):
            return True
        if entry.age_seconds <= nudge_seconds or engine.is_leased(record):
            return False
        if engine.is_waiting(record):
            return False
        await engine.in_flight.touch(entry)
        await engine.send(operation)
        log.warning("%s %s: nudged", operation.operation, operation.id)
        return True

    async def _finish(self, operation: Operation, etag: str) -> None:
        """Close an immediate operation that is open; settle any other."""
        if operation.status.is_final():
            await self._engine.settle(operation)
            return
        error = await self._interrupted(operation)
        await close(self._engine, operation, etag, error)

    async def _leave_behind(self, one: OpenOperation, error: Exception) -> None:
        """Leave behind what could not be settled for a day; until then the next run retries."""
        operation = one.record.operation
        if isinstance(error, RowChanged) or one.record.age_seconds <= _LEFT_AFTER_SECONDS:
            await _not_now(one, error)
            return
        left = LeftBehind(
            service=operation.service,
            operation_id=operation.id,
            operation=operation.operation,
            since=operation.completed_at or operation.created_at,
            why=reason(error),
            todo=what_to_do(operation),
        )
        log.warning("%s %s is left behind", operation.operation, operation.id, exc_info=error)
        if await self._left.get(left.service, left.operation_id) is None:
            self._tell(left)
        await self._left.put(left)
        await self._engine.in_flight.drop(left.service, left.operation_id, one.entry.etag)

    def _tell(self, left: LeftBehind) -> None:
        self._telemetry.tell(
            log,
            logging.ERROR,
            "OperationLeftBehind",
            f"{left.operation} of '{left.service}' could not be brought to its end for a day. "
            f"{left.why} {left.todo}",
            {
                "service": left.service,
                "operation": left.operation_id,
                "operationName": left.operation,
            },
        )

    async def try_again(self) -> int:
        """Retry what was left behind, a hundred at most; return how many succeeded."""
        engine, done = self._engine, 0

        async def look(one: LeftBehind) -> None:
            nonlocal done
            record = await record_of(engine.records, one.service, one.operation_id)
            if record is not None:
                await self._finish(record.operation, record.etag)
            await self._left.drop(one.service, one.operation_id)
            log.info("%s of '%s' is left behind no longer", one.operation_id, one.service)
            done += 1

        async def failed(one: LeftBehind, error: Exception) -> None:
            why = reason(error)
            log.warning("%s of '%s' stays left behind: %s", one.operation_id, one.service, why)
            if why != one.why:
                await self._left.put(replace(one, why=why))

        await self._tries.run(await self._listed(self._left.pages()), look, failed)
        return done


async def _not_now(one: InFlight | OpenOperation, error: Exception) -> None:
    if not isinstance(error, RowChanged):  # otherwise another process is recovering it
        log.error("recovery of %s failed; the next run tries", one.operation_id, exc_info=error)
