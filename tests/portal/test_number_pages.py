"""Control numbers: what the page shows is the API's, and what is set is said first."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Route, expect

from localhost.stack import HostProcess
from tests.portal.looks import barriers, opened, require_fit
from tests.portal.watched import Tab
from tests.support.api import Api, api_of, nobodys, x12_document

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The dashboard counts all that there is."""

SERVICE = "contoso-b2b"
PAGE = f"/services/{SERVICE}/numbers"
KINDS = {
    "interchange": "Interchange",
    "group": "Group",
    "transactionSet": "Transaction set",
    "acknowledgement": "Acknowledgement",
}
_ENDS = {"rolloverInterchangeControlNumber": False}


async def put_agreement(api: Api, name: str, upper: int, next_number: int, **more: Any) -> None:
    """An agreement of nobody's, whose interchange numbers end at ``upper``."""
    document = nobodys(x12_document(interchangeControlNumberUpperBound=upper, **more))
    path = f"services/{SERVICE}/artifacts/agreements/{name}"
    assert (await api.put(path, {"document": document})).status == 201
    await set_next(api, name, next_number)


async def set_next(api: Api, agreement: str, following: int, **more: Any) -> None:
    """Set the next interchange number, as another operator does."""
    body = {"kind": "interchange", "next": following, **more}
    put = await api.put(f"services/{SERVICE}/control-numbers/{agreement}", body)
    assert put.status == 200, put.body


async def issue(api: Api, agreement: str, many: int) -> None:
    """Issue so many interchange numbers, as a runtime does."""
    path = f"services/{SERVICE}/control-numbers/{agreement}/allocate"
    assert (await api.post(path, {"kind": "interchange", "count": many})).status == 200


async def standing(api: Api, agreement: str) -> Any:
    """Where the interchange numbers of an agreement stand."""
    found = (await api.get(f"services/{SERVICE}/control-numbers/{agreement}")).body
    return found["counters"]["interchange"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host, with a service whose counters stand in all places that there are."""
    async with api_of(host.base_url, host.keys.host) as api:
        await api.service(SERVICE, edition="Standard", unitCount=2)
        await api.agreement(SERVICE, "Northwind-850")
        await put_agreement(api, "Adatum-810", 1000, 100)
        await put_agreement(api, "Fabrikam-856", 1000, 951)
        await put_agreement(api, "Tailspin-997", 20, 20, **_ENDS)
        await issue(api, "Tailspin-997", 1)
        await issue(api, "Adatum-810", 10)
        await issue(api, "Fabrikam-856", 1)
        await api.backup(SERVICE, "contoso-first")
        await issue(api, "Adatum-810", 40)
        await api.service("empty-b2b", edition="Standard")
        yield api


def row(tab: Tab, agreement: str, kind: str = "Interchange") -> Locator:
    """The line of one counter."""
    group = tab.page.locator("table.counters tbody").filter(has_text=agreement)
    return group.get_by_role("row").filter(has_text=kind)


async def open_dialog(tab: Tab, agreement: str) -> Locator:
    """The dialog that sets a next interchange number."""
    name = f"Set next: {agreement}, Interchange"
    await tab.page.get_by_role("button", name=name).click()
    dialog = tab.page.get_by_role("dialog", name=f"Next number of {agreement}, Interchange")
    await expect(dialog.get_by_text("Next now")).to_be_visible()
    return dialog


def digits(text: str) -> list[int]:
    return [int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", text)]


async def test_every_number_is_the_apis(tab: Tab, estate: Api) -> None:
    await opened(tab, PAGE)
    await tab.settle()
    listed = (await estate.get(f"services/{SERVICE}/control-numbers")).body["value"]
    assert len(listed) == 4
    for one in listed:
        for kind, word in KINDS.items():
            is_, line = one["counters"][kind], row(tab, one["agreement"], word)
            left = max(0, is_["upperBound"] - is_["next"] + 1)
            cells = line.locator("td[data-label]")
            shown = dict(
                zip(
                    await cells.evaluate_all("all => all.map(one => one.dataset.label)"),
                    await cells.all_inner_texts(),
                    strict=True,
                )
            )
            assert digits(shown["Next"]) == ([is_["next"]] if left else []), (one, shown)
            assert digits(shown["Bounds"]) == [is_["lowerBound"], is_["upperBound"]]
            assert digits(shown["Left"])[0] == left
            assert digits(shown["Cycle"]) == [is_["cycle"]]
            end = "then begins again" if is_["rollover"] else "ends there"
            assert shown["Bounds"].endswith(end)
    await expect(row(tab, "Fabrikam-856").locator("[data-status=nearEnd]")).to_be_visible()
    await expect(row(tab, "Tailspin-997").locator("[data-status=usedUp]")).to_be_visible()
    await expect(tab.page.locator("[data-status=nearEnd], [data-status=usedUp]")).to_have_count(2)
    northwind = tab.page.locator("tbody").filter(has_text="Northwind-850")
    await expect(northwind).to_contain_text("Counts with every agreement between the same two")
    adatum = tab.page.locator("tbody").filter(has_text="Adatum-810")
    await expect(adatum).to_contain_text("Counts by its name")


async def test_for_how_long_is_by_what_went_since_the_backup(tab: Tab, estate: Api) -> None:
    overview = (await estate.get(f"services/{SERVICE}/backups/contoso-first/contents")).body
    read_at = overview["consistency"]["runtimeReadFrom"]
    # Ten days later: 40 went of Adatum's, 851 are left, which is 212 days and some.
    await tab.page.clock.install(time=read_at)
    await tab.page.clock.fast_forward(10 * 86_400_000)
    await opened(tab, PAGE)
    lasts = row(tab, "Adatum-810").locator("td[data-label=Lasts]")
    await expect(lasts).to_have_text("about 6 months")
    now = await standing(estate, "Adatum-810")
    assert now["upperBound"] - now["next"] + 1 == 851
    unused = row(tab, "Fabrikam-856").locator("td[data-label=Lasts]")
    await expect(unused).to_have_text("none issued since")
    await expect(tab.page.locator(".basis")).to_contain_text("contoso-first")


async def test_what_is_not_known_is_a_dash(tab: Tab, estate: Api) -> None:
    """Of an agreement that the backup lacks, of a service without one, of one that is damaged."""
    await put_agreement(estate, "Younger-810", 1000, 5)
    await opened(tab, PAGE)
    await expect(row(tab, "Younger-810").locator("td[data-label=Lasts]")).to_have_text("–")
    gone = await estate.delete(f"services/{SERVICE}/artifacts/agreements/Younger-810")
    assert gone.status == 204

    async def damaged(route: Route) -> None:
        error = {"code": "BlobCorrupt", "message": "A section is damaged."}
        await route.fulfill(
            status=409, content_type="application/json", body=json.dumps({"error": error})
        )

    tab.expected.add("409 /contents")
    await tab.page.route("**/contents?section=*", damaged)
    await opened(tab, PAGE)
    await expect(tab.page.get_by_text("A section is damaged.")).to_be_visible()
    await expect(row(tab, "Adatum-810").locator("td[data-label=Lasts]")).to_have_text("–")
    await tab.page.unroute("**/contents?section=*")
    await opened(tab, "/services/empty-b2b/numbers")
    await expect(tab.page.get_by_text("There is no good backup to compare with")).to_be_visible()
    await expect(tab.page.get_by_text("No agreement of this service has")).to_be_visible()


async def test_filters_are_in_the_address(tab: Tab, estate: Api) -> None:
    await opened(tab, f"{PAGE}?near=true")
    names = tab.page.locator("table.counters .of-agreement .name")
    await expect(names).to_have_text(["Fabrikam-856", "Tailspin-997"])
    await tab.page.get_by_label("Show", exact=True).select_option("All")
    await expect(names).to_have_count(4)
    await tab.page.get_by_label("Name begins with").fill("tail")
    await expect(names).to_have_text(["Tailspin-997"])
    assert tab.page.url.endswith("/numbers?name=tail")
    await tab.page.reload()
    await expect(names).to_have_text(["Tailspin-997"])
    await tab.page.get_by_label("Name begins with").fill("nobody")
    await expect(tab.page.get_by_text("No agreement matches the filter.")).to_be_visible()


async def test_it_comes_a_page_at_a_time(tab: Tab, estate: Api) -> None:
    many = await estate.service(edition="Premium", unitCount=8)
    agreements = [
        {"section": "agreements", "name": f"A{number:03}", "document": nobodys(x12_document())}
        for number in range(60)
    ]
    done = await estate.post(f"services/{many}/import", {"artifacts": agreements})
    assert done.status == 200, done.body
    await opened(tab, f"/services/{many}/numbers")
    names = tab.page.locator("table.counters .of-agreement .name")
    await expect(names).to_have_count(50, timeout=20_000)
    await tab.page.get_by_role("button", name="Load more").click()
    await expect(names).to_have_count(60, timeout=20_000)
    await expect(tab.page.get_by_role("button", name="Load more")).to_have_count(0)
    # The button went with the last page: the focus stays in its place.
    await expect(tab.page.locator("p.more")).to_be_focused()


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


async def test_who_may_not_and_when_it_may_not_be(tab: Tab, estate: Api) -> None:
    name = await estate.service(edition="Standard")
    await estate.agreement(name, "Northwind-850")
    assert (await estate.post(f"services/{name}/disable")).status == 200
    await opened(tab, f"/services/{name}/numbers")
    why = "Not while the service is Disabled"
    button = tab.page.get_by_role("button", name=re.compile("Set next")).first
    await expect(button).to_have_attribute("title", why)
    await button.click(force=True)
    await tab.page.get_by_role("button", name=f"Move on : {why}").click(force=True)
    await expect(tab.page.get_by_role("dialog")).to_have_count(0)

    async def as_reader(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        reads = [one for one in body["operations"] if one.startswith(("get_", "list_"))]
        await route.fulfill(response=answer, json={**body, "operations": reads})

    await tab.page.route("**/api/me", as_reader)
    await opened(tab, PAGE)
    await expect(row(tab, "Adatum-810")).to_be_visible()
    await expect(tab.page.get_by_role("button", name=re.compile("Set|Move"))).to_have_count(0)
    await expect(tab.page.get_by_role("checkbox")).to_have_count(0)


async def test_it_has_no_barriers(tab: Tab, estate: Api) -> None:
    await opened(tab, PAGE)
    await tab.settle()
    await require_fit(tab)
    dialog = await open_dialog(tab, "Adatum-810")
    await dialog.get_by_label("Next number").fill("1")
    await require_fit(tab)
