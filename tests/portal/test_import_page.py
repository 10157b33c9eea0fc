"""Import in the portal: folders of mixed files, made at run time, end up in the service."""

import asyncio
import base64
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.async_api import Locator, Route, expect

from localhost.stack import HostProcess
from tests.portal.looks import require_fit
from tests.portal.watched import Tab
from tests.support.api import Api, api_of, partner_document, unique, x12_document
from tests.support.certificates import Made

pytestmark = pytest.mark.asyncio(loop_scope="module")

XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:contoso:order"/>'
XSLT = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'
BIG = 12345678901234567890
HOSTILE = "<img src=x onerror=alert(1)> & 'co'"
SLOW = 60_000
"""Milliseconds that an import may take where the machine is busy."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host."""
    async with api_of(host.base_url, host.keys.host) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def service(api: Api) -> str:
    """An empty service."""
    return await api.service(unique("svc"), edition="Standard")


def written(folder: Path, files: dict[str, bytes | str | Any]) -> Path:
    """A folder with files: bytes, a text, or a value that becomes JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            text = content if isinstance(content, str) else json.dumps(content)
            content = text.encode()
        path.write_bytes(content)
    return folder


async def choose(tab: Tab, service: str, folder: Path) -> None:
    """Open the page, and choose a folder."""
    await tab.open(f"/services/{service}/import")
    await tab.settle()
    await tab.page.locator("[data-choose=folder]").set_input_files(folder)
    await expect(tab.page.get_by_role("heading", name="recognised")).to_be_visible()


def button(tab: Tab, name: str) -> Locator:
    """A button by its name."""
    return tab.page.get_by_role("button", name=name, exact=True)


async def check(tab: Tab) -> str:
    """Have it checked; what was said."""
    await button(tab, "Check").click()
    said = tab.page.get_by_role("status").filter(has_text="Checked:")
    await expect(said).to_be_visible(timeout=SLOW)
    return await said.inner_text()


async def ended(tab: Tab) -> None:
    """Wait until the import has ended."""
    await expect(tab.page.get_by_text("The import has ended.")).to_be_visible(timeout=SLOW)


async def table(tab: Tab, name: str) -> list[list[str]]:
    """The cells of a table, by the name of what it scrolls in."""
    rows = tab.page.get_by_role("group", name=name).locator("tbody tr")
    return [[cell.strip() for cell in line.split("\t")] for line in await rows.all_inner_texts()]


async def artifact(api: Api, service: str, section: str, name: str) -> Any:
    """An artifact, as the API shows it."""
    found = await api.get(f"services/{service}/artifacts/{section}/{name}")
    assert found.status == 200, found.body
    return found.body


async def bytes_of(api: Api, service: str, section: str, name: str) -> bytes:
    """The content of an artifact."""
    return (await api.get(f"services/{service}/artifacts/{section}/{name}/content")).content


async def test_a_folder_of_mixed_files(tab: Tab, api: Api, service: str, tmp_path: Path) -> None:
    signing, chain = Made("signing.example.com"), Made("partner.example.com")
    folder = written(
        tmp_path / "contoso",
        {
            "partners/Northwind.json": partner_document("Northwind"),
            "all.json": {
                "artifacts": [
                    {
                        "section": "partners",
                        "name": "Fabrikam",
                        "document": partner_document("Fabrikam"),
                    },
                    {"section": "agreements", "name": "N-850", "document": x12_document()},
                ]
            },
            "schemas/Order.json": f'{{"big": {BIG}, "ratio": 1.50}}',
            "schemas/Order.xsd": XSD,
            "loose/Invoice.xsd": XSD,
            "loose/OrderToInvoice.xslt": XSLT,
            "loose/told-by-its-root.xml": XSLT,
            "templates/mail.html": "<p>Hello</p>",
            "lib/Helper.dll": b"MZ\x00\xff",
            "certs/signing.pfx": base64.b64decode(signing.pfx("right-secret")),
            "certs/partner.cer": chain.der,
            f"schemas/{HOSTILE}.xsd": XSD,
            # What is not taken.
            "certs/open.pem": chain.private_key(Encoding.PEM),
            "certs/old.p7b": b"x",
            "broken.json": '{"a": 1,\n "b" 2}',
            "config.json": {"a": 1},
            "readme.txt": "hello",
            ".DS_Store": b"x",
            "nobody.json": {"section": "nobodys", "name": "x", "document": {}},
            "zz/partners/NORTHWIND.json": {},
        },
    )
    await choose(tab, service, folder)
    await expect(
        tab.page.get_by_role("heading", name="12 artifacts were recognised")
    ).to_be_visible()
    await require_fit(tab, "what was recognised")
    refused = {row[0]: row[1] for row in await table(tab, "8 files were not taken")}
    assert {
        path.removeprefix("contoso/"): why.split(" ")[0:3] for path, why in refused.items()
    } == {
        ".DS_Store": ["A", "file", "of"],
        "broken.json": ["No", "JSON:", "line"],
        "certs/old.p7b": ["PKCS", "#7", "is"],
        "certs/open.pem": ["It", "holds", "a"],
        "config.json": ["JSON,", "but", "no"],
        "nobody.json": ["There", "is", "no"],
        "readme.txt": ["A", "file", "of"],
        "zz/partners/NORTHWIND.json": ["partners/NORTHWIND", "comes", "from"],
    }
    assert "line 2: A colon is expected" in refused["contoso/broken.json"]

    # A wrong password is told before anything is written; the right one opens it.
    password = tab.page.get_by_label("Password of contoso/certs/signing.pfx")
    await password.fill("wrong-secret")
    assert "11 would be created and 1 refused" in await check(tab)
    becomes = {row[0]: row[2] for row in await table(tab, "Becomes")}
    assert "does not open with this password" in becomes["signing"]
    assert (await api.get(f"services/{service}/artifacts/partners")).body["value"] == []
    await password.fill("right-secret")
    await password.press("Enter")
    await expect(tab.page.get_by_text("Checked: 12 would be created.")).to_be_visible(timeout=SLOW)
    await button(tab, "Import 12").click()
    await ended(tab)
    await require_fit(tab, "the report")
    report = await table(tab, "Report")
    assert {row[2] for row in report} == {"Created"}

    # All of it is there, as it was in the files.
    assert (await artifact(api, service, "schemas", "Order"))["document"] == {
        "big": BIG,
        "ratio": 1.5,
    }
    assert (await artifact(api, service, "schemas", "Invoice"))["document"] == {
        "targetNamespace": "urn:contoso:order"
    }
    assert (await artifact(api, service, "agreements", "N-850"))["document"] == masked()
    for section, name, data in (
        ("schemas", "Order", XSD.encode()),
        ("schemas", "Invoice", XSD.encode()),
        ("transforms", "OrderToInvoice", XSLT.encode()),
        ("transforms", "told-by-its-root", XSLT.encode()),
        ("templates", "mail", b"<p>Hello</p>"),
        ("assemblies", "Helper", b"MZ\x00\xff"),
        ("certificates", "partner", chain.der),
    ):
        assert await bytes_of(api, service, section, name) == data
    own = await artifact(api, service, "certificates", "signing")
    assert own["certificate"]["subject"] == "CN=signing.example.com"
    assert own["document"] == {"pfx": "********", "password": "********"}

    # Names are text, and secrets are nowhere.
    assert await tab.page.locator("main img").count() == 0
    whole = await tab.page.evaluate("""JSON.stringify([
        document.documentElement.outerHTML, {...sessionStorage, ...localStorage},
        [...document.querySelectorAll("input")].map((one) => one.value),
    ])""")
    assert "right-secret" not in whole
    assert "wrong-secret" not in whole
    assert signing.pfx("x")[:20] not in whole
    await tab.page.get_by_role("link", name=HOSTILE).click()
    await expect(tab.heading).to_have_text(HOSTILE)


async def test_what_exists_is_replaced_or_left_and_the_report_is_filtered(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    for name in ("old", "Order"):
        path = f"services/{service}/artifacts/schemas/{name}"
        await api.put(path, {"document": {"kept": True}})
        await api.put(f"{path}/content", data=b"before")
    folder = written(
        tmp_path / "x",
        {
            "schemas/ORDER.json": {"new": True},
            "schemas/old.xsd": XSD,
            "schemas/new.xsd": XSD,
            "agreements/nobodys.json": {"hostPartner": "nobody"},
        },
    )
    await choose(tab, service, folder)
    assert "1 would be created, 2 would be replaced, and 1 refused" in await check(tab)
    await tab.page.get_by_label("Leave it as it is").check()
    await expect(tab.page.get_by_text("2 would stay as is")).to_be_visible()
    await button(tab, "Import 1").click()
    await ended(tab)
    outcomes = {row[0]: row[2] for row in await table(tab, "Report")}
    left = "Left as it is"
    assert outcomes == {"new": "Created", "ORDER": left, "old": left, "nobodys": "Refused"}
    assert await bytes_of(api, service, "schemas", "old") == b"before"

    await tab.page.get_by_label("Outcome").select_option("refused")
    assert "outcome=refused" in tab.page.url
    assert [row[0] for row in await table(tab, "Report")] == ["nobodys"]
    async with tab.page.expect_download() as download:
        await button(tab, "Download CSV").click()
    text = (await (await download.value).path()).read_bytes().decode()
    lines = text.split("\r\n")
    assert lines[0] == "outcome,section,name,message,files"
    assert [line.split(",")[:3] for line in lines[1:-1]] == [["refused", "agreements", "nobodys"]]

    # Replaced: bytes alone leave the document, a document alone leaves the bytes.
    await choose(tab, service, folder)
    await check(tab)
    await button(tab, "Import 3").click()
    await ended(tab)
    outcomes = {row[0]: row[2] for row in await table(tab, "Report")}
    put = "Content put"
    assert outcomes == {"new": put, "ORDER": "Replaced", "old": put, "nobodys": "Refused"}
    assert await bytes_of(api, service, "schemas", "old") == XSD.encode()
    assert (await artifact(api, service, "schemas", "old"))["document"] == {"kept": True}
    assert (await artifact(api, service, "schemas", "Order"))["document"] == {"new": True}
    assert await bytes_of(api, service, "schemas", "Order") == b"before"


def masked() -> Any:
    """The agreement as the API shows it."""
    return json.loads(json.dumps(x12_document()).replace("agreement-secret", "********"))


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


async def test_more_than_a_request_takes_goes_in_several(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    items = [{"section": "transforms", "name": "t", "document": {"sourceSchema": "s999"}}]
    items += [{"section": "schemas", "name": f"s{i}", "document": {"i": i}} for i in range(1000)]
    folder = written(tmp_path / "many", {"all.json": items})
    sent: list[int] = []

    async def counted(route: Route) -> None:
        body = route.request.post_data_json
        assert body is not None
        sent.append(len(body["artifacts"]))
        await route.continue_()

    await tab.page.route("**/api/services/*/import**", counted)
    await choose(tab, service, folder)
    assert await check(tab) == "Checked: 1,001 would be created."
    # What names something of an earlier request cannot be told before that is written.
    await expect(tab.page.get_by_text("1,001", exact=False).first).to_be_visible()
    await button(tab, "Import 1,001").click()
    await ended(tab)
    assert sent == [1000, 1, 1000, 1]
    counts = {
        one["section"]: one["count"]
        for one in (await api.get(f"services/{service}/artifacts")).body["value"]
    }
    assert (counts["schemas"], counts["transforms"]) == (1000, 1)
    rows = tab.page.get_by_role("group", name="Report").locator("tbody tr")
    await expect(rows).to_have_count(100)
    await button(tab, "Show more").click()
    await expect(rows).to_have_count(200)


async def test_what_broke_in_the_middle_is_told_and_gone_on_with(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    folder = written(tmp_path / "x", {f"schemas/s{i}.xsd": f"{XSD}{i}" for i in range(4)})
    tries = 0

    async def gone(route: Route) -> None:
        nonlocal tries
        tries += 1
        await (route.abort("connectionreset") if tries == 2 else route.continue_())

    tab.expected.add("gone")
    await tab.page.route("**/content", gone)
    await choose(tab, service, folder)
    await check(tab)
    await button(tab, "Import 4").click()
    await expect(tab.page.get_by_text("A request failed.")).to_be_visible(timeout=SLOW)
    await expect(tab.page.locator(".problem")).to_contain_text("Unreachable")
    outcomes = {row[0]: row[2] for row in await table(tab, "Report")}
    assert outcomes == {"s0": "Created", "s1": "Unknown", "s2": "Not sent", "s3": "Not sent"}
    await require_fit(tab, "an import that broke")
    await button(tab, "Send the rest").click()
    await ended(tab)
    assert {row[2] for row in await table(tab, "Report")} == {"Created"}
    for number in range(4):
        got = await bytes_of(api, service, "schemas", f"s{number}")
        assert got == f"{XSD}{number}".encode()
    assert tries == 5

    # A request that is refused as a whole, for now: nothing of it was written.
    held = {"error": {"code": "ConfigurationHeld", "message": "A backup is reading it."}}
    tab.expected.add("409 /import")

    async def busy(route: Route) -> None:
        if "validateOnly" in route.request.url:
            return await route.continue_()
        headers = {"Retry-After": "2", "Content-Type": "application/json"}
        return await route.fulfill(status=409, headers=headers, body=json.dumps(held))

    await tab.page.route("**/api/services/*/import**", busy)
    await choose(tab, service, written(tmp_path / "y", {"partners/P.json": {"p": 1}}))
    await check(tab)
    await button(tab, "Import 1").click()
    await expect(tab.page.locator(".problem")).to_contain_text("It can be tried again in")
    assert [row[2] for row in await table(tab, "Report")] == ["Not sent"]
    await tab.page.unroute("**/api/services/*/import**")
    await button(tab, "Send the rest").click()
    await ended(tab)
    assert (await artifact(api, service, "partners", "P"))["document"] == {"p": 1}


async def test_it_can_be_stopped_and_leaving_asks(tab: Tab, service: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "x", {f"schemas/s{i}.xsd": XSD for i in range(3)})
    under_way: asyncio.Queue[Route] = asyncio.Queue()

    async def wait(route: Route) -> None:
        await under_way.put(route)

    await choose(tab, service, folder)
    await check(tab)
    await tab.page.route("**/content", wait)
    await button(tab, "Import 3").click()
    await expect(tab.page.get_by_text("Stay on this page")).to_be_visible()
    await tab.page.get_by_role("link", name="Health").click()
    dialog = tab.page.get_by_role("dialog", name="Leave while the import runs?")
    await dialog.get_by_role("button", name="Stay").click()
    content = await asyncio.wait_for(under_way.get(), SLOW / 1000)
    await button(tab, "Stop after this request").click()
    await content.continue_()
    await expect(tab.page.get_by_text("It was stopped.")).to_be_visible(timeout=SLOW)
    outcomes = [row[2] for row in await table(tab, "Report")]
    assert outcomes == ["Created", "Not sent", "Not sent"]
    await tab.page.get_by_role("link", name="Health").click()
    await expect(tab.heading).to_have_text("Health")


@pytest.mark.parametrize("by", ["Health", "Forget the key"])
async def test_who_leaves_sends_no_more(tab: Tab, service: str, tmp_path: Path, by: str) -> None:
    folder = written(tmp_path / "x", {f"schemas/s{i}.xsd": XSD for i in range(3)})
    under_way: asyncio.Queue[Route] = asyncio.Queue()
    await choose(tab, service, folder)
    await check(tab)
    await tab.page.route("**/content", under_way.put)
    await button(tab, "Import 3").click()
    first = await asyncio.wait_for(under_way.get(), SLOW / 1000)
    if by == "Health":
        await tab.page.get_by_role("link", name=by).click()
        await button(tab, "Leave").click()
        await expect(tab.heading).to_have_text(by)
    else:
        await tab.page.locator(".who summary").click()
        await button(tab, by).click()
        await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    async with tab.page.expect_response("**/content"):
        await first.continue_()
    await tab.page.wait_for_timeout(500)
    assert under_way.empty()


async def test_files_are_dropped_and_too_many_are_refused(tab: Tab, service: str) -> None:
    drop = """(count) => {
        const transfer = new DataTransfer();
        for (let one = 0; one < count; one += 1) {
            transfer.items.add(new File(["<a/>"], `s${one}.xsd`));
        }
        const target = document.querySelector("main");
        for (const type of ["dragover", "drop"]) {
            const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
            target.dispatchEvent(new DragEvent(type, options));
        }
    }"""
    await tab.open(f"/services/{service}/import")
    await tab.settle()
    await require_fit(tab, "import")
    await tab.page.evaluate(drop, 5_001)
    await expect(tab.page.get_by_text("more than 5,000 files")).to_be_visible()
    await tab.page.evaluate(drop, 3)
    await expect(
        tab.page.get_by_role("heading", name="3 artifacts were recognised")
    ).to_be_visible()
    await button(tab, "Choose others").click()
    await expect(tab.page.get_by_text("Drop files or a folder here")).to_be_visible()


async def test_the_keyboard_chooses_files(tab: Tab, service: str, tmp_path: Path) -> None:
    written(tmp_path, {"a.xsd": XSD})
    await tab.open(f"/services/{service}/artifacts")
    await tab.press("button", "Import")
    await expect(tab.heading).to_have_text(f"Import into {service}")
    await tab.to(button(tab, "Choose files"))
    async with tab.page.expect_file_chooser() as chooser:
        await tab.page.keyboard.press("Enter")
    await (await chooser.value).set_files(tmp_path / "a.xsd")
    await tab.press("button", "Check")
    await tab.press("button", "Import 1")
    await ended(tab)
    assert [row[:3] for row in await table(tab, "Report")] == [["a", "schemas", "Created"]]


async def test_a_service_that_takes_no_changes_imports_nothing(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    await api.post(f"services/{service}/disable")
    await choose(tab, service, written(tmp_path / "x", {"partners/P.json": {}}))
    await expect(tab.page.get_by_text("its artifacts cannot change")).to_be_visible()
    await expect(button(tab, "Check")).to_have_attribute("aria-disabled", "true")
    await button(tab, "Check").click(force=True)
    await expect(tab.page.get_by_text("Checked:")).to_have_count(0)
    # Disabled while somebody looks: the check says it, at its place.
    await api.post(f"services/{service}/enable")
    await choose(tab, service, tmp_path / "x")
    await api.post(f"services/{service}/disable")
    tab.expected.add("409 /import")
    await button(tab, "Check").click()
    await expect(tab.page.locator(".problem")).to_contain_text("OperationNotAllowed")
