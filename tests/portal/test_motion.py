"""Nothing moves where the system says that it should not."""

import pytest
from playwright.async_api import Page, expect

from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOVING = "document.getAnimations().filter((one) => one.playState === 'running').length"


async def waits_for_the_api(tab: Tab) -> Page:
    """The list of services, whose answer does not come."""
    await tab.page.route("**/api/services?*", lambda route: None)
    await tab.open("/services")
    await expect(tab.page.locator(".skeleton")).to_be_visible()
    return tab.page


async def test_what_waits_moves(tab: Tab, api: Api) -> None:
    page = await waits_for_the_api(tab)
    assert await page.evaluate(MOVING) > 0


async def test_nothing_moves_where_that_is_not_wanted(tab: Tab, api: Api) -> None:
    await tab.page.emulate_media(reduced_motion="reduce")
    page = await waits_for_the_api(tab)
    assert await page.evaluate(MOVING) == 0
    # Nor does anything scroll by itself in steps that one sees.
    assert await page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == (
        "auto"
    )
    lasting = """[...document.querySelectorAll("*")].filter((one) => getComputedStyle(one)
        .transitionDuration.split(", ").some((time) => time !== "0s")).length"""
    assert await page.evaluate(lasting) == 0


async def test_a_change_of_the_systems_mind_is_followed(tab: Tab, api: Api) -> None:
    page = await waits_for_the_api(tab)
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate(MOVING) == 0
    await page.emulate_media(reduced_motion="no-preference")
    assert await page.evaluate(MOVING) > 0
