"""A registration that breaks at any storage call ends whole or not at all, and can be repeated."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.backup import Backup
from tests.faults.test_enumeration import app_over
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import another_installation, backed_up
from tests.support.report import chosen, each, require_drawn
from tests.support.transport import FaultTransport, Way

_RECOVERIES = 40


async def register(app: Installation, container: str) -> Backup:
    found = await app.registration.register(
        "offsite", container, accept_renamed=False, caller="somebody", operation_id=None
    )
    return found.value


def installed(deployed: Deployed, emulator: Emulator) -> Deployed:
    """A fresh state over the account that the backup is in."""
    state = emulator.account()
    return replace(
        deployed, state=state, settings={**deployed.settings, "AzureWebJobsStorage": state}
    )


async def broken(fresh: Deployed, container: str, call: int, way: Way) -> None:
    transport = FaultTransport()
    app = app_over(fresh, transport, patience=way.patience)
    await transport.broken(call, way, register(app, container))
    await app.close()


async def require_settled(app: Installation, service: str) -> None:
    """Every record has ended, after recovery has had its time."""
    for _ in range(_RECOVERIES):
        await app.recovery.run()
        pages = [page async for page in app.records.pages(service)]
        if all(r.operation.status.is_final() for page in pages for r in page):
            return
        await asyncio.sleep(0.2)
    raise AssertionError("a record stays open")


async def calls_of(deployed: Deployed, emulator: Emulator, container: str) -> int:
    transport = FaultTransport()
    app = app_over(installed(deployed, emulator), transport)
    await register(app, container)
    await app.close()
    return transport.calls


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
async def test_a_registration_that_breaks_anywhere(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, way: Way
) -> None:
    require_drawn("register", way)
    deployed = Deployed.new(emulator, tmp_path)
    async with another_installation(deployed, emulator, same_key=True) as app:
        service, backup = await backed_up(app)
    calls = await calls_of(deployed, emulator, backup)

    async def one(call: int) -> None:
        fresh = installed(deployed, emulator)
        await broken(fresh, backup, call, way)
        app = app_over(fresh, FaultTransport())
        await require_settled(app, service)
        found = await app.history.get(service, backup)
        logged = [r.operation async for page in app.records.pages(service) for r in page]
        if found is not None:
            ended = {operation.id: str(operation.status) for operation in logged}
            assert ended[found.value.operation] == "Succeeded"
        entered = await register(app, backup)
        if found is not None:
            assert entered == found.value
        rows = [b async for page in app.history.pages(service) for b in page]
        assert rows == [entered]
        assert (entered.registered, entered.pinned) == (True, True)
        await app.close()

    await each("register", way, chosen(request, "register", way, calls), one)
