"""What is being written when the key is no longer taken is there again behind the door."""

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.portal.artifacts import document, put, text_of
from tests.portal.watched import Tab, button
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINE = '{"mine": 1}'
HERE_AGAIN = "What you wrote before you had to come in again is still here, and not saved."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(api: Api) -> str:
    return await api.service(unique("svc"), edition="Standard")


async def refused_at_save(tab: Tab, path: str) -> None:
    """Save, with a key that the app takes no longer."""

    async def refuse(route: Route) -> None:
        if route.request.method == "PUT":
            return await route.fulfill(status=401)
        return await route.continue_()

    tab.expected.add(f"401 {path}")
    await tab.page.route(f"**/api/services/*/artifacts{path}", refuse)
    await button(tab, "Save" if "edit" in tab.page.url else "Create").click()
    await expect(tab.page.get_by_label("Function key", exact=True)).to_be_focused()
    await tab.page.unroute(f"**/api/services/*/artifacts{path}")


async def come_in(tab: Tab) -> None:
    await tab.fill("Function key", tab.key)
    await tab.page.keyboard.press("Enter")
    await expect(tab.page.get_by_label("Function key", exact=True)).to_have_count(0)


async def test_an_edit_outlives_a_key_that_is_refused(tab: Tab, api: Api, service: str) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {"before": True})
    await tab.open(f"/services/{service}/artifacts/schemas/{name}?edit=1")
    await text_of(tab).fill(MINE)
    await refused_at_save(tab, f"/schemas/{name}")
    assert "mine" not in await tab.page.content()
    await come_in(tab)
    await expect(text_of(tab)).to_have_value(MINE)
    await expect(tab.page.get_by_text(HERE_AGAIN)).to_be_visible()
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text(name)
    assert await document(api, service, "schemas", name) == {"mine": 1}
    # It was saved: who edits again begins from what is stored.
    await button(tab, "Edit").click()
    await expect(text_of(tab)).to_have_value('{\n  "mine": 1\n}')
    await expect(tab.page.get_by_text(HERE_AGAIN)).to_have_count(0)


async def test_a_new_artifact_does_too_with_its_name(tab: Tab, api: Api, service: str) -> None:
    name = unique("schema")
    await tab.open(f"/services/{service}/new-artifact/schemas")
    await tab.fill("Name", name)
    await text_of(tab).fill(MINE)
    await refused_at_save(tab, f"/schemas/{name}")
    await come_in(tab)
    await expect(tab.page.get_by_label("Name", exact=True)).to_have_value(name)
    await expect(text_of(tab)).to_have_value(MINE)
    await button(tab, "Create").click()
    await expect(tab.heading).to_have_text(name)
    assert await document(api, service, "schemas", name) == {"mine": 1}


async def test_who_forgets_the_key_or_gives_up_leaves_nothing(
    tab: Tab, api: Api, service: str
) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {"before": True})
    path = f"/services/{service}/artifacts/schemas/{name}"
    await tab.open(f"{path}?edit=1")
    await text_of(tab).fill(MINE)
    await button(tab, "Cancel").click()
    await tab.page.get_by_role("dialog").get_by_role("button", name="Leave").click()
    await button(tab, "Edit").click()
    await expect(text_of(tab)).to_have_value('{\n  "before": true\n}')
    await text_of(tab).fill(MINE)
    await tab.page.locator("details.who summary").click()
    await button(tab, "Forget the key").click()
    await come_in(tab)
    await expect(text_of(tab)).to_have_value('{\n  "before": true\n}')
