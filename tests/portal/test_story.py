"""By the keyboard alone: from the door to a scheduled, verified backup and its entry in the log."""

import re

import pytest
from playwright.async_api import expect

from localhost.stack import HostProcess
from tests.portal.watched import Tab
from tests.support.admin import Admin
from tests.support.api import api_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""It moves the clock."""

_TWO_DAYS = 2 * 86_400.0
_SLOW = 20_000
"""Milliseconds that a worker may take."""


async def test_from_the_door_to_a_scheduled_verified_backup(tab: Tab, host: HostProcess) -> None:
    page, service = tab.page, "contoso-b2b"

    # The door: a wrong key is told at its field, the right one opens.
    await page.goto(f"{host.base_url}/api/portal/services")
    tab.expected.add("401 /api/me")
    key = page.get_by_label("Function key", exact=True)
    await expect(key).to_be_focused()
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The key was refused")).to_be_visible()
    await tab.fill("Function key", host.keys.host)
    await page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text("Services")

    # A service.
    await tab.press("link", "New service")
    await tab.fill("Service name", service)
    await page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text(service)

    # A backup of it, as the dialog proposes it, under a name of one's own.
    await tab.press("button", "Back up")
    dialog = page.get_by_role("dialog", name=f"Back up {service}")
    await expect(dialog.get_by_label("Backup name")).to_be_focused()
    await expect(dialog.get_by_label("Storage account")).to_have_value("offsite")
    await tab.fill("Backup name", "contoso-by-hand")
    await page.keyboard.press("Enter")
    progress = page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)
    assert re.search(rf"/services/{service}/log/[-0-9a-f]+$", page.url)

    # Verified.
    await tab.press("link", "contoso-by-hand")
    await expect(tab.heading).to_have_text("contoso-by-hand")
    await expect(page.get_by_text("Not verified")).to_be_visible()
    await tab.press("button", "Verify")
    await expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text("Verify a backup")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)

    # A schedule, seen before it is saved.
    await tab.press("link", service)
    await tab.press("link", "Configure")
    await tab.choose("Backup Status", "Auto")
    tab.expected.add("400 /preview")
    await tab.fill("Retention Days", "1")
    await expect(page.get_by_text("must be greater than frequencyDays").first).to_be_visible()
    await tab.fill("Retention Days", "5")
    await expect(page.get_by_text(re.compile(r"^3[45] backups, \d+ deletions"))).to_be_visible()
    await tab.choose("Verify", "Data")
    await tab.press("button", "Save")
    await expect(page.get_by_text("Saved.", exact=True)).to_be_visible()

    # Two days later it ran, and verified what it made.
    admin = Admin(host)
    await admin.clock(_TWO_DAYS)
    await admin.run_timer("run_schedules")
    await tab.press("link", "Backups")
    row = page.get_by_role("row").filter(has_text="Scheduled")
    await expect(row.locator("[data-status=Succeeded]")).to_have_count(2, timeout=_SLOW)

    # The log has all of it, and so has the API.
    pages = page.get_by_label(f"Pages of {service}")
    await tab.to(pages.get_by_role("link", name="Operation log"))
    await page.keyboard.press("Enter")
    rows = page.locator("tbody tr")
    await expect(rows.filter(has_text="contoso-by-hand")).to_have_count(2)
    await expect(rows.filter(has_text="PutSchedule")).to_have_count(1)
    async with api_of(host.base_url, host.keys.host) as api:
        logged = (await api.get(f"services/{service}/operations")).body["value"]
        assert await rows.count() == len(logged)
        made = (await api.get(f"services/{service}/backups?trigger=scheduled")).body["value"]
        assert [one["verifyStatus"] for one in made] == ["Succeeded"]
    await admin.clock(0)
