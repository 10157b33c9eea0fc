"""A service with artifacts in most sections, and what tests of their pages look at and change."""

from typing import Any
from urllib.parse import quote

from playwright.async_api import Locator

from tests.portal.watched import Tab
from tests.support.api import Api, unique
from tests.support.certificates import Made

XSD = b'\xef\xbb\xbf<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>\r\n\x00\xff'
BRIDGE: dict[str, Any] = {
    "source": {"type": "FTP", "address": "ftp://files.contoso.example", "password": "ftp-secret"},
    "targets": [{"address": "one", "password": "one-secret"}, {"address": "two"}],
    "stages": [{"schema": "Order"}],
}


async def build(api: Api) -> str:
    """A service with something in most sections."""
    name = await api.service(unique("svc"), edition="Standard")
    await api.agreement(name, "Northwind-850")
    partners = [
        {"section": "partners", "name": f"Partner-{i:02}", "document": {"n": i}} for i in range(60)
    ]
    assert (await api.post(f"services/{name}/import", {"artifacts": partners})).status == 200
    await put(api, name, "schemas", "Order", {"targetNamespace": "http://contoso.example/order"})
    await put_bytes(api, name, "schemas", "Order", XSD)
    await put(api, name, "bridges", "Orders", BRIDGE)
    for made, what in (
        (Made("own", 12), "soon"),
        (Made("own", -3), "old"),
        (Made("own", 90), "good"),
    ):
        await put(api, name, "certificates", what, {})
        await put_bytes(api, name, "certificates", what, made.der)
    return name


async def put(api: Api, service: str, section: str, name: str, document: Any) -> str:
    """An artifact; its ETag."""
    path = f"services/{service}/artifacts/{section}/{quote(name, safe='')}"
    done = await api.put(path, {"document": document})
    assert done.status in (200, 201), done.body
    return done.headers["ETag"]


async def put_bytes(api: Api, service: str, section: str, name: str, data: bytes) -> None:
    """Content of an artifact."""
    path = f"services/{service}/artifacts/{section}/{name}/content"
    done = await api.put(path, data=data, headers={"Content-Type": "application/xml"})
    assert done.status in (200, 201), done.body


async def document(api: Api, service: str, section: str, name: str) -> Any:
    """The document of an artifact, as the API shows it."""
    path = f"services/{service}/artifacts/{section}/{quote(name, safe='')}"
    return (await api.get(path)).body["document"]


def text_of(tab: Tab) -> Locator:
    """The editor's field."""
    return tab.page.get_by_label("Document, as JSON")
