"""Days and instants, wherever the browser is, and where its clocks change."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Route, expect

from localhost.stack import HostProcess
from tests.portal.watched import Tab

pytestmark = pytest.mark.asyncio(loop_scope="module")

ZONES = ("America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati")
"""UTC-8 with summer time, UTC+5:30, UTC+14."""

CHANGES = (
    datetime(2026, 11, 2, 7, 30, tzinfo=UTC),  # 23:30 on the day of 25 hours in Los Angeles
    datetime(2026, 3, 9, 7, 30, tzinfo=UTC),  # 0:30 after the day of 23 hours
)
STRIP, TIMELINE = 14, 30
SERVICE = "contoso-b2b"


def listed() -> dict[str, Any]:
    """A service as the list has it."""
    return {
        "name": SERVICE,
        "id": "contoso",
        "edition": "Standard",
        "unitCount": 1,
        "state": "Active",
        "createdAt": "2026-01-01T00:00:00Z",
        "changedAt": "2026-01-01T00:00:00Z",
    }


def backup(name: str, at: str, status: str = "Succeeded") -> dict[str, Any]:
    """A backup as the list of a history has it."""
    return {
        "name": name,
        "id": name,
        "service": SERVICE,
        "status": status,
        "trigger": "onDemand",
        "startedAt": at,
        "completedAt": at,
        "operation": name,
        "pinned": False,
    }


def answers(status: int, rows: list[dict[str, Any]], *, more: bool = False) -> Any:
    """A page of a list, and where the next one is."""

    async def handle(route: Route) -> None:
        if status != 200:
            error = {"error": {"code": "StorageUnavailable", "message": "Storage is busy."}}
            return await route.fulfill(status=status, json=error)
        link = {"nextLink": route.request.url} if more else {}
        return await route.fulfill(json={"value": rows, **link})

    return handle


async def counted(route: Route) -> None:
    """The summary of an installation in which nothing needs attention."""
    await route.fulfill(
        json={
            "services": 1,
            "states": {"Active": 1},
            "backedUp": {"able": 1, "succeeded": 1},
            "needAttention": {"errors": 0, "warnings": 0},
            "reasons": {},
            "worst": [],
        }
    )


@pytest.fixture
def somewhere(browser: Browser, host: HostProcess) -> Callable[[str], Any]:
    """A tab in a time zone."""

    @asynccontextmanager
    async def opened(zone: str) -> AsyncIterator[Tab]:
        context = await browser.new_context(
            timezone_id=zone, locale="en-GB", viewport={"width": 1280, "height": 800}
        )
        tab = Tab(await context.new_page(), host.base_url, host.keys.host)
        tab.watch()
        yield tab
        await context.close()
        tab.require_quiet()

    return opened


def days_before(now: datetime, zone: str, many: int) -> list[str]:
    """The last days of a zone's calendar, as the page writes them."""
    today = now.astimezone(ZoneInfo(zone)).date()
    dates = [today - timedelta(days=back) for back in range(many - 1, -1, -1)]
    return [f"{one.day} {one:%b}".replace("Sep", "Sept") for one in dates]


@pytest.mark.parametrize("zone", ZONES)
async def test_the_last_days_are_those_of_the_calendar(
    somewhere: Callable[[str], Any], zone: str
) -> None:
    """Each once, also where one of them has 23 or 25 hours."""
    async with somewhere(zone) as tab:
        for now in CHANGES:
            yesterday = (now.astimezone(ZoneInfo(zone)) - timedelta(hours=26)).date()
            noon = datetime(
                yesterday.year, yesterday.month, yesterday.day, 12, tzinfo=ZoneInfo(zone)
            )
            made = backup("contoso-noon", noon.astimezone(UTC).isoformat().replace("+00:00", "Z"))
            await tab.page.unroute_all()
            await tab.page.route("**/api/services?*", answers(200, [listed()]))
            await tab.page.route("**/api/summary?*", counted)
            await tab.page.route("**/backups?*", answers(200, [made]))
            await tab.page.clock.set_fixed_time(now)
            for local in (True, False):
                there = zone if local else "UTC"
                days = days_before(now, there, STRIP)
                on = f"{noon.astimezone(ZoneInfo(there)).day} "
                said = [f"{day}: {'Good' if day.startswith(on) else 'None'}" for day in days]
                await tab.open("/")
                await tab.page.get_by_role("switch", name="UTC").set_checked(not local)
                dots = tab.page.locator(".days .dots li")
                await expect(dots).to_have_count(STRIP)
                await expect(dots.nth(STRIP - 1)).to_have_attribute("title", said[-1])
                titles = await dots.evaluate_all("all => all.map((one) => one.title)")
                assert titles == said, (now, there)
            await tab.page.get_by_role("switch", name="UTC").set_checked(False)


@pytest.mark.parametrize("where", ["strip", "timeline"])
async def test_a_day_that_was_not_read_is_not_known(tab: Tab, where: str) -> None:
    """Neither where reading failed, nor behind the last row of what was read."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    await tab.page.clock.set_fixed_time(now)
    await tab.page.route(f"**/api/services/{SERVICE}", lambda route: route.fulfill(json=shown()))
    await tab.page.route("**/api/services?*", answers(200, [listed()]))
    await tab.page.route("**/api/summary?*", counted)
    await tab.page.route("**/operations?*", answers(200, []))
    path = "/" if where == "strip" else f"/services/{SERVICE}/backups"
    dots = tab.page.locator(".days .dots li" if where == "strip" else ".timeline li")
    many = STRIP if where == "strip" else TIMELINE

    async def said() -> list[str]:
        await expect(dots).to_have_count(many)
        texts: list[str] = await dots.all_inner_texts()
        return [text.partition(": ")[2].strip() for text in texts]

    tab.expected |= {"500 /backups", "gone"}
    await tab.page.route("**/backups?*", answers(500, []))
    await tab.open(path)
    await expect(dots.locator(".dot.unknown")).to_have_count(many)
    assert await said() == ["Not known"] * many
    await expect(tab.page.locator(".dots.waiting, .timeline .waiting")).to_have_count(0)
    if where == "timeline":
        await expect(
            tab.page.get_by_text("Days with a question mark were not read")
        ).to_be_visible()

    # Before anything is read, it is not known either.
    await tab.page.unroute("**/backups?*")
    held: list[Route] = []
    await tab.page.route("**/backups?*", lambda route: held.append(route))
    await tab.open(path)
    assert await said() == ["Not known"] * many
    await expect(tab.page.locator(".dots.waiting, .timeline .waiting")).to_have_count(1)
    for route in held:
        await route.abort()

    # A first page that ends on the 18th says nothing of the days before.
    await tab.page.unroute("**/backups?*")
    rows = [
        backup("contoso-b", "2026-11-20T02:00:00Z"),
        backup("contoso-a", "2026-11-18T02:00:00Z"),
    ]
    await tab.page.route("**/backups?*", answers(200, rows, more=True))
    await tab.open(path)
    await expect(dots.locator(".dot.good")).to_have_count(2)
    await expect(dots.locator(".dot.none")).to_have_count(1)
    await expect(dots.locator(".dot.unknown")).to_have_count(many - 3)


def shown() -> dict[str, Any]:
    """A service as its own address shows it."""
    return {**listed(), "allowedOperations": ["backup"], "quota": {}}


@pytest.mark.parametrize("zone", ZONES)
async def test_the_logs_from_and_to_follow_the_switch_to_utc(
    somewhere: Callable[[str], Any], zone: str
) -> None:
    wall = datetime(2026, 11, 20, 2, 15, tzinfo=ZoneInfo(zone))
    local = wall.astimezone(UTC)
    asked: list[dict[str, list[str]]] = []

    async def log(route: Route) -> None:
        asked.append(parse_qs(urlsplit(route.request.url).query))
        await route.fulfill(json={"value": []})

    async with somewhere(zone) as tab:
        await tab.page.route("**/api/operations?*", log)
        await tab.open("/log")
        switch = tab.page.get_by_role("switch", name="UTC")
        since = tab.page.get_by_label("From", exact=True)
        await since.fill(f"{wall:%Y-%m-%dT%H:%M}")
        instant = f"{local:%Y-%m-%dT%H:%M:%S}.000Z"
        await tab.page.wait_for_url(
            lambda url: parse_qs(urlsplit(url).query).get("from") == [instant]
        )
        await tab.page.wait_for_timeout(100)
        assert asked[-1]["from"] == [instant]

        # The same instant, said in UTC; what is typed then is UTC.
        await switch.check()
        in_utc = tab.page.get_by_label("From (UTC)", exact=True)
        await expect(in_utc).to_have_value(f"{local:%Y-%m-%dT%H:%M}")
        assert asked[-1]["from"] == [instant]
        async with tab.page.expect_request(lambda one: "to=2026-11-21T00%3A00" in one.url):
            await tab.page.get_by_label("To (UTC)", exact=True).fill("2026-11-21T00:00")
        assert asked[-1]["from"] == [instant]

        # The address says it all, and means the same to whoever opens it.
        await tab.page.reload()
        await expect(in_utc).to_have_value(f"{local:%Y-%m-%dT%H:%M}")
        await switch.uncheck()
        await expect(since).to_have_value(f"{wall:%Y-%m-%dT%H:%M}")
        # One without a zone is of before, and local.
        await tab.open("/log?from=2026-11-20T02%3A15")
        await expect(since).to_have_value(f"{wall:%Y-%m-%dT%H:%M}")
        await tab.page.wait_for_timeout(100)
        assert asked[-1]["from"] == [instant]
