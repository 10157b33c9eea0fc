"""Why a control is shut is told to who looks, who points, and who listens."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.portal.looks import barriers
from tests.portal.watched import Tab
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHY = "Not while the service is Disabled"


async def is_in_sight(reason: Locator) -> bool:
    box = await reason.bounding_box()
    return box is not None and box["width"] > 20


async def test_the_reason_of_a_shut_command_is_in_sight_and_in_its_name(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    assert (await api.post(f"services/{service}/disable")).status == 200
    await tab.open(f"/services/{service}")
    command = tab.page.get_by_role("button", name=re.compile(f"^Back up ?: {WHY}"))
    reason = command.locator(".reason")
    assert await command.get_attribute("title") is None
    assert not await is_in_sight(reason)
    await tab.to(command)
    assert await is_in_sight(reason)
    assert await barriers(tab.page) == []
    # It may stand before something else: Escape takes it away, where one is.
    await tab.page.keyboard.press("Escape")
    assert not await is_in_sight(reason)
    await tab.page.keyboard.press("Tab")
    await tab.page.keyboard.press("Shift+Tab")
    assert await is_in_sight(reason)
    await tab.heading.hover()
    await tab.page.keyboard.press("Tab")
    other = tab.page.get_by_role("button", name=re.compile("^Suspend"))
    await other.hover()
    assert await is_in_sight(other.locator(".reason"))
    # On a narrow screen it is not cut off.
    await tab.page.set_viewport_size({"width": 320, "height": 640})
    await tab.to(command)
    box = await reason.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    wide = await tab.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320


async def test_a_button_with_a_name_of_its_own_is_described(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    await api.agreement(service, "Northwind-850")
    assert (await api.post(f"services/{service}/disable")).status == 200
    await tab.open(f"/services/{service}/numbers")
    button = tab.page.get_by_role("button", name=re.compile("^Set next")).first
    await expect(button).to_have_accessible_description(WHY)
    await button.focus()
    assert await is_in_sight(button.locator(".reason"))


async def test_a_tick_that_cannot_be_set_says_why(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    for name in ("one", "two", "three"):
        await api.backup(service, f"{service}-{name}")
    await tab.open(f"/services/{service}/backups")
    ticks = tab.page.locator("tbody").get_by_role("checkbox")
    await expect(ticks).to_have_count(3)
    for at in (0, 1):
        await ticks.nth(at).check()
    third = ticks.nth(2)
    await expect(third).to_have_accessible_description("Two are ticked already")
    await third.focus()
    await tab.page.keyboard.press("Space")
    await expect(third).not_to_be_checked()
    assert await is_in_sight(tab.page.locator("tbody .reason"))
