"""Another installation that shares a storage account: what it stores there, nobody else knows."""

import base64
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from azure.storage.blob import ContainerClient

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.backup import BackupBody
from shared.model.sections import Section
from shared.model.service import ServiceSettings
from shared.services.services import Asked
from shared.settings.environment import read_settings
from tests.support.api import unique
from tests.support.deployed import Deployed, Emulator

ASKED = Asked("somebody")


@asynccontextmanager
async def another_installation(
    deployed: Deployed, emulator: Emulator, *, same_key: bool
) -> AsyncIterator[Installation]:
    """One with a state of its own, over the same second account."""
    settings = {**deployed.settings, "AzureWebJobsStorage": emulator.account()}
    if not same_key:
        settings["SEALING_KEY"] = base64.b64encode(secrets.token_bytes(32)).decode()
    parts = Installation(read_settings(settings))
    yield parts
    await parts.close()


async def backed_up(app: Installation, trigger: str = "onDemand") -> tuple[str, str]:
    """A service with a little in it, and a backup of it; their names."""
    service, backup = unique("svc"), unique("backup")
    wanted = ServiceSettings.model_validate({"edition": "Basic"})
    listed = await app.services.create(service, wanted, ASKED)
    item = ImportItem(section=Section.BRIDGES, name="b", document={"password": "p"})
    await app.imports.write(listed.service, [item])
    if trigger == "scheduled":
        record = await app.backups.start_scheduled(
            listed.service,
            name=backup,
            account="offsite",
            due_at=app.clock.now(),
            missed=0,
            operation_id=app.clock.new_id(),
        )
    else:
        body = BackupBody(name=backup, storage_account="offsite")
        record = await app.backups.start(listed.service, body, "somebody", None)
    await app.engine.run(service, record.operation.id)
    found = await app.history.get(service, backup)
    assert found is not None
    assert found.value.status == "Succeeded"
    return service, backup


def copied(source: str, container: str, target: str, name: str) -> str:
    """A container copied by hand, blob by blob, into an account under a name; that name."""
    with (
        ContainerClient.from_connection_string(source, container) as there,
        ContainerClient.from_connection_string(target, name) as here,
    ):
        here.create_container()
        for blob in there.list_blob_names():
            here.upload_blob(blob, there.download_blob(blob).readall())
    return name
