"""The kinds of resources of an integration account: what their answers and their limits are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PROVIDER = "Microsoft.Logic"
ACCOUNTS = "integrationAccounts"
WORKFLOWS = "workflows"

API_VERSIONS = ("2015-08-01-preview", "2016-06-01", "2018-07-01-preview", "2019-05-01")
"""Of the provider, from the oldest."""

HASHED_VERSIONS = API_VERSIONS[:2]
"""Those whose content links were recorded with the content's hash."""

READ_ONLY = frozenset({"createdTime", "changedTime", "contentLink"})
"""Members of any resource that a PUT may hold, and that change nothing."""

TIERS = ("NotSpecified", "Free", "Basic", "Standard", "Premium")


@dataclass(frozen=True)
class Kind:
    """One kind of resources.

    :param name: in the spelling of addresses.
    :param noun: in the words of an error.
    :param gone: the code of an answer where there is none of a name.
    :param writable: the members of ``properties`` that a PUT may hold.
    :param content: what a PUT's ``content`` is: ``text``, ``base64``, or nothing to store apart.
    :param limits: how many an account holds, by tier; none for a tier that is not here.
    :param versions: the api-versions that know it.
    """

    name: str
    noun: str
    gone: str
    writable: frozenset[str]
    content: str = ""
    limits: Mapping[str, int] = field(default_factory=dict)
    versions: tuple[str, ...] = API_VERSIONS


def _limits(free: int, basic: int, standard: int) -> dict[str, int]:
    return {"Free": free, "Basic": basic, "Standard": standard}


def _members(names: str) -> frozenset[str]:
    return frozenset(names.split())


_ALL = (
    Kind(
        "partners",
        "partner",
        "PartnerNotFound",
        _members("partnerType metadata content"),
        limits=_limits(25, 2, 1000),
    ),
    Kind(
        "agreements",
        "agreement",
        "AgreementNotFound",
        _members(
            "metadata agreementType hostPartner guestPartner hostIdentity guestIdentity content"
        ),
        limits=_limits(10, 1, 1000),
    ),
    Kind(
        "batchConfigurations",
        "batch configuration",
        "AssemblyNotFound",  # As recorded.
        _members("metadata batchGroupName releaseCriteria"),
        limits=_limits(5, 1, 50),
    ),
    Kind(
        "schemas",
        "schema",
        "SchemaNotFound",
        _members("schemaType targetNamespace documentName fileName metadata content contentType"),
        content="text",
        limits=_limits(25, 500, 1000),
    ),
    Kind(
        "maps",
        "map",
        "MapNotFound",
        _members("mapType parametersSchema metadata content contentType"),
        content="text",
        limits=_limits(25, 500, 1000),
    ),
    Kind(
        "assemblies",
        "assembly",
        "AssemblyNotFound",
        _members(
            "assemblyName assemblyVersion assemblyCulture assemblyPublicKeyToken metadata content "
            "contentType"
        ),
        content="base64",
        limits=_limits(10, 25, 1000),
    ),
    Kind(
        "certificates",
        "certificate",
        "CertificateNotFound",
        _members("metadata key publicCertificate"),
        limits=_limits(25, 2, 1000),
    ),
    Kind(
        "rosettanetprocessconfigurations",
        "RosettaNet process configuration",
        "RosettaNetProcessConfigurationNotFound",
        _members(
            "metadata processCode processVersion processName description activitySettings "
            "initiatorRoleSettings responderRoleSettings"
        ),
        limits=_limits(10, 1, 500),
        versions=("2016-06-01",),
    ),
    Kind("sessions", "session", "SessionNotFound", _members("content")),
)

KINDS = {kind.name.lower(): kind for kind in _ALL}
"""By their names in lower case: addresses are read without regard to it."""

SPELLED = {
    spelling.lower(): spelling
    for spelling in (
        *("aS2", "x12", "edifact"),
        *("needMDN", "signMDN", "sendMDNAsynchronously", "signOutboundMDNIfOptional"),
        *("sendInboundMDNToMessageBox", "resendIfMDNNotReceived"),
        *("enableNRRForInboundMDN", "enableNRRForOutboundMDN"),
        *("enableNRRForInboundEncodedMessages", "enableNRRForInboundDecodedMessages"),
        *("enableNRRForOutboundEncodedMessages", "enableNRRForOutboundDecodedMessages"),
        *("validateEDITypes", "validateXSDTypes"),
    )
}
"""Members of an agreement's content that come back in the service's own spelling."""

AGREEMENT_TYPES = {name.lower(): name for name in ("AS2", "X12", "EDIFACT")}
"""Their spelling in answers."""
