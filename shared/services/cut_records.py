"""What a cut returns: records, artifacts that cannot be read, and what is not backed up."""

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
    """An artifact that cannot be read: the backup continues without it, and reports it."""

    section: str
    name: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """A kind of state that is not backed up, with its count."""

    what: str
    items: int
    note: str


def batches_active(active: Warning) -> Problem:
    """The problem of a backup that was requested only for idle batches."""
    return Problem(
        Code.BATCHES_ACTIVE,
        f"{active.message} Or leave requireIdleBatches out, and the backup says what it lacks.",
        target="/requireIdleBatches",
    )
