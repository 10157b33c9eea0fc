"""Inside a backup: its records, what changed, and the ticks for a restore of these alone."""

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from localhost.stack import HostProcess
from tests.app.test_contents import listed
from tests.portal.inside_estate import (
    FIRST,
    HOSTILE,
    MANY,
    MESSAGE,
    SECOND,
    SECRET,
    SERVICE,
    build,
)
from tests.portal.looks import require_fit
from tests.portal.test_pages import MOST_BYTES, ROOT
from tests.portal.watched import Tab
from tests.support.api import Api, api_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT = f"/services/{SERVICE}/backups/{SECOND}"
API_AT = f"services/{SERVICE}/backups/{SECOND}"
A_PAGE = 100
_SLOW = 30_000
"""Milliseconds: to compare with the living service reads all of its rows."""

MIC = f"Litware-850/{MESSAGE}"

PAGES = {
    "records": f"{AT}/contents/bridges",
    "record": f"{AT}/contents/certificates?open=Signing",
    "settings": f"{AT}/contents/service?open=service",
    "content": f"{AT}/contents/content",
    "nothing": f"{AT}/contents/templates",
    "changes": f"{AT}/changes?since={FIRST}",
    "side-by-side": f"{AT}/changes?since={FIRST}&open=bridges%2FOrders",
    "content-changed": f"{AT}/changes?since={FIRST}&open=schemas%2FOrder850",
    "live": f"{AT}/changes?since=live&section=bridges",
    "alike": f"{AT}/changes?since={SECOND}",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host, with the backups in it."""
    async with api_of(host.base_url, host.keys.host) as client:
        await client.once("inside", lambda: build(client))
        yield client


def opened(section: str, name: str, backup: str = SECOND) -> str:
    """The address of an open record."""
    at = f"/services/{SERVICE}/backups/{backup}/contents/{section}"
    return f"{at}?{urlencode({'open': name})}"


def rows_of(page: Page) -> Locator:
    """The links of the records that are listed."""
    return page.locator("tbody [data-record]")


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
        # What is closed is not in the page until somebody opens it.
        for _ in range(20):
            closed = tab.page.locator(".tree details:not([open]) > summary")
            if not await closed.count():
                break
            await closed.first.click()
        assert await tab.page.locator(".tree .masked").count() >= least, address
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
    await expect(rows_of(tab.page)).to_have_count(A_PAGE, timeout=_SLOW)
    await expect(tab.page.get_by_text(f"{MANY + 2:,} records, by name")).to_be_visible()
    await tab.settle()
    pages = [one for one in heard if "section=partners" in one]
    assert len(pages) == 1
    await tab.page.get_by_role("button", name="Load more").click()
    await expect(rows_of(tab.page)).to_have_count(2 * A_PAGE, timeout=_SLOW)
    assert len([one for one in heard if "section=partners" in one]) == 2
    path = f"{API_AT}/contents?section=partners&top={2 * A_PAGE}"
    wanted = [one["name"] for one in (await estate.get(path)).body["value"]]
    assert await names_of(tab.page) == wanted
    # The filter asks the API, and is part of the address.
    await tab.page.get_by_label("Name begins with").fill("p29")
    await expect(rows_of(tab.page).first).to_have_text("P2900")
    await expect(rows_of(tab.page)).to_have_count(A_PAGE, timeout=_SLOW)
    assert dict(parse_qsl(urlsplit(tab.page.url).query)) == {"prefix": "p29"}
    # A record that is on none of the loaded pages has its address too.
    await tab.open(opened("partners", "P2718"))
    await expect(tab.page.locator(".record h2")).to_have_text("P2718")
    await expect(tab.page.locator(".tree")).to_contain_text("2718")


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
    await expect(tab.page.locator("[data-change]")).to_have_count(1, timeout=_SLOW)
    await tab.page.go_back()
    await expect(tab.page.get_by_label("Compare with")).to_have_value(FIRST)
    assert "key=" not in tab.page.url


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


async def shown_changes(page: Page) -> list[Any]:
    """What the page tells of each record that differs."""
    found: list[Any] = await page.locator("[data-change]").evaluate_all(
        """all => all.map((one) => ({
            id: one.dataset.change,
            change: one.querySelector(".chip").lastChild.textContent.toLowerCase(),
            pointers: [...one.querySelectorAll(".pointers code")].map((code) => code.textContent),
            secrets: one.textContent.includes("Secrets with another value"),
            content: one.textContent.includes("Its content differs"),
        }))"""
    )
    return found


@pytest.mark.parametrize("since", [FIRST, "live"])
async def test_changes_are_the_apis(tab: Tab, estate: Api, since: str) -> None:
    path = f"{API_AT}/changes?since={since}"
    wanted = await listed(estate, path)
    assert {one["change"] for one in wanted} == (
        {"added", "changed", "removed"} if since == FIRST else {"added"}
    )
    await tab.open(f"{AT}/changes?since={since}")
    await expect(tab.page.locator("[data-change]")).to_have_count(len(wanted), timeout=_SLOW)
    assert await shown_changes(tab.page) == [
        {
            "id": f"{one['section']}/{one['name']}",
            "change": one["change"],
            "pointers": [*one.get("pointers", []), *one.get("secretsChanged", [])],
            "secrets": "secretsChanged" in one,
            "content": one.get("contentChanged", False),
        }
        for one in wanted
    ]
    sections = tab.page.get_by_role("navigation", name="Sections")
    counts = [text.split("\n") for text in await sections.get_by_role("button").all_inner_texts()]
    assert counts[0] == ["All", str(len(wanted))]
    every = {one["name"] for one in (await estate.get(f"{API_AT}/contents")).body["value"]}
    assert {name for name, _ in counts[1:]} == every - {"content"}
    for name, number in counts[1:]:
        assert int(number) == len([one for one in wanted if one["section"] == name])
    # One section alone, and each of its records on both sides.
    await sections.get_by_role("button", name="bridges").click()
    bridges = [one for one in wanted if one["section"] == "bridges"]
    await expect(tab.page.locator("[data-change]")).to_have_count(len(bridges), timeout=_SLOW)
    for one in bridges:
        name = one["name"]
        (both,) = await listed(estate, f"{path}&section=bridges&name={quote(name)}")
        await tab.page.get_by_role("button", name=f"Side by side: bridges/{name}").click()
        await tab.settle()
        sides = {"before": 0, "after": 1}
        documents = {side: (both.get(side) or {}).get("document") for side in sides}
        if documents["before"] == documents["after"]:
            await expect(tab.page.get_by_text("what differs is a secret")).to_be_visible()
        else:
            for side, column in sides.items():
                assert await text_beside(tab.page, column) == documents[side], (name, side)
        await tab.page.get_by_role("button", name=f"Side by side: bridges/{name}").click()


async def text_beside(page: Page, column: int) -> Any:
    """The document that stands in a column, all of it shown; None for none."""
    for button in ("equal line", "Show all"):
        buttons = page.locator("table.beside").get_by_role("button", name=button)
        while await buttons.count():
            await buttons.first.click()
    lines = await page.locator(f"table.beside tbody td:nth-child({column + 1})").evaluate_all(
        """all => all.map((one) => one.querySelector("code"))
        .filter(Boolean)
        .map((code) => [...code.childNodes]
            .filter((part) => part.nodeName !== "BUTTON")
            .map((part) => part.textContent).join(""))"""
    )
    return json.loads("\n".join(lines)) if lines else None


async def test_a_difference_is_told_in_words_and_on_a_narrow_screen_once(
    tab: Tab, estate: Api
) -> None:
    await tab.open(PAGES["side-by-side"])
    table = tab.page.get_by_role("table", name="bridges/Orders, side by side")
    changed = table.get_by_role("row").filter(has_text="ftp://")
    await expect(changed).to_have_count(1)
    cells = changed.get_by_role("cell")
    await expect(cells.nth(0)).to_contain_text("changed")
    await expect(cells.nth(0).locator(".sign")).to_have_text("−")
    await expect(cells.nth(1).locator(".sign")).to_have_text("+")
    await expect(cells.nth(0).locator("mark")).to_have_text("files")
    await expect(cells.nth(1).locator("mark")).to_have_text("new")
    same = table.get_by_role("row").filter(has_text='"type"').locator("td")
    await expect(same.nth(1)).to_be_visible()
    await tab.page.set_viewport_size({"width": 320, "height": 640})
    boxes = [await cells.nth(column).bounding_box() for column in range(2)]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1
    await expect(same.nth(0)).to_be_visible()
    await expect(same.nth(1)).to_be_hidden()


async def test_two_backups_are_ticked_and_compared(tab: Tab, estate: Api) -> None:
    await tab.open(f"/services/{SERVICE}/backups")
    button = tab.page.get_by_role("button", name=re.compile("^Compare two"))
    await expect(button).to_have_attribute("aria-disabled", "true")
    # In whatever order they are ticked, it is the way from the older to the newer one.
    for name in (SECOND, FIRST):
        await tab.to(tab.page.get_by_role("checkbox", name=f"Compare {name}"))
        await tab.page.keyboard.press("Space")
    await tab.press("button", "Compare two")
    await expect(tab.heading).to_have_text(SECOND)
    await expect(tab.page.get_by_label("Compare with")).to_have_value(FIRST)
    assert urlsplit(tab.page.url).path == f"/api/portal{AT}/changes"


async def test_a_backups_page_leads_into_it(tab: Tab, estate: Api) -> None:
    await tab.open(AT)
    await tab.press("link", "Compare with live")
    await expect(tab.page.get_by_label("Compare with")).to_have_value("live")
    await tab.press("link", "Facts")
    await expect(tab.page.get_by_role("heading", name="Sections")).to_be_visible()
    await tab.press("link", "bridges")
    await expect(rows_of(tab.page)).to_have_count(4)
    await tab.press("link", "Changes")
    await expect(tab.page.locator("[data-change]")).to_have_count(1, timeout=_SLOW)


def tick(page: Page, what: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Restore {what}", exact=True).first


async def included(tab: Tab) -> list[tuple[str, str]]:
    """What the link to the wizard asks for."""
    bar = tab.page.get_by_role("region", name="Restore only these")
    link = await bar.get_by_role("link", name="Restore only these").get_attribute("href")
    assert link
    assert urlsplit(link).path == "/api/portal/restore"
    return parse_qsl(urlsplit(link).query)


async def test_ticks_are_kept_and_lead_to_the_wizard(tab: Tab, estate: Api) -> None:
    place = [("service", SERVICE), ("backup", SECOND)]
    bar = tab.page.get_by_role("region", name="Restore only these")
    await tab.open(f"{AT}/contents/bridges")
    await expect(bar).to_have_count(0)
    await tick(tab.page, f"bridges/{HOSTILE}").check()
    await tab.page.get_by_role("link", name=re.compile("^partners")).click()
    await expect(rows_of(tab.page)).to_have_count(A_PAGE, timeout=_SLOW)
    await tick(tab.page, "partners/P0001").check()
    await tab.page.get_by_label("Name begins with").fill("P2999")
    await tick(tab.page, "partners/P2999").check()
    await tab.page.get_by_label("Name begins with").fill("")
    await expect(tick(tab.page, "partners/P0001")).to_be_checked(timeout=_SLOW)
    await tab.page.reload()
    await expect(tick(tab.page, "partners/P0001")).to_be_checked(timeout=_SLOW)
    await tab.page.get_by_role("link", name="Changes").click()
    await tab.page.get_by_label("Compare with").select_option(FIRST)
    await tick(tab.page, "bridges/Orders").check()
    # What is not in the backup cannot come out of it; numbers come with their agreements.
    await expect(tick(tab.page, "pipelines/Old")).to_be_disabled()
    await expect(tick(tab.page, "control-numbers/Litware-850")).to_have_count(0)
    await expect(bar).to_contain_text("4 records ticked")
    names = [f"bridges/{HOSTILE}", "partners/P0001", "partners/P2999", "bridges/Orders"]
    assert await included(tab) == place + [("include", name) for name in names]
    # The form is the API's: a plan with it restores these, and what they need.
    picks = [dict(zip(("section", "name"), one.split("/", 1), strict=True)) for one in names]
    body = {
        "backup": {"storageAccount": "offsite", "container": SECOND},
        "service": {"name": "litware-part"},
        "include": picks,
    }
    plan = await estate.post("restores?validateOnly=true", body)
    assert plan.status == 200, plan.body
    assert plan.body["errors"] == []
    assert plan.body["sections"] == {"service": 1, "bridges": 2, "partners": 2}
    # A whole section takes the place of its records.
    await tab.open(f"{AT}/contents/partners")
    await tick(tab.page, "all of partners").check()
    await expect(tick(tab.page, "partners/P0002")).to_be_checked(timeout=_SLOW)
    await expect(tick(tab.page, "partners/P0002")).to_be_disabled()
    await expect(bar).to_contain_text("1 whole section and 2 records ticked")
    wanted = [names[0], names[3], "partners"]
    assert await included(tab) == place + [("include", name) for name in wanted]
    await bar.get_by_text("Show them").click()
    await bar.get_by_role("button", name="Untick bridges/Orders").click()
    await expect(bar).to_contain_text("1 whole section and 1 record ticked")
    # Another backup has ticks of its own.
    await tab.page.goto(f"{tab.base_url}/api/portal/services/{SERVICE}/backups/{FIRST}/contents")
    await expect(rows_of(tab.page)).to_have_count(1)
    await expect(bar).to_have_count(0)
    await tab.page.goto(f"{tab.base_url}/api/portal{AT}/contents/schemas")
    await expect(bar).to_contain_text("1 whole section and 1 record ticked")
    await tab.page.locator(".who summary").click()
    await tab.page.get_by_role("button", name="Forget the key").click()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    kept = await tab.page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert "partners" not in kept
    assert SERVICE not in kept


async def test_more_ticks_than_an_address_holds_are_refused_with_the_reason(
    tab: Tab, estate: Api
) -> None:
    picks = [f"partners/{'n' * 70} {number}" for number in range(200)]
    await tab.open(f"{AT}/contents/bridges")
    await tab.page.evaluate(
        "([key, picks]) => sessionStorage.setItem(key, JSON.stringify(picks))",
        [f"interkeep-picks {SERVICE} {SECOND}", picks],
    )
    await tab.page.reload()
    bar = tab.page.get_by_role("region", name="Restore only these")
    await expect(bar).to_contain_text("200 records ticked")
    await expect(bar.get_by_role("link")).to_have_count(0)
    await expect(bar).to_contain_text("too long together")
    await bar.get_by_role("button", name="Untick all").click()
    await expect(bar).to_have_count(0)


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


async def test_a_service_that_is_gone_has_its_backups_to_compare(tab: Tab, estate: Api) -> None:
    name, first, second = "litware-gone", "litware-gone-1", "litware-gone-2"
    await estate.service(name)
    for backup in (first, second):
        await estate.backup(name, backup)
    await estate.succeeded(await estate.delete(f"services/{name}"))
    tab.expected.add("404 /changes")
    await tab.open(f"/services/{name}/backups/{second}/changes?since=live")
    await expect(tab.page.locator(".problem")).to_contain_text("ServiceNotFound")
    await tab.page.get_by_label("Compare with").select_option(first)
    await expect(tab.page.get_by_text("Nothing differs.")).to_be_visible()


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


async def test_secrets_that_could_not_be_compared_are_told(tab: Tab, estate: Api) -> None:
    async def without(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        body["secrets"] = {"compared": False, "reason": "The key k1 is not at hand."}
        await route.fulfill(response=answer, json=body)

    await tab.page.route("**/api/services/*/backups/*/changes?*", without)
    await tab.open(PAGES["changes"])
    await expect(tab.page.locator(".banner")).to_contain_text("The key k1 is not at hand.")


async def test_a_picture_for_the_docs(tab: Tab, estate: Api, tmp_path: Path) -> None:
    """``PICTURES=1`` puts it into docs/pictures; it is taken each time, and stays small."""
    folder = ROOT / "docs" / "pictures" if os.environ.get("PICTURES") else tmp_path
    await tab.page.set_viewport_size({"width": 1120, "height": 660})
    await tab.open(f"{PAGES['side-by-side']}&section=bridges")
    await expect(tab.page.locator("table.beside")).to_be_visible(timeout=_SLOW)
    await tab.page.locator(".changes").evaluate("one => scrollTo(0, one.offsetTop - 160)")
    picture = folder / "portal-changes.png"
    await tab.page.screenshot(path=picture)
    assert 10_000 < picture.stat().st_size < MOST_BYTES
    assert (ROOT / "docs" / "pictures" / picture.name).stat().st_size < MOST_BYTES
