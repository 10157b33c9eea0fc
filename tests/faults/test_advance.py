"""Moving numbers on, broken at any storage call: each counter is moved on once, in the end.

Two agreements a write, so that there is something between two of them.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.advances import AdvanceBody
from shared.model.artifact import ImportItem
from shared.model.numbers import Counter, Kind
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.numbers import advancing
from tests.faults.test_enumeration import app_over, prepared
from tests.support.api import nobodys, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import SERVICE, fill
from tests.support.transport import FaultTransport, Way

BODY = AdvanceBody(by=100)
OPERATION = "after-the-failover"
NAMES = ("A", "B", "C", "D", "E")
ASKS = 60


@pytest.fixture(autouse=True)
def two_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "BATCH_ROWS", 2)
    monkeypatch.setattr(advancing, "_MANY", 1)


async def five(app: Installation) -> None:
    """Agreements of which one issued numbers, one has no row, nobody owns the row of one, and one
    traded with somebody else before."""
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    document = nobodys(x12_document())
    items = [
        ImportItem(section=Section.AGREEMENTS, name=name, document=document) for name in NAMES[1:]
    ]
    await app.imports.write(service, items)
    for name, stream in (("B", "somebody-else"), ("C", "")):
        row = await app.ledger.get(SERVICE, name)
        assert row is not None
        await app.ledger.write(SERVICE, replace(row, owner="", stream=stream))
    await app.ledger._table.delete("contoso-b2b", "d", None)
    assert await app.ledger.get(SERVICE, "D") is None


async def advance(app: Installation) -> None:
    service = (await app.services.require(SERVICE)).service
    await app.advances.advance(service, BODY, "me", OPERATION)


async def until_answered(app: Installation) -> None:
    """Ask again with the same id, as a caller does, until recovery has seen to it."""
    for _ in range(ASKS):
        try:
            await advance(app)
            return
        except Problem as problem:
            if problem.code is not Code.OPERATION_IN_PROGRESS:
                raise
        await asyncio.sleep(0.3)
        await app.recovery.run()
    raise AssertionError("it stays under way")


async def counters(app: Installation) -> dict[tuple[str, Kind], Counter]:
    rows = [row async for page in app.ledger.pages(SERVICE) for row in page]
    return {(row.agreement, kind): one for row in rows for kind, one in row.counters.items()}


async def require_forgotten(app: Installation) -> None:
    """Recovery drops the row of an operation that ended without it."""
    for _ in range(ASKS):
        if [entry async for page in app.in_flight.pages() for entry in page] == []:
            return
        await asyncio.sleep(0.3)
        await app.recovery.run()
    raise AssertionError("recovery has a row of it for ever")


async def require_moved_once(app: Installation, issued: int = 0) -> None:
    """Each of all kinds by a hundred, behind what was issued before; one record, which is good."""
    found = await counters(app)
    for name in NAMES:
        for kind in Kind:
            began = 3 if (name, kind) == ("A", Kind.INTERCHANGE) else 1
            more = issued if (name, kind) == ("E", Kind.INTERCHANGE) else 0
            at = began + 100 + more
            assert (found[name, kind].next, found[name, kind].last) == (at, at - 1), (name, kind)
    log = [one.operation async for page in app.records.pages(SERVICE) for one in page]
    [record] = [one for one in log if one.parameters.get("change") == "AdvanceControlNumbers"]
    assert (record.id, record.status) == (OPERATION, "Succeeded")
    await require_forgotten(app)


async def play(deployed: Deployed, call: int, way: Way) -> None:
    transport = FaultTransport()
    app = app_over(deployed, transport, patience=way.patience)
    await transport.broken(call, way, advance(app))
    await app.close()
    other = app_over(deployed, FaultTransport())
    try:
        # Between what was moved on and what was not.
        [number] = await other.allocator.allocate(SERVICE, "E", [Kind.INTERCHANGE], 1)
        assert number.value in (1, 101)
        await until_answered(other)
        await until_answered(other)
        await require_moved_once(other, issued=1)
    finally:
        await other.close()


async def calls_of(deployed: Deployed) -> int:
    await prepared(deployed, five)
    transport = FaultTransport()
    app = app_over(deployed, transport)
    await app.services.require(SERVICE)
    transport.mend()
    await advance(app)
    calls = transport.calls
    await require_moved_once(app)
    await app.close()
    return calls


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
async def test_an_advance_that_breaks_moves_each_counter_on_once(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, way: Way
) -> None:
    require_drawn("advance", way)
    calls = await calls_of(Deployed.new(emulator, tmp_path))

    async def one(call: int) -> None:
        deployed = Deployed.new(emulator, tmp_path)
        await prepared(deployed, five)
        await play(deployed, call, way)

    await each("advance", way, chosen(request, "advance", way, calls), one)
