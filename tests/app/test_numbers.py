"""Control numbers, received numbers and MIC values through HTTP."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import Api, api_of, nobodys, unique, x12_document
from tests.support.deployed import Deployed


async def test_numbers_begin_at_the_lower_bound_and_go_on(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A", x12_document(interchangeControlNumberLowerBound=100))
    path = f"services/{name}/control-numbers/A"
    first = await api.post(f"{path}/allocate", {"kind": "interchange", "count": 3})
    assert first.body == {
        "numbers": [
            {"kind": "interchange", "value": value, "formatted": f"{value:09d}"}
            for value in (100, 101, 102)
        ]
    }
    counters = (await api.get(path)).body["counters"]
    bounds = {"lowerBound": 100, "upperBound": 999_999_999, "rollover": True}
    assert counters["interchange"] == {"next": 103, "last": 102, "cycle": 0, **bounds}
    assert counters["group"]["next"] == 1, "a kind that has issued nothing shows where it begins"
    listed = (await api.get(f"services/{name}/control-numbers")).body["value"]
    assert [row["agreement"] for row in listed] == ["A"]


async def test_several_kinds_in_one_call(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    body = {"kinds": ["interchange", "group", "transactionSet", "acknowledgement"]}
    reply = await api.post(f"services/{name}/control-numbers/a/allocate", body)
    assert [number["kind"] for number in reply.body["numbers"]] == body["kinds"]


async def test_rollover_and_exhaustion(api: Api) -> None:
    name = await api.service()
    rolling = x12_document(
        interchangeControlNumberLowerBound=8, interchangeControlNumberUpperBound=10
    )
    await api.agreement(name, "rolling", rolling)
    assert [await api.allocate(name, "rolling") for _ in range(4)] == [8, 9, 10, 8]
    ending = x12_document(
        interchangeControlNumberUpperBound=2, rolloverInterchangeControlNumber=False
    )
    await api.agreement(name, "ending", nobodys(ending))
    path = f"services/{name}/control-numbers/ending/allocate"
    assert (await api.post(path, {"kind": "interchange", "count": 3})).status == 409
    assert [await api.allocate(name, "ending") for _ in range(2)] == [1, 2]
    spent = await api.post(path, {"kind": "interchange"})
    assert (spent.status, spent.code) == (409, "ControlNumbersExhausted")
    assert (await api.post(path, {"kind": "group"})).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "message"},
        {"kind": "group", "kinds": ["group"]},
        {"kinds": ["group", "group"]},
        {"kinds": []},
        {"kind": "group", "count": 0},
        {"kind": "group", "count": 10001},
        {"kind": "group", "count": "1"},
    ],
)
async def test_requests_that_are_refused(api: Api, body: object) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    refused = await api.post(f"services/{name}/control-numbers/A/allocate", body)
    assert (refused.status, refused.code) == (400, "InvalidRequest")


async def test_agreements_that_number_nothing(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "as2", {"agreementType": "AS2", "content": {"aS2": {}}})
    path = f"services/{name}/control-numbers"
    as2 = await api.post(f"{path}/as2/allocate", {"kind": "group"})
    assert (as2.status, as2.code) == (400, "InvalidRequest")
    none = await api.post(f"{path}/none/allocate", {"kind": "group"})
    assert (none.status, none.code) == (404, "AgreementNotFound")
    assert (await api.get(f"{path}/none")).code == "AgreementNotFound"


async def test_bounds_the_wrong_way_round_are_refused(api: Api) -> None:
    name = await api.service()
    document = x12_document(
        interchangeControlNumberLowerBound=9, interchangeControlNumberUpperBound=3
    )
    refused = await api.put(
        f"services/{name}/artifacts/agreements/A", {"document": nobodys(document)}
    )
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert (await api.get(f"services/{name}/control-numbers/A")).code == "AgreementNotFound"


async def test_a_suspended_service_issues_nothing(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    await api.post(f"services/{name}/suspend")
    path = f"services/{name}/control-numbers/A/allocate"
    refused = await api.post(path, {"kind": "interchange"})
    assert (refused.status, refused.code) == (409, "ServiceNotActive")
    await api.post(f"services/{name}/resume")
    assert await api.allocate(name, "A") == 1


async def test_many_clients_at_once_never_get_the_same_number(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")

    async def client() -> list[int]:
        return [await api.allocate(name, "A") for _ in range(20)]

    issued = [
        n for numbers in await asyncio.gather(*(client() for _ in range(32))) for n in numbers
    ]
    assert sorted(issued) == list(range(1, 641))


async def test_an_agreement_that_comes_back_continues(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    assert [await api.allocate(name, "A") for _ in range(2)] == [1, 2]
    await api.delete(f"services/{name}/artifacts/agreements/A")
    gone = await api.post(f"services/{name}/control-numbers/A/allocate", {"kind": "interchange"})
    assert gone.code == "AgreementNotFound"
    await api.agreement(name, "a")
    assert await api.allocate(name, "A") == 3


async def test_a_service_that_is_created_again_continues(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    assert await api.allocate(name, "A") == 1
    await api.succeeded(await api.delete(f"services/{name}"))
    await api.service(name)
    await api.agreement(name, "A")
    assert await api.allocate(name, "A") == 2


async def test_a_received_number_from_another_message_is_a_duplicate(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/received-control-numbers/A"
    body = {"kind": "interchange", "value": 42, "validityDays": 30, "messageId": "m1"}
    first = await api.post(path, body)
    assert (first.status, first.body["duplicate"]) == (200, False)
    retry = await api.post(path, body)
    assert retry.body == {"duplicate": False, "firstSeenAt": first.body["firstSeenAt"]}
    other = await api.post(path, {**body, "messageId": "m2"})
    assert other.body == {"duplicate": True, "firstSeenAt": first.body["firstSeenAt"]}
    assert (await api.post(path, {**body, "kind": "group"})).body["duplicate"] is False
    assert (await api.post(path, {**body, "validityDays": 0})).code == "InvalidRequest"


async def test_mic_values(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/mic-values/A"
    message_id = "<20261123/" + "x" * 980 + "@a>"
    body = {
        "messageId": message_id,
        "mic": "q83v",
        "algorithm": "SHA2-256",
        "as2From": "NORTHWIND",
        "as2To": "FABRIKAM",
    }
    assert (await api.put(path, body)).status == 201
    assert (await api.put(path, body)).status == 200
    read = await api.get(f"{path}?messageId={quote(message_id, safe='')}")
    assert {k: read.body[k] for k in body} == body
    assert (await api.get(f"{path}?messageId=other")).code == "ArtifactNotFound"
    assert (await api.get(path)).code == "InvalidRequest"
    assert (await api.put(path, {**body, "algorithm": "CRC"})).code == "InvalidRequest"
    none = await api.put(f"services/{name}/mic-values/none", body)
    assert none.code == "AgreementNotFound"


async def test_the_next_number_is_set(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/control-numbers/A"
    ahead = await api.put(path, {"kind": "interchange", "next": 500})
    assert ahead.status == 200, ahead.body
    assert await api.allocate(name, "A") == 500
    back = await api.put(path, {"kind": "interchange", "next": 500})
    assert (back.status, back.code) == (409, "ControlNumberIssued")
    assert await api.allocate(name, "A") == 501
    again = await api.put(path, {"kind": "interchange", "next": 500, "allowReuse": True})
    counter = again.body["counters"]["interchange"]
    assert (counter["next"], counter["last"], counter["cycle"]) == (500, 499, 1)
    below = await api.put(path, {"kind": "interchange", "next": 1})
    assert below.code == "ControlNumberIssued", "those before it were not asked for"
    assert await api.allocate(name, "A") == 500
    for body in (
        {"kind": "interchange", "next": 0},
        {"kind": "interchange", "next": 1_000_000_000},
        {"kind": "interchange"},
        {"next": 5},
    ):
        assert (await api.put(path, body)).code == "InvalidRequest"
    none = await api.put(f"{path}x", {"kind": "interchange", "next": 5})
    assert none.code == "AgreementNotFound"
    await api.post(f"services/{name}/disable")
    disabled = await api.put(path, {"kind": "interchange", "next": 900})
    assert (disabled.status, disabled.code) == (409, "OperationNotAllowed")


async def test_bounds_that_change_keep_the_counter_where_they_can(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/control-numbers/A"
    await api.put(path, {"kind": "interchange", "next": 500})
    assert await api.allocate(name, "A") == 500
    narrow = x12_document(interchangeControlNumberUpperBound=400)
    artifact = f"services/{name}/artifacts/agreements/A"
    before = (await api.get(artifact)).body
    refused = await api.put(artifact, {"document": narrow})
    assert (refused.status, refused.code) == (409, "ControlNumberIssued")
    assert (await api.get(artifact)).body == before
    assert await api.allocate(name, "A") == 501
    assert (await api.put(f"{artifact}?allowReuse=true", {"document": narrow})).status == 200
    assert await api.allocate(name, "A") == 1
    wide = x12_document(interchangeControlNumberLowerBound=40)
    assert (await api.put(artifact, {"document": wide})).status == 200
    assert await api.allocate(name, "A") == 40, "below the lower bound: a gap, no repeat"


async def test_an_agreement_that_comes_back_knows_what_it_received(api: Api) -> None:
    name, copy = await api.service(), unique("copy")
    await api.agreement(name, "A")
    body = {"kind": "interchange", "value": 7, "validityDays": 30, "messageId": "first"}
    await api.post(f"services/{name}/received-control-numbers/A", body)
    assert (await api.delete(f"services/{name}/artifacts/agreements/A")).status == 204
    backup = await api.backup(name)
    await api.restore(backup, name=copy)
    await api.post(f"services/{copy}/resume")
    for service in (name, copy):
        await api.agreement(service, "A")
        path = f"services/{service}/received-control-numbers/A"
        again = await api.post(path, {**body, "messageId": "second"})
        assert again.body["duplicate"] is True


async def test_active_messages_of_batches(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    await api.put(f"services/{name}/artifacts/batches/hourly", {"document": {"agreement": "A"}})
    path = f"services/{name}/batch-activity"
    put = await api.put(f"{path}/HOURLY", {"activeMessages": 7})
    assert put.status == 200, put.body
    assert (put.body["batch"], put.body["agreement"], put.body["activeMessages"]) == (
        "hourly",
        "A",
        7,
    )
    assert (await api.get(path)).body == {"value": [put.body]}
    assert (await api.put(f"{path}/daily", {"activeMessages": 1})).code == "ArtifactNotFound"
    assert (await api.put(f"{path}/hourly", {"activeMessages": -1})).code == "InvalidRequest"
    backup = await api.backup(name)
    copy = f"{name}-c"
    monitor = await api.restore(backup, name=copy)
    assert "activeBatches" in {w.get("target") for w in monitor["warnings"]}
    assert (await api.get(f"services/{copy}/batch-activity")).body == {"value": []}
    await api.post(f"services/{name}/suspend")
    assert (await api.put(f"{path}/hourly", {"activeMessages": 1})).code == "ServiceNotActive"


async def test_a_refused_change_of_bounds_resets_no_counter(api: Api, deployed: Deployed) -> None:
    """Two hosts, one condition: the loser's allowReuse must not have begun the numbers anew."""
    name = await api.service()
    await api.agreement(name, "A", x12_document())
    path = f"services/{name}/control-numbers/A"
    await api.post(f"{path}/allocate", {"kind": "interchange", "count": 450})
    agreement = f"services/{name}/artifacts/agreements/A"
    other = deployed.host()
    other.start()
    try:
        async with api_of(other.base_url, other.keys.host) as second:
            for number in range(6):
                etag = (await api.get(agreement)).headers["ETag"]
                before = (await api.get(path)).body["counters"]["interchange"]
                narrow = x12_document(interchangeControlNumberUpperBound=400)
                wide = x12_document(interchangeControlNumberUpperBound=900_000_000 + number)
                mine, theirs = await asyncio.gather(
                    api.put(
                        f"{agreement}?allowReuse=true",
                        {"document": narrow},
                        headers={"If-Match": etag},
                    ),
                    second.put(agreement, {"document": wide}, headers={"If-Match": etag}),
                )
                assert {mine.status, theirs.status} == {200, 412}
                counter = (await api.get(path)).body["counters"]["interchange"]
                if mine.status == 412:
                    assert (counter["next"], counter["cycle"]) == (before["next"], before["cycle"])
                    return
                await api.post(f"{path}/allocate", {"kind": "interchange", "count": 401 - 1})
                await api.put(agreement, {"document": x12_document()})
    finally:
        other.stop()


async def test_bounds_that_end_just_below_the_next_number(api: Api) -> None:
    """Only a caller who asks for it begins anew."""
    name = await api.service()
    await api.agreement(name, "A", x12_document(interchangeControlNumberUpperBound=1000))
    path = f"services/{name}/control-numbers/A"
    await api.post(f"{path}/allocate", {"kind": "interchange", "count": 500})
    agreement = f"services/{name}/artifacts/agreements/A"
    narrow = {"document": x12_document(interchangeControlNumberUpperBound=500)}
    assert (await api.put(agreement, narrow)).code == "ControlNumberIssued"
    assert await api.allocate(name, "A") == 501
    assert (await api.put(f"{agreement}?allowReuse=true", narrow)).status == 200
    assert await api.allocate(name, "A") == 1


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("interchangeControlNumberLowerBound", "100"),
        ("interchangeControlNumberLowerBound", 100.5),
        ("interchangeControlNumberUpperBound", True),
        ("interchangeControlNumberUpperBound", 9_999_999_999),
        ("rolloverInterchangeControlNumber", "false"),
        ("interchangeControlNumberPrefix", "ABCDEF"),
        ("groupControlNumberPrefix", "X"),
        ("transactionSetControlNumberPrefix", 5),
    ],
)
async def test_settings_of_another_type_are_refused(api: Api, member: str, value: Any) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/artifacts/agreements/A"
    refused = await api.put(path, {"document": x12_document(**{member: value})})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    target = refused.body["error"]["target"]
    at = "/document/content/x12/sendAgreement/protocolSettings/envelopeSettings/"
    assert target.startswith(at)
    assert target.removeprefix(at)[:15] == member[:15] or "Upper" in member


async def test_many_large_requests_are_served_in_bounded_writes(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    body = {"kinds": ["interchange", "group", "transactionSet", "acknowledgement"], "count": 5000}
    path = f"services/{name}/control-numbers/A/allocate"
    replies = await asyncio.gather(*(api.post(path, body) for _ in range(6)))
    values = [
        (number["kind"], number["value"]) for reply in replies for number in reply.body["numbers"]
    ]
    assert len(set(values)) == len(values) == 6 * 4 * 5000


async def test_an_agreement_that_is_made_anew_under_another_name_goes_on(api: Api) -> None:
    """Names of agreements do not change, so deleting and making anew is how they are renamed."""
    name = await api.service()
    await api.agreement(name, "Old")
    assert [await api.allocate(name, "Old") for _ in range(3)] == [1, 2, 3]
    before = (await api.get(f"services/{name}/control-numbers/Old")).body
    assert before["stream"] == "identities"
    assert (await api.delete(f"services/{name}/artifacts/agreements/Old")).status == 204
    await api.agreement(name, "New")
    shown = (await api.get(f"services/{name}/control-numbers/New")).body
    assert shown["counters"] == before["counters"], "before anybody asks for a number"
    assert await api.allocate(name, "New") == 4


async def test_an_agreement_without_identities_is_a_stream_by_its_name(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "Old", nobodys(x12_document()))
    assert await api.allocate(name, "Old") == 1
    await api.delete(f"services/{name}/artifacts/agreements/Old")
    await api.agreement(name, "New", nobodys(x12_document()))
    shown = (await api.get(f"services/{name}/control-numbers/New")).body
    assert (shown["stream"], shown["counters"]["interchange"]["next"]) == ("name", 1)
    await api.agreement(name, "Old", nobodys(x12_document()))
    assert await api.allocate(name, "Old") == 2


async def test_a_name_of_another_stream_is_refused_bounds_that_its_numbers_are_beyond(
    api: Api,
) -> None:
    """What was issued under the former name counts when the bounds are looked at."""
    name = await api.service()
    await api.agreement(name, "Old")
    path = f"services/{name}/control-numbers/Old/allocate"
    await api.post(path, {"kind": "interchange", "count": 500})
    await api.delete(f"services/{name}/artifacts/agreements/Old")
    narrow = x12_document(interchangeControlNumberUpperBound=100)
    refused = await api.put(f"services/{name}/artifacts/agreements/New", {"document": narrow})
    assert (refused.status, refused.code) == (409, "ControlNumberIssued")
    assert (await api.get(f"services/{name}/artifacts/agreements/New")).status == 404
