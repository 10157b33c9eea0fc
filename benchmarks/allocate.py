"""Control numbers: 32 clients on one agreement, against a loop of read, add one, write."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from benchmarks.figures import Figure, figure
from benchmarks.filling import new_service
from benchmarks.rounds import Measured, Stopwatch, interleaved
from benchmarks.run import Run
from shared.model.numbers import Kind
from shared.model.sections import Section
from shared.model.wire import JsonObject

CLIENTS = 32
_SERVICE = "Numbers-B2B"
_OURS, _PLAIN = "interkeep", "plain"
_PART = 10
"""The plain loop is so much slower under contention that it is given a tenth of the work."""


async def allocate(run: Run) -> list[Figure]:
    """Numbers by Interkeep's allocator, and by the plain loop."""
    app = run.stage.app()
    service = await new_service(app, _SERVICE)
    document: JsonObject = {"agreementType": "X12", "content": {"x12": {}}}
    await app.parts.artifacts.put(service, Section.AGREEMENTS, "A", document, lambda _version: None)
    each = max(run.sizes.numbers // run.sizes.rounds, CLIENTS)

    async def one() -> None:
        await app.parts.allocator.allocate(_SERVICE, "A", [Kind.INTERCHANGE], 1)

    async def ours(_number: int) -> Mapping[str, Measured]:
        with Stopwatch(app.transport) as watch:
            await _issue(each, one)
        return {_OURS: watch.measured}

    async with TableClient.from_connection_string(app.state, "plaincounter") as table:
        await table.create_table()
        await table.create_entity({"PartitionKey": "p", "RowKey": "r", "next": 1})

        async def plain(_number: int) -> Mapping[str, Measured]:
            with Stopwatch() as watch:
                await _issue(each // _PART, lambda: _add_one(table))
            return {_PLAIN: Measured(watch.measured.seconds * each / (each // _PART))}

        timings = await interleaved(run.sizes.rounds, [ours, plain])
    found = figure(
        f"{each * run.sizes.rounds:,} allocations, {CLIENTS} clients, one agreement",
        "read, add one, write if unchanged (a tenth, reckoned for all)",
        timings,
        (_OURS, _PLAIN),
        least=10,
    )
    return [replace(found, remarks=(f"the calls are those of {each:,} numbers",))]


async def _issue(numbers: int, issue: Callable[[], Awaitable[None]]) -> None:
    issued = 0

    async def client() -> None:
        nonlocal issued
        while issued < numbers:
            issued += 1
            await issue()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


async def _add_one(table: TableClient) -> None:
    while True:
        row = await table.get_entity("p", "r")
        etag = row.metadata["etag"]
        row["next"] += 1
        try:
            await table.update_entity(
                row,
                mode=UpdateMode.REPLACE,
                etag=etag,
                match_condition=MatchConditions.IfNotModified,
            )
        except ResourceModifiedError:
            continue
        return
