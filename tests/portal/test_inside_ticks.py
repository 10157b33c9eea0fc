"""The ticks inside a backup, for a restore of these records alone."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.async_api import Locator, Page, expect

from tests.portal import inside
from tests.portal.inside import A_PAGE, AT, SLOW, rows_of
from tests.portal.inside_estate import FIRST, HOSTILE, SECOND, SERVICE
from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

estate = inside.estate


def tick(page: Page, what: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Restore {what}", exact=True).first


async def included(tab: Tab) -> list[tuple[str, str]]:
    """What the link to the wizard asks for."""
    bar = tab.page.get_by_role("region", name="Restore only these")
    link = await bar.get_by_role("link", name="Restore only these").get_attribute("href")
    assert link
    assert urlsplit(link).path == "/api/portal/restore"
    return parse_qsl(urlsplit(link).query)


async def test_ticks_are_kept_and_lead_to_the_wizard(tab: Tab, estate: Api) -> None:
    place = [("service", SERVICE), ("backup", SECOND)]
    bar = tab.page.get_by_role("region", name="Restore only these")
    await tab.open(f"{AT}/contents/bridges")
    await expect(bar).to_have_count(0)
    await tick(tab.page, f"bridges/{HOSTILE}").check()
    await tab.page.get_by_role("link", name=re.compile("^partners")).click()
    await expect(rows_of(tab.page)).to_have_count(A_PAGE, timeout=SLOW)
    await tick(tab.page, "partners/P0001").check()
    await tab.page.get_by_label("Name begins with").fill("P2999")
    await tick(tab.page, "partners/P2999").check()
    await tab.page.get_by_label("Name begins with").fill("")
    await expect(tick(tab.page, "partners/P0001")).to_be_checked(timeout=SLOW)
    await tab.page.reload()
    await expect(tick(tab.page, "partners/P0001")).to_be_checked(timeout=SLOW)
    await tab.page.get_by_role("link", name="Changes").click()
    await tab.page.get_by_label("Compare with").select_option(FIRST)
    await tick(tab.page, "bridges/Orders").check()
    # What is not in the backup cannot come out of it; numbers come with their agreements.
    await expect(tick(tab.page, "pipelines/Old")).to_be_disabled()
    await expect(tick(tab.page, "control-numbers/Litware-850")).to_have_count(0)
    await expect(bar).to_contain_text("4 records ticked")
    names = [f"bridges/{HOSTILE}", "partners/P0001", "partners/P2999", "bridges/Orders"]
    assert await included(tab) == place + [("include", name) for name in names]
    # The form is the API's: a plan with it restores these, and what they need.
    picks = [dict(zip(("section", "name"), one.split("/", 1), strict=True)) for one in names]
    body = {
        "backup": {"storageAccount": "offsite", "container": SECOND},
        "service": {"name": "litware-part"},
        "include": picks,
    }
    plan = await estate.post("restores?validateOnly=true", body)
    assert plan.status == 200, plan.body
    assert plan.body["errors"] == []
    assert plan.body["sections"] == {"service": 1, "bridges": 2, "partners": 2}
    # A whole section takes the place of its records.
    await tab.open(f"{AT}/contents/partners")
    await tick(tab.page, "all of partners").check()
    await expect(tick(tab.page, "partners/P0002")).to_be_checked(timeout=SLOW)
    await expect(tick(tab.page, "partners/P0002")).to_be_disabled()
    await expect(bar).to_contain_text("1 whole section and 2 records ticked")
    wanted = [names[0], names[3], "partners"]
    assert await included(tab) == place + [("include", name) for name in wanted]
    await bar.get_by_text("Show them").click()
    await bar.get_by_role("button", name="Untick bridges/Orders").click()
    await expect(bar).to_contain_text("1 whole section and 1 record ticked")
    # Another backup has ticks of its own.
    await tab.page.goto(f"{tab.base_url}/api/portal/services/{SERVICE}/backups/{FIRST}/contents")
    await expect(rows_of(tab.page)).to_have_count(1)
    await expect(bar).to_have_count(0)
    await tab.page.goto(f"{tab.base_url}/api/portal{AT}/contents/schemas")
    await expect(bar).to_contain_text("1 whole section and 1 record ticked")
    await tab.page.locator(".who summary").click()
    await tab.page.get_by_role("button", name="Forget the key").click()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    kept = await tab.page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert "partners" not in kept
    assert SERVICE not in kept


async def test_more_ticks_than_an_address_holds_are_refused_with_the_reason(
    tab: Tab, estate: Api
) -> None:
    picks = [f"partners/{'n' * 70} {number}" for number in range(200)]
    await tab.open(f"{AT}/contents/bridges")
    await tab.page.evaluate(
        "([key, picks]) => sessionStorage.setItem(key, JSON.stringify(picks))",
        [f"interkeep-picks {SERVICE} {SECOND}", picks],
    )
    await tab.page.reload()
    bar = tab.page.get_by_role("region", name="Restore only these")
    await expect(bar).to_contain_text("200 records ticked")
    await expect(bar.get_by_role("link")).to_have_count(0)
    await expect(bar).to_contain_text("too long together")
    await bar.get_by_role("button", name="Untick all").click()
    await expect(bar).to_have_count(0)
