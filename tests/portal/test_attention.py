"""The dashboard says that all is well only of what it has looked at."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Route, expect

from localhost.stack import HostProcess
from tests.portal.watched import Tab
from tests.support.api import Api, api_of, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN, WELL = "Nothing is known to need attention", "Nothing needs attention"


async def good_service(api: Api) -> str:
    """A service with a good backup and a schedule."""
    name = await api.service(unique("well"), edition="Standard")
    await api.backup(name)
    schedule = {
        "status": "Automatic",
        "storageAccount": "offsite",
        "startAt": "2030-01-01T02:00:00Z",
        "frequencyDays": 1,
        "retentionDays": 7,
    }
    assert (await api.put(f"services/{name}/backup-schedule", schedule)).status == 201
    return name


def without_attention(found: Any) -> Callable[[Route], Any]:
    """The summary as it were of an installation in which no service needs attention."""
    none = {"needAttention": {"errors": 0, "warnings": 0}, "reasons": {}, "worst": []}
    return lambda route: route.fulfill(json={**found, **none})


async def healthy(route: Route) -> None:
    """Deep health of an installation in which nothing was left behind."""
    answer = await route.fetch()
    body = {**await answer.json(), "leftBehind": {"count": 0, "operations": []}}
    await route.fulfill(response=answer, json=body)


async def test_well_is_said_of_what_was_looked_at_alone(tab: Tab, host: HostProcess) -> None:
    async with api_of(host.base_url, host.keys.host) as api:
        await good_service(api)
        found = (await api.get("summary")).body
    page = tab.page
    needs = page.get_by_role("region", name="Needs attention")
    tab.expected |= {"500 /health/deep", "500 /summary", "gone"}

    # Not read yet.
    held: list[Route] = []
    await page.route("**/api/summary?*", without_attention(found))
    await page.route("**/api/health/deep", lambda route: held.append(route))
    await tab.open("/")
    await expect(needs).to_contain_text(UNKNOWN)
    await expect(page.get_by_text(WELL)).to_have_count(0)
    for route in held:
        await route.abort()

    # Not to be read.
    await page.unroute("**/api/health/deep")
    error = {"error": {"code": "InternalError", "message": "It broke."}}
    await page.route("**/api/health/deep", lambda route: route.fulfill(status=500, json=error))
    await tab.open("/")
    await expect(page.locator(".problem")).to_contain_text("It broke.")
    await expect(needs).to_contain_text(UNKNOWN)
    await expect(page.get_by_text(WELL)).to_have_count(0)

    # Of the app alone, and not of its services.
    await page.unroute("**/api/health/deep")
    await page.unroute("**/api/summary?*")
    await page.route("**/api/health/deep", healthy)
    await page.route("**/api/summary?*", lambda route: route.fulfill(status=500, json=error))
    await tab.open("/")
    await expect(page.locator(".problem")).to_contain_text("It broke.")
    await expect(page.get_by_text(WELL)).to_have_count(0)

    # All of it.
    await page.unroute("**/api/summary?*")
    await page.route("**/api/summary?*", without_attention(found))
    await tab.open("/")
    await expect(needs).to_contain_text(WELL)
