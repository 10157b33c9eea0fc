"""Numbers as X12 and EDIFACT have them, through HTTP."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.api import Api, unique


def edi_document(standard: str, send: Any = None, receive: Any = None) -> Any:
    """An agreement with protocol settings of both sides."""
    sides = {"sendAgreement": send or {}, "receiveAgreement": receive or {}}
    content = {side: {"protocolSettings": settings} for side, settings in sides.items()}
    return {"agreementType": standard, "content": {standard.lower(): content}}


async def test_st02_is_filled_up(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "X", edi_document("X12"))
    body = {"kinds": ["transactionSet", "acknowledgement"]}
    reply = await api.post(f"services/{name}/control-numbers/X/allocate", body)
    assert [number["formatted"] for number in reply.body["numbers"]] == ["0001", "0001"]
    assert [number["value"] for number in reply.body["numbers"]] == [1, 1]


async def test_an_edifact_agreement_that_stands_at_fourteen_digits_is_taken_over(api: Api) -> None:
    name = await api.service()
    bounds = {
        "interchangeControlNumberLowerBound": 10_000_000_000_000,
        "interchangeControlNumberUpperBound": 99_999_999_999_999,
        "transactionSetControlNumberUpperBound": 99_999_999_999_999,
    }
    await api.agreement(name, "E", edi_document("Edifact", {"envelopeSettings": bounds}))
    path = f"services/{name}/control-numbers/E"
    moved = await api.put(path, {"kind": "transactionSet", "next": 90_062_700_464_801})
    assert moved.status == 200
    reply = await api.post(f"{path}/allocate", {"kinds": ["interchange", "transactionSet"]})
    issued = [number["formatted"] for number in reply.body["numbers"]]
    assert issued == ["10000000000000", "90062700464801"]
    beyond = await api.put(path, {"kind": "transactionSet", "next": 10**14})
    assert (beyond.status, beyond.code) == (400, "InvalidRequest")


@pytest.mark.parametrize(("standard", "prefix"), [("X12", "A*~"), ("Edifact", "Kö+:'")])
async def test_a_prefix_that_breaks_the_envelope_is_refused(
    api: Api, standard: str, prefix: str
) -> None:
    name = await api.service()
    settings = {
        "transactionSetControlNumberPrefix": prefix,
        "transactionSetControlNumberUpperBound": 9999,
    }
    document = edi_document(standard, {"envelopeSettings": settings})
    reply = await api.put(f"services/{name}/artifacts/agreements/A", {"document": document})
    assert (reply.status, reply.code) == (400, "InvalidRequest")
    assert reply.body["error"]["target"].endswith("/transactionSetControlNumberPrefix")


async def test_a_contrl_is_numbered_by_the_receive_settings(api: Api) -> None:
    """As integration accounts export it: agreed on the receive side, defaults on the other."""
    name = await api.service()
    stem = "acknowledgementControlNumber"
    agreed = {f"{stem}Prefix": "AK", f"{stem}LowerBound": 500_000, f"{stem}UpperBound": 599_999}
    defaults = {f"{stem}LowerBound": 1, f"{stem}UpperBound": 2_147_483_647}
    document = edi_document(
        "Edifact",
        {"acknowledgementSettings": defaults},
        {"acknowledgementSettings": agreed},
    )
    await api.agreement(name, "E", document)
    path = f"services/{name}/control-numbers/E"
    reply = await api.post(f"{path}/allocate", {"kind": "acknowledgement"})
    assert reply.body["numbers"][0]["formatted"] == "AK500000"
    counters = (await api.get(path)).body["counters"]
    assert counters["acknowledgement"]["upperBound"] == 599_999


async def test_references_come_in_as_they_stand_in_their_envelopes(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "E", edi_document("Edifact"))
    await api.agreement(name, "X", edi_document("X12"))
    path = f"services/{name}/received-control-numbers"

    async def seen(agreement: str, kind: str, value: Any, message: str) -> Any:
        body = {"kind": kind, "value": value, "validityDays": 30, "messageId": message}
        reply = await api.post(f"{path}/{agreement}", body)
        return reply.body["duplicate"] if reply.status == 200 else reply.code

    for value in ("ME00012345", 90_062_700_464_801, "000000641", "a/b", "Kö"):
        assert await seen("E", "interchange", value, "one") is False
        assert await seen("E", "interchange", value, "other") is True
    assert await seen("E", "interchange", "90062700464801", "other") is True
    assert await seen("E", "interchange", "me00012345", "other") is False
    assert await seen("E", "interchange", 641, "other") is False
    assert await seen("X", "interchange", 641, "one") is False
    assert await seen("X", "interchange", "000000641", "other") is True
    assert await seen("X", "transactionSet", "0001", "one") is False
    assert await seen("X", "transactionSet", 1, "other") is True
    assert await seen("X", "transactionSet", "A001", "one") is False
    assert await seen("X", "group", "A001", "one") == "InvalidRequest"
    for wrong in ("", " ", "x" * 15, "a\nb", -1, 1.5, True, None, 10**14, "\ud800"):
        assert await seen("E", "interchange", wrong, "one") == "InvalidRequest", wrong


async def test_references_are_in_backups_and_come_back(api: Api) -> None:
    name = await api.service(edition="Premium")
    await api.agreement(name, "E", edi_document("Edifact"))
    path = f"services/{name}/received-control-numbers/E"
    body = {"kind": "interchange", "validityDays": 30, "messageId": "one"}
    values = ["ME0001/2", "00641", 641, 90_062_700_464_801]
    for value in values:
        await api.post(path, {**body, "value": value})
    backup = await api.backup(name)
    section = f"services/{name}/backups/{backup}/contents?section=received-control-numbers"
    listed, link = [], f"{section}&top=1"
    while link:
        page = (await api.get(link)).body
        listed += [record["document"]["value"] for record in page["value"]]
        link = page.get("nextLink", "").partition("/api/")[2]
    assert sorted(map(str, listed)) == sorted(map(str, values))
    changes = f"services/{name}/backups/{backup}/changes?since=live"
    assert (await api.get(changes)).body["value"] == []
    restored = unique("svc")
    await api.restore(backup, name=restored)
    await api.post(f"services/{restored}/resume")
    path = f"services/{restored}/received-control-numbers/E"
    for value in values:
        again = await api.post(path, {**body, "value": value, "messageId": "other"})
        assert again.body["duplicate"] is True, value


async def test_a_received_number_is_looked_up_and_released(api: Api) -> None:
    """A partner sends again, corrected, what could not be taken in the first time."""
    name = await api.service()
    await api.agreement(name, "E", edi_document("Edifact"))
    path = f"services/{name}/received-control-numbers/E"
    asked = f"{path}?kind=interchange&value=641"
    body = {"kind": "interchange", "value": 641, "validityDays": 3650, "messageId": "crashed"}
    assert (await api.get(asked)).code == "ArtifactNotFound"
    first = await api.post(path, body)
    read = await api.get(asked)
    known = {"agreement": "E", "kind": "interchange", "value": 641, "messageId": "crashed"}
    assert {member: read.body[member] for member in known} == known
    assert read.body["seenAt"] == first.body["firstSeenAt"]
    other = await api.delete(asked, headers={"If-Match": '"other"'})
    assert (other.status, other.code) == (412, "ConditionNotMet")
    released = await api.delete(asked, headers={"If-Match": read.headers["ETag"]})
    assert released.status == 204
    for gone in (await api.get(asked), await api.delete(asked)):
        assert (gone.status, gone.code) == (404, "ArtifactNotFound")
    corrected = await api.post(path, {**body, "validityDays": 1, "messageId": "corrected"})
    assert corrected.body["duplicate"] is False
    log = (await api.get(f"services/{name}/operations")).body["value"]
    records = [r["parameters"] for r in log if r["parameters"].get("change", "")[:7] == "Release"]
    assert records == [
        {
            "change": "ReleaseReceivedNumber",
            "agreement": "E",
            "kind": "interchange",
            "value": "641",
        }
    ], "what is refused leaves none"
    await api.post(f"services/{name}/suspend")
    assert (await api.delete(asked)).status == 204


async def test_a_reference_with_signs_is_looked_up(api: Api) -> None:
    name = await api.service()
    await api.agreement(name, "E", edi_document("Edifact"))
    path = f"services/{name}/received-control-numbers/E"
    body = {"kind": "interchange", "value": "A/B &1+?", "validityDays": 1, "messageId": "m"}
    assert (await api.post(path, body)).status == 200
    asked = f"{path}?kind=INTERCHANGE&value={quote('A/B &1+?', safe='')}"
    assert (await api.get(asked)).body["value"] == "A/B &1+?"
    assert (await api.delete(asked)).status == 204


async def test_an_agreement_says_one_thing(api: Api) -> None:
    name = await api.service()
    path = f"services/{name}/artifacts/agreements"
    twice = {"interchangeControlNumberLowerBound": 10, "InterchangeControlNumberLowerBound": 700}
    document = edi_document("X12", {"envelopeSettings": twice})
    refused = await api.put(f"{path}/A", {"document": document})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert "differ in case alone" in refused.body["error"]["message"]
    several = {"agreementType": "AS2", "content": {"x12": {}, "edifact": {}, "aS2": {}}}
    assert (await api.put(f"{path}/As2", {"document": several})).status == 201
    other = {"agreementType": "AS2", "content": {"x12": {}}}
    assert (await api.put(f"{path}/B", {"document": other})).code == "InvalidRequest"
    assert (await api.put(f"{path}/Bare", {"document": {"agreementType": "X12"}})).status == 201
    spent = await api.post(f"services/{name}/control-numbers/Bare/allocate", {"kind": "group"})
    assert "has no settings of X12 or EDIFACT" in spent.body["error"]["message"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [("sha-256", "SHA2-256"), ("sha256", "SHA2-256"), ("SHA-1", "SHA1"), ("md5", "MD5")],
)
async def test_algorithms_as_headers_spell_them(api: Api, said: str, kept: str) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    path = f"services/{name}/mic-values/A"
    mic = {"messageId": "m", "mic": "q83v", "algorithm": said, "as2From": "a b", "as2To": 'a"b"'}
    put = await api.put(path, mic)
    assert (put.status, put.body["algorithm"]) == (201, kept)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mic": "q83v, sha256"},
        {"mic": "not base64!"},
        {"algorithm": "sha"},
        {"as2From": ""},
        {"as2To": "x" * 129},
    ],
)
async def test_no_mic_that_no_receipt_has(api: Api, wrong: dict[str, str]) -> None:
    name = await api.service()
    await api.agreement(name, "A")
    mic = {"messageId": "m", "mic": "q83v", "algorithm": "SHA1", "as2From": "a", "as2To": "b"}
    put = await api.put(f"services/{name}/mic-values/A", {**mic, **wrong})
    assert (put.status, put.code) == (400, "InvalidRequest")
    assert put.body["error"]["target"] == f"/{next(iter(wrong))}"


async def test_no_put_replaces_what_it_did_not_name(api: Api) -> None:
    """Two companies: one of them was gone when the other one came."""
    name = await api.service()
    path = f"services/{name}/artifacts/partners"
    first = {"document": {"for": "Weiß"}}
    assert (await api.put(f"{path}/{quote('Weiß GmbH')}", first)).status == 201
    refused = await api.put(f"{path}/Weiss GmbH", {"document": {"for": "Weiss"}})
    assert (refused.status, refused.code) == (400, "InvalidName")
    assert (await api.get(f"{path}/{quote('weiß GMBH')}")).body["document"] == first["document"]
    for gone in (await api.get(f"{path}/Weiss GmbH"), await api.delete(f"{path}/Weiss GmbH")):
        assert (gone.status, gone.code) == (404, "ArtifactNotFound")
    items = [
        {"section": "partners", "name": one, "document": {}} for one in ("Groß KG", "Gross KG")
    ]
    both = await api.post(f"services/{name}/import", {"artifacts": items})
    assert (both.status, both.code) == (400, "InvalidName")
    assert both.body["error"]["target"] == "/artifacts/1/name"
    await api.agreement(name, quote("Weiß-810"), edi_document("X12"))
    assert await api.allocate(name, quote("WEIß-810")) == 1
    numbers = f"services/{name}/control-numbers/Weiss-810"
    assert (await api.get(numbers)).code == "AgreementNotFound"
    issued = await api.post(f"{numbers}/allocate", {"kind": "interchange"})
    assert issued.code == "AgreementNotFound"
