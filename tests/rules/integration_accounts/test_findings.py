"""What a pull takes although a PUT would refuse it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.model.certificate import CertificateFacts
from shared.model.integration_account import Child
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.children import ARTIFACTS
from shared.rules.integration_accounts.findings import (
    ORDER,
    Collector,
    Finding,
    FindingCode,
    Findings,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)
XSLT_2 = b"<xsl:stylesheet version='2.0' xmlns:xsl='x'/>"


def partner(*identities: tuple[str, str]) -> JsonObject:
    listed = [{"qualifier": qualifier, "value": value} for qualifier, value in identities]
    return {"partnerType": "B2B", "content": {"b2b": {"businessIdentities": [*listed]}}}


def agreement(host: str = "AA", guest: str = "ZZ", **members: object) -> JsonObject:
    found: JsonObject = {
        "hostPartner": "Host",
        "guestPartner": "Guest",
        "hostIdentity": {"qualifier": host, "value": host},
        "guestIdentity": {"qualifier": guest, "value": guest},
        "agreementType": "X12",
        "content": {"x12": {}},
    }
    found.update(members)  # type: ignore[arg-type]  # any JSON
    return found


def collected(*artifacts: tuple[Child, str, JsonObject], most: int = 200) -> Findings:
    collector = Collector(NOW, most)
    for child, name, document in artifacts:
        collector.artifact(child, name, document)
    return collector.end()


HOST = (Child.PARTNERS, "Host", partner(("AA", "AA"), ("BB", "BB")))
GUEST = (Child.PARTNERS, "guest", partner(("ZZ", "ZZ")))


def told(found: Findings) -> list[tuple[FindingCode, str, str]]:
    return [(one.code, one.name, one.pointer) for one in found.found]


def test_an_account_that_is_in_order_has_none() -> None:
    found = collected(HOST, GUEST, (Child.AGREEMENTS, "A", agreement()))
    assert found == Findings((), 0, {})
    assert found.to_json() == {"findings": []}


def test_all_kinds_are_in_the_order() -> None:
    assert {*ORDER} == {*ARTIFACTS}


def test_what_an_agreement_names_and_is_not_there() -> None:
    schemas: JsonObject = {
        "x12": {
            "receiveAgreement": {
                "protocolSettings": {
                    "schemaReferences": [{"schemaName": "Order"}, {"schemaName": "order"}]
                }
            }
        }
    }
    found = collected(HOST, (Child.AGREEMENTS, "A", agreement(content=schemas)))
    at = "/content/x12/receiveAgreement/protocolSettings/schemaReferences/0/schemaName"
    assert told(found) == [
        (FindingCode.DANGLING_REFERENCE, "A", "/guestPartner"),
        (FindingCode.DANGLING_REFERENCE, "A", at),
    ]
    assert "'Guest' of the section partners" in found.found[0].message


def test_two_agreements_of_the_same_parties() -> None:
    found = collected(
        HOST,
        GUEST,
        (Child.AGREEMENTS, "A", agreement()),
        (Child.AGREEMENTS, "B", agreement()),
        (Child.AGREEMENTS, "C", agreement(host="BB")),
        (Child.AGREEMENTS, "D", agreement(agreementType="AS2", content={"aS2": {}})),
    )
    assert told(found) == [(FindingCode.DUPLICATE_IDENTITIES, "B", "")]
    assert "'A'" in found.found[0].message


def test_an_identity_that_the_partner_does_not_have() -> None:
    found = collected(HOST, GUEST, (Child.AGREEMENTS, "A", agreement(host="CC")))
    assert told(found) == [(FindingCode.IDENTITY_UNKNOWN, "A", "/hostIdentity")]


def test_bounds_out_of_order() -> None:
    envelope: JsonObject = {
        "interchangeControlNumberLowerBound": 9,
        "interchangeControlNumberUpperBound": 5,
    }
    content: JsonObject = {
        "X12": {"sendAgreement": {"protocolSettings": {"envelopeSettings": envelope}}}
    }
    found = collected(HOST, GUEST, (Child.AGREEMENTS, "A", agreement(content=content)))
    assert [one.code for one in found.found] == [FindingCode.BOUNDS_WRONG]
    assert found.found[0].pointer.endswith("/envelopeSettings/interchangeControlNumberLowerBound")


def test_documents_that_a_put_would_refuse() -> None:
    found = collected(
        (Child.PARTNERS, "Host", partner(("AA", "AA"), ("AA", "AA"))),
        GUEST,
        (Child.AGREEMENTS, "A", agreement(host="ZZ")),
        (Child.AGREEMENTS, "B", agreement(GuestPartner="Guest")),
    )
    assert told(found) == [
        (FindingCode.AGREEMENT_UNUSUAL, "A", "/guestIdentity"),
        (FindingCode.AGREEMENT_UNUSUAL, "B", "/GuestPartner"),
        (FindingCode.IDENTITY_UNKNOWN, "B", "/hostIdentity"),
        (FindingCode.PARTNER_UNUSUAL, "Host", "/content/b2b/businessIdentities/1"),
    ]


def test_names_that_a_put_would_refuse() -> None:
    found = collected(
        (Child.PARTNERS, "a/b", partner()),
        (Child.PARTNERS, "Strasse", partner()),
        (Child.PARTNERS, "Straße", partner()),
        (Child.ROSETTANET_PROCESSES, " ", {}),
    )
    assert told(found) == [
        (FindingCode.NAMES_ALIKE, "Straße", ""),
        (FindingCode.NAME_UNUSUAL, "a/b", ""),
        (FindingCode.NAME_UNUSUAL, " ", ""),
    ]


def test_certificates_that_expired_or_soon_will() -> None:
    collector = Collector(NOW)
    for name, days in (("gone", 0), ("soon", 30), ("later", 31)):
        expires_at = NOW + timedelta(days=days)
        facts = CertificateFacts(thumbprint="A" * 40, subject="CN=x", expires_at=expires_at)
        collector.certificate(name, facts)
    collector.certificate("odd", None)
    assert told(collector.end()) == [
        (FindingCode.CERTIFICATE_EXPIRED, "gone", ""),
        (FindingCode.CERTIFICATE_UNREADABLE, "odd", ""),
        (FindingCode.CERTIFICATE_EXPIRES, "soon", ""),
    ]


def test_a_map_whose_type_does_not_fit() -> None:
    collector = Collector(NOW)
    collector.map_content("fits", {"mapType": "xslt20"}, XSLT_2)
    collector.map_content("unfit", {"mapType": "Xslt"}, XSLT_2)
    assert told(collector.end()) == [(FindingCode.MAP_TYPE_UNFIT, "unfit", "/mapType")]


def test_many_findings_are_counted() -> None:
    found = collected(*((Child.PARTNERS, f"/{n}", partner()) for n in range(10)), most=3)
    assert [len(found.found), found.more] == [3, 7]
    assert found.counts == {FindingCode.NAME_UNUSUAL: 10}
    assert found.to_json()["moreFindings"] == 7
    assert Finding(FindingCode.NAME_UNUSUAL, "m", "s", "n", "/p").to_json()["pointer"] == "/p"


def test_references_to_nothing_are_counted_however_many_there_are() -> None:
    collector = Collector(NOW, 5)
    for index in range(6000):
        collector.artifact(Child.AGREEMENTS, f"A{index}", {"hostPartner": "H", "guestPartner": "G"})
    collector.artifact(Child.PARTNERS, "g", partner())
    found = collector.end()
    assert found.counts == {FindingCode.DANGLING_REFERENCE: 6000}
    assert found.more == 5995


ARTIFACTS_OF_AN_ACCOUNT: list[tuple[Child, str, JsonObject]] = [
    HOST,
    GUEST,
    (Child.PARTNERS, "x?", partner()),
    (Child.AGREEMENTS, "A", agreement()),
    (Child.AGREEMENTS, "B", agreement(host="CC", guestPartner="Nobody")),
    (Child.BATCH_CONFIGURATIONS, "Batch", {"agreement": "C"}),
]


@given(st.permutations(ARTIFACTS_OF_AN_ACCOUNT))
def test_the_order_of_artifacts_does_not_matter(
    artifacts: list[tuple[Child, str, JsonObject]],
) -> None:
    assert told(collected(*artifacts)) == [
        (FindingCode.DANGLING_REFERENCE, "B", "/guestPartner"),
        (FindingCode.IDENTITY_UNKNOWN, "B", "/hostIdentity"),
        (FindingCode.DANGLING_REFERENCE, "Batch", "/agreement"),
        (FindingCode.NAME_UNUSUAL, "x?", ""),
    ]
