"""Changes that are done before their answer, broken at each storage call: all or nothing.

The caller hears of a fault and asks again. Whatever the first request left, the second ends as if
it had been the only one, and recovery closes the record of the first by what it finds written.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.problem import Code, Problem
from tests.faults.test_enumeration import app_over, prepared
from tests.support.changes import CHANGES, PREPARED, Change, held
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import SERVICE, fill
from tests.support.transport import FaultTransport, Way

_RECOVERIES = 40
_DONE_ALREADY = {
    Code.ARTIFACT_NOT_FOUND,
    Code.SCHEDULE_NOT_FOUND,
    Code.OPERATION_NOT_ALLOWED,
}
"""What the second request may hear where the first one was done after all."""


async def broken(deployed: Deployed, change: Change, call: int, way: Way) -> int:
    """One request, one of its calls broken; how many calls it made."""
    transport = FaultTransport()
    app = app_over(deployed, transport, patience=way.patience)
    service = (await app.services.require(SERVICE)).service
    calls = await transport.broken(call, way, change(app, service))
    await app.close()
    return calls


async def require_settled(app: Installation) -> None:
    """Recovery leaves no record open. (A row of a start that wrote none goes two minutes later.)"""
    for _ in range(_RECOVERIES):
        await app.recovery.run()
        listed = [entry async for page in app.in_flight.pages() for entry in page]
        left = [await app.records.find(entry.service, entry.operation_id) for entry in listed]
        pages = [page async for page in app.records.pages(SERVICE)]
        if not any(left) and all(r.operation.status.is_final() for page in pages for r in page):
            return
        await asyncio.sleep(0.3)
    raise AssertionError("a record stays open")


async def again(app: Installation, change: Change) -> Code | None:
    """The request once more; what it was refused with."""
    try:
        await change(app, (await app.services.require(SERVICE)).service)
    except Problem as problem:
        return problem.code
    return None


async def play(
    deployed: Deployed, change: Change, call: int, way: Way, before: Any, after: Any
) -> None:
    await broken(deployed, change, call, way)
    app = app_over(deployed, FaultTransport())
    try:
        found = await held(app)
        assert found in (before, after), "half of it is written"
        refused = await again(app, change)
        assert refused is None or (found == after and refused in _DONE_ALREADY), refused
        assert await held(app) == after
        await require_settled(app)
        assert await held(app) == after, "recovery changes nothing of what came later"
    finally:
        await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_that_breaks_is_done_or_not(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, name: str, way: Way
) -> None:
    require_drawn(name, way)
    change, prepare = CHANGES[name], PREPARED.get(name, fill)
    whole = Deployed.new(emulator, tmp_path)
    await prepared(whole, prepare)
    app = app_over(whole, FaultTransport())
    before = await held(app)
    calls = await broken(whole, change, 10_000, Way.FAILS_BEFORE)
    after = await held(app)
    await app.close()
    assert after != before

    async def one(call: int) -> None:
        deployed = Deployed.new(emulator, tmp_path)
        await prepared(deployed, prepare)
        await play(deployed, change, call, way, before, after)

    await each(name, way, chosen(request, name, way, calls), one)
