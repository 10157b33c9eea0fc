"""Containers that are not a backup's: their names are refused, and what is in them stays."""

import pytest
from azure.storage.blob.aio import ContainerClient

from shared.blobs.backup_container import BackupContainer, Ownership
from shared.blobs.content_store import CONTAINER
from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupBody, BackupStatus, Trigger
from shared.model.problem import Code, Problem
from shared.model.service import ServiceSettings
from tests.support.scenes import ASKED, SERVICE, run

RESERVED = [
    "artifacts",
    "app-package-1",
    "azure-webjobs-hosts",
    "deploymentpackage",
    "interkeep-verify-1",
]


@pytest.mark.parametrize("name", RESERVED)
async def test_a_backup_cannot_have_their_names(fresh_app: Installation, name: str) -> None:
    app = fresh_app
    settings = ServiceSettings.model_validate({"edition": "Basic"})
    service = (await app.services.create(SERVICE, settings, ASKED)).service
    with pytest.raises(Problem) as refused:
        await app.backups.start(
            service, BackupBody(name=name, storage_account="default"), "x", None
        )
    assert (refused.value.code, refused.value.target) == (Code.INVALID_NAME, "/name")
    assert await app.history.get(SERVICE, name) is None


async def test_a_backup_of_that_name_becomes_the_content_store(fresh_app: Installation) -> None:
    """As an earlier version made it: what deletes that backup would delete all of the content."""
    app = fresh_app
    settings = ServiceSettings.model_validate({"edition": "Basic"})
    listed = await app.services.create(SERVICE, settings, ASKED)
    container = await made_as_before(app, await app.id(), listed.service.id)
    content = await app.content.put(listed.service.id, b"<schema/>", "text/xml", None)
    metadata = (await container.get_container_properties()).metadata
    assert metadata == {"interkeep_installation": await app.id(), "interkeep_kind": "content"}
    now = app.clock.now()
    backup = Backup(
        name=CONTAINER,
        id="an-operation",
        service=SERVICE,
        service_id=listed.service.id,
        edition="Basic",
        trigger=Trigger.ON_DEMAND,
        status=BackupStatus.SUCCEEDED,
        storage_account="default",
        container=CONTAINER,
        caller="x",
        started_at=now,
        completed_at=now,
        operation="an-operation",
    )
    await app.history.add(backup)
    found = await app.backups.get(SERVICE, CONTAINER)
    record = await app.backups.delete(found, force=True, caller="x", operation_id=None)
    await run(app, record)
    ended = await app.records.find(SERVICE, record.operation.id)
    assert ended is not None
    assert ended[0].operation.status == "Failed"
    assert await app.content.blob(listed.service.id, content.sha256).exists()


async def test_the_content_store_is_not_deleted_by_its_metadata(fresh_app: Installation) -> None:
    """Before anything was put since the upgrade it still says that it is a backup's."""
    app = fresh_app
    await made_as_before(app, await app.id(), "a-service")
    container = BackupContainer(app.accounts.state, CONTAINER)
    assert await container.is_made_by(Ownership(await app.id(), "a-service", "an-operation"))
    with pytest.raises(Problem) as refused:
        await container.delete()
    assert refused.value.code is Code.BACKUP_IN_USE
    assert await container.exists()


async def test_no_content_goes_into_another_installations_backup(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    container = await made_as_before(app, "another", "a-service")
    with pytest.raises(Problem) as refused:
        await app.content.put("a-service", b"<schema/>", "text/xml", None)
    assert refused.value.code is Code.STORAGE_UNAVAILABLE
    assert "another installation" in refused.value.message
    assert [name async for name in container.list_blob_names()] == []


async def made_as_before(app: Installation, installation: str, service_id: str) -> ContainerClient:
    """The content store's container, made by an earlier version for a backup of that name."""
    owner = Ownership(installation, service_id, "an-operation").metadata()
    older = {name: value for name, value in owner.items() if name != "interkeep_kind"}
    container = app.accounts.state.get_container_client(CONTAINER)
    await container.create_container(metadata=older)
    return container


async def test_the_content_store_is_nobodys_backup(fresh_app: Installation) -> None:
    app = fresh_app
    content = await app.content.put("a-service", b"<schema/>", "text/xml", None)
    container = BackupContainer(app.accounts.state, CONTAINER)
    made = await app.accounts.state.get_container_client(CONTAINER).get_container_properties()
    assert made.metadata == {
        "interkeep_installation": await app.id(),
        "interkeep_kind": "content",
    }
    assert not await container.is_made_by(Ownership(await app.id(), "a-service", "x"))
    await app.content.put("a-service", b"<other/>", "text/xml", None)
    assert await app.content.blob("a-service", content.sha256).exists()


async def test_a_container_of_another_kind_is_not_a_backups(fresh_app: Installation) -> None:
    app = fresh_app
    scratch = Ownership("i", "s", "o", "scratch")
    container = BackupContainer(app.accounts.state, "one-of-scratch")
    await container.create(scratch)
    assert await container.is_made_by(scratch)
    with pytest.raises(Problem) as taken:
        await container.create(Ownership("i", "s", "o"))
    assert taken.value.code is Code.BACKUP_NAME_IN_USE


async def test_a_schedule_of_a_service_that_is_called_so_runs(fresh_app: Installation) -> None:
    app = fresh_app
    settings = ServiceSettings.model_validate({"edition": "Basic"})
    service = (await app.services.create("App-Package", settings, ASKED)).service
    record = await app.backups.start_scheduled(
        service,
        name="app-package-20261201-020000",
        account="offsite",
        due_at=app.clock.now(),
        missed=0,
        operation_id="schedule-1",
    )
    await run(app, record)
    found = await app.records.find("App-Package", record.operation.id)
    assert found is not None
    assert found[0].operation.status == "Succeeded", found[0].operation.error
