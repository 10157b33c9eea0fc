"""A lost account in the portal: it is seen wherever one looks, and each place leads to its way
back."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from localhost.arm.sample import ACCOUNT
from localhost.stack import HostProcess
from tests.portal import accounts
from tests.portal.accounts import NAME, link, pull, put_accounts
from tests.portal.looks import require_fit
from tests.portal.pushing import PushForm
from tests.portal.watched import Tab
from tests.support.api import Api, api_of
from tests.support.arm import Arm

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The dashboard tells of every account that there is."""

deployed = accounts.deployed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lost(host: HostProcess, azure: Arm) -> AsyncIterator[tuple[Api, str]]:
    """A service whose account was pulled, and is gone since; a pull has seen it."""
    put_accounts(azure)
    async with api_of(host.base_url, host.keys.host) as api:
        service = await link(api, edition="Basic")
        await pull(api, service)
        azure.lose(ACCOUNT)
        failed = await api.ended(await api.post(f"services/{service}/pull", {}))
        assert failed["error"]["code"] == "IntegrationAccountNotFound"
        yield api, service


async def test_the_dashboard_leads_to_the_service(tab: Tab, lost: tuple[Api, str]) -> None:
    await tab.open("/")
    line = tab.page.get_by_role("link", name=re.compile(f"{lost[1]}.*account is gone"))
    await expect(line.locator("[data-status=Gone]")).to_be_visible()
    await line.click()
    await expect(tab.heading).to_have_text(lost[1])


async def test_the_list_has_it(tab: Tab, lost: tuple[Api, str]) -> None:
    await tab.open("/accounts")
    row = tab.page.locator("section.accounts-list tbody tr").filter(has_text=NAME)
    await expect(row.locator("[data-status=Gone]")).to_be_visible()
    await tab.settle()
    await require_fit(tab, "/accounts")
    await row.get_by_role("link", name=lost[1]).click()
    await expect(tab.heading).to_have_text(lost[1])


async def test_its_card_leads_to_a_push_that_makes_it_again(
    tab: Tab, lost: tuple[Api, str], azure: Arm
) -> None:
    api, service = lost
    await tab.open(f"/services/{service}")
    card = tab.page.get_by_role("region", name="Integration account")
    await expect(card.locator(".card-head [data-status=Gone]")).to_be_visible()
    await expect(card).to_contain_text("What was pulled last is in the service")
    await expect(card.get_by_role("link", name="Its backups")).to_be_visible()
    await tab.settle()
    await require_fit(tab, "the card")
    await card.get_by_role("link", name="Bring it back").click()
    form = PushForm(tab, service)
    await expect(form.control("/create/resourceId")).to_have_value(ACCOUNT)
    await expect(form.control("/create/location")).to_have_value("westeurope")
    verdict = await form.plan("1 thing forbids this push")
    await expect(verdict).to_contain_text("ControlNumbersUncertain")
    # At the field too, a time is one that people read.
    wrong = tab.page.locator(".push-form .wrong").first
    await expect(wrong.locator("time").first).to_be_visible()
    assert not re.search(r"T\d\d:\d\d:\d\d", await wrong.inner_text())
    await tab.press("button", re.compile("^Fill in what is proposed: leave out"))
    await expect(verdict.get_by_role("heading")).to_have_text("Nothing forbids this push")
    await tab.page.get_by_label(f"Type {NAME}").fill(NAME)
    await form.run.click()
    await expect(tab.heading).to_have_text("Push")
    await expect(tab.page.locator(".progress [data-status=Succeeded]")).to_be_visible()
    assert azure.account(ACCOUNT).items["partners"]
    await pull(api, service)
    await tab.open(f"/services/{service}")
    await expect(card).to_contain_text("Succeeded")
    await expect(tab.page.locator("[data-status=Gone]")).to_have_count(0)
    await expect(card.get_by_role("link", name="Bring it back")).to_have_count(0)
