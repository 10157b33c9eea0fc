"""What the pages of restoring show: a service with all settings, and backups of every kind."""

from azure.storage.blob import ContainerClient

from shared.installation.installation import Installation
from tests.support.api import Api, nobodys, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import another_installation, backed_up, copied

SERVICE, BACKUP = "contoso-orders", "contoso-orders-first"
PLAIN, PARTIAL = "fabrikam-plain", "fabrikam-partial"
WIDE = "adatum-wide-first"
"""Of a Basic service of two units, with more bridges than one unit holds."""
BOUNDED = "tailspin-bounded-first"
"""Of a service whose agreement has few numbers, and does not roll over."""
RENAMED, FORGED = "copied-by-hand", "written-over"

SETTINGS = {
    "edition": "Standard",
    "region": "West Europe",
    "accessControl": {"namespace": "contoso-acs", "key": "first-key"},
    "trackingDatabase": {
        "server": "sql.contoso.example",
        "name": "tracking",
        "login": "app",
        "password": "Old-Password-1",
    },
    "monitoringStore": {"storageAccount": "offsite"},
}


async def build(api: Api, deployed: Deployed, emulator: Emulator) -> tuple[str, str]:
    """Services and backups; of another installation the container of a backup whose key is at
    hand, and of one whose key is not."""
    await _orders(api)
    await _plain(api, deployed)
    await api.service("adatum-wide", unitCount=2)
    wide = [
        {"section": "bridges", "name": f"Bridge-{number}", "document": {}} for number in range(30)
    ]
    assert (await api.post("services/adatum-wide/import", {"artifacts": wide})).status == 200
    await api.backup("adatum-wide", WIDE)
    await api.service("tailspin-bounded")
    bounds = {
        "interchangeControlNumberUpperBound": 50,
        "rolloverInterchangeControlNumber": False,
    }
    await api.agreement("tailspin-bounded", "Few", nobodys(x12_document(**bounds)))
    await api.allocate("tailspin-bounded", "Few")
    await api.backup("tailspin-bounded", BOUNDED)
    offsite = deployed.offsite
    copied(offsite, BACKUP, offsite, RENAMED)
    copied(offsite, BACKUP, offsite, FORGED)
    with ContainerClient.from_connection_string(offsite, FORGED) as container:
        path = f"{BACKUP}.txt"
        text = container.download_blob(path).readall()
        forged = text.replace(b"West Europe", b"East Europe")
        container.upload_blob(path, forged, overwrite=True)
    found = []
    for same_key in (True, False):
        async with another_installation(deployed, emulator, same_key=same_key) as other:
            found.append((await backed_up(other))[1])
    return found[0], found[1]


async def _orders(api: Api) -> None:
    await api.service(SERVICE, **SETTINGS)
    await api.agreement(SERVICE, "Northwind-850")
    source = {"type": "FTP", "address": "ftp://files.contoso.example", "password": "ftp-secret"}
    path = f"services/{SERVICE}/artifacts/bridges/Orders"
    assert (await api.put(path, {"document": {"source": source}})).status == 201
    for _ in range(3):
        await api.allocate(SERVICE, "Northwind-850")
    await api.backup(SERVICE, BACKUP)
    for _ in range(3):
        await api.allocate(SERVICE, "Northwind-850")


async def _plain(api: Api, deployed: Deployed) -> None:
    """A service without settings, of whose backup the bytes of a schema are missing."""
    await api.service(PLAIN)
    schema = f"services/{PLAIN}/artifacts/schemas/Order"
    await api.put(schema, {"document": {}})
    await api.put(f"{schema}/content", data=b"<xs:schema/>")
    app = Installation(deployed.read())
    service_id = (await app.services.require(PLAIN)).service.id
    found = await app.configuration.artifact(service_id, "schemas", "order")  # type: ignore[arg-type]
    assert found is not None
    assert found.value.content is not None
    await app.content.blob(service_id, found.value.content.sha256).delete_blob()
    await app.close()
    body = {"name": PARTIAL, "storageAccount": "offsite"}
    monitor = await api.ended(await api.post(f"services/{PLAIN}/backups", body))
    assert monitor["status"] == "PartiallySucceeded", monitor
