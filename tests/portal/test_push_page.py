"""A push through the browser: its plan as a report, the typed name, and what came of it."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from localhost.arm.sample import ACCOUNT
from localhost.stack import HostProcess
from tests.integration_accounts.pushed import half_filled, number_in
from tests.portal import accounts
from tests.portal.accounts import NORTH, link, pull, put_accounts
from tests.portal.looks import require_fit
from tests.portal.pushing import PushForm, forget_north
from tests.portal.watched import Tab
from tests.portal.wizard import Wizard
from tests.support.api import Api, api_of
from tests.support.arm import Arm

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The stand-in holds the accounts of this module alone."""

deployed = accounts.deployed
ICN = "Contoso-Fabrikam-X12-ICN"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(host: HostProcess, azure: Arm) -> AsyncIterator[tuple[Api, str]]:
    """A client, and a service that holds the sample account."""
    put_accounts(azure)
    async with api_of(host.base_url, host.keys.host) as api:
        service = await link(api)
        await pull(api, service)
        yield api, service


async def test_an_account_that_is_as_the_service_is_takes_no_write(
    tab: Tab, linked: tuple[Api, str]
) -> None:
    await tab.open(f"/services/{linked[1]}")
    await tab.page.get_by_role("link", name="Push", exact=True).click()
    await expect(tab.heading).to_have_text(f"Push {linked[1]}")
    form = PushForm(tab, linked[1])
    # Those that use the account are disabled first, unless they are left.
    verdict = await form.plan("Nothing forbids this push")
    await expect(verdict).to_contain_text("2 writes to contoso-trading")
    workflows = tab.page.get_by_role("combobox", name="Workflows that use the account")
    await workflows.select_option("leave")
    verdict = await form.plan("Nothing forbids this push")
    await expect(verdict).to_contain_text("nothing would be written")
    await expect(tab.page.get_by_role("heading", name="The plan")).to_be_focused()
    await require_fit(tab, "plan")


async def test_what_forbids_stands_first_and_at_its_field(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    half_filled(azure, NORTH)
    form = PushForm(tab, linked[1])
    await form.open()
    await form.into_north()
    verdict = await form.plan("thing forbids this push|things forbid this push")
    await expect(verdict).to_contain_text("IntegrationAccountHolds")
    field = tab.page.get_by_label("What it has otherwise")
    await expect(field).to_have_attribute("aria-invalid", "true")
    table = tab.page.get_by_role("group", name="Artifacts", exact=True)
    heads = ["Section", "Create", "Refuse", "Keep", "Same"]
    await expect(table.get_by_role("columnheader")).to_have_text(heads)
    row = table.locator("tbody tr")
    await expect(row.filter(has_text="partners")).to_have_text("partners1111")
    run = form.run
    await expect(run).to_have_attribute("aria-disabled", "true")
    await expect(run).to_contain_text("Something forbids it")
    await require_fit(tab, "forbidden plan")


async def test_a_push_names_the_backup_that_undoes_it(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    api, service = linked
    half_filled(azure, NORTH)
    form = PushForm(tab, service)
    await form.open()
    await form.into_north()
    await tab.page.get_by_label("What it has otherwise").select_option("replace")
    verdict = await form.plan("Nothing forbids this push")
    await expect(verdict).to_contain_text("backed up before the first write")
    await expect(verdict).to_contain_text(re.compile(r"\d+ writes to contoso-north"))
    # Another request is another plan.
    await tab.page.get_by_label("What it alone has").select_option("delete")
    run = form.run
    await expect(run).to_contain_text("changed since")
    await form.plan("Nothing forbids this push")
    await expect(run).to_have_attribute("aria-disabled", "true")
    await tab.page.get_by_label(re.compile("^Type contoso-north")).fill("contoso-north")
    await expect(run).to_have_attribute("aria-disabled", "false")
    await run.click()
    await expect(tab.heading).to_have_text("Push")
    result = tab.page.get_by_role("region", name="What the push did")
    await expect(result).to_be_visible(timeout=60_000)
    await expect(result).to_contain_text("Read again, the account is as it was to become.")
    held = azure.account(NORTH).items["partners"]
    assert set(held) == {"contoso", "fabrikam", "northwind"}
    assert number_in(azure, NORTH, ICN) == number_in(azure, ACCOUNT, ICN)
    await require_fit(tab, "result")
    history = (await api.get(f"services/{service}/backups")).body["value"]
    await result.get_by_role("link", name=history[0]["name"]).click()
    await expect(tab.heading).to_have_text(history[0]["name"])
    await expect(tab.page.locator("[data-status=pinned]").first).to_be_visible()
    await tab.page.go_back()
    await tab.page.get_by_role("link", name="Undo", exact=True).click()
    await expect(tab.heading).to_have_text("Restore")
    await undone(tab, azure)
    await api.succeeded(await api.delete("services/undo-contoso-north"))


async def undone(tab: Tab, azure: Arm) -> None:
    """From the wizard on, nothing has to be filled in but the account's name."""
    wizard = Wizard(tab)
    await expect(wizard.control("/service/name")).to_have_value("undo-contoso-north")
    await wizard.settled()
    await tab.press("button", "Restore")
    await expect(tab.page.locator(".progress [data-status=Succeeded]")).to_be_visible()
    steps = tab.page.get_by_role("region", name="Before you resume")
    await expect(steps).to_contain_text("Push the service into an account before all else")
    await expect(steps).not_to_contain_text("FTP")
    commands = tab.page.get_by_role("group", name="Commands")
    await expect(commands.locator(".command").first).to_have_text("Push")
    await expect(commands.locator(".first")).to_have_text(["Push"])
    await tab.open("/services/undo-contoso-north")
    await expect(commands.locator(".first")).to_have_text(["Push"])
    await commands.get_by_role("link", name="Push").click()
    form = PushForm(tab, "undo-contoso-north")
    await expect(form.control("/resourceId")).to_have_value(NORTH)
    await expect(form.control("/existing")).to_have_value("replace")
    await expect(form.control("/extra")).to_have_value("delete")
    await form.plan("Nothing forbids this push")
    await tab.page.get_by_label(re.compile("^Type contoso-north")).fill("contoso-north")
    await form.run.click()
    await expect(tab.heading).to_have_text("Push")
    result = tab.page.get_by_role("region", name="What the push did")
    await expect(result).to_contain_text("Read again, the account", timeout=60_000)
    assert set(azure.account(NORTH).items["partners"]) == {"fabrikam", "northwind", "tailspin"}


async def test_a_new_account_is_made_and_its_workflows_are_told(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    # Beside the account that was pushed into before, which is to be read for the numbers.
    new = f"{NORTH}-2"
    form = PushForm(tab, linked[1])
    await form.open()
    await form.into_new(new)
    verdict = await form.plan("Nothing forbids this push")
    await expect(verdict).to_contain_text("The account is made first.")
    numbers = tab.page.get_by_role("region", name="Control numbers")
    await expect(numbers).to_contain_text("contoso-trading was read just now")
    # What is filled in survives a reload.
    await tab.page.reload()
    await expect(tab.page.get_by_label("Resource id of the new account")).to_have_value(new)
    await tab.page.get_by_label("Account", exact=True).select_option("own")
    await form.plan("Nothing forbids this push")
    workflows = tab.page.get_by_role("region", name="Workflows that use the account")
    await expect(workflows.get_by_role("row", name=re.compile("send-orders"))).to_contain_text(
        "Is disabled"
    )


async def test_a_part_is_chosen_row_by_row(tab: Tab, linked: tuple[Api, str]) -> None:
    form = PushForm(tab, linked[1])
    await form.open()
    await form.add("Include a section or an artifact")
    await form.fill("/include/0/section", "partners")
    # What the service has is offered.
    offered = tab.page.get_by_role("group", name="Include 1").locator("datalist option")
    await expect(offered).to_have_text(["Contoso", "Fabrikam", "Northwind"])
    await form.fill("/include/0/name", "Fabrikam")
    verdict = await form.plan("Nothing forbids this push")
    await expect(verdict).to_contain_text("Only a part of the service is pushed.")
    await tab.page.get_by_role("button", name="Remove Include 1").click()
    verdict = await form.plan("Nothing forbids this push")
    await expect(verdict).not_to_contain_text("Only a part")


async def test_what_is_still_to_be_filled_in_is_said_at_its_field(
    tab: Tab, linked: tuple[Api, str]
) -> None:
    form = PushForm(tab, linked[1])
    await form.open()
    await tab.page.get_by_label("Account", exact=True).select_option("create")
    await form.add("Name another vault")
    await form.add("Let one agreement go on otherwise")
    # The vault that certificates of the service name is filled in.
    await expect(form.control("/keyVaults/0/from")).to_have_value(re.compile("/vaults/"))
    await tab.press("button", "Plan")
    await expect(form.control("/create/resourceId")).to_be_focused()
    for pointer in (
        "/create/resourceId",
        "/create/location",
        "/controlNumbers/agreements/0/agreement",
        "/controlNumbers/agreements/0/by",
        "/keyVaults/0/to",
    ):
        await expect(form.control(pointer)).to_have_attribute("aria-invalid", "true")
    await expect(form.control("/keyVaults/0/from")).to_have_attribute("aria-invalid", "false")
    await require_fit(tab, "unfinished")


async def test_what_was_disabled_says_whose_resume_enables_it(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    api, service = linked
    form = PushForm(tab, service)
    await form.open()
    await tab.page.get_by_label("What it has otherwise").select_option("replace")
    await form.plan("Nothing forbids this push")
    account = ACCOUNT.rpartition("/")[2]
    await tab.page.get_by_label(re.compile(f"^Type {account}")).fill(account)
    await form.run.click()
    result = tab.page.get_by_role("region", name="What the push did")
    await expect(result).to_contain_text("send-orders", timeout=60_000)
    await expect(result).to_contain_text(f"Resuming {service} enables exactly these.")
    await result.get_by_role("link", name=service, exact=True).click()
    await expect(tab.heading).to_have_text(service)
    resumed = await api.post(f"services/{service}/resume")
    assert "send-orders" in [one["name"] for one in resumed.body["workflows"]["enabled"]]


async def test_uncertain_numbers_come_with_what_is_proposed(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    """The account is lost: what it issued after the last pull nobody knows."""
    _, service = linked
    forget_north(azure)
    azure.lose(ACCOUNT)
    form = PushForm(tab, service)
    await form.open()
    await form.into_new()
    verdict = await form.plan("1 thing forbids this push")
    await expect(verdict).to_contain_text("ControlNumbersUncertain")
    policy = tab.page.get_by_label("How they continue")
    await expect(policy).to_have_attribute("aria-invalid", "true")
    await tab.press("button", re.compile("^Fill in what is proposed"))
    await expect(policy).to_have_value("advance")
    await expect(tab.page.get_by_label("Numbers to leave out")).not_to_have_value("")
    await expect(verdict.get_by_role("heading")).to_have_text("Nothing forbids this push")


async def test_the_accounts_that_numbers_came_from_stay_named(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    """The service is linked to a standby in the place of the account that is lost."""
    api, service = linked
    put_accounts(azure)
    half_filled(azure, NORTH)
    azure.lose(ACCOUNT)
    path = f"services/{service}/integration-account"
    assert (await api.delete(path)).status == 204
    assert (await api.put(path, {"resourceId": NORTH})).status == 201
    await api.succeeded(await api.post(f"services/{service}/pull", {"acceptRemovals": True}))
    await tab.open(f"/services/{service}")
    card = tab.page.get_by_role("region", name="Integration account")
    await expect(card.locator("dt:text-is('Numbers came from') + dd")).to_contain_text(ACCOUNT)
    await tab.settle()
    await require_fit(tab, "card")
    form = PushForm(tab, service)
    await form.open()
    await form.plan("things? forbids? this push")
    numbers = tab.page.get_by_role("region", name="Control numbers")
    sources = numbers.get_by_role("listitem")
    await expect(sources).to_have_text(
        [re.compile("contoso-north was read just now"), re.compile("contoso-trading is gone")]
    )
    await require_fit(tab, "sources")
