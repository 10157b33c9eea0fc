"""How the cost of an operation grows with what exists: storage calls, which no machine changes.

Rows are entered past every check, by the thousand. Seconds are the emulator's, which sorts what is
left of a partition for each page of it; the calls are what Azure would be asked too.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from benchmarks.documents import SMALLEST, Documents
from benchmarks.figures import Figure
from benchmarks.filling import ASKED, new_service
from benchmarks.operations import start_backup, timed
from benchmarks.rounds import Measured, Stopwatch
from benchmarks.run import Run
from benchmarks.stage import App
from benchmarks.ticks import fill_schedules
from shared.model.artifact import Artifact
from shared.model.backup import Backup, BackupStatus, Trigger
from shared.model.sections import Section
from shared.model.service import Edition, Service, ServiceSettings, State
from shared.services.documents import sealed_document
from shared.state.edits import Put, transactions

_AT_ONCE = 16
_MOST = 1.2
"""How many times the calls of the smallest size the largest may take."""

Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Growing:
    """One kind of things of which there are more and more."""

    what: str
    sizes: Sequence[int]
    filled: Callable[[Run, int], Awaitable[tuple[App, Mapping[str, Act]]]]
    """An app with so many, and what is done there, by its name."""
    proportional: frozenset[str] = frozenset()
    """What is done to all of them: its calls are compared for each thousand."""


async def growth(run: Run) -> list[Figure]:
    """Each operation with few, more and many of one kind."""
    found = []
    for growing in (
        Growing("services", run.sizes.grown(10, 1_000, 10_000), _services),
        Growing("backups in the history", run.sizes.grown(10, 1_000, 10_000), _history),
        Growing("schedules", run.sizes.grown(100, 10_000, 100_000), _schedules),
        Growing(
            "artifacts",
            run.sizes.grown(1_000, 10_000, 100_000),
            _artifacts,
            frozenset({"back up all"}),
        ),
    ):
        found += await _grown(run, growing)
    return found


async def _grown(run: Run, growing: Growing) -> list[Figure]:
    measured: dict[str, list[Measured]] = {}
    for size in growing.sizes:
        app, acts = await growing.filled(run, size)
        for name, act in acts.items():
            with Stopwatch(app.transport) as watch:
                await act()
            measured.setdefault(name, []).append(watch.measured)
    return [_figure(growing, name, steps) for name, steps in measured.items()]


def _figure(growing: Growing, name: str, steps: list[Measured]) -> Figure:
    calls = [step.calls.all if step.calls else 0 for step in steps]
    per = calls
    if name in growing.proportional:
        per = [round(1000 * count / size) for count, size in zip(calls, growing.sizes, strict=True)]
    ratio = per[-1] / max(1, per[0])
    curve = ", ".join(
        f"{size:,}: {count:,} calls ({step.seconds * 1000:,.0f} ms here)"
        for size, count, step in zip(growing.sizes, calls, steps, strict=True)
    )
    unit = "calls for each thousand" if name in growing.proportional else "calls"
    return Figure(
        workload=f"{name}, with {growing.sizes[-1]:,} {growing.what}",
        compared_with=f"the same with {growing.sizes[0]:,}",
        ratio=ratio,
        aim=f"≤ {_MOST:g} × the {unit}",
        met=ratio <= _MOST,
        seconds={f"{size}": step.seconds for size, step in zip(growing.sizes, steps, strict=True)},
        remarks=(curve,),
    )


async def _services(run: Run, count: int) -> tuple[App, Mapping[str, Act]]:
    app = run.stage.app()
    parts = app.parts
    service = await new_service(app, "m-living")
    alias = run.stage.alias()
    await timed(app, start_backup(app, service, alias, "warm"))
    await _all(parts.directory.add(_service(app, f"s-{n:06}")) for n in range(count - 1))
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    return app, {
        "list a page of services": lambda: _first_page(parts.directory.pages(size=100)),
        "read one service": lambda: parts.services.require("m-living"),
        "create a service": lambda: parts.services.create("m-another", wanted, ASKED),
        "back up a service": lambda: timed(app, start_backup(app, service, alias, "grown")),
        "recovery": parts.recovery.run,
    }


def _service(app: App, name: str) -> Service:
    now = app.parts.clock.now()
    return Service(
        name=name,
        id=name,
        edition=Edition.BASIC,
        unit_count=1,
        state=State.ACTIVE,
        created_at=now,
        changed_at=now,
    )


async def _history(run: Run, count: int) -> tuple[App, Mapping[str, Act]]:
    app = run.stage.app()
    parts = app.parts
    service = await new_service(app, "historic")
    alias = run.stage.alias()
    await timed(app, start_backup(app, service, alias, "warm"))
    await _all(parts.history.add(_backup(app, service, n)) for n in range(count - 1))
    return app, {
        "list a page of the history": lambda: _first_page(parts.history.pages("historic")),
        "read one backup": lambda: parts.backups.get("historic", "warm"),
        "make one more backup": lambda: timed(app, start_backup(app, service, alias, "more")),
    }


def _backup(app: App, service: Service, number: int) -> Backup:
    name = f"old-{number:06}"
    return Backup(
        name=name,
        id=name,
        service=service.name,
        service_id=service.id,
        edition=service.edition,
        trigger=Trigger.ON_DEMAND,
        status=BackupStatus.SUCCEEDED,
        storage_account="offsite0",
        container=name,
        caller="bench",
        started_at=app.parts.clock.now() - timedelta(minutes=number + 60),
        operation=name,
    )


async def _schedules(run: Run, count: int) -> tuple[App, Mapping[str, Act]]:
    app = run.stage.app()
    await fill_schedules(app, count)
    return app, {
        "a tick with nothing due": app.parts.tick.run,
        "read one schedule": lambda: app.parts.schedules.get("later-1"),
    }


async def _artifacts(run: Run, count: int) -> tuple[App, Mapping[str, Act]]:
    app = run.stage.app()
    parts = app.parts
    service = await new_service(app, "grown-service")
    key = await parts.keys.data_key(service.id)
    documents, now = Documents(largest=SMALLEST), parts.clock.now()

    def puts() -> Iterable[Put]:
        for number in range(count):
            name = f"templates-{number:06}"
            document = documents.next(Section.TEMPLATES, name)
            artifact = Artifact(
                section=Section.TEMPLATES,
                name=name,
                document=sealed_document(key, Section.TEMPLATES, name, document, None),
                changed_at=now,
            )
            yield Put(artifact, new=True)

    head = await parts.configuration.head(service.id)
    assert head is not None
    for group in transactions(puts()):
        head, _ = await parts.configuration.change(service.id, head, group)
    alias = run.stage.alias()
    one = parts.artifacts.pages(service, Section.TEMPLATES, "", 100)
    return app, {
        "list a page of artifacts": lambda: _first_page(one),
        "back up all": lambda: timed(app, start_backup(app, service, alias, "grown")),
    }


async def _first_page(pages: AsyncIterator[object]) -> object:
    return await anext(aiter(pages), None)


async def _all(adding: Iterable[Awaitable[object]]) -> None:
    left = iter(adding)

    async def worker() -> None:
        for one in left:
            await one

    await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))
