"""The schedules of a list of services, read with one query for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.backups.schedules.schedules import ScheduleSettings, ended_status
from shared.model.operation import OperationStatus
from shared.model.schedule import Schedule
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.state.operations import InFlightIndex


@dataclass(frozen=True)
class ListedSchedules:
    """What a list of services shows of their schedules."""

    settings: ScheduleSettings
    in_flight: InFlightIndex

    async def of(self, services: Sequence[Service]) -> dict[str, JsonObject]:
        """What is shown of schedules, by the id of their service; services without one are left
        out.

        :param services: in the order of their names.
        """
        if not services:
            return {}
        listed = {service.id: service for service in services}
        found: list[Schedule] = []
        pages = self.settings.schedules.between(services[0].name, services[-1].name)
        async for page in pages:
            found += [one.value for one in page if one.value.service_id in listed]
        ended = {one.service_id: ended_status(listed[one.service_id], one) for one in found}
        open_ones = await self._open() if None in ended.values() else set()
        shown: dict[str, JsonObject] = {}
        for schedule in found:
            service = listed[schedule.service_id]
            status = ended[service.id]
            if status is None:
                status = await self._status(service, schedule, open_ones)
            shown[service.id] = _shown(schedule, status)
        return shown

    async def _open(self) -> set[str]:
        """The ids of all operations in progress, for which the log need not be read."""
        return {one.operation_id async for page in self.in_flight.pages() for one in page}

    async def _status(self, service: Service, schedule: Schedule, open_ones: set[str]) -> str:
        """The status of a run whose end the service does not show: usually one in progress."""
        if schedule.last_run_operation in open_ones:
            return OperationStatus.RUNNING
        return await self.settings.last_status(service, schedule)


def _shown(schedule: Schedule, last_status: str) -> JsonObject:
    plan, next_run, last_run = schedule.plan, schedule.next_run_at, schedule.last_run_at
    return {
        "status": schedule.body.status,
        **({"frequencyDays": plan.frequency_days} if plan else {}),
        **({"nextRunAt": rfc3339(next_run)} if next_run else {}),
        **({"lastRunAt": rfc3339(last_run)} if last_run else {}),
        **({"lastRunStatus": last_status} if last_status else {}),
    }
