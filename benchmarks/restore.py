"""Restoring, against its floor: each round into accounts that hold nothing."""

from collections.abc import Mapping
from functools import partial

from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient

from benchmarks import floors
from benchmarks.backup import Made, a_backup
from benchmarks.figures import Figure, figure
from benchmarks.operations import start_restore, timed
from benchmarks.profiling import profiled
from benchmarks.rounds import Measured, Stopwatch, interleaved
from benchmarks.run import Run

_OURS, _FLOOR = "interkeep", "floor"


async def restore(run: Run) -> list[Figure]:
    """The installation is another one over the same registered accounts, as after a disaster."""
    filled = await run.services.of(run.sizes.scale)
    made = await a_backup(run, filled, "restored")
    rows = await floors.rows(filled, run.stage.raw(filled.app.state))
    source = run.stage.raw(run.stage.connection(made.alias))

    async def floor(number: int) -> Mapping[str, Measured]:
        state = run.stage.account()
        target = run.stage.raw(state)
        with Stopwatch(source.transport, target.transport) as watch:
            await floors.restore(made.written, rows, source, made.name, target)
        for table, condition in floors.conditions(filled).items() if number == 0 else ():
            found = await floors.rows_read(target, table, condition)
            floors.require_rows(filled, table, found)
        await _clear(state)
        return {_FLOOR: watch.measured}

    timings = await interleaved(run.sizes.rounds, [partial(_interkeep, run, made), floor])
    if run.profile:
        app = run.stage.app()
        await profiled("restore", timed(app, start_restore(app, made.alias, made.name)))
    return [
        figure(
            f"restore {filled.described}",
            "raw batches of 100, raw copies of the same bytes",
            timings,
            (_OURS, _FLOOR),
            most=1.2,
        )
    ]


async def _interkeep(run: Run, made: Made, _number: int) -> Mapping[str, Measured]:
    app = run.stage.app()
    measured = await timed(app, start_restore(app, made.alias, made.name))
    await _clear(app.state)
    return {_OURS: measured}


async def _clear(state: str) -> None:
    """Give the emulator its memory back."""
    async with TableServiceClient.from_connection_string(state) as tables:
        async for table in tables.list_tables():
            await tables.delete_table(table.name)
    async with BlobServiceClient.from_connection_string(state) as blobs:
        async for container in blobs.list_containers():
            await blobs.delete_container(container.name)
