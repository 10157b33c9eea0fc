"""Advances that others meet on their way: recovery, other advances, allocations, deletions."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.advances import AdvanceBody
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import AgreementNumbers, Bounds, Counter, Kind
from shared.model.operation import Operation
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.service import Service, State
from shared.numbers import advancing
from shared.numbers.claims import Claims
from shared.rules.states import ServiceOperation
from shared.services.services import Asked
from shared.state.control_numbers import LedgerRow
from tests.support.api import nobodys, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SERVICE, fill, run, start_delete

NAMES = ("A", "B", "C", "D")


@pytest.fixture
async def app(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Installation]:
    """Four agreements, two a write; recovery looks at once."""
    monkeypatch.setattr(advancing, "BATCH_ROWS", 2)
    settings = Deployed.new(emulator, tmp_path).read()
    parts = Installation(settings.model_copy(update={"recovery_nudge_seconds": 1}))
    await fill(parts)
    items = [agreement(name) for name in NAMES[1:]]
    await parts.imports.write(await living(parts), items)
    yield parts
    await parts.close()


def agreement(name: str, **envelope: Any) -> ImportItem:
    document = nobodys(x12_document(**envelope))
    return ImportItem(section=Section.AGREEMENTS, name=name, document=document)


async def living(app: Installation) -> Service:
    return (await app.services.require(SERVICE)).service


async def advance(app: Installation, operation: str, by: int = 100, *names: str) -> None:
    some = {"agreements": [{"name": name, "by": by} for name in names]}
    body = AdvanceBody.model_validate(some if names else {"by": by})
    await app.advances.advance(await living(app), body, "me", operation)


async def stands(app: Installation) -> list[int]:
    """The next group number of each agreement."""
    rows = [row async for page in app.ledger.pages(SERVICE) for row in page]
    return [row.counters.get(Kind.GROUP, Counter(next=1)).next for row in rows]


async def marks(app: Installation) -> list[tuple[str, ...]]:
    return [row.advances async for page in app.ledger.pages(SERVICE) for row in page]


async def record(app: Installation, operation: str) -> Operation:
    found = await app.records.find(SERVICE, operation)
    assert found is not None
    return found[0].operation


class Stops:
    """The ledger's write of many rows, which stops from one call on."""

    def __init__(self, app: Installation, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self._write = app.ledger.write_all
        self._left = after
        self.stood = asyncio.Event()
        self._goes_on = asyncio.Event()
        monkeypatch.setattr(app.ledger, "write_all", self)

    async def __call__(self, service: str, rows: list[LedgerRow]) -> list[str]:
        self._left -= 1
        if self._left < 0 and not self._goes_on.is_set():
            self.stood.set()
            await self._goes_on.wait()
        return await self._write(service, rows)

    def go_on(self) -> None:
        self._goes_on.set()


async def halfway(
    app: Installation, monkeypatch: pytest.MonkeyPatch, operation: str
) -> tuple[Stops, "asyncio.Task[None]"]:
    """An advance that stands still before its second write."""
    stops = Stops(app, monkeypatch, 1)
    task = asyncio.create_task(advance(app, operation))
    await asyncio.wait_for(stops.stood.wait(), 20)
    return stops, task


async def killed(app: Installation, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """An advance whose process ends before its second write."""
    with monkeypatch.context() as patch:
        _, task = await halfway(app, patch, operation)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await stands(app) == [101, 101, 1, 1]
    assert (await record(app, operation)).status == "Running"


async def recovered(app: Installation, operation: str) -> Operation:
    """The operation, once recovery has closed it."""
    for _ in range(40):
        await app.recovery.run()
        found = await record(app, operation)
        if found.status.is_final():
            return found
        await asyncio.sleep(0.3)
    raise AssertionError("it stays open")


async def test_recovery_brings_an_interrupted_one_to_its_end(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await killed(app, monkeypatch, "one")
    with pytest.raises(Problem) as refused:
        await advance(app, "one")
    assert refused.value.code is Code.OPERATION_IN_PROGRESS
    await app.allocator.allocate(SERVICE, "D", [Kind.GROUP], 5)
    assert (await recovered(app, "one")).status == "Succeeded"
    assert await stands(app) == [101, 101, 101, 106]
    await advance(app, "one")
    assert await stands(app) == [101, 101, 101, 106]


async def test_a_worker_that_was_away_while_recovery_closed_its_record_moves_nothing(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stops, task = await halfway(app, patch, "one")
        patch.setattr(app.ledger, "write_all", stops._write)
        assert (await recovered(app, "one")).status == "Succeeded"
        # Nothing says any more that the rows were moved on in its name.
        await advance(app, "two")
        assert await marks(app) == [("two",)] * 4
        stops.go_on()
        with pytest.raises(Problem) as late:
            await task
    assert late.value.code is Code.STORAGE_UNAVAILABLE
    assert await stands(app) == [201] * 4
    await advance(app, "one")
    assert await stands(app) == [201] * 4


async def test_one_that_comes_between_is_not_forgotten_nor_makes_the_other_forgotten(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both move each counter on once, though the second writes over rows of the first."""
    await killed(app, monkeypatch, "one")
    await advance(app, "two", 1000)
    assert await stands(app) == [1101, 1101, 1001, 1001]
    assert await marks(app) == [("one", "two"), ("one", "two"), ("two",), ("two",)]
    assert (await recovered(app, "one")).status == "Succeeded"
    assert await stands(app) == [1101] * 4
    await advance(app, "three", 1)
    assert await marks(app) == [("three",)] * 4, "those that ended are of no use"


async def test_two_that_are_killed_and_recovered_at_once(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for operation in ("one", "two"):
        with monkeypatch.context() as patch:
            _, task = await halfway(app, patch, operation)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert await stands(app) == [201, 201, 1, 1]
    other = Installation(app.settings)
    for _ in range(40):
        await asyncio.gather(app.recovery.run(), other.recovery.run(), app.recovery.run())
        states = [(await record(app, one)).status for one in ("one", "two")]
        if all(state.is_final() for state in states):
            break
        await asyncio.sleep(0.3)
    await other.close()
    assert states == ["Succeeded", "Succeeded"]
    assert await stands(app) == [201] * 4


async def test_numbers_that_are_drawn_meanwhile_come_on_top(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that changed since it was read is read again, and no other one waits for it."""
    stops, task = await halfway(app, monkeypatch, "one")
    await app.allocator.allocate(SERVICE, "C", [Kind.GROUP], 7)
    stops.go_on()
    await task
    assert await stands(app) == [101, 101, 108, 101]


async def test_what_others_took_meanwhile_is_told_and_all_else_is_moved_on(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = agreement("C", groupControlNumberUpperBound=103, rolloverGroupControlNumber=False)
    await app.imports.write(await living(app), [ending])
    stops, task = await halfway(app, monkeypatch, "one")
    await app.allocator.allocate(SERVICE, "C", [Kind.GROUP], 7)
    stops.go_on()
    with pytest.raises(Problem) as refused:
        await task
    assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED
    assert "'C': 96 group numbers are left" in refused.value.message
    assert await stands(app) == [101, 101, 8, 101]
    found = await record(app, "one")
    assert (found.status, found.result) == ("Failed", {"agreements": 3, "counters": 12})
    with pytest.raises(Problem) as again:
        await advance(app, "one")
    assert again.value.code is Code.CONTROL_NUMBERS_EXHAUSTED
    assert await stands(app) == [101, 101, 8, 101]


async def test_an_agreement_that_goes_meanwhile(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all agreements, it is none any more; one that was named is missed."""
    stops, task = await halfway(app, monkeypatch, "one")
    await app.artifacts.delete(await living(app), Section.AGREEMENTS, "C", unconditional)
    stops.go_on()
    await task
    assert await stands(app) == [101, 101, 1, 101]
    stops = Stops(app, monkeypatch, 0)
    task = asyncio.create_task(advance(app, "two", 100, "D", "B"))
    await asyncio.wait_for(stops.stood.wait(), 20)
    await app.artifacts.delete(await living(app), Section.AGREEMENTS, "D", unconditional)
    stops.go_on()
    with pytest.raises(Problem) as refused:
        await task
    assert refused.value.code is Code.AGREEMENT_NOT_FOUND
    assert await stands(app) == [101, 201, 1, 101]


async def test_a_service_that_goes_before_recovery_comes(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await killed(app, monkeypatch, "one")
    await run(app, await start_delete(app))
    found = await recovered(app, "one")
    assert found.error is not None
    assert "its service was deleted" in found.error.message
    assert await stands(app) == [101, 101, 1, 1]


@pytest.mark.parametrize("state", [State.DISABLED, State.DELETING])
async def test_a_service_that_takes_no_change_when_recovery_comes(
    app: Installation, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    """What was accepted is brought to its end, but not while the service goes."""
    await killed(app, monkeypatch, "one")
    listed = await app.services.require(SERVICE)
    if state is State.DISABLED:
        await app.services.move(listed, ServiceOperation.DISABLE, Asked("me"))
    else:
        deleting = listed.service.model_copy(update={"state": state})
        await app.directory.change(deleting, listed.etag)
    found = await recovered(app, "one")
    done = state is State.DISABLED
    assert found.status == ("Succeeded" if done else "Failed")
    assert await stands(app) == ([101] * 4 if done else [101, 101, 1, 1])


@pytest.mark.parametrize("many", [1, 16])
async def test_rows_that_are_nobodys_are_as_planned(
    app: Installation, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Written by a restore, or never: the plan knows what a claim would find."""
    monkeypatch.setattr(advancing, "_MANY", many)
    for name in ("B", "C"):
        row = await app.ledger.get(SERVICE, name)
        assert row is not None
        await app.ledger.write(SERVICE, row.owned_by(""))
    await app.ledger._table.delete("contoso-b2b", "d", None)
    planned = await app.advances.plan(await living(app), AdvanceBody(by=100))
    assert await app.ledger.get(SERVICE, "D") is None
    await advance(app, "one")
    moved = {(one.agreement, one.kind): one.next_after for one in planned.moves}
    for name in NAMES:
        row = await app.ledger.get(SERVICE, name)
        assert row is not None
        assert {kind: one.next for kind, one in row.counters.items()} == {
            kind: moved[name, kind] for kind in Kind
        }
        assert row.owner == (await living(app)).id


@pytest.mark.parametrize("many", [1, 16])
async def test_a_stream_that_another_agreement_claims_meanwhile_goes_on_behind_it(
    app: Installation, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Its row is read, then the ledger, then somebody else takes the stream, then it is written."""
    monkeypatch.setattr(advancing, "_MANY", many)
    service = await living(app)
    row = await app.ledger.get(SERVICE, "A")
    assert row is not None
    await app.ledger.write(SERVICE, row.owned_by(""))
    stops = Stops(app, monkeypatch, 0)
    task = asyncio.create_task(advance(app, "one", 100, "A"))
    await asyncio.wait_for(stops.stood.wait(), 20)
    with monkeypatch.context() as patch:
        patch.setattr(app.ledger, "write_all", stops._write)
        twin = AgreementNumbers("Twin", {kind: Bounds() for kind in Kind}, row.stream)
        taken = await Claims(app.ledger, app.directory, app.clock).claim(service, twin, None)
        issued = Counter(next=8, last=7)
        await app.ledger.write(SERVICE, replace(taken, counters={Kind.INTERCHANGE: issued}))
    stops.go_on()
    await task
    after = await app.ledger.get(SERVICE, "A")
    assert after is not None
    assert after.counters[Kind.INTERCHANGE].next == 108
    twins = await app.ledger.get(SERVICE, "Twin")
    assert twins is not None
    assert (twins.owner, after.owner) == ("", service.id)


async def test_a_row_keeps_what_it_knows_of_a_stream(app: Installation) -> None:
    before = await app.ledger.get(SERVICE, "A")
    await advance(app, "one")
    after = await app.ledger.get(SERVICE, "A")
    assert before is not None
    assert after is not None
    assert (after.stream, after.life, after.owner) == (before.stream, before.life, before.owner)
    assert after.stream
