"""Crash and fault enumeration: each operation, broken at its k-th storage call, in each way.

`make test` runs a sample, another each day; the seed is printed. FAULT_POINTS=all runs every point.
"""

import asyncio
import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import Clock
from shared.installation import Installation
from tests.deployed import Deployed, Emulator
from tests.faults.scenes import SCENES, Scene, require_nothing_under_way, run
from tests.faults.transport import FaultTransport, ProcessStopped, Way

SEED = os.environ.get("FAULT_SEED") or datetime.now(UTC).strftime("%Y%m%d")
POINTS = os.environ.get("FAULT_POINTS", "1")
_LEASE_SECONDS = 2
_REDELIVERIES = 12


def is_drawn(scene: str, way: Way) -> bool:
    """Whether a sample of today has this way of breaking this scene: two of the four."""
    return POINTS == "all" or way in random.Random(SEED + scene).sample(list(Way), 2)


def app_over(
    deployed: Deployed, transport: FaultTransport, clock: Clock | None = None
) -> Installation:
    settings = deployed.read().model_copy(
        update={
            "lease_seconds": _LEASE_SECONDS,
            "recovery_nudge_seconds": 1,
            "retry_seconds": (0, 0, 0, 0),
        }
    )
    return Installation(settings, clock=clock or Clock(), transport=transport)


async def calls_of(emulator: Emulator, scene: Scene, folder: Path) -> int:
    """How many storage calls the operation makes when nothing breaks."""
    transport = FaultTransport()
    app = app_over(Deployed.new(emulator, folder), transport)
    await scene.prepare(app)
    record = await scene.start(app)
    transport.mend()
    await run(app, record)
    calls = transport.calls
    await app.close()
    return calls


async def play(emulator: Emulator, scene: Scene, folder: Path, call: int, way: Way) -> None:
    """Break one call, then deliver the message until the operation has ended, and look."""
    deployed = Deployed.new(emulator, folder)
    transport = FaultTransport()
    app = app_over(deployed, transport)
    await scene.prepare(app)
    record = await scene.start(app)
    transport.break_at(call, way, lasting=1 if "process" in way else 6)
    try:
        await run(app, record)
    except ProcessStopped:
        pass
    except BaseExceptionGroup as group:
        if group.subgroup(ProcessStopped) is None:
            raise
    except Exception:  # noqa: BLE001 - the host would deliver the message again
        pass
    transport.stopped = True
    await app.close()

    app = app_over(deployed, FaultTransport())
    try:
        for _ in range(_REDELIVERIES):
            await app.recovery.run()
            await run(app, record)
            found = await app.records.find(record.operation.service, record.operation.id)
            assert found is not None
            idle = [entry async for page in app.in_flight.pages() for entry in page] == []
            if found[0].operation.status.is_final() and idle:
                break
            await asyncio.sleep(0.5)
        assert found[0].operation.status.is_final(), found[0].operation
        await require_nothing_under_way(app)
        await scene.after(app, found[0])
        assert found[0].operation.status == "Succeeded", found[0].operation.error
    finally:
        await app.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("name", SCENES)
async def test_an_operation_that_breaks_ends_as_if_it_had_not(
    emulator: Emulator, tmp_path: Path, name: str, way: Way
) -> None:
    if not is_drawn(name, way):
        pytest.skip(f"another day's (FAULT_SEED={SEED}); make faults runs all")
    scene = SCENES[name]
    calls = await calls_of(emulator, scene, tmp_path)
    every = list(range(1, calls + 1))
    chosen = (
        every
        if POINTS == "all"
        else random.Random(SEED + name + way).sample(every, min(int(POINTS), calls))
    )
    print(f"{name}: {calls} storage calls; breaking {sorted(chosen)} (FAULT_SEED={SEED})")
    for call in sorted(chosen):
        try:
            await play(emulator, scene, tmp_path, call, way)
        except Exception as error:
            raise AssertionError(f"{name}, storage call {call} {way}") from error
