"""Run again: a backup, a verify and a restore, with what their records hold of what was asked."""

import re

import pytest
from playwright.async_api import Locator, Route, expect

from tests.portal.watched import Tab, button
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOW = 30_000


async def test_a_backup_takes_over_its_account_and_its_tick(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    body = {"name": unique("first"), "storageAccount": "default", "requireIdleBatches": True}
    started = await api.post(f"services/{service}/backups", body)
    await api.succeeded(started)
    await tab.open(f"/services/{service}/log/{started.body['id']}")
    await tab.press("button", "Run again")
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog.get_by_label("Storage account")).to_have_value("default")
    await expect(dialog.get_by_role("checkbox")).to_be_checked()
    async with tab.page.expect_request("**/backups") as sent:
        await dialog.get_by_role("button", name="Back up", exact=True).click()
    again = (await sent.value).post_data_json
    assert again["name"] != body["name"], "a name is used once"
    assert {**again, "name": body["name"]} == body
    await expect(tab.page).not_to_have_url(re.compile(started.body["id"]), timeout=SLOW)
    await expect(tab.page.locator(".chip").first).to_have_text("Succeeded", timeout=SLOW)


async def test_a_verify_takes_over_its_level(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    backup = await api.backup(service)
    path = f"services/{service}/backups/{backup}/verify"
    started = await api.post(path, {"level": "descriptor"})
    await api.succeeded(started)
    await tab.open(f"/services/{service}/log/{started.body['id']}")
    await tab.press("button", "Run again")
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog).to_contain_text(backup)
    async with tab.page.expect_request("**/verify") as sent:
        await dialog.get_by_role("button", name=re.compile("^Verify")).click()
    request = await sent.value
    assert request.url.endswith(path)
    assert request.post_data_json == {"level": "descriptor"}
    # The page of the new one.
    await expect(tab.page).not_to_have_url(re.compile(started.body["id"]), timeout=SLOW)
    await expect(tab.page.locator(".chip").first).to_have_text("Succeeded", timeout=SLOW)


async def test_a_restore_fills_in_the_wizard_but_for_its_secrets(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    await api.agreement(service, "Northwind-850")
    backup = await api.backup(service)
    name = unique("back")
    request = {
        "backup": {"storageAccount": "offsite", "container": backup},
        "service": {
            "name": name,
            "edition": "Premium",
            "unitCount": 2,
            "region": "North Europe",
            "accessControl": {"namespace": "acs", "key": "acs-secret"},
            "monitoringStore": {"storageAccount": "offsite"},
        },
        "controlNumbers": {"policy": "advance", "by": 25},
        "include": [{"section": "agreements", "name": "Northwind-850"}],
    }
    started = await api.post("restores", request)
    await api.succeeded(started)
    assert (await api.call("DELETE", f"services/{name}")).status == 202
    tab.expected |= {f"{status} /restores" for status in (400, 404, 409)}
    await tab.open(f"/services/{name}/log/{started.body['id']}")
    await tab.press("button", "Run again")
    await expect(tab.heading).to_have_text(re.compile("Restore"))

    def control(pointer: str) -> Locator:
        return tab.page.locator(f'[data-member="{pointer}"]')

    for pointer, value in (
        ("/service/name", name),
        ("/service/edition", "Premium"),
        ("/service/unitCount", "2"),
        ("/service/region", "North Europe"),
        ("/service/accessControl/namespace", "acs"),
        ("/service/accessControl/key", ""),
    ):
        await expect(control(pointer)).to_have_value(value)
    assert "********" not in await tab.page.evaluate("JSON.stringify({...sessionStorage})")
    steps = tab.page.get_by_role("navigation", name="Steps")
    await steps.get_by_role("link", name="Review").click()
    verdict = tab.page.get_by_role("region", name="1 thing forbids this restore")
    await expect(verdict).to_contain_text("Enter it again")
    await verdict.get_by_role("button").click()
    await control("/service/accessControl/key").fill("acs-secret")
    await steps.get_by_role("link", name="Review").click()
    await expect(
        tab.page.get_by_role("heading", name="Nothing forbids this restore")
    ).to_be_visible(timeout=SLOW)
    async with tab.page.expect_request(
        lambda one: one.method == "POST" and one.url.endswith("/api/restores")
    ) as sent:
        await button(tab, "Restore").click()
    assert (await sent.value).post_data_json == request
    await expect(tab.heading).to_have_text(f"Restore of {name}", timeout=SLOW)


async def test_what_a_record_does_not_hold_is_said_at_the_button(tab: Tab, api: Api) -> None:
    service = await api.service(unique("svc"), edition="Standard")
    backup = await api.backup(service)
    started = await api.post(f"services/{service}/backups/{backup}/verify", {"level": "data"})
    await api.succeeded(started)

    async def bare(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "parameters": {}})

    path = f"/services/{service}/log/{started.body['id']}"
    await tab.page.route(f"**/api/services/{service}/operations/*", bare)
    await tab.open(path)
    why = "Its record does not hold what was asked for"
    shut = tab.page.get_by_role("button", name=re.compile(f"^Run again ?: {why}"))
    await expect(shut).to_have_attribute("aria-disabled", "true")
    await shut.click(force=True)
    await expect(tab.page.get_by_role("dialog")).to_have_count(0)
