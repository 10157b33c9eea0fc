"""When a scheduled backup is due: startAt + k × frequencyDays, in UTC, where days have 24 hours.

Every due time is computed from startAt, never from the one before: nothing drifts.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.model.problem import Code, Problem

_MOST_AHEAD = timedelta(days=3653)
"""A later start is a typing error: nothing would be backed up, without any warning."""
_STAMP = "%Y%m%d-%H%M%S"
RETENTION_EVERY = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """The single run that makes up for all due times that have passed."""

    at: datetime
    missed: int
    """How many due times before it passed without a run."""
    next_at: datetime


def first_due(start: datetime, frequency_days: int, saved_at: datetime) -> datetime:
    """The first due time at or after the schedule was saved.

    :raises Problem: InvalidRequest for a start more than ten years ahead.
    """
    if start - saved_at > _MOST_AHEAD:
        raise Problem(
            Code.INVALID_REQUEST,
            "startAt is more than ten years ahead. Give the time of the first backup.",
            target="/startAt",
        )
    if start >= saved_at:
        return start
    frequency = timedelta(days=frequency_days)
    return start + -((start - saved_at) // frequency) * frequency


def due_now(start: datetime, frequency_days: int, expected: datetime, now: datetime) -> Due | None:
    """The latest due time that has come, None where the expected one has not come yet.

    :param expected: the first due time that has not run.
    """
    if now < expected:
        return None
    frequency = timedelta(days=frequency_days)
    latest = start + (now - start) // frequency * frequency
    return Due(latest, (latest - expected) // frequency, latest + frequency)


def due_between(
    start: datetime, frequency_days: int, since: datetime, until: datetime
) -> list[datetime]:
    """All due times from ``since`` to before ``until``."""
    frequency = timedelta(days=frequency_days)
    found = []
    due = first_due(start, frequency_days, since)
    while due < until:
        found.append(due)
        due += frequency
    return found


def next_retention(previous: datetime, now: datetime) -> datetime:
    """When retention runs next: a whole number of days after it last was due; missed days are
    skipped."""
    if now < previous:
        return previous
    return previous + ((now - previous) // RETENTION_EVERY + 1) * RETENTION_EVERY


def coming_due(
    service: str, name: str, start: datetime, frequency_days: int, expected: datetime
) -> datetime | None:
    """The due time whose backup will have this name; None where no backup will.

    :param expected: the first due time that has not run.
    """
    try:
        due = datetime.strptime(name, f"{service.lower()}-{_STAMP}").replace(tzinfo=UTC)
    except ValueError:
        return None
    is_due = (due - start) % timedelta(days=frequency_days) == timedelta(0)
    # strptime also accepts fewer digits than a name has.
    return due if due >= expected and is_due and name == container_name(service, due) else None


def container_name(service: str, due: datetime) -> str:
    """``<service name, lower case>-<yyyymmdd>-<hhmmss>`` of the due time in UTC."""
    return f"{service.lower()}-{due.strftime(_STAMP)}"
