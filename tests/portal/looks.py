"""A page as everybody meets it: in light and dark, wide and narrow, with a program that looks for
barriers."""

from typing import Any

from playwright.async_api import Page, expect

from scripts import portal
from tests.portal.watched import Tab

_MOST_MILLISECONDS = 60_000

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
MIDDLE = {"width": 768, "height": 1024}
ZOOMED = {"width": 640, "height": 400}
"""What is left of the wide one at 200 %."""

_LOOKS: tuple[tuple[Any, Any], ...] = (
    ("light", WIDE),
    ("dark", WIDE),
    ("light", MIDDLE),
    ("light", ZOOMED),
    ("dark", NARROW),
)


async def barriers(page: Page) -> list[str]:
    """What of WCAG 2.2 AA and of good practice the page breaks, as far as a program sees it."""
    if await page.evaluate("window.axe === undefined"):
        await page.evaluate((portal.packages() / "axe-core" / "axe.min.js").read_text())
    found: Any = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


async def small_targets(page: Page) -> list[str]:
    """Controls below 24 px in one direction (WCAG 2.5.8); links within text are excepted."""
    found: list[str] = await page.evaluate(
        """[...document.querySelectorAll(
            "button, select, summary, input:not([type=checkbox], [type=radio])")]
        .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
        .filter(([, box]) => box.height > 0 && (box.height < 24 || box.width < 24))
        .map(([text]) => text)"""
    )
    return found


async def cut_off(page: Page) -> list[str]:
    """What is longer than its place, where nobody can scroll to the rest and no dots tell of it."""
    found: list[str] = await page.evaluate(
        """[...document.querySelectorAll(
            ":is(main, dialog) :not(input, select, textarea, option, svg, svg *, .unseen)")]
        .filter((one) => {
            const {overflowX, textOverflow} = getComputedStyle(one);
            const ends = /hidden|clip/.test(overflowX) || one.matches("dd, p, h1, h2, h3");
            return ends && textOverflow !== "ellipsis"
                && one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1;
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    return found


async def opened(tab: Tab, path: str) -> None:
    """Open an address, and wait until all that it asked for is there, also on a busy machine."""
    await tab.open(path)
    loading = tab.page.locator(".skeleton, .waiting, .reading.on")
    await expect(loading).to_have_count(0, timeout=_MOST_MILLISECONDS)


async def require_fit(tab: Tab, what: str = "") -> None:
    """Fail where the page that is open bars anyone in any of its looks, or is cut off."""
    for scheme, size in _LOOKS:
        await tab.page.emulate_media(color_scheme=scheme)
        await tab.page.set_viewport_size(size)
        where = f"{what or tab.page.url}, {scheme}, {size['width']} px"
        found = await barriers(tab.page)
        assert found == [], "\n".join([where, *found])
        wide = await tab.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{where}: it is {wide} px wide"
        cut = await cut_off(tab.page)
        assert cut == [], "\n".join([where, *cut])
    assert await small_targets(tab.page) == [], what or tab.page.url
    await tab.page.emulate_media(color_scheme="light")
    await tab.page.set_viewport_size(_LOOKS[0][1])
