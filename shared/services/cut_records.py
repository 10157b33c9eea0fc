"""What a cut returns: records, artifacts that cannot be read, and what is not backed up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.model.numbers import Counters, Numbering
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.record import Record, WrittenRecord
from shared.rules.naming import some
from shared.state.batch_activity import BatchActivity

_LISTED = 20
"""The most batches that a warning names."""


@dataclass(frozen=True)
class SectionRecord:
    """A record with the section that it belongs to; its secrets are in the clear."""

    section: str
    record: Record | WrittenRecord
    expires_at: datetime | None = None
    """Of the certificate that it holds; of two, the one that expires first."""


@dataclass(frozen=True)
class CountedAgreement:
    """The counters of an agreement, and the bounds that they count in."""

    name: str
    numbering: Numbering
    counters: Counters
    """As a backup has them."""
    record: Record | None
    """None if nothing is known of any."""


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


def of_batches(active: Sequence[BatchActivity]) -> Warning | None:
    """The warning of batches with active messages; None if there are none."""
    if not active:
        return None
    listed = [f"{one.batch} ({one.active_messages})" for one in active]
    return Warning(
        code="ActiveBatchMessages",
        message="Batches have active messages, which the backup does not hold: "
        f"{some(listed, _LISTED)}. A restore loses them: process them first.",
        target="batches",
    )


def batches_active(active: Warning) -> Problem:
    """The problem of a backup that was requested only for idle batches."""
    return Problem(
        Code.BATCHES_ACTIVE,
        f"{active.message} Or leave requireIdleBatches out, and the backup says what it lacks.",
        target="/requireIdleBatches",
    )
