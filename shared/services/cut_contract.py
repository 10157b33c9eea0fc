"""What a backup reads from: the seam for other kinds of services.

A source offers one cut: configuration of one revision, then the run-time state as it is.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.record import Record, WrittenRecord
from shared.model.service import Service


@dataclass(frozen=True)
class SectionRecord:
    """A record with the section that it belongs to; its secrets are in the clear."""

    section: str
    record: Record | WrittenRecord


@dataclass(frozen=True)
class Unreadable:
    """An artifact that cannot be read: the backup goes on without it, and says so."""

    section: str
    name: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """Something that no backup holds, with its number."""

    what: str
    items: int
    note: str


class Cut(Protocol):
    """One state of a service's configuration, while it is read."""

    service: Service
    revision: int

    def configuration(self) -> AsyncIterator[list[SectionRecord | Unreadable]]:
        """The settings, then all artifacts in the order of section and key, a page at a time."""
        ...

    def records(self, section: str, after: str = "") -> AsyncIterator[list[Record]]:
        """The records of one section in their order (see order.py), secrets in the clear.

        Control numbers are those of agreements that there are as they are read.

        :param after: name of the record that the first page begins behind.
        """
        ...

    async def end(self) -> bool:
        """Stop holding, and say whether all that was read is of one revision."""
        ...

    def control_numbers(self, agreements: frozenset[str]) -> AsyncIterator[list[bytes]]:
        """Lines of the counters of the cut's agreements (by their keys).

        Each agreement's are of one instant.
        """
        ...

    def received_numbers(self) -> AsyncIterator[list[bytes]]:
        """Lines of control numbers that came in."""
        ...

    def mic_values(self) -> AsyncIterator[list[bytes]]:
        """Lines of MIC values of AS2 messages."""
        ...

    async def left_out(self) -> list[LeftOut]:
        """What the backup does not hold."""
        ...

    def content(self, sha256: str) -> BlobClient:
        """Where bytes of an artifact are."""
        ...

    async def note_md5(self, sha256: str, md5: str, users: Sequence[tuple[str, str]]) -> None:
        """Keep what the MD5 of bytes is, of which it was not known: the next copy says it.

        :param users: section and name of the artifacts that they belong to.
        """
        ...

    @property
    def content_account(self) -> BlobServiceClient:
        """The account that they are in."""
        ...


def batches_active(active: Warning) -> Problem:
    """The refusal where a backup was to begin with idle batches only."""
    return Problem(
        Code.BATCHES_ACTIVE,
        f"{active.message} Or leave requireIdleBatches out, and the backup says what it lacks.",
        target="/requireIdleBatches",
    )


class Source(Protocol):
    """A service that can be backed up."""

    async def active_batches(self) -> Warning | None:
        """Which batches have active messages: they are in no backup. None where none has."""
        ...

    async def cut(self, operation_id: str, *, hold: bool) -> Cut:
        """Begin to read.

        :param hold: make writers wait, where reading without that met a change.
        """
        ...
