"""An artifact as a row of the table Configuration, and back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic_core import to_json

from shared.model.artifact import Artifact, ContentReference
from shared.model.certificate import CertificateFacts
from shared.model.numbers import AgreementNumbers, Bounds, Kind
from shared.model.record import StoredText, WrittenRecord
from shared.model.sections import SECTIONS, Section
from shared.model.wire import JsonObject, rfc3339
from shared.rules.agreement_numbers import filled_up, numbering_of_any
from shared.rules.documents import holds_secret
from shared.rules.references import references
from shared.rules.secret_names import fingerprint
from shared.rules.trading import parties_key_of_any, stream_of
from shared.rules.written import may_have_member
from shared.state.columns import (
    document_text,
    dumps,
    list_columns,
    list_names,
    read_document,
    read_list,
)
from shared.state.row_keys import named
from shared.storage.tables import Column, Row

_REFERENCES = "references"


@dataclass(frozen=True)
class Restored:
    """A document of a backup's line, of which only the secrets were changed."""

    text: str = field(repr=False)
    """Canonical JSON, secrets sealed; nothing in it is a secret in the clear."""
    written: StoredText


def artifact_columns(
    artifact: Artifact, text: str, restored: Restored | None = None
) -> dict[str, Column]:
    """The columns of an artifact next to its document: what is read often.

    :param text: its document in canonical form.
    :param restored: set if it comes from a backup unchanged.
    An agreement that a caller's PUT would be refused with (an account is as it is) has neither
    parties nor bounds in its row.

    :raises Problem: DocumentTooLarge.
    """
    values: dict[str, Column] = {
        "section": artifact.section,
        "name": artifact.name,
        "changedAt": rfc3339(artifact.changed_at),
    }
    if artifact.content:
        values["content"] = dumps(artifact.content.to_json())
        if artifact.content.md5:
            values["contentMd5"] = artifact.content.md5
    section, document = artifact.section, artifact.document
    written = restored.written if restored else StoredText(text.encode(), document)
    if not (written.secrets if restored else holds_secret(section, document)):
        values["asWritten"] = _as_written(section, values, written.text)
    if artifact.certificate:
        values["certificate"] = dumps(artifact.certificate.to_json())
    if may_have_member(written, SECTIONS[section].names):
        values |= reference_columns(section, document)
    if artifact.section is Section.AGREEMENTS:
        kinds = numbering_of_any(artifact.document)
        values["numbering"] = dumps({kind: b.to_json() for kind, b in kinds.items()})
        values["parties"] = parties_key_of_any(artifact.document) or ""
    return values


def reference_columns(section: Section, document: JsonObject) -> dict[str, Column]:
    """Which artifacts a document names.

    :raises Problem: DocumentTooLarge if they are too many.
    """
    keys = {named(reference.section, reference.name) for reference in references(section, document)}
    return list_columns(_REFERENCES, sorted(keys)) if keys else {}


REFERENCE_COLUMNS = list_names(_REFERENCES)
"""The columns that ``named_by`` reads."""


def named_by(row: Row) -> list[str]:
    """The keys of the artifacts that an artifact names."""
    return read_list(_REFERENCES, row.values)


def _as_written(section: str, values: Mapping[str, Column], text: bytes) -> str:
    """A mark that a document is canonical and has no secret by the present rule."""
    beside = [section, fingerprint(), *(values.get(n) for n in ("name", "changedAt", "content"))]
    return hashlib.sha256(to_json(beside) + text).hexdigest()


def written_record(row: Row) -> WrittenRecord | None:
    """The record of an artifact without secrets, its document not parsed.

    None if the document must be parsed: it has secrets, or no valid mark that it has none.
    """
    values = row.values
    said = values.get("asWritten")
    if said is None:
        return None
    text = document_text(values)
    if said != _as_written(section_of(row), values, text):
        return None
    return WrittenRecord(str(values["name"]), text, str(values["changedAt"]), _content(row))


def read_artifact(row: Row) -> Artifact:
    """An artifact from its row."""
    certificate = row.values.get("certificate")
    return Artifact.model_validate(
        {
            "section": row.values["section"],
            "name": row.values["name"],
            "document": read_document(row.values),
            "content": _content(row),
            "certificate": CertificateFacts.model_validate(json.loads(str(certificate)))
            if certificate
            else None,
            "changed_at": row.values["changedAt"],
        }
    )


@dataclass(frozen=True, slots=True)
class ArtifactFacts:
    """An artifact without its document."""

    name: str
    changed_at: str
    """RFC 3339, to the millisecond."""
    content: ContentReference | None
    account_time: str = ""
    """The same time as its account wrote it, with seven digits of a second; empty for what no pull
    wrote last."""


ACCOUNT_TIME = "accountTime"
"""A column of an artifact that a pull wrote: whoever else writes it leaves the column out."""

FACTS_COLUMNS = ("name", "changedAt", "content", "contentMd5", ACCOUNT_TIME)
"""The columns that ``read_facts`` reads."""


def read_facts(row: Row) -> ArtifactFacts:
    """What is known of an artifact without its document."""
    return ArtifactFacts(
        str(row.values["name"]),
        str(row.values["changedAt"]),
        _content(row),
        str(row.values.get(ACCOUNT_TIME) or ""),
    )


def expires_at(row: Row) -> datetime | None:
    """When the certificate of an artifact expires, by its row: that of its content or that of its
    PFX, whichever is first. None where it has neither."""
    content, certificate = (
        json.loads(str(text)) if (text := row.values.get(column)) else {}
        for column in ("content", "certificate")
    )
    facts = [one for one in (content.get("certificate"), certificate) if one]
    return min((CertificateFacts.model_validate(one).expires_at for one in facts), default=None)


def row_with_md5(row: Row, sha256: str, md5: str) -> Row | None:
    """The row with the MD5 of its content added; None if it has one, or has other content."""
    content = _content(row)
    if content is None or content.sha256 != sha256 or content.md5:
        return None
    return replace(row, values={**row.values, "contentMd5": md5})


def _content(row: Row) -> ContentReference | None:
    content = row.values.get("content")
    if not content:
        return None
    found = json.loads(str(content))
    return ContentReference.model_validate({**found, "md5": row.values.get("contentMd5")})


def section_of(row: Row) -> str:
    """The section of an artifact's row, by its key."""
    return row.key.partition("!")[0]


def read_numbers(row: Row) -> AgreementNumbers:
    """What the row of an agreement says about its control numbers."""
    kinds = json.loads(str(row.values.get("numbering") or "{}"))
    numbering = {Kind(kind): Bounds.model_validate(bounds) for kind, bounds in kinds.items()}
    stream = stream_of(str(row.values.get("parties") or ""))
    return AgreementNumbers(str(row.values["name"]), filled_up(numbering), stream)
