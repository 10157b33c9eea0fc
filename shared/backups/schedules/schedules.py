"""The schedule of a service: saved, read, deleted."""

from dataclasses import dataclass
from datetime import datetime

from shared.backups.schedules.tick import Tick
from shared.blobs.accounts import Accounts
from shared.clock import Clock
from shared.model.problem import Code, Problem
from shared.model.schedule import Schedule, ScheduleBody, ScheduleStatus
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.operations.immediate import BeforeWrite, unlogged
from shared.rules.due_times import RETENTION_EVERY, first_due
from shared.rules.holding import require_backup
from shared.rules.naming import shown
from shared.rules.states import require_manageable
from shared.state.operations import Operations
from shared.state.schedules import Schedules
from shared.storage.tables import RowChanged, RowExists
from shared.storage.versioned import Versioned


@dataclass(frozen=True)
class ScheduleSettings:
    """Management operations on schedules."""

    schedules: Schedules
    records: Operations
    accounts: Accounts
    tick: Tick
    clock: Clock

    async def get(self, service: Service) -> Versioned[Schedule]:
        """The schedule of a living service.

        :raises Problem: ScheduleNotFound.
        """
        found = await self.schedules.get(service.name)
        if found is None or found.value.service_id != service.id:
            raise Problem(
                Code.SCHEDULE_NOT_FOUND,
                f"Service '{shown(service.name)}' has no backup schedule. PUT one.",
                target="service",
            )
        return found

    async def put(
        self,
        service: Service,
        body: ScheduleBody,
        caller: str,
        before: Versioned[Schedule] | None,
        before_write: BeforeWrite = unlogged,
    ) -> None:
        """Save a schedule. What is due by the former one and has not run is run first.

        :param before: the schedule that is replaced, of whichever service had the name.
        :raises Problem: OperationNotAllowed, EditionHasNoBackup, StorageAccountUnknown,
            InvalidRequest, ConditionNotMet.
        """
        require_manageable(service.name, service.state)
        now = self.clock.now()
        schedule = self.planned(service, body, now, caller)
        if before is not None and before.value.service_id == service.id:
            before = await self._caught_up(service, before)
            schedule = schedule.model_copy(
                update={
                    "last_run_at": before.value.last_run_at,
                    "last_run_operation": before.value.last_run_operation,
                }
            )
        await before_write()
        try:
            await self.schedules.put(schedule, before)
        except (RowExists, RowChanged) as error:
            raise _changed(service.name) from error

    async def _caught_up(
        self, service: Service, before: Versioned[Schedule]
    ) -> Versioned[Schedule]:
        """The schedule after what was due has been started, or reported as missed.

        :raises Problem: ConditionNotMet if it was saved or deleted meanwhile.
        """
        await self.tick.catch_up(before.value)
        found = await self.schedules.get(service.name)
        if found is None or _saved(found.value) != _saved(before.value):
            raise _changed(service.name)
        return found

    def planned(self, service: Service, body: ScheduleBody, now: datetime, caller: str) -> Schedule:
        """The schedule as it would be saved.

        :raises Problem: EditionHasNoBackup, StorageAccountUnknown, InvalidRequest.
        """
        if body.storage_account is not None:
            self.accounts.require(body.storage_account, "/storageAccount")
        next_run_at = next_retention_at = None
        if body.status is ScheduleStatus.AUTOMATIC:
            require_backup(service)
            assert body.start_at is not None
            assert body.frequency_days is not None
            next_run_at = first_due(body.start_at, body.frequency_days, now)
            next_retention_at = now + RETENTION_EVERY
        return Schedule(
            service=service.name,
            service_id=service.id,
            body=body,
            saved_at=now,
            saved_by=caller,
            next_run_at=next_run_at,
            next_retention_at=next_retention_at,
        )

    async def remove(
        self,
        service: Service,
        found: Versioned[Schedule],
        before_write: BeforeWrite = unlogged,
    ) -> None:
        """Delete a schedule. What is due and has not run is run first, or reported as missed.

        Its backups are kept, and only an operator can delete them.

        :raises Problem: OperationNotAllowed, ConditionNotMet.
        """
        require_manageable(service.name, service.state)
        if found.value.service_id == service.id:
            found = await self._caught_up(service, found)
        await before_write()
        try:
            await self.schedules.remove(found)
        except RowChanged as error:
            raise _changed(service.name) from error

    async def shown(self, service: Service, schedule: Schedule) -> JsonObject:
        """A schedule as its route shows it, with the status of its last run."""
        answer = schedule.body.to_json()
        answer["savedAt"] = rfc3339(schedule.saved_at)
        if schedule.next_run_at is not None:
            answer["nextRunAt"] = rfc3339(schedule.next_run_at)
        if schedule.next_retention_at is not None:
            answer["nextRetentionAt"] = rfc3339(schedule.next_retention_at)
        if schedule.last_run_at is None or schedule.last_run_operation is None:
            return answer
        answer["lastRunAt"] = rfc3339(schedule.last_run_at)
        answer["lastRunOperation"] = schedule.last_run_operation
        answer["lastRunStatus"] = await self.last_status(service, schedule)
        return answer

    async def last_status(self, service: Service, schedule: Schedule) -> str:
        """The status of the last run; empty if there was none."""
        known = ended_status(service, schedule)
        if known is not None or schedule.last_run_operation is None:
            return known or ""
        record = await self.records.find(service.name, schedule.last_run_operation)
        return str(record[0].operation.status) if record else "Unknown"


def ended_status(service: Service, schedule: Schedule) -> str | None:
    """How the last run ended, as the service itself shows it; empty where there was none.

    :return: None where the service does not show it: its log says.
    """
    if schedule.last_run_operation is None:
        return ""
    last = service.last_scheduled_backup
    if last is not None and last.operation == schedule.last_run_operation:
        return last.status
    return None


def _saved(schedule: Schedule) -> tuple[object, ...]:
    """The values that change only when a schedule is saved, and not when it runs."""
    return schedule.service_id, schedule.body, schedule.saved_at


def _changed(name: str) -> Problem:
    return Problem(
        Code.CONDITION_NOT_MET,
        f"The schedule of service '{name}' was changed since you read it. Read it again and "
        "repeat.",
        target="If-Match",
    )
