"""The timer: 10 schedules due among very many, against 10 due among few."""

import asyncio
import statistics
import time
from datetime import datetime, timedelta

from benchmarks.figures import Figure
from shared.clock import Clock
from shared.installation import Installation
from shared.management.services import Asked
from shared.model.operation import OperationStatus
from shared.model.schedule import Schedule, ScheduleBody
from shared.model.service import Service, ServiceSettings
from shared.settings import Settings

DUE = 10
FEW = 100
ROUNDS = 7
_AT_ONCE = 32


class Days(Clock):
    """A clock that goes ahead a day a round."""

    def __init__(self) -> None:
        self.days = 0

    def now(self) -> datetime:
        """The machine's time, some days ahead."""
        return self.machine() + timedelta(days=self.days)


async def ticks(few: Settings, many: Settings, schedules: int) -> Figure:
    """Run the timer over ``schedules`` schedules and over 100, turn by turn; 10 are due in each.

    :param few: settings over an empty account; so is ``many``.
    """
    clocks = Days(), Days()
    apps = Installation(few, clock=clocks[0]), Installation(many, clock=clocks[1])
    await _fill(apps[0], FEW)
    await _fill(apps[1], schedules)
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for app, clock, times in zip(apps, clocks, took, strict=True):
            clock.days += 1
            began = time.perf_counter()
            seen = await app.tick.run()
            times.append(time.perf_counter() - began)
            assert seen == DUE
            await _end_all(app)
    for app in apps:
        await app.close()
    over_few, over_many = (statistics.median(times[1:]) for times in took)
    return Figure(
        workload=f"a run of the timer over {schedules} schedules, {DUE} due",
        compared_with=f"{FEW} schedules, {DUE} due",
        ratio=over_many / over_few,
        aim="at most 1.2 ×",
        met=over_many / over_few <= 1.2,
        seconds={f"{schedules} schedules": over_many, f"{FEW} schedules": over_few},
    )


def _body(start: str, days: int) -> ScheduleBody:
    return ScheduleBody.model_validate(
        {
            "status": "Automatic",
            "storageAccount": "offsite",
            "startAt": start,
            "frequencyDays": days,
            "retentionDays": days + 1,
        }
    )


async def _fill(app: Installation, schedules: int) -> None:
    now = app.clock.now()
    daily = _body((now - timedelta(days=3, hours=-1)).isoformat(), 1)
    for number in range(DUE):
        wanted = ServiceSettings.model_validate({"edition": "Basic"})
        listed = await app.services.create(f"daily-{number}", wanted, Asked("bench"))
        await _put(app, listed.service, daily)
    later = now + timedelta(days=300)
    yearly = _body(later.isoformat(), 365)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> None:
        async with slots:
            name = f"yearly-{number}"
            await app.schedules.put(
                Schedule(
                    service=name,
                    service_id=name,
                    body=yearly,
                    saved_at=now,
                    saved_by="bench",
                    next_run_at=later,
                ),
                None,
            )

    await asyncio.gather(*(one(number) for number in range(schedules - DUE)))


async def _put(app: Installation, service: Service, body: ScheduleBody) -> None:
    planned = app.schedule_settings.planned(service, body, app.clock.now(), "bench")
    # Retention has its own due row, which would be due in some rounds and not in others.
    await app.schedules.put(planned.model_copy(update={"next_retention_at": None}), None)


async def _end_all(app: Installation) -> None:
    """Free the services for the next round: what the backups would take is not measured here."""
    listed = [entry async for page in app.in_flight.pages() for entry in page]
    for entry in listed:
        found = await app.records.find(entry.service, entry.operation_id)
        assert found is not None
        await app.engine.end(found[0], OperationStatus.FAILED)
