"""An allocation that breaks at any storage call: a number may be lost, none is issued twice."""

import asyncio
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.numbers import Kind
from tests.faults.test_enumeration import app_over, prepared
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import SERVICE, fill
from tests.support.transport import FaultTransport, Way

ISSUED_BEFORE = {1, 2}
"""By ``fill``."""


async def allocate(app: Installation, count: int = 1) -> list[int]:
    issued = await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], count)
    return [number.value for number in issued]


async def play(deployed: Deployed, call: int, way: Way) -> None:
    """Break one call, ask again in the same process where it lives, and in another."""
    transport = FaultTransport()
    app = app_over(deployed, transport, patience=way.patience)
    issued = await allocate(app)
    transport.break_at(call, way)
    asking = asyncio.create_task(allocate(app, 3))
    while not asking.done() and not transport.stopped:
        await asyncio.sleep(0.01)
    asking.cancel()  # where the process has stopped, nobody hears an answer
    told = (await asyncio.gather(asking, return_exceptions=True))[0]
    if not transport.stopped:
        issued += told if isinstance(told, list) else []
        issued += await allocate(app)
    transport.stopped = True
    await app.close()
    other = app_over(deployed, FaultTransport())
    issued += await allocate(other, 2)
    await other.close()
    assert len(issued) == len(set(issued)), issued
    assert issued == sorted(issued), "and none goes back"
    assert not ISSUED_BEFORE & set(issued)
    assert max(issued) <= 2 + 1 + 3 + 1 + 2, "what is lost is what was asked for"


async def calls_of(deployed: Deployed) -> int:
    await prepared(deployed, fill)
    transport = FaultTransport()
    app = app_over(deployed, transport)
    await allocate(app, 3)
    await app.close()
    return transport.calls


@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
async def test_an_allocation_that_breaks_issues_nothing_twice(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, way: Way
) -> None:
    require_drawn("allocate", way)
    calls = await calls_of(Deployed.new(emulator, tmp_path))

    async def one(call: int) -> None:
        deployed = Deployed.new(emulator, tmp_path)
        await prepared(deployed, fill)
        await play(deployed, call, way)

    await each("allocate", way, chosen(request, "allocate", way, calls), one)
