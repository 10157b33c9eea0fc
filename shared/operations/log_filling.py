"""Filling the log of all services with the records of earlier versions.

Each operation enters its record at its start. Records from before this log existed are entered by
the sweep, a bounded number a run, until the whole table was read. During a rolling update processes
of the earlier version go on for a while, and write records behind the place that was read; so a day
after the whole table was read, it is read once more.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.state.cursors import Cursors
from shared.state.log import LogIndex
from shared.state.operations import logged, record_of
from shared.state.readable import readable
from shared.state.row_keys import LAST
from shared.storage.tables import Table

_CURSOR = "log-filling"
_AGAIN = "log-filling-again"
_BEGINNING = ("", "")
_DONE = (LAST, LAST)
"""A place after every row. If the first cursor's row is deleted, all records are entered again."""

_PAGES = 20
_LAST_OF_EARLIER = timedelta(days=1)
"""How long processes of an earlier version may go on beside this one."""

log = logging.getLogger("interkeep.operations")


@dataclass(frozen=True)
class LogFilling:
    """Enters the records that are older than the log of all services."""

    table: Table
    """The table of the records."""
    index: LogIndex
    cursors: Cursors
    clock: Clock

    async def run(self) -> int:
        """Do one bounded run; return how many records were entered, none once all are."""
        place = await self.cursors.get(_CURSOR)
        if place != _DONE:
            entered, place = await self._piece(place)
            if place == _DONE:
                await self.cursors.put(_AGAIN, self._waiting())
            await self.cursors.put(_CURSOR, place)
            return entered
        again = await self.cursors.get(_AGAIN)
        if again == _DONE:
            return 0
        if again == _BEGINNING:  # filled before there was a second reading
            await self.cursors.put(_AGAIN, self._waiting())
            return 0
        if again[0] == LAST:
            if self.clock.now() < datetime.fromisoformat(again[1]) + _LAST_OF_EARLIER:
                return 0
            again = _BEGINNING
        entered, again = await self._piece(again)
        await self.cursors.put(_AGAIN, again)
        return entered

    def _waiting(self) -> tuple[str, str]:
        return LAST, self.clock.now().isoformat()

    async def _piece(self, place: tuple[str, str]) -> tuple[int, tuple[str, str]]:
        """Enter so many records that follow a place; how many, and where the next piece begins."""
        entered = pages = 0
        async for page in self.table.scan(after=place):
            records = [one for one in readable(page, record_of) if one is not None]
            await self.index.enter([logged(one) for one in records])
            entered += len(records)
            pages += 1
            place = (page[-1].partition, page[-1].key) if page else place
            if pages >= _PAGES and page:
                break
        else:
            place = _DONE
        if entered:
            log.info("the log of all services: %d records entered", entered)
        return entered, place
