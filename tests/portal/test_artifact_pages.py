"""Artifacts in the portal: lists, a page for each, the editor with its three-way view, content."""

import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Route, expect

from localhost.stack import HostProcess
from tests.portal.looks import require_fit
from tests.portal.watched import Tab
from tests.support.api import Api, api_of, unique
from tests.support.certificates import Made

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = 'Ünï & "q" <img src=x onerror=alert(1)> +;=\'$,@!'
"""A name that the API takes."""
BIG = 12345678901234567890
XSD = b'\xef\xbb\xbf<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>\r\n\x00\xff'
BRIDGE: dict[str, Any] = {
    "source": {"type": "FTP", "address": "ftp://files.contoso.example", "password": "ftp-secret"},
    "targets": [{"address": "one", "password": "one-secret"}, {"address": "two"}],
    "stages": [{"schema": "Order"}],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the host."""
    async with api_of(host.base_url, host.keys.host) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(api: Api) -> str:
    """A service with something in most sections."""
    name = await api.service(unique("svc"), edition="Standard")
    await api.agreement(name, "Northwind-850")
    partners = [
        {"section": "partners", "name": f"Partner-{i:02}", "document": {"n": i}} for i in range(60)
    ]
    assert (await api.post(f"services/{name}/import", {"artifacts": partners})).status == 200
    await put(api, name, "schemas", "Order", {"targetNamespace": "http://contoso.example/order"})
    await put_bytes(api, name, "schemas", "Order", XSD)
    await put(api, name, "bridges", "Orders", BRIDGE)
    for made, what in (
        (Made("own", 12), "soon"),
        (Made("own", -3), "old"),
        (Made("own", 90), "good"),
    ):
        await put(api, name, "certificates", what, {})
        await put_bytes(api, name, "certificates", what, made.der)
    return name


async def put(api: Api, service: str, section: str, name: str, document: Any) -> str:
    """An artifact; its ETag."""
    path = f"services/{service}/artifacts/{section}/{quote(name, safe='')}"
    done = await api.put(path, {"document": document})
    assert done.status in (200, 201), done.body
    return done.headers["ETag"]


async def put_bytes(api: Api, service: str, section: str, name: str, data: bytes) -> None:
    """Content of an artifact."""
    path = f"services/{service}/artifacts/{section}/{name}/content"
    done = await api.put(path, data=data, headers={"Content-Type": "application/xml"})
    assert done.status in (200, 201), done.body


async def document(api: Api, service: str, section: str, name: str) -> Any:
    """The document of an artifact, as the API shows it."""
    path = f"services/{service}/artifacts/{section}/{quote(name, safe='')}"
    return (await api.get(path)).body["document"]


def text_of(tab: Tab) -> Locator:
    """The editor's field."""
    return tab.page.get_by_label("Document, as JSON")


def button(tab: Tab, name: str) -> Locator:
    """A button by its name."""
    return tab.page.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize(
    "path",
    [
        "artifacts",
        "artifacts/partners?namePrefix=part",
        "artifacts/certificates",
        "artifacts/templates",
        "artifacts/certificates/soon",
        "artifacts/bridges/Orders",
        "artifacts/bridges/Orders?edit=1",
        "artifacts/schemas/nobodys",
        "new-artifact/schemas",
    ],
)
async def test_pages_of_artifacts_have_no_barriers(tab: Tab, service: str, path: str) -> None:
    tab.expected.add("404 /nobodys")
    await tab.open(f"/services/{service}/{path}")
    await tab.settle()
    await require_fit(tab, path)


async def test_sections_are_counted_as_the_api_counts(tab: Tab, api: Api, service: str) -> None:
    await tab.open(f"/services/{service}/artifacts")
    await tab.settle()
    wanted = (await api.get(f"services/{service}/artifacts")).body["value"]
    rows = [line.split("\t") for line in await tab.page.locator("tbody tr").all_inner_texts()]
    assert [(row[0], int(row[1])) for row in rows] == [
        (one["section"], one["count"]) for one in wanted
    ]
    limits = {row[0]: row[2].strip() for row in rows}
    for one in wanted:
        limit = one.get("limit")
        said = "No limit" if limit is None else f"{one['count']} of {limit}"
        assert limits[one["section"]] == said
    await tab.page.get_by_role("link", name="partners").click()
    await expect(tab.page).to_have_url(re.compile("/artifacts/partners$"))
    await expect(tab.page.get_by_role("link", name="partners 62")).to_have_attribute(
        "aria-current", "page"
    )


async def test_a_section_comes_a_page_at_a_time_and_by_its_names(tab: Tab, service: str) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda one: asked.append(one.url))
    await tab.open(f"/services/{service}/artifacts/partners")
    rows = tab.page.locator("tbody tr")
    await expect(rows).to_have_count(50)
    await button(tab, "Load more").click()
    await expect(rows).to_have_count(62)
    await tab.page.get_by_label("Name begins with").press_sequentially("PARTNER-0")
    await expect(rows).to_have_count(10)
    await expect(tab.page).to_have_url(re.compile("namePrefix=PARTNER-0$"))
    # What was typed is asked for once, not with each letter.
    assert len({url for url in asked if "namePrefix=" in url}) <= 2
    await tab.page.reload()
    await expect(tab.heading).to_have_text(service)
    await expect(rows).to_have_count(10)
    await expect(tab.page.get_by_label("Name begins with")).to_have_value("PARTNER-0")
    await tab.page.get_by_label("Name begins with").fill("nobody")
    await expect(tab.page.get_by_text("No name begins with nobody.")).to_be_visible()


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


async def test_what_others_name_is_not_deleted(tab: Tab, api: Api, service: str) -> None:
    await tab.open(f"/services/{service}/artifacts/partners/Northwind")
    await button(tab, "Delete").click()
    dialog = tab.page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Delete", exact=True)
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await expect(confirm).to_be_disabled()
    await dialog.get_by_label("Type Northwind to confirm").fill("Northwind")
    await tab.page.keyboard.press("Enter")
    await expect(dialog.locator(".problem")).to_have_count(0)
    tab.expected.add("409 /Northwind")
    await confirm.click()
    await expect(dialog.locator(".problem")).to_contain_text("ArtifactInUse")
    await dialog.get_by_role("link", name="agreements/Northwind-850").click()
    await expect(tab.heading).to_have_text("Northwind-850")
    # With whoever names it gone, it goes.
    partner, agreement = unique("partner"), unique("agreement")
    await put(api, service, "partners", partner, {})
    await put(api, service, "agreements", agreement, {"hostPartner": partner})
    for section, name in (("agreements", agreement), ("partners", partner)):
        await tab.open(f"/services/{service}/artifacts/{section}/{name}")
        await button(tab, "Delete").click()
        await dialog.get_by_label(f"Type {name} to confirm").fill(name)
        await confirm.click()
        await expect(tab.page).to_have_url(re.compile(f"/artifacts/{section}$"))
        path = f"services/{service}/artifacts/{section}/{name}"
        assert (await api.get(path)).code == "ArtifactNotFound"


async def test_content_comes_back_byte_for_byte(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {})
    await tab.open(f"/services/{service}/artifacts/schemas/{name}")
    await expect(tab.page.get_by_text("It has no bytes yet.")).to_be_visible()
    card = tab.page.get_by_role("region", name="Content")
    for number, data in enumerate((XSD, b"", bytes(range(256)) * 4_000)):
        file = tmp_path / f"{number}.xsd"
        file.write_bytes(data)
        await button(tab, "Replace content" if number else "Put content").click()
        dialog = tab.page.get_by_role("dialog")
        await dialog.get_by_label("File").set_input_files(file)
        await dialog.get_by_label("Content-Type").fill("application/xml")
        await dialog.get_by_role("button", name=re.compile("content$")).click()
        await expect(dialog).to_have_count(0)
        sha = hashlib.sha256(data).hexdigest()
        await expect(card).to_contain_text(sha[:16])
        await expect(card).to_contain_text("application/xml")
        async with tab.page.expect_download() as download:
            await card.get_by_role("button", name="Download").click()
        got = await download.value
        assert got.suggested_filename == name
        assert Path(await got.path()).read_bytes() == data
        path = f"services/{service}/artifacts/schemas/{name}/content"
        assert (await api.get(path)).content == data


async def test_content_that_somebody_replaced_meanwhile_is_not_written_over(
    tab: Tab, api: Api, service: str, tmp_path: Path
) -> None:
    name = unique("schema")
    await put(api, service, "schemas", name, {})
    await put_bytes(api, service, "schemas", name, b"first")
    file = tmp_path / "mine.xsd"
    file.write_bytes(b"mine")
    await tab.open(f"/services/{service}/artifacts/schemas/{name}")
    async with tab.page.expect_response(lambda one: one.url.endswith("/content")):
        await button(tab, "Replace content").click()
    dialog = tab.page.get_by_role("dialog")
    await dialog.get_by_label("File").set_input_files(file)
    await require_fit(tab, "the dialog of content")
    await put_bytes(api, service, "schemas", name, b"theirs")
    tab.expected.add("412 /content")
    await dialog.get_by_role("button", name="Replace content").click()
    await expect(dialog.get_by_text("Somebody replaced the content")).to_be_visible()
    path = f"services/{service}/artifacts/schemas/{name}/content"
    assert (await api.get(path)).content == b"theirs"


async def test_a_certificate_says_how_long_it_is_good(tab: Tab, service: str) -> None:
    words = {"good": "Valid", "soon": "Expires soon", "old": "Expired"}
    await tab.open(f"/services/{service}/artifacts/certificates")
    for name, word in words.items():
        row = tab.page.get_by_role("row").filter(has=tab.page.get_by_role("link", name=name))
        await expect(row.locator(".chip")).to_have_text(word)
    await tab.page.get_by_role("link", name="old", exact=True).click()
    card = tab.page.get_by_role("region", name="Certificate of the content")
    for name in ("Subject", "Issuer"):
        await expect(card.locator("div").filter(has_text=name).last).to_contain_text("CN=own")
    await expect(card).to_contain_text("Valid from")
    await expect(card).to_contain_text("3 days ago")


async def test_a_service_that_takes_no_changes_says_so(tab: Tab, api: Api) -> None:
    name = await api.service(unique("svc"), edition="Standard")
    await put(api, name, "schemas", "Order", {"a": 1})
    await api.post(f"services/{name}/suspend")
    await tab.open(f"/services/{name}/artifacts/schemas/Order?edit=1")
    await text_of(tab).fill('{"a": 2}')
    await button(tab, "Save").click()
    await expect(tab.heading).to_have_text("Order")
    assert await document(api, name, "schemas", "Order") == {"a": 2}
    await api.post(f"services/{name}/disable")
    await tab.open(f"/services/{name}/artifacts/schemas/Order")
    await expect(tab.page.get_by_text("its artifacts cannot change")).to_be_visible()
    why = "It takes no changes while it is Disabled"
    for command in ("Edit", "Put content", "Delete"):
        shut = tab.page.get_by_role("button", name=f"{command} : {why}")
        await expect(shut).to_have_attribute("aria-disabled", "true")
        await shut.click(force=True)
        await expect(tab.page.get_by_role("dialog")).to_have_count(0)
    await require_fit(tab, "an artifact of a disabled service")
    await tab.open(f"/services/{name}/artifacts/schemas/Order?edit=1")
    await text_of(tab).fill('{"a": 3}')
    await expect(tab.page.get_by_role("status").filter(has_text=why)).to_be_visible()
    await button(tab, "Save").click(force=True)
    await expect(tab.heading).to_have_text("Edit Order")
    assert await document(api, name, "schemas", "Order") == {"a": 2}


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


async def test_readers_are_offered_no_change(tab: Tab, service: str) -> None:
    async def as_reader(route: Route) -> None:
        answer = await route.fetch()
        body = await answer.json()
        reads = [one for one in body["operations"] if one.startswith(("get_", "list_"))]
        await route.fulfill(response=answer, json={**body, "operations": reads})

    await tab.page.route("**/api/me", as_reader)
    await tab.open(f"/services/{service}/artifacts/schemas")
    await tab.settle()
    await expect(button(tab, "New artifact")).to_have_count(0)
    await expect(button(tab, "Import")).to_have_count(0)
    await tab.open(f"/services/{service}/artifacts/schemas/Order")
    await tab.settle()
    await expect(button(tab, "Edit")).to_have_count(0)
    await expect(button(tab, "Download")).to_be_visible()
