"""Control numbers: 32 clients on one agreement, against a loop of read, add one, write."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from benchmarks.figures import Figure
from shared.installation import Installation
from shared.management.services import Asked
from shared.model.artifact import Section
from shared.model.numbers import Kind
from shared.model.service import ServiceSettings
from shared.model.wire import JsonObject

CLIENTS = 32
_SERVICE = "Bench-B2B"


async def allocate(app: Installation, connection: str, numbers: int) -> Figure:
    """Issue ``numbers`` numbers by Interkeep's allocator, and a part of them by the plain loop.

    The plain loop is so much slower under contention that it is given a tenth of the work.
    """
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    listed = await app.services.create(_SERVICE, wanted, Asked("bench"))
    document: JsonObject = {"agreementType": "X12", "content": {"x12": {}}}
    await app.artifacts.put(
        listed.service, Section.AGREEMENTS, "A", document, lambda _version: None
    )
    ours = await _rate(numbers, lambda: _issue(app))
    async with TableClient.from_connection_string(connection, "plaincounter") as table:
        await table.create_table()
        await table.create_entity({"PartitionKey": "p", "RowKey": "r", "next": 1})
        plain = await _rate(max(numbers // 10, CLIENTS), lambda: _add_one(table))
    return Figure(
        workload=f"{numbers} allocations, {CLIENTS} clients, one agreement",
        compared_with="read, add one, write if unchanged",
        ratio=ours / plain,
        aim="at least 10 × its rate",
        met=ours / plain >= 10,
        seconds={"interkeep, a number": 1 / ours, "plain, a number": 1 / plain},
    )


async def _rate(numbers: int, issue: Callable[[], Awaitable[None]]) -> float:
    issued = 0

    async def client() -> None:
        nonlocal issued
        while issued < numbers:
            issued += 1
            await issue()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return numbers / (time.perf_counter() - began)


async def _issue(app: Installation) -> None:
    await app.allocator.allocate(_SERVICE, "A", [Kind.INTERCHANGE], 1)


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
