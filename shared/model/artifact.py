"""Artifacts: the named documents of a service, with or without content."""

from typing import Annotated

from pydantic import Field

from shared.model.certificate import CertificateFacts
from shared.model.sections import Section
from shared.model.wire import Kept, Sent, Stored, Text, Time, Wire


class ContentReference(Stored):
    """A reference to the content of an artifact."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    content_type: Text
    certificate: CertificateFacts | None = None
    """The facts of a certificate, if the content is one."""
    md5: str | None = Field(default=None, exclude=True)
    """The MD5 of the bytes when they were stored, in base64, for copying them. None if it is
    unknown: it is not in answers or backups."""

    def __eq__(self, other: object) -> bool:
        """Whether both refer to the same bytes; the MD5 and the certificate's facts are not
        compared."""
        return isinstance(other, ContentReference) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    @property
    def version(self) -> str:
        """An ETag, which changes with the bytes or their type."""
        return f"{self.sha256} {self.content_type}"


class Artifact(Stored):
    """One artifact as it is stored; secrets in its document are sealed."""

    section: Section
    name: str
    document: Kept = Field(repr=False)
    content: ContentReference | None = None
    certificate: CertificateFacts | None = None
    """The facts of a certificate whose PFX is in the document."""
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
