"""Import of an integration account: its template, its parameters, its resources."""

import base64
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.portal.importing import (
    XSD,
    XSLT,
    artifact,
    bytes_of,
    check,
    choose,
    ended,
    masked,
    table,
    written,
)
from tests.portal.watched import Tab, button
from tests.support.api import Api, partner_document, unique, x12_document
from tests.support.certificates import Made

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def service(api: Api) -> str:
    """An empty service."""
    return await api.service(unique("svc"), edition="Standard")


def resource(kind: str, name: str, properties: Any, **more: Any) -> Any:
    """A resource of an integration account, as a template has it."""
    return {
        "type": f"Microsoft.Logic/integrationAccounts/{kind}",
        "apiVersion": "2019-05-01",
        "name": name,
        "properties": properties,
        **more,
    }


async def test_an_integration_account_as_exports_have_it(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    """A template with its parameters, packed as Azure hands it out, and resources by themselves."""
    made = Made("account.example.com")
    account = "parameters('integrationAccounts_contoso_name')"
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "integrationAccounts_contoso_name": {"type": "String"},
            "host": {"type": "string", "defaultValue": "Nobody"},
        },
        "variables": {"guest": "Fabrikam"},
        "resources": [
            {
                "type": "Microsoft.Logic/integrationAccounts",
                "name": f"[{account}]",
                "properties": {"state": "Enabled"},
                "resources": [{"type": "maps", "name": "A", "properties": {"content": XSLT}}],
            },
            resource(
                "partners", f"[concat({account}, '/Northwind')]", partner_document("Northwind")
            ),
            resource(
                "partners",
                f"[format('{{0}}/{{1}}', {account}, 'Fabrikam')]",
                {**partner_document("Fabrikam"), "createdTime": "2026-01-01T00:00:00Z"},
            ),
            resource(
                "agreements",
                f"[concat({account}, '/N-850')]",
                {
                    **x12_document(),
                    "hostPartner": "[parameters('host')]",
                    "guestPartner": "[variables('guest')]",
                    "metadata": {"note": "[[in brackets]"},
                },
            ),
            resource(
                "schemas",
                "contoso/Order",
                {"content": XSD, "contentType": "application/xml", "schemaType": "Xml"},
            ),
            resource(
                "certificates",
                "contoso/account",
                {"publicCertificate": base64.b64encode(made.der).decode(), "metadata": {"a": 1}},
            ),
            resource("sessions", "contoso/s", {"content": {}}),
            resource("partners", "[concat('contoso/', uniqueString('x'))]", {}),
            resource("partners", "contoso/P", {"secret": "[listKeys('x', 'y')]"}),
            {"type": "Microsoft.Web/sites", "name": "x", "properties": {}},
        ],
    }
    parameters = {
        "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentParameters.json#",
        "parameters": {"host": {"value": "Northwind"}},
    }
    folder = tmp_path / "exported"
    folder.mkdir()
    with zipfile.ZipFile(folder / "template.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("template.json", json.dumps(template))
        packed.writestr("parameters.json", json.dumps(parameters))
        packed.writestr("__MACOSX/._template.json", b"x")
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 nothing behind")
    linked = {
        "id": "/providers/Microsoft.Logic/integrationAccounts/contoso/schemas/Linked",
        "name": "Linked",
        "properties": {
            "schemaType": "Xml",
            "contentLink": {"uri": "https://contoso.example/?sig=s"},
        },
    }
    written(folder, {"list.json": {"value": [linked]}})
    await choose(tab, service, folder)
    refused = {row[0]: row[1] for row in await table(tab, "5 files were not taken")}
    place = "exported/template.zip/template.json/resources"
    assert refused[f"{place}/6"] == (
        "Microsoft.Logic/integrationAccounts/sessions is nothing that Interkeep keeps."
    )
    assert refused[f"{place}/7"].startswith("/name is an expression")
    assert refused[f"{place}/8"].startswith("/properties/secret is an expression")
    assert refused["exported/broken.zip"].startswith("It cannot be unpacked")
    assert refused["exported/template.zip/parameters.json"].startswith("Parameters of a template")
    await expect(tab.page.get_by_text("Its bytes are behind a link")).to_be_visible()
    assert await check(tab) == "Checked: 7 would be created."
    await button(tab, "Import 7").click()
    await ended(tab)
    assert {row[2] for row in await table(tab, "Report")} == {"Created"}
    agreement = (await artifact(api, service, "agreements", "N-850"))["document"]
    assert agreement == {
        **masked(),
        "metadata": {"note": "[in brackets]"},
    }
    fabrikam = await artifact(api, service, "partners", "Fabrikam")
    assert fabrikam["document"] == partner_document("Fabrikam")
    assert await bytes_of(api, service, "schemas", "Order") == XSD.encode()
    assert (await artifact(api, service, "schemas", "Order"))["document"] == {
        "contentType": "application/xml",
        "schemaType": "Xml",
    }
    assert await bytes_of(api, service, "transforms", "A") == XSLT.encode()
    assert await bytes_of(api, service, "certificates", "account") == made.der
    assert (await artifact(api, service, "schemas", "Linked"))["document"] == {"schemaType": "Xml"}
