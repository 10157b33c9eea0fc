"""The log of all services: its index, what reads it, and that it follows from the records."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.problem import Problem
from shared.operations import log_filling, of_all
from shared.operations.of_all import Wanted
from shared.operations.start import Start
from shared.operations.sweep import LOG_DAYS
from shared.state.operations import OperationRow, logged
from shared.storage.tables import RowExists
from tests.operations.test_sweep import Later
from tests.support.scenes import SECOND, SERVICE, fill, run, start_backup

BEGAN = datetime(2026, 11, 1, 2, tzinfo=UTC)
S = OperationStatus


def made(number: int, status: OperationStatus = S.SUCCEEDED, **members: object) -> Operation:
    """The operation of an hour, of one of three services and one of two callers."""
    facts = {
        "id": f"op-{number}",
        "operation": OperationName.BACKUP if number % 2 else OperationName.SERVICE_UPDATE,
        "service": f"contoso-{number % 3}",
        "status": status,
        "caller": "ada" if number % 4 else "grace",
        "trigger": "http",
        "created_at": BEGAN + timedelta(hours=number),
        "completed_at": BEGAN + timedelta(hours=number, minutes=1) if status.is_final() else None,
    }
    return Operation.model_validate({**facts, **members})


async def entered(app: Installation, operations: Sequence[Operation]) -> None:
    for one in operations:
        await app.records.announce(one)
        await app.records.add(one, "hash", lock=False)


async def index(app: Installation) -> list[str]:
    return [row.key async for page in app.log_index.pages() for row in page]


def ids(records: Sequence[OperationRow]) -> list[str]:
    return [record.operation.id for record in records]


async def all_of(app: Installation, wanted: Wanted, size: int = 100) -> list[str]:
    """Page after page."""
    found: list[str] = []
    place: str | None = ""
    while place is not None:
        records, place = await app.operations_of_all.page(wanted, place, size)
        assert len(records) <= size
        found += ids(records)
    return found


async def test_records_of_all_services_in_one_order_of_time(fresh_app: Installation) -> None:
    app = fresh_app
    await entered(app, [made(number) for number in (3, 0, 5, 1, 4, 2)])
    newest = [f"op-{number}" for number in (5, 4, 3, 2, 1, 0)]
    for size in (1, 2, 3, 6, 100):
        assert await all_of(app, Wanted(), size) == newest, size


async def test_filters(fresh_app: Installation) -> None:
    app = fresh_app
    failed = [made(7, S.FAILED), made(8, S.CANCELED)]
    await entered(app, [*(made(number) for number in range(6)), *failed])
    for wanted, found in (
        (Wanted(operation=OperationName.BACKUP), (7, 5, 3, 1)),
        (Wanted(caller="grace"), (8, 4, 0)),
        (Wanted(caller="nobody"), ()),
        (Wanted(status=S.FAILED), (7,)),
        (Wanted(since=BEGAN + timedelta(hours=4)), (8, 7, 5, 4)),
        (Wanted(until=BEGAN + timedelta(hours=2)), (1, 0)),
        (Wanted(since=BEGAN + timedelta(hours=1), until=BEGAN + timedelta(hours=3)), (2, 1)),
        (Wanted(caller="ada", operation=OperationName.BACKUP, status=S.SUCCEEDED), (5, 3, 1)),
    ):
        for size in (1, 100):
            assert await all_of(app, wanted, size) == [f"op-{n}" for n in found], wanted


async def test_times_within_a_millisecond_are_told_apart(fresh_app: Installation) -> None:
    app = fresh_app
    early, late = BEGAN + timedelta(microseconds=100), BEGAN + timedelta(microseconds=900)
    await entered(app, [made(1, created_at=early), made(2, created_at=late)])
    between = BEGAN + timedelta(microseconds=500)
    stored = await all_of(app, Wanted())
    assert sorted(stored) == ["op-1", "op-2"]
    since = await all_of(app, Wanted(since=between))
    until = await all_of(app, Wanted(until=between))
    assert sorted(since + until) == ["op-1", "op-2"], "each is on one side"


async def test_a_page_looks_at_so_many_records_and_no_more(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    monkeypatch.setattr(of_all, "_MOST_LOOKED_AT", 4)
    monkeypatch.setattr(of_all, "_AT_ONCE", 2)
    await entered(app, [made(0, S.FAILED), *(made(number) for number in range(1, 9))])
    wanted = Wanted(status=S.FAILED)
    records, place = await app.operations_of_all.page(wanted, "", 10)
    assert (records, place is not None) == ([], True), "a short page, and not the last"
    assert await all_of(app, wanted) == ["op-0"]
    monkeypatch.setattr(of_all, "_MOST_PAGES", 1)
    assert await all_of(app, Wanted(operation=OperationName.SERVICE_UPDATE)) == [
        f"op-{number}" for number in (8, 6, 4, 2, 0)
    ]


async def test_a_row_without_a_record_counts_for_nothing(fresh_app: Installation) -> None:
    """A start that stopped behind its row never happened."""
    app = fresh_app
    await entered(app, [made(1), made(3)])
    await app.log_index.enter([logged(made(2)), logged(made(4))])
    for size in (1, 100):
        assert await all_of(app, Wanted(), size) == ["op-3", "op-1"]


async def test_a_start_that_is_refused_leaves_no_row(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    before = await index(app)
    record = await start_backup(app, SECOND)
    another = Start(OperationName.BACKUP, SERVICE, "ada", "http", {"name": "third"})
    with pytest.raises(Problem, match="OperationInProgress"):
        await app.engine.start(another)
    assert set(await index(app)) - set(before) == {logged(record.operation).key}
    with pytest.raises(RowExists):
        await app.records.add(record.operation, "hash", lock=False)
    assert logged(record.operation).key in await index(app), "its record is there"
    await run(app, record)
    [found], _ = await app.operations_of_all.page(Wanted(), "", 1)
    assert found.operation.id == record.operation.id
    assert found.operation.status is S.SUCCEEDED, "the record as it is now"


async def test_what_is_under_way_is_read_from_recoverys_index(fresh_app: Installation) -> None:
    app = fresh_app
    running, waiting = made(1, S.RUNNING), made(2, S.NOT_STARTED)
    settling, older = made(3), made(0, S.RUNNING)
    await entered(app, [running, waiting, settling, older, made(4)])
    for one in (running, waiting, settling, older):
        await app.in_flight.add(one.service, one.id)
    await app.in_flight.add("contoso-9", "never-written")
    for size in (1, 100):
        assert await all_of(app, Wanted(status=S.RUNNING), size) == ["op-1", "op-0"]
    assert await all_of(app, Wanted(status=S.NOT_STARTED)) == ["op-2"]
    assert await all_of(app, Wanted(status=S.RUNNING, caller="grace")) == ["op-0"]
    for row in await index(app):
        await app.log_index._table.delete("log", row)
    assert await all_of(app, Wanted(status=S.RUNNING)) == ["op-1", "op-0"], "it needs no other"


async def test_the_sweep_removes_rows_that_have_had_their_time(fresh_app: Installation) -> None:
    app, clock = fresh_app, Later()
    app.sweep._clock = clock
    now = clock.now()
    old, dangling, young = (
        made(number, created_at=now - timedelta(days=days), completed_at=now - timedelta(days=days))
        for number, days in ((1, LOG_DAYS + 1), (2, LOG_DAYS + 1), (3, LOG_DAYS - 1))
    )
    await entered(app, [old, young])
    await app.log_index.enter([logged(dangling)])
    await app.sweep.run()
    assert await index(app) == [logged(young).key]
    assert await all_of(app, Wanted()) == ["op-3"]


async def test_records_of_an_earlier_version_are_entered_piece_by_piece(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    operations = [made(number) for number in range(7)]
    await entered(app, operations)
    whole = await index(app)
    for row in whole:
        await app.log_index._table.delete("log", row)
    monkeypatch.setattr(log_filling, "_PAGES", 1)
    scan = app.log_filling.table.scan
    monkeypatch.setattr(app.log_filling.table, "scan", lambda after: scan(after=after, size=3))
    sums = [await app.log_filling.run() for _ in range(8)]
    assert sum(sums) == 7
    assert max(sums) <= 3, "a bounded piece a run"
    assert await index(app) == whole
    assert await app.cursors.get("log-filling") == ("~", "~")

    await app.log_index._table.delete("log", whole[0])
    assert await app.log_filling.run() == 0, "once"
    await app.cursors._table.delete("cursor", "log-filling")
    while await app.cursors.get("log-filling") != ("~", "~"):
        await app.log_filling.run()
    assert await index(app) == whole, f"{SERVICE} and all others"


async def test_records_that_an_earlier_version_writes_during_an_update_are_entered_a_day_later(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, clock = fresh_app, Later()
    filling = replace(app.log_filling, clock=clock)
    await entered(app, [made(1)])
    assert await filling.run() == 1
    # A process of the earlier version starts two more, which it enters nowhere.
    await entered(app, [made(2), made(3)])
    late = [logged(made(number)).key for number in (2, 3)]
    for row in late:
        await app.log_index._table.delete("log", row)
    clock.offset = timedelta(hours=23)
    assert await filling.run() == 0
    assert await all_of(app, Wanted()) == ["op-1"]
    clock.offset = timedelta(hours=25)
    monkeypatch.setattr(log_filling, "_PAGES", 1)
    scan = filling.table.scan
    monkeypatch.setattr(filling.table, "scan", lambda after: scan(after=after, size=2))
    assert await filling.run() <= 2, "a bounded piece a run"
    for _ in range(5):
        await filling.run()
    assert await all_of(app, Wanted()) == ["op-3", "op-2", "op-1"]
    assert await app.cursors.get("log-filling-again") == ("~", "~"), "and no more"


async def test_an_installation_that_was_filled_before_is_read_once_more_too(
    fresh_app: Installation,
) -> None:
    app, clock = fresh_app, Later()
    filling = replace(app.log_filling, clock=clock)
    await app.cursors.put("log-filling", ("~", "~"))
    await entered(app, [made(1)])
    await app.log_index._table.delete("log", logged(made(1)).key)
    assert await filling.run() == 0
    clock.offset = timedelta(hours=25)
    assert await filling.run() == 1
    assert await all_of(app, Wanted()) == ["op-1"]


async def test_times_outside_of_all_that_is_stored_are_the_ends_of_it(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await entered(app, [made(1), made(2)])
    whole = ["op-2", "op-1"]
    for early in (datetime(1969, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)):
        assert await all_of(app, Wanted(since=early)) == whole, early
        assert await all_of(app, Wanted(until=early)) == [], early
    late = datetime(9999, 12, 31, tzinfo=UTC)
    assert await all_of(app, Wanted(until=late)) == whole
    assert await all_of(app, Wanted(since=late)) == []
