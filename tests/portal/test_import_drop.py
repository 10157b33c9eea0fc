"""A folder is dropped on the page as a browser drops it, and walked through."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.portal.importing import SLOW, check, ended
from tests.portal.watched import Tab, button
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

MANY = 130
"""More files than a browser tells of a folder at once."""


async def drop(tab: Tab, *paths: Path) -> None:
    """What a file manager does when it lets go over the page."""
    session = await tab.page.context.new_cdp_session(tab.page)
    data: dict[str, Any] = {"items": [], "files": [str(path) for path in paths]}
    place = {"x": 640, "y": 400, "data": {**data, "dragOperationsMask": 1}}
    for kind in ("dragEnter", "dragOver", "drop"):
        await session.send("Input.dispatchDragEvent", {"type": kind, **place})


async def test_a_folder_is_dropped_with_what_is_in_its_folders(
    tab: Tab, api: Api, tmp_path: Path
) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    folder = tmp_path / "network"
    partners = folder / "deep" / "partners"
    partners.mkdir(parents=True)
    for number in range(MANY):
        (partners / f"P{number:03}.json").write_text(json.dumps({"n": number}))
    (folder / "schemas").mkdir()
    (folder / "schemas" / "Order.xsd").write_bytes(
        b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o"/>'
    )
    (folder / "empty").mkdir()
    beside = tmp_path / "Invoice.xsd"
    beside.write_bytes(b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>')
    await tab.open(f"/services/{service}/import")
    await tab.settle()
    await drop(tab, folder, beside)
    await expect(tab.page.get_by_role("heading", name="recognised")).to_be_visible(timeout=SLOW)
    names = tab.page.locator("tbody").first
    await expect(names).to_contain_text("network/deep/partners/P000.json")
    assert f"{MANY + 2} would be created" in await check(tab)
    await button(tab, f"Import {MANY + 2}").click()
    await ended(tab)
    found = (await api.get(f"services/{service}/artifacts/partners?top=200")).body["value"]
    assert [one["document"]["n"] for one in found] == list(range(MANY))
    for name in ("Order", "Invoice"):
        path = f"services/{service}/artifacts/schemas/{name}/content"
        assert (await api.get(path)).status == 200, name


async def test_what_holds_no_file_changes_nothing(tab: Tab, api: Api, tmp_path: Path) -> None:
    service = await api.service(unique("svc"))
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    await tab.open(f"/services/{service}/import")
    await tab.settle()
    await drop(tab, tmp_path / "empty")
    await expect(button(tab, "Choose files")).to_be_visible()
    await expect(tab.page.locator(".drop.over")).to_have_count(0)
