"""Backing up: against its floor, against a script of today, and once more with nothing changed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks import floors
from benchmarks.figures import Figure, figure
from benchmarks.filling import Filled
from benchmarks.floors import Written
from benchmarks.operations import start_backup, timed
from benchmarks.profiling import profiled
from benchmarks.rounds import Measured, Stopwatch, interleaved
from benchmarks.run import Run
from benchmarks.script import one_by_one

_FIRST, _SECOND, _FLOOR, _SCRIPT = "interkeep", "interkeep again", "floor", "script"


async def backup(run: Run) -> list[Figure]:
    """Every round uses a registered account that has no backup yet."""
    filled = await run.services.of(run.sizes.scale)
    trial = await a_backup(run, filled, "trial")
    aliases = [run.stage.alias() for _ in range(run.sizes.rounds)]
    turns = _Turns(run, filled, trial.written, aliases)
    timings = await interleaved(run.sizes.rounds, [turns.interkeep, turns.floor, turns.script])
    if run.profile:
        starting = start_backup(filled.app, filled.service, run.stage.alias(), "profiled")
        await profiled("backup", timed(filled.app, starting))
    again = timings.calls(_SECOND)
    passed = again.content_bytes if again else 0
    first = figure(
        f"back up {filled.described}",
        "raw paged reads and raw uploads of the same bytes",
        timings,
        (_FIRST, _FLOOR),
        most=1.2,
    )
    against_script = figure(
        "back up, against a script",
        "entities one by one into one blob each (some of each kind, reckoned for all)",
        timings,
        (_FIRST, _SCRIPT),
        least=20,
    )
    second = figure(
        "second backup, nothing changed",
        "the first, in the same account",
        timings,
        (_SECOND, _FIRST),
        most=0.5,
        remarks=(f"content bytes through this process: {passed:,}; the aim is none",),
    )
    return [first, against_script, replace(second, met=second.met and not passed)]


@dataclass(frozen=True)
class Made:
    """A backup that is there: where, and what is in it."""

    alias: str
    name: str
    written: Written


async def a_backup(run: Run, filled: Filled, name: str) -> Made:
    """A backup before anything is measured: it warms everything too."""
    alias = run.stage.alias()
    await timed(filled.app, start_backup(filled.app, filled.service, alias, name))
    storage = run.stage.raw(run.stage.connection(alias))
    container = storage.blobs.get_container_client(name)
    return Made(alias, name, await Written.read(container))


class _Turns:
    def __init__(self, run: Run, filled: Filled, written: Written, aliases: list[str]) -> None:
        self._stage = run.stage
        self._filled = filled
        self._written = written
        self._aliases = aliases
        self._source = run.stage.raw(filled.app.state)

    async def interkeep(self, number: int) -> Mapping[str, Measured]:
        app, service, alias = self._filled.app, self._filled.service, self._aliases[number]
        return {
            name: await timed(app, start_backup(app, service, alias, f"{order}-{number}"))
            for name, order in ((_FIRST, "first"), (_SECOND, "second"))
        }

    async def floor(self, number: int) -> Mapping[str, Measured]:
        target = self._stage.raw(self._stage.connection(self._aliases[number]))
        transport = self._source.transport
        with Stopwatch(transport, target.transport) as watch:
            await floors.back_up(self._filled, self._written, self._source, target, "floor")
        return {_FLOOR: watch.measured}

    async def script(self, number: int) -> Mapping[str, Measured]:
        offsite = self._stage.connection(self._aliases[number])
        app = self._filled.app
        return {
            _SCRIPT: await asyncio.to_thread(
                one_by_one, self._filled, self._written, app.state, offsite, "script"
            )
        }
