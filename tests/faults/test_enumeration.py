"""Crash and fault enumeration: each operation, broken at its k-th storage call, in each way.

Which points are run, and how to run all of them: report.py.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shared.clock import Clock
from shared.installation.installation import Installation
from shared.storage.patience import Patience
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scene_table import SCENES, Scene
from tests.support.scenes import (
    delivered,
    require_nothing_half_made,
    require_nothing_under_way,
    run,
)
from tests.support.transport import ONCE, FaultTransport, Way

_LEASE_SECONDS = 2
_REDELIVERIES = 60

_calls: dict[str, int] = {}


def app_over(
    deployed: Deployed,
    transport: FaultTransport,
    clock: Clock | None = None,
    patience: Patience = ONCE,
) -> Installation:
    settings = deployed.read().model_copy(
        update={
            "lease_seconds": _LEASE_SECONDS,
            "recovery_nudge_seconds": 1,
            "retry_seconds": (0, 0, 0, 0),
        }
    )
    return Installation(settings, clock=clock or Clock(), transport=transport, patience=patience)


async def prepared(deployed: Deployed, prepare: Callable[[Installation], Awaitable[None]]) -> None:
    """What is there before anything breaks: with leases that a busy machine does not lose."""
    calm = Installation(deployed.read())
    await prepare(calm)
    await calm.close()


async def calls_of(emulator: Emulator, scene: Scene, folder: Path) -> int:
    """How many storage calls the operation makes when nothing breaks."""
    if scene.name in _calls:
        return _calls[scene.name]
    deployed = Deployed.new(emulator, folder)
    await prepared(deployed, scene.prepare)
    transport = FaultTransport()
    app = app_over(deployed, transport)
    record = await scene.start(app)
    transport.mend()
    await run(app, record)
    _calls[scene.name] = transport.calls
    await app.close()
    return transport.calls


async def play(emulator: Emulator, scene: Scene, folder: Path, call: int, way: Way) -> None:
    """Break one call, then deliver the message until the operation has ended, and look."""
    deployed = Deployed.new(emulator, folder)
    await prepared(deployed, scene.prepare)
    transport = FaultTransport()
    app = app_over(deployed, transport, patience=way.patience)
    record = await scene.start(app)
    await transport.broken(call, way, run(app, record))
    await app.close()

    app = app_over(deployed, FaultTransport())
    try:
        await require_nothing_half_made(app)
        ended = await delivered(app, record, _REDELIVERIES, 0.5, scene.meanwhile)
        assert ended.operation.status.is_final(), ended.operation
        await require_nothing_under_way(app)
        await scene.after(app, ended)
        assert ended.operation.status == "Succeeded", ended.operation.error
    finally:
        await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("name", SCENES)
async def test_an_operation_that_breaks_ends_as_if_it_had_not(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, name: str, way: Way
) -> None:
    require_drawn(name, way)
    scene = SCENES[name]
    calls = chosen(request, name, way, await calls_of(emulator, scene, tmp_path))
    await each(name, way, calls, lambda call: play(emulator, scene, tmp_path, call, way))
