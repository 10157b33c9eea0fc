"""The sweep: a timer that deletes expired rows, a bounded number a run.

Operation records are deleted after 180 days, received control numbers when their validity has
expired (they are ignored from that moment on, deleted or not), MIC values after ``MIC_DAYS``. A run
reads at most 20 pages of a table and continues from where the last one stopped.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.rules.clocks import clocks_differ
from shared.state import mic_values, received_numbers
from shared.state.cursors import Cursors
from shared.state.drift import found_at
from shared.state.log import start_of
from shared.state.mic_values import mic_of
from shared.state.operations import record_of, rows_of_record
from shared.state.readable import readable
from shared.state.received_numbers import number_of
from shared.storage.tables import Delete, Row, RowChanged, Table

LOG_DAYS = 180
_PAGES = 20
log = logging.getLogger("interkeep.operations")


@dataclass(frozen=True)
class Broom:
    """What is deleted from one table.

    :param expired: for an expired row, the keys of its partition that are deleted with it.
    :param look: called with each row that is kept; None for nothing.
    """

    name: str
    table: Table
    expired: Callable[[Row, datetime], list[str]]
    look: Callable[[Row], Awaitable[None]] | None = None


class Sweep:
    """Deletes expired rows.

    :param apart: called when nothing is deleted because the clocks differ, with the storage's time
        and what is wrong.
    """

    def __init__(
        self,
        brooms: list[Broom],
        cursors: Cursors,
        clock: Clock,
        apart: Callable[[datetime | None, str], Awaitable[None]],
    ) -> None:
        self._apart = apart
        self._brooms = brooms
        self._cursors = cursors
        self._clock = clock

    async def run(self) -> int:
        """Do one bounded run and return how many rows it deleted; none where this machine's clock
        is wrong."""
        storage = await self._brooms[0].table.clock()
        differ = clocks_differ(storage, self._clock.machine())
        if differ is not None:
            log.warning("nothing is swept: %s", differ)
            await self._apart(storage, differ)
            return 0
        return sum([await self._sweep(broom) for broom in self._brooms])

    async def _sweep(self, broom: Broom) -> int:
        now = self._clock.now()
        dropped = pages = 0
        place = seen = ("", "")
        async for page in broom.table.scan(after=await self._cursors.get(broom.name)):
            for row, keys in readable(page, lambda row: (row, broom.expired(row, now))):
                dropped += await self._drop(broom.table, row, keys)
                if broom.look is not None and not keys:
                    await self._look(broom.look, row)
            pages += 1
            seen = (page[-1].partition, page[-1].key) if page else seen
            if pages >= _PAGES and seen != ("", ""):
                place = seen
                break
        await self._cursors.put(broom.name, place)
        if dropped:
            log.info("sweep: %d rows of %s had their time", dropped, broom.name)
        return dropped

    async def _look(self, look: Callable[[Row], Awaitable[None]], row: Row) -> None:
        try:
            await look(row)
        except Exception:
            log.exception("the row %r of %r is looked at by a later run", row.key, row.partition)

    async def _drop(self, table: Table, row: Row, keys: list[str]) -> int:
        if not keys:
            return 0
        others = [Delete(row.partition, key) for key in keys if key != row.key]
        try:
            # The row itself is deleted last, and only the version that was read: it may have been
            # renewed.
            for other in others:
                await table.transact([other])
            await table.transact([Delete(row.partition, row.key, row.etag)])
        except RowChanged:
            return 0
        return len(keys)


def old_records(row: Row, now: datetime) -> list[str]:
    """The rows of an operation record that ended more than 180 days ago."""
    operation = record_of(row)
    if operation is None or operation.completed_at is None:
        return []
    if now - operation.completed_at <= timedelta(days=LOG_DAYS):
        return []
    return rows_of_record(operation)


def old_log_rows(row: Row, now: datetime) -> list[str]:
    """A row of the log of all services, 180 days after the operation was started.

    Where its record is there for some hours more, as the operation took so long, the log of its
    service still has it.
    """
    return [row.key] if now - start_of(row) > timedelta(days=LOG_DAYS) else []


def old_drift(row: Row, now: datetime) -> list[str]:
    """A change of an account, 180 days after it was found."""
    return [row.key] if now - found_at(row) > timedelta(days=LOG_DAYS) else []


def runtime_brooms(table: Callable[[str], Table], mic_days: int) -> list[Broom]:
    """What is deleted of received numbers and MIC values.

    :param mic_days: how long a MIC value is kept.
    """
    kept = timedelta(days=mic_days)

    def expired_number(row: Row, now: datetime) -> list[str]:
        return [row.key] if number_of(row).expires_at <= now else []

    def old_mic(row: Row, now: datetime) -> list[str]:
        return [row.key] if now - mic_of(row).time > kept else []

    return [
        Broom("received", table(received_numbers.TABLE), expired_number),
        Broom("mics", table(mic_values.TABLE), old_mic),
    ]
