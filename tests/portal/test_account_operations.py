"""The pages of what was done with an integration account say in words what came of it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from localhost.stack import HostProcess
from tests.portal import accounts
from tests.portal.accounts import change, link, pull, put_accounts
from tests.portal.looks import require_fit
from tests.portal.watched import Tab
from tests.support.api import Api, api_of
from tests.support.arm import Arm

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The stand-in holds the accounts of this module alone."""

deployed = accounts.deployed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(host: HostProcess, azure: Arm) -> AsyncIterator[tuple[Api, str]]:
    """A service that holds the sample account, which was changed since."""
    put_accounts(azure)
    async with api_of(host.base_url, host.keys.host) as api:
        service = await link(api, edition="Basic")
        await pull(api, service)
        change(azure)
        yield api, service


async def opened(tab: Tab, linked: tuple[Api, str], operation: str) -> None:
    """The page of the last operation of that name; nothing on it is a raw member."""
    api, service = linked
    path = f"services/{service}/operations?operation={operation}&top=1"
    (last,) = (await api.get(path)).body["value"]
    await tab.open(f"/services/{service}/log/{last['id']}")
    await tab.settle()
    await require_fit(tab, operation)
    await expect(tab.page.get_by_role("heading", name="What came of it")).to_have_count(0)


def fact(of: Locator, name: str) -> Locator:
    """The value beside a name."""
    label = of.page.get_by_text(name, exact=True)
    return of.locator("dl > div").filter(has=label).locator("dd")


async def test_a_pull_says_what_it_brought(tab: Tab, linked: tuple[Api, str]) -> None:
    await pull(*linked)
    await opened(tab, linked, "PullIntegrationAccount")
    brought = tab.page.get_by_role("region", name="What the pull brought")
    await expect(fact(brought, "Added")).to_have_text("partners: 1")
    await expect(fact(brought, "Changed")).to_have_text("partners: 1")
    await expect(fact(brought, "Removed")).to_have_text("None")
    await expect(fact(brought, "As of one moment")).to_have_text("Yes")


async def test_a_suspend_and_a_resume_name_the_workflows(tab: Tab, linked: tuple[Api, str]) -> None:
    api, service = linked
    done = (await api.post(f"services/{service}/suspend")).body["workflows"]
    assert done["disabled"]
    assert done["left"]
    await opened(tab, linked, "SuspendBizTalkService")
    told = tab.page.get_by_role("region", name="What became of the workflows")
    await expect(told.get_by_role("heading", level=3)).to_have_text(
        ["Disabled", "Left as they were"]
    )
    for one in done["disabled"]:
        await expect(told).to_contain_text(one["name"])
    for one in done["left"]:
        await expect(told).to_contain_text(f"{one['name']}: {one['why']}")
    await expect(told).to_contain_text(done["lookedIn"])
    done = (await api.post(f"services/{service}/resume")).body["workflows"]
    assert done["enabled"]
    await opened(tab, linked, "ResumeBizTalkService")
    await expect(told.get_by_role("heading", level=3).first).to_have_text("Enabled again")
    for one in done["enabled"]:
        await expect(told).to_contain_text(one["name"])


async def test_a_push_says_it_once(tab: Tab, linked: tuple[Api, str]) -> None:
    api, service = linked
    await pull(api, service)
    await api.succeeded(await api.post(f"services/{service}/push", {"workflows": "leave"}))
    await opened(tab, linked, "PushIntegrationAccount")
    await expect(tab.page.get_by_role("heading", name="What the push did")).to_be_visible()
    asked = tab.page.locator("section.card").filter(has_text="What was asked for")
    await expect(fact(asked, "workflows")).to_have_text("leave")
    await expect(fact(asked, "controlNumbers")).to_have_text("policy: continue")
    await expect(tab.page.get_by_text("pulledFrom")).to_have_count(0)
