"""What a tab keeps over a reload: its address, its key, the id of what was asked for."""

import pytest
from playwright.async_api import Route, expect

from tests.portal import estate as services
from tests.portal.estate import SERVICE
from tests.portal.watched import Tab
from tests.support.api import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Other modules have services of the same names."""

estate = services.estate


async def test_an_address_survives_reload_and_back(tab: Tab, estate: Api) -> None:
    await tab.open(f"/services/{SERVICE}/log?status=Succeeded")
    await expect(tab.page.get_by_label("Status", exact=True)).to_have_value("Succeeded")
    await tab.page.reload()
    await expect(tab.heading).to_have_text(SERVICE)
    await expect(tab.page.get_by_label("Status", exact=True)).to_have_value("Succeeded")
    await tab.page.locator("tbody a").first.click()
    await expect(tab.page.get_by_role("heading", name="What was asked for")).to_be_visible()
    await tab.page.go_back()
    await expect(tab.page.get_by_label("Status", exact=True)).to_have_value("Succeeded")
    assert "key=" not in tab.page.url


async def test_the_key_is_forgotten(tab: Tab, estate: Api) -> None:
    await tab.open("/services")
    await tab.page.locator(".who summary").click()
    await tab.page.get_by_role("button", name="Forget the key").click()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    kept = await tab.page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert tab.key not in kept
    assert SERVICE not in await tab.page.content()
    await tab.page.reload()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()


async def test_a_key_without_the_tick_is_gone_when_the_page_is_loaded_again(tab: Tab) -> None:
    await tab.page.goto(f"{tab.base_url}/api/portal/health")
    await tab.page.get_by_label("Function key", exact=True).fill(tab.key)
    await tab.page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text("Health")
    await tab.page.reload()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_visible()
    await tab.page.get_by_label("Function key", exact=True).fill(tab.key)
    await tab.page.get_by_label("Keep it until this tab closes").check()
    await tab.page.keyboard.press("Enter")
    await expect(tab.heading).to_have_text("Health")
    await tab.page.reload()
    await expect(tab.heading).to_have_text("Health")


async def test_half_an_hour_without_input_forgets_the_key(tab: Tab, estate: Api) -> None:
    await tab.page.clock.install()
    await tab.open("/services")
    await tab.page.clock.fast_forward("29:00")
    await expect(tab.heading).to_have_text("Services")
    await tab.page.clock.fast_forward("02:00")
    await expect(tab.page.get_by_text("Thirty minutes passed without input")).to_be_visible()


async def test_a_lost_answer_is_the_same_operation_when_it_is_asked_for_again(
    tab: Tab, estate: Api
) -> None:
    name, ids = "northwind-lost", []

    async def lost(route: Route) -> None:
        ids.append(route.request.headers["operation-id"])
        answer = await route.fetch()
        assert answer.status == 202
        await (route.abort("connectionreset") if len(ids) == 1 else route.fulfill(response=answer))

    tab.expected.add("gone")
    await tab.page.route("**/northwind-as2/backups", lost)
    await tab.open("/services/northwind-as2")
    for press in range(2):
        # The second time after a reload, as somebody does to whom nothing seems to happen.
        await tab.page.get_by_role("button", name="Back up", exact=True).click()
        await expect(tab.page.get_by_label("Storage account")).to_have_value("offsite")
        await tab.page.get_by_label("Backup name").fill(name)
        await tab.page.keyboard.press("Enter")
        if press == 0:
            await expect(tab.page.locator("dialog .problem")).to_contain_text("Unreachable")
            await tab.page.reload()
    progress = tab.page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=20_000)
    assert len(set(ids)) == 1
    assert len(ids) == 2
    listed = (await estate.get("services/northwind-as2/backups")).body["value"]
    assert [one["name"] for one in listed].count(name) == 1
