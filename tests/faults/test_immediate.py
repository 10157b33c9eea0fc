"""Changes that are done before their answer, broken at each storage call: all or nothing.

The caller hears of a fault and asks again. Whatever the first request left, the second ends as if
it had been the only one, and recovery closes the record of the first by what it finds written.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from shared.installation import Installation
from shared.management.documents import open_document
from shared.management.services import Asked
from shared.model.artifact import ImportItem, Section
from shared.model.condition import unconditional
from shared.model.numbers import Kind, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.schedule import ScheduleBody
from shared.model.service import Service, ServiceSettings
from shared.operations.immediate import service_update
from shared.rules.states import ServiceOperation
from tests.deployed import Deployed, Emulator
from tests.faults.report import chosen, each, require_drawn
from tests.faults.scenes import SERVICE, fill
from tests.faults.test_enumeration import app_over, prepared
from tests.faults.transport import FaultTransport, ProcessStopped, Way

_RECOVERIES = 40
_DONE_ALREADY = {Code.ARTIFACT_NOT_FOUND, Code.OPERATION_NOT_ALLOWED}
"""What the second request may hear where the first one was done after all."""

Change = Callable[[Installation, Service], Awaitable[Any]]


async def put_artifact(app: Installation, service: Service) -> None:
    document = {"changed": True, "password": "another"}
    async with service_update(
        app.engine, service.name, service.id, "me", "PutArtifact", {}
    ) as entry:
        await app.artifacts.put(
            service, Section.SCHEMAS, "s0", document, unconditional, before_write=entry.open
        )


async def delete_agreement(app: Installation, service: Service) -> None:
    async with service_update(
        app.engine, service.name, service.id, "me", "DeleteArtifact", {}
    ) as entry:
        await app.artifacts.delete(service, Section.AGREEMENTS, "A", unconditional, entry.open)


async def put_content(app: Installation, service: Service) -> None:
    content = await app.content.put(service.id, b"<new/>", "text/xml", None)
    async with service_update(
        app.engine, service.name, service.id, "me", "PutContent", {}
    ) as entry:
        await app.artifacts.put_content(
            service, Section.SCHEMAS, "s0", content, unconditional, entry.open
        )


async def import_two(app: Installation, service: Service) -> None:
    items = [ImportItem(section=Section.SCHEMAS, name=n, document={}) for n in ("i0", "i1")]
    async with service_update(
        app.engine, service.name, service.id, "me", "ImportArtifacts", {}
    ) as entry:
        await app.imports.write(service, items, entry.open)


async def set_number(app: Installation, service: Service) -> None:
    body = SetNextBody(kind=Kind.INTERCHANGE, next=500)
    async with service_update(
        app.engine, service.name, service.id, "me", "SetControlNumber", {}
    ) as entry:
        await app.counters.set_next(service, "A", body, unconditional, entry.open)


async def save_schedule(app: Installation, service: Service) -> None:
    members = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": "2099-01-01T02:00:00Z",
        "frequencyDays": 1,
        "retentionDays": 3,
    }
    before = await app.schedules.get(service.name)
    async with service_update(
        app.engine, service.name, service.id, "me", "PutSchedule", {}
    ) as entry:
        body = ScheduleBody.model_validate(members)
        await app.schedule_settings.put(service, body, "me", before, entry.open)


async def suspend(app: Installation, service: Service) -> None:
    listed = await app.services.require(service.name)
    await app.services.move(listed, ServiceOperation.SUSPEND, Asked("me"))


async def scale(app: Installation, service: Service) -> None:
    await app.services.scale(await app.services.require(service.name), 2, Asked("me"))


async def update_settings(app: Installation, service: Service) -> None:
    members = {"edition": "Basic", "accessControl": {"namespace": "acs", "key": "renewed"}}
    listed = await app.services.require(service.name)
    await app.services.update(listed, ServiceSettings.model_validate(members), Asked("me"))


CHANGES: dict[str, Change] = {
    "put-artifact": put_artifact,
    "delete-artifact": delete_agreement,
    "put-content": put_content,
    "import": import_two,
    "set-number": set_number,
    "save-schedule": save_schedule,
    "suspend": suspend,
    "scale": scale,
    "settings": update_settings,
}


async def held(app: Installation) -> Any:
    """All that a service holds, as a reader sees it; not when, and not by which operation."""
    service = (await app.services.require(SERVICE)).service
    key = await app.keys.data_key(service.id)
    artifacts: dict[str, Any] = {}
    for section in (Section.SCHEMAS, Section.AGREEMENTS, Section.PARTNERS):
        async for page in app.artifacts.pages(service, section, "", 100):
            for found in page:
                one = found.value
                opened = open_document(key, one.section, one.name, one.document)
                artifacts[f"{section}/{one.name}"] = (opened, one.content)
                if one.content is not None:
                    [_ async for _ in app.content.open(service.id, one.content)]
    settings = await app.configuration.settings(service.id)
    assert settings is not None
    head = await app.configuration.head(service.id)
    assert head is not None
    ledger = [row async for page in app.ledger.pages(SERVICE) for row in page]
    schedule = await app.schedules.get(SERVICE)
    return {
        "state": (service.state, service.unit_count),
        "artifacts": artifacts,
        "counted": {section: n for section, n in head.counts.items() if n},
        "settings": open_document(key, "service", "service", settings.document),
        # Whose the numbers of a deleted agreement are, nobody asks: the next one of its name.
        "numbers": [
            (row.agreement, row.counters, row.owner == service.id)
            if f"{Section.AGREEMENTS}/{row.agreement}" in artifacts
            else (row.agreement, row.counters)
            for row in ledger
        ],
        "schedule": schedule.value.body if schedule else None,
    }


async def broken(deployed: Deployed, change: Change, call: int, way: Way) -> int:
    """One request, one of its calls broken; how many calls it made."""
    transport = FaultTransport()
    app = app_over(deployed, transport, patience=way.patience)
    service = (await app.services.require(SERVICE)).service
    transport.break_at(call, way)
    try:
        await change(app, service)
    except ProcessStopped:
        pass
    except BaseExceptionGroup as group:
        if group.subgroup(ProcessStopped) is None:
            raise
    except Exception:  # noqa: BLE001 - the caller is told to ask again
        pass
    calls = transport.calls
    transport.stopped = True
    await app.close()
    return calls


async def require_settled(app: Installation) -> None:
    """Recovery leaves no record open. (A row of a start that wrote none goes two minutes later.)"""
    for _ in range(_RECOVERIES):
        await app.recovery.run()
        listed = [entry async for page in app.in_flight.pages() for entry in page]
        left = [await app.records.find(entry.service, entry.operation_id) for entry in listed]
        pages = [page async for page in app.records.pages(SERVICE)]
        if not any(left) and all(r.operation.status.is_final() for page in pages for r in page):
            return
        await asyncio.sleep(0.3)
    raise AssertionError("a record stays open")


async def again(app: Installation, change: Change) -> Code | None:
    """The request once more; what it was refused with."""
    try:
        await change(app, (await app.services.require(SERVICE)).service)
    except Problem as problem:
        return problem.code
    return None


async def play(
    deployed: Deployed, change: Change, call: int, way: Way, before: Any, after: Any
) -> None:
    await broken(deployed, change, call, way)
    app = app_over(deployed, FaultTransport())
    try:
        found = await held(app)
        assert found in (before, after), "half of it is written"
        refused = await again(app, change)
        assert refused is None or (found == after and refused in _DONE_ALREADY), refused
        assert await held(app) == after
        await require_settled(app)
        assert await held(app) == after, "recovery changes nothing of what came later"
    finally:
        await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_that_breaks_is_done_or_not(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, name: str, way: Way
) -> None:
    require_drawn(name, way)
    change = CHANGES[name]
    whole = Deployed.new(emulator, tmp_path)
    await prepared(whole, fill)
    app = app_over(whole, FaultTransport())
    before = await held(app)
    calls = await broken(whole, change, 10_000, Way.FAILS_BEFORE)
    after = await held(app)
    await app.close()
    assert after != before

    async def one(call: int) -> None:
        deployed = Deployed.new(emulator, tmp_path)
        await prepared(deployed, fill)
        await play(deployed, change, call, way, before, after)

    await each(name, way, chosen(request, name, way, calls), one)
