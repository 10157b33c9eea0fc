"""What changed from one backup to another, and until now: listed, and side by side."""

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.async_api import Page, Route, expect

from tests.portal import inside
from tests.portal.inside import API_AT, AT, PAGES, SLOW
from tests.portal.inside_estate import FIRST, SECOND, SERVICE
from tests.portal.pictures import MOST_BYTES, ROOT
from tests.portal.watched import Tab
from tests.support.api import Api
from tests.support.listing import listed

pytestmark = pytest.mark.asyncio(loop_scope="module")

estate = inside.estate


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
    await expect(tab.page.locator("[data-change]")).to_have_count(len(wanted), timeout=SLOW)
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
    # What a backup of version 1 has no section for, the other side may have.
    later = {"rosettanet-processes", "sessions"}
    assert {name for name, _ in counts[1:]} == (every - {"content"}) | later
    for name, number in counts[1:]:
        assert int(number) == len([one for one in wanted if one["section"] == name])
    # One section alone, and each of its records on both sides.
    await sections.get_by_role("button", name="bridges").click()
    bridges = [one for one in wanted if one["section"] == "bridges"]
    await expect(tab.page.locator("[data-change]")).to_have_count(len(bridges), timeout=SLOW)
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
    await expect(tab.page.locator("table.beside")).to_be_visible(timeout=SLOW)
    await tab.page.locator(".changes").evaluate("one => scrollTo(0, one.offsetTop - 160)")
    picture = folder / "portal-changes.png"
    await tab.page.screenshot(path=picture)
    assert 10_000 < picture.stat().st_size < MOST_BYTES
    assert (ROOT / "docs" / "pictures" / picture.name).stat().st_size < MOST_BYTES
