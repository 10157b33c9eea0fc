"""The page of control numbers: what it shows is the API's, whom it lets change what."""

import json
import re

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.portal.counters import (
    PAGE,
    SERVICE,
    build,
    digits,
    open_dialog,
    put_agreement,
    row,
    standing,
)
from tests.portal.looks import opened, require_fit
from tests.portal.watched import Tab, as_reader
from tests.support.api import Api, nobodys, x12_document

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The names of its services are not drawn."""

KINDS = {
    "interchange": "Interchange",
    "group": "Group",
    "transactionSet": "Transaction set",
    "acknowledgement": "Acknowledgement",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(api: Api) -> Api:
    """A client of the host, with a service whose counters stand in all places that there are."""
    await build(api)
    return api


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


async def test_who_may_not_and_when_it_may_not_be(tab: Tab, estate: Api) -> None:
    name = await estate.service(edition="Standard")
    await estate.agreement(name, "Northwind-850")
    assert (await estate.post(f"services/{name}/disable")).status == 200
    await opened(tab, f"/services/{name}/numbers")
    why = "Not while the service is Disabled"
    button = tab.page.get_by_role("button", name=re.compile("Set next")).first
    await expect(button).to_have_accessible_description(why)
    await button.click(force=True)
    await tab.page.get_by_role("button", name=f"Move on : {why}").click(force=True)
    await expect(tab.page.get_by_role("dialog")).to_have_count(0)

    await as_reader(tab)
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
