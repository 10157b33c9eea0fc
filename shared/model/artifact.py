"""Artifacts: the named documents, with or without content, that a service holds."""

from typing import Annotated

from pydantic import Field

from shared.model.certificate import CertificateFacts
from shared.model.sections import Section
from shared.model.wire import Kept, Sent, Stored, Text, Time, Wire


class ContentReference(Stored):
    """Which bytes belong to an artifact."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    content_type: Text
    certificate: CertificateFacts | None = None
    """What the bytes of a certificate say."""
    md5: str | None = Field(default=None, exclude=True)
    """Of the bytes as they were put, in base64: whoever copies them says so. None where that is
    not known, as it is neither in answers nor in backups."""

    def __eq__(self, other: object) -> bool:
        """Whether it names the same bytes; what is known of them beside is no part of it."""
        return isinstance(other, ContentReference) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    @property
    def version(self) -> str:
        """Another one for other bytes, or the same of another type."""
        return f"{self.sha256} {self.content_type}"


class Artifact(Stored):
    """One artifact as it is stored: secrets in the document are sealed."""

    section: Section
    name: str
    document: Kept = Field(repr=False)
    content: ContentReference | None = None
    certificate: CertificateFacts | None = None
    """What the PFX in the document of a certificate says."""
    changed_at: Time


class ArtifactBody(Wire):
    """Body of PUT services/{service}/artifacts/{section}/{name}."""

    document: Sent = Field(repr=False)


class ImportItem(Wire):
    """One artifact of an import."""

    section: Section
    name: str
    document: Sent = Field(repr=False)


class ImportBody(Wire):
    """Body of POST services/{service}/import."""

    artifacts: Annotated[list[ImportItem], Field(min_length=1, max_length=1000)]
