"""Transactions that are accepted and refused inside, as Azure throttles them: 503 within a 202."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.numbers import Kind
from shared.model.operation import OperationStatus
from shared.model.problem import Code, Problem
from shared.model.runtime import ReceivedNumber
from shared.model.sections import Section
from shared.restores.resumed import WrittenBefore
from shared.storage.pace import Pace, at_pace, storage_is_busy
from shared.storage.patience import answering
from shared.storage.tables import Insert, Row, RowExists
from tests.faults.test_repeating import over_proxy
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Cut, Scripted, proxied
from tests.support.scenes import (
    SECOND,
    SERVICE,
    fill,
    run,
    start_backup,
    start_delete,
    start_restore,
)

_NUMBERS = 3000


def _inside(
    status: int, code: str, times: int | None = 1, every: int = 1, **headers: str
) -> Scripted:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Scripted("POST", r"\$batch", status, code, named, times, 0, True, every)


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "ServerBusy"), (500, "OperationTimedOut"), (429, "TooManyRequests")],
)
async def test_it_is_sent_again(emulator: Emulator, tmp_path: Path, status: int, code: str) -> None:
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "a", {"n": 1}))
        proxy.script = [_inside(status, code, 3)]
        await table.transact([Insert(Row("p", key, {"n": 2})) for key in "bc"])
        assert proxy.answered == 3
        assert [row.key async for page in table.pages("p") for row in page] == ["a", "b", "c"]


async def test_no_sooner_than_it_says_inside(emulator: Emulator, tmp_path: Path) -> None:
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "a", {"n": 1}))
        proxy.script = [_inside(503, "ServerBusy", 1, Retry_After="1")]
        began = app.clock.monotonic()
        await table.transact([Insert(Row("p", key, {"n": 2})) for key in "bc"])
        assert app.clock.monotonic() - began >= 1
        proxy.script = [_inside(503, "ServerBusy", 1, Retry_After="3600")]
        with answering(app.clock.monotonic()), pytest.raises(Exception, match="503 ServerBusy"):
            await table.transact([Insert(Row("p", key, {"n": 2})) for key in "de"])


async def test_other_refusals_inside_are_told_at_once(emulator: Emulator, tmp_path: Path) -> None:
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        table = app.table("interkeepProbe")
        await table.insert(Row("p", "a", {"n": 1}))
        rows = [Insert(Row("p", key, {"n": 2})) for key in "bc"]
        proxy.script = [_inside(409, "EntityAlreadyExists")]
        with pytest.raises(RowExists):
            await table.transact(rows)
        proxy.script = [_inside(400, "PropertyValueTooLarge")]
        with pytest.raises(Problem) as refused:
            await table.transact(rows)
        assert refused.value.code is Code.DOCUMENT_TOO_LARGE
        assert refused.value.retry_after_seconds is None
        proxy.script = [_inside(409, "SomethingNew")]
        with pytest.raises(Exception, match="SomethingNew"):
            await table.transact(rows)
        assert proxy.answered == 3, "none of them was sent again"
        assert [row.key async for page in table.pages("p") for row in page] == ["a"]


@pytest.mark.parametrize("what", [r"\(\)\?", r"RowKey"])
async def test_a_body_that_ends_early_is_asked_for_again(
    emulator: Emulator, tmp_path: Path, what: str
) -> None:
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        table = app.table("interkeepProbe")
        for key in "ab":
            await table.insert(Row("p", key, {"n": 1}))
        proxy.cut = Cut("interkeepProbe", 2)
        if what == "RowKey":
            assert await table.get("p", "a")
        else:
            assert [row.key async for page in table.pages("p") for row in page] == ["a", "b"]
        assert proxy.answered == 2


async def test_a_request_goes_through(emulator: Emulator, tmp_path: Path) -> None:
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        await fill(app)
        listed = await app.services.require(SERVICE)
        items = [
            ImportItem(section=Section.SCHEMAS, name=f"n{i}", document={"a": i}) for i in range(3)
        ]
        proxy.script = [_inside(503, "ServerBusy")]
        await app.imports.write(listed.service, items)
        assert proxy.answered == 1


async def test_a_restore_slows_down_and_ends_in_one_attempt(
    emulator: Emulator, tmp_path: Path
) -> None:
    """However large the service: without it each attempt met the same throttle, until the fifth."""
    async with over_proxy(emulator, tmp_path, "TableEndpoint") as (proxy, app):
        await _backed_up(app)
        proxy.script = [_inside(503, "ServerBusy", None, 5)]
        record = await start_restore(app, SECOND)
        await run(app, record)
        ended = (await app.records.find(SERVICE, record.operation.id) or (record,))[0].operation
        assert (ended.status, ended.attempt) == (OperationStatus.SUCCEEDED, 1), ended.error
        assert proxy.answered >= 5
        proxy.script = []
        service = (await app.services.require(SERVICE)).service
        there = [n async for page in app.received.pages(service.id) for n in page]
        assert len(there) == _NUMBERS


async def test_an_attempt_goes_on_where_the_one_before_stopped(
    emulator: Emulator, tmp_path: Path
) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.state, "TableEndpoint") as (proxy, state):
        settings = {**deployed.settings, "STATE_STORAGE": state, "RETRY_SECONDS": "1,1,1,1"}
        app = Installation(replace(deployed, state=state, settings=settings).read())
        await _backed_up(app)
        record = await start_restore(app, SECOND)
        # After ten batches of a hundred, storage says something that no waiting mends.
        proxy.script = [Scripted("POST", r"\$batch", 409, "SomethingNew", {}, 1, 0, True, 12)]
        await run(app, record)
        service = (await app.services.require(SERVICE)).service
        first = [n async for page in app.received.pages(service.id) for n in page]
        assert 0 < len(first) < _NUMBERS
        sent = 0
        put_all = app.received.put_all

        async def counted(service_id: str, numbers: list[ReceivedNumber]) -> None:
            nonlocal sent
            sent += len(numbers)
            await put_all(service_id, numbers)

        app.received.put_all = counted  # type: ignore[method-assign, assignment]
        await run(app, record)
        found = await app.records.find(SERVICE, record.operation.id)
        assert found is not None
        assert found[0].operation.status is OperationStatus.SUCCEEDED, found[0].operation.error
        assert sent == _NUMBERS - len(first), "what was there was not written again"
        await app.close()


async def _backed_up(app: Installation) -> None:
    """A service with many numbers that came in, backed up and deleted."""
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    now = app.clock.now()
    numbers = [
        ReceivedNumber(
            agreement="A",
            kind=Kind.INTERCHANGE,
            value=value,
            message_id=f"m{value}",
            seen_at=now,
            expires_at=now + timedelta(days=30),
        )
        for value in range(1, _NUMBERS + 1)
    ]
    for start in range(0, _NUMBERS, 100):
        await app.received.put_all(service.id, numbers[start : start + 100])
    await run(app, await start_backup(app, SECOND))
    await run(app, await start_delete(app))


def test_a_pace_halves_and_recovers() -> None:
    pace = Pace(4)
    with at_pace(pace):
        storage_is_busy()
    assert pace.at_once == 2
    for _ in range(3):
        pace.slow_down()
    assert pace.at_once == 1
    for _ in range(16 * 10):
        pace.went_well()
    assert pace.at_once == 4, "and no more than it may"
    storage_is_busy()
    assert pace.at_once == 4, "of others, storage says nothing to it"


async def test_what_was_written_before_is_passed_over() -> None:
    async def pages() -> object:
        for page in ([], ["a1", "c1"], ["d1"], []):
            yield page

    def key(item: str) -> str:
        return item[0]

    before: WrittenBefore[str] = WrittenBefore(pages(), key)  # type: ignore[arg-type]
    assert await before.lacking(["a1", "b1"]) == ["b1"]
    assert await before.lacking(["c2", "d1", "e1"]) == ["c2", "e1"], "another value is written"
    first: WrittenBefore[str] = WrittenBefore(None, key)
    assert await first.lacking(["a1"]) == ["a1"]
