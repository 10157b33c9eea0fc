"""Verifying every byte of a backup, against downloading and hashing them."""

from collections.abc import Mapping

from benchmarks import floors
from benchmarks.backup import a_backup
from benchmarks.figures import Figure, figure
from benchmarks.operations import start_verify, timed
from benchmarks.profiling import profiled
from benchmarks.rounds import Measured, Stopwatch, interleaved
from benchmarks.run import Run

_OURS, _FLOOR = "interkeep", "floor"


async def verify(run: Run) -> list[Figure]:
    """Level ``data``: every byte, every record, every secret, every reference."""
    filled = await run.services.of(run.sizes.scale)
    made = await a_backup(run, filled, "verified")
    source = run.stage.raw(run.stage.connection(made.alias))
    app = filled.app

    async def ours(_number: int) -> Mapping[str, Measured]:
        return {_OURS: await timed(app, start_verify(app, filled.service, made.name))}

    async def floor(_number: int) -> Mapping[str, Measured]:
        with Stopwatch(source.transport) as watch:
            await floors.verify(made.written, source, made.name)
        return {_FLOOR: watch.measured}

    timings = await interleaved(run.sizes.rounds, [ours, floor])
    if run.profile:
        await profiled("verify", timed(app, start_verify(app, filled.service, made.name)))
    return [
        figure(
            f"verify (data) {filled.described}",
            "raw download and sha256",
            timings,
            (_OURS, _FLOOR),
            most=1.3,
        )
    ]
