"""Lists of an installation with much in it: 1,000 services, 10,000 backups of one of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from shared.installation.installation import Installation
from shared.model.backup import Backup, BackupStatus, Trigger
from shared.model.service import Edition, LastBackup, Service, State
from shared.state import history, services
from shared.storage.tables import TRANSACTION_ROWS, Replace, Row, Table
from tests.portal.watched import Tab
from tests.support.deployed import Deployed

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""It counts all that there is."""

SERVICES, BACKUPS = 1_001, 10_000
MANY = "contoso-0500"
"""Whose history is long."""

_AT_ONCE = 8
_SLOW = 20_000
"""Milliseconds for what is large, on a machine that has other work."""

_NOW = datetime.now(UTC)


def service(number: int) -> Service:
    """Of every ten one is Suspended, and one has no good backup; every other has no backup at all,
    as its edition has none.
    """
    last = LastBackup(
        name=f"backup-{number}",
        status=BackupStatus.FAILED if number % 10 == 4 else BackupStatus.SUCCEEDED,
        completed_at=_NOW - timedelta(hours=number % 20),
        operation=f"operation-{number}",
    )
    return Service(
        name=f"contoso-{number:04d}",
        id=f"service-{number}",
        edition=Edition.DEVELOPER if number % 2 else Edition.STANDARD,
        unit_count=1,
        state=State.SUSPENDED if number % 10 == 2 else State.ACTIVE,
        created_at=_NOW - timedelta(days=400),
        changed_at=_NOW - timedelta(days=1),
        last_backup=None if number % 2 else last,
    )


def backup(number: int) -> Backup:
    """One an hour, the newest first."""
    started = _NOW - timedelta(hours=number)
    return Backup(
        name=f"{MANY}-{number:05d}",
        id=f"backup-{number}",
        service=MANY,
        service_id="service-500",
        edition=Edition.STANDARD,
        trigger=Trigger.ON_DEMAND,
        status=BackupStatus.SUCCEEDED,
        storage_account="offsite",
        container=f"{MANY}-{number:05d}",
        caller="key",
        started_at=started,
        completed_at=started + timedelta(minutes=1),
        operation=f"backup-{number}",
        items=3,
        bytes=4096,
    )


async def write(table: Table, rows: Iterator[Row]) -> None:
    """Rows of one partition, a hundred a transaction."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def group(some: list[Row]) -> None:
        async with limit:
            await table.transact([Replace(row, None) for row in some])

    everything = list(rows)
    starts = range(0, len(everything), TRANSACTION_ROWS)
    await asyncio.gather(*(group(everything[at : at + TRANSACTION_ROWS]) for at in starts))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def much(deployed: Deployed) -> AsyncIterator[None]:
    """Written as the app does, and past its checks: in seconds."""
    app = Installation(deployed.read())
    await write(app.table(services.TABLE), (services._row(service(n)) for n in range(SERVICES)))
    rows = (row for n in range(BACKUPS) for row in history._rows(backup(n)))
    await write(app.table(history.TABLE), rows)
    yield
    await app.close()


def asked_of(tab: Tab, path: str) -> list[dict[str, list[str]]]:
    """The queries with which a list is asked for, from now on."""
    found: list[dict[str, list[str]]] = []

    def note(url: str) -> None:
        parts = urlsplit(url)
        if parts.path == f"/api/{path}":
            found.append(parse_qs(parts.query))

    tab.page.on("request", lambda one: note(one.url))
    return found


async def test_services_come_a_page_at_a_time_and_are_found_by_the_api(
    tab: Tab, much: None
) -> None:
    asked = asked_of(tab, "services")
    await tab.open("/services")
    rows = tab.page.locator("tbody tr")
    await expect(rows).to_have_count(100, timeout=_SLOW)
    assert asked == [{"top": ["100"], "stored": ["true"]}]
    more = tab.page.get_by_role("button", name="Load more")
    await more.click()
    await expect(rows).to_have_count(200, timeout=_SLOW)
    await expect(more).to_be_focused()
    assert len(asked) == 2
    # The one that was looked for is far behind what is loaded.
    before = len(asked)
    await tab.page.get_by_label("Name begins with").press_sequentially("Contoso-099", delay=20)
    await expect(rows).to_have_count(10)
    await expect(rows.first).to_contain_text("contoso-0990")
    assert asked[-1] == {"namePrefix": ["Contoso-099"], "top": ["100"], "stored": ["true"]}
    assert len(asked) - before <= 3, "not every letter is a request"
    await expect(tab.page).to_have_url(f"{tab.base_url}/api/portal/services?namePrefix=Contoso-099")
    await tab.page.get_by_label("State", exact=True).select_option("Suspended")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("contoso-0992")
    await tab.page.reload()
    await expect(rows).to_have_count(1)
    await tab.page.get_by_label("Name begins with").fill("nobody")
    await expect(tab.page.get_by_text("No service matches the filter.")).to_be_visible()


async def test_ten_thousand_backups_come_a_page_at_a_time(tab: Tab, much: None) -> None:
    asked = asked_of(tab, f"services/{MANY}/backups")
    await tab.open(f"/services/{MANY}/backups")
    rows = tab.page.locator("tbody tr")
    await expect(rows).to_have_count(50, timeout=_SLOW)
    await expect(rows.first).to_contain_text(f"{MANY}-00000")
    await expect(tab.page.locator(".timeline .dot.good").first).to_be_visible(timeout=_SLOW)
    # The list, and the timeline's own: of ten thousand, the newest few.
    assert sorted(one["top"][0] for one in asked) == ["200", "50"]
    # 200 hours are eight days and some; those before are not known, and not said to be empty.
    await expect(tab.page.locator(".timeline .dot.none")).to_have_count(0)
    assert await tab.page.locator(".timeline .dot.unknown").count() in (20, 21, 22)
    await tab.page.get_by_role("button", name="Load more").click()
    await expect(rows).to_have_count(100)
    assert len(asked) == 3


async def test_the_dashboard_counts_all_and_reads_a_few(tab: Tab, much: None) -> None:
    asked, counted = asked_of(tab, "services"), asked_of(tab, "summary")
    histories: list[str] = []
    tab.page.on("request", lambda one: "/backups?" in one.url and histories.append(one.url))
    await tab.open("/")
    loading = tab.page.locator(".skeleton, .waiting, .reading.on")
    await expect(loading).to_have_count(0, timeout=_SLOW)
    assert counted == [{"top": ["100"]}]
    assert asked
    assert all(one == {"top": ["12"]} for one in asked), "of a thousand services, a few"
    assert 0 < len(histories) <= 12, "the strips of a few services, and not of all"
    states = tab.page.get_by_role("region", name="Services by state")
    await expect(states.get_by_role("link", name="901 Active")).to_be_visible()
    await expect(states.get_by_role("link", name="100 Suspended")).to_be_visible()
    # Developer has no backup, so 501 can have one at all; of every five of them one run failed.
    kept = tab.page.get_by_role("region", name="Protected", exact=True)
    await expect(kept).to_contain_text("401 of 501 services with a last backup run that succeeded")
    await expect(kept).to_contain_text("500 more are of an edition without backup")


async def test_what_needs_attention_is_counted_where_it_is_not_named(tab: Tab, much: None) -> None:
    await tab.open("/")
    needs = tab.page.get_by_role("region", name="Needs attention")
    # Each of the 501 lacks a schedule; deep health is well but for nothing that is told here.
    await expect(needs.get_by_role("heading")).to_contain_text("501 things", timeout=_SLOW)
    lines = needs.get_by_role("listitem")
    await expect(lines).to_have_count(8)
    for at in range(8):
        await expect(lines.nth(at)).to_contain_text("The last backup failed; it has no schedule")
    await tab.press("button", "Show 92 more")
    await expect(lines).to_have_count(100)
    await expect(needs.get_by_role("link", name="401 more services need attention")).to_be_visible()


async def test_a_day_shows_its_worst_backups_and_how_many_more(tab: Tab, much: None) -> None:
    async def failed_at_noon(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        # Of a whole day: one that failed, behind the newest of it.
        yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        of_day = [one for one in body["value"] if one["startedAt"].startswith(yesterday)]
        of_day[10]["status"] = "Failed"
        await route.fulfill(response=answer, json=body)

    await tab.page.route(f"**/api/services/{MANY}/backups?*top=200*", failed_at_noon)
    await tab.open(f"/services/{MANY}/backups")
    await tab.page.get_by_label("UTC").check()
    day = tab.page.locator(".timeline li").nth(-2)
    await expect(day.locator("a .dot").first).to_have_class("dot bad", timeout=_SLOW)
    await expect(day.locator("a")).to_have_count(4)
    await expect(day).to_contain_text("+20")


async def test_the_log_is_not_asked_for_each_letter_of_a_caller(tab: Tab, much: None) -> None:
    asked = asked_of(tab, "operations")
    await tab.open("/log")
    await tab.settle()
    before = len(asked)
    async with tab.page.expect_request("**/api/operations?*caller=somebody&*"):
        await tab.page.get_by_label("Caller").press_sequentially("somebody", delay=20)
    assert len(asked) - before <= 3, "not every letter is a request"
