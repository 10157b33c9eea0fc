"""A page as everybody meets it: in light and dark, wide and narrow, with a program that looks for
barriers."""

from typing import Any

from playwright.async_api import expect

from scripts import portal
from tests.portal.watched import Tab

_MOST_MILLISECONDS = 60_000

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}


def axe() -> str:
    """What looks for barriers, as a script."""
    return (portal.packages() / "axe-core" / "axe.min.js").read_text()


async def barriers(tab: Tab) -> list[str]:
    """What of WCAG 2.2 AA and of good practice the page breaks, as far as a program sees it."""
    await tab.page.evaluate(axe())
    found: Any = await tab.page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


async def opened(tab: Tab, path: str) -> None:
    """Open an address, and wait until all that it asked for is there, also on a busy machine."""
    await tab.open(path)
    loading = tab.page.locator(".skeleton, .waiting, .reading.on")
    await expect(loading).to_have_count(0, timeout=_MOST_MILLISECONDS)


async def require_fit(tab: Tab) -> None:
    """Fail where the page that is open has a barrier in any of its looks, or is cut off."""
    looks: list[tuple[Any, Any]] = [
        ("light", WIDE),
        ("dark", WIDE),
        ("light", NARROW),
        ("dark", NARROW),
    ]
    for scheme, size in looks:
        await tab.page.emulate_media(color_scheme=scheme)
        await tab.page.set_viewport_size(size)
        found = await barriers(tab)
        assert not found, f"{tab.page.url}, {scheme}, {size}: {found}"
        wide = await tab.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{tab.page.url} is {wide} px wide on {size['width']}"
    await tab.page.emulate_media(color_scheme="light")
    await tab.page.set_viewport_size(looks[0][1])
