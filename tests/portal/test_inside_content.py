"""Content is taken out of a backup as a file, as it was then; what is damaged is not given."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.portal import inside
from tests.portal.inside import FIRST, SECOND, opened
from tests.portal.watched import Tab, button
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

estate = inside.estate


async def test_content_is_downloaded_as_it_was_in_each_backup(tab: Tab, estate: Api) -> None:
    for backup, data in ((FIRST, b"<a/>"), (SECOND, b"<b/>")):
        await tab.open(opened("schemas", "Order850", backup))
        async with tab.page.expect_download() as download:
            await tab.press("button", "Download content")
        got = await download.value
        assert got.suggested_filename == "Order850"
        assert Path(await got.path()).read_bytes() == data
        await expect(button(tab, "Download content")).to_be_focused()


async def test_a_record_without_content_offers_none(tab: Tab, estate: Api) -> None:
    await tab.open(opened("bridges", "Orders"))
    await expect(tab.page.get_by_role("region", name="A record of")).to_contain_text("password")
    await expect(button(tab, "Download content")).to_have_count(0)


async def test_content_that_is_damaged_is_told_at_its_button(tab: Tab, estate: Api) -> None:
    error = {"code": "BlobCorrupt", "message": "It is not as it was written.", "target": "blob"}
    tab.expected.add("409 /content")
    await tab.page.route(
        "**/contents/certificates/Signing/content",
        lambda route: route.fulfill(status=409, json={"error": error}),
    )
    await tab.open(opened("certificates", "Signing"))
    await button(tab, "Download content").click()
    panel = tab.page.get_by_role("region", name="A record of")
    await expect(panel.get_by_role("alert")).to_contain_text(error["message"])
    await expect(button(tab, "Download content")).to_be_enabled()
