"""What one transaction changes in a service's configuration, and how much fits into one."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from shared.model.artifact import Artifact, Section
from shared.model.record import canonical_text
from shared.model.wire import JsonObject
from shared.state.artifact_rows import artifact_columns
from shared.state.columns import text_columns
from shared.state.gateway import TRANSACTION_ROWS, Column, Row
from shared.state.keys import named

BATCH_ARTIFACTS = TRANSACTION_ROWS - 1
"""How many artifacts one transaction changes: it carries the head too."""

_BATCH_BYTES = 3_500_000
"""Of the 4 MiB that a transaction may send; the rest is for its envelope."""

_BESIDE_BYTES = 4096
"""What a row sends beside its document: name, references, numbering, parties."""


@dataclass(frozen=True)
class Put:
    """Write an artifact."""

    artifact: Artifact
    new: bool

    @cached_property
    def text(self) -> str:
        """The document in canonical form."""
        return canonical_text(self.artifact.document)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """As they are sent."""
        return artifact_columns(self.artifact, self.text)

    def row(self, service_id: str) -> Row:
        """The row that is written."""
        key = named(self.artifact.section, self.artifact.name)
        return Row(service_id, key, self.columns)


@dataclass(frozen=True)
class Remove:
    """Take an artifact out."""

    section: Section
    name: str


@dataclass(frozen=True)
class PutSettings:
    """Write the settings of the service; the id of the operation tells recovery that it was."""

    document: JsonObject
    changed_at: str
    operation_id: str


Edit = Put | Remove | PutSettings


def transactions(puts: Iterable[Put]) -> Iterator[list[Put]]:
    """Puts in groups that each fit one transaction: 99 artifacts and 3.5 MiB as sent."""
    group: list[Put] = []
    size = 0
    for put in puts:
        sent = _sent_bytes(put)
        if group and (len(group) == BATCH_ARTIFACTS or size + sent > _BATCH_BYTES):
            yield group
            group, size = [], 0
        group.append(put)
        size += sent
    if group:
        yield group


def _sent_bytes(put: Put) -> int:
    """As the SDK sends it: JSON in ASCII, so that a character may take six bytes or twelve."""
    columns = text_columns(put.text).values()
    sent = sum(len(c) * 4 // 3 if isinstance(c, bytes) else len(json.dumps(c)) for c in columns)
    return sent + _BESIDE_BYTES
