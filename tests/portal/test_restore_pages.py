"""Restoring in the browser: every member has its control, every error stands at its field."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from azure.storage.blob import ContainerClient
from playwright.async_api import Locator, Route, expect

from localhost.stack import HostProcess
from tests.portal import lost
from tests.portal.looks import require_fit
from tests.portal.watched import Tab
from tests.portal.wizard import STEPS, Wizard, step_of
from tests.support.api import Api, api_of
from tests.support.deployed import Deployed, Emulator

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""An account is browsed as a whole."""

HERE = f"?service={lost.SERVICE}&backup={lost.BACKUP}"
REFUSED = {f"{status} /restores" for status in (400, 404, 409)}
"""The plan of a request that is wrong is refused, and the browser tells of it."""

SLOW = 20_000
"""Milliseconds that a worker may take."""


@dataclass(frozen=True)
class Estate:
    """A client of the host, and what there is."""

    api: Api
    foreign: str
    keyless: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(
    host: HostProcess, deployed: Deployed, emulator: Emulator
) -> AsyncIterator[Estate]:
    """Services, and backups of every kind."""
    async with api_of(host.base_url, host.keys.host) as client:
        foreign, keyless = await lost.build(client, deployed, emulator)
        yield Estate(client, foreign, keyless)


@pytest.fixture
def wizard(tab: Tab, estate: Estate) -> Wizard:
    """The wizard, in a tab whose plans may be refused."""
    tab.expected |= REFUSED
    return Wizard(tab)


# ---- Browse Cloud Storage


async def test_browsing_has_no_barriers(tab: Tab, estate: Estate) -> None:
    for path in ("/storage", "/storage/default", f"/storage/offsite?open={lost.BACKUP}"):
        await tab.open(path)
        await tab.settle()
        await require_fit(tab, path)


async def test_an_account_shows_what_its_backups_are(tab: Tab, estate: Estate) -> None:
    await tab.open("/storage")
    await tab.page.get_by_role("link", name="offsite").click()
    row = tab.page.get_by_role("row")

    def of(container: str) -> Locator:
        return row.filter(has=tab.page.get_by_role("rowheader", name=container))

    said = {
        lost.BACKUP: ["contoso-orders", "Standard", "Seal valid", "In the history"],
        lost.PARTIAL: ["Partially succeeded"],
        lost.RENAMED: ["Renamed", "A copy"],
        lost.FORGED: ["Not trusted", "DescriptorForged"],
        estate.foreign: ["Seal valid", "Not in the history"],
        estate.keyless: ["Key not at hand"],
    }
    for container, texts in said.items():
        for text in texts:
            await expect(of(container)).to_contain_text(text)
    # What cannot be trusted is neither registered nor restored.
    forged = of(lost.FORGED)
    await expect(forged.get_by_role("button")).to_have_count(0)
    await expect(forged.get_by_role("link", name="Restore")).to_have_count(0)
    # An open row and the filter are part of the address.
    await tab.page.get_by_role("button", name=f"Facts of {lost.BACKUP}").click()
    await expect(tab.page.locator(".opened")).to_contain_text("West Europe")
    await tab.page.get_by_label("Of the service").fill("fabrikam-plain")
    await expect(of(lost.BACKUP)).to_have_count(0)
    await tab.page.reload()
    await expect(tab.page.get_by_label("Of the service")).to_have_value("fabrikam-plain")
    await expect(of(lost.PARTIAL)).to_have_count(1)
    assert f"open={lost.BACKUP}" in tab.page.url


async def test_an_account_comes_a_page_at_a_time(tab: Tab, estate: Estate) -> None:
    """The first page of a large account is what is asked for, and the next one by a button."""
    asked: list[str] = []

    async def small(route: Route) -> None:
        asked.append(route.request.url)
        await route.continue_(url=route.request.url.replace("top=25", "top=2"))

    await tab.page.route("**/storage-accounts/offsite/backups?*", small)
    await tab.open("/storage/offsite")
    rows = tab.page.locator("tbody tr")
    await expect(rows).to_have_count(2)
    await tab.page.get_by_role("button", name="Load more").click()
    await expect(rows).to_have_count(4)
    await tab.settle()
    assert len(asked) == 2


async def test_a_backup_of_elsewhere_is_registered(tab: Tab, estate: Estate) -> None:
    await tab.open("/storage/offsite")
    await tab.page.get_by_role("button", name=f"Register {estate.foreign}").click()
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await require_fit(tab, "register")
    await dialog.get_by_role("button", name="Register").click()
    await expect(dialog).to_have_count(0)
    row = tab.page.get_by_role("row").filter(has_text=estate.foreign)
    await expect(row).to_contain_text("In the history")
    await tab.page.get_by_role("link", name="Open it").click()
    await expect(tab.heading).to_have_text(estate.foreign)
    await expect(tab.page.locator("[data-status=pinned]")).to_be_visible()


# ---- The wizard


async def test_the_wizard_has_no_barriers(wizard: Wizard) -> None:
    page = wizard.page
    await wizard.open()
    await wizard.tab.settle()
    await require_fit(wizard.tab, "empty")
    await wizard.open(f"{HERE}&include=agreements/Northwind-850")
    await wizard.add("Replace a value")
    await wizard.add("Leave out a section or an artifact")
    await require_fit(wizard.tab, "service")
    await page.get_by_role("button", name="Browse").click()
    await expect(page.get_by_role("dialog").get_by_role("row").first).to_be_visible()
    await require_fit(wizard.tab, "browse")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Browse")).to_be_focused()
    await wizard.fill("/service/trackingDatabase/advanced", True)
    await wizard.fill("/service/monitoringStore", "connection")
    await wizard.fill("/service/archivingStore", "account")
    for step in STEPS:
        await wizard.step(step)
        await wizard.tab.settle()
        await require_fit(wizard.tab, step)
    await wizard.open(HERE)
    await wizard.fill("/service/name", "contoso-copy")
    await wizard.fill("/controlNumbers/policy", "As backed up")
    await wizard.settled()
    await wizard.request(as_curl=True)
    await expect(page.get_by_label("Type contoso-copy to confirm")).to_be_visible()
    await require_fit(wizard.tab, "review")


def leaves(schema: Any, schemas: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every member of a request that is not made of others: its pointer, and its schema."""
    found = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    either = [one for one in found.get("anyOf", []) if one.get("type") != "null"]
    if len(either) == 1:
        yield from leaves(either[0], schemas, at)
    elif found.get("type") == "array":
        yield from leaves(found["items"], schemas, f"{at}/0")
    elif found.get("properties"):
        for name, member in found["properties"].items():
            yield from leaves(member, schemas, f"{at}/{name}")
    else:
        yield at, found


def members(value: Any, at: str = "") -> Iterator[str]:
    """The pointer of everything in a JSON value that is not made of others."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from members(one, f"{at}/{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from members(one, f"{at}/{index}")
    else:
        yield at


VALUES: dict[str, Any] = {
    "/backup/storageAccount": "offsite",
    "/backup/container": lost.BACKUP,
    "/service/name": "contoso-every",
    "/service/domainUrl": "https://b2b.contoso.example",
    "/service/edition": "Premium",
    "/service/region": "North Europe",
    "/service/unitCount": 3,
    "/service/accessControl/namespace": "acs-two",
    "/service/accessControl/key": "second-key",
    "/service/trackingDatabase/server": "db.contoso.example",
    "/service/trackingDatabase/name": "tracking-two",
    "/service/trackingDatabase/login": "restorer",
    "/service/trackingDatabase/password": "Correct-Horse-9'\"",
    "/service/trackingDatabase/advanced/edition": "Standard",
    "/service/trackingDatabase/advanced/maxSizeGB": 250,
    "/service/trackingDatabase/advanced/collation": "Latin1_General_CI_AS",
    "/service/monitoringStore/storageAccount": "offsite",
    "/service/monitoringStore/connectionString": "UseDevelopmentStorage=true",
    "/service/archivingStore/storageAccount": "default",
    "/service/archivingStore/connectionString": "AccountName=a;AccountKey=b",
    "/controlNumbers/policy": "Continue, then leave numbers out",
    "/controlNumbers/by": 20,
    "/include/0/section": "agreements",
    "/include/0/name": "Northwind-850",
    "/exclude/0/section": "schemas",
    "/exclude/0/name": "Order",
    "/replace/0/section": "agreements",
    "/replace/0/name": "Northwind-850",
    "/replace/0/pointer": "/content/x12/receiveAgreement/protocolSettings",
    "/replace/0/value": "it's another",
    "/acceptPartial": True,
    "/acceptRenamed": True,
}
"""A value for every member."""


async def test_every_member_of_the_request_has_its_control(wizard: Wizard, estate: Estate) -> None:
    """The schema of the API's own document is what the wizard must be able to send."""
    document = (await estate.api.get("openapi.json")).body
    schemas = document["components"]["schemas"]
    wanted = dict(leaves(schemas["RestoreBody"], schemas))
    assert set(VALUES) == set(wanted), "each member of the schema is tried"
    sent: dict[str, Any] = {}
    for kind, other in (("account", "connectionString"), ("connection", "storageAccount")):
        await wizard.open()
        for row in ("Include", "Leave out"):
            await wizard.add(f"{row} a section or an artifact")
        await wizard.add("Replace a value")
        await wizard.fill("/service/trackingDatabase/advanced", True)
        for store in ("monitoringStore", "archivingStore"):
            await wizard.fill(f"/service/{store}", kind)
        for pointer, value in VALUES.items():
            if not (pointer.startswith("/service/") and pointer.endswith(other)):
                await wizard.fill(pointer, value)
        body = await wizard.request()
        for pointer in members(body):
            value = body
            for name in pointer.split("/")[1:]:
                value = value[int(name)] if isinstance(value, list) else value[name]
            sent[pointer] = value
    policy = {"/controlNumbers/policy": "advance"}
    assert sent == {**VALUES, **policy}


@dataclass(frozen=True)
class Wrong:
    """Something that forbids a restore."""

    code: str
    at: str
    given: dict[str, Any] = field(default_factory=dict)
    backup: str = lost.BACKUP
    rows: tuple[str, ...] = ()
    account: str = "offsite"


_ADVANCED = {"/service/trackingDatabase/advanced": True}
_INCLUDE, _EXCLUDE = "Include a section or an artifact", "Leave out a section or an artifact"
_REPLACE = "Replace a value"
_ORDERS = {"/replace/0/section": "bridges", "/replace/0/name": "Orders"}

WRONGS = [
    Wrong("StorageAccountUnknown", "/backup/storageAccount", account="nowhere"),
    Wrong("InvalidName", "/backup/container", backup="No"),
    Wrong("BackupNotFound", "/backup/container", backup="nothing-here"),
    Wrong("DescriptorForged", "/backup/container", backup=lost.RENAMED),
    Wrong("BackupIncomplete", "/acceptPartial", backup=lost.PARTIAL),
    Wrong("ServiceExists", "/service/name"),
    Wrong("InvalidName", "/service/name", {"/service/name": "x"}),
    Wrong("EditionTooLow", "/service/edition", {"/service/edition": "Basic"}),
    Wrong("QuotaExceeded", "/service/unitCount", {"/service/unitCount": 1}, backup=lost.WIDE),
    Wrong("WrongValue", "/service/unitCount", {"/service/unitCount": 9}),
    Wrong("WrongValue", "/service/domainUrl", {"/service/domainUrl": "ftp://b2b.contoso.example"}),
    Wrong(
        "InvalidRequest",
        "/service/accessControl/key",
        {"/service/accessControl/namespace": "acs"},
        backup=lost.WIDE,
    ),
    Wrong(
        "MaskWithoutValue",
        "/service/accessControl/key",
        {"/service/accessControl/key": "********"},
    ),
    Wrong(
        "InvalidRequest",
        "/service/trackingDatabase/server",
        {"/service/trackingDatabase/server": "no host!"},
    ),
    Wrong(
        "InvalidRequest",
        "/service/trackingDatabase/password",
        {"/service/trackingDatabase/password": "short"},
    ),
    Wrong("InvalidRequest", "/service/trackingDatabase/name", _ADVANCED),
    Wrong(
        "InvalidRequest",
        "/service/trackingDatabase/login",
        {"/service/trackingDatabase/server": "db.contoso.example"},
        backup=lost.WIDE,
    ),
    Wrong(
        "WrongValue",
        "/service/trackingDatabase/advanced/maxSizeGB",
        {**_ADVANCED, "/service/trackingDatabase/advanced/maxSizeGB": 5000},
    ),
    Wrong(
        "InvalidRequest",
        "/service/archivingStore",
        {
            "/service/archivingStore": "account",
            "/service/archivingStore/storageAccount": "offsite",
        },
    ),
    Wrong("ArtifactNotFound", "/include/0/name", {"/include/0/name": "Nobody"}, rows=(_INCLUDE,)),
    Wrong(
        "DanglingReference",
        "/exclude",
        {"/exclude/0/section": "partners", "/exclude/0/name": "Fabrikam"},
        rows=(_EXCLUDE,),
    ),
    Wrong(
        "InvalidRequest",
        "/replace/0/pointer",
        {**_ORDERS, "/replace/0/pointer": "/nothing/here", "/replace/0/value": "x"},
        rows=(_REPLACE,),
    ),
    Wrong(
        "MaskWithoutValue",
        "/replace/0/value",
        {**_ORDERS, "/replace/0/pointer": "/source/password", "/replace/0/value": "********"},
        rows=(_REPLACE,),
    ),
    Wrong(
        "ArtifactNotFound",
        "/replace/0/name",
        {"/replace/0/name": "Nobody", "/replace/0/pointer": "/a", "/replace/0/value": "x"},
        rows=(_REPLACE,),
    ),
    Wrong(
        "ControlNumbersExhausted",
        "/controlNumbers/by",
        {
            "/controlNumbers/policy": "Continue, then leave numbers out",
            "/controlNumbers/by": 100,
        },
        backup=lost.BOUNDED,
    ),
]


@pytest.mark.parametrize("wrong", WRONGS, ids=lambda one: f"{one.code}-{one.at}")
async def test_an_error_of_the_plan_stands_at_its_field(wizard: Wizard, wrong: Wrong) -> None:
    """On its step, which is marked, whichever step one is at; Review leads to it."""
    page = wizard.page
    await wizard.open(f"?account={wrong.account}&container={wrong.backup}")
    for row in wrong.rows:
        await wizard.add(row)
    for pointer, value in wrong.given.items():
        await wizard.fill(pointer, value)
    await wizard.settled()
    verdict = page.locator(".verdict")
    goes = page.get_by_role("button", name=f"Go to it: {wrong.at}", exact=True)
    listed = verdict.get_by_role("listitem").filter(has_text=wrong.code).filter(has=goes).first
    message = await listed.locator("span").first.inner_text()
    await expect(page.locator(".start button")).to_have_attribute("aria-disabled", "true")
    marked = page.locator(".wrong-step", has_text=STEPS[step_of(wrong.at)])
    await expect(marked).to_have_count(1)
    await listed.get_by_role("button").click()
    await expect(page.locator("#step")).to_have_text(STEPS[step_of(wrong.at)])
    control = wizard.control(wrong.at).first
    await expect(control).to_be_focused()
    if wrong.at.count("/") > 1 or wrong.at == "/acceptPartial":
        await expect(control).to_have_attribute("aria-invalid", "true")
        described = await control.get_attribute("aria-describedby") or ""
        said = [await page.locator(f'[id="{one}"]').inner_text() for one in described.split()]
        assert message in said
    else:
        await expect(control).to_have_text(message)


async def test_what_is_still_to_be_filled_in_is_said_before_anybody_is_asked(
    wizard: Wizard,
) -> None:
    asked: list[str] = []
    await wizard.page.route(
        "**/api/restores?*", lambda route: (asked.append(route.request.url), route.continue_())[1]
    )
    await wizard.open()
    await wizard.step("review")
    await expect(wizard.page.locator(".verdict")).to_contain_text("Choose a backup.")
    await wizard.page.wait_for_timeout(800)
    assert asked == []


async def test_what_is_browsed_to_is_taken(wizard: Wizard, estate: Estate) -> None:
    await wizard.open()
    await wizard.page.get_by_role("button", name="Browse").click()
    dialog = wizard.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="offsite").click()
    await dialog.get_by_role("button", name=f"Choose {lost.BACKUP}").click()
    await expect(dialog).to_have_count(0)
    await expect(wizard.control("/backup/container")).to_have_value(lost.BACKUP)
    await expect(wizard.control("/backup/storageAccount")).to_have_value("offsite")
    told = f"The backup {lost.BACKUP} of {lost.SERVICE} can be read."
    await expect(wizard.page.get_by_text(told)).to_be_visible()
    assert HERE in wizard.page.url


async def test_a_reload_keeps_what_was_typed_and_no_secret(wizard: Wizard) -> None:
    page = wizard.page
    await wizard.open(f"{HERE}&include=agreements/Northwind-850&include=bridges")
    await wizard.fill("/service/name", "contoso-again")
    await wizard.fill("/service/edition", "Premium")
    await wizard.add(_REPLACE)
    secrets = {
        "/service/accessControl/key": "second-secret-key",
        "/service/trackingDatabase/password": "Secret-Horse-9",
        "/replace/0/value": "ftp-secret-two",
    }
    for pointer, value in {
        **_ORDERS,
        "/replace/0/pointer": "/source/password",
        **secrets,
    }.items():
        await wizard.fill(pointer, value)
        if pointer in secrets:
            assert value not in await page.content(), "no attribute shows it"
    stored = "JSON.stringify([{...sessionStorage}, {...localStorage}, location.href])"
    kept = await page.evaluate(stored)
    assert "contoso-again" in kept
    assert not [value for value in secrets.values() if value in kept]
    await page.reload()
    await expect(page.locator("#step")).to_have_text(STEPS["service"])
    for pointer, value in {
        "/service/name": "contoso-again",
        "/service/edition": "Premium",
        "/include/0/name": "Northwind-850",
        "/include/1/section": "bridges",
        "/include/1/name": "",
        "/replace/0/pointer": "/source/password",
    }.items():
        await expect(wizard.control(pointer)).to_have_value(value)
    # Nothing is restored without what was typed: each is asked for again.
    await wizard.step("review")
    again = page.locator(".verdict").get_by_role("listitem").filter(has_text="Enter it again")
    await expect(again).to_have_count(len(secrets))
    for pointer, value in secrets.items():
        await wizard.fill(pointer, value)
    await wizard.settled()
    await expect(page.locator(".verdict.good")).to_be_visible()


async def test_numbers_that_would_be_repeated_are_confirmed_by_the_name(wizard: Wizard) -> None:
    page = wizard.page
    await wizard.open(HERE)
    await wizard.fill("/service/name", "contoso-twice")
    await wizard.settled()
    policies = page.locator(".policies label")
    await expect(policies).to_contain_text(["repeats none", "repeats 3", "repeats none"])
    start = page.locator(".start button")
    await expect(start).to_have_attribute("aria-disabled", "false")
    await wizard.fill("/controlNumbers/policy", "As backed up")
    await wizard.settled()
    surprises = page.get_by_role("region", name="What may surprise")
    await expect(surprises).to_contain_text("3 control numbers would be issued a second time.")
    await expect(start).to_have_attribute("aria-disabled", "true")
    await page.get_by_label("Type contoso-twice to confirm").fill("contoso-twic")
    await expect(start).to_have_attribute("aria-disabled", "true")
    await page.get_by_label("Type contoso-twice to confirm").fill("contoso-twice")
    await expect(start).to_have_attribute("aria-disabled", "false")


async def test_the_request_is_shown_as_it_is_sent(wizard: Wizard, estate: Estate) -> None:
    """As JSON, and as a command that a shell runs."""
    page = wizard.page
    await wizard.open(HERE)
    await wizard.fill("/service/name", "contoso-shown")
    await wizard.fill("/service/accessControl/key", 'it\'s a "key" $HOME `id` \\ ü')
    await wizard.settled()
    shown, command = await wizard.request(), await wizard.request(as_curl=True)
    await page.get_by_label("Show secrets").uncheck()
    assert "it's" not in await page.locator("details.request pre").inner_text()
    async with page.expect_request(
        lambda one: one.method == "POST" and one.url.endswith("/api/restores")
    ) as sent:
        await page.get_by_role("button", name="Restore", exact=True).click()
    request = await sent.value
    assert request.post_data_json == shown
    await expect(page.locator(".progress")).to_have_attribute(
        "data-status", "Succeeded", timeout=SLOW
    )
    # The same operation: what curl sends is what the page sent.
    ran = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        command,
        env={**os.environ, "INTERKEEP_KEY": wizard.tab.key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    answered = json.loads((await ran.communicate())[0])
    assert answered["id"] == request.headers["operation-id"]
    assert answered["status"] == "Succeeded"


async def test_a_restore_whose_answer_was_lost_is_begun_once(
    wizard: Wizard, estate: Estate
) -> None:
    """Also after a reload, when its name is taken: by itself."""
    page, ids = wizard.page, list[str]()

    async def lose(route: Route) -> None:
        ids.append(route.request.headers["operation-id"])
        answer = await route.fetch()
        assert answer.status == 202, await answer.text()
        await (route.abort("connectionreset") if len(ids) == 1 else route.fulfill(response=answer))

    wizard.tab.expected.add("gone")
    await page.route("**/api/restores", lose)
    await wizard.open(HERE)
    await wizard.fill("/service/name", "contoso-lost")
    await wizard.settled()
    await page.get_by_role("button", name="Restore", exact=True).click()
    await expect(page.locator(".start .problem")).to_contain_text("Unreachable")
    await page.reload()
    await expect(page.locator("#step")).to_have_text(STEPS["review"])
    await expect(page.get_by_text("it is the same restore")).to_be_visible()
    look = page.get_by_role("link", name="See whether it began")
    assert await look.get_attribute("href") == f"/api/portal/restores/contoso-lost.{ids[0]}"
    await page.get_by_role("button", name="Restore", exact=True).click()
    await expect(page.locator(".progress")).to_have_attribute(
        "data-status", "Succeeded", timeout=SLOW
    )
    assert len(ids) == 2
    assert len(set(ids)) == 1
    found = await estate.api.get("services/contoso-lost/operations?operation=RestoreBizTalkService")
    assert [one["id"] for one in found.body["value"]] == ids[:1]
    # The next one is another.
    assert ids[0] not in await page.evaluate("JSON.stringify({...sessionStorage})")


async def test_what_was_sent_stays_until_it_is_answered_or_given_up(wizard: Wizard) -> None:
    """Another body under the same id would be another restore beside the first."""
    page, sent = wizard.page, list[tuple[str, Any]]()

    async def lose(route: Route) -> None:
        request = route.request
        sent.append((request.headers["operation-id"], request.post_data_json))
        await route.abort("connectionreset")

    wizard.tab.expected.add("gone")
    await page.route("**/api/restores", lose)
    await wizard.open(f"{HERE}&include=bridges")
    await wizard.fill("/service/name", "contoso-sent")
    await wizard.fill("/service/accessControl/key", "sent-secret-key")
    await wizard.settled()
    start = page.get_by_role("button", name="Restore", exact=True)
    await start.click()
    await expect(page.get_by_text("it is the same restore")).to_be_visible()
    await require_fit(wizard.tab, "sent without an answer")
    await expect(page.get_by_role("radio").first).to_be_disabled()
    await wizard.step("service")
    for one in await page.locator("[data-member]").all():
        await expect(one).to_be_disabled()
    await require_fit(wizard.tab, "locked")
    await page.reload()
    # A reload takes the secrets: these alone are typed again.
    await expect(wizard.control("/service/name")).to_be_disabled()
    await wizard.fill("/service/accessControl/key", "sent-secret-key")
    await wizard.step("review")
    await start.click()
    await expect(page.get_by_text("it is the same restore")).to_be_visible()
    assert len(sent) == 2
    assert sent[0] == sent[1]
    await page.get_by_role("button", name="Begin anew").click()
    await expect(page.get_by_text("it is the same restore")).to_have_count(0)
    await wizard.fill("/service/name", "contoso-other")
    await wizard.settled()
    async with page.expect_event("requestfailed", lambda one: one.url.endswith("/api/restores")):
        await start.click()
    assert sent[2][0] != sent[1][0]
    assert sent[2][1]["service"]["name"] == "contoso-other"


async def test_who_may_not_restore_is_not_offered_it(tab: Tab, estate: Estate) -> None:
    async def as_operator(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        admins = {"start_restore", "register_backup"}
        may = [one for one in body["operations"] if one not in admins]
        told = {**body, "rolesRequired": True, "roles": ["Interkeep.Operator"], "operations": may}
        await route.fulfill(response=answer, json=told)

    await tab.page.route("**/api/me", as_operator)
    await tab.open(f"/services/{lost.SERVICE}/backups/{lost.BACKUP}")
    await tab.settle()
    await expect(tab.page.get_by_role("button", name="Restore")).to_have_count(0)
    await tab.open("/storage/offsite")
    await tab.settle()
    for name in ("Restore", "Register"):
        await expect(tab.page.locator("tbody").get_by_text(name, exact=True)).to_have_count(0)
    await tab.open(f"/restore{HERE}")
    await tab.settle()
    await expect(tab.page.get_by_text("Your role does not allow restoring.")).to_be_visible()


# ---- The restore's page


async def restored(estate: Estate, name: str, **more: Any) -> str:
    """A restore by the API; the address of its page."""
    body = {
        "backup": {"storageAccount": "offsite", "container": lost.BACKUP},
        "service": {"name": name},
        **more,
    }
    monitor = await estate.api.ended(await estate.api.post("restores", body))
    return f"/restores/{name}.{monitor['id']}"


async def test_the_checklist_is_gone_through_and_the_service_resumed(
    tab: Tab, estate: Estate
) -> None:
    page = tab.page
    address = await restored(estate, "contoso-check")
    # From the question before it is resumed, and from the service that waits to be.
    await tab.open("/services?namePrefix=contoso-check")
    await page.get_by_role("button", name="Resume contoso-check").click()
    await page.get_by_role("dialog").get_by_role("link", name="Go through the checklist").click()
    await expect(tab.heading).to_have_text("Restore of contoso-check")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await tab.open("/services/contoso-check")
    await page.get_by_role("link", name="Go through the checklist").click()
    await expect(tab.heading).to_have_text("Restore of contoso-check")
    assert page.url.endswith(address)
    await tab.settle()
    await require_fit(tab, "restored")
    found = (await estate.api.get(address[1:])).body
    points = page.get_by_role("region", name="Before you resume").get_by_role("listitem")
    texts = await points.all_inner_texts()
    assert set(found["plan"]["beforeResuming"]) <= set(texts)
    assert any("trackingDatabase" in one for one in texts)
    for index in range(2):
        await points.nth(index).get_by_role("checkbox").check()
    await page.reload()
    await expect(page.get_by_text(f"2 of {len(texts)} seen to")).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("listitem")).to_have_text(texts[2:])
    await require_fit(tab, "resume")
    await dialog.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("heading", name="It was resumed")).to_be_visible()
    resume = page.get_by_role("button", name="Resume : The service is Active")
    await expect(resume).to_have_attribute("aria-disabled", "true")
    assert (await estate.api.get("services/contoso-check")).body["state"] == "Active"


async def test_a_service_that_cannot_be_read_is_not_called_gone(tab: Tab, estate: Estate) -> None:
    page, refused = tab.page, True
    address = await restored(estate, "contoso-shaky")
    error = {"error": {"code": "StorageUnavailable", "message": "Storage does not answer."}}

    async def shaky(route: Route) -> None:
        await (route.fulfill(status=503, json=error) if refused else route.continue_())

    tab.expected |= {"503 /services/contoso-shaky"}
    await page.route("**/api/services/contoso-shaky", shaky)
    await tab.open(address)
    await expect(page.locator(".problem")).to_contain_text("StorageUnavailable")
    unknown = page.get_by_role("button", name="Resume : The state of its service is not known.")
    await expect(unknown).to_be_visible()
    await expect(page.get_by_text("is not there any more")).to_have_count(0)
    refused = False
    # It is read again by itself.
    await expect(page.locator(".problem")).to_have_count(0, timeout=SLOW)
    await expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()


async def test_a_restore_that_failed_says_why_and_leads_on(
    tab: Tab, estate: Estate, deployed: Deployed
) -> None:
    service = await estate.api.service("woodgrove-cut")
    schema = f"services/{service}/artifacts/schemas/Order"
    await estate.api.put(schema, {"document": {}})
    await estate.api.put(f"{schema}/content", data=b"<xs:schema/>")
    backup = await estate.api.backup(service, "woodgrove-cut-first")
    with ContainerClient.from_connection_string(deployed.offsite, backup) as container:
        [content] = list(container.list_blob_names(name_starts_with="content/"))
        container.delete_blob(content)
    body = {
        "backup": {"storageAccount": "offsite", "container": backup},
        "service": {"name": "woodgrove-again"},
    }
    monitor = await estate.api.ended(await estate.api.post("restores", body))
    assert monitor["status"] == "Failed"
    await tab.open(f"/restores/woodgrove-again.{monitor['id']}")
    await tab.settle()
    failed = tab.page.get_by_role("region", name="Why it failed")
    await expect(failed).to_contain_text("BlobMissing")
    await require_fit(tab, "failed")
    tab.expected |= REFUSED
    await failed.get_by_role("link", name="Restore again").click()
    await expect(Wizard(tab).control("/backup/container")).to_have_value(backup)


async def test_a_restore_that_nobody_knows(tab: Tab, estate: Estate) -> None:
    tab.expected.add("404 /restores/nobody.1")
    await tab.open("/restores/nobody.1")
    await expect(tab.page.locator(".problem")).to_contain_text("RestoreNotFound")


async def test_restoring_is_offered_where_backups_are(tab: Tab, estate: Estate) -> None:
    tab.expected |= REFUSED
    page, wizard = tab.page, Wizard(tab)
    await tab.open(f"/services/{lost.SERVICE}/backups/{lost.BACKUP}")
    await page.get_by_role("button", name="Restore", exact=True).click()
    await expect(wizard.control("/backup/container")).to_have_value(lost.BACKUP)
    await tab.open(f"/services/{lost.SERVICE}/backups")
    await page.get_by_role("link", name=f"Restore {lost.BACKUP}").click()
    await expect(wizard.control("/backup/container")).to_have_value(lost.BACKUP)
    await tab.open("/storage/offsite")
    await page.get_by_role("link", name=f"Restore from {lost.RENAMED}").click()
    await expect(wizard.control("/backup/container")).to_have_value(lost.RENAMED)
    await tab.open("/services/new")
    await page.get_by_role("link", name="Or restore one from a backup").click()
    await expect(page.locator("#step")).to_have_text(STEPS["service"])
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Storage").click()
    await expect(tab.heading).to_have_text("Browse Cloud Storage")
