"""Every page: fit for everyone, in light, dark and 320 px, with its address, and its errors."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from localhost.stack import HostProcess
from tests.portal.estate import BACKUP, SERVICE, build
from tests.portal.looks import barriers, require_fit, small_targets
from tests.portal.watched import Tab
from tests.support.api import Api, api_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The dashboard counts all that there is."""

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 150_000
"""Of a picture in docs/."""

PAGES = {
    "dashboard": "/",
    "services": "/services?state=Active",
    "new-service": "/services/new",
    "overview": f"/services/{SERVICE}",
    "backups": f"/services/{SERVICE}/backups",
    "backup": f"/services/{SERVICE}/backups/{BACKUP}",
    "configure": f"/services/{SERVICE}/configure",
    "log": f"/services/{SERVICE}/log?operation=BackupBizTalkService",
    "whole-log": "/log",
    "health": "/health",
    "numbers": f"/services/{SERVICE}/numbers",
    "keys": "/keys",
    "about": "/about",
    "nowhere": "/no/such/page",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host, with services in it."""
    async with api_of(host.base_url, host.keys.host) as client:
        await build(client)
        yield client


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_has_no_barriers(tab: Tab, estate: Api, name: str) -> None:
    """In light, in dark, and on a narrow screen, where nothing is cut off."""
    await tab.open(PAGES[name])
    await tab.settle()
    await require_fit(tab, name)


async def test_dialogs_and_the_door_have_no_barriers(tab: Tab, estate: Api) -> None:
    await tab.page.goto(f"{tab.base_url}/api/portal/")
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_focused()
    assert await barriers(tab.page) == []
    await tab.open(f"/services/{SERVICE}")
    for command in ("Back up", "Suspend", "Scale", "Delete"):
        button = tab.page.get_by_role("button", name=command, exact=True).first
        await button.click()
        dialog = tab.page.get_by_role("dialog")
        await expect(dialog).to_be_visible()
        assert await barriers(tab.page) == [], command
        await tab.page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await expect(button).to_be_focused()


async def test_targets_are_large_enough(tab: Tab, estate: Api) -> None:
    """WCAG 2.5.8: 24 px, but for links within text."""
    await tab.page.set_viewport_size({"width": 320, "height": 640})
    for name in ("dashboard", "overview", "configure"):
        await tab.open(PAGES[name])
        await tab.settle()
        assert await small_targets(tab.page) == [], name


async def test_numbers_and_states_are_the_apis(tab: Tab, estate: Api) -> None:
    await tab.open("/")
    needs = tab.page.get_by_role("region", name="Needs attention")
    await expect(needs.get_by_role("heading")).to_have_text("2 things need attention")
    lines = await needs.get_by_role("listitem").all_inner_texts()
    assert [line.split("\n")[0] for line in lines] == ["northwind-as2", "tailspin-x12"]
    states = tab.page.get_by_role("region", name="Services by state")
    await expect(states.get_by_role("link", name="4 Active")).to_be_visible()
    await expect(states.get_by_role("link", name="1 Suspended")).to_be_visible()
    await tab.open(PAGES["backup"])
    await tab.settle()
    found = (await estate.get(f"services/{SERVICE}/backups/{BACKUP}")).body
    sections = (await estate.get(f"services/{SERVICE}/backups/{BACKUP}/contents")).body["value"]
    facts = tab.page.locator(".facts-list > div").filter(has_text="Items")
    await expect(facts).to_contain_text(str(found["items"]))
    shown = await tab.page.locator("tbody tr").all_inner_texts()
    wanted = {one["name"]: one["items"] for one in sections if one["items"]}
    assert {line.split("\t")[0]: int(line.split("\t")[1]) for line in shown} == wanted


async def test_an_address_survives_reload_and_back(tab: Tab, estate: Api) -> None:
    await tab.open(f"/services/{SERVICE}/log?status=Succeeded")
    await expect(tab.page.get_by_label("Status", exact=True)).to_have_value("Succeeded")
    await tab.page.reload()
    await expect(tab.heading).to_have_text(SERVICE)
    await expect(tab.page.get_by_label("Status", exact=True)).to_have_value("Succeeded")
    await tab.page.locator("tbody a").first.click()
    await expect(tab.page.get_by_role("heading", name="What was asked for")).to_be_visible()
    await tab.page.go_back()
    await expect(tab.page.get_by_label("Status", exact=True)).to_have_value("Succeeded")
    assert "key=" not in tab.page.url


async def test_the_key_is_forgotten(tab: Tab, estate: Api) -> None:
    await tab.open("/services")
    await tab.page.locator(".who summary").click()
    await tab.page.get_by_role("button", name="Forget the key").click()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    kept = await tab.page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert tab.key not in kept
    assert SERVICE not in await tab.page.content()
    await tab.page.reload()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()


async def test_a_key_without_the_tick_is_gone_when_the_page_is_loaded_again(tab: Tab) -> None:
    await tab.page.goto(f"{tab.base_url}/api/portal/health")
    await tab.page.get_by_label("Function key", exact=True).fill(tab.key)
    await tab.page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text("Health")
    await tab.page.reload()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    await tab.page.get_by_label("Function key", exact=True).fill(tab.key)
    await tab.page.get_by_label("Keep it until this tab closes").check()
    await tab.page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text("Health")
    await tab.page.reload()
    await expect(tab.heading).to_have_text("Health")


async def test_half_an_hour_without_input_forgets_the_key(tab: Tab, estate: Api) -> None:
    await tab.page.clock.install()
    await tab.open("/services")
    await tab.page.clock.fast_forward("29:00")
    await expect(tab.heading).to_have_text("Services")
    await tab.page.clock.fast_forward("02:00")
    await expect(tab.page.get_by_text("Thirty minutes passed without input")).to_be_visible()


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


async def test_where_one_is_stays_in_sight_on_a_narrow_screen(tab: Tab, estate: Api) -> None:
    await tab.page.set_viewport_size({"width": 320, "height": 640})
    for path in (f"/services/{SERVICE}/log", f"/services/{SERVICE}/backups/{BACKUP}/changes"):
        await tab.open(path)
        here = tab.page.locator(".tabs [aria-current]")
        await expect(here).to_be_in_viewport(ratio=0.99)
    await tab.open("/about")
    await expect(tab.page.locator(".places [aria-current]")).to_be_in_viewport(ratio=0.99)


async def test_restore_is_in_sight_in_the_list_of_backups(tab: Tab, estate: Api) -> None:
    await tab.open(f"/services/{SERVICE}/backups")
    row = tab.page.locator("tbody tr").filter(has_text="contoso-first")
    await expect(row.locator("a.button")).to_be_in_viewport(ratio=0.99)
    box = await row.bounding_box()
    assert box is not None
    assert box["height"] <= 40
    # All of the table has its place: nothing is to be scrolled to.
    table = tab.page.locator(".scroll")
    assert await table.evaluate("one => one.scrollWidth <= one.clientWidth")


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


async def test_a_lost_answer_is_the_same_operation_when_it_is_asked_for_again(
    tab: Tab, estate: Api
) -> None:
    name, ids = "northwind-lost", []

    async def lost(route: Route) -> None:
        ids.append(route.request.headers["operation-id"])
        answer = await route.fetch()
        assert answer.status == 202
        await (route.abort("connectionreset") if len(ids) == 1 else route.fulfill(response=answer))

    tab.expected.add("gone")
    await tab.page.route("**/northwind-as2/backups", lost)
    await tab.open("/services/northwind-as2")
    for press in range(2):
        # The second time after a reload, as somebody does to whom nothing seems to happen.
        await tab.page.get_by_role("button", name="Back up", exact=True).click()
        await expect(tab.page.get_by_label("Storage account")).to_have_value("offsite")
        await tab.page.get_by_label("Backup name").fill(name)
        await tab.page.keyboard.press("Enter")
        if press == 0:
            await expect(tab.page.locator("dialog .problem")).to_contain_text("Unreachable")
            await tab.page.reload()
    progress = tab.page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=20_000)
    assert len(set(ids)) == 1
    assert len(ids) == 2
    listed = (await estate.get("services/northwind-as2/backups")).body["value"]
    assert [one["name"] for one in listed].count(name) == 1


async def test_what_a_role_never_may_is_not_offered(tab: Tab, estate: Api) -> None:
    async def as_reader(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        reads = [one for one in body["operations"] if one.startswith(("get_", "list_"))]
        told = {**body, "rolesRequired": True, "roles": ["Interkeep.Reader"], "operations": reads}
        await route.fulfill(response=answer, json=told)

    commands = tab.page.get_by_role("group", name="Commands")
    await tab.open(PAGES["overview"])
    await expect(commands.get_by_role("button", name="Suspend", exact=True)).to_be_visible()
    await tab.page.route("**/api/me", as_reader)
    await tab.open(PAGES["overview"])
    await expect(commands.get_by_role("button")).to_have_count(0)
    await tab.open("/services")
    await tab.settle()
    await expect(tab.page.get_by_role("link", name="New service")).to_have_count(0)
    await expect(tab.page.get_by_role("button", name="Resume")).to_have_count(0)


async def test_what_a_state_forbids_is_there_with_its_reason(tab: Tab, estate: Api) -> None:
    for service, command, why in (
        ("tailspin-x12", "Stop", "Not while the service is Suspended"),
        ("adatum-dev", "Back up", "Developer has no backup"),
    ):
        await tab.open(f"/services/{service}")
        button = tab.page.get_by_role("button", name=f"{command} : {why}")
        await expect(button).to_have_attribute("aria-disabled", "true")
        await button.click(force=True)
        await expect(tab.page.get_by_role("dialog")).to_have_count(0)


async def test_the_log_comes_as_csv(tab: Tab, estate: Api) -> None:
    await tab.open(PAGES["log"])
    await tab.settle()
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("button", name="Download CSV").click()
    text = (await (await download.value).path()).read_bytes().decode()
    lines = text.split("\r\n")
    assert lines[0].startswith("operation,service,status,createdAt")
    path = f"services/{SERVICE}/operations?operation=BackupBizTalkService"
    assert len(lines) - 2 == len((await estate.get(path)).body["value"])
    assert all("BackupBizTalkService" in line for line in lines[1:-1])


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"])
async def test_times_are_local_and_utc_by_a_switch(
    tab: Tab, estate: Api, zone: str, chromium_path: str
) -> None:
    context = await tab.page.context.browser.new_context(timezone_id=zone)  # type: ignore[union-attr]
    there = Tab(await context.new_page(), tab.base_url, tab.key)
    await there.open(PAGES["configure"])
    hint = there.page.get_by_text("where you are")
    local = {
        "America/Los_Angeles": "31 Dec 2025, 18:00",
        "Asia/Kolkata": "1 Jan 2026, 07:30",
        "Pacific/Kiritimati": "1 Jan 2026, 16:00",
    }
    await expect(hint).to_contain_text(f"1 Jan 2026, 02:00 UTC; {local[zone]}")
    runs = there.page.locator(".calendar .run")
    await expect(runs.first).to_contain_text(local[zone][-5:])
    await there.page.get_by_role("switch", name="UTC").check()
    await expect(runs.first).to_contain_text("02:00")
    await context.close()


async def test_pictures_for_the_docs(tab: Tab, estate: Api, tmp_path: Path) -> None:
    """``PICTURES=1`` puts them into docs/pictures; they are taken each time, and stay small."""
    folder = ROOT / "docs" / "pictures" if os.environ.get("PICTURES") else tmp_path
    for name in ("dashboard", "configure", "backup"):
        await tab.page.set_viewport_size({"width": 1120, "height": 660})
        await tab.open(PAGES[name])
        await tab.settle()
        picture = folder / f"portal-{name}.png"
        await tab.page.screenshot(path=picture)
        assert 10_000 < picture.stat().st_size < MOST_BYTES
        kept = ROOT / "docs" / "pictures" / picture.name
        assert kept.stat().st_size < MOST_BYTES
