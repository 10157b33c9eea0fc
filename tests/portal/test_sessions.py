"""Who is there and for how long, and ids of operations that outlive what was lost."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, Route, expect

from localhost.stack import HostProcess
from tests.portal.watched import Tab
from tests.support.api import api_of, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

_IDLE_MS = 30 * 60_000
_SLOW = 20_000
"""Milliseconds that a worker may take."""


def key_field(tab: Tab) -> Locator:
    return tab.page.get_by_label("Function key", exact=True)


async def service(host: HostProcess) -> str:
    """A service that is Active, of an edition with backup."""
    async with api_of(host.base_url, host.keys.host) as api:
        return await api.service(unique("session"), edition="Standard")


def lost(ids: list[str], answered: Callable[[int], int | None]) -> Callable[[Route], Any]:
    """Notes ids of operations. ``answered``: with which error a request is refused by its number,
    None where the answer is lost on its way.
    """

    async def handle(route: Route) -> None:
        ids.append(route.request.headers["operation-id"])
        status = answered(len(ids))
        if status is None:
            return await route.abort("connectionreset")
        error = {"error": {"code": "OperationNotAllowed", "message": "Not now."}}
        return await route.fulfill(status=status, json=error)

    return handle


async def test_the_link_of_another_start_opens_an_open_tab(tab: Tab) -> None:
    await tab.page.goto(f"{tab.base_url}/api/portal/services?state=Active")
    await expect(key_field(tab)).to_be_visible()
    await tab.page.evaluate("key => { location.hash = '#key=' + key }", tab.key)
    await expect(tab.heading).to_have_text("Services")
    assert tab.page.url == f"{tab.base_url}/api/portal/services?state=Active"
    # And where a former key is in use, the link's takes its place.
    tab.expected |= {"401 /api/me", "401 /api/services"}
    await tab.page.evaluate("location.hash = '#key=of-another-start'")
    await expect(tab.page.get_by_text("The key was refused")).to_be_visible()
    await tab.page.evaluate("key => { location.hash = '#key=' + key }", tab.key)
    await expect(tab.heading).to_have_text("Services")


async def test_a_mark_on_the_page_is_no_key(tab: Tab) -> None:
    """The link to skip to the content changes what is behind the # too."""
    await tab.page.goto(f"{tab.base_url}/api/portal/services")
    await key_field(tab).fill(tab.key)
    await tab.page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text("Services")
    await tab.page.evaluate("location.hash = '#content'")
    await expect(tab.heading).to_have_text("Services")


async def test_a_tab_that_is_brought_back_has_the_key_for_half_an_hour_of_its_last_use(
    tab: Tab,
) -> None:
    """A browser that is started again brings back sessionStorage with its tabs."""
    await tab.open("/services")
    ago = """minutes => sessionStorage.setItem(
        "interkeep-key-used", String(Date.now() - minutes * 60_000))"""
    await tab.page.evaluate(ago, 29)
    await tab.page.reload()
    await expect(tab.heading).to_have_text("Services")
    # What somebody does counts as use.
    await tab.page.keyboard.press("Tab")
    unused = await tab.page.evaluate("Date.now() - sessionStorage.getItem('interkeep-key-used')")
    assert 0 <= unused < 60_000
    await tab.page.evaluate(ago, 31)
    await tab.page.reload()
    await expect(tab.page.get_by_text("Thirty minutes passed without input")).to_be_visible()
    assert tab.key not in await tab.page.evaluate("JSON.stringify({...sessionStorage})")
    # One that says nothing of its use is of no known age.
    await tab.page.evaluate("key => sessionStorage.setItem('interkeep-key', key)", tab.key)
    await tab.page.reload()
    await expect(key_field(tab)).to_be_visible()


async def test_a_key_that_was_loaded_again_is_forgotten_half_an_hour_after_its_use(
    tab: Tab,
) -> None:
    """Loading the page again is no use: a browser does that by itself."""
    await tab.open("/services")
    await tab.page.evaluate(
        "sessionStorage.setItem('interkeep-key-used', String(Date.now() - 29 * 60_000))"
    )
    await tab.page.clock.install()
    await tab.page.reload()
    await expect(tab.heading).to_have_text("Services")
    await tab.page.clock.fast_forward("02:00")
    await expect(tab.page.get_by_text("Thirty minutes passed without input")).to_be_visible()


async def test_an_id_is_given_up_with_its_dialog(tab: Tab, host: HostProcess) -> None:
    ids: list[str] = []
    name = await service(host)
    tab.expected.add("gone")
    await tab.page.route("**/suspend", lost(ids, lambda _: None))
    await tab.open(f"/services/{name}")
    for _ in range(2):
        await tab.page.get_by_role("button", name="Suspend", exact=True).click()
        dialog = tab.page.get_by_role("dialog")
        for _ in range(2):
            before = len(ids)
            async with tab.page.expect_event("requestfailed", lambda r: "/suspend" in r.url):
                await dialog.get_by_role("button", name="Suspend", exact=True).click()
            await expect(dialog.locator(".problem")).to_contain_text("Unreachable")
            assert len(ids) == before + 1
        await tab.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
    assert ids[0] == ids[1]
    assert ids[2] == ids[3]
    assert ids[1] != ids[2], "another dialog is about another operation"
    assert "interkeep-operation" not in await tab.page.evaluate(
        "JSON.stringify({...sessionStorage})"
    )


async def test_after_a_refusal_for_good_the_next_is_another(tab: Tab, host: HostProcess) -> None:
    """A 503 says not whether something was begun."""
    ids: list[str] = []
    statuses = [409, 400, 403, 404, 503, 503]
    name = await service(host)
    tab.expected |= {f"{status} /suspend" for status in statuses}
    await tab.page.route("**/suspend", lost(ids, lambda number: statuses[number - 1]))
    await tab.open(f"/services/{name}")
    await tab.page.get_by_role("button", name="Suspend", exact=True).click()
    run = tab.page.get_by_role("dialog").get_by_role("button", name="Suspend", exact=True)
    for status in statuses:
        async with tab.page.expect_response("**/suspend") as answer:
            await run.click()
        assert (await answer.value).status == status
        await expect(run).to_be_enabled()
    assert len(ids) == len(statuses)
    assert ids[4] == ids[5]
    assert len(set(ids)) == len(ids) - 1


async def test_a_proposed_name_outlives_a_lost_answer_and_a_reload(
    tab: Tab, host: HostProcess
) -> None:
    """The name is of the moment: drawn anew, it would make a second backup."""
    ids: list[str] = []
    name = await service(host)

    async def lost_once(route: Route) -> None:
        if route.request.method != "POST":
            return await route.fallback()
        ids.append(route.request.headers["operation-id"])
        answer = await route.fetch()
        assert answer.status == 202, await answer.text()
        if len(ids) == 1:
            return await route.abort("connectionreset")
        return await route.fulfill(response=answer)

    tab.expected.add("gone")
    await tab.page.route(f"**/{name}/backups", lost_once)
    await tab.open(f"/services/{name}")
    proposed: list[str] = []
    for press in range(2):
        await tab.page.get_by_role("button", name="Back up", exact=True).click()
        account, idle = tab.page.get_by_label("Storage account"), tab.page.get_by_label("Only when")
        await expect(account).to_have_value("offsite" if press == 0 else "default")
        proposed.append(await tab.page.get_by_label("Backup name").input_value())
        if press == 0:
            await account.select_option("default")
            await idle.check()
        await expect(idle).to_be_checked()
        await tab.page.get_by_label("Backup name").press("Enter")
        if press == 0:
            await expect(tab.page.locator("dialog .problem")).to_contain_text("Unreachable")
            await tab.page.wait_for_timeout(1_100)  # the next name would be of another second
            await tab.page.reload()
    progress = tab.page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)
    assert proposed[0] == proposed[1]
    assert re.fullmatch(rf"{name}-\d{{8}}-\d{{6}}", proposed[0])
    assert len(ids) == 2
    assert len(set(ids)) == 1
    async with api_of(host.base_url, host.keys.host) as api:
        listed = (await api.get(f"services/{name}/backups")).body["value"]
        assert [one["name"] for one in listed] == proposed[:1]
    # Done: the next is another.
    await tab.open(f"/services/{name}")
    await tab.page.get_by_role("button", name="Back up", exact=True).click()
    await expect(tab.page.get_by_label("Storage account")).to_have_value("offsite")
    assert await tab.page.get_by_label("Backup name").input_value() != proposed[0]


async def test_a_draft_goes_with_its_dialog(tab: Tab, host: HostProcess) -> None:
    name = await service(host)
    await tab.open(f"/services/{name}")
    await tab.page.get_by_role("button", name="Back up", exact=True).click()
    await tab.page.get_by_label("Backup name").fill("typed-and-given-up")
    await tab.page.keyboard.press("Escape")
    await expect(tab.page.get_by_role("dialog")).to_have_count(0)
    await tab.page.reload()
    await tab.page.get_by_role("button", name="Back up", exact=True).click()
    await expect(tab.page.get_by_label("Backup name")).not_to_have_value("typed-and-given-up")


async def test_a_dialog_stays_while_its_request_is_under_way(tab: Tab, host: HostProcess) -> None:
    name = await service(host)
    under_way: asyncio.Queue[Route] = asyncio.Queue()

    async def hold(route: Route) -> None:
        await (under_way.put(route) if route.request.method == "POST" else route.fallback())

    await tab.page.route(f"**/{name}/backups", hold)
    await tab.open(f"/services/{name}")
    await tab.page.get_by_role("button", name="Back up", exact=True).click()
    dialog = tab.page.get_by_role("dialog")
    await expect(tab.page.get_by_label("Storage account")).to_have_value("offsite")
    await tab.page.get_by_label("Backup name").press("Enter")
    held = await asyncio.wait_for(under_way.get(), _SLOW / 1000)
    for _ in range(3):
        await tab.page.keyboard.press("Escape")
    await expect(dialog).to_be_visible()
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_disabled()
    # Who goes elsewhere meanwhile is not led away from there.
    await tab.page.evaluate("history.pushState(null, '', '/api/portal/health')")
    await expect(tab.heading).to_have_text("Health")
    async with tab.page.expect_response(f"**/{name}/backups"):
        await held.continue_()
    await tab.page.wait_for_timeout(500)
    await expect(tab.heading).to_have_text("Health")


async def test_nothing_that_was_begun_stays_with_the_tab(tab: Tab, host: HostProcess) -> None:
    name = await service(host)
    tab.expected.add("gone")
    await tab.page.route(
        f"**/{name}/backups",
        lambda route: route.abort() if route.request.method == "POST" else route.fallback(),
    )
    await tab.open("/restore")
    await tab.page.locator('[data-member="/service/name"]').fill("typed-and-left")
    await tab.open(f"/services/{name}")
    await tab.page.get_by_role("button", name="Back up", exact=True).click()
    await expect(tab.page.get_by_label("Storage account")).to_have_value("offsite")
    await tab.page.get_by_label("Backup name").press("Enter")
    await expect(tab.page.locator("dialog .problem")).to_contain_text("Unreachable")
    await tab.page.reload()
    await tab.settle()
    kept = "Object.keys(sessionStorage).map((key) => key.split(' ')[0])"
    begun = {"interkeep-restore", "interkeep-draft", "interkeep-operation"}
    assert begun <= set(await tab.page.evaluate(kept))
    await tab.page.locator(".who summary").click()
    await tab.page.get_by_role("button", name="Forget the key").click()
    await expect(key_field(tab)).to_be_visible()
    assert not begun & set(await tab.page.evaluate(kept))


async def test_a_key_that_is_typed_stands_nowhere_in_the_document(tab: Tab) -> None:
    await tab.page.goto(f"{tab.base_url}/api/portal/services")
    await key_field(tab).fill("typed-function-key")
    await tab.page.get_by_label("Keep").check()
    await expect(key_field(tab)).to_have_value("typed-function-key")
    assert "typed-function-key" not in await tab.page.content()
