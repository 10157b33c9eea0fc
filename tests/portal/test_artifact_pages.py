"""Artifacts in the portal: lists, a page for each with its content, deletion, who may change."""

import hashlib
import re
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.portal.artifacts import XSD, build, document, put, put_bytes, text_of
from tests.portal.looks import require_fit
from tests.portal.watched import Tab, as_reader, button
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(api: Api) -> str:
    """A service with something in most sections."""
    return await build(api)


@pytest.mark.parametrize(
    "path",
    [
        "artifacts",
        "artifacts/partners?namePrefix=part",
        "artifacts/certificates",
        "artifacts/templates",
        "artifacts/certificates/soon",
        "artifacts/bridges/Orders",
        "artifacts/bridges/Orders?edit=1",
        "artifacts/schemas/nobodys",
        "new-artifact/schemas",
    ],
)
async def test_pages_of_artifacts_have_no_barriers(tab: Tab, service: str, path: str) -> None:
    tab.expected.add("404 /nobodys")
    await tab.open(f"/services/{service}/{path}")
    await tab.settle()
    await require_fit(tab, path)


async def test_sections_are_counted_as_the_api_counts(tab: Tab, api: Api, service: str) -> None:
    await tab.open(f"/services/{service}/artifacts")
    await tab.settle()
    wanted = (await api.get(f"services/{service}/artifacts")).body["value"]
    rows = [line.split("\t") for line in await tab.page.locator("tbody tr").all_inner_texts()]
    assert [(row[0], int(row[1])) for row in rows] == [
        (one["section"], one["count"]) for one in wanted
    ]
    limits = {row[0]: row[2].strip() for row in rows}
    for one in wanted:
        limit = one.get("limit")
        said = "No limit" if limit is None else f"{one['count']} of {limit}"
        assert limits[one["section"]] == said
    await tab.page.get_by_role("link", name="partners").click()
    await expect(tab.page).to_have_url(re.compile("/artifacts/partners$"))
    await expect(tab.page.get_by_role("link", name="partners 62")).to_have_attribute(
        "aria-current", "page"
    )


async def test_a_section_comes_a_page_at_a_time_and_by_its_names(tab: Tab, service: str) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda one: asked.append(one.url))
    await tab.open(f"/services/{service}/artifacts/partners")
    rows = tab.page.locator("tbody tr")
    await expect(rows).to_have_count(50)
    await button(tab, "Load more").click()
    await expect(rows).to_have_count(62)
    await tab.page.get_by_label("Name begins with").press_sequentially("PARTNER-0")
    await expect(rows).to_have_count(10)
    await expect(tab.page).to_have_url(re.compile("namePrefix=PARTNER-0$"))
    # What was typed is asked for once, not with each letter.
    assert len({url for url in asked if "namePrefix=" in url}) <= 2
    await tab.page.reload()
    await expect(tab.heading).to_have_text(service)
    await expect(rows).to_have_count(10)
    await expect(tab.page.get_by_label("Name begins with")).to_have_value("PARTNER-0")
    await tab.page.get_by_label("Name begins with").fill("nobody")
    await expect(tab.page.get_by_text("No name begins with nobody.")).to_be_visible()


async def test_what_others_name_is_not_deleted(tab: Tab, api: Api, service: str) -> None:
    await tab.open(f"/services/{service}/artifacts/partners/Northwind")
    await button(tab, "Delete").click()
    dialog = tab.page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Delete", exact=True)
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(confirm).to_be_disabled()
    await dialog.get_by_label("Type Northwind to confirm").fill("Northwind")
    await tab.page.keyboard.press("Enter")
    await expect(dialog.locator(".problem")).to_have_count(0)
    tab.expected.add("409 /Northwind")
    await confirm.click()
    await expect(dialog.locator(".problem")).to_contain_text("ArtifactInUse")
    await dialog.get_by_role("link", name="agreements/Northwind-850").click()
    await expect(tab.heading).to_have_text("Northwind-850")
    # With whoever names it gone, it goes.
    partner, agreement = unique("partner"), unique("agreement")
    await put(api, service, "partners", partner, {})
    await put(api, service, "agreements", agreement, {"hostPartner": partner})
    for section, name in (("agreements", agreement), ("partners", partner)):
        await tab.open(f"/services/{service}/artifacts/{section}/{name}")
        await button(tab, "Delete").click()
        await dialog.get_by_label(f"Type {name} to confirm").fill(name)
        await confirm.click()
        await expect(tab.page).to_have_url(re.compile(f"/artifacts/{section}$"))
        path = f"services/{service}/artifacts/{section}/{name}"
        assert (await api.get(path)).code == "ArtifactNotFound"


async def test_content_comes_back_byte_for_byte(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {})
    await tab.open(f"/services/{service}/artifacts/schemas/{name}")
    await expect(tab.page.get_by_text("It has no bytes yet.")).to_be_visible()
    card = tab.page.get_by_role("region", name="Content")
    for number, data in enumerate((XSD, b"", bytes(range(256)) * 4_000)):
        file = tmp_path / f"{number}.xsd"
        file.write_bytes(data)
        await button(tab, "Replace content" if number else "Put content").click()
        dialog = tab.page.get_by_role("dialog")
        await dialog.get_by_label("File").set_input_files(file)
        await dialog.get_by_label("Content-Type").fill("application/xml")
        await dialog.get_by_role("button", name=re.compile("content$")).click()
        await expect(dialog).to_have_count(0)
        sha = hashlib.sha256(data).hexdigest()
        await expect(card).to_contain_text(sha[:16])
        await expect(card).to_contain_text("application/xml")
        async with tab.page.expect_download() as download:
            await card.get_by_role("button", name="Download").click()
        got = await download.value
        assert got.suggested_filename == name
        assert Path(await got.path()).read_bytes() == data
        path = f"services/{service}/artifacts/schemas/{name}/content"
        assert (await api.get(path)).content == data


async def test_content_that_somebody_replaced_meanwhile_is_not_written_over(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {})
    await put_bytes(api, service, "schemas", name, b"first")
    file = tmp_path / "mine.xsd"
    file.write_bytes(b"mine")
    await tab.open(f"/services/{service}/artifacts/schemas/{name}")
    async with tab.page.expect_response(lambda one: one.url.endswith("/content")):
        await button(tab, "Replace content").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_label("File").set_input_files(file)
    await require_fit(tab, "the dialog of content")
    await put_bytes(api, service, "schemas", name, b"theirs")
    tab.expected.add("412 /content")
    await dialog.get_by_role("button", name="Replace content").click()
    await expect(dialog.get_by_text("Somebody replaced the content")).to_be_visible()
    path = f"services/{service}/artifacts/schemas/{name}/content"
    assert (await api.get(path)).content == b"theirs"


async def test_a_certificate_says_how_long_it_is_good(tab: Tab, service: str) -> None:
    words = {"good": "Valid", "soon": "Expires soon", "old": "Expired"}
    await tab.open(f"/services/{service}/artifacts/certificates")
    for name, word in words.items():
        row = tab.page.get_by_role("row").filter(has=tab.page.get_by_role("link", name=name))
        await expect(row.locator(".chip")).to_have_text(word)
    await tab.page.get_by_role("link", name="old", exact=True).click()
    card = tab.page.get_by_role("region", name="Certificate of the content")
    for name in ("Subject", "Issuer"):
        await expect(card.locator("div").filter(has_text=name).last).to_contain_text("CN=own")
    await expect(card).to_contain_text("Valid from")
    await expect(card).to_contain_text("3 days ago")


async def test_a_service_that_takes_no_changes_says_so(tab: Tab, api: Api) -> None:
    name = await api.service(unique("svc"), edition="Standard")
    await put(api, name, "schemas", "Order", {"a": 1})
    await api.post(f"services/{name}/suspend")
    await tab.open(f"/services/{name}/artifacts/schemas/Order?edit=1")
    await text_of(tab).fill('{"a": 2}')
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text("Order")
    assert await document(api, name, "schemas", "Order") == {"a": 2}
    await api.post(f"services/{name}/disable")
    await tab.open(f"/services/{name}/artifacts/schemas/Order")
    await expect(tab.page.get_by_text("its artifacts cannot change")).to_be_visible()
    why = "It takes no changes while it is Disabled"
    for command in ("Edit", "Put content", "Delete"):
        shut = tab.page.get_by_role("button", name=f"{command} : {why}")
        await expect(shut).to_have_attribute("aria-disabled", "true")
        await shut.click(force=True)
        await expect(tab.page.get_by_role("dialog")).to_have_count(0)
    await require_fit(tab, "an artifact of a disabled service")
    await tab.open(f"/services/{name}/artifacts/schemas/Order?edit=1")
    await text_of(tab).fill('{"a": 3}')
    await expect(tab.page.get_by_role("status").filter(has_text=why)).to_be_visible()
    await button(tab, "Save").click(force=True)
    await expect(tab.heading).to_have_text("Edit Order")
    assert await document(api, name, "schemas", "Order") == {"a": 2}


async def test_readers_are_offered_no_change(tab: Tab, service: str) -> None:
    await as_reader(tab)
    await tab.open(f"/services/{service}/artifacts/schemas")
    await tab.settle()
    await expect(button(tab, "New artifact")).to_have_count(0)
    await expect(button(tab, "Import")).to_have_count(0)
    await tab.open(f"/services/{service}/artifacts/schemas/Order")
    await tab.settle()
    await expect(button(tab, "Edit")).to_have_count(0)
    await expect(button(tab, "Download")).to_be_visible()
