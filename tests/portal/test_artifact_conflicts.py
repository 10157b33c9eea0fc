"""Artifacts that somebody else saves, deletes or makes while one is edited here."""

import json
import re

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from tests.portal.artifacts import build, document, put, text_of
from tests.portal.looks import require_fit
from tests.portal.watched import Tab, button
from tests.support.api import Api, unique

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(api: Api) -> str:
    """A service with something in most sections."""
    return await build(api)


async def conflicting(tab: Tab, api: Api, service: str) -> str:
    """An artifact that somebody edits here while another one saves it; its name."""
    name = unique("schema")
    await put(api, service, "schemas", name, {"a": "base", "b": "base"})
    await tab.open(f"/services/{service}/artifacts/schemas/{name}?edit=1")
    text = await text_of(tab).input_value()
    await text_of(tab).fill(text.replace('"a": "base"', '"a": "mine"'))
    await put(api, service, "schemas", name, {"a": "theirs", "b": "theirs"})
    tab.expected.add(f"412 /{name}")
    await button(tab, "Save").click()
    await expect(tab.page.get_by_role("heading", name="Somebody else changed it")).to_be_visible()
    return name


async def test_a_conflict_shows_three_sides(tab: Tab, api: Api, service: str) -> None:
    name = await conflicting(tab, api, service)
    table = tab.page.get_by_role("table")
    heads = await table.get_by_role("columnheader").all_inner_texts()
    assert heads == ["What you started from", "What is stored now", "What you wrote"]
    row = table.get_by_role("row").filter(has_text='"a"')
    cells = await row.get_by_role("cell").all_inner_texts()
    assert [re.findall("base|theirs|mine", cell) for cell in cells] == [
        ["base"],
        ["theirs"],
        ["mine"],
    ]
    await expect(row).to_contain_text("changed on both sides")
    await require_fit(tab, "a conflict")
    assert await document(api, service, "schemas", name) == {"a": "theirs", "b": "theirs"}
    await button(tab, "Take what is stored").click()
    await expect(tab.heading).to_have_text(name)
    await expect(tab.page.locator(".tree")).to_contain_text("theirs")
    await expect(tab.page.locator(".tree")).not_to_contain_text("mine")
    assert await document(api, service, "schemas", name) == {"a": "theirs", "b": "theirs"}


async def test_mine_is_kept_over_what_was_seen_and_no_later_one(
    tab: Tab, api: Api, service: str
) -> None:
    name = await conflicting(tab, api, service)
    await put(api, service, "schemas", name, {"a": "third", "b": "third"})
    await button(tab, "Keep mine").click()
    # A third one came meanwhile: it is shown too, and not written over unseen.
    await expect(tab.page.get_by_role("row").filter(has_text='"third"').first).to_be_visible()
    assert await document(api, service, "schemas", name) == {"a": "third", "b": "third"}
    await button(tab, "Keep mine").click()
    await expect(tab.heading).to_have_text(name)
    assert await document(api, service, "schemas", name) == {"a": "mine", "b": "base"}


async def test_a_save_whose_answer_was_lost_is_no_conflict(
    tab: Tab, api: Api, service: str
) -> None:
    """Its secret is stored behind a mask; one that somebody else saved looks alike."""
    name, lost = unique("bridge"), True
    await put(api, service, "bridges", name, {"source": {"password": "first"}, "n": 1})

    async def lose(route: Route) -> None:
        if route.request.method != "PUT" or not lost:
            return await route.fallback()
        await route.fetch()
        return await route.abort("connectionreset")

    tab.expected |= {"gone", f"412 /{name}"}
    await tab.page.route(f"**/bridges/{name}", lose)
    for secret in ("second", "third"):
        await tab.open(f"/services/{service}/artifacts/bridges/{name}?edit=1")
        text = await text_of(tab).input_value()
        await text_of(tab).fill(text.replace("********", secret))
        if secret == "second":
            await button(tab, "Save").click()
            await expect(tab.page.locator(".problem")).to_contain_text("Unreachable")
            lost = False
            await button(tab, "Save").click()
            await expect(tab.page.locator(".tree")).to_be_visible()
        else:
            theirs = {"source": {"password": "of another"}, "n": 1}
            await put(api, service, "bridges", name, theirs)
            await button(tab, "Save").click()
            told = tab.page.get_by_role("heading", name="Somebody else changed it")
            await expect(told).to_be_visible()


async def test_one_goes_on_editing_after_a_conflict(tab: Tab, api: Api, service: str) -> None:
    name = await conflicting(tab, api, service)
    await button(tab, "Edit on").click()
    assert json.loads(await text_of(tab).input_value()) == {"a": "mine", "b": "base"}
    await text_of(tab).fill('{"a": "mine", "b": "theirs"}')
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text(name)
    assert await document(api, service, "schemas", name) == {"a": "mine", "b": "theirs"}


async def test_what_was_deleted_meanwhile_can_be_made_again(
    tab: Tab, api: Api, service: str
) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {"a": 1})
    await tab.open(f"/services/{service}/artifacts/schemas/{name}?edit=1")
    await text_of(tab).fill('{"a": 2}')
    assert (await api.delete(f"services/{service}/artifacts/schemas/{name}")).status == 204
    tab.expected |= {f"412 /{name}", f"404 /{name}"}
    await button(tab, "Save").click()
    await expect(tab.page.get_by_text("It was deleted by somebody else")).to_be_visible()
    await button(tab, "Keep mine").click()
    await expect(tab.heading).to_have_text(name)
    assert await document(api, service, "schemas", name) == {"a": 2}


async def test_a_name_that_exists_is_no_new_one(tab: Tab, api: Api, service: str) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {"a": "theirs"})
    await tab.open(f"/services/{service}/new-artifact/schemas")
    await tab.fill("Name", name)
    await text_of(tab).fill('{"a": "mine"}')
    tab.expected.add(f"412 /{name}")
    await button(tab, "Create").click()
    await expect(tab.page.get_by_role("heading", name="It exists already")).to_be_visible()
    assert await document(api, service, "schemas", name) == {"a": "theirs"}
    await tab.page.get_by_role("button", name="Edit on").click()
    await expect(tab.page.get_by_label("Name", exact=True)).to_have_value(name)


async def test_reading_anew_takes_nothing_of_what_somebody_writes(
    tab: Tab, api: Api, service: str
) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {"a": "base"})
    await tab.page.clock.install()
    await tab.open(f"/services/{service}/artifacts/schemas/{name}?edit=1")
    await text_of(tab).fill('{"a": "mine"}')
    await put(api, service, "schemas", name, {"a": "theirs"})
    async with tab.page.expect_response(lambda one: one.url.endswith(f"/schemas/{name}")) as read:
        await tab.page.clock.fast_forward("01:00")
    assert (await (await read.value).json())["document"] == {"a": "theirs"}
    await expect(text_of(tab)).to_have_value('{"a": "mine"}')
    await expect(tab.page.get_by_text("Changed, not saved")).to_be_visible()
