"""An import while it runs: in several requests, broken in the middle, stopped, left."""

import asyncio
import json
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.portal.importing import (
    SLOW,
    XSD,
    artifact,
    bytes_of,
    check,
    choose,
    ended,
    table,
    written,
)
from tests.portal.looks import require_fit
from tests.portal.watched import Tab, button
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def service(api: Api) -> str:
    """An empty service."""
    return await api.service(unique("svc"), edition="Standard")


async def test_more_than_a_request_takes_goes_in_several(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    items = [{"section": "transforms", "name": "t", "document": {"sourceSchema": "s999"}}]
    items += [{"section": "schemas", "name": f"s{i}", "document": {"i": i}} for i in range(1000)]
    folder = written(tmp_path / "many", {"all.json": items})
    sent: list[int] = []

    async def counted(route: Route) -> None:
        body = route.request.post_data_json
        assert body is not None
        sent.append(len(body["artifacts"]))
        await route.continue_()

    await tab.page.route("**/api/services/*/import**", counted)
    await choose(tab, service, folder)
    assert await check(tab) == "Checked: 1,001 would be created."
    # What names something of an earlier request cannot be told before that is written.
    await expect(tab.page.get_by_text("1,001", exact=False).first).to_be_visible()
    await button(tab, "Import 1,001").click()
    await ended(tab)
    assert sent == [1000, 1, 1000, 1]
    counts = {
        one["section"]: one["count"]
        for one in (await api.get(f"services/{service}/artifacts")).body["value"]
    }
    assert (counts["schemas"], counts["transforms"]) == (1000, 1)
    rows = tab.page.get_by_role("group", name="Report").locator("tbody tr")
    await expect(rows).to_have_count(100)
    await button(tab, "Show more").click()
    await expect(rows).to_have_count(200)


async def test_what_broke_in_the_middle_is_told_and_gone_on_with(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    folder = written(tmp_path / "x", {f"schemas/s{i}.xsd": f"{XSD}{i}" for i in range(4)})
    tries = 0

    async def gone(route: Route) -> None:
        nonlocal tries
        tries += 1
        await (route.abort("connectionreset") if tries == 2 else route.continue_())

    tab.expected.add("gone")
    await tab.page.route("**/content", gone)
    await choose(tab, service, folder)
    await check(tab)
    await button(tab, "Import 4").click()
    await expect(tab.page.get_by_text("A request failed.")).to_be_visible(timeout=SLOW)
    await expect(tab.page.locator(".problem")).to_contain_text("Unreachable")
    outcomes = {row[0]: row[2] for row in await table(tab, "Report")}
    assert outcomes == {"s0": "Created", "s1": "Unknown", "s2": "Not sent", "s3": "Not sent"}
    await require_fit(tab, "an import that broke")
    await button(tab, "Send the rest").click()
    await ended(tab)
    assert {row[2] for row in await table(tab, "Report")} == {"Created"}
    for number in range(4):
        got = await bytes_of(api, service, "schemas", f"s{number}")
        assert got == f"{XSD}{number}".encode()
    assert tries == 5

    # A request that is refused as a whole, for now: nothing of it was written.
    held = {"error": {"code": "ConfigurationHeld", "message": "A backup is reading it."}}
    tab.expected.add("409 /import")

    async def busy(route: Route) -> None:
        if "validateOnly" in route.request.url:
            return await route.continue_()
        headers = {"Retry-After": "2", "Content-Type": "application/json"}
        return await route.fulfill(status=409, headers=headers, body=json.dumps(held))

    await tab.page.route("**/api/services/*/import**", busy)
    await choose(tab, service, written(tmp_path / "y", {"partners/P.json": {"p": 1}}))
    await check(tab)
    await button(tab, "Import 1").click()
    await expect(tab.page.locator(".problem")).to_contain_text("It can be tried again in")
    assert [row[2] for row in await table(tab, "Report")] == ["Not sent"]
    await tab.page.unroute("**/api/services/*/import**")
    await button(tab, "Send the rest").click()
    await ended(tab)
    assert (await artifact(api, service, "partners", "P"))["document"] == {"p": 1}


async def test_it_can_be_stopped_and_leaving_asks(tab: Tab, service: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "x", {f"schemas/s{i}.xsd": XSD for i in range(3)})
    under_way: asyncio.Queue[Route] = asyncio.Queue()

    async def wait(route: Route) -> None:
        await under_way.put(route)

    await choose(tab, service, folder)
    await check(tab)
    await tab.page.route("**/content", wait)
    await button(tab, "Import 3").click()
    await expect(tab.page.get_by_text("Stay on this page")).to_be_visible()
    await tab.page.get_by_role("link", name="Health").click()
    dialog = tab.page.get_by_role("dialog", name="Leave while the import runs?")
    await dialog.get_by_role("button", name="Stay").click()
    content = await asyncio.wait_for(under_way.get(), SLOW / 1000)
    await button(tab, "Stop after this request").click()
    await content.continue_()
    await expect(tab.page.get_by_text("It was stopped.")).to_be_visible(timeout=SLOW)
    outcomes = [row[2] for row in await table(tab, "Report")]
    assert outcomes == ["Created", "Not sent", "Not sent"]
    await tab.page.get_by_role("link", name="Health").click()
    await expect(tab.heading).to_have_text("Health")


@pytest.mark.parametrize("by", ["Health", "Forget the key"])
async def test_who_leaves_sends_no_more(tab: Tab, service: str, tmp_path: Path, by: str) -> None:
    folder = written(tmp_path / "x", {f"schemas/s{i}.xsd": XSD for i in range(3)})
    under_way: asyncio.Queue[Route] = asyncio.Queue()
    await choose(tab, service, folder)
    await check(tab)
    await tab.page.route("**/content", under_way.put)
    await button(tab, "Import 3").click()
    first = await asyncio.wait_for(under_way.get(), SLOW / 1000)
    if by == "Health":
        await tab.page.get_by_role("link", name=by).click()
        await button(tab, "Leave").click()
        await expect(tab.heading).to_have_text(by)
    else:
        await tab.page.locator(".who summary").click()
        await button(tab, by).click()
        await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    async with tab.page.expect_response("**/content"):
        await first.continue_()
    await tab.page.wait_for_timeout(500)
    assert under_way.empty()
