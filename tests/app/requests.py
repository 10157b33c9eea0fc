"""Requests of the writing routes: good ones, and what each route alone refuses.

Texts in braces are filled in by the test: {service}, {backup}, {taken} (an Operation-Id).
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.api import nobodys, partner_document, x12_document
from tests.support.arm import account_id


@dataclass(frozen=True)
class Ask:
    """A request: its path under the service, or whole where it begins with ``//``."""

    path: str = ""
    body: Any = None
    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def but(self, **members: Any) -> "Ask":
        """The same request with something else; a body that is changed keeps its other members."""
        body = members.pop("body", self.body)
        if isinstance(body, dict) and isinstance(self.body, dict):
            body = {**self.body, **body}
        return replace(self, body=body, **members)


_ACCOUNT = {
    "resourceId": account_id("never-there"),
    "location": "westeurope",
    "sku": "Standard",
}

Refused = tuple[Ask, str]
"""A request, and the code that it is refused with."""

_ALONE = nobodys(x12_document())
_MASKED = {"namespace": "acs", "key": "********"}
_NOISE = base64.b85encode(hashlib.shake_256(b"noise").digest(1_000_000)).decode()
"""More than a row holds, however it is compressed."""

NOWHERE = "00000000-0000-0000-0000-00000000000f"
"""A subscription that the setting INTEGRATION_ACCOUNTS does not list."""

MIC = {"messageId": "m", "mic": "q83v", "algorithm": "SHA1", "as2From": "a", "as2To": "b"}

SCHEDULE = {
    "status": "Automatic",
    "storageAccount": "offsite",
    "startAt": "2026-01-01T02:00:00Z",
    "frequencyDays": 1,
    "retentionDays": 3,
}

GOOD: dict[str, Ask] = {
    "put_service": Ask(body={"edition": "Basic", "region": "Elsewhere"}),
    "delete_service": Ask(),
    "start_service": Ask("/start"),
    "stop_service": Ask("/stop"),
    "restart_service": Ask("/restart"),
    "scale_service": Ask("/scale", {"unitCount": 2}),
    "suspend_service": Ask("/suspend"),
    "resume_service": Ask("/resume"),
    "disable_service": Ask("/disable"),
    "enable_service": Ask("/enable"),
    "put_artifact": Ask("/artifacts/agreements/A", {"document": x12_document()}),
    "delete_artifact": Ask("/artifacts/schemas/s"),
    "put_content": Ask("/artifacts/schemas/s/content", data=b"<b/>"),
    "import_artifacts": Ask(
        "/import", {"artifacts": [{"section": "schemas", "name": "t", "document": {}}]}
    ),
    "set_control_number": Ask("/control-numbers/A", {"kind": "interchange", "next": 500}),
    "advance_control_numbers": Ask(
        "/control-numbers/advance", {"agreements": [{"name": "A", "by": 5}]}
    ),
    "allocate_control_numbers": Ask("/control-numbers/A/allocate", {"kind": "interchange"}),
    "receive_control_number": Ask(
        "/received-control-numbers/A",
        {"kind": "group", "value": 7, "validityDays": 30, "messageId": "m"},
    ),
    "release_received_number": Ask("/received-control-numbers/A?kind=group&value=77"),
    "put_mic_value": Ask("/mic-values/A", MIC),
    "put_batch_activity": Ask("/batch-activity/hourly", {"activeMessages": 1}),
    "start_backup": Ask("/backups", {"name": "never-made", "storageAccount": "offsite"}),
    "pin_backup": Ask("/backups/{backup}", {"pinned": True}),
    "verify_backup": Ask("/backups/{backup}/verify", {"level": "descriptor"}),
    "delete_backup": Ask("/backups/{backup}"),
    "register_backup": Ask("//storage-accounts/offsite/backups/{backup}/register"),
    "put_schedule": Ask("/backup-schedule", SCHEDULE),
    "delete_schedule": Ask("/backup-schedule"),
    "preview_schedule": Ask("/backup-schedule/preview", {"days": 3, "schedule": SCHEDULE}),
    "put_link": Ask("/integration-account", {"resourceId": account_id("refusing")}),
    "pull": Ask("/pull", {}),
    "push": Ask("/push", {"resourceId": account_id("refusing")}),
    "delete_link": Ask("/integration-account"),
    "rotate_keys": Ask("//keys/rotate"),
    "seal_secrets": Ask("//secrets/seal"),
    "cancel_operation": Ask("/operations/{taken}/cancel"),
    "start_restore": Ask(
        "//restores",
        {
            "backup": {"storageAccount": "offsite", "container": "{backup}"},
            "service": {"name": "never-there"},
        },
    ),
}
"""A request of each writing route that is as it should be."""


def _bodies(name: str, *bodies: tuple[dict[str, Any], str]) -> list[Refused]:
    """The good request of a route with other members in its body."""
    return [(GOOD[name].but(body=body), code) for body, code in bodies]


def _paths(name: str, *paths: tuple[str, str]) -> list[Refused]:
    """The good request of a route at other addresses."""
    return [(GOOD[name].but(path=path), code) for path, code in paths]


def _agreement(name: str, document: Any) -> Ask:
    return Ask(f"/artifacts/agreements/{name}", {"document": document})


def _schema(name: str, document: Any) -> Ask:
    return Ask(f"/artifacts/schemas/{name}", {"document": document})


def _import(*items: tuple[str, str, Any]) -> Ask:
    listed = [{"section": section, "name": n, "document": doc} for section, n, doc in items]
    return Ask("/import", {"artifacts": listed})


ONLY_HERE: dict[str, list[Refused]] = {
    "put_service": [
        *_bodies(
            "put_service",
            ({"edition": "Premium"}, "ServiceExists"),
            ({"unitCount": 3}, "InvalidRequest"),
            ({"archivingStore": {"storageAccount": "offsite"}}, "InvalidRequest"),
            ({"monitoringStore": {"storageAccount": "elsewhere"}}, "StorageAccountUnknown"),
            ({"accessControl": _MASKED}, "MaskWithoutValue"),
            ({"sslCertificate": {"data": "AAAA", "password": "p"}}, "CertificatePasswordWrong"),
        ),
        (GOOD["put_service"].but(headers={"If-None-Match": "*"}), "ServiceExists"),
        (Ask("//services/bad", {"edition": "Basic"}), "InvalidName"),
        (Ask("//services/never-there", {"edition": "Free", "unitCount": 2}), "InvalidRequest"),
        (
            Ask("//services/never-there", {"edition": "Basic", "accessControl": _MASKED}),
            "MaskWithoutValue",
        ),
    ],
    "start_service": [(GOOD["start_service"], "OperationNotAllowed")],
    "resume_service": [(GOOD["resume_service"], "OperationNotAllowed")],
    "enable_service": [(GOOD["enable_service"], "OperationNotAllowed")],
    "scale_service": _bodies("scale_service", ({"unitCount": 9}, "InvalidRequest")),
    "put_artifact": [
        (_agreement("B", x12_document()), "InvalidRequest"),
        (_agreement("B", {**_ALONE, "hostPartner": "Nobody"}), "DanglingReference"),
        (_agreement("B", {**_ALONE, "noise": _NOISE}), "DocumentTooLarge"),
        (
            _agreement("A", x12_document(interchangeControlNumberUpperBound=1)),
            "ControlNumberIssued",
        ),
        (
            _agreement(
                "A", x12_document(groupControlNumberLowerBound=9, groupControlNumberUpperBound=3)
            ),
            "InvalidRequest",
        ),
        (
            Ask("/artifacts/partners/Fabrikam", {"document": partner_document("Else")}),
            "ArtifactInUse",
        ),
        (
            Ask("/artifacts/certificates/c", {"document": {"pfx": "AAAA"}}),
            "CertificatePasswordWrong",
        ),
        (Ask("/artifacts/nothing/t", {"document": {}}), "InvalidRequest"),
        (_schema("x" * 81, {}), "InvalidName"),
        (_schema("t", {"$secret": 1}), "ReservedMember"),
        (_schema("t", {"password": "********"}), "MaskWithoutValue"),
    ],
    "delete_artifact": _paths(
        "delete_artifact",
        ("/artifacts/partners/Fabrikam", "ArtifactInUse"),
        ("/artifacts/schemas/none", "ArtifactNotFound"),
    ),
    "put_content": [
        *_paths(
            "put_content",
            ("/artifacts/schemas/none/content", "ArtifactNotFound"),
            ("/artifacts/partners/Fabrikam/content", "InvalidRequest"),
            ("/artifacts/certificates/c/content", "InvalidRequest"),
        ),
        (GOOD["put_content"].but(headers={"Content-MD5": "A" * 22 + "=="}), "ContentMd5Mismatch"),
        (GOOD["put_content"].but(headers={"Content-MD5": "x"}), "InvalidRequest"),
        (GOOD["put_content"].but(headers={"Content-Encoding": "gzip"}), "InvalidRequest"),
    ],
    "import_artifacts": [
        (
            _import(("schemas", "t", {}), ("bridges", "b", {"schema": "none"})),
            "DanglingReference",
        ),
        (
            _import(("agreements", "C", _ALONE), ("schemas", "t", {"$sealed": 1})),
            "ReservedMember",
        ),
        (
            _import(("agreements", "C", _ALONE), ("schemas", "t", {"noise": _NOISE})),
            "DocumentTooLarge",
        ),
        (_import(("schemas", "t", {}), ("schemas", "T", {})), "InvalidRequest"),
        (_import(*(("bridges", f"b{n}", {}) for n in range(26))), "QuotaExceeded"),
        (_import(("schemas", "t%", {})), "InvalidName"),
    ],
    "set_control_number": [
        *_bodies(
            "set_control_number",
            ({"next": 1}, "ControlNumberIssued"),
            ({"next": 0}, "InvalidRequest"),
        ),
        *_paths(
            "set_control_number",
            ("/control-numbers/none", "AgreementNotFound"),
            ("/control-numbers/as2", "InvalidRequest"),
        ),
    ],
    "advance_control_numbers": [
        (Ask("/control-numbers/advance", {"by": 2}), "ControlNumbersExhausted"),
        (Ask("/control-numbers/advance", {"by": 0}), "InvalidRequest"),
        *(
            (Ask("/control-numbers/advance", {"agreements": agreements}), code)
            for agreements, code in (
                ([{"name": "none", "by": 5}], "AgreementNotFound"),
                ([{"name": "as2", "by": 5}], "InvalidRequest"),
                ([{"name": "A", "by": 5}, {"name": "a", "by": 5}], "InvalidRequest"),
                ([{"name": "A", "by": 5}, {"name": "small", "by": 3}], "ControlNumbersExhausted"),
            )
        ),
        (
            GOOD["advance_control_numbers"].but(path="/control-numbers/advance?validateOnly=1"),
            "InvalidRequest",
        ),
    ],
    "allocate_control_numbers": [
        *_paths(
            "allocate_control_numbers",
            ("/control-numbers/none/allocate", "AgreementNotFound"),
            ("/control-numbers/as2/allocate", "InvalidRequest"),
        ),
        (
            Ask("/control-numbers/small/allocate", {"kind": "interchange", "count": 3}),
            "ControlNumbersExhausted",
        ),
        (
            Ask("/control-numbers/small/allocate", {"kinds": ["group", "interchange"], "count": 3}),
            "ControlNumbersExhausted",
        ),
    ],
    "receive_control_number": _paths(
        "receive_control_number", ("/received-control-numbers/none", "AgreementNotFound")
    ),
    "release_received_number": _paths(
        "release_received_number",
        ("/received-control-numbers/none?kind=group&value=77", "AgreementNotFound"),
        ("/received-control-numbers/A?kind=group&value=78", "ArtifactNotFound"),
        ("/received-control-numbers/A?kind=group&value=A", "InvalidRequest"),
        ("/received-control-numbers/A?kind=group", "InvalidRequest"),
        ("/received-control-numbers/A?value=77", "InvalidRequest"),
        ("/received-control-numbers/A?kind=all&value=77", "InvalidRequest"),
    ),
    "put_mic_value": _paths("put_mic_value", ("/mic-values/none", "AgreementNotFound")),
    "put_batch_activity": _paths(
        "put_batch_activity", ("/batch-activity/none", "ArtifactNotFound")
    ),
    "start_backup": _bodies(
        "start_backup",
        ({"name": "Bad_Name"}, "InvalidName"),
        ({"name": "{backup}"}, "BackupNameInUse"),
        ({"storageAccount": "elsewhere"}, "StorageAccountUnknown"),
    ),
    "delete_backup": [(GOOD["delete_backup"], "LastGoodBackup")],
    "verify_backup": _bodies("verify_backup", ({"level": "twice"}, "InvalidRequest")),
    "cancel_operation": [
        (GOOD["cancel_operation"], "OperationNotAllowed"),
        (Ask("/operations/none/cancel"), "OperationNotFound"),
    ],
    "register_backup": [
        (GOOD["register_backup"], "BackupNameInUse"),
        *_paths(
            "register_backup",
            ("//storage-accounts/offsite/backups/none-there/register", "BackupNotFound"),
            ("//storage-accounts/offsite/backups/Bad_Name/register", "InvalidName"),
            ("//storage-accounts/elsewhere/backups/none/register", "StorageAccountUnknown"),
        ),
    ],
    "pin_backup": _bodies("pin_backup", ({"pinned": "yes"}, "InvalidRequest")),
    "put_schedule": _bodies(
        "put_schedule",
        ({"retentionDays": 1}, "InvalidRequest"),
        ({"storageAccount": "elsewhere"}, "StorageAccountUnknown"),
        ({"startAt": "2926-01-01T02:00:00Z"}, "InvalidRequest"),
        ({"startAt": "2126-01-01T02:00:00Z"}, "InvalidRequest"),
        ({"startAt": 1796083200}, "InvalidRequest"),
        ({"startAt": "1796083200"}, "InvalidRequest"),
    ),
    "preview_schedule": [
        (Ask("/backup-schedule/preview", {"days": 3}), "InvalidRequest"),
        *_bodies("preview_schedule", ({"days": 0}, "InvalidRequest")),
    ],
    "put_link": _bodies(
        "put_link",
        ({"resourceId": "contoso"}, "InvalidRequest"),
        ({"resourceId": account_id("one", subscription=NOWHERE)}, "IntegrationAccountUnknown"),
        ({"resourceId": account_id("never-there")}, "IntegrationAccountNotFound"),
        ({"pullMinutes": 4}, "InvalidRequest"),
    ),
    "pull": [
        (GOOD["pull"], "IntegrationAccountNotLinked"),
        (Ask("/pull", {"acceptRemovals": 1}), "InvalidRequest"),
    ],
    "push": [
        *_bodies(
            "push",
            ({"resourceId": "contoso"}, "InvalidRequest"),
            ({"resourceId": account_id("one", subscription=NOWHERE)}, "IntegrationAccountUnknown"),
            ({"resourceId": account_id("never-there")}, "IntegrationAccountNotFound"),
            ({"existing": "all"}, "InvalidRequest"),
            ({"create": _ACCOUNT}, "InvalidRequest"),
        ),
        (Ask("/push", {}), "InvalidRequest"),
    ],
    "delete_link": [(GOOD["delete_link"], "IntegrationAccountNotLinked")],
    "start_restore": _bodies(
        "start_restore",
        ({"service": {"name": "{service}"}}, "ServiceExists"),
        ({"service": {"name": "never-there", "edition": "Free"}}, "EditionHasNoBackup"),
        ({"service": {"name": "never-there", "unitCount": 9}}, "InvalidRequest"),
        ({"service": {"name": "bad"}}, "InvalidName"),
        ({"backup": {"storageAccount": "offsite", "container": "none-there"}}, "BackupNotFound"),
        ({"backup": {"storageAccount": "elsewhere", "container": "x"}}, "StorageAccountUnknown"),
        ({"controlNumbers": {"policy": "guess"}}, "InvalidRequest"),
    ),
}
"""By route: what it refuses because of what the request says, or of what the service holds."""
