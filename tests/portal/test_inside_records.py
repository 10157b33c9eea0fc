"""The records inside a backup: as the API has them, page by page, under any name, masked."""

import asyncio
import json
import re
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.portal import inside
from tests.portal.inside import A_PAGE, API_AT, AT, PAGES, SLOW, opened, rows_of
from tests.portal.inside_estate import HOSTILE, MANY, MESSAGE, SECRET
from tests.portal.watched import Tab
from tests.support.api import Api
from tests.support.listing import listed

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIC = f"Litware-850/{MESSAGE}"

estate = inside.estate


async def names_of(page: Page) -> list[str]:
    found: list[str] = await rows_of(page).evaluate_all("all => all.map((one) => one.textContent)")
    return found


def requests_of(tab: Tab, ending: str) -> list[str]:
    """From now on, the requests whose path ends so."""
    heard: list[str] = []
    tab.page.on(
        "request",
        lambda asked: (
            heard.append(asked.url) if urlsplit(asked.url).path.endswith(ending) else None
        ),
    )
    return heard


async def test_records_of_every_section_are_the_apis(tab: Tab, estate: Api) -> None:
    parts = (await estate.get(f"{API_AT}/contents")).body["value"]
    await tab.open(f"{AT}/contents")
    await expect(rows_of(tab.page)).to_have_count(1)
    # The address leads to the first section that has something.
    assert urlsplit(tab.page.url).path.endswith("/contents/service")
    sections = tab.page.get_by_role("navigation", name="Sections")
    shown = await sections.get_by_role("link").all_inner_texts()
    wanted = [f"{one['name']}\n{one['items']:,}" for one in parts if one["items"]]
    assert shown == wanted
    for part in parts:
        if not part["items"]:
            await expect(sections).to_contain_text(part["name"])
            continue
        await sections.get_by_role("link", name=re.compile(f"^{part['name']} ?[0-9]")).click()
        await tab.settle()
        records = (await estate.get(f"{API_AT}/contents?section={part['name']}")).body["value"]
        if part["name"] == "content":
            hashes = await tab.page.locator("tbody th code").all_inner_texts()
            assert hashes == [one["sha256"] for one in records]
            continue
        await expect(rows_of(tab.page)).to_have_count(len(records))
        assert await names_of(tab.page) == [one["name"] for one in records]
        assert SECRET not in await tab.page.content()
        # One of them, as the API has it.
        record = records[0]
        await rows_of(tab.page).first.click()
        panel = tab.page.get_by_role("region", name="A record of")
        await expect(panel.get_by_role("heading", level=2)).to_have_text(record["name"])
        await expect(panel.get_by_role("heading", level=2)).to_be_focused()
        await panel.get_by_role("button", name="JSON").click()
        document = json.loads(await panel.locator("pre").inner_text())
        assert document == record["document"]


async def test_secrets_are_masked_and_never_in_the_page(tab: Tab, estate: Api) -> None:
    masked = {
        opened("service", "service"): 1,
        opened("bridges", "Orders"): 1,
        opened("agreements", "Litware-850"): 1,
    }
    for address, least in masked.items():
        await tab.open(address)
        await tab.settle()
        # What is closed is not in the page until somebody opens it, and then a moment later.
        closed = tab.page.locator(".tree details:not([open]) > summary")
        masked = tab.page.locator(".tree .masked")
        for _ in range(200):
            if await closed.count():
                await closed.first.click()
            elif await masked.count() >= least:
                break
            else:
                await asyncio.sleep(0.05)
        assert await masked.count() >= least, address
        content = await tab.page.content()
        assert SECRET not in content
        assert "agreement-secret" not in content
    for name in ("changes", "side-by-side", "live"):
        await tab.open(PAGES[name])
        await tab.settle()
        assert SECRET not in await tab.page.content()


async def test_a_large_section_comes_a_page_at_a_time(tab: Tab, estate: Api) -> None:
    heard = requests_of(tab, "/contents")
    await tab.open(f"{AT}/contents/partners")
    await expect(rows_of(tab.page)).to_have_count(A_PAGE, timeout=SLOW)
    await expect(tab.page.get_by_text(f"{MANY + 2:,} records, by name")).to_be_visible()
    await tab.settle()
    pages = [one for one in heard if "section=partners" in one]
    assert len(pages) == 1
    await tab.page.get_by_role("button", name="Load more").click()
    await expect(rows_of(tab.page)).to_have_count(2 * A_PAGE, timeout=SLOW)
    assert len([one for one in heard if "section=partners" in one]) == 2
    path = f"{API_AT}/contents?section=partners&top={2 * A_PAGE}"
    wanted = [one["name"] for one in (await estate.get(path)).body["value"]]
    assert await names_of(tab.page) == wanted
    # The filter asks the API, and is part of the address.
    await tab.page.get_by_label("Name begins with").fill("p29")
    await expect(rows_of(tab.page).first).to_have_text("P2900")
    await expect(rows_of(tab.page)).to_have_count(A_PAGE, timeout=SLOW)
    assert dict(parse_qsl(urlsplit(tab.page.url).query)) == {"prefix": "p29"}
    # A record that is on none of the loaded pages has its address too.
    await tab.open(opened("partners", "P2718"))
    await expect(tab.page.locator(".record h2")).to_have_text("P2718")
    await expect(tab.page.locator(".tree")).to_contain_text("2718")


@pytest.mark.parametrize(("section", "name"), [("bridges", HOSTILE), ("mic-values", MIC)])
async def test_a_hostile_name_opens(tab: Tab, estate: Api, section: str, name: str) -> None:
    (record,) = await listed(
        estate, f"{API_AT}/contents?section={section}&name={quote(name, safe='')}"
    )
    await tab.open(f"{AT}/contents/{section}")
    await tab.page.get_by_role("link", name=name, exact=True).click()
    for again in (False, True):
        if again:
            await tab.page.reload()
        panel = tab.page.locator(".record")
        await expect(panel.get_by_role("heading", level=2)).to_have_text(name)
        await panel.get_by_role("button", name="JSON").click()
        assert json.loads(await panel.locator("pre").inner_text()) == record["document"]
        assert dict(parse_qsl(urlsplit(tab.page.url).query))["open"] == name
    assert await tab.page.locator("img").count() == 0
    await tab.open(opened(section, name))
    await expect(tab.page.locator(".record h2")).to_have_text(name)
