"""The portal as tests have it: built, and opened in Debian's own browser."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from localhost.stack import HostProcess
from scripts import portal
from tests.portal.watched import Tab
from tests.support.api import Api, api_of
from tests.support.arm import SUBSCRIPTION, Arm

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session", autouse=True)
def site() -> Path:
    """The folder of the built site."""
    portal.build()
    return portal.SITE


@pytest.fixture(scope="module", autouse=True)
def bare_azure(azure: Arm) -> None:
    """No integration account is there but those that a module puts there: the dashboard tells of
    every one that nobody protects."""
    azure.calm()
    azure.state.groups.clear()
    azure.state.subscriptions.clear()
    azure.state.vaults.clear()
    azure.state.add_group(SUBSCRIPTION, "contoso")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The machine's browser; in CI it must be there."""
    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("CI needs a browser for the portal: apt-get install chromium")
    if found is None:
        pytest.skip("there is no browser; on Debian: apt-get install chromium")
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    """A browser for the tests of a module."""
    async with async_playwright() as playwright:
        # As root, in a container, it has no sandbox of its own.
        running = await playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox"]
        )
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="module")
async def tab(browser: Browser, host: HostProcess) -> AsyncIterator[Tab]:
    """A tab of its own, without a key; what the browser complains about fails the test."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    opened = Tab(await context.new_page(), host.base_url, host.keys.host)
    opened.watch()
    yield opened
    await context.close()
    opened.require_quiet()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host."""
    async with api_of(host.base_url, host.keys.host) as client:
        yield client
