"""Control numbers that are moved on: the plan first, for what is ticked, and once."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.portal.counters import PAGE, SERVICE, build, digits, row, standing
from tests.portal.looks import barriers, opened
from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The names of its services are not drawn."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(api: Api) -> Api:
    """A client of the host, with a service whose counters stand in all places that there are."""
    await build(api)
    return api


async def test_moving_on_shows_its_plan_first(tab: Tab, estate: Api) -> None:
    path = f"services/{SERVICE}/control-numbers/advance"
    await opened(tab, PAGE)
    await tab.page.get_by_role("button", name="Move on", exact=True).click()
    dialog = tab.page.get_by_role("dialog", name=f"Move the numbers of {SERVICE} on")
    run = dialog.get_by_role("button", name="Move on")
    await expect(run).to_be_disabled()
    # One has ended: nothing of the service is moved on, and the plan says why.
    await dialog.get_by_label("By how many numbers").fill("7")
    await expect(dialog.get_by_text("Nothing is moved while any of this stands:")).to_be_visible()
    plan = (await estate.post(f"{path}?validateOnly=true", {"by": 7})).body
    for error in plan["errors"]:
        await expect(dialog.get_by_text(error["message"])).to_be_visible()
    await expect(run).to_be_disabled()
    assert await barriers(tab.page) == []
    await dialog.get_by_role("button", name="Cancel").click()

    await tab.page.get_by_label("Choose Adatum-810").check()
    await tab.page.get_by_label("Choose Northwind-850").check()
    await tab.page.get_by_role("button", name="Move on 2 chosen").click()
    dialog = tab.page.get_by_role("dialog", name="Move the numbers of 2 agreements on")
    await dialog.get_by_label("By how many numbers").fill("7")
    for kind in ("Group", "Transaction set", "Acknowledgement"):
        await dialog.get_by_label(kind, exact=True).uncheck()
    asked = {
        "agreements": [
            {"name": name, "by": 7, "kinds": ["interchange"]}
            for name in ("Adatum-810", "Northwind-850")
        ]
    }
    plan = (await estate.post(f"{path}?validateOnly=true", asked)).body
    lines = dialog.locator(".moves tbody tr")
    await expect(lines).to_have_count(2)
    for one, text in zip(plan["moves"], await lines.all_inner_texts(), strict=True):
        assert text.split("\t")[0] == one["agreement"]
        assert [*map(digits, text.split("\t")[2:])] == [[one["nextBefore"]], [one["nextAfter"]]]
    await dialog.get_by_role("button", name="Move on").click()
    await expect(dialog).to_have_count(0)
    await expect(tab.page.get_by_text("Moved on. Counters: 2. Agreements: 2.")).to_be_visible()
    for one in plan["moves"]:
        assert (await standing(estate, one["agreement"]))["next"] == one["nextAfter"]
        shown = row(tab, one["agreement"]).locator("td[data-label=Next]")
        await expect(shown).to_have_text(f"{one['nextAfter']:,}")


async def test_what_is_ticked_stays_so_where_a_filter_hides_it(tab: Tab, estate: Api) -> None:
    await opened(tab, PAGE)
    await tab.page.get_by_label("Choose Adatum-810").check()
    await tab.page.get_by_label("Name begins with").fill("North")
    await expect(tab.page.get_by_label("Choose Adatum-810")).to_have_count(0)
    await tab.page.get_by_label("Choose all that are shown").check()
    await tab.page.get_by_role("button", name="Move on 2 chosen").click()
    await expect(tab.page.get_by_role("dialog")).to_contain_text("Adatum-810 and Northwind-850")
    await tab.page.keyboard.press("Escape")
    await tab.page.get_by_label("Choose all that are shown").uncheck()
    await expect(tab.page.get_by_role("button", name="Move on 1 chosen")).to_be_visible()
    await tab.page.get_by_role("button", name="Untick all, also 1 not shown").click()
    await expect(tab.page.get_by_role("button", name="Move on", exact=True)).to_be_visible()


async def test_a_lost_answer_moves_on_once(tab: Tab, estate: Api) -> None:
    ids: list[str] = []

    async def lost(route: Route) -> None:
        ids.append(route.request.headers.get("operation-id", ""))
        answer = await route.fetch()
        assert answer.status == 200
        await (route.abort("connectionreset") if len(ids) == 1 else route.fulfill(response=answer))

    before = await standing(estate, "Adatum-810")
    tab.expected.add("gone")
    await tab.page.route("**/control-numbers/advance", lost)
    await opened(tab, PAGE)
    await tab.page.get_by_label("Choose Adatum-810").check()
    await tab.page.get_by_role("button", name="Move on 1 chosen").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_label("By how many numbers").fill("3")
    for _ in range(2):
        await dialog.get_by_role("button", name="Move on").click()
        await expect(tab.page.get_by_text(re.compile("Unreachable|Moved on"))).to_be_visible()
    await expect(dialog).to_have_count(0)
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert (await standing(estate, "Adatum-810"))["next"] == before["next"] + 3
