"""A machine whose clock is off: what that stops is told once an hour, and runs when it is right."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import ServiceRequestError

from shared.installation.installation import Installation
from shared.model.operation import NO_SERVICE, Operation, OperationName, OperationStatus
from tests.backups.kept import DAY, Kept
from tests.services.test_collection import StorageLater
from tests.support.scenes import SERVICE

_TAKES_SECONDS = 60


async def told(app: Installation) -> list[Operation]:
    """The installation's log, newest first."""
    return [r.operation async for page in app.records.pages(NO_SERVICE) for r in page]


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.getMessage() for record in caplog.records]
    return [line for line in lines if line.startswith("ClocksDiffer: ")]


@pytest.fixture(autouse=True)
async def _not_as_the_hour_ends() -> None:
    """What is told once an hour by the storage's clock is told twice over its end."""
    left = 3600 - datetime.now(UTC).timestamp() % 3600
    if left < _TAKES_SECONDS:
        await asyncio.sleep(left)


@pytest.fixture
async def later(kept: Kept) -> AsyncIterator[Installation]:
    """Another host, an hour later by the storage's clock; its own clock is off too."""
    transport = StorageLater(timedelta(hours=1))
    app = Installation(kept.app.settings, clock=kept.clock, transport=transport)
    yield app
    await app.close()


@pytest.mark.parametrize("wrong", [40 * DAY, -40 * DAY], ids=["ahead", "behind"])
async def test_what_a_wrong_clock_stops_is_told_once_an_hour(
    kept: Kept, later: Installation, wrong: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    kept.clock.wrong = wrong
    other = Installation(kept.app.settings, clock=kept.clock)
    before = len(await kept.backups())
    kept.clock.offset += 2 * DAY
    for app in (kept.app, other) * 2:
        assert await app.tick.run() == 0
        assert await app.sweep.run() == 0
    await other.close()
    assert len(await kept.backups()) == before
    [operation] = await told(kept.app)
    assert (operation.operation, operation.status) == (
        OperationName.RUN_SCHEDULES,
        OperationStatus.FAILED,
    )
    assert operation.error is not None
    assert operation.error.code == "ClocksDiffer"
    assert "Set the machine's clock" in operation.error.message
    assert "Backups that are due wait" in operation.error.message
    [alert] = alerts(caplog)
    assert operation.id in alert
    assert "service" not in operation.monitor()

    assert await later.sweep.run() == 0
    assert len(await told(kept.app)) == 2, "another hour"
    assert len(alerts(caplog)) == 2


async def test_what_waited_runs_when_the_clock_is_right_again(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.clock.offset += 3 * DAY
    kept.clock.wrong = 40 * DAY
    before = len(await kept.backups())
    assert await kept.app.tick.run() == 0
    kept.clock.wrong = timedelta()
    assert await kept.app.tick.run() > 0
    await kept.all_run()
    assert len(await kept.backups()) == before + 1
    [missed] = [r.getMessage() for r in caplog.records if r.getMessage().startswith("BackupMissed")]
    assert '"missed":2' in missed
    found = await kept.app.schedules.get(SERVICE)
    assert found is not None
    assert found.value.next_run_at is not None
    assert found.value.next_run_at > kept.clock.now()


async def test_a_timer_does_not_fail_because_it_cannot_tell(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_args: Any, **_named: Any) -> None:
        raise ServiceRequestError("away")

    kept.clock.wrong = 40 * DAY
    kept.clock.offset += DAY
    with monkeypatch.context() as patched:
        patched.setattr(kept.app.records, "add", away)
        assert await kept.app.tick.run() == 0
    assert "could not be told" in caplog.text
    assert len(alerts(caplog)) == 1
    assert await told(kept.app) == []
    with caplog.at_level(logging.ERROR):
        assert await kept.app.tick.run() == 0
    assert len(await told(kept.app)) == 1
    first, again = alerts(caplog)
    assert first.partition('"alertId"')[2] == again.partition('"alertId"')[2], "the same once more"
