"""Pages follow what the API says, and no clock of their own; and none reads on without end."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.portal.watched import Tab, button
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

AT_ONCE = 20
"""Empty pages that are read without being asked to."""


async def test_an_account_without_backups_is_not_read_without_end(tab: Tab, api: Api) -> None:
    asked: list[str] = []

    async def empty(route: Route) -> None:
        asked.append(route.request.url)
        address = f"{tab.base_url}/api/storage-accounts/offsite/backups?continuation={len(asked)}"
        await route.fulfill(json={"value": [], "nextLink": address})

    await tab.page.route("**/api/storage-accounts/offsite/backups?*", empty)
    await tab.open("/storage/offsite")
    more = button(tab, "Load more")
    await expect(more).to_be_visible()
    for many in (AT_ONCE, 2 * AT_ONCE):
        await expect(more).to_have_attribute("aria-disabled", "false")
        while len(asked) < many:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        assert len(asked) == many
        await more.click()


async def test_a_restore_is_followed_as_the_api_says(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    backup = await api.backup(service)
    body = {"backup": {"storageAccount": "offsite", "container": backup}}
    name = unique("back")
    started = await api.post("restores", {**body, "service": {"name": name}})
    ended = await api.succeeded(started)
    path = f"restores/{name}.{ended['id']}"
    done = (await api.get(path)).body
    running = {**done, "operation": {**done["operation"], "status": "Running"}}
    asked: list[str] = []

    async def slow(route: Route) -> None:
        asked.append(route.request.url)
        seconds, shown = ("1", running) if len(asked) < 3 else ("60", running)
        await route.fulfill(json=shown, headers={"Retry-After": seconds})

    await tab.page.route(f"**/api/{path}", slow)
    await tab.open(f"/restores/{name}.{ended['id']}")
    while len(asked) < 3:
        await asyncio.sleep(0.05)
    # The third answer said: not before a minute.
    await asyncio.sleep(4)
    assert len(asked) == 3


async def test_the_import_page_opens_at_its_beginning(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"))
    await tab.page.set_viewport_size({"width": 320, "height": 480})
    await tab.open(f"/services/{service}/import")
    await tab.settle()
    assert await tab.page.evaluate("scrollY") == 0
    focused = await tab.page.evaluate("document.activeElement.tagName")
    assert focused in ("BODY", "H1"), "neither is behind the headline"


async def test_the_keeps_of_a_schedule_stand_in_one_row(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    await tab.open(f"/services/{service}/configure")
    await tab.page.get_by_label("Backup Status").select_option("Automatic")
    row = tab.page.locator(".row.four > *")
    await expect(row).to_have_count(4)
    tops: list[Any] = await row.evaluate_all("all => all.map((one) => one.offsetTop)")
    assert len(set(tops)) == 1
    wide = "all => all.every((one) => one.scrollWidth <= one.clientWidth)"
    assert await row.evaluate_all(wide), "no word is cut off"


async def test_the_log_says_what_a_restore_was_of(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    backup = await api.backup(service)
    name = unique("back")
    body = {"backup": {"storageAccount": "offsite", "container": backup}}
    await api.succeeded(await api.post("restores", {**body, "service": {"name": name}}))
    await tab.open(f"/services/{name}/log?operation=RestoreBizTalkService")
    row = tab.page.locator("tbody tr").filter(has_text="Restore")
    await expect(row.locator("td.name")).to_have_text(f"from {backup} in offsite")


async def test_starting_over_asks_where_something_was_entered(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    backup = await api.backup(service)
    # The plan of the request as it stands is refused: a service of that name is there.
    tab.expected |= {f"{status} /restores" for status in (400, 404, 409)}
    await tab.open(f"/restore?service={service}&backup={backup}")
    units = tab.page.locator('[data-member="/service/name"]')
    await expect(units).to_be_visible()
    dialog = tab.page.get_by_role("dialog")
    over = button(tab, "Start over")
    await over.click()
    await expect(dialog).to_have_count(0)
    await units.fill("another-name")
    await over.click()
    await expect(dialog).to_contain_text("What you filled in")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await tab.page.keyboard.press("Escape")
    await expect(units).to_have_value("another-name")
    await over.click()
    await dialog.get_by_role("button", name="Start over").click()
    await expect(dialog).to_have_count(0)
    await expect(units).to_have_value("")


async def test_a_plan_is_told_in_words_and_times_of_the_person(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    await api.agreement(service, "Northwind-850")
    backup = await api.backup(service)
    tab.expected |= {f"{status} /restores" for status in (400, 404, 409)}
    await tab.open(f"/restore?service={service}&backup={backup}&step=service")
    await tab.page.locator('[data-member="/service/name"]').fill(unique("back"))
    steps = tab.page.get_by_role("navigation", name="Steps")
    await steps.get_by_role("link", name="Review").click()
    surprises = tab.page.get_by_role("region", name="What may surprise")
    await expect(surprises).to_contain_text("What came in after", timeout=20_000)
    text = await surprises.inner_text()
    assert not re.search(r"\d{4}-\d\d-\d\dT", text)
    for member in ("inbound", "controlNumbers", "exposures", "allowReuse"):
        assert member not in text
    await expect(surprises.locator("time").first).to_have_attribute(
        "datetime", re.compile(r"^\d{4}-\d\d-\d\dT.*Z$")
    )
