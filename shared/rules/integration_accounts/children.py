"""The kinds of an account's resources, in one table: what each becomes here, and how ARM takes it.

The members that a PUT may have are those of Microsoft's REST specification (Microsoft.Logic,
2019-05-01; RosettaNet 2016-06-01) without the ones that it marks as read-only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.model.integration_account import Child
from shared.model.sections import SESSIONS, Section

API_VERSION = "2019-05-01"
"""That of accounts, of their resources and of workflows."""
ROSETTANET_API_VERSION = "2016-06-01"
"""The only one that has RosettaNet process configurations."""


class Holds(StrEnum):
    """Where a resource of a kind has its content."""

    NOTHING = "nothing"
    """It has none: ``properties`` is all that there is."""
    TEXT = "text"
    """Behind ``contentLink``; in a PUT as a text in ``content``."""
    BYTES = "bytes"
    """Behind ``contentLink``; in a PUT as base64 in ``content``."""
    CERTIFICATE = "certificate"
    """In ``publicCertificate``, as base64."""


@dataclass(frozen=True)
class ChildRow:
    """One row of the table."""

    section: str
    """The section of the service that its resources become records of."""
    writable: frozenset[str]
    """The members of ``properties`` that a PUT may have, in lower case."""
    api_version: str = API_VERSION
    holds: Holds = Holds.NOTHING
    content_type: str = ""
    """What a PUT says of the content. ARM wants it and never answers it. Empty where it depends on
    the document, or where there is none."""


def _members(*names: str) -> frozenset[str]:
    return frozenset(name.lower() for name in (*names, "metadata"))


CHILDREN: Mapping[Child, ChildRow] = {
    Child.PARTNERS: ChildRow(
        Section.PARTNERS,
        _members("partnerType", "content"),
    ),
    Child.AGREEMENTS: ChildRow(
        Section.AGREEMENTS,
        _members(
            "agreementType",
            "hostPartner",
            "guestPartner",
            "hostIdentity",
            "guestIdentity",
            "content",
        ),
    ),
    Child.BATCH_CONFIGURATIONS: ChildRow(
        Section.BATCHES,
        _members("batchGroupName", "releaseCriteria"),
    ),
    Child.SCHEMAS: ChildRow(
        Section.SCHEMAS,
        _members(
            "schemaType", "targetNamespace", "documentName", "fileName", "content", "contentType"
        ),
        holds=Holds.TEXT,
        content_type="application/xml",
    ),
    Child.MAPS: ChildRow(
        Section.TRANSFORMS,
        _members("mapType", "parametersSchema", "content", "contentType"),
        holds=Holds.TEXT,
    ),
    Child.ASSEMBLIES: ChildRow(
        Section.ASSEMBLIES,
        _members(
            "assemblyName",
            "assemblyVersion",
            "assemblyCulture",
            "assemblyPublicKeyToken",
            "content",
            "contentType",
        ),
        holds=Holds.BYTES,
        content_type="application/octet-stream",
    ),
    Child.CERTIFICATES: ChildRow(
        Section.CERTIFICATES,
        _members("publicCertificate", "key"),
        holds=Holds.CERTIFICATE,
    ),
    Child.ROSETTANET_PROCESSES: ChildRow(
        "rosettanet-processes",
        _members(
            "processCode",
            "processVersion",
            "processName",
            "description",
            "activitySettings",
            "initiatorRoleSettings",
            "responderRoleSettings",
        ),
        api_version=ROSETTANET_API_VERSION,
    ),
    Child.SESSIONS: ChildRow(SESSIONS, frozenset({"content"})),
}

ARTIFACTS: tuple[Child, ...] = tuple(child for child in Child if child is not Child.SESSIONS)
"""All kinds but sessions, which are run-time state."""

BY_SECTION: Mapping[str, Child] = {row.section: child for child, row in CHILDREN.items()}
