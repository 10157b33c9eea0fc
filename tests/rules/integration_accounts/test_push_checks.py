"""Everything of a push that forbids it or surprises."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.model.certificate import CertificateFacts
from shared.model.integration_account import Child, Sku
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import Action, CreateAccount, Extra, PlannedArtifact, PushBody, VaultChange
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.push_changes import Changes
from shared.rules.integration_accounts.push_checks import PushChecks, Record
from shared.rules.integration_accounts.push_keys import KeyInVault
from shared.rules.integration_accounts.push_told import MOST_OF_A_CODE
from tests.rules.integration_accounts.test_findings import agreement, partner

NOW = datetime(2026, 11, 30, tzinfo=UTC)
SUBSCRIPTION = "/subscriptions/6a1f0c2e-5b8a-4c6f-9e3d-2a1b0c9d8e7f/resourceGroups/rg"
OLD = f"{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults/vault-old"
NEW = f"{SUBSCRIPTION}/providers/Microsoft.KeyVault/vaults/vault-new"
HOST = Record(Child.PARTNERS, "Host", partner(("AA", "AA")))
GUEST = Record(Child.PARTNERS, "Guest", partner(("ZZ", "ZZ")))
TRADE = Record(Child.AGREEMENTS, "Trade", agreement())
CREATE, REPLACE, SAME, KEEP, DELETE, REFUSE = Action

Found = tuple[list[Problem], list[Warning]]


def checks(sku: Sku = Sku.STANDARD, **members: object) -> PushChecks:
    body = PushBody(**members)  # type: ignore[arg-type]
    return PushChecks(body, Changes.of("westeurope", body.key_vaults), sku, NOW)


def codes(found: Found) -> tuple[list[tuple[str, str | None]], list[tuple[str, str | None]]]:
    problems, warnings = found
    return [(one.code, one.target) for one in problems], [(w.code, w.target) for w in warnings]


def facts(expires_at: datetime) -> CertificateFacts:
    return CertificateFacts(thumbprint="A" * 40, subject="CN=x", expires_at=expires_at)


def test_a_service_that_is_in_order_has_nothing_to_tell() -> None:
    found = checks()
    for record in (HOST, GUEST, TRADE):
        found.look_at(record, CREATE)
    assert found.end() == ([], [])
    assert found.counted().counts == {
        "agreements": {CREATE: 1},
        "partners": {CREATE: 2},
    }


def test_the_first_artifacts_that_do_not_stay_are_named() -> None:
    found = checks()
    found.look_at(HOST, SAME)
    found.look_at(GUEST, REPLACE)
    for index in range(250):
        found.look_at_target(Child.SCHEMAS, f"Schema{index}", {}, DELETE)
    counted = found.counted()
    assert counted.items[0] == PlannedArtifact(section="partners", name="Guest", action=REPLACE)
    assert (len(counted.items), counted.more) == (200, 51)
    assert counted.counts == {
        "partners": {REPLACE: 1, SAME: 1},
        "schemas": {DELETE: 250},
    }


def test_what_the_account_has_otherwise_is_refused_once() -> None:
    found = checks()
    for index in range(7):
        found.look_at(Record(Child.PARTNERS, f"P{index}", partner()), REFUSE)
    problems, _ = found.end()
    assert [(one.code, one.target) for one in problems] == [
        (Code.INTEGRATION_ACCOUNT_HOLDS, "/existing")
    ]
    assert "7 artifacts" in problems[0].message
    assert "partners/P4 and 2 more" in problems[0].message


def test_a_tier_that_holds_less_than_that() -> None:
    create = CreateAccount(resource_id="/x", location="westeurope", sku=Sku.BASIC)
    for members, place in (({}, "/exclude"), ({"create": create}, "/create/sku")):
        found = checks(Sku.BASIC, **members)
        for name in ("A", "B", "C"):
            found.look_at(Record(Child.PARTNERS, name, partner()), CREATE)
        problems, _ = found.end()
        assert [(one.code, one.target) for one in problems] == [(Code.QUOTA_EXCEEDED, place)]
        assert "may hold 2 partners; it would hold 3" in problems[0].message


def test_deletions_come_last_so_that_a_full_account_has_no_room_before() -> None:
    found = checks(Sku.BASIC, extra=Extra.DELETE)
    found.look_at(Record(Child.PARTNERS, "A", partner()), CREATE)
    found.look_at(Record(Child.PARTNERS, "B", partner()), SAME)
    found.look_at_target(Child.PARTNERS, "C", partner(), DELETE)
    problems, _ = found.end()
    assert [one.code for one in problems] == [Code.QUOTA_EXCEEDED]
    assert "until the 1 that are deleted are gone" in problems[0].message


@pytest.mark.parametrize("action", [SAME, REPLACE])
def test_an_account_that_is_over_its_limits_can_be_brought_back(action: Action) -> None:
    found = checks(Sku.BASIC)
    for name in ("A", "B", "C"):
        found.look_at(Record(Child.PARTNERS, name, partner()), action)
    assert codes(found.end()) == ([], [])


def test_extra_artifacts_that_fill_an_account_can_be_deleted() -> None:
    found = checks(Sku.BASIC)
    for name in ("A", "B"):
        found.look_at(Record(Child.PARTNERS, name, partner()), CREATE)
    found.look_at_target(Child.PARTNERS, "C", partner(), KEEP)
    problems, _ = found.end()
    assert "extra: delete" in problems[0].message


def test_a_reference_that_dangles_in_the_service_is_told_and_forbids_nothing() -> None:
    found = checks()
    found.look_at(HOST, CREATE)
    found.look_at(TRADE, CREATE)
    assert codes(found.end()) == ([], [("DanglingReference", "agreements/Trade")])


def test_a_reference_to_what_the_request_excludes_is_refused() -> None:
    found = checks()
    found.look_at(HOST, CREATE)
    found.look_at(TRADE, CREATE)
    found.leaves_out("partners", "Guest")
    assert codes(found.end()) == ([(Code.DANGLING_REFERENCE, "/exclude")], [])


def test_a_reference_to_what_the_account_has_is_none_that_dangles() -> None:
    found = checks()
    found.look_at(HOST, CREATE)
    found.look_at_target(Child.PARTNERS, "GUEST", partner(("ZZ", "ZZ")), KEEP)
    found.look_at(TRADE, CREATE)
    assert codes(found.end()) == ([], [])


def test_a_reference_to_what_would_be_deleted_is_refused() -> None:
    found = checks(extra=Extra.DELETE)
    found.look_at(HOST, CREATE)
    found.look_at_target(Child.PARTNERS, "Guest", partner(("ZZ", "ZZ")), DELETE)
    found.look_at_target(Child.AGREEMENTS, "Trade", agreement(), KEEP)
    problems, warnings = codes(found.end())
    assert problems == [(Code.DANGLING_REFERENCE, "/extra")]
    assert warnings == []


def test_an_agreement_that_is_deleted_names_nobody() -> None:
    found = checks(extra=Extra.DELETE)
    found.look_at_target(Child.PARTNERS, "Guest", partner(("ZZ", "ZZ")), DELETE)
    found.look_at_target(Child.AGREEMENTS, "Trade", agreement(), DELETE)
    assert codes(found.end()) == ([], [])


def test_identities_are_those_of_the_partners_that_the_account_will_hold() -> None:
    found = checks()
    found.look_at(HOST, CREATE)
    found.look_at_target(Child.PARTNERS, "Guest", partner(("QQ", "QQ")), KEEP)
    found.look_at(TRADE, CREATE)
    assert codes(found.end()) == ([], [("IdentityUnknown", "agreements/Trade")])


def test_what_stays_in_the_account_is_told_only_where_it_meets_the_rest() -> None:
    found = checks()
    found.look_at(HOST, CREATE)
    found.look_at(GUEST, CREATE)
    found.look_at_target(Child.AGREEMENTS, "Theirs", agreement(hostPartner="Nobody"), KEEP)
    assert codes(found.end()) == ([], [])
    found = checks()
    for record in (HOST, GUEST, TRADE):
        found.look_at(record, CREATE)
    found.look_at_target(Child.AGREEMENTS, "Theirs", agreement(), KEEP)
    assert codes(found.end()) == ([], [("DuplicateIdentities", "agreements/Theirs")])


def test_of_what_is_the_same_already_nothing_is_told_but_where_it_meets_the_rest() -> None:
    found = checks()
    found.look_at(Record(Child.SCHEMAS, "A b", {"x": 1}), SAME)
    found.look_at(Record(Child.CERTIFICATES, "Old", key(), 3, b"odd"), SAME)
    assert (found.end(), found.keys.vaults) == (([], []), ())
    found = checks()
    found.look_at(HOST, SAME)
    found.look_at(Record(Child.PARTNERS, "Guest", partner(("QQ", "QQ"))), REPLACE)
    found.look_at_target(Child.AGREEMENTS, "Trade", agreement(), KEEP)
    assert codes(found.end()) == ([], [("IdentityUnknown", "agreements/Trade")])


def test_findings_that_are_too_many_are_counted() -> None:
    found = checks()
    for index in range(1_003):
        found.look_at(Record(Child.AGREEMENTS, f"A{index}", {"hostPartner": "Nobody"}), CREATE)
    _, warnings = found.end()
    told = {one.code: one.message for one in warnings}
    assert "3 more" in told["FindingsLeftOut"]
    assert len(warnings) == MOST_OF_A_CODE + 2


def test_certificates_that_expire() -> None:
    found = checks()
    for name, days in (("Past", -1), ("Soon", 10), ("Later", 100)):
        expires = facts(NOW + timedelta(days=days))
        found.look_at(Record(Child.CERTIFICATES, name, {}, 3, b"\x30\x01\x00", expires), CREATE)
    found.look_at(Record(Child.CERTIFICATES, "Odd", {}, 3, b"odd"), CREATE)
    assert codes(found.end()) == (
        [],
        [
            ("CertificateUnreadable", "certificates/Odd"),
            ("CertificateExpired", "certificates/Past"),
            ("CertificateExpires", "certificates/Soon"),
        ],
    )


@pytest.mark.parametrize("head", [b"\x30\x0a", b"\x30\x80", b"\x30\x82\x01\x00"])
def test_a_private_key_is_never_sent_as_a_public_part(head: bytes) -> None:
    found = checks()
    data = head + b"\x02\x01\x03\x30\x00\x00"
    found.look_at(Record(Child.CERTIFICATES, "Key", {}, len(data), data), CREATE)
    problems, warnings = codes(found.end())
    assert (problems, warnings) == ([(Code.INVALID_REQUEST, "/exclude")], [])


def test_a_private_key_in_pem_is_not_sent_either() -> None:
    found = checks()
    data = b"-----BEGIN " + b"PRIVATE KEY-----"
    found.look_at(Record(Child.CERTIFICATES, "Key", {}, len(data), data), CREATE)
    assert codes(found.end()) == ([(Code.INVALID_REQUEST, "/exclude")], [])


def key(vault: str = OLD, name: str = "trade", **members: str) -> JsonObject:
    return {"key": {"keyName": name, "keyVault": {"id": vault}, **members}}


def test_keys_are_looked_for_in_the_vaults_that_take_the_place_of_others() -> None:
    found = checks(key_vaults=[VaultChange(from_=OLD.upper(), to=NEW)])
    for name, document in (
        ("A", key(keyVersion="1")),
        ("B", key(name="other")),
        ("C", key(name="off")),
        ("D", key(f"{OLD}2")),
    ):
        found.look_at(Record(Child.CERTIFICATES, name, document), CREATE)
    assert found.keys.vaults == (NEW, f"{OLD}2")
    found.keys.look_at(NEW.lower(), [KeyInVault("TRADE", True), KeyInVault("off", False)])
    found.keys.not_checked(f"{OLD}2", "Azure answered 403.")
    problems, warnings = found.end()
    assert [(one.code, one.target) for one in problems] == [
        (Code.ARTIFACT_NOT_FOUND, "/keyVaults"),
        (Code.ARTIFACT_NOT_FOUND, "/keyVaults"),
    ]
    assert ["'B'" in problems[0].message, "'C'" in problems[1].message] == [True, True]
    assert [(one.code, one.target) for one in warnings] == [
        ("KeyVersionLeftOut", "certificates/A"),
        ("KeysNotChecked", "certificates"),
    ]
    assert "'D'" in warnings[1].message


def test_a_vault_that_no_certificate_names_is_a_mistake() -> None:
    found = checks(
        key_vaults=[
            VaultChange(from_=OLD, to=NEW),
            VaultChange(from_=OLD, to=NEW),
            VaultChange(from_=NEW, to="vault-new"),
        ]
    )
    found.look_at(Record(Child.CERTIFICATES, "A", key()), CREATE)
    problems, _ = found.end()
    assert [(one.code, one.target) for one in problems] == [
        (Code.INVALID_REQUEST, "/keyVaults/1/from"),
        (Code.INVALID_REQUEST, "/keyVaults/2/to"),
        (Code.INVALID_REQUEST, "/keyVaults/2/from"),
    ]


def test_a_schema_without_content_cannot_be_written() -> None:
    found = checks()
    found.look_at(Record(Child.SCHEMAS, "Order", {"schemaType": "Xml"}), CREATE)
    assert codes(found.end()) == ([(Code.ARTIFACT_NOT_FOUND, "/exclude")], [])


def test_what_schemas_and_maps_take_from_elsewhere() -> None:
    schema = (
        b"<xs:schema><!-- <xs:include schemaLocation='Old.xsd'/> -->"
        b"<xs:include schemaLocation='Order.xsd'/><xs:import namespace='x'/>"
        b'<xs:import namespace="y" schemaLocation="https://example.org/y.xsd"/>'
        b"<xs:include schemaLocation='Lost.xsd'/></xs:schema>"
    )
    sheet = b"<xsl:stylesheet version='1.0'><xsl:import href='../common.xslt'/></xsl:stylesheet>"
    found = checks()
    found.look_at(Record(Child.SCHEMAS, "Invoice", {}, len(schema), schema), CREATE)
    found.look_at(Record(Child.SCHEMAS, "order", {}, 4, b"<a/>"), CREATE)
    found.look_at(Record(Child.MAPS, "To", {"mapType": "Xslt"}, len(sheet), sheet), CREATE)
    problems, warnings = found.end()
    assert problems == []
    assert [(one.code, one.target) for one in warnings] == [
        ("RemoteImport", "schemas/Invoice"),
        ("ImportMissing", "schemas/Invoice"),
        ("ImportMissing", "transforms/To"),
    ]
    assert "Lost.xsd" in warnings[1].message


def test_a_map_of_another_type_than_its_stylesheet() -> None:
    sheet = b"<xsl:stylesheet version='2.0'/>"
    found = checks()
    found.look_at(Record(Child.MAPS, "To", {"mapType": "Xslt"}, len(sheet), sheet), CREATE)
    assert codes(found.end()) == ([], [("MapTypeUnfit", "transforms/To")])


def test_what_azure_takes_from_nobody_is_told() -> None:
    found = checks()
    found.look_at(Record(Child.PARTNERS, "A b", {**partner(), "secret": 1}), CREATE)
    found.look_at_other("bridges", 3)
    found.look_at_other("pipelines", 0)
    problems, warnings = found.end()
    assert problems == []
    assert [(one.code, one.target) for one in warnings] == [
        ("NameUnfit", "partners/A b"),
        ("MembersLeftOut", "partners/A b"),
        ("NotPushed", "bridges"),
    ]
    assert "/secret" in warnings[1].message


def test_a_push_that_empties_a_section_is_told() -> None:
    found = checks(extra=Extra.DELETE)
    for name in ("A", "B", "C"):
        found.look_at_target(Child.PARTNERS, name, partner(), DELETE)
    found.look_at(HOST, CREATE)
    assert codes(found.end()) == ([], [("DeletesMost", "partners")])


def test_of_many_alike_the_first_are_told_and_the_others_counted() -> None:
    found = checks()
    for index in range(MOST_OF_A_CODE + 7):
        found.look_at(Record(Child.SCHEMAS, f"S{index}", {"x": 1}), CREATE)
    problems, warnings = found.end()
    assert len(problems) == len(warnings) == MOST_OF_A_CODE + 1
    assert problems[-1].message.startswith("7 more")
    assert warnings[-1].message == "7 more of these."


@pytest.mark.parametrize("is_kept", [True, False])
def test_what_an_account_lacked_before_forbids_nothing(is_kept: bool) -> None:
    """One agreement is brought back; another one of the account names nobody already."""
    found = checks()
    found.look_at(HOST, CREATE)
    if is_kept:
        found.look_at_target(Child.AGREEMENTS, "Trade", agreement(), KEEP)
    else:
        found.look_at(TRADE, SAME)
    found.leaves_out("partners", "Guest")
    assert codes(found.end())[0] == []
