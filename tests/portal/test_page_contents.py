"""What the pages show: the API's numbers and states, times, and what may be done."""

import pytest
from playwright.async_api import Route, expect

from tests.portal import estate as services
from tests.portal.estate import BACKUP, PAGES, SERVICE
from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The dashboard counts all that there is."""

estate = services.estate


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
