"""Verify, pin and delete: what each says before, whom it asks twice, and why it is not there."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from localhost.stack import HostProcess
from tests.portal.looks import opened, require_fit
from tests.portal.watched import Tab
from tests.support.api import Api, api_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICE, BACKUP = "contoso-b2b", "contoso-only"
PAGE = f"/services/{SERVICE}/backups/{BACKUP}"
_SLOW = 60_000
"""Milliseconds that a worker may take."""

ALONE = True
"""It is the only good backup of its service."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host, with one backup."""
    async with api_of(host.base_url, host.keys.host) as api:
        await api.service(SERVICE, edition="Standard")
        await api.backup(SERVICE, BACKUP)
        yield api


async def told(tab: Tab, **members: Any) -> None:
    """The page is told of the backup what the app rarely has to tell."""

    async def changed(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), **members})

    await tab.page.route(f"**/api/services/{SERVICE}/backups/{BACKUP}", changed)
    await opened(tab, PAGE)


async def why_not(tab: Tab, command: str) -> str | None:
    """Why a command cannot be given; None where it can."""
    bar = tab.page.get_by_role("group", name="Commands")
    button = bar.get_by_role("button", name=re.compile(f"^{command}"))
    await expect(button).to_be_visible()
    reason = button.locator(".reason")
    return (
        ((await reason.text_content()) or "").removeprefix(": ") if await reason.count() else None
    )


@pytest.mark.parametrize(
    ("status", "others", "pin"),
    [
        ("Succeeded", None, None),
        ("Running", "It is still being written", "It is still being written"),
        ("Deleting", "It is being deleted", "It is being deleted"),
        ("Deleted", "Nothing is stored of it", "Nothing is stored of it"),
        # Its container may be back: a verify finds that out, and a deletion gives it up.
        ("Missing", None, "Nothing is stored of it"),
    ],
)
async def test_what_its_status_forbids_says_why(
    tab: Tab, estate: Api, status: str, others: str | None, pin: str | None
) -> None:
    await told(tab, status=status)
    assert await why_not(tab, "Verify") == others
    assert await why_not(tab, "Pin") == pin
    assert await why_not(tab, "Delete") == others
    await tab.page.unroute_all(behavior="wait")


async def test_what_is_pinned_can_be_unpinned_whatever_it_is(tab: Tab, estate: Api) -> None:
    await told(tab, status="Missing", pinned=True)
    assert await why_not(tab, "Unpin") is None
    assert await why_not(tab, "Delete") == "It is pinned"
    await tab.page.unroute_all(behavior="wait")


async def test_who_reads_it_and_what_the_storage_refused(tab: Tab, estate: Api) -> None:
    await told(
        tab,
        users=[{"service": "contoso-dr", "operation": "0123456789abcdef"}],
        deletionRefused={
            "at": "2026-11-02T10:00:00.000Z",
            "operation": "fedcba9876543210",
            "message": "The container has a legal hold.",
        },
    )
    fate = tab.page.get_by_role("region", name="Its container")
    await expect(fate.get_by_role("link", name="contoso-dr/0123456789ab…")).to_be_visible()
    await expect(fate).to_contain_text("The container has a legal hold.")
    await tab.page.get_by_role("button", name="Delete", exact=True).click()
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("it is not deleted while they run")
    await require_fit(tab)
    await tab.page.unroute_all(behavior="wait")


async def test_the_only_good_one_takes_the_name_and_a_tick(tab: Tab, estate: Api) -> None:
    await opened(tab, PAGE)
    await tab.page.get_by_role("button", name="Pin", exact=True).click()
    dialog = tab.page.get_by_role("dialog", name=f"Pin {BACKUP}?")
    await expect(dialog).to_contain_text("nobody can delete it, until it is unpinned")
    await dialog.get_by_role("button", name="Pin").click()
    await expect(dialog).to_have_count(0)
    await expect(tab.page.get_by_role("button", name="Delete : It is pinned")).to_be_visible()
    assert (await estate.get(f"services/{SERVICE}/backups/{BACKUP}")).body["pinned"]
    await tab.page.get_by_role("button", name="Unpin", exact=True).click()
    dialog = tab.page.get_by_role("dialog", name=f"Unpin {BACKUP}?")
    await expect(dialog).to_contain_text("Retention may delete it from then on.")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await dialog.get_by_role("button", name="Unpin").click()
    await expect(dialog).to_have_count(0)

    await tab.page.get_by_role("button", name="Delete", exact=True).click()
    dialog = tab.page.get_by_role("dialog", name=f"Delete {BACKUP}?")
    await expect(dialog).to_contain_text("cannot be brought back")
    delete = dialog.get_by_role("button", name="Delete")
    await expect(delete).to_be_disabled()
    force = dialog.get_by_label("Delete it also where it is the only good backup")
    await expect(force).to_have_count(0)
    await dialog.get_by_label(f"Type {BACKUP} to confirm").fill(BACKUP)
    tab.expected.add(f"409 /backups/{BACKUP}")
    await delete.click()
    await expect(dialog.locator(".problem")).to_contain_text("LastGoodBackup")
    assert (await estate.get(f"services/{SERVICE}/backups/{BACKUP}")).body["status"] == "Succeeded"
    await force.check()
    await delete.click()
    await expect(tab.heading).to_have_text("Delete a backup", timeout=_SLOW)
    progress = tab.page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)
    await opened(tab, PAGE)
    entry = (await estate.get(f"services/{SERVICE}/backups/{BACKUP}")).body
    assert entry["status"] == "Deleted"
    fate = tab.page.get_by_role("region", name="Its container")
    await expect(fate.get_by_role("link", name="The operation")).to_have_attribute(
        "href", f"/api/portal/services/{SERVICE}/log/{entry['deletedBy']}"
    )
    assert await why_not(tab, "Delete") == "Nothing is stored of it"
