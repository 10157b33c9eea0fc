"""The timer broken at each of its storage calls: a due time is one backup all the same."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.test_enumeration import app_over, prepared
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import SERVICE, Tomorrow, scheduled
from tests.support.transport import FaultTransport, Way

_DELIVERIES = 60


async def play(deployed: Deployed, call: int, way: Way) -> int:
    """Break one call of the timer's run, then let it run as it would; how many calls it made."""
    await prepared(deployed, scheduled)
    transport = FaultTransport()
    app = app_over(deployed, transport, Tomorrow(), way.patience)
    calls = await transport.broken(call, way, app.tick.run())
    await app.close()

    app = app_over(deployed, FaultTransport(), Tomorrow())
    try:
        await app.tick.run()
        assert await app.tick.run() == 0, "nothing stays due"
        for _ in range(_DELIVERIES):
            listed = [entry async for page in app.in_flight.pages() for entry in page]
            for entry in listed:
                await app.engine.run(entry.service, entry.operation_id)
            if not listed:
                break
            await asyncio.sleep(0.5)
            await app.recovery.run()
        history = [b async for page in app.history.pages(SERVICE) for b in page]
        due_ones = [backup for backup in history if backup.due_at is not None]
        assert [backup.status for backup in due_ones] == ["Succeeded"]
        assert due_ones[0].missed is None
        found = await app.schedules.get(SERVICE)
        assert found is not None
        assert found.value.last_run_operation == due_ones[0].operation
        due = due_ones[0].due_at
        assert due is not None
        assert found.value.last_run_at == due
        assert found.value.next_run_at == due + timedelta(days=1)
    finally:
        await app.close()
    return calls


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
async def test_a_timer_that_breaks_is_as_if_it_had_not(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, way: Way
) -> None:
    require_drawn("schedule", way)
    calls = await play(Deployed.new(emulator, tmp_path), 10_000, Way.FAILS_BEFORE)

    async def one(call: int) -> None:
        await play(Deployed.new(emulator, tmp_path), call, way)

    await each("schedule", way, chosen(request, "schedule", way, calls), one)
