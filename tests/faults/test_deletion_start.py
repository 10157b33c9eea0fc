"""A start of a deletion that breaks at any storage call: the service is deleted, or as it was.

Where the caller heard nothing, the service is Active with nothing entered, or its deletion is under
way. Asked again under the Operation-Id it is Deleting; nobody asking, the worker marks it.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.service import State
from tests.faults.test_enumeration import app_over, prepared
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import (
    ASKED,
    SERVICE,
    after_delete,
    delivered,
    fill,
    require_nothing_under_way,
)
from tests.support.transport import FaultTransport, Way

DELETION = "deletion-1"
ONCE = replace(ASKED, operation_id=DELETION)
_REDELIVERIES = 60


async def broken(deployed: Deployed, call: int, way: Way) -> int:
    """One start, one of its calls broken; how many calls it made."""
    transport = FaultTransport()
    app = app_over(deployed, transport, patience=way.patience)
    calls = await transport.broken(call, way, app.deletions.start(SERVICE, ONCE))
    await app.close()
    return calls


async def state(app: Installation) -> State:
    return (await app.services.require(SERVICE)).service.state


async def play(deployed: Deployed, call: int, way: Way, *, asked_again: bool) -> None:
    await broken(deployed, call, way)
    app = app_over(deployed, FaultTransport())
    try:
        entered = await app.records.find(SERVICE, DELETION)
        assert await state(app) is State.ACTIVE or entered is not None
        if asked_again or entered is None:
            record = await app.deletions.start(SERVICE, ONCE)
            assert record.operation.id == DELETION
            assert await state(app) is State.DELETING
        else:
            record = entered[0]
        ended = await delivered(app, record, _REDELIVERIES, 0.5)
        assert ended.operation.status == "Succeeded", ended.operation.error
        await require_nothing_under_way(app)
        await after_delete(app, ended)
    finally:
        await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
async def test_a_start_that_breaks_deletes_or_leaves_the_service_as_it_was(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, way: Way
) -> None:
    require_drawn("start-delete", way)
    whole = Deployed.new(emulator, tmp_path)
    await prepared(whole, fill)
    calls = await broken(whole, 10_000, Way.FAILS_BEFORE)

    async def one(call: int) -> None:
        for asked_again in (True, False):
            deployed = Deployed.new(emulator, tmp_path)
            await prepared(deployed, fill)
            await play(deployed, call, way, asked_again=asked_again)

    await each("start-delete", way, chosen(request, "start-delete", way, calls), one)
