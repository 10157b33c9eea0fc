"""The demo's story in the browser: create, fill, back up, lose, restore higher and renamed, resume.

It is the walk of docs/first-restore.md, and makes that page's pictures: with ``PICTURES=1`` into
docs/pictures.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from localhost.demo.network.agreements import OSTROW_X12
from localhost.demo.network.build import Network, build
from scripts import portal
from tests.portal.watched import Tab
from tests.portal.wizard import STEPS, Wizard
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The list of services is all that there is."""

ROOT = Path(__file__).resolve().parents[2]
WALK = ROOT / "docs" / "first-restore.md"
SERVICE, RENAMED, BACKUP = "contoso-b2b", "contoso-b2b-dr", "contoso-first"

_SLOW = 30_000
"""Milliseconds that a worker may take."""
_MOST_BYTES = 150_000


class Pictures:
    """What the walk is illustrated with."""

    def __init__(self, tab: Tab, folder: Path) -> None:
        self._tab = tab
        self._folder = ROOT / "docs" / "pictures" if os.environ.get("PICTURES") else folder
        self.taken: list[str] = []

    async def take(self, name: str) -> None:
        """The page as it stands, small enough for a repository."""
        await self._tab.settle()
        # A plan is asked for a moment after the last change, and shows that it is being read.
        await self._tab.page.wait_for_timeout(500)
        await self._tab.settle()
        await self._tab.page.set_viewport_size({"width": 1120, "height": 720})
        picture = self._folder / f"{name}.png"
        await self._tab.page.screenshot(path=picture)
        assert 10_000 < picture.stat().st_size < _MOST_BYTES, name
        self.taken.append(name)


async def fill(api: Api, network: Network) -> None:
    """All that the demo puts into its service."""
    items = [artifact.import_item() for artifact in network.artifacts]
    imported = await api.post(f"services/{SERVICE}/import", {"artifacts": items})
    assert imported.status == 200, imported.body
    for artifact, content in network.files():
        path = f"services/{SERVICE}/artifacts/{artifact.section}/{artifact.name}/content"
        headers = {"Content-Type": content.media_type}
        assert (await api.put(path, data=content.data, headers=headers)).status == 201


async def test_a_service_is_lost_and_comes_back(tab: Tab, api: Api, tmp_path: Path) -> None:
    page, wizard, network = tab.page, Wizard(tab), build()
    pictures = Pictures(tab, tmp_path)

    # A service, and what a trading network puts into it.
    await tab.open("/services")
    await page.get_by_role("link", name="New service").first.click()
    await page.get_by_label("Service name").fill(SERVICE)
    await page.get_by_label("Edition").select_option("Basic")
    await page.get_by_label("Location").fill("West Europe")
    await page.get_by_role("button", name="Create").click()
    await expect(tab.heading).to_have_text(SERVICE)
    await fill(api, network)
    for _ in range(3):
        last = await api.allocate(SERVICE, OSTROW_X12)

    # Back up.
    await page.get_by_role("button", name="Back up", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Storage account")).to_have_value("offsite")
    await dialog.get_by_label("Backup name").fill(BACKUP)
    await pictures.take("first-back-up")
    await dialog.get_by_role("button", name="Back up").click()
    progress = page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)

    # The numbers go on after it, and then the service is lost.
    for _ in range(4):
        last = await api.allocate(SERVICE, OSTROW_X12)
    tab.expected |= {f"404 /services/{SERVICE}", f"404 /services/{SERVICE}/batch-activity"}
    await tab.open(f"/services/{SERVICE}")
    await page.get_by_role("button", name="Delete", exact=True).click()
    await dialog.get_by_label(f"Type {SERVICE} to confirm").fill(SERVICE)
    await dialog.get_by_role("button", name="Delete").click()
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)
    assert (await api.get(f"services/{SERVICE}")).status == 404

    # Its backups stay: from there into the wizard, and by the keyboard alone to its end.
    await tab.open(f"/services/{SERVICE}/backups")
    await expect(page.get_by_text("There is no such service now.")).to_be_visible()
    await pictures.take("first-lost")
    tab.expected |= {f"{status} /restores" for status in (400, 404, 409)}
    await tab.press("link", f"Restore {BACKUP}")
    await expect(page.locator("#step")).to_have_text(STEPS["service"])
    await tab.fill("Service name", RENAMED)
    await tab.choose("Edition", "Stan")
    await tab.fill("Units", "2")
    await expect(page.get_by_text(f"The backup {BACKUP} of {SERVICE} can be read.")).to_be_visible()
    await page.evaluate("scrollTo(0, 0)")
    await pictures.take("first-wizard")
    for step in ("database", "stores", "review"):
        await tab.press("link", "Next")
        await expect(page.locator("#step")).to_have_text(STEPS[step])
        await expect(page.locator("#step")).to_be_focused()
    await wizard.settled()
    await expect(page.locator(".verdict")).to_contain_text("Nothing forbids this restore")
    await expect(page.get_by_role("region", name="Control numbers")).to_contain_text("repeats 4")
    await pictures.take("first-review")
    assert await wizard.request() == {
        "backup": {"storageAccount": "offsite", "container": BACKUP},
        "service": {"name": RENAMED, "edition": "Standard", "unitCount": 2},
        "controlNumbers": {"policy": "continue"},
    }
    await tab.press("button", "Restore")

    # It is back, suspended: the checklist, then it is resumed.
    await expect(tab.heading).to_have_text(f"Restore of {RENAMED}")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)
    assert re.search(rf"/restores/{RENAMED}\.[-0-9a-f]+$", page.url)
    found = (await api.get(f"services/{RENAMED}")).body
    assert (found["state"], found["edition"], found["unitCount"]) == ("Suspended", "Standard", 2)
    refused = await api.post(
        f"services/{RENAMED}/control-numbers/{OSTROW_X12}/allocate", {"kind": "interchange"}
    )
    assert refused.code == "ServiceNotActive"
    ticks = page.get_by_role("region", name="Before you resume").get_by_role("checkbox")
    for index in range(2):
        await tab.to(ticks.nth(index))
        await page.keyboard.press("Space")
    await page.evaluate("scrollTo(0, 0)")
    await pictures.take("first-checklist")
    for index in range(2, await ticks.count()):
        await tab.to(ticks.nth(index))
        await page.keyboard.press("Space")
    await expect(page.locator(".checklist input:checked")).to_have_count(await ticks.count())
    await tab.press("button", "Resume")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(dialog.get_by_role("listitem")).to_have_count(0)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="It was resumed")).to_be_visible()

    # Everything is there, and no number comes twice.
    assert await api.allocate(RENAMED, OSTROW_X12) == last + 1
    counted = (await api.get(f"services/{RENAMED}/artifacts")).body["value"]
    kept = {one["section"]: one["count"] for one in counted if one["backedUp"]}
    wanted = network.counts()
    assert {name: count for name, count in kept.items() if count} == {
        name: count for name, count in wanted.items() if name != "hybrid-connections"
    }
    await tab.open("/services")
    await tab.settle()
    names = await page.locator("tbody th").all_inner_texts()
    assert names == [RENAMED]
    assert [f"pictures/{name}.png" for name in pictures.taken] == re.findall(
        r"\]\((pictures/[a-z-]+\.png)\)", WALK.read_text()
    )
    for name in pictures.taken:
        assert (ROOT / "docs" / "pictures" / f"{name}.png").stat().st_size < _MOST_BYTES


async def test_the_walk_names_what_stands_on_the_page() -> None:
    """What docs/first-restore.md has in italics is a word of the page."""
    words = "\n".join(path.read_text() for path in (portal.PAGE / "src" / "words").glob("*.ts"))
    named = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", WALK.read_text())
    assert len(named) > 10
    assert [one for one in named if f'"{one}"' not in words] == []
