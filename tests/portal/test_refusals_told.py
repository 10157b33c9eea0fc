"""What is refused, overtaken or cannot be read: told where its cause is, with what to do."""

import json

import pytest
from playwright.async_api import Route, expect

from tests.portal import estate as services
from tests.portal.estate import BACKUP, SERVICE
from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Other modules have services of the same names."""

estate = services.estate


async def test_what_is_refused_says_why_and_under_which_id(tab: Tab, estate: Api) -> None:
    tab.expected.add("404 /services/nobody-b2b")
    await tab.open("/services/nobody-b2b")
    problem = tab.page.locator(".problem")
    await expect(problem).to_contain_text("ServiceNotFound")
    await expect(problem.get_by_role("button", name="Copy Request")).to_be_visible()
    await expect(tab.page.get_by_text("There is no such service now.")).to_be_visible()
    # A name that is used is told in the dialog, where it was typed.
    tab.expected.add("409 /backups")
    await tab.open(f"/services/{SERVICE}")
    await tab.page.get_by_role("button", name="Back up", exact=True).click()
    await expect(tab.page.get_by_label("Storage account")).to_have_value("offsite")
    await tab.page.get_by_label("Backup name").fill(BACKUP)
    await tab.page.keyboard.press("Enter")
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog.locator(".problem")).to_contain_text("BackupName")
    await expect(dialog.get_by_label("Backup name")).to_have_value(BACKUP)


async def test_a_schedule_that_somebody_else_saved_is_read_again(tab: Tab, estate: Api) -> None:
    path = "services/fabrikam-edi/backup-schedule"
    await tab.open("/services/fabrikam-edi/configure")
    await tab.page.get_by_label("Retention Days").fill("9")
    saved = (await estate.get(path)).body
    other = {name: saved[name] for name in ("status", "storageAccount", "startAt")}
    put = await estate.put(path, {**other, "frequencyDays": 2, "retentionDays": 20})
    assert put.status == 200
    tab.expected.add("412 /backup-schedule")
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_text("Somebody saved the schedule meanwhile")).to_be_visible()
    await expect(tab.page.get_by_label("Retention Days")).to_have_value("20")


async def test_a_schedule_without_its_every_nth_is_not_whole(tab: Tab, estate: Api) -> None:
    await tab.open(f"/services/{SERVICE}/configure")
    save = tab.page.get_by_role("button", name="Save")
    await tab.page.get_by_label("Verify", exact=True).select_option("data")
    await tab.page.get_by_label("Every n-th backup").fill("2")
    await expect(save).to_have_attribute("aria-disabled", "false")
    await tab.page.get_by_label("Every n-th backup").fill("")
    await expect(save).to_have_attribute("aria-disabled", "true")
    await expect(tab.page.get_by_text("Fill in the form to see it.")).to_be_visible()


async def test_busy_gone_and_garbled_answers_are_told_apart(tab: Tab, estate: Api) -> None:
    answers = iter(["busy", "well"])

    async def busy_once(route: Route) -> None:
        if next(answers, "well") == "well":
            return await route.continue_()
        error = {"error": {"code": "StorageUnavailable", "message": "Storage is busy."}}
        return await route.fulfill(
            status=503,
            headers={"Retry-After": "1", "Content-Type": "application/json"},
            body=json.dumps(error),
        )

    tab.expected |= {"503 /services", "gone"}
    await tab.page.route("**/api/services?*", busy_once)
    await tab.open("/services")
    await expect(tab.page.get_by_role("link", name=SERVICE)).to_be_visible()
    await tab.page.unroute("**/api/services?*")

    await tab.page.route("**/api/health/deep", lambda route: route.fulfill(body="<html>"))
    await tab.page.get_by_role("link", name="Health").click()
    await expect(tab.page.locator(".problem")).to_contain_text("NoJson")

    await tab.page.route("**/api/**", lambda route: route.abort("connectionrefused"))
    await tab.page.get_by_role("link", name="Operation log").click()
    await expect(tab.page.locator(".problem")).to_contain_text("Unreachable")
    await expect(tab.page.get_by_text("Not connected since")).to_be_visible()
    await tab.page.get_by_role("link", name="Services").click()
    await expect(tab.page.get_by_role("link", name=SERVICE)).to_be_visible()


async def test_what_could_not_be_read_again_is_said_to_be_old(tab: Tab, estate: Api) -> None:
    old = tab.page.get_by_text("The app does not answer as it should since")
    tab.expected.add(f"500 /services/{SERVICE}")
    await tab.open(f"/services/{SERVICE}")
    await tab.settle()
    await expect(old).to_have_count(0)
    broken = {"error": {"code": "InternalError", "message": "It broke."}}
    address = f"**/api/services/{SERVICE}"
    await tab.page.route(address, lambda route: route.fulfill(status=500, json=broken))
    await expect(old).to_be_visible(timeout=30_000)
    # What else is read well does not make it new.
    await tab.page.get_by_role("link", name="Configure").click()
    await tab.settle()
    await expect(old).to_be_visible()
    await tab.page.unroute(address)
    await expect(old).to_have_count(0, timeout=30_000)


async def test_a_code_of_the_pages_own_leads_nowhere(tab: Tab, estate: Api) -> None:
    await tab.page.route("**/api/health/deep", lambda route: route.fulfill(body="<html>"))
    await tab.open("/health")
    problem = tab.page.locator(".problem")
    await expect(problem).to_contain_text("NoJson")
    await expect(problem.get_by_role("link")).to_have_count(0)


async def test_a_refused_clipboard_is_told(tab: Tab, estate: Api) -> None:
    refused = "void (navigator.clipboard.writeText = () => Promise.reject(new Error()))"
    await tab.open(f"/services/{SERVICE}")
    await tab.page.evaluate(refused)
    await tab.page.get_by_role("button", name="Copy Id").click()
    await expect(tab.page.get_by_text("The browser refused to copy")).to_be_visible()


async def test_units_are_those_of_the_edition_and_refused_at_their_field(
    tab: Tab, estate: Api
) -> None:
    tab.expected.add("400 /scale")
    await tab.open(f"/services/{SERVICE}")
    edition = (await estate.get(f"services/{SERVICE}")).body["edition"]
    editions = (await estate.get("editions")).body["value"]
    most = next(one["maxUnits"] for one in editions if one["edition"] == edition)
    await tab.page.get_by_role("button", name="Scale").click()
    dialog = tab.page.get_by_role("dialog")
    units = dialog.get_by_label("Units")
    await expect(units).to_have_attribute("max", str(most))
    await units.fill(str(most + 1))
    await dialog.get_by_role("button", name="Scale").click()
    await expect(units).to_have_attribute("aria-invalid", "true")
    await expect(dialog.locator(".problem")).to_have_count(0)
