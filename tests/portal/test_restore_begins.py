"""Where a restore begins: Browse Cloud Storage, the pages of backups, and for whom."""

import pytest
from playwright.async_api import Locator, Route, expect

from tests.portal import lost, restoring
from tests.portal.looks import require_fit
from tests.portal.restoring import HERE, REFUSED, Estate
from tests.portal.watched import Tab
from tests.portal.wizard import STEPS, Wizard

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""An account is browsed as a whole."""

estate = restoring.estate


async def test_browsing_has_no_barriers(tab: Tab, estate: Estate) -> None:
    for path in ("/storage", "/storage/default", f"/storage/offsite?open={lost.BACKUP}"):
        await tab.open(path)
        await tab.settle()
        await require_fit(tab, path)


async def test_an_account_shows_what_its_backups_are(tab: Tab, estate: Estate) -> None:
    await tab.open("/storage")
    await tab.page.get_by_role("link", name="offsite").click()
    row = tab.page.get_by_role("row")

    def of(container: str) -> Locator:
        return row.filter(has=tab.page.get_by_role("rowheader", name=container))

    said = {
        lost.BACKUP: ["contoso-orders", "Standard", "Seal valid", "In the history"],
        lost.PARTIAL: ["Partially succeeded"],
        lost.RENAMED: ["Renamed", "A copy"],
        lost.FORGED: ["Not trusted", "DescriptorForged"],
        estate.foreign: ["Seal valid", "Not in the history"],
        estate.keyless: ["Key not at hand"],
    }
    for container, texts in said.items():
        for text in texts:
            await expect(of(container)).to_contain_text(text)
    # What cannot be trusted is neither registered nor restored.
    forged = of(lost.FORGED)
    await expect(forged.get_by_role("button")).to_have_count(0)
    await expect(forged.get_by_role("link", name="Restore")).to_have_count(0)
    # An open row and the filter are part of the address.
    await tab.page.get_by_role("button", name=f"Facts of {lost.BACKUP}").click()
    await expect(tab.page.locator(".opened")).to_contain_text("West Europe")
    await tab.page.get_by_label("Of the service").fill("fabrikam-plain")
    await expect(of(lost.BACKUP)).to_have_count(0)
    await tab.page.reload()
    await expect(tab.page.get_by_label("Of the service")).to_have_value("fabrikam-plain")
    await expect(of(lost.PARTIAL)).to_have_count(1)
    assert f"open={lost.BACKUP}" in tab.page.url


async def test_an_account_comes_a_page_at_a_time(tab: Tab, estate: Estate) -> None:
    """The first page of a large account is what is asked for, and the next one by a button."""
    asked: list[str] = []

    async def small(route: Route) -> None:
        asked.append(route.request.url)
        await route.continue_(url=route.request.url.replace("top=25", "top=2"))

    await tab.page.route("**/storage-accounts/offsite/backups?*", small)
    await tab.open("/storage/offsite")
    rows = tab.page.locator("tbody tr")
    await expect(rows).to_have_count(2)
    await tab.page.get_by_role("button", name="Load more").click()
    await expect(rows).to_have_count(4)
    await tab.settle()
    assert len(asked) == 2


async def test_a_backup_of_elsewhere_is_registered(tab: Tab, estate: Estate) -> None:
    await tab.open("/storage/offsite")
    await tab.page.get_by_role("button", name=f"Register {estate.foreign}").click()
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await require_fit(tab, "register")
    await dialog.get_by_role("button", name="Register").click()
    await expect(dialog).to_have_count(0)
    row = tab.page.get_by_role("row").filter(has_text=estate.foreign)
    await expect(row).to_contain_text("In the history")
    await tab.page.get_by_role("link", name="Open it").click()
    await expect(tab.heading).to_have_text(estate.foreign)
    await expect(tab.page.locator("[data-status=pinned]")).to_be_visible()


async def test_who_may_not_restore_is_not_offered_it(tab: Tab, estate: Estate) -> None:
    async def as_operator(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        admins = {"start_restore", "register_backup"}
        may = [one for one in body["operations"] if one not in admins]
        told = {**body, "rolesRequired": True, "roles": ["Interkeep.Operator"], "operations": may}
        await route.fulfill(response=answer, json=told)

    await tab.page.route("**/api/me", as_operator)
    await tab.open(f"/services/{lost.SERVICE}/backups/{lost.BACKUP}")
    await tab.settle()
    await expect(tab.page.get_by_role("button", name="Restore")).to_have_count(0)
    await tab.open("/storage/offsite")
    await tab.settle()
    for name in ("Restore", "Register"):
        await expect(tab.page.locator("tbody").get_by_text(name, exact=True)).to_have_count(0)
    await tab.open(f"/restore{HERE}")
    await tab.settle()
    await expect(tab.page.get_by_text("Your role does not allow restoring.")).to_be_visible()


async def test_restoring_is_offered_where_backups_are(tab: Tab, estate: Estate) -> None:
    tab.expected |= REFUSED
    page, wizard = tab.page, Wizard(tab)
    await tab.open(f"/services/{lost.SERVICE}/backups/{lost.BACKUP}")
    await page.get_by_role("button", name="Restore", exact=True).click()
    await expect(wizard.control("/backup/container")).to_have_value(lost.BACKUP)
    await tab.open(f"/services/{lost.SERVICE}/backups")
    await page.get_by_role("link", name=f"Restore {lost.BACKUP}").click()
    await expect(wizard.control("/backup/container")).to_have_value(lost.BACKUP)
    await tab.open("/storage/offsite")
    await page.get_by_role("link", name=f"Restore from {lost.RENAMED}").click()
    await expect(wizard.control("/backup/container")).to_have_value(lost.RENAMED)
    await tab.open("/services/new")
    await page.get_by_role("link", name="Or restore one from a backup").click()
    await expect(page.locator("#step")).to_have_text(STEPS["service"])
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Storage").click()
    await expect(tab.heading).to_have_text("Browse Cloud Storage")
