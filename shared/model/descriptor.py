"""The descriptor of a backup, format versions 1 and 2, as described in docs/backup-format.md."""

import hashlib
import json
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from shared.model.noticed import Noticed
from shared.model.record import canonical_text
from shared.model.seals import Seal, WrappedKey
from shared.model.sections import ADDED_LATER
from shared.model.wire import JsonObject, Stored

FORMATS = ("interkeep-backup/1", "interkeep-backup/2")
"""The versions, in their order. The second has sections that the first does not know."""
_Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Path = Annotated[
    str,
    Field(
        pattern=r"^(sections|secrets)/[0-9]{1,6}-[0-9]{1,6}(/[a-z0-9-]{1,64}\.jsonl\.gz|\.sealed)$"
    ),
]


class BackupPart(Stored):
    """Which backup it is, and who made it."""

    id: str
    name: str
    trigger: str
    operation_id: str
    run: str
    started_at: str
    completed_at: str
    producer: str
    outcome: str


class ServicePart(Stored):
    """The service as it was."""

    id: str
    name: str
    edition: str
    unit_count: Annotated[int, Field(ge=1)]
    product_version: str
    region: str
    domain_url: str
    state: str


class ConsistencyPart(Stored):
    """The revision of the cut, and when run-time state was read."""

    revision: _Count
    held: str
    """``yes`` or ``no``: whether writers had to wait."""
    runtime_read_from: str
    runtime_read_to: str


class SectionPart(Stored):
    """One section: a blob of gzipped JSON lines."""

    name: str
    blob: _Path
    items: _Count
    bytes: _Count
    """Of the blob."""
    sha256: _Sha256
    """Of the blob."""
    lines_bytes: _Count
    """Decompressed size; a reader stops at one byte more."""
    lines_sha256: _Sha256
    """Of the decompressed lines: sections are identical if these are."""


class ContentPart(Stored):
    """How much content the backup holds, under content/."""

    objects: _Count
    bytes: _Count


class SecretsPart(WrappedKey):
    """The sealed secrets, and the wrapped key of the run."""

    blob: _Path
    algorithm: str
    items: _Count
    bytes: _Count
    sha256: _Sha256


class NotIncluded(Stored):
    """A kind of state that is never in a backup, with its count."""

    what: str
    items: _Count
    note: str


class Remark(Stored):
    """A warning about the backup."""

    code: str
    message: str
    target: str = ""


ITEM_UNREADABLE = "ItemUnreadable"
"""The code of a failure: the item is not in its section, or not as it is."""

CONTENT_MISSING = "ContentMissing"
"""The code of a failure: the item is in its section, without its bytes."""


class Failure(Stored):
    """An item that could not be backed up."""

    section: str
    name: str
    code: str
    message: str


class Descriptor(Stored):
    """The whole descriptor."""

    format: str
    backup: BackupPart
    service: ServicePart
    consistency: ConsistencyPart
    sections: list[SectionPart]
    content: ContentPart
    secrets: SecretsPart
    not_included: list[NotIncluded] = Field(default_factory=list)
    warnings: list[Remark] = Field(default_factory=list)
    failures: list[Failure] = Field(default_factory=list)
    noticed: Noticed | None = None
    """What an operator should look at in time; None in backups of before it was noticed."""
    digest: _Sha256
    seal: Seal

    @property
    def items(self) -> int:
        """Records of all sections."""
        return sum(part.items for part in self.sections)

    @property
    def bytes(self) -> int:
        """Bytes of all blobs of the backup, content included, the descriptor not."""
        # Sections without records have one blob.
        sections = {part.blob: part.bytes for part in self.sections}
        return sum(sections.values()) + self.secrets.bytes + self.content.bytes

    def section(self, name: str) -> SectionPart | None:
        """The part of one section."""
        return next((s for s in self.sections if s.name == name), None)


def format_of(sections: Iterable[str]) -> str:
    """The version of a backup with these sections."""
    return FORMATS[not ADDED_LATER.isdisjoint(sections)]


def key_ids(descriptor: Descriptor) -> list[str]:
    """The sealing keys that a backup needs: to open its secrets, to check its seal."""
    return sorted({descriptor.secrets.key_id, descriptor.seal.key_id})


def digest(document: JsonObject) -> str:
    """The sha256 of a descriptor without ``digest`` and ``seal``, in its canonical form.

    That form is what ``jq -cjS 'del(.digest,.seal)'`` prints: keys sorted, no spaces, UTF-8. No
    text holds a control character and all numbers are small integers, so that every version of jq
    prints the same.
    """
    bare = {name: value for name, value in document.items() if name not in ("digest", "seal")}
    return hashlib.sha256(canonical_text(bare).encode()).hexdigest()


def file_bytes(document: JsonObject) -> bytes:
    """The bytes of a descriptor's blob: indented, only ASCII, so that every editor shows it
    correctly."""
    return (json.dumps(document, indent=2) + "\n").encode()
