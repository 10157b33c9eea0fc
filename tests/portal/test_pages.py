"""Every page is fit for everyone: in light, dark and 320 px, with its pictures in docs/."""

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.portal import estate as services
from tests.portal.estate import BACKUP, PAGES, SERVICE
from tests.portal.looks import barriers, require_fit, small_targets
from tests.portal.pictures import MOST_BYTES, ROOT
from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The dashboard counts all that there is."""

estate = services.estate


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_has_no_barriers(tab: Tab, estate: Api, name: str) -> None:
    """In light, in dark, and on a narrow screen, where nothing is cut off."""
    await tab.open(PAGES[name])
    await tab.settle()
    await require_fit(tab, name)


async def test_dialogs_and_the_door_have_no_barriers(tab: Tab, estate: Api) -> None:
    await tab.page.goto(f"{tab.base_url}/api/portal/")
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_focused()
    assert await barriers(tab.page) == []
    await tab.open(f"/services/{SERVICE}")
    for command in ("Back up", "Suspend", "Scale", "Delete"):
        button = tab.page.get_by_role("button", name=command, exact=True).first
        await button.click()
        dialog = tab.page.get_by_role("dialog")
        await expect(dialog).to_be_visible()
        assert await barriers(tab.page) == [], command
        await tab.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(button).to_be_focused()


async def test_targets_are_large_enough(tab: Tab, estate: Api) -> None:
    """WCAG 2.5.8: 24 px, but for links within text."""
    await tab.page.set_viewport_size({"width": 320, "height": 640})
    for name in ("dashboard", "overview", "configure"):
        await tab.open(PAGES[name])
        await tab.settle()
        assert await small_targets(tab.page) == [], name


async def test_where_one_is_stays_in_sight_on_a_narrow_screen(tab: Tab, estate: Api) -> None:
    await tab.page.set_viewport_size({"width": 320, "height": 640})
    for path in (f"/services/{SERVICE}/log", f"/services/{SERVICE}/backups/{BACKUP}/changes"):
        await tab.open(path)
        here = tab.page.locator(".tabs [aria-current]")
        await expect(here).to_be_in_viewport(ratio=0.99)
    await tab.open("/about")
    await expect(tab.page.locator(".places [aria-current]")).to_be_in_viewport(ratio=0.99)


async def test_restore_is_in_sight_in_the_list_of_backups(tab: Tab, estate: Api) -> None:
    await tab.open(f"/services/{SERVICE}/backups")
    row = tab.page.locator("tbody tr").filter(has_text="contoso-first")
    await expect(row.locator("a.button")).to_be_in_viewport(ratio=0.99)
    box = await row.bounding_box()
    assert box is not None
    assert box["height"] <= 40
    # All of the table has its place: nothing is to be scrolled to.
    table = tab.page.locator(".scroll")
    assert await table.evaluate("one => one.scrollWidth <= one.clientWidth")


async def test_pictures_for_the_docs(tab: Tab, estate: Api, tmp_path: Path) -> None:
    """``PICTURES=1`` puts them into docs/pictures; they are taken each time, and stay small."""
    folder = ROOT / "docs" / "pictures" if os.environ.get("PICTURES") else tmp_path
    for name in ("dashboard", "configure", "backup"):
        await tab.page.set_viewport_size({"width": 1120, "height": 660})
        await tab.open(PAGES[name])
        await tab.settle()
        picture = folder / f"portal-{name}.png"
        await tab.page.screenshot(path=picture)
        assert 10_000 < picture.stat().st_size < MOST_BYTES
        kept = ROOT / "docs" / "pictures" / picture.name
        assert kept.stat().st_size < MOST_BYTES
