"""What one transaction changes in a service's configuration, and how much fits into one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from shared.model.artifact import Artifact
from shared.model.problem import Problem
from shared.model.record import canonical_text
from shared.model.sections import Section
from shared.model.wire import JsonObject
from shared.state.artifact_rows import Restored, artifact_columns
from shared.state.columns import sent_bytes, text_columns, together
from shared.state.row_keys import named
from shared.storage.tables import TRANSACTION_ROWS, Column, Row

BATCH_ARTIFACTS = TRANSACTION_ROWS - 1
"""The most artifacts that one transaction changes: it also writes the head."""


class TooLargeTogether(Exception):
    """The artifacts do not fit into one transaction."""


@dataclass(frozen=True)
class Put:
    """Write an artifact."""

    artifact: Artifact
    new: bool
    restored: Restored | None = None
    """Set if the document comes from a backup's line unchanged; the artifact then has the line's
    document."""

    @cached_property
    def text(self) -> str:
        """The document in canonical form."""
        return self.restored.text if self.restored else canonical_text(self.artifact.document)

    @cached_property
    def stored_text(self) -> Mapping[str, Column]:
        """The columns of the document: its size is known before any storage call."""
        return text_columns(self.text)

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """The columns as they are sent."""
        asked = artifact_columns(self.artifact, self.text, self.restored)
        return {**asked, **self.stored_text}

    def row(self, service_id: str) -> Row:
        """The row to write."""
        key = named(self.artifact.section, self.artifact.name)
        return Row(service_id, key, self.columns)


@dataclass(frozen=True)
class Remove:
    """Delete an artifact."""

    section: Section
    name: str


@dataclass(frozen=True)
class PutSettings:
    """Write the settings of the service; by the operation's id, recovery sees that this was
    done."""

    document: JsonObject = field(repr=False)
    changed_at: str
    operation_id: str


Edit = Put | Remove | PutSettings


def transactions(puts: Iterable[Put]) -> Iterator[list[Put]]:
    """Puts in groups that each fit into one transaction: 99 artifacts and 3.5 MB as sent."""
    yield from together(puts, _sent_bytes, BATCH_ARTIFACTS)


def require_together(puts: Sequence[Put]) -> None:
    """Check that puts fit into one transaction, with their secrets sealed.

    :raises TooLargeTogether: if they do not; never for a single one.
    """
    if len(list(transactions(puts))) > 1:
        raise TooLargeTogether


def _sent_bytes(put: Put) -> int:
    try:
        columns = put.columns
    except Problem:  # it is refused when it is written
        columns = put.stored_text
    return sent_bytes(columns.values())
