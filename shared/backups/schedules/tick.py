"""One run of the timer: starts what is due, exactly once, however many timers fire.

An operation is started first, with an id made of the service and its due time; then the due row is
moved together with its schedule, on the condition of the ETag. A crash between the two, or another
timer, starts the same operation again, which does nothing.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.alerts.alerts import Alerts
from shared.alerts.happenings import backups_missed
from shared.backups.making.backups import Backups
from shared.backups.schedules.clocks_apart import ClocksApart
from shared.backups.schedules.retention_runs import RetentionRuns
from shared.clock import Clock
from shared.model.problem import Code, Problem
from shared.model.schedule import Schedule
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.rules.clocks import clocks_differ
from shared.rules.due_times import Due, container_name, due_now, next_retention
from shared.rules.naming import scheduled_operation_id
from shared.state.operations import Operations
from shared.state.schedules import DueKind, DueRow, Schedules
from shared.state.services import Directory
from shared.storage.pace import Pace
from shared.storage.tables import RowChanged
from shared.storage.versioned import Versioned
from shared.streams.bounded import each_of
from shared.telemetry.events import Telemetry

_AT_ONCE = 16
"""How many due rows are processed concurrently."""

_DAY_SECONDS = 86_400

log = logging.getLogger("interkeep.schedules")


@dataclass(frozen=True)
class Tick:
    """Processes the due rows whose time has come.

    :param apart: reports that nothing is started because this machine's clock is wrong.
    """

    schedules: Schedules
    directory: Directory
    records: Operations
    backups: Backups
    retention: RetentionRuns
    alerts: Alerts
    clock: Clock
    telemetry: Telemetry
    apart: ClocksApart

    async def run(self) -> int:
        """Start all that is due; return how many due rows there were. One that fails stays due."""
        seen = 0

        async def see_to(rows: list[DueRow]) -> None:
            # Everything due of one service changes the same row: done one after the other.
            for row in rows:
                try:
                    await self._see_to(row)
                except Exception:
                    log.exception("%s of %s stays due", row.kind, row.service)

        async for page in self.schedules.due(self.clock.now()):
            if page and not seen and await self._clocks_differ():
                return 0
            seen += len(page)
            by_service: dict[str, list[DueRow]] = {}
            for row in page:
                by_service.setdefault(row.service, []).append(row)
            await each_of(by_service.values(), see_to, Pace(_AT_ONCE))
        return seen

    async def _clocks_differ(self) -> bool:
        """Whether the clocks differ: one that is ahead would run what is due in a month, and then
        nothing for a month."""
        storage = await self.schedules.storage_time()
        differ = clocks_differ(storage, self.clock.machine())
        if differ is None:
            return False
        log.warning("nothing that is due is started: %s", differ)
        await self.apart.tell(storage, differ)
        return True

    async def _see_to(self, row: DueRow) -> None:
        found = await self.schedules.get(row.service)
        expected = None
        if found is not None:
            times = {
                DueKind.BACKUP: found.value.next_run_at,
                DueKind.RETENTION: found.value.next_retention_at,
            }
            expected = times[row.kind]
        try:
            if found is None or expected is None or rfc3339(expected) != row.due:
                await self.schedules.drop(row)
                return
            listed = await self.directory.get(row.service)
            if listed is None or listed.service.id != found.value.service_id:
                await self.schedules.remove(found)
                return
            if row.kind is DueKind.BACKUP:
                await self._back_up(listed.service, found)
            else:
                await self._retain(listed.service, found)
        except RowChanged:
            return  # another timer did it, or the schedule was changed: then it is due again

    async def catch_up(self, schedule: Schedule) -> None:
        """Before a schedule is replaced: run what is due, or report that it was missed."""
        due = _due(schedule, self.clock.now())
        if due is None:
            return
        listed = await self.directory.get(schedule.service)
        found = await self.schedules.get(schedule.service)
        if listed is None or found is None or found.value.next_run_at != schedule.next_run_at:
            return
        try:
            if await self._back_up(listed.service, found):
                return
        except RowChanged:
            return
        why = "another operation was under way while the schedule was changed"
        await self.alerts.tell(
            backups_missed(
                schedule.service,
                schedule.service_id,
                before=due.at,
                missed=due.missed + 1,
                reason=why,
                now=self.clock.now(),
            )
        )

    async def _back_up(self, service: Service, found: Versioned[Schedule]) -> bool:
        """Start the backup that is due; False if it must wait for another operation."""
        schedule = found.value
        due = _due(schedule, self.clock.now())
        if due is None:
            return True
        if due.missed and await self._ran(service, schedule.next_run_at):
            # A timer stopped before it moved the row: that due time was not missed.
            due = replace(due, missed=due.missed - 1)
        operation_id = due_id(service.id, due.at)
        if not await self._ran(service, due.at):
            try:
                await self._start(service, schedule, due, operation_id)
            except Problem as problem:
                if problem.code is Code.OPERATION_IN_PROGRESS:
                    log.info("the backup of %s waits: %s", service.name, problem.message)
                    return False
                if problem.code is not Code.OPERATION_ID_IN_USE:
                    raise
        moved = schedule.model_copy(
            update={
                "next_run_at": due.next_at,
                "last_run_at": due.at,
                "last_run_operation": operation_id,
            }
        )
        await self.schedules.put(moved, found)
        self._tell_due(schedule, due, operation_id)
        return True

    def _tell_due(self, schedule: Schedule, due: Due, operation_id: str) -> None:
        assert schedule.plan is not None
        self.telemetry.tell(
            log,
            logging.INFO,
            "ScheduleDue",
            f"the backup of '{schedule.service}' that was due at {rfc3339(due.at)} was started.",
            {
                "service": schedule.service,
                "operation": operation_id,
                "backup": container_name(schedule.service, due.at),
                "dueAt": rfc3339(due.at),
                "nextDueAt": rfc3339(due.next_at),
            },
            {
                "schedule_expected_interval_seconds": schedule.plan.frequency_days * _DAY_SECONDS,
                "schedule_missed_total": due.missed,
            },
        )

    async def _ran(self, service: Service, due: datetime | None) -> bool:
        if due is None:
            return False
        return await self.records.find(service.name, due_id(service.id, due)) is not None

    async def _start(
        self, service: Service, schedule: Schedule, due: Due, operation_id: str
    ) -> None:
        assert schedule.plan is not None
        await self.backups.start_scheduled(
            service,
            name=container_name(service.name, due.at),
            account=schedule.plan.storage_account,
            due_at=due.at,
            missed=due.missed,
            operation_id=operation_id,
        )

    async def _retain(self, service: Service, found: Versioned[Schedule]) -> None:
        schedule = found.value
        assert schedule.next_retention_at is not None
        await self.retention.start(
            service.name, service.id, reason=rfc3339(schedule.next_retention_at)
        )
        later = next_retention(schedule.next_retention_at, self.clock.now())
        moved = schedule.model_copy(update={"next_retention_at": later})
        await self.schedules.put(moved, found)


def _due(schedule: Schedule, now: datetime) -> Due | None:
    plan = schedule.plan
    if plan is None or schedule.next_run_at is None:
        return None
    return due_now(plan.start_at, plan.frequency_days, schedule.next_run_at, now)


def due_id(service_id: str, due: datetime) -> str:
    """The id of the operation of a due time: one due time is one backup, whichever timer starts it.

    It does not contain the schedule's revision: a schedule that is saved again in the second in
    which it is due must not make a second backup of that time.
    """
    return scheduled_operation_id(service_id, rfc3339(due))
