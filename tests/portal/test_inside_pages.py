"""The pages inside a backup as pages: fit for everyone, with their addresses and refusals."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.async_api import Route, expect

from tests.portal import inside
from tests.portal.inside import AT, PAGES, SLOW, opened, rows_of
from tests.portal.inside_estate import FIRST, SERVICE
from tests.portal.looks import require_fit
from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

estate = inside.estate


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_has_no_barriers(tab: Tab, estate: Api, name: str) -> None:
    """In light, in dark, and on a narrow screen, where nothing is cut off; with ticks too."""
    await tab.open(PAGES[name])
    await tab.settle()
    ticks = tab.page.get_by_role("checkbox", name=re.compile("^Restore ")).locator(
        "visible=true >> nth=0"
    )
    if await ticks.count():
        await ticks.check()
    await require_fit(tab, name)


async def test_an_address_survives_reload_and_back(tab: Tab, estate: Api) -> None:
    await tab.open(f"{AT}/contents/bridges")
    await tab.page.get_by_label("Name begins with").fill("O")
    await expect(rows_of(tab.page)).to_have_count(1)
    await tab.press("link", "Orders")
    heading = tab.page.locator(".record h2")
    await expect(heading).to_be_focused()
    asked = {"prefix": "O", "open": "Orders"}
    assert dict(parse_qsl(urlsplit(tab.page.url).query)) == asked
    await tab.page.reload()
    await expect(heading).to_have_text("Orders")
    await expect(tab.page.get_by_label("Name begins with")).to_have_value("O")
    await tab.page.go_back()
    await expect(heading).to_have_count(0)
    await expect(rows_of(tab.page)).to_have_count(1)
    await rows_of(tab.page).first.click()
    await tab.press("button", "Close the record")
    await expect(rows_of(tab.page).first).to_be_focused()

    await tab.open(PAGES["changes"])
    await tab.press("button", "Side by side: bridges/Orders")
    await expect(tab.page.locator("table.beside")).to_be_visible()
    await tab.page.reload()
    await expect(tab.page.locator("table.beside")).to_be_visible()
    await expect(tab.page.get_by_label("Compare with")).to_have_value(FIRST)
    await tab.page.go_back()
    await expect(tab.page.locator("table.beside")).to_have_count(0)
    await tab.page.get_by_label("Compare with").select_option("live")
    await expect(tab.page.locator("[data-change]")).to_have_count(1, timeout=SLOW)
    await tab.page.go_back()
    await expect(tab.page.get_by_label("Compare with")).to_have_value(FIRST)
    assert "key=" not in tab.page.url


async def test_a_backups_page_leads_into_it(tab: Tab, estate: Api) -> None:
    await tab.open(AT)
    await tab.press("link", "Compare with live")
    await expect(tab.page.get_by_label("Compare with")).to_have_value("live")
    await tab.press("link", "Facts")
    await expect(tab.page.get_by_role("heading", name="Sections")).to_be_visible()
    await tab.press("link", "bridges")
    await expect(rows_of(tab.page)).to_have_count(4)
    await tab.press("link", "Changes")
    await expect(tab.page.locator("[data-change]")).to_have_count(1, timeout=SLOW)


async def test_what_is_refused_stands_where_its_cause_is(tab: Tab, estate: Api) -> None:
    tab.expected |= {"404 /backups/nothing", "404 /contents", "400 /contents", "404 /changes"}
    problem = tab.page.locator(".problem")
    await tab.open(f"/services/{SERVICE}/backups/nothing/contents")
    await expect(problem).to_contain_text("BackupNotFound")
    await tab.open(f"{AT}/contents/no-such-section")
    await expect(problem).to_contain_text("InvalidRequest")
    await expect(tab.page.get_by_role("navigation", name="Sections")).to_be_visible()
    await tab.open(opened("bridges", "No such bridge"))
    await expect(tab.page.locator(".record")).to_contain_text("There is no record No such bridge")
    await expect(rows_of(tab.page)).to_have_count(4)
    await tab.open(f"{AT}/changes?since=nothing")
    await expect(problem).to_contain_text("BackupNotFound")
    await expect(tab.page.get_by_label("Compare with")).to_have_value("nothing")
    await tab.page.get_by_label("Compare with").select_option(FIRST)
    await expect(tab.page.locator("[data-change]")).to_have_count(6)
    await tab.open(f"{AT}/no-such-tab")
    await expect(tab.heading).to_have_text("There is no such page")


async def test_a_backup_in_use_and_a_busy_storage_are_told(tab: Tab, estate: Api) -> None:
    answers: list[tuple[int, str]] = []

    async def refused(route: Route) -> None:
        if not answers:
            return await route.continue_()
        status, code = answers.pop(0)
        return await route.fulfill(
            status=status,
            headers={"Retry-After": "1", "Content-Type": "application/json"},
            body=json.dumps({"error": {"code": code, "message": f"It is {code}."}}),
        )

    tab.expected |= {"409 /contents", "503 /contents", "503 /changes", "409 /changes"}
    await tab.page.route(re.compile("/contents.section=bridges"), refused)
    await tab.page.route("**/api/services/*/backups/*/changes?*", refused)
    problem = tab.page.locator(".problem")
    answers.append((409, "BackupInUse"))
    await tab.open(f"{AT}/contents/bridges")
    await expect(problem).to_contain_text("BackupInUse")
    await expect(tab.page.get_by_role("navigation", name="Sections")).to_be_visible()
    await problem.get_by_role("button", name="Try again").click()
    await expect(rows_of(tab.page)).to_have_count(4)
    # Reads are repeated by themselves, when the app says that it is worth it.
    answers += [(503, "StorageUnavailable")]
    await tab.open(f"{AT}/contents/bridges")
    await expect(rows_of(tab.page)).to_have_count(4)
    answers += [(503, "StorageUnavailable")] * 4
    await tab.open(PAGES["changes"])
    await expect(problem).to_contain_text("StorageUnavailable", timeout=15_000)
    await problem.get_by_role("button", name="Try again").click()
    await expect(tab.page.locator("[data-change]")).to_have_count(6)
    answers.append((409, "BackupInUse"))
    await tab.page.get_by_role("button", name="Side by side: bridges/Orders").click()
    await expect(tab.page.locator("[data-change='bridges/Orders'] .problem")).to_contain_text(
        "BackupInUse"
    )
