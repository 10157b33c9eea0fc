"""Import in the portal: folders of mixed files, made at run time, end up in the service."""

import base64
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.async_api import expect

from tests.portal.importing import (
    SLOW,
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
from tests.portal.looks import require_fit
from tests.portal.watched import Tab, button
from tests.support.api import Api, partner_document, unique, x12_document
from tests.support.certificates import Made

pytestmark = pytest.mark.asyncio(loop_scope="module")

BIG = 12345678901234567890
HOSTILE = "<img src=x onerror=alert(1)> & 'co'"


@pytest_asyncio.fixture(loop_scope="module")
async def service(api: Api) -> str:
    """An empty service."""
    return await api.service(unique("svc"), edition="Standard")


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
    # Asked for early: the browser is told that a chooser is ours after the next key may be pressed.
    async with tab.page.expect_file_chooser(timeout=120_000) as chooser:
        await tab.press("button", "Import")
        await expect(tab.heading).to_have_text(f"Import into {service}")
        await tab.press("button", "Choose files")
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
