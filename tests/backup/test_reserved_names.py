"""Containers that are not a backup's: their names are refused, and what is in them stays."""

import pytest

from shared.blobs.backup_container import BackupContainer, Ownership
from shared.blobs.content_store import CONTAINER
from shared.installation import Installation
from shared.model.artifact import ImportItem, Section
from shared.model.backup import BackupBody
from shared.model.problem import Code, Problem
from shared.model.service import ServiceSettings
from tests.faults.scenes import ASKED, SERVICE, run

RESERVED = [
    "artifacts",
    "app-package-1",
    "azure-webjobs-hosts",
    "deploymentpackage",
    "interkeep-verify-1",
]


@pytest.mark.parametrize("name", RESERVED)
async def test_a_backup_cannot_have_their_names(installation: Installation, name: str) -> None:
    app = installation
    settings = ServiceSettings.model_validate({"edition": "Basic"})
    service = (await app.services.create(SERVICE, settings, ASKED)).service
    with pytest.raises(Problem) as refused:
        await app.backups.start(
            service, BackupBody(name=name, storage_account="default"), "x", None
        )
    assert (refused.value.code, refused.value.target) == (Code.INVALID_NAME, "/name")
    assert await app.history.get(SERVICE, name) is None


async def test_no_content_goes_into_the_container_of_a_backup(installation: Installation) -> None:
    """As an older version may have made it: what deletes that backup deletes all of the content."""
    app = installation
    settings = ServiceSettings.model_validate({"edition": "Basic"})
    listed = await app.services.create(SERVICE, settings, ASKED)
    owner = Ownership(await app.id(), listed.service.id, "an-operation")
    older = {name: v for name, v in owner.metadata().items() if name != "interkeep_kind"}
    container = app.accounts.state.get_container_client(CONTAINER)
    await container.create_container(metadata=older)
    item = ImportItem(section=Section.SCHEMAS, name="s", document={})
    await app.imports.write(listed.service, [item])
    with pytest.raises(Problem) as refused:
        await app.content.put(listed.service.id, b"<schema/>", "text/xml", None)
    assert refused.value.code is Code.STORAGE_UNAVAILABLE
    assert "remove the container by hand" in refused.value.message
    assert [name async for name in container.list_blob_names()] == []


async def test_the_content_store_is_nobodys_backup(installation: Installation) -> None:
    app = installation
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


async def test_a_container_of_another_kind_is_not_a_backups(installation: Installation) -> None:
    app = installation
    scratch = Ownership("i", "s", "o", "scratch")
    container = BackupContainer(app.accounts.state, "one-of-scratch")
    await container.create(scratch)
    assert await container.is_made_by(scratch)
    with pytest.raises(Problem) as taken:
        await container.create(Ownership("i", "s", "o"))
    assert taken.value.code is Code.BACKUP_NAME_IN_USE


async def test_a_schedule_of_a_service_that_is_called_so_runs(installation: Installation) -> None:
    app = installation
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
