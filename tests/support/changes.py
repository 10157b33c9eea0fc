"""Changes that are done before their answer, and all that a service holds after them."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.numbers import Kind, SetNextBody
from shared.model.runtime import MicBody, ReceivedBody
from shared.model.schedule import ScheduleBody
from shared.model.sections import Section
from shared.model.service import Service, ServiceSettings
from shared.operations.immediate import service_update
from shared.rules.states import ServiceOperation
from shared.services.documents import open_document
from shared.services.services import Asked
from tests.support.scenes import FIRST, SERVICE, fill

Change = Callable[[Installation, Service], Awaitable[Any]]
Prepare = Callable[[Installation], Awaitable[None]]


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
        "startAt": "2035-01-01T02:00:00Z",
        "frequencyDays": 1,
        "retentionDays": 3,
    }
    before = await app.schedules.get(service.name)
    async with service_update(
        app.engine, service.name, service.id, "me", "PutSchedule", {}
    ) as entry:
        body = ScheduleBody.model_validate(members)
        await app.schedule_settings.put(service, body, "me", before, entry.open)


async def delete_schedule(app: Installation, service: Service) -> None:
    found = await app.schedule_settings.get(service)
    async with service_update(
        app.engine, service.name, service.id, "me", "DeleteSchedule", {}
    ) as entry:
        await app.schedule_settings.remove(service, found, entry.open)


def pin(pinned: bool) -> Change:
    async def change(app: Installation, service: Service) -> None:
        async with service_update(
            app.engine, service.name, service.id, "me", "PinBackup", {}
        ) as entry:
            await app.backups.pin(service.name, FIRST, pinned, entry.open)

    return change


def move(operation: ServiceOperation) -> Change:
    async def change(app: Installation, service: Service) -> None:
        await app.services.move(await app.services.require(service.name), operation, Asked("me"))

    return change


async def receive(app: Installation, service: Service) -> None:
    body = ReceivedBody(kind=Kind.GROUP, value=7, validity_days=3, message_id="m")
    assert not (await app.inbound.receive(service, "A", body)).duplicate


async def put_mic(app: Installation, service: Service) -> None:
    members = {"messageId": "m", "mic": "q83v", "algorithm": "MD5", "as2From": "a", "as2To": "b"}
    await app.inbound.put_mic(service, "A", MicBody.model_validate(members))


async def report_batch(app: Installation, service: Service) -> None:
    await app.batches.report(service, "B", 3)


async def with_batch(app: Installation) -> None:
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    item = ImportItem(section=Section.BATCHES, name="B", document={"agreement": "A"})
    await app.imports.write(service, [item])


def after(change: Change) -> Prepare:
    """What must have been done before."""

    async def prepare(app: Installation) -> None:
        await fill(app)
        await change(app, (await app.services.require(SERVICE)).service)

    return prepare


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
    "delete-schedule": delete_schedule,
    "pin": pin(True),
    "unpin": pin(False),
    "suspend": move(ServiceOperation.SUSPEND),
    "resume": move(ServiceOperation.RESUME),
    "stop": move(ServiceOperation.STOP),
    "start": move(ServiceOperation.START),
    "disable": move(ServiceOperation.DISABLE),
    "enable": move(ServiceOperation.ENABLE),
    "scale": scale,
    "settings": update_settings,
    "receive": receive,
    "mic": put_mic,
    "batch-activity": report_batch,
}

PREPARED: dict[str, Prepare] = {
    "delete-schedule": after(save_schedule),
    "unpin": after(pin(True)),
    "resume": after(move(ServiceOperation.SUSPEND)),
    "start": after(move(ServiceOperation.STOP)),
    "enable": after(move(ServiceOperation.DISABLE)),
    "batch-activity": with_batch,
}
"""What is there before a change, where that is more than the small service."""


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
    received = [n async for page in app.received.pages(service.id) for n in page]
    mics = [m async for page in app.mics.pages(service.id) for m in page]
    sessions = [s async for page in app.sessions.pages(service.id) for s in page]
    batches = app.configuration.names(service.id, Section.BATCHES)
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
        "backups": [
            (b.name, b.status, b.pinned) async for page in app.history.pages(SERVICE) for b in page
        ],
        "received": [(n.agreement, n.kind, n.value, n.message_id) for n in received],
        "mics": [(m.agreement, m.message_id, m.mic) for m in mics],
        "sessions": [(s.name, s.content, s.changed_time) for s in sessions],
        "active": [
            (a.batch, a.active_messages)
            for a in await app.batch_activities.active(service.id, batches)
        ],
    }
