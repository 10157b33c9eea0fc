"""What a start answers, over the host: its latency beside that of the writes it cannot do without.

It was compared with GET health once, which asks storage for nothing: that measured how quick a host
is that does nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
from azure.data.tables.aio import TableClient
from azure.storage.queue.aio import QueueClient

from benchmarks.figures import Figure, figure
from benchmarks.filling import new_service
from benchmarks.operations import start_backup
from benchmarks.rounds import Measured, Stopwatch, interleaved
from benchmarks.run import Run
from benchmarks.stage import App
from localhost.processes import free_ports
from localhost.stack import HostProcess

_START, _FLOOR = "start", "floor"
_SERVICE = "Answers-B2B"
_LOOK_SECONDS = 0.1
_MOST_SECONDS = 60


async def answers(run: Run) -> list[Figure]:
    """A start is answered while the host is idle: the backup before it has ended."""
    app = run.stage.app()
    service = await new_service(app, _SERVICE)
    with Stopwatch(app.transport) as watch:
        listed = await app.parts.services.require(_SERVICE)
        record = await start_backup(app, listed.service, "offsite0", "counted")
    await app.parts.engine.run(service.name, record.operation.id)
    async with _host(run, app) as client:
        turns = _Turns(app, client)
        await turns.start(-1)
        async with _Floor(app.state) as floor:
            timings = await interleaved(run.sizes.starts, [turns.start, floor.turn])
    last = timings.turns[_START][-1]
    timings.turns[_START][-1] = replace(last, calls=watch.measured.calls)
    return [
        figure(
            "a start's answer (202)",
            "the writes that no start can do without, by the SDK alone",
            timings,
            (_START, _FLOOR),
            most=1.5,
        )
    ]


class _Floor:
    """What a start must leave behind, one after the other, by the SDK alone.

    It reads the service and writes a row for recovery, the record with its index and the lock in
    one transaction, and the message.
    """

    def __init__(self, state: str) -> None:
        self._table = TableClient.from_connection_string(state, "floorstarts")
        self._queue = QueueClient.from_connection_string(state, "floor-starts")

    async def __aenter__(self) -> "_Floor":
        await self._table.create_table()
        await self._queue.create_queue()
        await self._table.create_entity({"PartitionKey": "service", "RowKey": "service"})
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._table.close()
        await self._queue.close()

    async def turn(self, number: int) -> Mapping[str, Measured]:
        record = "x" * 1000
        rows = [
            {"PartitionKey": str(number), "RowKey": kind, "record": record}
            for kind in ("index", "record", "lock")
        ]
        with Stopwatch() as watch:
            await self._table.get_entity("service", "service")
            await self._table.create_entity({"PartitionKey": "operation", "RowKey": str(number)})
            await self._table.submit_transaction([("create", row) for row in rows])
            await self._queue.send_message("message")
        return {_FLOOR: watch.measured}


class _Turns:
    def __init__(self, app: App, client: aiohttp.ClientSession) -> None:
        self._app = app
        self._client = client

    async def start(self, number: int) -> Mapping[str, Measured]:
        body = {"name": f"answer-{number + 1}", "storageAccount": "offsite0"}
        began = time.perf_counter()
        async with self._client.post(f"/api/services/{_SERVICE}/backups", json=body) as answer:
            said = await answer.json()
        seconds = time.perf_counter() - began
        assert answer.status == 202, said
        await self._ended(str(said["id"]))
        return {_START: Measured(seconds)}

    async def _ended(self, operation_id: str) -> None:
        """Looked for in the storage: the host is not asked."""
        async with asyncio.timeout(_MOST_SECONDS):
            while True:
                if await self._app.parts.in_flight.get(_SERVICE, operation_id) is None:
                    return
                await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def _host(run: Run, app: App) -> AsyncIterator[aiohttp.ClientSession]:
    host = HostProcess(
        app.environment,
        port=free_ports(1)[0],
        keys_file=run.stage.folder / "keys.json",
        log=run.stage.folder / "host.log",
    )
    await asyncio.to_thread(host.start)
    headers = {"x-functions-key": host.keys.host}
    try:
        async with aiohttp.ClientSession(host.base_url, headers=headers) as client:
            yield client
    finally:
        host.stop()
