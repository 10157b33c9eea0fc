"""What a list of services shows of their schedules, and what that asks of storage."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from shared.installation.installation import Installation
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.schedule import Schedule, ScheduleBody
from shared.model.service import LastBackup, Service, ServiceSettings
from shared.services.services import Asked
from tests.app.scheduled import schedule
from tests.support.deployed import Deployed, Emulator
from tests.support.transport import FaultTransport

ASKED = Asked("ada", "http", None)


class Counting(FaultTransport):
    """Counts the questions to tables."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        if request.method == "GET":
            self.asked.append(request.url)
        return await super().send(request, **config)


@pytest.fixture
async def counted(
    emulator: Emulator, tmp_path: Path
) -> AsyncIterator[tuple[Installation, Counting]]:
    transport = Counting()
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=transport)
    yield app, transport
    await app.close()


async def service(app: Installation, name: str) -> Service:
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    return (await app.services.create(name, wanted, ASKED)).service


async def ran(app: Installation, of: Service, operation_id: str | None, **changes: Any) -> None:
    """A schedule whose last run was an operation."""
    now = app.clock.now()
    kept = Schedule(
        service=of.name,
        service_id=of.id,
        body=ScheduleBody.model_validate(schedule(**changes)),
        saved_at=now,
        saved_by="ada",
        next_run_at=now,
        last_run_at=now if operation_id else None,
        last_run_operation=operation_id,
    )
    await app.schedules.put(kept, None)


async def test_one_query_shows_the_schedules_of_all_services(
    counted: tuple[Installation, Counting],
) -> None:
    app, storage = counted
    names = [f"contoso-{number:02}" for number in range(12)]
    services = [await service(app, name) for name in names]
    for one in services[:-2]:
        await ran(app, one, "ended")
    last = LastBackup(name="b", status="Failed", completed_at=app.clock.now(), operation="ended")
    shown_last = [one.model_copy(update={"last_scheduled_backup": last}) for one in services]
    storage.asked.clear()
    shown = await app.listed_schedules.of(shown_last)
    assert len(storage.asked) == 1
    assert "interkeepSchedules" in storage.asked[0]
    assert set(shown) == {one.id for one in services[:-2]}
    assert {one["lastRunStatus"] for one in shown.values()} == {"Failed"}
    assert {one["frequencyDays"] for one in shown.values()} == {1}

    for page in (shown_last[3:5], shown_last[-3:], shown_last[-1:], []):
        found = await app.listed_schedules.of(page)
        assert set(found) == {one.id for one in page} & set(shown), "of these and no others"


async def test_runs_that_are_under_way_take_one_query_more(
    counted: tuple[Installation, Counting],
) -> None:
    app, storage = counted
    services = [await service(app, f"fabrikam-{number}") for number in range(5)]
    for one in services:
        await ran(app, one, f"run-{one.name}")
        await app.in_flight.add(one.name, f"run-{one.name}")
    storage.asked.clear()
    shown = await app.listed_schedules.of(services)
    assert len(storage.asked) == 2
    assert [shown[one.id]["lastRunStatus"] for one in services] == ["Running"] * 5


async def test_an_end_that_the_service_does_not_show_is_asked_of_the_log(
    counted: tuple[Installation, Counting],
) -> None:
    app, _ = counted
    one, gone = await service(app, "northwind-1"), await service(app, "northwind-2")
    record = Operation(
        id="run",
        operation=OperationName.BACKUP,
        service=one.name,
        service_id=one.id,
        status=OperationStatus.SUCCEEDED,
        caller="schedule",
        trigger="schedule",
        created_at=app.clock.now(),
    )
    await app.records.add(record, "hash", lock=False)
    await ran(app, one, "run")
    await ran(app, gone, "swept")
    shown = await app.listed_schedules.of([one, gone])
    assert shown[one.id]["lastRunStatus"] == "Succeeded"
    assert shown[gone.id]["lastRunStatus"] == "Unknown"


async def test_a_schedule_of_a_former_service_of_the_name_is_not_shown(
    counted: tuple[Installation, Counting],
) -> None:
    app, _ = counted
    one = await service(app, "adventure-1")
    await ran(app, one.model_copy(update={"id": "former"}), None)
    assert await app.listed_schedules.of([one]) == {}
