"""Artifacts through HTTP: documents, quotas, references, identities."""

import base64
import hashlib
from typing import Any

import pytest

from shared.model.sections import Section
from tests.support.api import Api, nobodys, partner_document, x12_document

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
    packs_into_nothing = await api.put(path, {"document": {"zeros": ["0" * 30] * 120_000}})
    assert packs_into_nothing.status == 201
    for more in (["0" * 30] * 140_000, [1] * 260_000):
        refused = await api.put(path, {"document": {"zeros": more}})
        assert (refused.status, refused.code) == (413, "DocumentTooLarge")
    assert len((await api.get(path)).body["document"]["zeros"]) == 120_000
    assert (await api.delete(path)).status == 204


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
