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


def alone(name: str, *, more: bool = False) -> Callable[[Route], Any]:
    """The list of services as it were if there were no other one."""

    async def handle(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        body["value"] = [one for one in body["value"] if one["name"] == name]
        body.pop("nextLink", None)
        if more:
            body["nextLink"] = route.request.url
        await route.fulfill(response=answer, json=body)

    return handle


async def healthy(route: Route) -> None:
    """Deep health of an installation in which nothing was left behind."""
    answer = await route.fetch()
    body = {**await answer.json(), "leftBehind": {"count": 0, "operations": []}}
    await route.fulfill(response=answer, json=body)


async def test_well_is_said_of_what_was_looked_at_alone(tab: Tab, host: HostProcess) -> None:
    async with api_of(host.base_url, host.keys.host) as api:
        name = await good_service(api)
    page = tab.page
    needs = page.get_by_role("region", name="Needs attention")
    tab.expected |= {"500 /health/deep", "gone"}

    # Not read yet.
    held: list[Route] = []
    await page.route("**/api/services?*", alone(name))
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

    # Read in part: there are more services than were looked at.
    await page.unroute("**/api/health/deep")
    await page.unroute("**/api/services?*")
    await page.route("**/api/health/deep", healthy)
    await page.route("**/api/services?*", alone(name, more=True))
    await tab.open("/")
    await tab.settle()
    await expect(needs).to_contain_text(UNKNOWN)

    # All of it.
    await page.unroute("**/api/services?*")
    await page.route("**/api/services?*", alone(name))
    await tab.open("/")
    await expect(needs).to_contain_text(WELL)
