"""The page of an import, as tests use it: folders of files, the check, the report."""

import json
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.portal.watched import Tab, button
from tests.support.api import Api, x12_document

XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:contoso:order"/>'
XSLT = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'
SLOW = 60_000
"""Milliseconds that an import may take where the machine is busy."""


def written(folder: Path, files: dict[str, bytes | str | Any]) -> Path:
    """A folder with files: bytes, a text, or a value that becomes JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            text = content if isinstance(content, str) else json.dumps(content)
            content = text.encode()
        path.write_bytes(content)
    return folder


async def choose(tab: Tab, service: str, folder: Path) -> None:
    """Open the page, and choose a folder."""
    await tab.open(f"/services/{service}/import")
    await tab.settle()
    await tab.page.locator("[data-choose=folder]").set_input_files(folder)
    await expect(tab.page.get_by_role("heading", name="recognised")).to_be_visible()


async def check(tab: Tab) -> str:
    """Have it checked; what was said."""
    await button(tab, "Check").click()
    said = tab.page.get_by_role("status").filter(has_text="Checked:")
    await expect(said).to_be_visible(timeout=SLOW)
    return await said.inner_text()


async def ended(tab: Tab) -> None:
    """Wait until the import has ended."""
    await expect(tab.page.get_by_text("The import has ended.")).to_be_visible(timeout=SLOW)


async def table(tab: Tab, name: str) -> list[list[str]]:
    """The cells of a table, by the name of what it scrolls in."""
    rows = tab.page.get_by_role("group", name=name).locator("tbody tr")
    return [[cell.strip() for cell in line.split("\t")] for line in await rows.all_inner_texts()]


async def artifact(api: Api, service: str, section: str, name: str) -> Any:
    """An artifact, as the API shows it."""
    found = await api.get(f"services/{service}/artifacts/{section}/{name}")
    assert found.status == 200, found.body
    return found.body


async def bytes_of(api: Api, service: str, section: str, name: str) -> bytes:
    """The content of an artifact."""
    return (await api.get(f"services/{service}/artifacts/{section}/{name}/content")).content


def masked() -> Any:
    """The agreement as the API shows it."""
    return json.loads(json.dumps(x12_document()).replace("agreement-secret", "********"))
