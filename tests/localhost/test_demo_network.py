"""The demo's trading network holds what an integration engineer would ask of it."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs12
from lxml import etree

from localhost.demo import __main__ as demo
from localhost.demo.failure import DemoFailed
from localhost.demo.issued import Issued
from localhost.demo.network.artifact import Artifact
from localhost.demo.network.build import FOLDER, Network, build
from localhost.demo.network.masking import MASK, masked, secrets_of
from localhost.demo.steps import STEPS
from localhost.demo.terminal import Terminal
from shared.model.numbers import Kind
from shared.model.service import Edition
from shared.rules import acceptable, documents
from shared.rules.agreement_numbers import formatted, numbering
from shared.rules.editions import quotas
from shared.rules.naming import require_artifact_name

ONE_TRANSACTION = 99
CANONICAL = {"c": "http://schemas.tarnfell.example/canonical/1"}
EDIFACT = {"e": "http://schemas.microsoft.com/BizTalk/EDI/EDIFACT/2006"}
X12 = {"x": "http://schemas.microsoft.com/BizTalk/EDI/X12/2006"}
SCHEMAS = sorted(path.stem for path in (FOLDER / "schemas").glob("*.xsd"))
MAPS = sorted(path.stem for path in (FOLDER / "transforms").glob("*.xslt"))
SAMPLES = sorted(path.stem for path in (FOLDER / "samples").glob("*.xml"))


@pytest.fixture(scope="module")
def network() -> Network:
    return build()


def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(FOLDER / "schemas" / f"{name}.xsd"))


def sample(name: str) -> Any:
    return etree.parse(FOLDER / "samples" / f"{name}.xml")


def mapped(name: str, source: Any) -> Any:
    transform = etree.XSLT(etree.parse(FOLDER / "transforms" / f"{name}.xslt"))
    return etree.fromstring(bytes(transform(source)))


def one_way_settings(agreement: Artifact) -> Iterator[tuple[str, dict[str, Any]]]:
    """Both directions of an agreement, with their protocol settings."""
    (content,) = agreement.document["content"].values()
    for direction in ("receiveAgreement", "sendAgreement"):
        yield direction, content[direction]["protocolSettings"]


# --- schemas and maps


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_compiles(name: str) -> None:
    assert schema(name) is not None


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_valid(name: str) -> None:
    schema(name).assertValid(sample(name))


def test_schema_refuses_a_segment_that_is_not_listed() -> None:
    order = sample("X12_00401_850")
    etree.SubElement(order.getroot(), etree.QName(X12["x"], "MSG"))
    assert not schema("X12_00401_850").validate(order)


@pytest.mark.parametrize("name", MAPS)
def test_map_makes_a_valid_document(name: str) -> None:
    source, target = name.split("_to_")
    schema(target).assertValid(mapped(name, sample(source)))


def test_order_goes_through_x12_and_comes_back_the_same() -> None:
    order = sample("PurchaseOrder")
    there = mapped("PurchaseOrder_to_X12_00401_850", order)
    back = mapped("X12_00401_850_to_PurchaseOrder", there)
    for tree in (order.getroot(), back):
        for element in tree.iter():
            element.tail = None
            if len(element):
                element.text = None
    assert etree.tostring(back, method="c14n") == etree.tostring(order, method="c14n")


def test_850_lines_and_dates() -> None:
    order = mapped("X12_00401_850_to_PurchaseOrder", sample("X12_00401_850"))
    assert order.findtext("c:OrderDate", namespaces=CANONICAL) == "2026-10-08"
    line = order.find("c:Line", CANONICAL)
    assert line.get("number") == "1"
    assert line.findtext("c:Description", namespaces=CANONICAL) == (
        "Shaft coupling 28 mm, keyed, balanced"
    )


def test_810_implied_decimals_become_explicit() -> None:
    invoice = mapped("X12_00401_810_to_Invoice", sample("X12_00401_810"))
    amounts = {
        name: invoice.findtext(f"c:{name}", namespaces=CANONICAL)
        for name in ("LinesAmount", "ChargesAmount", "TaxAmount", "TotalAmount")
    }
    assert amounts == {
        "LinesAmount": "5379.60",
        "ChargesAmount": "160.00",
        "TaxAmount": "0.00",
        "TotalAmount": "5539.60",
    }


def test_856_hierarchy_comes_out_as_orders_and_items() -> None:
    notice = mapped("X12_00401_856_to_ShipNotice", sample("X12_00401_856"))
    orders = {
        order.get("number"): [
            item.findtext("c:BuyerItem", namespaces=CANONICAL)
            for item in order.findall("c:Item", CANONICAL)
        ]
        for order in notice.findall("c:Order", CANONICAL)
    }
    assert orders == {
        "4500071790": ["TP-VOL-200"],
        "4500071802": ["TP-IMP-200", "TP-BRG-200"],
    }
    assert notice.findtext("c:GrossWeightKg", namespaces=CANONICAL) == "2812.3"


def test_856_and_desadv_become_the_same_form() -> None:
    notice = mapped("EFACT_D96A_DESADV_to_ShipNotice", sample("EFACT_D96A_DESADV"))
    assert notice.findtext("c:Carrier", namespaces=CANONICAL) == "Windlass Freight"
    assert [q.get("unit") for q in notice.iterfind(".//c:Quantity", CANONICAL)] == ["EA", "MR"]


def test_self_billed_invoice_says_so_and_adds_up() -> None:
    invoice = mapped("Invoice_to_EFACT_D96A_INVOIC", sample("Invoice"))
    assert invoice.findtext("e:BGM/e:C002/C00201", namespaces=EDIFACT) == "389"
    amounts = {
        amount.findtext("C51601"): float(amount.findtext("C51602"))
        for amount in invoice.iterfind(".//e:C516", EDIFACT)
    }
    assert amounts["77"] == pytest.approx(amounts["125"] + amounts["124"])
    assert amounts["79"] == pytest.approx(amounts["125"])


def test_orders_is_a_call_off_where_there_is_a_contract() -> None:
    orders = mapped("PurchaseOrder_to_EFACT_D96A_ORDERS", sample("PurchaseOrder"))
    assert orders.findtext("e:BGM/e:C002/C00201", namespaces=EDIFACT) == "105"
    assert [u.text for u in orders.iterfind(".//C18603")] == ["PCE", "MTR"]


# --- references


def test_agreements_name_partners_with_these_identities(network: Network) -> None:
    identities = {
        partner.name: partner.document["content"]["b2b"]["businessIdentities"]
        for partner in network.section("partners")
    }
    for agreement in network.section("agreements"):
        document = agreement.document
        for side in ("host", "guest"):
            assert document[f"{side}Identity"] in identities[document[f"{side}Partner"]]


def test_agreements_name_schemas_and_certificates_that_are_there(network: Network) -> None:
    schemas = {artifact.name for artifact in network.section("schemas")}
    certificates = {artifact.name for artifact in network.section("certificates")}
    for agreement in network.section("agreements"):
        for _, settings in one_way_settings(agreement):
            assert {r["schemaName"] for r in settings.get("schemaReferences", [])} <= schemas
            security = settings.get("securitySettings", {})
            named = {v for k, v in security.items() if k.endswith("CertificateName")}
            assert named <= certificates


def test_bridges_name_what_is_there(network: Network) -> None:
    names = {(artifact.section, artifact.name) for artifact in network.artifacts}
    members = {
        "transform": "transforms",
        "transforms": "transforms",
        "schema": "schemas",
        "schemas": "schemas",
        "agreement": "agreements",
        "assembly": "assemblies",
        "pipeline": "pipelines",
        "hybridConnection": "hybrid-connections",
    }

    def references(value: Any) -> Iterator[tuple[str, str]]:
        if isinstance(value, list):
            for element in value:
                yield from references(element)
        if isinstance(value, dict):
            for member, inner in value.items():
                if member in members:
                    for name in inner if isinstance(inner, list) else [inner]:
                        yield members[member], name
                else:
                    yield from references(inner)

    for section in ("bridges", "batches", "x12-mappings"):
        for artifact in network.section(section):
            assert set(references(artifact.document)) <= names, artifact.name


def test_route_rules_lead_to_destinations(network: Network) -> None:
    for bridge in network.section("bridges"):
        destinations = {d["name"] for d in bridge.document["destinations"]}
        assert {rule["destination"] for rule in bridge.document["routeRules"]} <= destinations


def test_every_map_and_edi_schema_is_used(network: Network) -> None:
    bridges = json.dumps([bridge.document for bridge in network.section("bridges")])
    for artifact in network.section("transforms"):
        assert f'"{artifact.name}"' in bridges
    agreements = json.dumps([a.document for a in network.section("agreements")])
    for artifact in network.section("schemas"):
        if artifact.name.startswith(("X12", "EFACT")):
            assert f'"{artifact.name}"' in agreements


def test_global_location_numbers_have_their_check_digit(network: Network) -> None:
    for partner in network.section("partners"):
        for identity in partner.document["content"]["b2b"]["businessIdentities"]:
            if identity["qualifier"] == "14":
                digits = [int(digit) for digit in identity["value"]]
                weighted = sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits))
                assert len(digits) == 13
                assert weighted % 10 == 0
                assert identity["value"].startswith("2"), "numbers that GS1 gives to nobody"


# --- what the app makes of it


def test_names_and_documents_are_acceptable(network: Network) -> None:
    for artifact in network.artifacts:
        require_artifact_name(artifact.name)
        acceptable.require_acceptable(artifact.document)


def test_network_goes_into_a_basic_service_in_one_transaction(network: Network) -> None:
    assert len(network.artifacts) <= ONE_TRANSACTION
    counts = network.counts()
    for section, limit in quotas(Edition.BASIC, 1).items():
        assert 0 < counts[section] <= limit


def test_bounds_differ_as_partners_ask(network: Network) -> None:
    bounds = {a.name: numbering(a.document) for a in network.section("agreements")}
    firsts = {
        (name, kind): formatted(kinds[kind], kinds[kind].lower)
        for name, kinds in bounds.items()
        for kind in kinds
    }
    assert firsts["Tarnfell-Ostrow-X12", Kind.INTERCHANGE] == "000041207"
    assert firsts["Tarnfell-Quarrick-X12", Kind.TRANSACTION_SET] == "TP1000"
    assert firsts["Tarnfell-Mühlgrund-EDIFACT", Kind.INTERCHANGE] == "TF5001"
    vantelle = bounds["Tarnfell-Vantelle-EDIFACT"][Kind.INTERCHANGE]
    assert (vantelle.upper, vantelle.rollover) == (99_999, False)
    assert bounds["Tarnfell-Ostrow-AS2"] == {}


def test_st02_fits_nine_characters(network: Network) -> None:
    for agreement in network.section("agreements"):
        if agreement.document["agreementType"] == "X12":
            bounds = numbering(agreement.document)[Kind.TRANSACTION_SET]
            assert len(formatted(bounds, bounds.upper)) <= 9


def test_masks_are_where_the_app_puts_them(network: Network) -> None:
    for artifact in network.artifacts:
        assert masked(artifact.document) == documents.masked(artifact.section, artifact.document)


# --- secrets and certificates


def test_secrets_are_made_for_each_network(network: Network) -> None:
    assert network.secrets().isdisjoint(build().secrets())
    assert "@secret" not in json.dumps([a.document for a in network.artifacts])


def test_every_kind_of_secret_is_there(network: Network) -> None:
    for section in ("agreements", "bridges", "certificates"):
        for artifact in network.section(section):
            text = json.dumps(masked(artifact.document))
            assert not any(secret in text for secret in secrets_of(artifact.document))
    agreements = json.dumps([masked(a.document) for a in network.section("agreements")])
    for member in (
        "passwordValue",
        "authorizationValue",
        "recipientReferencePasswordValue",
        "groupApplicationPassword",
    ):
        assert f'"{member}": "{MASK}"' in agreements


def test_service_certificate_opens_with_its_password(network: Network) -> None:
    key, certificate, _ = pkcs12.load_key_and_certificates(
        network.certificate.pfx, network.certificate.password.encode()
    )
    assert key is not None
    assert certificate is not None
    assert certificate.fingerprint(hashes.SHA1()).hex().upper() == network.certificate.thumbprint


def test_public_certificates_come_as_der_and_as_pem(network: Network) -> None:
    forms = set()
    for artifact in network.section("certificates"):
        assert artifact.content is not None
        data = artifact.content.data
        is_pem = data.startswith(b"-----BEGIN CERTIFICATE-----")
        load = x509.load_pem_x509_certificate if is_pem else x509.load_der_x509_certificate
        thumbprint = load(data).fingerprint(hashes.SHA1()).hex().upper()
        assert artifact.document["thumbprint"] == thumbprint
        assert b"PRIVATE KEY" not in data
        forms.add(is_pem)
    assert forms == {True, False}


def test_own_certificate_holds_its_key_as_a_secret(network: Network) -> None:
    (own,) = (a for a in network.section("certificates") if "pfx" in a.document)
    pfx = base64.b64decode(own.document["pfx"])
    key, _, _ = pkcs12.load_key_and_certificates(pfx, own.document["password"].encode())
    assert key is not None
    assert masked(own.document)["pfx"] == MASK


def test_assembly_says_that_it_is_none(network: Network) -> None:
    (assembly,) = network.section("assemblies")
    assert assembly.content is not None
    assert assembly.content.data.startswith(b"Interkeep demo: sample bytes")
    assert assembly.content.data == build().section("assemblies")[0].content.data  # type: ignore[union-attr]


# --- how the story is told


def test_book_of_numbers_refuses_a_repeat() -> None:
    issued = Issued()
    issued.record("A", [{"kind": "group", "value": 7}, {"kind": "interchange", "value": 7}])
    issued.record("B", [{"kind": "group", "value": 7}])
    with pytest.raises(DemoFailed, match="group number 7 was issued twice"):
        issued.record("A", [{"kind": "group", "value": 7}])


def test_text_stays_within_a_narrow_terminal() -> None:
    out = io.StringIO()
    terminal = Terminal(out)
    terminal.step(1, "Title", "why " * 80)
    terminal.request("GET", "/api/" + "x" * 200, "200  12 ms")
    terminal.fact("label", "value " * 60)
    terminal.passed("check " * 60)
    terminal.refused("refusal " * 60)
    terminal.progress(1, 2, "half")
    terminal.finish_progress("label " * 60)
    terminal.failed("reason " * 60)
    assert max(map(len, out.getvalue().splitlines())) <= 100
    assert "\x1b" not in out.getvalue()


def test_every_step_says_what_and_why() -> None:
    assert len({step.title for step in STEPS}) == len(STEPS)
    assert all(len(step.why) > 40 for step in STEPS)


def test_no_host_ends_with_one_clear_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["demo", "--base-url", "http://127.0.0.1:1/api", "--key", "none"]
    monkeypatch.setattr("sys.argv", arguments)
    assert demo.main() == 1
    assert "no answer" in capsys.readouterr().out
