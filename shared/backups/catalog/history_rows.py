"""The two rows of a backup in the history, by name and by time: a lost one is written again.

Lists read the row by time; requests for one backup read the row by name.
"""

import logging
from dataclasses import dataclass

from shared.clock import Clock
from shared.state.cursors import Cursors
from shared.state.history import History
from shared.storage.tables import Row, RowChanged, RowExists
from shared.telemetry.events import Telemetry

_NAME = "history-rows"
_MOST_SECONDS = 60
"""Time of one run; the next run continues from where it stops, between two services."""

log = logging.getLogger("interkeep.backup")


@dataclass(frozen=True)
class HistoryRows:
    """Compares the rows of the history with each other."""

    history: History
    cursors: Cursors
    clock: Clock
    telemetry: Telemetry

    async def run(self) -> int:
        """Do one bounded run; return for how many backups a row was written again."""
        ends = self.clock.monotonic() + _MOST_SECONDS
        place = (await self.cursors.get(_NAME))[0]
        mended = 0
        async for partition, alone in self.history.incomplete(place):
            for row in alone:
                mended += await self._mend(row)
            if self.clock.monotonic() >= ends:
                await self.cursors.put(_NAME, (partition, ""))
                return mended
        await self.cursors.put(_NAME, ("", ""))
        return mended

    async def _mend(self, row: Row) -> bool:
        try:
            backup = await self.history.complete(row)
        except (RowExists, RowChanged):
            return False  # another writer changes it at this moment, and writes both rows
        except Exception:
            log.exception("the row %r of %r: a later run looks again", row.key, row.partition)
            return False
        if backup is None:
            return False
        missing = "time" if row.key.startswith("n!") else "name"
        self.telemetry.tell(
            log,
            logging.ERROR,
            "HistoryRowMissing",
            f"the backup '{backup.name}' of '{backup.service}' had no row by {missing}: it was put "
            "back. Somebody removed it from the table of backups.",
            {"service": backup.service, "backup": backup.name, "missing": missing},
        )
        return True
