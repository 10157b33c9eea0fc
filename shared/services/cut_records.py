"""What a cut gives: records, artifacts that cannot be read, and what no backup holds."""

from dataclasses import dataclass

from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.record import Record, WrittenRecord


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


def batches_active(active: Warning) -> Problem:
    """The refusal where a backup was to begin with idle batches only."""
    return Problem(
        Code.BATCHES_ACTIVE,
        f"{active.message} Or leave requireIdleBatches out, and the backup says what it lacks.",
        target="/requireIdleBatches",
    )
