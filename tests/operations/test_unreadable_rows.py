"""Rows that this version cannot read: they stop no timer's work for others, and delete nothing."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.installation.installation import Installation
from shared.model.numbers import Kind
from shared.model.runtime import MicBody, ReceivedBody
from shared.rules.naming import service_key
from shared.state import operations, received_numbers, schedules
from shared.state.row_keys import encoded
from shared.storage import tables as gateway
from shared.storage.table_wire import typed
from shared.storage.tables import Row, SchemaTooNew
from tests.operations.test_sweep import Later
from tests.services.test_collection import DAY, Stage, stage
from tests.support.scenes import SECOND, SERVICE, fill, scheduled, start_backup

__all__ = ["stage"]


@contextmanager
def newer(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is written meanwhile is written by a later version."""
    with patch.context() as patched:
        patched.setattr(gateway, "_VERSION", typed(99, "v"))
        yield


async def test_recovery_passes_over_entries_that_it_cannot_read(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = fresh_app
    await fill(app)
    record = await start_backup(app, SECOND)
    await app.engine._queue.client.clear_messages()
    with newer(monkeypatch):
        await app.in_flight.add("Aaaaaa", "newer")
    table = app.table(operations.IN_FLIGHT_TABLE)
    await table.insert(Row("operation", "aaaaab!lacks", {"service": "Aaaaab"}))
    monkeypatch.setattr(
        app.engine, "settings", app.settings.model_copy(update={"recovery_nudge_seconds": 0})
    )
    await asyncio.sleep(1.1)
    with caplog.at_level(logging.ERROR, logger="interkeep.storage"):
        assert await app.recovery.run() == 1
    assert "Deploy that version or a later one" in caplog.text
    assert "RowUnreadable" in caplog.text
    assert "and 1 more" in caplog.text
    [message] = [m async for m in app.engine._queue.client.receive_messages()]
    assert record.operation.id in message.content


async def test_what_collects_content_does_not_pass_over_them(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation that cannot be read may be the one that uses the bytes."""
    await stage.put("other", b"<before/>")
    await stage.put("other", b"<after/>")
    await stage.collect()
    with newer(monkeypatch):
        await stage.app.in_flight.add(SERVICE, "newer")
    stored = await stage.stored()
    with pytest.raises(SchemaTooNew):
        await stage.collect(DAY)
    assert await stage.stored() == stored


async def test_a_schedule_is_run_beside_a_due_row_that_cannot_be_read(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, clock = fresh_app, Later()
    await scheduled(app)
    clock.offset = timedelta(days=1)
    table = app.table(schedules.TABLE)
    before = "d!2000-01-01T00:00:00.000Z!backup!"
    with newer(monkeypatch):
        await table.insert(Row("schedule", f"{before}a", {"service": "Aaaaaa"}))
    await table.insert(Row("schedule", f"{before}b", {}))
    await table.insert(Row("schedule", "d!2000-01-01T00:00:00.000Z!other!c", {"service": "C"}))
    assert await replace(app.tick, clock=clock).run() > 0
    assert await app.records.active(SERVICE) is not None, "its backup was started"


async def test_the_sweep_goes_on_behind_them(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, clock = fresh_app, Later()
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    for value in (1, 2):
        body = ReceivedBody(kind=Kind.INTERCHANGE, value=value, validity_days=1, message_id="m")
        with newer(monkeypatch) if value == 1 else monkeypatch.context():
            await app.inbound.receive(service, "A", body)
    table = app.table(received_numbers.TABLE)
    await table.insert(Row("!", "lacks", {}))
    clock.offset = timedelta(days=2)
    monkeypatch.setattr(app.sweep, "_clock", clock)
    assert await app.sweep.run() == 1
    with pytest.raises(SchemaTooNew):
        await app.received.get(service.id, "A", Kind.INTERCHANGE, 1)
    assert await app.received.get(service.id, "A", Kind.INTERCHANGE, 2) is None


async def test_mic_values_end(fresh_app: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    app, clock = fresh_app, Later()
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    monkeypatch.setattr(app.inbound, "_clock", clock)
    for days in (0, 100):
        clock.offset = timedelta(days=days)
        mic = {"messageId": f"m{days}", "mic": "q83v", "algorithm": "sha-256"}
        names = {"as2From": "a", "as2To": "b"}
        await app.inbound.put_mic(service, "A", MicBody.model_validate({**mic, **names}))
    monkeypatch.setattr(app.sweep, "_clock", clock)
    for days, left in ((179, ["m0", "m100"]), (181, ["m100"]), (281, [])):
        clock.offset = timedelta(days=days)
        await app.sweep.run()
        found = [await app.mics.get(service.id, "A", one) for one in ("m0", "m100")]
        assert [one.value.message_id for one in found if one] == left, days


async def test_what_is_newer_is_never_written_over(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    await fill(app)
    with newer(monkeypatch):
        listed = await app.services.require(SERVICE)
        await app.directory.change(listed.service, listed.etag)
    with pytest.raises(SchemaTooNew):
        await app.services.require(SERVICE)
    row = await app.directory._table.get("service", encoded(service_key(SERVICE)))
    assert row is not None
    with pytest.raises(SchemaTooNew):
        dict(row.values)
