"""Whether a page is fit for everyone, as it stands in a tab."""

from typing import Any

from playwright.async_api import Page

from scripts import portal
from tests.portal.watched import Tab

_WIDE, _NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}


async def barriers(page: Page) -> list[str]:
    """What of WCAG 2.2 AA and of good practice the page breaks, as far as a program sees it."""
    await page.evaluate((portal.packages() / "axe-core" / "axe.min.js").read_text())
    found: Any = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


async def require_fit(tab: Tab, name: str = "") -> None:
    """In light, in dark, and on a narrow screen, where nothing is cut off."""
    looks: list[tuple[Any, Any]] = [("light", _WIDE), ("dark", _NARROW)]
    for scheme, size in looks:
        await tab.page.emulate_media(color_scheme=scheme)
        await tab.page.set_viewport_size(size)
        assert await barriers(tab.page) == [], (name, scheme, size)
        wide = await tab.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{name} is {wide} px wide on {size['width']}"
    await tab.page.emulate_media(color_scheme="light")
    await tab.page.set_viewport_size(looks[0][1])
