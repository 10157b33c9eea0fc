"""Due rows are derived from schedules: missing ones are written again, and logged.

The timer reads only due rows. A schedule without its due row would stop running unnoticed. The
opposite needs no repair here: the timer deletes a due row that no schedule expects.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta

from shared.alerts.alerts import Alerts
from shared.alerts.happenings import backups_missed
from shared.clock import Clock
from shared.model.schedule import Schedule
from shared.rules.clocks import clocks_differ
from shared.rules.due_times import due_now
from shared.state.schedules import DueKind, Schedules, has_due_rows
from shared.state.services import Directory
from shared.storage.tables import RowChanged
from shared.telemetry.events import Telemetry

_LATE = timedelta(hours=1)
"""If a backup's due row was missing and it has been due for this long, it was missed."""

log = logging.getLogger("interkeep.schedules")


@dataclass(frozen=True)
class DueRows:
    """Compares the due rows with the schedules that they are derived from."""

    schedules: Schedules
    directory: Directory
    alerts: Alerts
    clock: Clock
    telemetry: Telemetry

    async def run(self) -> int:
        """Write missing due rows again; return for how many schedules some were missing."""
        keys: set[str] = set()
        async for some in self.schedules.due_keys():
            keys |= some
        mended = 0
        async for page in self.schedules.pages():
            for found in page:
                if has_due_rows(found.value, keys):
                    continue
                try:
                    mended += await self._mend(found.value.service)
                except RowChanged:
                    continue  # it was saved or has run at this moment, with its due rows
                except Exception:
                    log.exception("due rows of %s: the next run looks again", found.value.service)
        return mended

    async def _mend(self, service: str) -> bool:
        """Repair one schedule. It is read again: if it changed while the list was read, nothing may
        be missing."""
        found = await self.schedules.get(service)
        if found is None:
            return False
        missing = await self.schedules.mend(found)
        if not missing:
            return False
        self._tell(found.value, missing)
        if DueKind.BACKUP in missing:
            await self._tell_missed(found.value)
        return True

    def _tell(self, schedule: Schedule, missing: set[DueKind]) -> None:
        kinds = " and ".join(sorted(missing))
        self.telemetry.tell(
            log,
            logging.ERROR,
            "DueRowMissing",
            f"the schedule of '{schedule.service}' had no due row for its {kinds}: it was put "
            "back. Somebody removed it from the table of schedules.",
            {"service": schedule.service, "missing": kinds},
        )

    async def _tell_missed(self, schedule: Schedule) -> None:
        plan, expected, now = schedule.plan, schedule.next_run_at, self.clock.now()
        if plan is None or expected is None or now - expected <= _LATE:
            return
        if clocks_differ(await self.schedules.storage_time(), self.clock.machine()) is not None:
            return
        listed = await self.directory.get(schedule.service)
        due = due_now(plan.start_at, plan.frequency_days, expected, now)
        if listed is None or listed.service.id != schedule.service_id or due is None:
            return
        await self.alerts.tell(
            backups_missed(
                schedule.service,
                schedule.service_id,
                before=due.at,
                missed=due.missed + 1,
                reason="what says that it is due was gone from the table of schedules, and was "
                "put back",
                now=now,
            )
        )
