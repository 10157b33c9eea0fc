"""Until a restore has begun: what a reload keeps, what is confirmed, and that it begins once."""

from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.portal import restoring
from tests.portal.looks import require_fit
from tests.portal.restoring import HERE, ORDERS, REPLACE, SLOW, Estate
from tests.portal.wizard import STEPS, Wizard

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Other modules have services and backups of the same names."""

estate = restoring.estate
wizard = restoring.wizard


async def test_a_reload_keeps_what_was_typed_and_no_secret(wizard: Wizard) -> None:
    page = wizard.page
    await wizard.open(f"{HERE}&include=agreements/Northwind-850&include=bridges")
    await wizard.fill("/service/name", "contoso-again")
    await wizard.fill("/service/edition", "Premium")
    await wizard.add(REPLACE)
    secrets = {
        "/service/accessControl/key": "second-secret-key",
        "/service/trackingDatabase/password": "Secret-Horse-9",
        "/replace/0/value": "ftp-secret-two",
    }
    for pointer, value in {
        **ORDERS,
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
