"""A link, and its end, broken at each storage call: after recovery it is there as a whole or not at
all, and the account is free or of one service. Nobody has to know where it stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from tests.faults.test_enumeration import app_over, prepared
from tests.integration_accounts.linked import (
    IA,
    ONE,
    TWO,
    account,
    create,
    link,
    owners,
    refused,
    service,
    unlink,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.transport import FaultTransport, Way

_RECOVERIES = 40


async def both(app: Installation) -> None:
    await create(app)
    await create(app, TWO)


async def linked(app: Installation) -> None:
    await both(app)
    await link(app)


CHANGES: dict[str, tuple[Callable[[Installation], Awaitable[Any]], Any]] = {
    "link": (link, both),
    "link-again": (lambda app: link(app, minutes=15), linked),
    "unlink": (unlink, linked),
}
"""Each change, and what is there before it."""


async def held(app: Installation) -> Any:
    """What there is of the link."""
    facts = (await service(app)).integration_account
    claim, found = await app.links.claim(IA.lower()), await app.links.get(ONE)
    return (
        facts.linked if facts else None,
        claim.value.service if claim else None,
        found.value.pull_minutes if found else "no link",
    )


async def settle(app: Installation) -> None:
    """Recovery, until no record is open."""
    for _ in range(_RECOVERIES):
        await app.recovery.run()
        pages = [page for name in (ONE, TWO) async for page in app.records.pages(name)]
        if all(row.operation.status.is_final() for page in pages for row in page):
            return
        await asyncio.sleep(0.3)
    raise AssertionError("a record stays open")


async def require_of_one(app: Installation) -> None:
    """The account is free, or of one service that has all of its link."""
    claim = await app.links.claim(IA.lower())
    has = await owners(app, ONE, TWO)
    assert has == ([claim.value.service] if claim else [])
    for name in {ONE, TWO} - set(has):
        assert await app.links.get(name) is None


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("name", CHANGES)
async def test_a_link_that_breaks_is_there_or_not(
    emulator: Emulator,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    arm: Arm,
    name: str,
    way: Way,
) -> None:
    require_drawn(name, way)
    arm.load([account()])
    change, prepare = CHANGES[name]

    async def broken(call: int) -> tuple[Deployed, int]:
        """Everything prepared, and the change done with one of its calls broken."""
        deployed = Deployed.new(emulator, tmp_path, **arm.settings())
        await prepared(deployed, prepare)
        transport = FaultTransport()
        app = app_over(deployed, transport, patience=way.patience)
        calls = await transport.broken(call, way, change(app))
        await app.close()
        return deployed, calls

    async def left(deployed: Deployed, then: Callable[[Installation], Awaitable[Any]]) -> Any:
        """What is there after something, and after recovery."""
        app = app_over(deployed, FaultTransport())
        try:
            await then(app)
            await settle(app)
            await require_of_one(app)
            return await held(app)
        finally:
            await app.close()

    async def nothing(_app: Installation) -> None:
        return

    async def again(app: Installation) -> None:
        """The same request once more: what callers see is as it should be before recovery."""
        await refused(change(app))
        assert (await held(app))[0] == after[0]

    async def another(app: Installation) -> None:
        """Another service asks for the account before recovery has looked."""
        await refused(link(app, TWO))

    whole, calls = await broken(10_000)
    after = await left(whole, nothing)
    fresh = Deployed.new(emulator, tmp_path, **arm.settings())
    await prepared(fresh, prepare)
    before = await left(fresh, nothing)
    assert after != before

    async def one(call: int) -> None:
        deployed, _ = await broken(call)
        assert await left(deployed, nothing) in (before, after)
        deployed, _ = await broken(call)
        assert await left(deployed, again) == after
        deployed, _ = await broken(call)
        await left(deployed, another)

    await each(name, way, chosen(request, name, way, calls), one)
