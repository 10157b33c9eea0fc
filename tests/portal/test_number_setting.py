"""A next control number that is set: a gap, a repeat, and what comes between."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.portal.counters import PAGE, build, issue, open_dialog, row, standing
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


async def test_a_gap_is_told_and_set(tab: Tab, estate: Api) -> None:
    before = await standing(estate, "Adatum-810")
    await opened(tab, PAGE)
    dialog = await open_dialog(tab, "Adatum-810")
    run = dialog.get_by_role("button", name="Set next")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(run).to_be_disabled()
    field = dialog.get_by_label("Next number")
    for typed, said in (
        ("x", "Enter a whole number."),
        ("1001", "outside of the bounds, 1 to 1,000"),
        (str(before["next"]), "This is the next number already."),
    ):
        await field.fill(typed)
        await expect(dialog).to_contain_text(said)
        await expect(run).to_be_disabled()
    await field.fill(str(before["next"] + 50))
    await expect(dialog).to_contain_text(
        f"Leaves out 50 numbers, {before['next']} to {before['next'] + 49}"
    )
    await expect(dialog.get_by_label(re.compile("to confirm"))).to_have_count(0)
    await run.click()
    await expect(dialog).to_have_count(0)
    shown = row(tab, "Adatum-810").locator("td[data-label=Next]")
    await expect(shown).to_have_text(str(before["next"] + 50))
    after = await standing(estate, "Adatum-810")
    assert (after["next"], after["cycle"]) == (before["next"] + 50, before["cycle"])
    # Back into the gap repeats nothing.
    dialog = await open_dialog(tab, "Adatum-810")
    await dialog.get_by_label("Next number").fill(str(before["next"]))
    await expect(dialog).to_contain_text("Goes back over 50 numbers that were left out.")
    await dialog.get_by_role("button", name="Set next").click()
    await expect(shown).to_have_text(str(before["next"]))
    assert (await standing(estate, "Adatum-810"))["cycle"] == before["cycle"]


async def test_a_repeat_takes_the_typed_name(tab: Tab, estate: Api) -> None:
    before = await standing(estate, "Fabrikam-856")
    await opened(tab, PAGE)
    dialog = await open_dialog(tab, "Fabrikam-856")
    await dialog.get_by_label("Next number").fill("900")
    await expect(dialog).to_contain_text(
        f"{before['last'] - 899} numbers would be issued again: 900 to {before['last']}."
    )
    again = dialog.get_by_role("button", name="Issue them again")
    await expect(again).to_be_disabled()
    await dialog.get_by_label("Type Fabrikam-856 to confirm").fill("Fabrikam-85")
    await expect(again).to_be_disabled()
    await tab.page.keyboard.press("Enter")
    assert await standing(estate, "Fabrikam-856") == before
    await dialog.get_by_label("Type Fabrikam-856 to confirm").fill("Fabrikam-856")
    assert await barriers(tab.page) == []
    await again.click()
    await expect(dialog).to_have_count(0)
    await expect(row(tab, "Fabrikam-856").locator("td[data-label=Next]")).to_have_text("900")
    after = await standing(estate, "Fabrikam-856")
    assert (after["next"], after["cycle"]) == (900, before["cycle"] + 1)


async def test_a_counter_that_moved_meanwhile_is_read_again(tab: Tab, estate: Api) -> None:
    before = await standing(estate, "Adatum-810")
    await opened(tab, PAGE)
    dialog = await open_dialog(tab, "Adatum-810")
    await dialog.get_by_label("Next number").fill(str(before["next"] + 5))
    await expect(dialog).to_contain_text("Leaves out 5 numbers")
    await issue(estate, "Adatum-810", 20)
    tab.expected.add("412 /control-numbers/Adatum-810")
    await dialog.get_by_role("button", name="Set next").click()
    await expect(dialog.get_by_role("alert")).to_contain_text(
        f"the next number was {before['next']} and is {before['next'] + 20}. Nothing was set."
    )
    # What was a gap would be a repeat by now, and says so before anything is sent.
    await expect(dialog).to_contain_text("15 numbers would be issued again")
    assert (await standing(estate, "Adatum-810"))["next"] == before["next"] + 20
    await expect(dialog.get_by_role("button", name="Issue them again")).to_be_disabled()
    await tab.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_what_the_app_knows_to_be_issued_takes_the_name_too(tab: Tab, estate: Api) -> None:
    """The page's own reckoning is not the last word: a refusal stands at the field."""

    async def short(route: Route) -> None:
        answer = await route.fetch()
        if route.request.method != "GET":
            return await route.fulfill(response=answer)
        body = await answer.json()
        body["counters"]["interchange"]["last"] = 0
        return await route.fulfill(response=answer, json=body)

    before = await standing(estate, "Adatum-810")
    await tab.page.route("**/control-numbers/Adatum-810", short)
    await opened(tab, PAGE)
    dialog = await open_dialog(tab, "Adatum-810")
    await dialog.get_by_label("Next number").fill(str(before["next"] - 1))
    tab.expected.add("409 /control-numbers/Adatum-810")
    await dialog.get_by_role("button", name="Set next").click()
    await expect(dialog.locator(".wrong")).to_contain_text("were issued")
    await expect(dialog.get_by_role("button", name="Issue them again")).to_be_disabled()
    await dialog.get_by_label("Type Adatum-810 to confirm").fill("Adatum-810")
    await dialog.get_by_role("button", name="Issue them again").click()
    await expect(dialog).to_have_count(0)
    assert (await standing(estate, "Adatum-810"))["cycle"] == before["cycle"] + 1
    await tab.page.unroute_all(behavior="wait")
