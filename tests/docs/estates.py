"""What a page's requests find: services and backups that the page takes as given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.storage.blob import ContainerClient

from shared.model.artifact import ImportItem
from shared.model.backup import BackupBody
from shared.model.numbers import Kind
from shared.model.sections import Section
from shared.model.service import ServiceSettings
from shared.services.services import Asked
from tests.support.api import Api, nobodys, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import another_installation


@dataclass(frozen=True)
class Ground:
    """What an estate is made on."""

    api: Api
    deployed: Deployed
    emulator: Emulator


Estate = Callable[[Ground, str], Awaitable[None]]

_AGREEMENT = "Fabrikam-850"
_SETTINGS = {
    "edition": "Standard",
    "region": "West Europe",
    "accessControl": {"namespace": "acs", "key": "first-key"},
    "trackingDatabase": {
        "server": "old.example",
        "name": "tracking",
        "login": "app",
        "password": "Old-password-1",
    },
}


async def a_service(on: Ground, contoso: str) -> None:
    """A service that holds a bridge, and an agreement that issued five numbers."""
    service = await on.api.service(f"{contoso}-b2b", **_SETTINGS)
    await on.api.agreement(service, _AGREEMENT, x12_document())
    address = f"ftp://files.{contoso}.example"
    bridge = {"source": {"type": "FTP", "address": address, "password": "ftp-secret"}}
    put = await on.api.put(f"services/{service}/artifacts/bridges/Orders", {"document": bridge})
    assert put.status == 201, put.body
    for _ in range(5):
        await on.api.allocate(service, _AGREEMENT)


async def a_backup(on: Ground, contoso: str) -> None:
    """A service with a backup."""
    await a_service(on, contoso)
    await on.api.backup(f"{contoso}-b2b", f"{contoso}-nightly")


async def a_loss(on: Ground, contoso: str) -> None:
    """A service that was backed up, issued three more numbers, and is gone."""
    await a_backup(on, contoso)
    for _ in range(3):
        await on.api.allocate(f"{contoso}-b2b", _AGREEMENT)
    await on.api.succeeded(await on.api.delete(f"services/{contoso}-b2b"))


async def a_failed_restore(on: Ground, contoso: str) -> None:
    """A service that was lost, and half restored from a backup that lacks a blob."""
    await a_backup(on, contoso)
    bad = await on.api.backup(f"{contoso}-b2b", f"{contoso}-bad")
    await on.api.succeeded(await on.api.delete(f"services/{contoso}-b2b"))
    with ContainerClient.from_connection_string(on.deployed.offsite, bad) as container:
        names = [name for name in container.list_blob_names() if "/partners" in name]
        container.delete_blob(*names)
    body = {"backup": {"storageAccount": "offsite", "container": bad}}
    monitor = await on.api.ended(await on.api.post("restores", body))
    assert monitor["error"]["code"] == "BlobMissing", monitor


async def a_lost_installation(on: Ground, contoso: str) -> None:
    """A backup of an installation whose state is gone; its key and its account are not."""
    async with another_installation(on.deployed, on.emulator, same_key=True) as app:
        wanted = ServiceSettings.model_validate({"edition": "Standard"})
        listed = await app.services.create(f"{contoso}-b2b", wanted, Asked("somebody"))
        document = nobodys(x12_document())
        item = ImportItem(section=Section.AGREEMENTS, name=_AGREEMENT, document=document)
        await app.imports.write(listed.service, [item])
        await app.allocator.allocate(f"{contoso}-b2b", _AGREEMENT, [Kind.INTERCHANGE], 2)
        body = BackupBody(name=f"{contoso}-last", storage_account="offsite")
        record = await app.backups.start(listed.service, body, "somebody", None)
        await app.engine.run(f"{contoso}-b2b", record.operation.id)


ESTATES: dict[str, Estate] = {
    "schedules.md": a_service,
    "restoring.md": a_loss,
    "disaster-recovery.md": a_lost_installation,
    "operations.md": a_failed_restore,
}
"""By page; a page that is not here begins with nothing."""
