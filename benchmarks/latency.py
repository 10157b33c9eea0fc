"""Round trips: what operations and answers cost where storage is far away.

Every storage call is held, as if storage were in another region, and what is counted is how many
come one after another (counting.py). A small service is empty; a filled one has 500 artifacts, 50
objects, 500 counters and 5,000 MIC rows at scale 1.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from benchmarks import floors
from benchmarks.backup import Made
from benchmarks.counting import Calls, CountingTransport, Distance
from benchmarks.figures import Figure
from benchmarks.filling import ASKED, Filled, new_service
from benchmarks.floors import Written
from benchmarks.operations import (
    deliver,
    require_succeeded,
    start_backup,
    start_restore,
    start_verify,
)
from benchmarks.run import Run
from benchmarks.stage import App
from benchmarks.ticks import DUE, make_due, scheduled
from shared.model.condition import unconditional
from shared.model.numbers import Kind
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.state.operations import OperationRow

FILLED_SCALE = 0.05
"""Of the service that the other workloads fill: 500 artifacts."""

_UNIT = "trips"
_AGREEMENT: JsonObject = {"agreementType": "X12", "content": {"x12": {}}}
_HOST: JsonObject = {"qualifier": "ZZ", "value": "NORTHWIND"}
_GUEST: JsonObject = {"qualifier": "ZZ", "value": "FABRIKAM"}
_PARTNERS: dict[str, JsonObject] = {
    name: {"content": {"b2b": {"businessIdentities": [identity]}}}
    for name, identity in (("Northwind", _HOST), ("Fabrikam", _GUEST))
}
_TRADING: JsonObject = {
    **_AGREEMENT,
    "hostPartner": "Northwind",
    "hostIdentity": _HOST,
    "guestPartner": "Fabrikam",
    "guestIdentity": _GUEST,
}

Starting = Callable[[], Awaitable[OperationRow]]


@dataclass(frozen=True)
class Aim:
    """The most that something may take; None where nothing is aimed at."""

    trips: float | None = None
    calls: int | None = None
    of_calls: float | None = None
    """The most trips, as a part of its own calls."""
    reason: str = ""
    """What the trips are a part of, where they are one."""

    def text(self) -> str:
        """As the table has it."""
        parts = []
        if self.trips is not None:
            parts.append(f"≤ {self.trips:g} trips{self.reason}")
        if self.of_calls is not None:
            parts.append(f"≤ {self.of_calls:g} × its calls")
        if self.calls is not None:
            parts.append(f"≤ {self.calls} calls")
        return ", ".join(parts) or "none"

    def is_met(self, trips: int, calls: int) -> bool:
        """Whether it was."""
        most = min(
            self.trips if self.trips is not None else trips,
            self.of_calls * calls if self.of_calls is not None else trips,
        )
        return trips <= most and (self.calls is None or calls <= self.calls)


NONE = Aim()


class Far:
    """Storage is far away for some transports in its ``with`` block, and calls are counted."""

    def __init__(self, seconds: float, *transports: CountingTransport | None) -> None:
        self._transports = [one for one in transports if one is not None]
        self._distance = Distance(seconds)
        self.calls = Calls({}, 0)

    def __enter__(self) -> "Far":
        self._before = [one.counted() for one in self._transports]
        for one in self._transports:
            one.distance = self._distance
        return self

    def __exit__(self, *_error: object) -> None:
        for one, before in zip(self._transports, self._before, strict=True):
            one.distance = None
            self.calls += one.since(before)

    @property
    def trips(self) -> int:
        """Round trips one after another."""
        return self._distance.trips


class _Trips:
    """What was measured so far."""

    def __init__(self, run: Run) -> None:
        self._seconds = run.sizes.held
        self.figures: list[Figure] = []

    async def of(self, what: str, app: App, act: Callable[[], Awaitable[object]], aim: Aim) -> None:
        """Measure something that is done once."""
        with Far(self._seconds, app.transport) as far:
            await act()
        self._note(what, far, aim)

    async def operation(self, what: str, app: App, starting: Starting, aim: Aim) -> None:
        """Measure a long operation, from the request to its end."""
        with Far(self._seconds, app.transport) as far:
            record = await starting()
            await deliver(app, record)
        found = await app.parts.records.find(record.operation.service, record.operation.id)
        assert found is not None
        require_succeeded(found[0].operation)
        self._note(what, far, aim)

    def _note(self, what: str, far: Far, aim: Aim) -> None:
        calls = far.calls
        figure = Figure(
            workload=f"{what}: round trips",
            compared_with=f"its calls, one after another: {calls.all}",
            ratio=far.trips,
            aim=aim.text(),
            met=aim.is_met(far.trips, calls.all),
            seconds={},
            calls={"interkeep": {"all": calls.all, **calls.kinds}},
            unit=_UNIT,
        )
        self.figures.append(figure)


async def latency(run: Run) -> list[Figure]:
    """Each operation once, small and filled, then what a person or a program waits for."""
    trips = _Trips(run)
    app = run.stage.app()
    await _small(run, trips, app)
    await _filled(run, trips)
    await _answers(run, trips, app)
    return trips.figures


async def _small(run: Run, trips: _Trips, app: App) -> None:
    service = await new_service(app, "small-service")
    alias = run.stage.alias()
    await _warm(app, alias)

    record: list[OperationRow] = []

    async def starting() -> None:
        record.append(await start_backup(app, service, alias, "started"))

    await trips.of("a start's answer", app, starting, Aim(4))
    await deliver(app, record[0])

    def backup(name: str) -> Starting:
        return lambda: start_backup(app, service, alias, name)

    await trips.operation("small backup", app, backup("small-first"), Aim(12, 36))
    await trips.operation("small second backup", app, backup("small-second"), Aim(12, 36))
    await trips.operation(
        "small verify", app, lambda: start_verify(app, service, "small-first"), Aim(8)
    )
    await trips.operation("small purge", app, lambda: _purge(app, service, "small-second"), NONE)
    await trips.operation(
        "small delete", app, lambda: app.parts.deletions.start(service.name, ASKED), NONE
    )
    await trips.operation(
        "small restore", app, lambda: start_restore(app, alias, "small-first"), Aim(15, 45)
    )


async def _warm(app: App, alias: str) -> None:
    """Create tables, queues and containers, which happens once an installation."""
    service = await new_service(app, "warm-service")
    record = await start_backup(app, service, alias, "warm")
    await deliver(app, record)
    record = await start_verify(app, service, "warm")
    await deliver(app, record)
    await app.parts.artifacts.put(service, Section.AGREEMENTS, "A", _AGREEMENT, unconditional)
    await app.parts.allocator.allocate(service.name, "A", [Kind.INTERCHANGE], 1)
    await app.parts.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional)
    record = await app.parts.deletions.start(service.name, ASKED)
    await deliver(app, record)
    record = await start_restore(app, alias, "warm")
    await deliver(app, record)


async def _purge(app: App, service: Service, name: str) -> OperationRow:
    found = await app.parts.backups.get(service.name, name)
    return await app.parts.backups.delete(found, force=True, caller="bench", operation_id=None)


async def _filled(run: Run, trips: _Trips) -> None:
    filled = await run.services.of(FILLED_SCALE * run.sizes.far)
    app, service, alias = filled.app, filled.service, run.stage.alias()
    first = await start_backup(app, service, alias, "warm")
    await deliver(app, first)
    raw = run.stage.raw(run.stage.connection(alias))
    made = Made(alias, "warm", await Written.read(raw.blobs.get_container_client("warm")))
    down, up = await _floors(run, filled, made)
    what = filled.described
    await trips.operation(
        f"back up {what}",
        app,
        lambda: start_backup(app, service, alias, "far-first"),
        Aim(down, reason=" (its floor)"),
    )
    await trips.operation(
        f"second backup of {what}",
        app,
        lambda: start_backup(app, service, alias, "far-second"),
        NONE,
    )
    await trips.operation(
        f"verify {what}",
        app,
        lambda: start_verify(app, service, "far-first"),
        Aim(of_calls=0.5),
    )
    other = run.stage.app()
    await _warm(other, run.stage.alias())
    await trips.operation(
        f"restore {what}",
        other,
        lambda: start_restore(other, alias, "far-first"),
        Aim(up / 2, reason=" (half of its floor)"),
    )


async def _floors(run: Run, filled: Filled, made: Made) -> tuple[int, int]:
    """Round trips of the floors of backup and restore, whose objects alone go side by side."""
    source = run.stage.raw(filled.app.state)
    target = run.stage.raw(run.stage.connection(run.stage.alias()))
    with Far(run.sizes.held, source.transport, target.transport) as down:
        await floors.back_up(filled, made.written, source, target, "floor")
    kept = run.stage.raw(run.stage.connection(made.alias))
    rows = await floors.rows(filled, source)
    state = run.stage.raw(run.stage.account())
    with Far(run.sizes.held, kept.transport, state.transport) as up:
        await floors.restore(made.written, rows, kept, made.name, state)
    return down.trips, up.trips


async def _answers(run: Run, trips: _Trips, app: App) -> None:
    parts = app.parts
    service = await new_service(app, "asked-service")
    await parts.artifacts.put(service, Section.AGREEMENTS, "A", _AGREEMENT, unconditional)

    async def read() -> None:
        await parts.services.view(await parts.services.require(service.name))

    async def allocate() -> None:
        await parts.allocator.allocate(service.name, "A", [Kind.INTERCHANGE], 1)

    async def put() -> None:
        await parts.artifacts.put(service, Section.AGREEMENTS, "B", _TRADING, unconditional)

    async def put_partner() -> None:
        for name, document in _PARTNERS.items():
            await parts.artifacts.put(service, Section.PARTNERS, name, document, unconditional)

    await allocate()
    await trips.of("GET of a service", app, read, NONE)
    await trips.of("a page of services", app, lambda: _page(parts.directory.pages(size=100)), NONE)
    await trips.of(
        "a page of artifacts",
        app,
        lambda: _page(parts.artifacts.pages(service, Section.AGREEMENTS, "", 100)),
        NONE,
    )
    await trips.of("puts of two partners", app, put_partner, NONE)
    await trips.of("a put of a new agreement", app, put, NONE)
    await trips.of("a put of an agreement that is there", app, put, NONE)
    await trips.of("an allocation", app, allocate, NONE)
    ticking, services = await scheduled(run, DUE)
    for turn in range(2):
        await make_due(ticking, services, turn)
        if turn == 0:  # it creates what ticks need once
            await ticking.parts.tick.run()
    await trips.of(f"a tick with {DUE} due", ticking, ticking.parts.tick.run, Aim(10))


async def _page(pages: AsyncIterator[object]) -> object:
    return await anext(aiter(pages), None)
