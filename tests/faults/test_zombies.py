"""A worker that stands still at each of its writes, while another one takes over and is done.

Two ways: it wakes before the write and finds its lease gone; or the write was on its way already,
past the fence, and arrives when everything is over. restic 2390, kopia 1087.
"""

import asyncio
import random
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest

from shared.installation.installation import Installation
from shared.model.operation import Operation
from shared.state.operations import OperationRow
from shared.storage.fence import before_write
from shared.storage.patience import Patience
from tests.faults.test_enumeration import app_over, prepared
from tests.support.deployed import Deployed, Emulator
from tests.support.report import POINTS, SEED, each, tell
from tests.support.scene_table import SCENES, Scene
from tests.support.scenes import (
    SECOND,
    delivered,
    require_nothing_under_way,
    require_whole,
    run,
)
from tests.support.transport import FaultTransport

_READS = ("GET", "HEAD")
_DELIVERIES = 90
_NAMES = ("backup", "restore", "delete", "purge")
_A_DAY = 1
"""Writes of each operation that a sample stands still at, in each way."""


class Wakes(StrEnum):
    """Where the worker stood still."""

    BEFORE_ITS_WRITE = "wakes before its write"
    WRITE_UNDER_WAY = "has a write under way that arrives last"


class Standing(FaultTransport):
    """Stands still at one write, all of it: nothing is sent until it is woken."""

    def __init__(self, write: int, wakes: Wakes) -> None:
        super().__init__()
        self._write = write
        self._wakes = wakes
        self._writes = 0
        self._awake = asyncio.Event()
        self.counts = False
        self.stands = asyncio.Event()

    def wake(self) -> None:
        """Go on where it stood still."""
        self._awake.set()

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if self.counts and request.method not in _READS:
            self._writes += 1
            if self._writes == self._write:
                late = self._wakes is Wakes.WRITE_UNDER_WAY
                if late:
                    before_write()
                self.stands.set()
                await self._awake.wait()
                if late:
                    return await AioHttpTransport.send(self, request, **config)
        if self.stands.is_set():
            await self._awake.wait()
        return await super().send(request, **config)


async def writes_of(emulator: Emulator, scene: Scene, folder: Path) -> int:
    """How many writes the operation makes when nothing breaks."""
    deployed = Deployed.new(emulator, folder)
    await prepared(deployed, scene.prepare)
    transport = FaultTransport()
    app = app_over(deployed, transport)
    record = await scene.start(app)
    transport.mend()
    await run(app, record)
    await app.close()
    return sum(not line.startswith(_READS) for line in transport.log)


async def play(emulator: Emulator, scene: Scene, folder: Path, write: int, wakes: Wakes) -> None:
    deployed = Deployed.new(emulator, folder)
    await prepared(deployed, scene.prepare)
    transport = Standing(write, wakes)
    zombie = app_over(deployed, transport, patience=Patience(0, 60))
    record = await scene.start(zombie)
    transport.counts = True
    working = asyncio.create_task(run(zombie, record))
    calm = Installation(deployed.read().model_copy(update={"recovery_nudge_seconds": 1}))
    try:
        standing = asyncio.create_task(transport.stands.wait())
        await asyncio.wait((working, standing), return_when=asyncio.FIRST_COMPLETED)
        standing.cancel()
        ended = await taken_over(calm, record, scene)
    finally:
        transport.wake()
        await asyncio.gather(working, return_exceptions=True)
        await zombie.close()
    try:
        assert transport.stands.is_set(), "it never came to that write"
        after = await calm.records.find(record.operation.service, record.operation.id)
        assert after is not None
        assert after[0].operation == ended, "what it ended as is not written over"
        await require_nothing_under_way(calm)
        if scene.name == "backup" and wakes is Wakes.WRITE_UNDER_WAY:
            # A section that arrives so late lies beside the backup, which does not name it.
            await require_whole(calm, SECOND, alone=False)
        else:
            await scene.after(calm, after[0])
    finally:
        await calm.close()


async def taken_over(calm: Installation, record: OperationRow, scene: Scene) -> Operation:
    """Another worker does all of it, once the lease has run out."""
    ended = await delivered(calm, record, _DELIVERIES, 0.3, scene.meanwhile)
    assert ended.operation.status == "Succeeded", ended.operation
    return ended.operation


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("wakes", Wakes, ids=lambda wakes: wakes.name.lower())
async def test_a_worker_that_wakes_when_all_is_done_changes_nothing(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, wakes: Wakes
) -> None:
    chance = random.Random(SEED + wakes)
    names = _NAMES if POINTS == "all" else chance.sample(_NAMES, 1)
    for name in names:
        scene = SCENES[name]
        writes = await writes_of(emulator, scene, tmp_path)
        every = list(range(1, writes + 1))
        chosen = every if POINTS == "all" else chance.sample(every, _A_DAY)
        points = [(wakes.name, write) for write in chosen]
        tell(request, f"{name}, zombie", writes, len(Wakes), points)

        async def one(write: int, scene: Scene = scene) -> None:
            await play(emulator, scene, tmp_path, write, wakes)

        await each(f"{name}, at write", wakes, chosen, one)
