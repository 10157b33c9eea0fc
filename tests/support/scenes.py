"""What the enumeration runs: operations on a small service, and what must hold after each."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from shared.backups.archive.reader import as_record, read_descriptor, section_records
from shared.backups.archive.secrets_reader import Secrets
from shared.blobs.backup_container import BackupContainer
from shared.clock import Clock
from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.backup import BackupBody, VerifyLevel
from shared.model.descriptor import Descriptor
from shared.model.numbers import Kind
from shared.model.restore import RestoreBody
from shared.model.schedule import ScheduleBody
from shared.model.sections import Section
from shared.model.service import Service, ServiceSettings, State
from shared.rules.states import ServiceOperation
from shared.sealing.keys_at_hand import KeysAtHand
from shared.sealing.local import LocalKey
from shared.services.documents import open_document
from shared.services.services import Asked
from shared.state.operations import OperationRow, place
from tests.support.api import partner_document, x12_document

SERVICE = "Contoso-B2B"
FIRST = "first-backup"
SECOND = "second-backup"
COPY = "Contoso-Copy"
ASKED = Asked("somebody")
EVERYTHING = {
    "agreements": {"A"},
    "partners": {"Northwind", "Fabrikam"},
    "schemas": {"s0", "s1", "s2"},
}
CHOSEN = {**EVERYTHING, "schemas": {"s0", "s1"}}


async def fill(
    app: Installation, more: Callable[[Installation, Service], Awaitable[None]] | None = None
) -> None:
    """A small service with a bit of everything, two numbers issued, and one backup.

    :param more: adds what the backup is to hold besides.
    """
    wanted = {"edition": "Basic", "accessControl": {"namespace": "acs", "key": "acs-secret"}}
    listed = await app.services.create(SERVICE, ServiceSettings.model_validate(wanted), ASKED)
    items = [ImportItem(section=Section.AGREEMENTS, name="A", document=x12_document())]
    items += [
        ImportItem(section=Section.PARTNERS, name=name, document=partner_document(name))
        for name in ("Northwind", "Fabrikam")
    ]
    items += [
        ImportItem(section=Section.SCHEMAS, name=f"s{i}", document={"password": f"p{i}"})
        for i in range(3)
    ]
    await app.imports.write(listed.service, items)
    for i in range(2):
        content = await app.content.put(listed.service.id, b"x" * (i + 1), "text/xml", None)
        await app.artifacts.put_content(listed.service, Section.SCHEMAS, f"s{i}", content)
    await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 2)
    if more is not None:
        await more(app, listed.service)
    await run(app, await start_backup(app, FIRST))


class Tomorrow(Clock):
    """A clock one day ahead, where one backup and one retention run are due."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=1)


async def scheduled(app: Installation) -> None:
    """The small service, with a schedule that is due tomorrow."""
    await fill(app)
    service = (await app.services.require(SERVICE)).service
    body = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": (app.clock.now() + timedelta(hours=1)).isoformat(),
        "frequencyDays": 1,
        "retentionDays": 2,
    }
    await app.schedule_settings.put(service, ScheduleBody.model_validate(body), "test", None)


async def start_backup(app: Installation, name: str) -> OperationRow:
    """Start a backup."""
    listed = await app.services.require(SERVICE)
    body = BackupBody(name=name, storage_account="offsite")
    return await app.backups.start(listed.service, body, "somebody", None)


async def start_delete(app: Installation) -> OperationRow:
    """Start the deletion of the service."""
    return await app.deletions.start(SERVICE, ASKED)


async def start_restore(app: Installation, backup: str = FIRST) -> OperationRow:
    """Start a restore of a backup."""
    body = {"backup": {"storageAccount": "offsite", "container": backup}}
    return await app.restores.start(RestoreBody.model_validate(body), "somebody", None)


async def run(app: Installation, record: OperationRow) -> None:
    """Deliver an operation's message."""
    operation = record.operation
    await app.engine.run(operation.service, operation.id, place(operation))


async def delivered(
    app: Installation,
    record: OperationRow,
    times: int,
    wait: float,
    meanwhile: Callable[[Installation], Awaitable[None]] | None = None,
) -> OperationRow:
    """Deliver the message, and let recovery look, until the operation has ended and is settled.

    :param wait: seconds between two deliveries.
    :param meanwhile: looks at what must hold at any time, before the first delivery too.
    """
    for _ in range(times):
        if meanwhile is not None:
            await meanwhile(app)
        await app.recovery.run()
        await run(app, record)
        found = await app.records.find(record.operation.service, record.operation.id)
        assert found is not None
        idle = [entry async for page in app.in_flight.pages() for entry in page] == []
        if found[0].operation.status.is_final() and idle:
            break
        await asyncio.sleep(wait)
    return found[0]


async def require_whole(app: Installation, name: str, *, alone: bool = True) -> None:
    """A backup that says it succeeded is whole: every line, every secret, every object.

    :param alone: and nothing of another run lies beside it.
    """
    container = BackupContainer(app.accounts.require("offsite", ""), name)
    descriptor = await read_whole(app, container)
    named = {part.blob for part in descriptor.sections} | {descriptor.secrets.blob}
    left = {path async for path in container.names() if path.startswith(("sections/", "secrets/"))}
    assert named <= left
    assert left == named or not alone, "blobs of other runs were left"


async def read_whole(app: Installation, container: BackupContainer) -> Descriptor:
    """Read every line, every secret and every object's size that a descriptor names.

    :raises Problem: naming what is not there.
    """
    descriptor = await read_descriptor(container, app.provider)
    secrets = (await Secrets.checked(container, descriptor, app.provider)).entries()
    for part in descriptor.sections:
        async for page in section_records(container, part):
            for line in page:
                if part.name == "content":
                    blob = container.blob(f"content/{line['sha256']}")
                    assert (await blob.get_blob_properties()).size == line["size"]
                else:
                    await secrets.put_back(part.name, as_record(part.blob, line))
    await secrets.require_end()
    return descriptor


async def require_no_backup(app: Installation, name: str) -> None:
    """A backup that failed left nothing that looks like one."""
    assert not await BackupContainer(app.accounts.require("offsite", ""), name).exists()


async def require_nothing_half_made(app: Installation) -> None:
    """At any moment: what has a descriptor is a whole backup (Velero: metadata goes first)."""
    async for listed in app.accounts.require("offsite", "").list_containers():
        container = BackupContainer(app.accounts.require("offsite", ""), listed.name)
        if await container.blob(f"{listed.name}.txt").exists():
            await require_whole(app, str(listed.name), alone=False)


async def require_nothing_under_way(app: Installation) -> None:
    """No lock and no row for recovery is left."""
    assert await app.records.active(SERVICE) is None
    assert [entry async for page in app.in_flight.pages() for entry in page] == []


async def after_backup(app: Installation, record: OperationRow) -> None:
    """The second backup is whole, or Failed with nothing left."""
    found = await app.history.get(SERVICE, SECOND)
    assert found is not None
    assert found.value.status == record.operation.status
    shown = (await app.services.require(SERVICE)).service.last_backup
    assert shown is not None
    assert (shown.name, shown.status) == (SECOND, record.operation.status)
    if record.operation.status == "Succeeded":
        await require_whole(app, SECOND)
    else:
        await require_no_backup(app, SECOND)
    await require_whole(app, FIRST)


async def after_delete(app: Installation, _record: OperationRow) -> None:
    """Nothing of the service is left but its backups and its ledger."""
    assert await app.directory.get(SERVICE) is None
    rows = [row async for page in app.ledger.pages(SERVICE) for row in page]
    assert [(row.agreement, row.owner) for row in rows] == [("A", "")]
    await require_whole(app, FIRST)


async def after_restore(app: Installation, record: OperationRow) -> None:
    """The service is as it was backed up, suspended, and continues its numbers."""
    listed = await app.services.require(SERVICE)
    if record.operation.status != "Succeeded":
        assert listed.service.state is State.RESTORE_FAILED
        return
    assert listed.service.state is State.SUSPENDED
    sections = {}
    await app.services.move(listed, ServiceOperation.RESUME, ASKED)
    # On a busy machine the short lease of a scene runs out here too.
    again = await delivered(app, await start_backup(app, "again"), 60, 0.5)
    assert again.operation.status == "Succeeded", again.operation.error
    offsite = app.accounts.require("offsite", "")
    for name in (FIRST, "again"):
        descriptor = await read_descriptor(BackupContainer(offsite, name), app.provider)
        sections[name] = {part.name: part.lines_sha256 for part in descriptor.sections}
    since = sections["again"].keys() - sections[FIRST].keys()
    younger = {name: sections["again"].pop(name) for name in since}
    assert sections[FIRST] == sections["again"]
    assert set(younger.values()) <= {hashlib.sha256().hexdigest()}, "a younger section is empty"
    numbers = await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1)
    assert numbers[0].value == 3


async def start_chosen_restore(app: Installation) -> OperationRow:
    """Start a restore of a part, under another name, with values of its own."""
    body = {
        "backup": {"storageAccount": "offsite", "container": FIRST},
        "service": {"name": COPY, "accessControl": {"namespace": "copy", "key": "copy-secret"}},
        "exclude": [{"section": "schemas", "name": "s2"}],
        "replace": [{"section": "schemas", "name": "s0", "pointer": "/password", "value": "new"}],
        "controlNumbers": {"policy": "advance", "by": 100},
    }
    return await app.restores.start(RestoreBody.model_validate(body), "somebody", None)


async def after_chosen_restore(app: Installation, _record: OperationRow) -> None:
    """Nothing but what was chosen, with the values that were given, and numbers further on."""
    listed = await app.services.require(COPY)
    assert listed.service.state is State.SUSPENDED
    key = await app.keys.data_key(listed.service.id)
    settings = await app.configuration.settings(listed.service.id)
    assert settings is not None
    opened = open_document(key, "service", "service", settings.document)
    assert opened["accessControl"] == {"namespace": "copy", "key": "copy-secret"}
    schemas = {}
    async for page in app.artifacts.pages(listed.service, Section.SCHEMAS, "", 100):
        schemas |= {v.value.name: v.value for v in page}
    assert schemas.keys() == {"s0", "s1"}
    first = schemas["s0"]
    assert open_document(key, first.section, first.name, first.document) == {"password": "new"}
    await app.services.move(listed, ServiceOperation.RESUME, ASKED)
    numbers = await app.allocator.allocate(COPY, "A", [Kind.INTERCHANGE], 1)
    assert numbers[0].value == 103
    # The same stream: the service that was backed up goes on behind its copy.
    numbers = await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1)
    assert numbers[0].value == 104


async def start_purge(app: Installation) -> OperationRow:
    """Start the deletion of the first backup."""
    found = await app.backups.get(SERVICE, FIRST)
    return await app.backups.delete(found, force=True, caller="somebody", operation_id=None)


async def after_purge(app: Installation, record: OperationRow) -> None:
    """The container is gone, and the history says so."""
    found = await app.history.get(SERVICE, FIRST)
    assert found is not None
    assert found.value.status == "Deleted"
    assert found.value.deleted_by == record.operation.id
    await require_no_backup(app, FIRST)


async def start_verify(app: Installation) -> OperationRow:
    """Start a verify of the first backup, with a scratch service."""
    found = await app.backups.get(SERVICE, FIRST)
    return await app.verifications.start(found.value, VerifyLevel.RESTORE, "somebody", None)


async def after_verify(app: Installation, record: OperationRow) -> None:
    """The verdict stands, nobody uses the backup any more, and nothing of the scratch is left."""
    found = await app.history.get(SERVICE, FIRST)
    assert found is not None
    assert (found.value.verify_status, found.value.users) == ("Succeeded", [])
    assert found.value.verify_operation == record.operation.id
    listed = [s async for page in app.directory.pages() for s in page]
    assert [one.service.name for one in listed] == [SERVICE]
    numbers = await app.allocator.allocate(SERVICE, "A", [Kind.INTERCHANGE], 1)
    assert numbers[0].value == 3
    containers = app.accounts.state.list_containers(name_starts_with="interkeep-verify")
    assert [one.name async for one in containers] == []


async def wrap_with_former(app: Installation) -> None:
    """Let the service's data key be wrapped with the former key, as before its rotation."""
    former = app.settings.sealing_keys_former[0]
    assert isinstance(former, bytes)
    key = LocalKey(former)
    service = (await app.services.require(SERVICE)).service
    found = await app.configuration.wrapped_key(service.id)
    assert found is not None
    wrapped = await KeysAtHand(key, key).wrap(await app.provider.unwrap(found.value))
    await app.configuration.write_key(service.id, wrapped, found.etag)


async def start_rotation(app: Installation) -> OperationRow:
    """Start a key rotation."""
    return await app.key_rotation.start("somebody", None)


async def after_rotation(app: Installation, _record: OperationRow) -> None:
    """The data key is wrapped with the current key, and opens what it sealed."""
    service = (await app.services.require(SERVICE)).service
    found = await app.configuration.wrapped_key(service.id)
    assert found is not None
    assert found.value.key_id == app.provider.wrapping_key_id
    stored = await app.configuration.settings(service.id)
    assert stored is not None
    key = await app.keys.data_key(service.id)
    opened = open_document(key, "service", "service", stored.document)
    assert opened["accessControl"] == {"namespace": "acs", "key": "acs-secret"}
