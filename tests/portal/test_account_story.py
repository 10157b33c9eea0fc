"""Through the browser: an unprotected account is found, linked, backed up, lost, and comes back in
another region."""

import re

import pytest
from playwright.async_api import expect

from localhost.arm.sample import ACCOUNT
from tests.integration_accounts.pulled import artifacts_of
from tests.integration_accounts.pushed import number_in
from tests.portal import accounts
from tests.portal.accounts import NAME, NORTH, put_accounts
from tests.portal.pushing import PushForm
from tests.portal.watched import Tab
from tests.portal.wizard import Wizard
from tests.support.api import Api
from tests.support.arm import Arm

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The dashboard tells of every account that there is."""

deployed = accounts.deployed
ENDED = 60_000
"""Milliseconds after which an operation has ended, on a busy machine too."""
SERVICE, BACKUP, COPY = "contoso-ia", "contoso-ia-nightly", "contoso-north"
ICN = "Contoso-Fabrikam-X12-ICN"


async def succeeded(tab: Tab, operation: str) -> None:
    """Its page, until it says that it ended well."""
    await expect(tab.heading).to_have_text(operation)
    chip = tab.page.locator(".progress [data-status=Succeeded]")
    await expect(chip).to_be_visible(timeout=ENDED)


async def test_an_account_is_found_linked_backed_up_lost_and_comes_back(
    tab: Tab, api: Api, azure: Arm
) -> None:
    put_accounts(azure)
    before = artifacts_of(azure, ACCOUNT)
    icn = number_in(azure, ACCOUNT, ICN)
    assert icn is not None

    # Found, and linked.
    await tab.open("/accounts")
    await tab.press("button", f"Link {NAME}")
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_label("Name of the new service").fill(SERVICE)
    await dialog.get_by_role("button", name="Link", exact=True).click()
    await succeeded(tab, "Pull")

    # Backed up.
    await tab.open(f"/services/{SERVICE}")
    await tab.press("button", "Back up")
    await tab.fill("Backup name", BACKUP)
    await tab.page.get_by_role("dialog").get_by_role("button", name="Back up").click()
    await succeeded(tab, "Back up")

    # Lost, with all that it held.
    azure.lose(ACCOUNT)

    # A service is made of the backup, by the wizard.
    await tab.open(f"/services/{SERVICE}/backups/{BACKUP}")
    await tab.press("button", "Restore")
    wizard = Wizard(tab)
    await wizard.fill("/service/name", COPY)
    await wizard.settled()
    await expect(
        tab.page.get_by_role("heading", name="Nothing forbids this restore")
    ).to_be_visible()
    await tab.press("button", "Restore")
    await succeeded(tab, f"Restore of {COPY}")

    # Pushed into another region, into an account that is made for it.
    await tab.press("link", "Push")
    form = PushForm(tab, COPY)
    await form.into_new()
    verdict = await form.plan("1 thing forbids this push")
    await expect(verdict).to_contain_text("ControlNumbersUncertain")
    await tab.press("button", re.compile("^Fill in what is proposed: leave out"))
    await expect(verdict.get_by_role("heading")).to_have_text("Nothing forbids this push")
    by = int(await tab.page.get_by_label("Numbers to leave out").input_value())
    await tab.page.get_by_label("Type contoso-north").fill("contoso-north")
    await form.run.click()
    await succeeded(tab, "Push")
    result = tab.page.get_by_role("region", name="What the push did")
    await expect(result).to_contain_text("the account is as it was to become")
    await expect(result).to_contain_text("The account held nothing")

    # It is there again, elsewhere, and no number comes twice.
    made = azure.account(NORTH)
    assert made.resource["location"] == "northeurope"
    assert artifacts_of(azure, NORTH) == before
    assert number_in(azure, NORTH, ICN) == icn + by

    # The restored service has the account now, and nobody protects it no longer.
    await tab.open("/accounts")
    linked = tab.page.locator("section.accounts-list tbody tr").filter(has_text="contoso-north")
    await expect(linked.get_by_role("link", name=COPY, exact=True)).to_be_visible()
