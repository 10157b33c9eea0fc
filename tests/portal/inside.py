"""The pages inside a backup, as tests go to them: addresses, and the records that are listed."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest_asyncio
from playwright.async_api import Locator, Page

from localhost.stack import HostProcess
from tests.portal.inside_estate import FIRST, SECOND, SERVICE, build
from tests.support.api import Api, api_of

AT = f"/services/{SERVICE}/backups/{SECOND}"
API_AT = f"services/{SERVICE}/backups/{SECOND}"
A_PAGE = 100
SLOW = 30_000
"""Milliseconds: to compare with the living service reads all of its rows."""

PAGES = {
    "records": f"{AT}/contents/bridges",
    "record": f"{AT}/contents/certificates?open=Signing",
    "settings": f"{AT}/contents/service?open=service",
    "content": f"{AT}/contents/content",
    "nothing": f"{AT}/contents/templates",
    "changes": f"{AT}/changes?since={FIRST}",
    "side-by-side": f"{AT}/changes?since={FIRST}&open=bridges%2FOrders",
    "content-changed": f"{AT}/changes?since={FIRST}&open=schemas%2FOrder850",
    "live": f"{AT}/changes?since=live&section=bridges",
    "alike": f"{AT}/changes?since={SECOND}",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host, with the backups in it."""
    async with api_of(host.base_url, host.keys.host) as client:
        await client.once("inside", lambda: build(client))
        yield client


def opened(section: str, name: str, backup: str = SECOND) -> str:
    """The address of an open record."""
    at = f"/services/{SERVICE}/backups/{backup}/contents/{section}"
    return f"{at}?{urlencode({'open': name})}"


def rows_of(page: Page) -> Locator:
    """The links of the records that are listed."""
    return page.locator("tbody [data-record]")
