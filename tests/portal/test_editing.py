"""The schedule's form while others save, and two tabs on one service."""

from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Route, expect

from localhost.stack import HostProcess
from tests.portal.watched import Tab
from tests.support.api import Api, api_of, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEDULE = {
    "status": "Automatic",
    "storageAccount": "offsite",
    "startAt": "2026-01-01T02:00:00Z",
    "frequencyDays": 2,
    "retentionDays": 9,
    "keepAtLeastOne": True,
    "keep": {"weekly": 4},
    "verify": {"level": "data", "everyNthBackup": 3},
}
_STALE_MS = 4_500
"""After so long, what was read is read again when somebody looks at the page again."""
_OVERTAKEN = "Somebody saved the schedule meanwhile"


@pytest_asyncio.fixture(loop_scope="module")
async def api(host: HostProcess) -> Any:
    """A client in the loop of the browser."""
    async with api_of(host.base_url, host.keys.host) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def service(api: Api) -> str:
    """A service with a schedule."""
    name = await api.service(unique("edit"), edition="Standard")
    assert (await api.put(f"services/{name}/backup-schedule", SCHEDULE)).status == 201
    return name


@pytest_asyncio.fixture(loop_scope="module")
async def other(browser: Browser, host: HostProcess) -> Any:
    """A second tab."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    opened = Tab(await context.new_page(), host.base_url, host.keys.host)
    opened.watch()
    yield opened
    await context.close()
    opened.require_quiet()


async def stored(api: Api, service: str) -> Any:
    return (await api.get(f"services/{service}/backup-schedule")).body


def said(schedule: Any) -> Any:
    """What a schedule says, whether it is on or off."""
    names = ("storageAccount", "frequencyDays", "retentionDays", "keepAtLeastOne", "verify")
    keep = {name: many for name, many in schedule["keep"].items() if many}
    return [schedule["startAt"][:19], keep, *(schedule[name] for name in names)]


def retention(tab: Tab) -> Locator:
    return tab.page.get_by_label("Retention Days")


async def look_again(tab: Tab) -> None:
    """As somebody does who comes back to the tab after a while: what is old is read again."""
    await tab.page.wait_for_timeout(_STALE_MS)
    async with tab.page.expect_response("**/backup-schedule"):
        await tab.page.evaluate("dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    await tab.settle()


async def test_a_schedule_that_is_turned_off_keeps_what_it_said(
    tab: Tab, api: Api, service: str
) -> None:
    page = tab.page
    await tab.open(f"/services/{service}/configure")
    await page.get_by_label("Backup Status").select_option("None")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("dialog").get_by_role("button", name="Turn it off").click()
    await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    off = await stored(api, service)
    assert off["status"] == "None"
    assert said(off) == said(SCHEDULE)
    # On again, it is what it was.
    await page.reload()
    await page.get_by_label("Backup Status").select_option("Automatic")
    await expect(retention(tab)).to_have_value("9")
    await expect(page.get_by_label("Frequency (days)")).to_have_value("2")
    await expect(page.get_by_label("Weeks")).to_have_value("4")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    on = await stored(api, service)
    assert (on["status"], said(on)) == ("Automatic", said(SCHEDULE))


async def test_what_is_typed_is_kept_when_the_schedule_is_read_again(
    tab: Tab, api: Api, service: str
) -> None:
    page, path = tab.page, f"services/{service}/backup-schedule"
    await tab.open(f"/services/{service}/configure")
    # In a form in which nothing was changed, what is stored now stands.
    assert (await api.put(path, {**SCHEDULE, "retentionDays": 15})).status == 200
    await look_again(tab)
    await expect(retention(tab)).to_have_value("15")
    await expect(page.get_by_text(_OVERTAKEN)).to_have_count(0)
    # What is typed is kept, and what was saved meanwhile is told beside it.
    await retention(tab).fill("30")
    await page.get_by_label("Weeks").fill("8")
    assert (await api.put(path, {**SCHEDULE, "retentionDays": 20})).status == 200
    await look_again(tab)
    await expect(page.get_by_text(_OVERTAKEN)).to_be_visible()
    await expect(retention(tab)).to_have_value("30")
    await expect(page.get_by_label("Weeks")).to_have_value("8")
    rows = page.get_by_role("region", name="What differs").locator("tbody tr")
    assert await rows.all_inner_texts() == ["Retention Days\t20\t30", "Weeks\t4\t8"]
    await page.get_by_role("button", name="Take what is stored").click()
    await expect(retention(tab)).to_have_value("20")
    await expect(page.get_by_label("Weeks")).to_have_value("4")
    await expect(page.get_by_text(_OVERTAKEN)).to_have_count(0)


async def test_of_two_tabs_the_second_to_save_sees_what_the_first_saved(
    tab: Tab, other: Tab, api: Api, service: str
) -> None:
    for one in (tab, other):
        await one.open(f"/services/{service}/configure")
    await retention(tab).fill("15")
    await retention(other).fill("30")
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text("Saved.", exact=True)).to_be_visible()

    other.expected.add("412 /backup-schedule")
    await other.page.get_by_role("button", name="Save").click()
    await expect(other.page.get_by_text(_OVERTAKEN)).to_be_visible()
    await expect(retention(other)).to_have_value("15")
    rows = other.page.get_by_role("region", name="What differs").locator("tbody tr")
    assert await rows.all_inner_texts() == ["Retention Days\t15\t30"]
    assert (await stored(api, service))["retentionDays"] == 15, "nothing was written over"
    await expect(other.page.locator(".problem")).to_have_count(0)

    # Nothing that was typed is lost, and saving over what was seen is one's own decision.
    await other.page.get_by_role("button", name="Fill in mine again").click()
    await expect(retention(other)).to_have_value("30")
    await other.page.get_by_role("button", name="Save").click()
    await expect(other.page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert (await stored(api, service))["retentionDays"] == 30


async def test_a_save_whose_answer_was_lost_is_nobody_elses(
    tab: Tab, api: Api, service: str
) -> None:
    saves = 0

    async def lose(route: Route) -> None:
        nonlocal saves
        if route.request.method != "PUT":
            await route.fallback()
            return
        saves += 1
        answer = await route.fetch()
        await (route.abort("connectionreset") if saves == 1 else route.fulfill(response=answer))

    tab.expected |= {"gone", "412 /backup-schedule"}
    await tab.page.route("**/backup-schedule", lose)
    await tab.open(f"/services/{service}/configure")
    await retention(tab).fill("21")
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.locator(".problem")).to_contain_text("Unreachable")
    assert (await stored(api, service))["retentionDays"] == 21
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text("Saved.", exact=True)).to_be_visible()
    await expect(tab.page.get_by_text(_OVERTAKEN)).to_have_count(0)
    await expect(retention(tab)).to_have_value("21")


async def test_a_service_that_is_deleted_while_another_tab_looks_at_it(
    tab: Tab, other: Tab, service: str
) -> None:
    other.expected.add(f"404 /services/{service}")
    await other.open(f"/services/{service}")
    await expect(other.page.get_by_role("group", name="Commands")).to_be_visible()
    await tab.open(f"/services/{service}")
    tab.expected.add(f"404 /services/{service}")
    await tab.page.get_by_role("button", name="Delete", exact=True).click()
    await tab.page.get_by_label(f"Type {service} to confirm").fill(service)
    await tab.page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    progress = tab.page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=20_000)

    await expect(other.page.get_by_text("There is no such service now.")).to_be_visible(
        timeout=15_000
    )
    await expect(other.page.get_by_role("group", name="Commands")).to_have_count(0)
    await expect(other.page.get_by_text("Quick Glance")).to_have_count(0)
    # Its log outlives it.
    await other.page.get_by_role("link", name="Operation log").last.click()
    await expect(other.page.locator("tbody tr").filter(has_text="Delete").first).to_be_visible()


async def test_a_service_without_a_schedule_is_not_asked_for_it(tab: Tab, api: Api) -> None:
    """The tab is watched: a 404 in its console fails the test."""
    name = await api.service(unique("edit"), edition="Standard")
    asked: list[str] = []
    tab.page.on("request", lambda one: asked.append(f"{one.method} {one.url}"))
    await tab.open(f"/services/{name}")
    await tab.settle()
    await expect(tab.page.get_by_role("link", name="None", exact=False).first).to_be_visible()
    await tab.page.get_by_role("link", name="Configure").click()
    await tab.page.get_by_label("Backup Status").select_option("Automatic")
    await expect(tab.page.locator(".calendar .run").first).to_be_visible()
    assert [one for one in asked if one.startswith("GET") and one.endswith("backup-schedule")] == []
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert (await stored(api, name))["status"] == "Automatic"
    await tab.page.get_by_role("link", name="Overview").click()
    await expect(tab.page.get_by_role("link", name="Every day")).to_be_visible()


async def test_what_runs_is_shown_also_where_much_came_after_it(tab: Tab, api: Api) -> None:
    """The overview lists six operations; what runs may be older than those."""
    name = await api.service(unique("edit"), edition="Standard")
    body = {"name": unique("long"), "storageAccount": "offsite"}
    started = await api.post(f"services/{name}/backups", body)
    running = (await api.get(started.headers["Operation-Location"])).body
    await api.ended(started)
    for number in range(7):
        path = f"services/{name}/artifacts/partners/Partner{number}"
        partner = {"content": {"b2b": {"businessIdentities": []}}}
        assert (await api.put(path, {"document": partner})).status == 201
    listed = (await api.get(f"services/{name}/operations?top=6")).body["value"]
    assert running["id"] not in [one["id"] for one in listed]
    held = {**running, "status": "Running", "startedAt": running["createdAt"]}
    await tab.page.route(
        "**/api/operations?status=Running*", lambda route: route.fulfill(json={"value": [held]})
    )
    await tab.page.route(f"**/operations/{running['id']}", lambda route: route.fulfill(json=held))
    await tab.open(f"/services/{name}")
    now = tab.page.get_by_role("region", name="Running now")
    await expect(now.get_by_role("link")).to_contain_text("Back up")
    await expect(now.locator(".progress")).to_have_attribute("data-status", "Running")
