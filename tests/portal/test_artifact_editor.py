"""The editor of artifacts: what is written, refused at its line, kept by its mask, or left."""

import hashlib
import json
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.portal.artifacts import BRIDGE, build, document, put, text_of
from tests.portal.looks import require_fit
from tests.portal.watched import Tab, button
from tests.support.api import Api, unique
from tests.support.certificates import Made

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = 'Ünï & "q" <img src=x onerror=alert(1)> +;=\'$,@!'
"""A name that the API takes."""
BIG = 12345678901234567890


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(api: Api) -> str:
    """A service with something in most sections."""
    return await build(api)


async def test_what_is_created_and_changed_is_what_was_written(
    tab: Tab, api: Api, service: str
) -> None:
    """A name with what has a meaning elsewhere, and a number that JavaScript would round."""
    await tab.open(f"/services/{service}/artifacts/schemas")
    await button(tab, "New artifact").click()
    await expect(tab.heading).to_have_text("New artifact in schemas")
    await tab.fill("Name", HOSTILE)
    written = {"big": BIG, "text": "</textarea><script>alert(1)</script>", "unknown": [1.5, None]}
    await text_of(tab).fill(json.dumps(written))
    await button(tab, "Create").click()
    await expect(tab.heading).to_have_text(HOSTILE)
    await expect(tab.page.locator(".tree")).to_contain_text(str(BIG))
    assert await document(api, service, "schemas", HOSTILE) == written
    assert await tab.page.locator("main img, main script").count() == 0
    await tab.page.reload()
    await expect(tab.heading).to_have_text(HOSTILE)
    await tab.page.get_by_role("link", name="schemas").first.click()
    await tab.page.get_by_role("link", name=HOSTILE).click()
    await button(tab, "Edit").click()
    text = await text_of(tab).input_value()
    assert f'"big": {BIG},' in text
    await text_of(tab).fill(text.replace("1.5", "2.5"))
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text(HOSTILE)
    assert await document(api, service, "schemas", HOSTILE) == {**written, "unknown": [2.5, None]}


async def test_the_headline_has_the_focus_where_editing_begins_and_ends(
    tab: Tab, service: str
) -> None:
    await tab.open(f"/services/{service}/artifacts/bridges/Orders")
    await tab.press("button", "Edit")
    await expect(text_of(tab)).to_be_visible()
    await expect(tab.heading).to_be_focused()
    await tab.press("button", "Cancel")
    await expect(text_of(tab)).to_have_count(0)
    await expect(tab.heading).to_be_focused()


async def test_what_is_wrong_stands_at_its_line(tab: Tab, api: Api, service: str) -> None:
    name = unique("bridge")
    before = await put(api, service, "bridges", name, BRIDGE)
    await tab.open(f"/services/{service}/artifacts/bridges/{name}?edit=1")
    text = await text_of(tab).input_value()
    wrong = tab.page.locator(".wrong-lines li")
    rows = text.split("\n")
    of_type = next(n for n, row in enumerate(rows, 1) if '"type"' in row)
    of_order = next(n for n, row in enumerate(rows, 1) if '"Order"' in row)
    for broken, line, said in (
        (text.replace('"Order"\n', '"Order",\n'), of_order + 1, "A name in double quotes"),
        (text.replace('"type":', '"type"'), of_type, "A colon is expected"),
        (text + "\nx", len(rows) + 1, "Something stands behind the end"),
        ("\n[1]", 2, "A document is an object"),
        ('{"a": "b', 1, "A text does not end"),
        ('{"a":\n01}', 2, "A comma or } is expected"),
    ):
        await text_of(tab).fill(broken)
        await button(tab, "Save").click()
        await expect(wrong).to_have_count(1)
        await expect(wrong).to_contain_text(said)
        await expect(wrong.get_by_role("button")).to_have_text(f"Line {line}")
        await expect(text_of(tab)).to_have_attribute("aria-invalid", "true")
        band = tab.page.locator(".band")
        assert await band.evaluate("one => one.style.getPropertyValue('--line')") == str(line - 1)
    # What the service refuses stands at the line of its pointer.
    tab.expected.add(f"400 /{name}")
    refused = text.replace('"Order"', '"Ordre"')
    await text_of(tab).fill(refused)
    await expect(wrong).to_have_count(0)
    await button(tab, "Save").click()
    at = next(n for n, row in enumerate(refused.split("\n"), 1) if "Ordre" in row)
    await expect(wrong).to_contain_text(f"Line {at}")
    await expect(wrong).to_contain_text("names 'Ordre' of the section schemas")
    await wrong.get_by_role("button").click()
    await expect(text_of(tab)).to_be_focused()
    chosen = await text_of(tab).evaluate(
        "one => one.value.slice(one.selectionStart, one.selectionEnd)"
    )
    assert chosen.strip() == '"schema": "Ordre"'
    await require_fit(tab, "a document that was refused")
    path = f"services/{service}/artifacts/bridges/{name}"
    assert (await api.get(path)).headers["ETag"] == before


async def test_secrets_stay_by_their_mask_and_never_come_back(
    tab: Tab, api: Api, service: str
) -> None:
    """A PFX is opened with each PUT: what is stored is what was."""
    name, made = unique("pfx"), Made("sealed.example.com", 90)
    secrets = [made.pfx("first-secret"), "first-secret", "second-secret-word"]
    await tab.open(f"/services/{service}/new-artifact/certificates")
    await tab.fill("Name", name)
    document_ = {"pfx": secrets[0], "password": secrets[1], "note": "one"}
    await text_of(tab).fill(json.dumps(document_))
    await button(tab, "Create").click()
    await expect(tab.heading).to_have_text(name)
    card = tab.page.get_by_role("region", name="Certificate with its private key")
    thumbprint = hashlib.sha1(made.der, usedforsecurity=False).hexdigest().upper()
    await expect(card).to_contain_text(thumbprint)
    await require_none(tab, secrets)
    # Kept by the mask, with another member changed.
    await button(tab, "Edit").click()
    text = await text_of(tab).input_value()
    assert json.loads(text) == {"pfx": "********", "password": "********", "note": "one"}
    await text_of(tab).fill(text.replace('"one"', '"two"'))
    await button(tab, "Save").click()
    await expect(card).to_contain_text(thumbprint)
    # A password that opens nothing is refused: so the mask is what was stored, and not a text.
    tab.expected.add(f"400 /{name}")
    await button(tab, "Edit").click()
    text = await text_of(tab).input_value()
    await text_of(tab).fill(text.replace('"password": "********"', f'"password": "{secrets[2]}"'))
    await button(tab, "Save").click()
    await expect(tab.page.locator(".problem")).to_contain_text("CertificatePasswordWrong")
    await expect(tab.page.locator(".wrong-lines")).to_contain_text("does not open with this")
    # Taking one out is said before it is done.
    await text_of(tab).fill('{"note": "three"}')
    await expect(tab.page.get_by_text("These secrets will be removed: ")).to_contain_text("/pfx")
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text(name)
    assert await document(api, service, "certificates", name) == {"note": "three"}
    await require_none(tab, secrets)


async def require_none(tab: Tab, secrets: list[str]) -> None:
    """No secret is in the page, its fields, its address or what the tab keeps."""
    kept = await tab.page.evaluate("""JSON.stringify([
        {...sessionStorage, ...localStorage}, location.href, document.documentElement.outerHTML,
        [...document.querySelectorAll("input, textarea")].map((one) => one.value),
    ])""")
    assert [one for one in secrets if one in kept] == []


async def test_an_element_of_a_list_that_changed_needs_its_secret_again(
    tab: Tab, api: Api, service: str
) -> None:
    name = unique("bridge")
    await put(api, service, "bridges", name, BRIDGE)
    await tab.open(f"/services/{service}/artifacts/bridges/{name}?edit=1")
    await expect(
        tab.page.get_by_text("an element that you change needs its secret")
    ).to_be_visible()
    text = await text_of(tab).input_value()
    changed = text.replace('"one"', '"another"')
    await text_of(tab).fill(changed)
    tab.expected.add(f"400 /{name}")
    await button(tab, "Save").click()
    await expect(tab.page.locator(".problem")).to_contain_text("MaskWithoutValue")
    rows = changed.split("\n")
    there = next(n for n, row in enumerate(rows) if "another" in row)
    near = next(n for n in (there + 1, there - 1) if "********" in rows[n])
    await expect(tab.page.locator(".wrong-lines")).to_contain_text(f"Line {near + 1}")
    rows[near] = rows[near].replace("********", "another-secret")
    await text_of(tab).fill("\n".join(rows))
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text(name)
    targets = (await document(api, service, "bridges", name))["targets"]
    assert targets[0] == {"address": "another", "password": "********"}
    await require_none(tab, ["another-secret"])


async def test_leaving_with_unsaved_edits_asks(tab: Tab, api: Api, service: str) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {"a": "base"})
    await tab.open(f"/services/{service}/artifacts/schemas/{name}")
    await button(tab, "Edit").click()
    dialog = tab.page.get_by_role("dialog", name="Leave without saving?")
    # Nothing written: nothing asked.
    await tab.page.go_back()
    await expect(tab.heading).to_have_text(name)
    await button(tab, "Edit").click()
    await text_of(tab).press_sequentially(" ")
    await tab.page.get_by_role("link", name="Health").click()
    await expect(dialog).to_be_visible()
    await expect(dialog.get_by_role("button", name="Stay")).to_be_focused()
    await tab.page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    await expect(tab.heading).to_have_text(f"Edit {name}")
    await tab.page.evaluate("history.back()")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="Leave").click()
    await expect(tab.heading).to_have_text(name)
    # The tab itself: the browser's own question.
    await button(tab, "Edit").click()
    await text_of(tab).press_sequentially(" ")
    asked: list[str] = []

    async def leave(one: Any) -> None:
        asked.append(one.type)
        await one.accept()

    tab.page.on("dialog", leave)
    await tab.page.goto("about:blank")
    assert asked == ["beforeunload"]


async def test_numbers_that_would_come_again_are_allowed_by_a_tick(
    tab: Tab, api: Api, service: str
) -> None:
    name = unique("agreement")
    bounds = {
        "interchangeControlNumberLowerBound": 10,
        "interchangeControlNumberUpperBound": 99,
        "rolloverInterchangeControlNumber": True,
    }
    content = {"sendAgreement": {"protocolSettings": {"envelopeSettings": bounds}}}
    await put(
        api, service, "agreements", name, {"agreementType": "X12", "content": {"x12": content}}
    )
    for _ in range(3):
        await api.allocate(service, name)
    await tab.open(f"/services/{service}/artifacts/agreements/{name}?edit=1")
    text = await text_of(tab).input_value()
    changed = text.replace('Bound": 10', 'Bound": 1').replace('Bound": 99', 'Bound": 5')
    await text_of(tab).fill(changed)
    tab.expected.add(f"409 /{name}")
    await button(tab, "Save").click()
    await expect(tab.page.locator(".problem")).to_contain_text("ControlNumberIssued")
    await tab.page.get_by_label("Start a new cycle of the numbers").check()
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text(name)
    log = (await api.get(f"services/{service}/operations?top=1")).body["value"]
    assert log[0]["parameters"]["allowReuse"] is True
