"""The sample account: Contoso, and what it exchanges with Fabrikam and Northwind. Its passwords
are made anew each time, its certificate once a process."""

import asyncio
import base64
import secrets
import string
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from localhost.arm.state import JsonObject, State
from localhost.arm.times import stamp
from localhost.demo.network.artifact import Artifact, Identity, Numbers
from localhost.demo.network.as2 import As2Connection
from localhost.demo.network.edifact import EdifactAgreement
from localhost.demo.network.x12 import X12Agreement

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-integration"
ACCOUNT = f"{_GROUP}/providers/Microsoft.Logic/integrationAccounts/contoso-trading"
"""The sample account's ARM id."""

X12 = "Contoso-Fabrikam-X12"
EDIFACT = "Contoso-Northwind-EDIFACT"
AS2 = "Contoso-Fabrikam-AS2"

_VAULT = f"{_GROUP}/providers/Microsoft.KeyVault/vaults/contoso-keys"
_TEST_VAULT = f"{_GROUP}/providers/Microsoft.KeyVault/vaults/contoso-test-keys"
_WORKFLOWS = f"{_GROUP}/providers/Microsoft.Logic/workflows"
_FILES = Path(__file__).parent / "contoso"
_X12_TYPE, _EDIFACT_TYPE = 0, 1
_FIRST_RECEIVED, _RECEIVED = 880, 12

_IDENTITIES = {
    "Contoso": (("ZZ", "CONTOSO"), ("14", "2900009900012"), ("AS2Identity", "CONTOSO-AS2")),
    "Fabrikam": (("ZZ", "FABRIKAM"), ("AS2Identity", "FABRIKAM-AS2")),
    "Northwind": (("14", "2900009900036"),),
}


_EDI = "http://schemas.microsoft.com/BizTalk/EDI"
_SCHEMAS = {
    "Order": "http://contoso.example/orders",
    "X12_00401_850": f"{_EDI}/X12/2006",
    "EFACT_D96A_ORDERS": f"{_EDI}/EDIFACT/2006",
}


def fill(state: State) -> None:
    """Put the sample account there, with its key vault and the workflows that use it; and a vault
    with a key of the same name, for a copy of the account."""
    version = secrets.token_hex(16)
    state.vaults[_VAULT.lower()] = {"contoso-signing": [version]}
    state.vaults[_TEST_VAULT.lower()] = {"contoso-signing": [secrets.token_hex(16)]}
    state.load(_resources(version))
    for name, number, kind in (
        (f"{X12}-ICN", 40_127, _X12_TYPE),
        (f"{X12}-GCN", 40_127, _X12_TYPE),
        (f"{X12}-TSCN", 903, _X12_TYPE),
        (f"{X12}-ICN-ACK", 311, _X12_TYPE),
        (f"{EDIFACT}-ICN", 5_216, _EDIFACT_TYPE),
        (f"{EDIFACT}-TSCN", 7_740, _EDIFACT_TYPE),
    ):
        _issue(state, name, number, kind)
    for number in range(_RECEIVED):
        _receive(state, _FIRST_RECEIVED + number)


async def move(state: State, seconds: float) -> None:
    """Let the account work: every so many seconds it sends an order by X12, and at every third
    one it receives one too. Where the account is gone it stands still."""
    turn = 0
    while True:
        await asyncio.sleep(seconds)
        turn += 1
        parts = ACCOUNT.split("/")
        there = state.group(parts[2], parts[4]).accounts.get(parts[-1])
        if there is None:
            continue
        sessions = there.items.get("sessions", {})
        for counter in ("ICN", "GCN", *(["TSCN"] if turn % 2 else [])):
            session = sessions.get(f"{X12}-{counter}".lower())
            if session is not None:
                number = int(session.properties["content"]["ControlNumber"])
                _issue(state, session.name, number + 1, _X12_TYPE)
        if turn % 3 == 0:
            _receive(state, _FIRST_RECEIVED + _RECEIVED + turn // 3)


def _issue(state: State, name: str, number: int, kind: int) -> None:
    content = {
        "ControlNumber": str(number),
        "ControlNumberChangedTime": stamp(state.now()),
        "MessageType": kind,
    }
    _session(state, name, content)


def _receive(state: State, number: int) -> None:
    content = {
        "ControlNumber": str(number),
        "ControlNumberChangedTime": stamp(state.now()),
        "IsMessageProcessingFailed": False,
        "MessageType": _X12_TYPE,
    }
    _session(state, f"X12-ICN-{X12}-{number}", content)


def _session(state: State, name: str, content: Any) -> None:
    parts = ACCOUNT.split("/")
    state.set_session(state.account(parts[2], parts[4], parts[-1]), name, content)


def _resources(key_version: str) -> Iterator[JsonObject]:
    yield {
        "id": ACCOUNT,
        "location": "westeurope",
        "sku": {"name": "Standard"},
        "tags": {"environment": "sample"},
        "properties": {"state": "Enabled"},
    }
    for name, identities in _IDENTITIES.items():
        listed = [{"qualifier": qualifier, "value": value} for qualifier, value in identities]
        content = {"b2b": {"businessIdentities": listed}}
        yield _child("partners", name, {"partnerType": "B2B", "content": content})
    for agreement in _agreements():
        yield _child("agreements", agreement.name, agreement.document)
    for name, namespace in _SCHEMAS.items():
        described = {"schemaType": "Xml", "targetNamespace": namespace, "documentName": name}
        yield _child("schemas", name, described, f"{name}.xsd", "application/xml")
    order = "Order_to_X12_00401_850"
    yield _child("maps", order, {"mapType": "Xslt"}, f"{order}.xslt", "application/xml")
    liquid = "OrderConfirmation"
    yield _child("maps", liquid, {"mapType": "Liquid"}, f"{liquid}.liquid", "text/plain")
    yield _child(
        "certificates", "fabrikam-as2", {"publicCertificate": public_certificate("Fabrikam")}
    )
    vault = {"id": _VAULT, "name": "contoso-keys", "type": "Microsoft.KeyVault/vaults"}
    key = {"keyVault": vault, "keyName": "contoso-signing", "keyVersion": key_version}
    own = {"publicCertificate": public_certificate("Contoso"), "key": key}
    yield _child("certificates", "contoso-as2", own)
    hourly = {"frequency": "Hour", "interval": 1}
    release = {"messageCount": 50, "recurrence": hourly}
    batch = {"batchGroupName": "DEFAULT", "releaseCriteria": release}
    yield _child("batchConfigurations", "FabrikamOrdersHourly", batch)
    account_type = "Microsoft.Logic/integrationAccounts"
    account = {"id": ACCOUNT, "name": "contoso-trading", "type": account_type}
    for name, status, used in (
        ("send-orders", "Enabled", {"integrationAccount": account}),
        ("receive-orders", "Enabled", {"integrationAccount": account}),
        ("resend-by-hand", "Disabled", {"integrationAccount": account}),
        ("send-newsletter", "Enabled", {}),
    ):
        properties = {"state": status, "provisioningState": "Succeeded", **used}
        yield {"id": f"{_WORKFLOWS}/{name}", "location": "westeurope", "properties": properties}


def _child(
    kind: str, name: str, properties: JsonObject, file: str = "", content_type: str = ""
) -> JsonObject:
    child: JsonObject = {"id": f"{ACCOUNT}/{kind}/{name}", "properties": properties}
    if file:
        child["content"] = (_FILES / file).read_text(encoding="utf-8")
        child["contentType"] = content_type
    return child


def _agreements() -> list[Artifact]:
    def identity(partner: str, qualifier: str) -> Identity:
        return Identity(partner, qualifier, dict(_IDENTITIES[partner])[qualifier])

    by_x12 = X12Agreement(
        name=X12,
        host=identity("Contoso", "ZZ"),
        guest=identity("Fabrikam", "ZZ"),
        sends=("850",),
        receives=("850",),
        authorization=_password(10),
        password=_password(10),
        interchange=Numbers(lower=40_000),
        group=Numbers(lower=40_000),
    ).artifact()
    by_edifact = EdifactAgreement(
        name=EDIFACT,
        host=identity("Contoso", "14"),
        guest=identity("Northwind", "14"),
        sends=("ORDERS",),
        receives=(),
        recipient_password=_password(14),
        interchange=Numbers(lower=5_001, upper=99_999_999),
        transaction_set=Numbers(upper=9_999_999),
        acknowledgement=Numbers(upper=9_999_999),
    ).artifact()
    by_edifact.document["agreementType"] = "EDIFACT"
    by_as2 = As2Connection(
        name=AS2,
        host=identity("Contoso", "AS2Identity"),
        guest=identity("Fabrikam", "AS2Identity"),
        signing_certificate="contoso-as2",
        encryption_certificate="fabrikam-as2",
        receipt_url="https://as2.contoso.example/receipts",
        media_type="application/EDI-X12",
    ).artifact()
    for way in by_as2.document["content"]["aS2"].values():
        receipts = way["protocolSettings"]["mdnSettings"]
        receipts["dispositionNotificationTo"] = "edi@contoso.example"
    return [by_x12, by_edifact, by_as2]


def _password(length: int) -> str:
    letters = string.ascii_uppercase + string.digits
    return "".join(secrets.choice(letters) for _ in range(length))


@cache
def public_certificate(name: str) -> str:
    """A certificate of a name, made once; its key is thrown away."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} AS2")])
    now = datetime.now(UTC).replace(microsecond=0)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=730))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()
