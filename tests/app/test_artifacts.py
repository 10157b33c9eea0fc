"""Artifacts, content and imports through HTTP."""

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from azure.storage.blob import ContainerClient

from localhost.stack import HostProcess
from shared.installation import Installation
from shared.management.artifacts import Written
from shared.management.documents import open_document
from shared.model.artifact import ImportItem, Section
from shared.model.problem import Problem
from shared.state.gateway import RowChanged
from tests.admin import Admin
from tests.api import Api, nobodys, partner_document, x12_document
from tests.deployed import Deployed


@pytest.fixture
async def parts(deployed: Deployed) -> AsyncIterator[Installation]:
    """The same installation as the host's, to look into what is stored."""
    installation = Installation(deployed.read())
    yield installation
    await installation.close()


DOCUMENT = nobodys(x12_document())


@pytest.mark.parametrize("section", Section)
async def test_an_artifact_of_each_section(api: Api, section: Section) -> None:
    name = await api.service()
    document = {"unknown": {"kept": [1, 2.5, None, True, "ä"]}}
    path = f"services/{name}/artifacts/{section}/First one"
    created = await api.put(path, {"document": document})
    assert created.status == 201, created.body
    shown = await api.get(f"services/{name}/artifacts/{section}/FIRST ONE")
    assert shown.body == {
        "section": section,
        "name": "First one",
        "document": document,
        "changedAt": created.body["changedAt"],
    }
    replaced = await api.put(path, {"document": {"a": 1}})
    assert replaced.status == 200
    assert (await api.get(path)).body["document"] == {"a": 1}
    assert (await api.delete(path)).status == 204
    assert (await api.get(path)).code == "ArtifactNotFound"
    assert (await api.delete(path)).code == "ArtifactNotFound"


async def test_a_large_document_comes_back_whole(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/templates/large"
    document = {"text": "".join(chr(0x4E00 + i * 7 % 20000) for i in range(200_000))}
    assert (await api.put(path, {"document": document})).status == 201
    assert (await api.get(path)).body["document"] == document


async def test_a_document_that_no_row_holds(api: Api) -> None:
    name = await api.service()
    noise = base64.b85encode(hashlib.shake_256(b"noise").digest(1_000_000)).decode()
    path = f"services/{name}/artifacts/templates/noise"
    refused = await api.put(path, {"document": {"text": noise}})
    assert (refused.status, refused.code) == (413, "DocumentTooLarge")
    assert (await api.get(path)).code == "ArtifactNotFound"


async def test_secrets_of_a_document(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts/agreements/A"
    shown = await api.get(path)
    assert b"agreement-secret" not in shown.content
    kept = await api.put(path, {"document": shown.body["document"]})
    assert kept.status == 200
    moved = x12_document()
    moved["content"]["x12"]["other"] = {"passwordValue": "********"}
    refused = await api.put(path, {"document": moved})
    assert (refused.status, refused.code) == (400, "MaskWithoutValue")
    assert refused.body["error"]["target"] == "/document/content/x12/other/passwordValue"


def _source(host: str, password: str | None = "********", **more: Any) -> Any:
    return {"host": host, **({} if password is None else {"password": password}), **more}


_AB = [_source("A", "pa"), _source("B", "pb")]
_STOPPED = [_source("A", "pa", state="Stopped"), _source("B", "pb", enabled=False)]
_ONE_ON = [_source("A", "p1"), _source("A", "p2", state="Stopped")]
_TWINS = [_source("A", "p1"), _source("A", "p2")]
_NESTED = [
    {"name": name, "routes": [_source("A", f"{name}a"), _source("B", f"{name}b")]} for name in "xy"
]


@pytest.mark.parametrize(
    ("stored", "sent", "passwords"),
    [
        (_AB, [_source("B")], ["pb"]),
        (_AB, [_source("B"), _source("A")], ["pb", "pa"]),
        (_AB, [_source("C", "pc"), _source("A"), _source("B", "new")], ["pc", "pa", "new"]),
        (_AB, [_source("A", secret="more")], ["pa"]),
        (_AB, [_source("A"), _source("A")], ["pa", "pa"]),
        (_AB, [_source("A", None), _source("B")], [None, "pb"]),
        (_TWINS, [_source("A"), _source("A")], ["p1", "p2"]),
        (_NESTED, [{"name": "y", "routes": [_source("A"), _source("B")]}], ["ya", "yb"]),
        (_STOPPED, [_source("B", enabled=True), _source("A")], ["pb", "pa"]),
        (_ONE_ON, [_source("A", state="Stopped")], ["p2"]),
        (_ONE_ON, [_source("A"), _source("A")], ["p1", "p2"]),
    ],
)
async def test_a_mask_in_a_list_keeps_the_secret_of_its_element(
    api: Api, parts: Installation, stored: Any, sent: Any, passwords: Any
) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/bridges/b"
    await api.put(path, {"document": {"sources": stored}})
    put = await api.put(path, {"document": {"sources": sent}})
    assert put.status == 200, put.body
    service = (await parts.services.require(name)).service
    found = (await parts.artifacts.get(service, Section.BRIDGES, "b")).value.document
    key = await parts.keys.data_key(service.id)
    sources: Any = open_document(key, "bridges", "b", found)["sources"]
    elements = [e for source in sources for e in source.get("routes", [source])]
    assert [element.get("password") for element in elements] == passwords


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        (_AB, [_source("C")]),
        (_AB, [_source("A", port=22)]),
        (_TWINS, [_source("A")]),
        (_NESTED, [{"name": "z", "routes": [_source("A")]}]),
    ],
)
async def test_a_mask_in_a_list_gives_no_secret_to_another_element(
    api: Api, stored: Any, sent: Any
) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/bridges/b"
    await api.put(path, {"document": {"sources": stored}})
    before = (await api.get(path)).headers["ETag"]
    refused = await api.put(path, {"document": {"sources": sent}})
    assert (refused.status, refused.code) == (400, "MaskWithoutValue")
    inner = "/routes/0" if "routes" in sent[0] else ""
    assert refused.body["error"]["target"] == f"/document/sources/0{inner}/password"
    assert (await api.get(path)).headers["ETag"] == before


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"a": {"$sealed": "x"}}, "ReservedMember"),
        ({"a": [{"$secret": 1}]}, "ReservedMember"),
    ],
)
async def test_documents_that_are_refused(api: Api, document: object, code: str) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/bridges/b"
    assert (await api.put(path, {"document": document})).code == code
    assert (await api.get(path)).code == "ArtifactNotFound"


@pytest.mark.parametrize("body", [{}, {"document": 1}, {"document": {}, "content": {}}])
async def test_bodies_that_are_refused(api: Api, body: object) -> None:
    name = await api.service()
    refused = await api.put(f"services/{name}/artifacts/bridges/b", body)
    assert (refused.status, refused.code) == (400, "InvalidRequest")


async def test_names_and_sections_that_are_refused(api: Api) -> None:
    name = await api.service()
    long = await api.put(f"services/{name}/artifacts/schemas/{'x' * 81}", {"document": {}})
    assert (long.status, long.code) == (400, "InvalidName")
    section = await api.get(f"services/{name}/artifacts/scheme")
    assert (section.status, section.code) == (400, "InvalidRequest")
    assert "schemas" in section.body["error"]["message"]


async def test_conditions(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    new = {"If-None-Match": "*"}
    created = await api.put(path, {"document": {"a": 1}}, headers=new)
    assert created.status == 201
    again = await api.put(path, {"document": {"a": 2}}, headers=new)
    assert (again.status, again.code) == (412, "ConditionNotMet")
    etag = created.headers["ETag"]
    assert (await api.get(path)).headers["ETag"] == etag
    assert (await api.get(path, headers={"If-None-Match": etag})).status == 304
    second = await api.put(path, {"document": {"a": 3}}, headers={"If-Match": etag})
    assert second.status == 200
    stale = await api.put(path, {"document": {"a": 4}}, headers={"If-Match": etag})
    assert stale.code == "ConditionNotMet"
    assert (await api.delete(path, headers={"If-Match": etag})).code == "ConditionNotMet"
    assert (await api.get(path)).body["document"] == {"a": 3}


async def test_quotas(api: Api) -> None:
    name = await api.service(edition="Developer")
    items = [
        {"section": "agreements", "name": f"A{i}", "document": nobodys(x12_document())}
        for i in range(11)
    ]
    refused = await api.post(f"services/{name}/import", {"artifacts": items})
    assert (refused.status, refused.code) == (409, "QuotaExceeded")
    assert (await api.get(f"services/{name}/artifacts/agreements")).body == {"value": []}
    assert (await api.post(f"services/{name}/import", {"artifacts": items[:10]})).status == 200
    assert (await api.get(f"services/{name}")).body["quota"]["agreements"] == {
        "used": 10,
        "limit": 10,
    }
    over = await api.put(f"services/{name}/artifacts/agreements/over", {"document": DOCUMENT})
    assert over.code == "QuotaExceeded"
    replaced = await api.put(f"services/{name}/artifacts/agreements/A1", {"document": DOCUMENT})
    assert replaced.status == 200


async def test_an_import_of_many_reports_each(api: Api) -> None:
    name = await api.service()
    items = [{"section": "schemas", "name": f"s{i}", "document": {"i": i}} for i in range(250)]
    items.append({"section": "bridges", "name": "bad", "document": {"$sealed": 1}})
    report = await api.post(f"services/{name}/import", {"artifacts": items})
    assert report.status == 207
    lines = {line["name"]: line for line in report.body["value"]}
    assert lines["bad"]["error"]["code"] == "ReservedMember"
    assert sum(line["status"] == "created" for line in lines.values()) == 250
    again = await api.post(f"services/{name}/import", {"artifacts": items[:250]})
    assert again.status == 200
    assert {line["status"] for line in again.body["value"]} == {"replaced"}
    listed: list[str] = []
    link = f"services/{name}/artifacts/schemas?top=60"
    while link:
        page = (await api.get(link)).body
        listed += [item["name"] for item in page["value"]]
        link = page.get("nextLink", "")
    assert sorted(listed) == sorted(f"s{i}" for i in range(250))


async def test_an_import_that_fits_one_transaction_is_all_or_nothing(api: Api) -> None:
    name = await api.service()
    items = [
        {"section": "schemas", "name": "good", "document": {}},
        {"section": "bridges", "name": "bad", "document": {"$secret": 1}},
    ]
    refused = await api.post(f"services/{name}/import", {"artifacts": items})
    assert (refused.status, refused.code) == (400, "ReservedMember")
    assert (await api.get(f"services/{name}/artifacts/schemas")).body == {"value": []}
    twice = [items[0], {**items[0], "name": "GOOD"}]
    assert (
        await api.post(f"services/{name}/import", {"artifacts": twice})
    ).code == "InvalidRequest"


SCHEMAS = [{"section": "schemas", "name": f"s{i}", "document": {}} for i in range(120)]
NOISE = base64.b85encode(hashlib.shake_256(b"noise").digest(1_000_000)).decode()


async def test_an_import_of_many_into_a_service_that_takes_none(
    api: Api, parts: Installation
) -> None:
    name = await api.service()
    path = f"services/{name}/import"
    service = (await parts.services.require(name)).service
    head = await parts.configuration.head(service.id)
    assert head is not None
    held = await parts.configuration.write_head(service.id, replace(head, hold="a-backup"))
    refused = await api.post(path, {"artifacts": SCHEMAS})
    assert (refused.status, refused.code) == (409, "ConfigurationHeld")
    assert int(refused.headers["Retry-After"]) > 0
    await parts.configuration.write_head(service.id, replace(held, hold=""))
    await api.post(f"services/{name}/disable")
    refused = await api.post(path, {"artifacts": SCHEMAS})
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert (await api.get(f"services/{name}/artifacts/schemas")).body == {"value": []}


async def test_a_hold_that_comes_amid_an_import_is_said_of_the_rest(
    parts: Installation, api: Api
) -> None:
    name = await api.service()
    service = (await parts.services.require(name)).service
    items = [ImportItem.model_validate(item) for item in SCHEMAS]
    importing = asyncio.create_task(parts.imports.write(service, items))
    while (head := await parts.configuration.head(service.id)) is None or not head.counts:
        await asyncio.sleep(0)
    with contextlib.suppress(RowChanged):
        await parts.configuration.write_head(service.id, replace(head, hold="a-backup"))
    done = await importing
    written = [one for one in done if isinstance(one, Written)]
    rest = [one for one in done if isinstance(one, Problem)]
    assert len(written) in (99, 120)
    assert {one.code for one in rest} <= {"ConfigurationHeld"}
    assert all(one.retry_after_seconds for one in rest)


async def test_a_document_that_is_too_large_among_many(api: Api) -> None:
    name = await api.service()
    large = {"section": "templates", "name": "large", "document": {"text": NOISE}}
    path = f"services/{name}/import"
    few = await api.post(path, {"artifacts": [SCHEMAS[0], large]})
    assert (few.status, few.code) == (413, "DocumentTooLarge")
    assert few.body["error"]["target"] == "/artifacts/1/document"
    report = await api.post(path, {"artifacts": [*SCHEMAS[:50], large, *SCHEMAS[50:]]})
    assert report.status == 207
    lines = report.body["value"]
    assert lines[50]["error"]["code"] == "DocumentTooLarge"
    assert lines[50]["error"]["target"] == "/artifacts/50/document"
    assert {line["status"] for line in lines if line["name"] != "large"} == {"created"}


@pytest.mark.parametrize("others", [5, 100])
@pytest.mark.parametrize(
    ("item", "target"),
    [
        (("agreements", {**DOCUMENT, "hostPartner": "none"}), "/document/hostPartner"),
        (("agreements", {**DOCUMENT, "agreementType": "ebXML"}), "/document/agreementType"),
        (("bridges", {"maps": ["none"]}), "/document/maps"),
        (("bridges", {"a": {"$sealed": 1}}), "/document/a/$sealed"),
        (("bridges", {"a": {"password": "********"}}), "/document/a/password"),
        (("certificates", {"pfx": "bm8gcGZ4"}), "/document/pfx"),
        (
            ("partners", {"content": {"b2b": {"businessIdentities": [{"qualifier": "Z"}]}}}),
            "/document/content/b2b/businessIdentities",
        ),
    ],
)
async def test_problems_of_an_import_point_to_their_item(
    api: Api, others: int, item: Any, target: str
) -> None:
    name = await api.service()
    section, document = item
    items = [
        *SCHEMAS[:others],
        {"section": section, "name": "bad", "document": document},
        {"section": "pipelines", "name": "last", "document": {}},
    ]
    reply = await api.post(f"services/{name}/import", {"artifacts": items})
    error = reply.body["value"][others]["error"] if reply.status == 207 else reply.body["error"]
    assert error["target"].startswith(f"/artifacts/{others}{target}"), error
    for detail in error.get("details", []):
        assert detail["target"].startswith(f"/artifacts/{others}{target}")


async def test_content_is_bytes(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    data = "<schema>ä</schema>".encode("utf-16") + bytes(range(256)) * 5000
    early = await api.put(f"{path}/content", data=data)
    assert early.code == "ArtifactNotFound"
    await api.put(path, {"document": {"a": 1}})
    assert (await api.get(f"{path}/content")).code == "ArtifactNotFound"
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    headers = {"Content-Type": "application/xml; charset=utf-16", "Content-MD5": md5}
    first = await api.put(f"{path}/content", data=data, headers=headers)
    assert first.status == 201, first.body
    assert first.body["content"] == {
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "contentType": "application/xml; charset=utf-16",
    }
    read = await api.get(f"{path}/content")
    assert read.content == data
    assert read.headers["Content-Type"] == "application/xml; charset=utf-16"
    assert (await api.put(f"{path}/content", data=data, headers=headers)).status == 200
    await api.put(path, {"document": {"a": 2}})
    assert (await api.get(f"{path}/content")).content == data, "a new document keeps the content"


@pytest.mark.parametrize(
    "content_type", ["text/xml", "text/plain;charset=UTF-16", "Application/XML", "text/", "odd"]
)
async def test_content_keeps_its_type(api: Api, content_type: str) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    data, headers = "<schema/>".encode("utf-16"), {"Content-Type": content_type}
    put = await api.put(f"{path}/content", data=data, headers=headers)
    assert put.body["content"]["contentType"] == content_type
    assert put.headers["Content-Type"] == "application/json"
    read = await api.get(f"{path}/content")
    assert (read.headers["Content-Type"], read.content) == (content_type, data)


async def test_the_sweep_marks_bytes_that_nothing_refers_to(
    api: Api, admin: Admin, deployed: Deployed
) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    stored = []
    for data in (b"<first/>", b"<second/>"):
        put = await api.put(f"{path}/content", data=data)
        stored.append(put.body["content"]["sha256"])
    await admin.run_timer("sweep")
    with ContainerClient.from_connection_string(deployed.state, "artifacts") as container:
        blobs = container.list_blobs(include=["metadata"])
        marked = {blob.name.split("/")[1] for blob in blobs if "unreferenced" in blob.metadata}
    assert stored[0] in marked
    assert stored[1] not in marked
    assert (await api.get(f"{path}/content")).content == b"<second/>"


async def test_content_that_was_damaged_on_its_way(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    wrong = base64.b64encode(b"x" * 16).decode()
    refused = await api.put(f"{path}/content", data=b"abc", headers={"Content-MD5": wrong})
    assert (refused.status, refused.code) == (400, "ContentMd5Mismatch")
    odd = await api.put(f"{path}/content", data=b"abc", headers={"Content-MD5": "x"})
    assert odd.code == "InvalidRequest"
    assert "content" not in (await api.get(path)).body


async def test_content_of_a_section_without_any(api: Api) -> None:
    name = await api.service()
    await api.put(f"services/{name}/artifacts/partners/p", {"document": {}})
    refused = await api.put(f"services/{name}/artifacts/partners/p/content", data=b"x")
    assert (refused.status, refused.code) == (400, "InvalidRequest")


async def test_an_empty_content_is_content(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    assert (await api.put(f"{path}/content", data=b"")).status == 201
    assert (await api.get(f"{path}/content")).content == b""


async def test_content_of_unknown_length_changes_nothing(api: Api, host: HostProcess) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/schemas/s"
    await api.put(path, {"document": {}})
    await api.put(f"{path}/content", data=b"<a/>")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"<new/>"

    url, headers = f"{host.base_url}/api/{path}/content", {"x-functions-key": host.keys.host}
    async with (
        aiohttp.ClientSession() as session,
        session.put(url, data=chunks(), headers=headers) as answer,
    ):
        refused = (await answer.json())["error"]
    assert (answer.status, refused["code"]) == (400, "InvalidRequest")
    assert refused["target"] == "Content-Length"
    assert (await api.get(f"{path}/content")).content == b"<a/>"


async def test_artifacts_do_not_change_while_the_service_is_disabled(api: Api) -> None:
    name = await api.service()
    await api.put(f"services/{name}/artifacts/schemas/s", {"document": {}})
    await api.post(f"services/{name}/disable")
    for reply in (
        await api.put(f"services/{name}/artifacts/schemas/t", {"document": {}}),
        await api.put(f"services/{name}/artifacts/schemas/s/content", data=b"x"),
        await api.delete(f"services/{name}/artifacts/schemas/s"),
        await api.post(
            f"services/{name}/import",
            {"artifacts": [{"section": "schemas", "name": "t", "document": {}}]},
        ),
    ):
        assert (reply.status, reply.code) == (409, "OperationNotAllowed")
    assert len((await api.get(f"services/{name}/artifacts/schemas")).body["value"]) == 1


PARTNERS = [
    {"section": "partners", "name": name, "document": partner_document(name)}
    for name in ("Northwind", "Fabrikam")
]


async def test_references_must_lead_somewhere(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts"
    refused = await api.put(f"{path}/agreements/A", {"document": x12_document()})
    assert (refused.status, refused.code) == (400, "DanglingReference")
    assert {d["target"] for d in refused.body["error"]["details"]} == {
        "/document/hostPartner",
        "/document/guestPartner",
    }
    assert (await api.get(f"{path}/agreements/A")).code == "ArtifactNotFound"
    bridge = {"routeRules": [{"transform": "map", "schema": "order"}]}
    assert (await api.put(f"{path}/bridges/b", {"document": bridge})).code == "DanglingReference"
    together = [
        {"section": "bridges", "name": "b", "document": bridge},
        {"section": "agreements", "name": "A", "document": x12_document()},
        *PARTNERS,
        {"section": "transforms", "name": "MAP", "document": {}},
        {"section": "schemas", "name": "order", "document": {}},
    ]
    assert (await api.post(f"services/{name}/import", {"artifacts": together})).status == 200


async def test_references_within_an_import_of_many_batches(api: Api) -> None:
    name = await api.service(edition="Premium")
    bridges = [
        {"section": "bridges", "name": f"b{i}", "document": {"transform": f"t{i}"}}
        for i in range(150)
    ]
    maps = [{"section": "transforms", "name": f"t{i}", "document": {}} for i in range(150)]
    report = await api.post(f"services/{name}/import", {"artifacts": bridges + maps})
    assert report.status == 200, report.body
    assert [line["name"] for line in report.body["value"]][:150] == [f"b{i}" for i in range(150)]


async def test_what_is_named_is_not_deleted(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts"
    refused = await api.delete(f"{path}/partners/NORTHWIND")
    assert (refused.status, refused.code) == (409, "ArtifactInUse")
    assert "agreements/A" in refused.body["error"]["message"]
    assert (await api.get(f"{path}/partners/Northwind")).status == 200
    batch = {"document": {"agreement": "A"}}
    assert (await api.put(f"{path}/batches/hourly", batch)).status == 201
    assert (await api.delete(f"{path}/agreements/A")).code == "ArtifactInUse"
    for user in ("batches/hourly", "agreements/A", "partners/Northwind"):
        assert (await api.delete(f"{path}/{user}")).status == 204


async def test_identities_belong_to_their_partner(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts"
    other = x12_document()
    other["guestIdentity"] = {"qualifier": "ZZ", "value": "SOMEBODY"}
    refused = await api.put(f"{path}/agreements/B", {"document": other})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert "ZZ:FABRIKAM" in refused.body["error"]["message"]
    changed = partner_document("Else")
    lost = await api.put(f"{path}/partners/Fabrikam", {"document": changed})
    assert (lost.status, lost.code) == (409, "ArtifactInUse")
    more = partner_document("Fabrikam")
    more["content"]["b2b"]["businessIdentities"].append({"qualifier": "1", "value": "9"})
    assert (await api.put(f"{path}/partners/Fabrikam", {"document": more})).status == 200
    for listed in ([{"qualifier": "ZZ"}], [{"qualifier": "1", "value": "9"}] * 2):
        document = {"content": {"b2b": {"businessIdentities": listed}}}
        odd = await api.put(f"{path}/partners/odd", {"document": document})
        assert odd.code == "InvalidRequest"


async def test_two_agreements_never_fit_the_same_interchange(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts/agreements"
    twin = await api.put(f"{path}/B", {"document": x12_document()})
    assert (twin.status, twin.code) == (400, "InvalidRequest")
    assert "'A'" in twin.body["error"]["message"]
    assert (await api.put(f"{path}/A", {"document": x12_document()})).status == 200
    back = x12_document()
    back["hostIdentity"], back["guestIdentity"] = back["guestIdentity"], back["hostIdentity"]
    back["hostPartner"], back["guestPartner"] = back["guestPartner"], back["hostPartner"]
    assert (await api.put(f"{path}/B", {"document": back})).status == 201


@pytest.mark.parametrize(
    "change",
    [
        {"agreementType": "ebXML"},
        {"agreementType": "AS2"},
        {"hostIdentity": {"value": "NORTHWIND"}},
        {"hostPartner": 5},
        {"guestPartner": {"name": "Fabrikam"}},
        {"guestPartner": "Northwind", "guestIdentity": {"qualifier": "ZZ", "value": "NORTHWIND"}},
    ],
)
async def test_agreements_that_contradict_themselves(api: Api, change: dict[str, object]) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    document = {**x12_document(), **change}
    refused = await api.put(f"services/{name}/artifacts/agreements/A", {"document": document})
    assert (refused.status, refused.code) == (400, "InvalidRequest")


async def test_an_st02_has_nine_characters(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts/agreements/A"
    long = x12_document(transactionSetControlNumberPrefix="AB")
    assert (await api.put(path, {"document": long})).code == "InvalidRequest"
    fits = x12_document(
        transactionSetControlNumberPrefix="AB", transactionSetControlNumberUpperBound=9_999_999
    )
    assert (await api.put(path, {"document": fits})).status == 200


@pytest.mark.parametrize(
    ("section", "document", "target"),
    [
        ("bridges", {"stages": [{"transform": {"name": "none"}}]}, "/document/stages/0/transform"),
        ("bridges", {"maps": ["none"]}, "/document/maps"),
        ("bridges", {"a/b": {"signingCertificate": "none"}}, "/document/a~1b/signingCertificate"),
        ("bridges", {"source": {"hybridConnection": "none"}}, "/document/source/hybridConnection"),
        ("pipelines", {"steps": [{"assembly": "none"}]}, "/document/steps/0/assembly"),
        ("transforms", {"assemblies": ["none"]}, "/document/assemblies"),
    ],
)
async def test_a_reference_leads_somewhere(
    api: Api, section: str, document: Any, target: str
) -> None:
    name = await api.service()
    refused = await api.put(f"services/{name}/artifacts/{section}/x", {"document": document})
    assert (refused.status, refused.code) == (400, "DanglingReference")
    assert refused.body["error"]["target"] == target
