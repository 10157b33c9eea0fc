"""Integration accounts in the portal: found, linked, pulled, and what changed in them."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from localhost.arm.sample import ACCOUNT
from localhost.stack import HostProcess
from tests.portal import accounts
from tests.portal.accounts import FREE, NAME, change, link, lose_partners, pull, put_accounts
from tests.portal.looks import require_fit
from tests.portal.watched import Tab, as_reader, button
from tests.support.api import Api, api_of
from tests.support.arm import SUBSCRIPTION, Arm

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Every account that there is stands on the page."""

deployed = accounts.deployed


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(host: HostProcess, azure: Arm) -> AsyncIterator[tuple[Api, str]]:
    """A client, and a Developer service that holds the sample account and found it changed."""
    put_accounts(azure)
    async with api_of(host.base_url, host.keys.host) as api:
        service = await link(api, pullMinutes=15)
        await pull(api, service)
        change(azure)
        await pull(api, service)
        yield api, service


@pytest.mark.parametrize(
    "page", ["/accounts", "", "/account-changes", "/push", "/artifacts/partners"]
)
async def test_a_page_has_no_barriers(tab: Tab, linked: tuple[Api, str], page: str) -> None:
    await tab.open(page if page == "/accounts" else f"/services/{linked[1]}{page}")
    await tab.settle()
    await require_fit(tab, page)


async def test_accounts_that_nobody_protects_come_first(tab: Tab, linked: tuple[Api, str]) -> None:
    await tab.open("/")
    line = tab.page.get_by_role("link", name=re.compile("fabrikam-forgotten.*Nobody backs up"))
    await expect(line).to_be_visible()
    await line.click()
    await expect(tab.heading).to_have_text("Integration accounts")
    headings = tab.page.locator("main h2")
    await expect(headings).to_have_text(["1 account that nobody protects", "Linked accounts"])
    free = tab.page.locator("section.unprotected tbody tr")
    await expect(free).to_have_count(1)
    await expect(free).to_contain_text("fabrikam-forgotten")
    await expect(free.locator("[data-status=notProtected]")).to_be_visible()
    mine = tab.page.locator("section.accounts-list tbody tr")
    await expect(mine).to_contain_text(NAME)
    await expect(mine.get_by_role("link", name=linked[1])).to_be_visible()
    await expect(mine.locator("[data-status=neverBackedUp]")).to_be_visible()


async def test_who_may_only_read_is_offered_no_link(tab: Tab, linked: tuple[Api, str]) -> None:
    await as_reader(tab)
    await tab.open("/accounts")
    await expect(tab.page.locator("section.unprotected tbody tr")).to_have_count(1)
    await expect(button(tab, "Link fabrikam-forgotten")).to_have_count(0)


async def test_without_an_answer_of_azure_the_dashboard_says_nothing(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    tab.expected.add("403 /api/integration-accounts")
    fault = azure.fault(
        part="integrationAccounts",
        status=403,
        body={"error": {"code": "AuthorizationFailed", "message": "no"}},
        times=1000,
    )
    await tab.open("/")
    await tab.settle()
    await expect(tab.page.get_by_text("fabrikam-forgotten")).to_have_count(0)
    await tab.open("/accounts")
    await expect(tab.page.get_by_text("IntegrationAccountForbidden").first).to_be_visible()
    fault.times = 0


async def test_a_scope_that_cannot_be_read_hides_no_account_of_another(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    scope = f"/subscriptions/{SUBSCRIPTION}"
    fault = azure.fault(
        part=f"{scope}/providers/Microsoft.Logic/integrationAccounts?",
        status=403,
        body={"error": {"code": "AuthorizationFailed", "message": "no"}},
        times=1000,
    )
    try:
        await tab.open("/")
        line = tab.page.get_by_role("link", name=re.compile("A scope of integration accounts"))
        await expect(line).to_contain_text("could not be read")
        await line.click()
        unread = tab.page.get_by_role("region", name="1 scope could not be read")
        await expect(unread).to_contain_text(scope)
        await expect(unread).to_contain_text("The role Reader allows it")
        await expect(unread.get_by_role("link", name="IntegrationAccountForbidden")).to_be_visible()
        await expect(tab.page.locator("section.accounts-list tbody tr")).to_contain_text(NAME)
        well = tab.page.get_by_text("Every account that was found is linked to a service.")
        await expect(well).to_have_count(0)
        await tab.settle()
        await require_fit(tab, "/accounts")
        await tab.open(f"/services/{linked[1]}/push")
        await tab.page.get_by_label("Account", exact=True).select_option("listed")
        await expect(tab.page.get_by_text("Some scopes could not be read")).to_be_visible()
    finally:
        fault.times = 0


async def test_the_overview_shows_the_account(tab: Tab, linked: tuple[Api, str]) -> None:
    api, service = linked
    await tab.open(f"/services/{service}")
    card = tab.page.get_by_role("region", name="Integration account")
    await expect(card).to_contain_text(ACCOUNT)
    await expect(card).to_contain_text("Standard")
    await expect(card).to_contain_text("westeurope")
    bar = card.get_by_role("img", name="partners: 4 of 1,000")
    await expect(bar).to_be_visible()
    pulled = (await api.get(f"services/{service}/integration-account")).body
    last = card.locator(f"a[href$='/log/{pulled['lastPullOperation']}']")
    await expect(last.locator("[data-status=Succeeded]")).to_be_visible()
    await expect(card.get_by_text("Numbers pulled next")).to_be_visible()
    # A Developer edition has no backup, and a linked account's service has.
    backup = button(tab, "Back up")
    await expect(backup).to_have_attribute("aria-disabled", "false")
    await card.get_by_role("button", name="Pull now").click()
    await expect(tab.heading).to_have_text("Pull")
    await expect(tab.page.locator(".progress [data-status=Succeeded]")).to_be_visible()


async def test_what_changed_stands_by_day(tab: Tab, linked: tuple[Api, str]) -> None:
    await tab.open(f"/services/{linked[1]}")
    await tab.page.get_by_role("link", name="What changed, and when").click()
    await expect(tab.heading).to_have_text("What changed in the account")
    day = tab.page.locator("main section.card")
    await expect(day).to_have_count(1)
    rows = day.locator("tbody tr")
    await expect(rows).to_have_count(2)
    fabrikam = rows.filter(has_text="Fabrikam")
    await expect(fabrikam.locator("[data-status=changed]")).to_be_visible()
    await expect(fabrikam).to_contain_text("/metadata")
    await expect(rows.filter(has_text="Tailspin").locator("[data-status=added]")).to_be_visible()
    await tab.page.get_by_label("To", exact=True).fill("2020-01-01")
    await expect(tab.page.get_by_text("No change in that time.")).to_be_visible()
    await expect(tab.page).to_have_url(re.compile("to=2020-01-01"))


async def test_artifacts_are_managed_by_the_account(tab: Tab, linked: tuple[Api, str]) -> None:
    _, service = linked
    said = tab.page.get_by_text(re.compile(f"managed by the account {NAME}"))
    for path in ("artifacts", "artifacts/partners"):
        await tab.open(f"/services/{service}/{path}")
        await expect(said).to_be_visible()
        await expect(tab.page.locator("tbody tr").first).to_be_visible()
        await expect(tab.page.locator(".filters button")).to_have_count(0)
    await tab.open(f"/services/{service}/artifacts/partners/Fabrikam")
    await expect(said).to_be_visible()
    await expect(tab.page.get_by_role("heading", name="Document")).to_be_visible()
    await expect(tab.page.locator("main .commands")).to_have_count(0)
    await tab.open(f"/services/{service}/artifacts/partners/Fabrikam?edit=1")
    await expect(said).to_be_visible()
    await expect(tab.page.get_by_label("Document, as JSON")).to_have_count(0)
    await tab.open(f"/services/{service}/new-artifact/partners")
    await expect(said).to_be_visible()


async def test_a_pull_that_removes_much_is_offered_with_its_consequence(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    api, service = linked
    held = dict(azure.account(ACCOUNT).items["partners"])
    lose_partners(azure)
    await tab.open(f"/services/{service}")
    await tab.press("button", "Pull now")
    await expect(tab.page.get_by_text("PullRemovesTooMuch")).to_be_visible()
    await tab.open(f"/services/{service}")
    await expect(tab.page.get_by_text("The last pull was refused")).to_be_visible()
    await tab.press("button", "Pull, and accept what is gone")
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("drops what is gone from the account")
    run = dialog.get_by_role("button", name="Pull, and accept what is gone")
    await expect(run).to_be_disabled()
    await dialog.get_by_label(f"Type {service} to confirm").fill(service)
    await run.click()
    await expect(tab.page.locator(".progress [data-status=Succeeded]")).to_be_visible()
    assert (await api.get(f"services/{service}/artifacts/partners")).body["value"] == []
    azure.account(ACCOUNT).items["partners"].update(held)
    await pull(api, service)


async def test_an_account_is_linked_to_a_new_service_and_unlinked(
    tab: Tab, linked: tuple[Api, str]
) -> None:
    api, _ = linked
    await tab.open("/accounts")
    await tab.press("button", "Link fabrikam-forgotten")
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_label("Name of the new service").fill("forgotten-ia")
    await dialog.get_by_label("Minutes between pulls of control numbers").fill("30")
    await dialog.get_by_role("button", name="Link", exact=True).click()
    await expect(tab.heading).to_have_text("Pull")
    await expect(tab.page.locator(".progress [data-status=Succeeded]")).to_be_visible()
    found = (await api.get("services/forgotten-ia/integration-account")).body
    assert (found["resourceId"], found["pullMinutes"]) == (FREE, 30)
    await tab.open("/accounts")
    await expect(tab.page.get_by_text("Every account that was found is linked")).to_be_visible()
    await tab.open("/services/forgotten-ia")
    await tab.press("button", "Unlink")
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("do not let both go on")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await dialog.get_by_role("button", name="Unlink").click()
    await expect(dialog).to_have_count(0)
    await expect(tab.page.get_by_text("It is not linked now")).to_be_visible()
    assert (await api.get("services/forgotten-ia/integration-account")).status == 404


async def test_an_account_is_linked_to_a_service_that_there_is(
    tab: Tab, linked: tuple[Api, str]
) -> None:
    api, _ = linked
    service = await api.service("northwind-ia")
    await tab.open("/accounts")
    await tab.press("button", "Link fabrikam-forgotten")
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_label("Service", exact=True).select_option("existing")
    await dialog.get_by_label("Service to link").select_option(service)
    await dialog.get_by_label("Pull it at once").uncheck()
    await dialog.get_by_role("button", name="Link", exact=True).click()
    await expect(tab.heading).to_have_text(service)
    await expect(tab.page.get_by_text("Counted by the first pull.")).to_be_visible()
    gone = await api.delete(f"services/{service}/integration-account")
    assert gone.status == 204
