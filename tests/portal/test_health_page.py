"""Health: what each check says, how long it took to say so, and when."""

from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_each_check_says_how_long_it_took_and_when(tab: Tab, api: Api) -> None:
    shown: list[Any] = []

    async def told(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        first, second, *_ = body["checks"]
        first["milliseconds"], second["milliseconds"] = 37, 2_345
        shown.append(body)
        await route.fulfill(response=answer, json=body)

    await tab.page.route("**/api/health/deep", told)
    await tab.open("/health")
    await tab.settle()
    [report] = shown
    checks = tab.page.get_by_role("region", name="Checks")
    lines = checks.get_by_role("listitem")
    await expect(lines).to_have_count(len(report["checks"]))
    for at, one in enumerate(report["checks"]):
        line = lines.nth(at)
        await expect(line).to_contain_text(one["name"])
        await expect(line.locator("time")).to_have_attribute("datetime", one["checkedAt"])
        await expect(line.locator("time")).to_have_text("just now")
    await expect(lines.nth(0)).to_contain_text("37 ms")
    await expect(lines.nth(1)).to_contain_text("2.3 s, slow")
    await expect(lines.nth(0)).not_to_contain_text("slow")
    for region in ("Sealing keys", "Left behind"):
        head = tab.page.get_by_role("region", name=region).locator(".card-head time")
        await expect(head).to_be_visible()


async def test_what_failed_says_why_and_how_long_it_took(tab: Tab, api: Api) -> None:
    why = "It did not answer within 60 seconds."

    async def failing(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        queue = next(one for one in body["checks"] if one["name"] == "queue")
        queue.update(status="failing", milliseconds=60_004, error=why)
        await route.fulfill(status=503, json={**body, "status": "failing"})

    tab.expected.add("503 /health/deep")
    await tab.page.route("**/api/health/deep", failing)
    await tab.open("/health")
    line = tab.page.get_by_role("region", name="Checks").get_by_role("listitem")
    queue = line.filter(has_text="queue")
    await expect(queue).to_contain_text(why)
    await expect(queue).to_contain_text("60 s, slow")
