"""What holds for every request: how errors are shaped, ids, bodies where none is taken."""

import asyncio
from urllib.parse import quote

import pytest

from tests.support.api import Api, api_of, unique, x12_document
from tests.support.deployed import Deployed


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ({"unitCount": 1, "a/b": 1}, {("UnknownMember", "/a~1b")}),
        ({}, {("MissingMember", "/unitCount")}),
        ({"unitCount": "1"}, {("WrongType", "/unitCount")}),
        ({"unitCount": 99, "b": 1}, {("WrongValue", "/unitCount"), ("UnknownMember", "/b")}),
        ([], {("WrongType", "")}),
    ],
)
async def test_details_have_codes_of_their_own(
    api: Api, body: object, details: set[tuple[str, str]]
) -> None:
    service = await api.service()
    refused = await api.post(f"services/{service}/scale", body)
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    found = refused.body["error"]["details"]
    assert {(detail["code"], detail["target"]) for detail in found} == details
    assert all(detail["message"] for detail in found)


async def test_a_wrong_shape_is_told_in_the_words_of_json(api: Api) -> None:
    service = await api.service()
    for body, target, needed in (
        ([], "", "A JSON object is needed here."),
        ({"artifacts": {}}, "/artifacts", "A JSON array is needed here."),
    ):
        refused = await api.post(f"services/{service}/import", body)
        [detail] = refused.body["error"]["details"]
        assert (detail["target"], detail["message"]) == (target, needed)


async def test_whole_numbers_are_whole_however_they_are_written(api: Api) -> None:
    """Terraform and jq write ``2.0``; JSON Schema has it a whole number, and 2.5 none."""
    service = await api.service(edition="Standard")
    scaled = await api.post(f"services/{service}/scale", {"unitCount": 2.0})
    assert (scaled.status, scaled.body["unitCount"]) == (200, 2)
    await api.agreement(service, "A")
    path = f"services/{service}/control-numbers/A"
    some = await api.post(f"{path}/allocate", {"kind": "interchange", "count": 3.0})
    assert [one["value"] for one in some.body["numbers"]] == [1, 2, 3]
    assert (await api.put(path, {"kind": "interchange", "next": 10.0})).status == 200
    assert await api.allocate(service, "A") == 10
    received = f"services/{service}/received-control-numbers/A"
    body = {"kind": "interchange", "value": 641.0, "validityDays": 30.0, "messageId": "m"}
    assert (await api.post(received, body)).body["duplicate"] is False
    again = await api.post(received, {**body, "value": 641, "messageId": "n"})
    assert again.body["duplicate"] is True
    moved = await api.post(f"services/{service}/control-numbers/advance", {"by": 5.0})
    assert moved.status == 200, moved.body
    for wrong in (2.5, True, "2", 1e300):
        refused = await api.post(f"services/{service}/scale", {"unitCount": wrong})
        assert (refused.status, refused.code) == (400, "InvalidRequest"), wrong
        [detail] = refused.body["error"]["details"]
        assert detail["target"] == "/unitCount"


async def test_numbers_of_documents_keep_their_value(api: Api) -> None:
    service = await api.service()
    path = f"services/{service}/artifacts/bridges/numbers"
    text = b'{"document":{"a":1.10,"b":0.1234567890123456789,"c":1e2,"d":18446744073709551617}}'
    put = await api.call("PUT", path, data=text)
    assert put.status == 201, put.body
    shown = (await api.get(path)).content
    for kept in (b'"a":1.1', b'"b":0.12345678901234568', b'"c":100.0', b'"d":18446744073709551617'):
        assert kept in shown.replace(b": ", b":")


async def test_a_message_id_that_is_taken_can_be_asked_for(api: Api) -> None:
    service = await api.service()
    await api.agreement(service, "A")
    path = f"services/{service}/mic-values/A"
    body = {"mic": "q83v", "algorithm": "MD5", "as2From": "a", "as2To": "b"}
    for taken in ("🎉" * 249, "é" * 499, "m" * 998):
        assert (await api.put(path, {**body, "messageId": taken})).status == 201
        asked = await api.get(f"{path}?messageId={quote(taken, safe='')}")
        assert (asked.status, asked.body["messageId"]) == (200, taken)
    for refused in ("🎉" * 250, "é" * 500):
        put = await api.put(path, {**body, "messageId": refused})
        assert (put.status, put.code) == (400, "InvalidRequest")
        assert "998" in put.body["error"]["message"] + str(put.body["error"]["details"])


async def test_every_unknown_query_parameter_is_named(api: Api) -> None:
    refused = await api.get("services?color=red&shape=round&top=1")
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    found = refused.body["error"]["details"]
    assert [(detail["code"], detail["target"]) for detail in found] == [
        ("UnknownParameter", "color"),
        ("UnknownParameter", "shape"),
    ]
    assert "'color', 'shape'" in refused.body["error"]["message"]


async def test_a_query_parameter_is_given_once_however_it_is_spelled(api: Api) -> None:
    for query in ("top=1&TOP=2", "top=1&top=2"):
        refused = await api.get(f"services?{query}")
        assert (refused.status, refused.code) == (400, "InvalidRequest"), query
    name = await api.service()
    for query in ("messageId=a&messageId=b", "messageId=a&MESSAGEID=a", "messageId=a&messageId="):
        refused = await api.get(f"services/{name}/mic-values/Uses?{query}")
        assert (refused.status, refused.code) == (400, "InvalidRequest"), query
        assert "comes twice" in refused.body["error"]["message"], query
    old = await api.get("services?Api-Version=2020-01-01")
    assert old.code == "UnsupportedApiVersionValue"
    assert (await api.get("services?API-Version=2026-11-01&TOP=1")).status == 200


async def test_a_query_parameter_without_a_value_is_not_as_if_it_were_not_there(api: Api) -> None:
    """The host hands none on: a plan that was asked for would be a restore."""
    body = {"backup": {"storageAccount": "offsite", "container": "none-there"}}
    for query in ("validateOnly=", "validateOnly", "api-version=2026-11-01&VALIDATEONLY="):
        refused = await api.post(f"restores?{query}", body)
        assert (refused.status, refused.code) == (400, "InvalidRequest"), query
        assert "has no value" in refused.body["error"]["message"]
    unknown = await api.get("services?colour=&top=1")
    assert "There is no query parameter 'colour'" in unknown.body["error"]["message"]
    assert (await api.get("services?top=1&")).status == 200


async def test_pointers_into_a_services_settings(api: Api) -> None:
    wanted = {"edition": "Basic", "accessControl": {"namespace": "acs", "key": "********"}}
    refused = await api.put(f"services/{unique('svc')}", wanted)
    assert (refused.code, refused.body["error"]["target"]) == (
        "MaskWithoutValue",
        "/accessControl/key",
    )


async def test_pointers_to_bounds(api: Api) -> None:
    service = await api.service()
    await api.agreement(service, "A")
    await api.allocate(service, "A")
    await api.allocate(service, "A")
    path = f"services/{service}/artifacts/agreements/A"
    settings = "/document/content/x12/sendAgreement/protocolSettings/envelopeSettings"
    low = x12_document(interchangeControlNumberUpperBound=1)
    issued = await api.put(path, {"document": low})
    assert (issued.code, issued.body["error"]["target"]) == (
        "ControlNumberIssued",
        f"{settings}/interchangeControlNumberUpperBound",
    )
    crossed = x12_document(groupControlNumberLowerBound=9, groupControlNumberUpperBound=3)
    wrong = await api.put(path, {"document": crossed})
    assert (wrong.code, wrong.body["error"]["target"]) == (
        "InvalidRequest",
        f"{settings}/groupControlNumberLowerBound",
    )


async def test_a_body_where_none_is_taken(api: Api) -> None:
    service = await api.service()
    path = f"services/{service}/suspend"
    refused = await api.post(path, {"foo": 1})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert refused.body["error"]["details"][0]["target"] == "/foo"
    assert (await api.post(path, data=b"now")).code == "InvalidJson"
    assert (await api.get(f"services/{service}")).body["state"] == "Active"
    assert (await api.post(path, {})).body["state"] == "Suspended"


async def test_the_callers_id_of_a_request_is_logged_with_ours(deployed: Deployed) -> None:
    host = deployed.host(LOCALHOST_LOG_LEVEL="INFO")
    await asyncio.to_thread(host.start)
    try:
        async with api_of(host.base_url, host.keys.host) as api:
            sent = {"x-ms-client-request-id": "order\t4711"}
            reply = await api.get("services", headers=sent)
    finally:
        await asyncio.to_thread(host.stop)
    assert reply.headers["x-ms-client-request-id"] == "order4711"
    lines = host.log.read_text().splitlines()
    ours = reply.headers["x-ms-request-id"]
    assert any(ours in line and "order4711" in line for line in lines)


@pytest.mark.parametrize(
    "name", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0915\u094d\u200d\u0937"]
)
async def test_names_in_scripts_that_join_letters(api: Api, name: str) -> None:
    service, copy = await api.service(), unique("copy")
    put = await api.put(f"services/{service}/artifacts/schemas/{name}", {"document": {}})
    assert (put.status, put.body["name"]) == (201, name)
    bad = {"document": {"schema": name + "x"}}
    refused = await api.put(f"services/{service}/artifacts/bridges/b", bad)
    assert name in refused.body["error"]["message"]
    await api.restore(await api.backup(service), name=copy)
    assert (await api.get(f"services/{copy}/artifacts/schemas/{name}")).body["name"] == name


@pytest.mark.parametrize(
    "name",
    [
        "a\u200cb",
        "\u200d\u0645",
        "\u0645\u200c",
        "a\u202eb",
        "\u0645\u2066x",
        "\u0645\u00adx",
        "a\ufeffb",
    ],
)
async def test_names_with_marks_that_nobody_sees(api: Api, name: str) -> None:
    service = await api.service()
    refused = await api.put(f"services/{service}/artifacts/schemas/{name}", {"document": {}})
    assert (refused.status, refused.code) == (400, "InvalidName")
