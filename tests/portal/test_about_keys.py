"""Keys and About: which keys are needed and missing, rotation, versions, licences; and what the
dashboard makes of what backups noticed."""

import base64
import json
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Route, expect

from localhost.stack import HostProcess
from scripts import portal
from shared.model.version import VERSION
from tests.portal.looks import require_fit
from tests.portal.watched import Tab, as_reader
from tests.support.api import Api, api_of, nobodys, x12_document
from tests.support.certificates import Made

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALONE = True
"""Deep health tells of every key that there is."""

_SLOW = 60_000
"""Milliseconds that deep health, or a worker, may take."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host: one service is well, of the others each needs attention."""
    async with api_of(host.base_url, host.keys.host) as api:
        await api.service("contoso-b2b", edition="Standard")
        await api.backup("contoso-b2b", "contoso-first")
        await api.service("counts-b2b", edition="Standard")
        ends = {"rolloverInterchangeControlNumber": False}
        for name, following, more in (("Near", 19, {}), ("Ended", 20, ends)):
            document = nobodys(x12_document(interchangeControlNumberUpperBound=20, **more))
            path = f"services/counts-b2b/artifacts/agreements/{name}"
            assert (await api.put(path, {"document": document})).status == 201
            body = {"kind": "interchange", "next": following}
            put = await api.put(f"services/counts-b2b/control-numbers/{name}", body)
            assert put.status == 200, put.body
        await api.allocate("counts-b2b", "Ended")
        await api.backup("counts-b2b", "counts-first")
        await api.service("expires-b2b", edition="Standard")
        for name, days in (("Signing", 13), ("Later", 25), ("Fine", 300)):
            document = {"pfx": Made(days=days).pfx("pw"), "password": "pw"}
            path = f"services/expires-b2b/artifacts/certificates/{name}"
            assert (await api.put(path, {"document": document})).status == 201
        await api.backup("expires-b2b", "expires-first")
        yield api


def lines_of(keys: Any) -> dict[str, tuple[int, int, bool]]:
    """What deep health says of each key: how many services and backups need it, at hand or not."""
    found: dict[str, tuple[int, int, bool]] = {}
    for one in keys["neededByServices"]:
        found[one["keyId"]] = (one["services"], 0, one["atHand"])
    for one in keys["neededByBackups"]:
        services, _, at_hand = found.get(one["keyId"], (0, 0, True))
        found[one["keyId"]] = (services, one["backups"], at_hand and one["atHand"])
    return found


async def shown_keys(tab: Tab) -> dict[str, tuple[int, int, bool]]:
    """The same as the page shows it."""
    found: dict[str, tuple[int, int, bool]] = {}
    for row in await tab.page.locator("tbody tr").all():
        numbers = await row.locator("td.number").all_inner_texts()
        services, backups = (int(text.replace(",", "")) for text in numbers)
        at_hand = await row.locator("[data-status=atHand]").count() == 1
        found[await row.locator("code").inner_text()] = (services, backups, at_hand)
    return found


async def test_what_needs_which_key_is_the_apis(tab: Tab, estate: Api) -> None:
    keys = (await estate.get("health/deep")).body["keys"]
    assert keys["complete"]
    await tab.open("/keys")
    needed = tab.page.get_by_role("region", name="Which keys are needed")
    await expect(needed.locator("tbody tr")).to_have_count(len(lines_of(keys)), timeout=_SLOW)
    assert await shown_keys(tab) == lines_of(keys)
    current = needed.get_by_role("row").filter(has_text=keys["wrapping"])
    await expect(current).to_contain_text("Wraps new data keys")
    await expect(current).to_contain_text("In the app's settings")
    await expect(tab.page.get_by_text("Every service needs the current key alone.")).to_be_visible()
    await require_fit(tab)


async def test_keys_are_wrapped_anew(tab: Tab, estate: Api) -> None:
    await tab.open("/keys")
    await expect(tab.page.get_by_text("No rotation is in the log.")).to_be_visible(timeout=_SLOW)
    await tab.press("button", "Rotate")
    dialog = tab.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Stored backups are not touched")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await dialog.get_by_role("button", name="Rotate").click()
    await expect(tab.heading).to_have_text("Rotate keys")
    progress = tab.page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)
    listed = (await estate.get("operations?operation=RotateKeys")).body["value"]
    result = listed[0]["result"]
    await tab.page.get_by_role("link", name="Keys", exact=True).click()
    rotation = tab.page.locator(".rotations li")
    await expect(rotation).to_have_count(1, timeout=_SLOW)
    await expect(rotation).to_contain_text(f"{result['wrapped']} of {result['services']} wrapped")


async def test_secrets_in_the_clear_are_sealed(tab: Tab, estate: Api) -> None:
    await tab.open("/keys")
    await tab.page.get_by_role("button", name="Seal what lies in the clear").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Seal what lies in the clear").click()
    await expect(tab.heading).to_have_text("Seal secrets")
    progress = tab.page.locator(".progress")
    await expect(progress).to_have_attribute("data-status", "Succeeded", timeout=_SLOW)


async def test_keys_that_are_not_at_hand(tab: Tab, estate: Api, host: HostProcess) -> None:
    """The app comes back with another sealing key, and without the one that it had."""
    before = host._settings["SEALING_KEY"]
    keys = (await estate.get("health/deep")).body["keys"]
    host.stop()
    host._settings["SEALING_KEY"] = base64.b64encode(os.urandom(32)).decode()
    host.start()
    tab.expected.add("503 /health/deep")
    try:
        await tab.open("/keys")
        problem = tab.page.get_by_role("region", name="1 key is not at hand")
        await expect(problem).to_contain_text("SEALING_KEYS_FORMER", timeout=_SLOW)
        row = tab.page.locator("tbody tr")
        await expect(row).to_have_count(1)
        report = (await estate.get("health/deep")).body["keys"]
        assert report["wrapping"] != keys["wrapping"]
        assert await shown_keys(tab) == lines_of(report)
        await expect(row).to_contain_text(keys["wrapping"])
        await expect(row).to_contain_text(report["neededByServices"][0]["error"])
        await expect(tab.page.get_by_text("3 services still need another key")).to_be_visible()
        await require_fit(tab)
        await tab.open("/")
        needs = tab.page.get_by_role("region", name="Needs attention")
        line = needs.get_by_role("link").filter(has_text=f"The key {keys['wrapping']}")
        await expect(line).to_have_attribute("href", "/api/portal/keys", timeout=_SLOW)
    finally:
        await tab.page.goto("about:blank")
        host.stop()
        host._settings["SEALING_KEY"] = before
        host.start()


async def test_what_could_not_be_found_out_is_not_shown_as_none(tab: Tab, estate: Api) -> None:
    async def without_keys(route: Route) -> None:
        answer = await route.fetch()
        body = {**await answer.json(), "status": "failing", "keys": {"error": "Tables are away."}}
        await route.fulfill(status=503, json=body)

    tab.expected.add("503 /health/deep")
    await tab.page.route("**/health/deep", without_keys)
    await tab.open("/keys")
    unknown = tab.page.get_by_role("region", name="Which keys are needed could not be found out")
    await expect(unknown).to_contain_text("Tables are away.", timeout=_SLOW)
    await expect(tab.page.get_by_text("Nothing needs a key yet")).to_have_count(0)
    await expect(tab.page.get_by_text("Every service needs the current key")).to_have_count(0)
    await tab.page.unroute_all(behavior="wait")


async def test_a_reader_rotates_nothing(tab: Tab, estate: Api) -> None:
    await as_reader(tab)
    await tab.open("/keys")
    await expect(tab.page.get_by_text("Last rotations")).to_be_visible(timeout=_SLOW)
    await expect(tab.page.get_by_role("button", name=re.compile("Rotate|Seal"))).to_have_count(0)


async def test_versions_are_those_that_answer(tab: Tab, estate: Api) -> None:
    await tab.open("/about")
    info = (await estate.get("openapi.json")).body["info"]
    assert info["x-app-version"] == VERSION
    facts = tab.page.locator(".facts-list > div")
    for name, value in (
        ("App", f"Interkeep {VERSION}"),
        ("API", info["version"]),
        ("This page", VERSION),
        ("Licence", info["license"]["name"]),
    ):
        line = facts.filter(has=tab.page.get_by_text(name, exact=True))
        await expect(line.locator("dd")).to_have_text(value)
    for name, address in (
        ("API reference", "/api/docs"),
        ("OpenAPI document", "/api/openapi.json"),
    ):
        link = tab.page.get_by_role("main").get_by_role("link", name=name)
        await expect(link).to_have_attribute("href", address)
    assert json.loads((portal.PAGE / "package.json").read_text())["version"] == VERSION
    await require_fit(tab)


async def test_the_licences_of_all_that_is_bundled(tab: Tab, estate: Api) -> None:
    await tab.open("/about")
    entries = tab.page.locator(".licences li")
    lock = json.loads((portal.PAGE / "package-lock.json").read_text())["packages"]
    await expect(entries).to_have_count(
        len([name for name, one in lock.items() if name and not {"dev", "devOptional"} & {*one}])
    )
    react = entries.filter(has=tab.page.get_by_text("react", exact=True))
    await react.locator("summary").click()
    text = react.locator("pre")
    await expect(text).to_contain_text("Permission is hereby granted, free of charge")
    await expect(text).to_contain_text("Copyright (c) Meta Platforms, Inc. and affiliates.")


async def test_the_dashboard_tells_of_counters_and_certificates(tab: Tab, estate: Api) -> None:
    """By the rows of the list alone: no artifact and no counter is read for it."""
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    await tab.open("/")
    needs = tab.page.get_by_role("region", name="Needs attention")
    counts = needs.get_by_role("listitem").filter(has_text="counts-b2b")
    await expect(counts).to_contain_text(
        "1 counter has no number left, 1 counter has used 90 % of its bounds, as of its last backup"
    )
    await expect(counts.get_by_role("link")).to_have_attribute(
        "href", "/api/portal/services/counts-b2b/numbers?near=true"
    )
    expires = needs.get_by_role("listitem").filter(has_text="expires-b2b")
    await expect(expires).to_contain_text("The certificate Signing expires in 12 days, and 1 more")
    await expect(expires.get_by_role("link")).to_have_attribute(
        "href", "/api/portal/services/expires-b2b/artifacts/certificates"
    )
    contoso = needs.get_by_role("listitem").filter(has_text="contoso-b2b")
    await expect(contoso).not_to_contain_text("counter")
    assert not [url for url in asked if "control-numbers" in url or "/artifacts" in url]
    # Three weeks later, of the same backup: one has expired, which is worse than no schedule.
    await tab.page.clock.install()
    await tab.page.clock.fast_forward(21 * 86_400_000)
    await tab.open("/")
    await expect(expires).to_contain_text("The certificate Signing has expired, and 1 more")
    await expect(expires).to_have_class("bad")
