"""Filling the log of all services once with the records of earlier versions.

Each operation enters its record at its start. Records from before this log existed are entered by
the sweep, a bounded number a run, until the whole table was read.
"""

import logging
from dataclasses import dataclass

from shared.state.cursors import Cursors
from shared.state.log import LogIndex
from shared.state.operations import logged, record_of
from shared.state.readable import readable
from shared.state.row_keys import LAST
from shared.storage.tables import Table

_CURSOR = "log-filling"
_DONE = (LAST, LAST)
"""A place after every row. If the cursor's row is deleted, all records are entered again."""

_PAGES = 20
log = logging.getLogger("interkeep.operations")


@dataclass(frozen=True)
class LogFilling:
    """Enters the records that are older than the log of all services."""

    table: Table
    """The table of the records."""
    index: LogIndex
    cursors: Cursors

    async def run(self) -> int:
        """Do one bounded run; return how many records were entered, none once all are."""
        place = await self.cursors.get(_CURSOR)
        if place == _DONE:
            return 0
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
        await self.cursors.put(_CURSOR, place)
        if entered:
            log.info("the log of all services: %d records entered", entered)
        return entered
