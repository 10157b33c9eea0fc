"""The request that the wizard makes: a control for every member, and shown as it is sent."""

import asyncio
import json
import os
from typing import Any

import pytest
from playwright.async_api import expect

from tests.portal import lost, restoring
from tests.portal.looks import require_fit
from tests.portal.members import members, wanted
from tests.portal.restoring import HERE, SLOW, Estate
from tests.portal.wizard import STEPS, Wizard

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Other modules have services and backups of the same names."""

estate = restoring.estate
wizard = restoring.wizard


async def test_the_wizard_has_no_barriers(wizard: Wizard) -> None:
    page = wizard.page
    await wizard.open()
    await wizard.tab.settle()
    await require_fit(wizard.tab, "empty")
    await wizard.open(f"{HERE}&include=agreements/Northwind-850")
    await wizard.add("Replace a value")
    await wizard.add("Leave out a section or an artifact")
    await require_fit(wizard.tab, "service")
    await page.get_by_role("button", name="Browse").click()
    await expect(page.get_by_role("dialog").get_by_role("row").first).to_be_visible()
    await require_fit(wizard.tab, "browse")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Browse")).to_be_focused()
    await wizard.fill("/service/trackingDatabase/advanced", True)
    await wizard.fill("/service/monitoringStore", "connection")
    await wizard.fill("/service/archivingStore", "account")
    for step in STEPS:
        await wizard.step(step)
        await wizard.tab.settle()
        await require_fit(wizard.tab, step)
    await wizard.open(HERE)
    await wizard.fill("/service/name", "contoso-copy")
    await wizard.fill("/controlNumbers/policy", "As backed up")
    await wizard.settled()
    await wizard.request(as_curl=True)
    await expect(page.get_by_label("Type contoso-copy to confirm")).to_be_visible()
    await require_fit(wizard.tab, "review")


VALUES: dict[str, Any] = {
    "/backup/storageAccount": "offsite",
    "/backup/container": lost.BACKUP,
    "/service/name": "contoso-every",
    "/service/domainUrl": "https://b2b.contoso.example",
    "/service/edition": "Premium",
    "/service/region": "North Europe",
    "/service/unitCount": 3,
    "/service/accessControl/namespace": "acs-two",
    "/service/accessControl/key": "second-key",
    "/service/trackingDatabase/server": "db.contoso.example",
    "/service/trackingDatabase/name": "tracking-two",
    "/service/trackingDatabase/login": "restorer",
    "/service/trackingDatabase/password": "Correct-Horse-9'\"",
    "/service/trackingDatabase/advanced/edition": "Standard",
    "/service/trackingDatabase/advanced/maxSizeGB": 250,
    "/service/trackingDatabase/advanced/collation": "Latin1_General_CI_AS",
    "/service/monitoringStore/storageAccount": "offsite",
    "/service/monitoringStore/connectionString": "UseDevelopmentStorage=true",
    "/service/archivingStore/storageAccount": "default",
    "/service/archivingStore/connectionString": "AccountName=a;AccountKey=b",
    "/controlNumbers/policy": "Continue, then leave numbers out",
    "/controlNumbers/by": 20,
    "/include/0/section": "agreements",
    "/include/0/name": "Northwind-850",
    "/exclude/0/section": "schemas",
    "/exclude/0/name": "Order",
    "/replace/0/section": "agreements",
    "/replace/0/name": "Northwind-850",
    "/replace/0/pointer": "/content/x12/receiveAgreement/protocolSettings",
    "/replace/0/value": "it's another",
    "/acceptPartial": True,
    "/acceptRenamed": True,
}
"""A value for every member."""


async def test_every_member_of_the_request_has_its_control(wizard: Wizard, estate: Estate) -> None:
    """The schema of the API's own document is what the wizard must be able to send."""
    assert set(VALUES) == set(await wanted(estate.api, "RestoreBody")), "each member is tried"
    sent: dict[str, Any] = {}
    for kind, other in (("account", "connectionString"), ("connection", "storageAccount")):
        await wizard.open()
        for row in ("Include", "Leave out"):
            await wizard.add(f"{row} a section or an artifact")
        await wizard.add("Replace a value")
        await wizard.fill("/service/trackingDatabase/advanced", True)
        for store in ("monitoringStore", "archivingStore"):
            await wizard.fill(f"/service/{store}", kind)
        for pointer, value in VALUES.items():
            if not (pointer.startswith("/service/") and pointer.endswith(other)):
                await wizard.fill(pointer, value)
        body = await wizard.request()
        sent |= members(body)
    policy = {"/controlNumbers/policy": "advance"}
    assert sent == {**VALUES, **policy}


async def test_what_is_browsed_to_is_taken(wizard: Wizard, estate: Estate) -> None:
    await wizard.open()
    await wizard.page.get_by_role("button", name="Browse").click()
    dialog = wizard.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="offsite").click()
    await dialog.get_by_role("button", name=f"Choose {lost.BACKUP}").click()
    await expect(dialog).to_have_count(0)
    await expect(wizard.control("/backup/container")).to_have_value(lost.BACKUP)
    await expect(wizard.control("/backup/storageAccount")).to_have_value("offsite")
    told = f"The backup {lost.BACKUP} of {lost.SERVICE} can be read."
    await expect(wizard.page.get_by_text(told)).to_be_visible()
    assert HERE in wizard.page.url


async def test_the_request_is_shown_as_it_is_sent(wizard: Wizard, estate: Estate) -> None:
    """As JSON, and as a command that a shell runs."""
    page = wizard.page
    await wizard.open(HERE)
    await wizard.fill("/service/name", "contoso-shown")
    await wizard.fill("/service/accessControl/key", 'it\'s a "key" $HOME `id` \\ ü')
    await wizard.settled()
    shown, command = await wizard.request(), await wizard.request(as_curl=True)
    await page.get_by_label("Show secrets").uncheck()
    assert "it's" not in await page.locator("details.request pre").inner_text()
    async with page.expect_request(
        lambda one: one.method == "POST" and one.url.endswith("/api/restores")
    ) as sent:
        await page.get_by_role("button", name="Restore", exact=True).click()
    request = await sent.value
    assert request.post_data_json == shown
    await expect(page.locator(".progress")).to_have_attribute(
        "data-status", "Succeeded", timeout=SLOW
    )
    # The same operation: what curl sends is what the page sent.
    ran = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        command,
        env={**os.environ, "INTERKEEP_KEY": wizard.tab.key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    answered = json.loads((await ran.communicate())[0])
    assert answered["id"] == request.headers["operation-id"]
    assert answered["status"] == "Succeeded"
