"""What the contents of a push forbid, or what surprises about them."""

from collections.abc import Set
from dataclasses import dataclass, field

from shared.model.certificate import CertificateFacts
from shared.model.integration_account import Child
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.children import CHILDREN, Holds
from shared.rules.integration_accounts.findings import Collector
from shared.rules.integration_accounts.limits import MOST_CONTENT
from shared.rules.integration_accounts.push_choice import Key
from shared.rules.integration_accounts.push_imports import Import, imports
from shared.rules.integration_accounts.push_told import Told
from shared.rules.integration_accounts.resources import fits_inline, goes_inline
from shared.rules.naming import shown

_PEM_KEY = b"PRIVATE KEY-----"
_PFX_VERSION = b"\x02\x01\x03"
"""What a PFX begins with inside: its version, 3. A certificate has its own first part there."""


@dataclass(frozen=True, slots=True)
class Record:
    """An artifact of the service, as the checks look at it."""

    child: Child
    name: str
    document: JsonObject = field(repr=False)
    """As the service has it, before ``Changes``."""
    size: int | None = None
    """Bytes of its content; None for none."""
    data: bytes | None = field(default=None, repr=False)
    """The content itself: of certificates, schemas and maps, where it is at hand."""
    certificate: CertificateFacts | None = None
    """What the content of a certificate says; None where it is none that can be read."""


@dataclass(frozen=True, slots=True)
class _Taking:
    """A schema or map that takes another document."""

    section: str
    at: str
    taken: Import


class Contents:
    """Looks at contents, artifact by artifact; it keeps what they take from others."""

    def __init__(self, told: Told, collector: Collector) -> None:
        """
        :param told: where errors and warnings are told.
        :param collector: where findings are.
        """
        self._told, self._collector = told, collector
        self.by_address: list[str] = []
        """What has content that is in no request: Azure reads it by an address."""
        self._imported: list[_Taking] = []

    def look_at(self, record: Record, document: JsonObject) -> None:
        """Tell an artifact that is written.

        :param document: as it is written.
        """
        child, at = record.child, f"{CHILDREN[record.child].section}/{shown(record.name)}"
        if child is Child.CERTIFICATES and record.size is not None:
            self._certificate(record)
        if CHILDREN[child].holds in (Holds.TEXT, Holds.BYTES) and record.size is None:
            self._told.refuse(
                Problem(
                    Code.ARTIFACT_NOT_FOUND,
                    f"{at} has no content in the service, and Azure takes none without. Put its "
                    "content, or exclude it.",
                    "/exclude",
                )
            )
        most = MOST_CONTENT.get(child)
        if most is not None and record.size is not None and record.size > most:
            self._told.refuse(
                Problem(
                    Code.INTEGRATION_ACCOUNT_REFUSED,
                    f"The content of {at} has {record.size} bytes; Azure documents {most} as the "
                    "most of one, and refuses more. Exclude it.",
                    "/exclude",
                )
            )
        elif _goes_by_address(record):
            self.by_address.append(at)
        if record.data is None or child not in (Child.SCHEMAS, Child.MAPS):
            return
        if child is Child.MAPS:
            self._collector.map_content(record.name, document, record.data)
        section = CHILDREN[child].section
        for one in imports(record.data):
            if one.is_remote:
                self._told.warn(
                    Warning(
                        code="RemoteImport",
                        message=f"It takes {shown(one.address)} from elsewhere when it is used: no "
                        "backup holds that, and the account must reach it.",
                        target=at,
                    )
                )
            else:
                self._imported.append(_Taking(section, at, one))

    def end(self, held: Set[Key], unreadable: str = "") -> None:
        """Tell what schemas and maps take from files that will not be in the account, and what
        Azure reads by an address.

        :param held: what will be.
        :param unreadable: why it can read nothing so; empty where it can, as far as is known.
        """
        for at in self.by_address:
            self._read_by_address(at, unreadable)
        for taking in self._imported:
            if any((taking.section, name) in held for name in taking.taken.names):
                continue
            self._told.warn(
                Warning(
                    code="ImportMissing",
                    message=f"It takes {shown(taking.taken.address)}, and the account will have "
                    f"nothing of that name in its {taking.section}.",
                    target=taking.at,
                )
            )

    def _read_by_address(self, at: str, unreadable: str) -> None:
        """Tell content that is in no request: Microsoft documents for maps and schemas that Azure
        reads it by an address with a signature."""
        if unreadable:
            self._told.refuse(
                Problem(
                    Code.INTEGRATION_ACCOUNT_REFUSED,
                    f"The content of {at} is too large for a request, or no plain UTF-8: Azure "
                    f"reads such by an address, and cannot, as {unreadable}. Exclude it, and "
                    "put it into the account yourself, from storage that Azure can read.",
                    "/exclude",
                )
            )
            return
        self._told.warn(
            Warning(
                code="ContentByAddress",
                message="Its content is too large for a request, or no plain UTF-8: Azure reads it "
                "from the app's storage, by an address that is valid for an hour. A firewall of "
                "that storage must let Azure Logic Apps in.",
                target=at,
            )
        )

    def _certificate(self, record: Record) -> None:
        if record.data is not None and _has_private_key(record.data):
            self._told.refuse(
                Problem(
                    Code.INVALID_REQUEST,
                    f"The content of the certificate '{shown(record.name)}' has a private "
                    "key: an account takes the public part alone. Put that as its content, name "
                    "the key in a vault in its document, or exclude it.",
                    "/exclude",
                )
            )
        else:
            self._collector.certificate(record.name, record.certificate)


def _goes_by_address(record: Record) -> bool:
    """Whether the content is not in the body of the PUT."""
    if record.size is None or CHILDREN[record.child].holds not in (Holds.TEXT, Holds.BYTES):
        return False
    if record.data is None:
        return not fits_inline(record.child, record.size)
    return not goes_inline(record.child, record.data)


def _has_private_key(data: bytes) -> bool:
    """Whether bytes are a PFX in DER, a sequence that begins with its version, or PEM with a
    private key."""
    if len(data) < 8 or data[0] != 0x30:
        return _PEM_KEY in data
    head = 2 if data[1] <= 0x80 else 2 + (data[1] & 0x7F)
    return data[head : head + 3] == _PFX_VERSION
