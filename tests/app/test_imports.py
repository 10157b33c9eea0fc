"""Imports of many artifacts through HTTP."""

import asyncio
import base64
import contextlib
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.problem import Problem
from shared.services.artifacts import WriteResult
from shared.storage.tables import RowChanged
from tests.support.api import Api, nobodys, partner_document, x12_document

DOCUMENT = nobodys(x12_document())


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
    api: Api, host_app: Installation
) -> None:
    name = await api.service()
    path = f"services/{name}/import"
    service = (await host_app.services.require(name)).service
    head = await host_app.configuration.head(service.id)
    assert head is not None
    held = await host_app.configuration.write_head(service.id, replace(head, hold="a-backup"))
    refused = await api.post(path, {"artifacts": SCHEMAS})
    assert (refused.status, refused.code) == (409, "ConfigurationHeld")
    assert int(refused.headers["Retry-After"]) > 0
    await host_app.configuration.write_head(service.id, replace(held, hold=""))
    await api.post(f"services/{name}/disable")
    refused = await api.post(path, {"artifacts": SCHEMAS})
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert (await api.get(f"services/{name}/artifacts/schemas")).body == {"value": []}


async def test_a_hold_that_comes_amid_an_import_is_said_of_the_rest(
    host_app: Installation, api: Api
) -> None:
    name = await api.service()
    service = (await host_app.services.require(name)).service
    items = [ImportItem.model_validate(item) for item in SCHEMAS]
    importing = asyncio.create_task(host_app.imports.write(service, items))
    while (head := await host_app.configuration.head(service.id)) is None or not head.counts:
        await asyncio.sleep(0)
    with contextlib.suppress(RowChanged):
        await host_app.configuration.write_head(service.id, replace(head, hold="a-backup"))
    done = await importing
    written = [one for one in done if isinstance(one, WriteResult)]
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


async def test_what_would_become_of_an_import(api: Api) -> None:
    """The same of each as the import says then, and nothing of it is written."""
    name = await api.service(edition="Basic")
    await api.put(f"services/{name}/artifacts/schemas/there", {"document": {}})
    partners = [partner_of(one) for one in ("Northwind", "Fabrikam")]
    items = [
        {"section": "agreements", "name": "good", "document": x12_document()},
        {"section": "agreements", "name": "same-two", "document": x12_document()},
        {"section": "agreements", "name": "nobodys", "document": {"hostPartner": "nobody"}},
        {"section": "batches", "name": "of-a-refused-one", "document": {"agreement": "nobodys"}},
        {"section": "batches", "name": "of-a-good-one", "document": {"agreement": "good"}},
        {"section": "schemas", "name": "THERE", "document": {}},
        {"section": "templates", "name": "large", "document": {"text": NOISE}},
        *partners,
        *({"section": "bridges", "name": f"b{i}", "document": {}} for i in range(120)),
    ]
    before = await api.everything(name)
    told = await api.post(f"services/{name}/import?validateOnly=true", {"artifacts": items})
    assert told.status == 207
    assert await api.everything(name) == before
    lines = told.body["value"]
    assert [line["name"] for line in lines] == [one["name"] for one in items]
    became = {line["name"]: line.get("error", {}).get("code", line["status"]) for line in lines}
    quota = [became.pop(f"b{i}") for i in range(120)]
    assert quota == ["created"] * 25 + ["QuotaExceeded"] * 95
    assert became == {
        "good": "created",
        "same-two": "InvalidRequest",
        "nobodys": "DanglingReference",
        "of-a-refused-one": "DanglingReference",
        "of-a-good-one": "created",
        "THERE": "replaced",
        "large": "DocumentTooLarge",
        "Northwind": "created",
        "Fabrikam": "created",
    }
    assert lines[2]["error"]["target"] == "/artifacts/2/document/hostPartner"
    done = await api.post(f"services/{name}/import", {"artifacts": items})
    assert done.status == 207
    assert done.body == told.body
    log = (await api.get(f"services/{name}/operations")).body["value"]
    assert [one["parameters"].get("change") for one in log].count("ImportArtifacts") == 1


async def test_a_service_that_takes_no_changes_rehearses_none(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/import?validateOnly=true"
    assert (await api.post(path, {"artifacts": SCHEMAS[:1]})).status == 200
    await api.post(f"services/{name}/disable")
    refused = await api.post(path, {"artifacts": SCHEMAS[:1]})
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")


def partner_of(name: str) -> dict[str, Any]:
    """A partner, as an item of an import."""
    return {"section": "partners", "name": name, "document": partner_document(name)}
