"""Run again: pulls and pushes, with what their records hold of what was asked."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from localhost.arm.sample import X12
from localhost.stack import HostProcess
from tests.portal import accounts
from tests.portal.accounts import NORTH, link, lose_partners, pull, put_accounts
from tests.portal.pushing import PushForm, forget_north
from tests.portal.watched import Tab, as_reader
from tests.support.api import Api, api_of, unique
from tests.support.arm import Arm

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The stand-in holds the accounts of this module alone."""

deployed = accounts.deployed
SLOW = 60_000
"""Milliseconds after which an operation has ended, on a busy machine too."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(host: HostProcess, azure: Arm) -> AsyncIterator[tuple[Api, str]]:
    """A client, and a service that holds the sample account."""
    put_accounts(azure)
    async with api_of(host.base_url, host.keys.host) as api:
        service = await link(api)
        await pull(api, service)
        yield api, service


async def another(tab: Tab, former: str) -> None:
    """The page of the operation that began, once it has ended well."""
    await expect(tab.page).not_to_have_url(re.compile(former), timeout=SLOW)
    chip = tab.page.locator(".progress [data-status=Succeeded]")
    await expect(chip).to_be_visible(timeout=SLOW)


async def test_a_pull_reads_the_account_once_more(tab: Tab, linked: tuple[Api, str]) -> None:
    api, service = linked
    started = await api.post(f"services/{service}/pull", {})
    await api.succeeded(started)
    await tab.open(f"/services/{service}/log/{started.body['id']}")
    async with tab.page.expect_request("**/pull") as sent:
        await tab.press("button", "Run again")
    assert (await sent.value).post_data_json == {}
    await another(tab, started.body["id"])


async def test_a_push_fills_in_its_form(tab: Tab, linked: tuple[Api, str], azure: Arm) -> None:
    api, service = linked
    forget_north(azure)
    request = {
        "create": {"resourceId": NORTH, "location": "northeurope", "sku": "Standard"},
        "existing": "replace",
        "extra": "delete",
        "controlNumbers": {
            "policy": "advance",
            "by": 20,
            "agreements": [{"agreement": X12, "policy": "continue"}],
        },
        "keyVaults": [],
        "exclude": [{"section": "batches", "name": "FabrikamOrdersHourly"}],
        "workflows": "leave",
        "link": False,
    }
    started = await api.post(f"services/{service}/push", request)
    await api.succeeded(started)
    await tab.open(f"/services/{service}/log/{started.body['id']}")
    await tab.press("button", "Run again")
    await expect(tab.heading).to_have_text(f"Push {service}")
    form = PushForm(tab, service)
    wanted = {member: value for member, value in request.items() if value != []}
    await expect(form.control("/create/resourceId")).to_have_value(NORTH)
    assert await form.request() == wanted
    # The account is there by now: it is named, and not made.
    await form.plan("1 thing forbids this push")
    await expect(form.control("/create/resourceId")).to_have_attribute("aria-invalid", "true")
    await form.into_north()
    await tab.page.reload()
    await expect(form.control("/resourceId")).to_have_value(NORTH)
    assert await form.request() == {
        "resourceId": NORTH,
        **{member: value for member, value in wanted.items() if member != "create"},
    }
    await form.plan("Nothing forbids this push")
    await tab.page.get_by_label("Type contoso-north").fill("contoso-north")
    await form.run.click()
    await another(tab, started.body["id"])


async def test_a_pull_that_may_remove_asks_for_the_name_again(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    api, service = linked
    lose_partners(azure)
    started = await api.post(f"services/{service}/pull", {"acceptRemovals": True})
    await api.succeeded(started)
    await tab.open(f"/services/{service}/log/{started.body['id']}")
    await tab.press("button", "Run again")
    dialog = tab.page.get_by_role("dialog")
    accept = dialog.get_by_role("button", name="Pull, and accept what is gone")
    await expect(accept).to_be_disabled()
    await dialog.get_by_label(re.compile("^Type")).fill(service)
    async with tab.page.expect_request("**/pull") as sent:
        await accept.click()
    assert (await sent.value).post_data_json == {"acceptRemovals": True}
    await another(tab, started.body["id"])


async def test_who_may_only_read_is_offered_neither(tab: Tab, linked: tuple[Api, str]) -> None:
    api, service = linked
    log = await api.get(f"services/{service}/operations?operation=PullIntegrationAccount")
    await as_reader(tab)
    await tab.open(f"/services/{service}/log/{log.body['value'][0]['id']}")
    await tab.settle()
    await expect(tab.page.get_by_role("button", name=re.compile("^Run again"))).to_have_count(0)


async def test_a_backup_takes_over_whether_it_pulls(tab: Tab, linked: tuple[Api, str]) -> None:
    api, service = linked
    asked = {"name": unique("first"), "storageAccount": "offsite", "pull": False}
    started = await api.post(f"services/{service}/backups", asked)
    await api.succeeded(started)
    await tab.open(f"/services/{service}/log/{started.body['id']}")
    await tab.press("button", "Run again")
    dialog = tab.page.get_by_role("dialog")
    first = dialog.get_by_label("Pull the integration account first")
    await expect(first).not_to_be_checked()
    async with tab.page.expect_request("**/backups") as sent:
        await dialog.get_by_role("button", name="Back up", exact=True).click()
    assert (await sent.value).post_data_json["pull"] is False
    await another(tab, started.body["id"])
    # One that is asked for anew pulls.
    await tab.open(f"/services/{service}")
    await tab.press("button", "Back up")
    await expect(first).to_be_checked()
