"""The request that the page of a push makes: a control for every member, errors at their fields,
and shown as it is sent."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from localhost.arm.sample import ACCOUNT, EDIFACT, X12
from localhost.stack import HostProcess
from tests.integration_accounts.pushed import half_filled, number_in
from tests.portal import accounts
from tests.portal.accounts import NORTH, link, pull, put_accounts
from tests.portal.looks import require_fit
from tests.portal.members import members, wanted
from tests.portal.pushing import PushForm, forget_north
from tests.portal.watched import Tab
from tests.support.api import Api, api_of
from tests.support.arm import Arm

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""The stand-in holds the accounts of this module alone."""

deployed = accounts.deployed

NEW = NORTH.replace("contoso-north", "contoso-new")
VAULTS = f"{ACCOUNT.partition('/providers/')[0]}/providers/Microsoft.KeyVault/vaults"
ENDED = 60_000
"""Milliseconds after which an operation has ended, on a busy machine too."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(host: HostProcess, azure: Arm) -> AsyncIterator[tuple[Api, str]]:
    """A client, and a service that holds the sample account."""
    put_accounts(azure)
    async with api_of(host.base_url, host.keys.host) as api:
        service = await link(api)
        await pull(api, service)
        yield api, service


VALUES: dict[str, Any] = {
    "/resourceId": NORTH,
    "/create/resourceId": NEW,
    "/create/location": "northeurope",
    "/create/sku": "Basic",
    "/existing": "keep",
    "/extra": "delete",
    "/workflows": "leave",
    "/link": False,
    "/include/0/section": "partners",
    "/include/0/name": "Fabrikam",
    "/exclude/0/section": "schemas",
    "/exclude/0/name": "Order",
    "/controlNumbers/policy": "advance",
    "/controlNumbers/by": 250,
    "/controlNumbers/agreements/0/agreement": X12,
    "/controlNumbers/agreements/0/policy": "advance",
    "/controlNumbers/agreements/0/by": 40,
    "/keyVaults/0/from": f"{VAULTS}/contoso-keys",
    "/keyVaults/0/to": f"{VAULTS}/contoso-test-keys",
}
"""A value for every member."""


async def test_every_member_of_the_request_has_its_control(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    """The schema of the API's own document is what the page must be able to send."""
    api, service = linked
    half_filled(azure, NORTH)
    assert set(VALUES) == set(await wanted(api, "PushBody")), "each member is tried"
    sent: dict[str, Any] = {}
    form = PushForm(tab, service)
    for account, other in (("listed", "/create/"), ("create", "/resourceId")):
        await form.open()
        await tab.page.get_by_label("Account", exact=True).select_option(account)
        for row in (
            "Include a section or an artifact",
            "Leave out a section or an artifact",
            "Let one agreement go on otherwise",
            "Name another vault",
        ):
            await form.add(row)
        for pointer, value in VALUES.items():
            if not pointer.startswith(other):
                await form.fill(pointer, value)
        sent |= members(await form.request())
        await require_fit(tab, account)
    assert sent == VALUES


async def test_the_request_is_shown_as_it_is_sent(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    """As JSON, and as a command that a shell runs."""
    forget_north(azure)
    form = PushForm(tab, linked[1])
    await form.open()
    await form.into_new()
    await form.fill("/workflows", "leave")
    await form.add("Let one agreement go on otherwise")
    await form.fill("/controlNumbers/agreements/0/agreement", EDIFACT)
    await form.fill("/controlNumbers/agreements/0/by", 30)
    await form.plan("Nothing forbids this push")
    shown, command = await form.request(), await form.request(as_curl=True)
    await tab.page.get_by_label("Type contoso-north").fill("contoso-north")
    async with tab.page.expect_request(re.compile("/push$")) as sent:
        await form.run.click()
    request = await sent.value
    assert request.post_data_json == shown
    await expect(tab.heading).to_have_text("Push")
    chip = tab.page.locator(".progress [data-status=Succeeded]")
    await expect(chip).to_be_visible(timeout=ENDED)
    # One agreement alone left numbers out.
    assert number_in(azure, NORTH, f"{X12}-ICN") == number_in(azure, ACCOUNT, f"{X12}-ICN")
    before = number_in(azure, ACCOUNT, f"{EDIFACT}-ICN")
    assert before is not None
    assert number_in(azure, NORTH, f"{EDIFACT}-ICN") == before + 30
    # The same operation: what curl sends is what the page sent.
    ran = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        command,
        env={**os.environ, "INTERKEEP_KEY": tab.key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    answered = json.loads((await ran.communicate())[0])
    assert answered["id"] == request.headers["operation-id"]
    assert answered["status"] == "Succeeded"


async def test_every_error_of_a_plan_stands_at_its_field(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    forget_north(azure)
    half_filled(azure, NORTH)
    form = PushForm(tab, linked[1])
    await form.open()
    await form.into_new()
    await form.add("Include a section or an artifact")
    await form.fill("/include/0/section", "schemas")
    await form.fill("/include/0/name", "Nothing")
    await form.add("Include a section or an artifact")
    await form.add("Leave out a section or an artifact")
    await form.fill("/exclude/0/section", "certificates")
    for index, agreement in enumerate((X12, X12, "Nobody")):
        await form.add("Let one agreement go on otherwise")
        await form.fill(f"/controlNumbers/agreements/{index}/agreement", agreement)
        await form.fill(f"/controlNumbers/agreements/{index}/policy", "continue")
    await form.add("Name another vault")
    await form.fill("/keyVaults/0/from", "contoso-keys")
    await form.fill("/keyVaults/0/to", f"{VAULTS}/contoso-test-keys")
    verdict = await form.plan("things forbid this push")
    said = {
        "/create/resourceId": "is there already",
        "/include/0/name": "'Nothing'",
        "/exclude": "is excluded",
        "/controlNumbers/agreements/1/agreement": "is there twice",
        "/controlNumbers/agreements/2/agreement": "There is no agreement 'Nobody'",
        "/keyVaults/0/from": "az keyvault show",
    }
    for pointer, text in said.items():
        field = tab.page.locator(".field, .rows", has=form.control(pointer)).last
        await expect(field.locator(".wrong").first).to_contain_text(text)
    # All that the plan says has a control, which it leads to.
    errors = verdict.locator(".remarks > li")
    ways = verdict.get_by_role("button", name=re.compile("^Go to it"))
    await expect(ways).to_have_count(await errors.count())
    await require_fit(tab, "errors")
    await verdict.get_by_role("button", name="Go to it: /include/0/name").click()
    await expect(form.control("/include/0/name")).to_be_focused()
    # Another request is not wrong for what the former one was.
    await form.fill("/include/0/name", "Order")
    await expect(form.control("/create/resourceId")).to_have_attribute("aria-invalid", "false")


@pytest.mark.parametrize(
    ("pointer", "value", "text"),
    [
        ("/controlNumbers/by", "0", "1"),
        ("/create/resourceId", ACCOUNT.replace("0000", "9999", 1), "INTEGRATION_ACCOUNTS"),
    ],
)
async def test_what_is_refused_as_a_whole_stands_at_its_field(
    tab: Tab, linked: tuple[Api, str], pointer: str, value: str, text: str
) -> None:
    """A request of which no plan is made."""
    tab.expected |= {"400 /push", "404 /push", "403 /push", "409 /push"}
    form = PushForm(tab, linked[1])
    await form.open()
    await form.into_new(NEW)
    if pointer == "/controlNumbers/by":
        await form.fill("/controlNumbers/policy", "advance")
    await form.fill(pointer, value)
    await tab.press("button", "Plan")
    control = form.control(pointer)
    await expect(control).to_have_attribute("aria-invalid", "true")
    field = tab.page.locator(".field", has=control)
    await expect(field.locator(".wrong")).to_contain_text(text)


async def test_each_agreement_leaves_out_what_is_proposed_of_it(
    tab: Tab, linked: tuple[Api, str], azure: Arm
) -> None:
    """The account is lost: what it issued after the last pull nobody knows."""
    forget_north(azure)
    azure.lose(ACCOUNT)
    form = PushForm(tab, linked[1])
    await form.open()
    await form.into_new()
    verdict = await form.plan("forbids this push")
    each = tab.page.get_by_role("button", name=re.compile("for each agreement its own$"))
    await each.click()
    await expect(verdict.get_by_role("heading")).to_have_text("Nothing forbids this push")
    numbers = (await form.request())["controlNumbers"]
    assert numbers["policy"] == "continue"
    assert {one["agreement"] for one in numbers["agreements"]} == {X12, EDIFACT}
    assert all(one["policy"] == "advance" and one["by"] >= 1 for one in numbers["agreements"])
