"""An artifact as a row of the table Configuration, and back."""

import json

from shared.model.artifact import Artifact, ContentReference, Section
from shared.model.certificate import CertificateFacts
from shared.model.numbers import Bounds, Kind, Numbering
from shared.model.wire import rfc3339
from shared.rules.numbers import numbering
from shared.rules.references import references
from shared.rules.trading import parties_key
from shared.state.columns import document_columns, dumps, read_document
from shared.state.gateway import Column, Row
from shared.state.keys import named


def artifact_row(service_id: str, artifact: Artifact) -> Row:
    """An artifact as it is stored; what is asked of it often has columns of its own."""
    values: dict[str, Column] = {
        "section": artifact.section,
        "name": artifact.name,
        "changedAt": rfc3339(artifact.changed_at),
        **document_columns(artifact.document),
    }
    if artifact.content:
        values["content"] = dumps(artifact.content.to_json())
    if artifact.certificate:
        values["certificate"] = dumps(artifact.certificate.to_json())
    named_here = references(artifact.section, artifact.document)
    if named_here:
        keys = {named(reference.section, reference.name) for reference in named_here}
        values["references"] = dumps(sorted(keys))
    if artifact.section is Section.AGREEMENTS:
        kinds = numbering(artifact.document)
        values["numbering"] = dumps({kind: b.to_json() for kind, b in kinds.items()})
        values["parties"] = parties_key(artifact.document) or ""
    return Row(service_id, named(artifact.section, artifact.name), values)


def read_artifact(row: Row) -> Artifact:
    """An artifact from its row."""
    content, certificate = row.values.get("content"), row.values.get("certificate")
    return Artifact.model_validate(
        {
            "section": row.values["section"],
            "name": row.values["name"],
            "document": read_document(row.values),
            "content": ContentReference.model_validate(json.loads(str(content)))
            if content
            else None,
            "certificate": CertificateFacts.model_validate(json.loads(str(certificate)))
            if certificate
            else None,
            "changed_at": row.values["changedAt"],
        }
    )


def section_of(row: Row) -> str:
    """The section of an artifact's row, known by its key."""
    return row.key.partition("!")[0]


def read_numbering(row: Row) -> Numbering:
    """What the row of an agreement says of its control numbers."""
    kinds = json.loads(str(row.values.get("numbering", "{}")))
    return {Kind(kind): Bounds.model_validate(bounds) for kind, bounds in kinds.items()}
