"""What a page's requests find: services and backups that the page takes as given."""

from collections.abc import Awaitable, Callable

from tests.api import Api, x12_document

Estate = Callable[[Api, str], Awaitable[None]]

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


async def a_service(api: Api, contoso: str) -> None:
    """A service that holds a bridge, and an agreement that issued five numbers."""
    service = await api.service(f"{contoso}-b2b", **_SETTINGS)
    await api.agreement(service, _AGREEMENT, x12_document())
    address = f"ftp://files.{contoso}.example"
    bridge = {"source": {"type": "FTP", "address": address, "password": "ftp-secret"}}
    put = await api.put(f"services/{service}/artifacts/bridges/Orders", {"document": bridge})
    assert put.status == 201, put.body
    for _ in range(5):
        await api.allocate(service, _AGREEMENT)


async def a_backup(api: Api, contoso: str) -> None:
    """A service with a backup."""
    await a_service(api, contoso)
    await api.backup(f"{contoso}-b2b", f"{contoso}-nightly")


async def a_loss(api: Api, contoso: str) -> None:
    """A service that was backed up, issued three more numbers, and is gone."""
    await a_backup(api, contoso)
    for _ in range(3):
        await api.allocate(f"{contoso}-b2b", _AGREEMENT)
    await api.succeeded(await api.delete(f"services/{contoso}-b2b"))


ESTATES: dict[str, Estate] = {
    "schedules.md": a_service,
    "restoring.md": a_loss,
}
"""By page; a page that is not here begins with nothing."""
