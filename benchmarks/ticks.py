"""A tick of the schedule timer: it costs what is due, not what exists."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from benchmarks.figures import Figure, figure
from benchmarks.filling import new_service
from benchmarks.rounds import Measured, Stopwatch, interleaved
from benchmarks.run import Run
from benchmarks.stage import App
from shared.model.schedule import Schedule, ScheduleBody
from shared.model.service import Service
from shared.state import schedules
from shared.storage.tables import TRANSACTION_ROWS, Step, Table

DUE = 10
_FEW = 100


async def ticks(run: Run) -> list[Figure]:
    """Each round other services are due: those of the rounds before have an operation open."""
    many, few = run.sizes.schedules, min(_FEW, run.sizes.schedules)
    sides = {f"{count:,} schedules": await scheduled(run, count) for count in (many, few)}
    turns = [partial(_turn, name, *side) for name, side in sides.items()]
    await turns[0](run.sizes.rounds)
    await turns[1](run.sizes.rounds)
    timings = await interleaved(run.sizes.rounds, turns)
    first, second = sides
    return [
        figure(
            f"scheduler tick: {first}, {DUE} due",
            f"{second}, {DUE} due",
            timings,
            (first, second),
            most=1.2,
        )
    ]


async def scheduled(run: Run, count: int) -> tuple[App, list[Service]]:
    """An app with so many schedules that are not due yet, and services to be due."""
    app = run.stage.app()
    turns = run.sizes.rounds + 1
    services = [await new_service(app, f"due-service-{number}") for number in range(turns * DUE)]
    await fill_schedules(app, count - DUE)
    return app, services


async def fill_schedules(app: App, count: int) -> None:
    """Schedules that are not due for a year, of services that are not there."""
    now = app.parts.clock.now()
    bulk = _Bulk(app)
    for number in range(count):
        name = f"later-{number}"
        await bulk.schedules.put(_schedule(name, name, now, now + timedelta(days=400)), None)
    await bulk.flush()


async def make_due(app: App, services: Sequence[Service], number: int) -> None:
    """Let the services of a turn be due."""
    now = app.parts.clock.now()
    for service in services[number * DUE : (number + 1) * DUE]:
        schedule = _schedule(service.name, service.id, now, now - timedelta(hours=1))
        await app.parts.schedules.put(schedule, None)


async def _turn(
    name: str, app: App, services: Sequence[Service], number: int
) -> Mapping[str, Measured]:
    await make_due(app, services, number)
    with Stopwatch(app.transport) as watch:
        seen = await app.parts.tick.run()
    assert seen == DUE, f"{seen} rows were due, not {DUE}"
    return {name: watch.measured}


def _schedule(name: str, service_id: str, now: datetime, due: datetime) -> Schedule:
    body = {
        "status": "Automatic",
        "storageAccount": "offsite0",
        "startAt": due.isoformat(),
        "frequencyDays": 365,
        "retentionDays": 366,
    }
    return Schedule(
        service=name,
        service_id=service_id,
        body=ScheduleBody.model_validate(body),
        saved_at=now,
        saved_by="bench",
        next_run_at=due.replace(microsecond=0),
    )


class _Bulk(Table):
    """The schedules' table, which all are in one partition of: its writes in full batches."""

    def __init__(self, app: App) -> None:
        parts = app.parts
        wire = parts.wire(schedules.TABLE)
        super().__init__(wire, parts.clock.new_id)
        self._table = parts.table(schedules.TABLE)
        self.schedules = schedules.Schedules(self)
        self._steps: list[Step] = []

    async def transact(self, steps: Sequence[Step]) -> list[str]:
        """Keep inserts until they fill a batch; their ETags are not known before."""
        if len(self._steps) + len(steps) > TRANSACTION_ROWS:
            await self.flush()
        self._steps += steps
        return [""] * len(steps)

    async def flush(self) -> None:
        """Write what was kept."""
        if self._steps:
            steps, self._steps = self._steps, []
            await self._table.transact(steps)
