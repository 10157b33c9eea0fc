"""The page of a restore: the checklist before its service is resumed, and why it failed."""

from typing import Any

import pytest
from azure.storage.blob import ContainerClient
from playwright.async_api import Route, expect

from tests.portal import lost, restoring
from tests.portal.looks import require_fit
from tests.portal.restoring import REFUSED, SLOW, Estate
from tests.portal.watched import Tab
from tests.portal.wizard import Wizard
from tests.support.deployed import Deployed

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Other modules have services and backups of the same names."""

estate = restoring.estate


async def restored(estate: Estate, name: str, **more: Any) -> str:
    """A restore by the API; the address of its page."""
    body = {
        "backup": {"storageAccount": "offsite", "container": lost.BACKUP},
        "service": {"name": name},
        **more,
    }
    monitor = await estate.api.ended(await estate.api.post("restores", body))
    return f"/restores/{name}.{monitor['id']}"


async def test_the_checklist_is_gone_through_and_the_service_resumed(
    tab: Tab, estate: Estate
) -> None:
    page = tab.page
    address = await restored(estate, "contoso-check")
    # From the question before it is resumed, and from the service that waits to be.
    await tab.open("/services?namePrefix=contoso-check")
    await page.get_by_role("button", name="Resume contoso-check").click()
    await page.get_by_role("dialog").get_by_role("link", name="Go through the checklist").click()
    await expect(tab.heading).to_have_text("Restore of contoso-check")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await tab.open("/services/contoso-check")
    await page.get_by_role("link", name="Go through the checklist").click()
    await expect(tab.heading).to_have_text("Restore of contoso-check")
    assert page.url.endswith(address)
    await tab.settle()
    await require_fit(tab, "restored")
    found = (await estate.api.get(address[1:])).body
    points = page.get_by_role("region", name="Before you resume").get_by_role("listitem")
    texts = await points.all_inner_texts()
    assert set(found["plan"]["beforeResuming"]) <= set(texts)
    assert any("trackingDatabase" in one for one in texts)
    for index in range(2):
        await points.nth(index).get_by_role("checkbox").check()
    await page.reload()
    await expect(page.get_by_text(f"2 of {len(texts)} seen to")).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("listitem")).to_have_text(texts[2:])
    await require_fit(tab, "resume")
    await dialog.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("heading", name="It was resumed")).to_be_visible()
    resume = page.get_by_role("button", name="Resume : The service is Active")
    await expect(resume).to_have_attribute("aria-disabled", "true")
    assert (await estate.api.get("services/contoso-check")).body["state"] == "Active"


async def test_a_service_that_cannot_be_read_is_not_called_gone(tab: Tab, estate: Estate) -> None:
    page, refused = tab.page, True
    address = await restored(estate, "contoso-shaky")
    error = {"error": {"code": "StorageUnavailable", "message": "Storage does not answer."}}

    async def shaky(route: Route) -> None:
        await (route.fulfill(status=503, json=error) if refused else route.continue_())

    tab.expected |= {"503 /services/contoso-shaky"}
    await page.route("**/api/services/contoso-shaky", shaky)
    await tab.open(address)
    await expect(page.locator(".problem")).to_contain_text("StorageUnavailable")
    unknown = page.get_by_role("button", name="Resume : The state of its service is not known.")
    await expect(unknown).to_be_visible()
    await expect(page.get_by_text("is not there any more")).to_have_count(0)
    refused = False
    # It is read again by itself.
    await expect(page.locator(".problem")).to_have_count(0, timeout=SLOW)
    await expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()


async def test_a_restore_that_failed_says_why_and_leads_on(
    tab: Tab, estate: Estate, deployed: Deployed
) -> None:
    service = await estate.api.service("woodgrove-cut")
    schema = f"services/{service}/artifacts/schemas/Order"
    await estate.api.put(schema, {"document": {}})
    await estate.api.put(f"{schema}/content", data=b"<xs:schema/>")
    backup = await estate.api.backup(service, "woodgrove-cut-first")
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        [content] = list(container.list_blob_names(name_starts_with="content/"))
        container.delete_blob(content)
    body = {
        "backup": {"storageAccount": "offsite", "container": backup},
        "service": {"name": "woodgrove-again"},
    }
    monitor = await estate.api.ended(await estate.api.post("restores", body))
    assert monitor["status"] == "Failed"
    await tab.open(f"/restores/woodgrove-again.{monitor['id']}")
    await tab.settle()
    failed = tab.page.get_by_role("region", name="Why it failed")
    await expect(failed).to_contain_text("BlobMissing")
    await require_fit(tab, "failed")
    tab.expected |= REFUSED
    await failed.get_by_role("link", name="Restore again").click()
    await expect(Wizard(tab).control("/backup/container")).to_have_value(backup)


async def test_a_restore_that_nobody_knows(tab: Tab, estate: Estate) -> None:
    tab.expected.add("404 /restores/nobody.1")
    await tab.open("/restores/nobody.1")
    await expect(tab.page.locator(".problem")).to_contain_text("RestoreNotFound")
