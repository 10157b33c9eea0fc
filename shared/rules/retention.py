"""Which scheduled backups retention deletes, and why each of the others is kept.

Pure: it is given what exists. A backup is kept if any rule keeps it. Only newer backups decide
about a backup, so that verdicts can be given newest first, while the history is read. A backup that
was not examined counts as whole. Before deleting, the caller asks which unexamined backups the
deletion of others depends on (``unseen``), examines them, and decides again, until there are none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.model.backup import Backup, BackupStatus, Found, Trigger
from shared.model.schedule import Keep, Plan

_LASTING = frozenset({Found.MISSING, Found.DAMAGED, Found.ARCHIVED})
"""Findings that last until somebody repairs the backup; no restore can rely on such a backup."""


@dataclass(frozen=True)
class Candidate:
    """What retention needs to know of a backup."""

    name: str
    service_id: str
    status: BackupStatus
    scheduled: bool
    started_at: datetime
    completed_at: datetime | None
    pinned: bool = False
    registered: bool = False
    in_use: bool = False
    good: bool = False
    storage_account: str = ""
    found: Found | None = None
    """What examining its container found; None where it was not examined."""

    @staticmethod
    def known(backup: Backup) -> "Candidate":
        """From a backup in the history, with what was last found of it where that lasts: what could
        not be read then may be readable now."""
        seen = backup.container_seen
        found = seen.found if seen is not None and seen.found in _LASTING else None
        return replace(Candidate.of(backup), found=found)

    @staticmethod
    def of(backup: Backup) -> "Candidate":
        """From a backup in the history, as if its container had not been examined."""
        return Candidate(
            name=backup.name,
            service_id=backup.service_id,
            status=backup.status,
            scheduled=backup.trigger is Trigger.SCHEDULED,
            started_at=backup.started_at,
            completed_at=backup.completed_at,
            pinned=backup.pinned,
            registered=backup.registered,
            in_use=bool(backup.users),
            good=backup.is_good(),
            storage_account=backup.storage_account,
        )

    def is_kept_always(self) -> bool:
        """Whether it is kept by something that does not change with time."""
        return self.pinned or self.in_use or self.found is Found.UNREADABLE

    def counts(self) -> bool:
        """Whether it takes one of the places of ``keep``, as far as is known."""
        return self.good and self.found in (None, Found.WHOLE, Found.ARCHIVED)


@dataclass(frozen=True)
class Verdict:
    """What becomes of one backup, and why."""

    backup: Candidate
    delete: bool
    reasons: tuple[str, ...]
    counted: bool = False
    """Whether others may be deleted because this one exists."""


def unseen(decided: Iterable[Verdict], last_good: Candidate | None) -> list[Candidate]:
    """Unexamined backups because of which others would be deleted; none where nothing would be."""
    decided = list(decided)
    if not any(verdict.delete for verdict in decided):
        return []
    counted = [verdict.backup for verdict in decided if verdict.counted]
    if last_good is not None and last_good not in counted:
        counted.append(last_good)
    return [backup for backup in counted if backup.found is None]


def is_ruled(backup: Candidate, service_id: str) -> bool:
    """Whether retention of this service may ever delete it: only what its schedule made."""
    return backup.scheduled and not backup.registered and backup.service_id == service_id


def older_than(backup: Candidate, plan: Plan) -> Verdict:
    """The verdict on a backup that nothing keeps."""
    return Verdict(backup, True, (f"older-than-{plan.retention_days}-days",))


class Retention:
    """Gives verdicts, newest backup first.

    :param last_good: name of the newest good backup, whose descriptor could be read; None where
        there is none: with ``keepAtLeastOne`` nothing is then deleted.
    """

    def __init__(
        self, plan: Plan, *, service_id: str, now: datetime, last_good: str | None
    ) -> None:
        self._plan = plan
        self._service_id = service_id
        self._now = now
        self._last_good = last_good
        self._slots = _Slots(plan.keep)

    def verdict(self, backup: Candidate) -> Verdict | None:
        """The verdict on the next older backup; None for one that has no container any more, or
        never had."""
        if backup.status is BackupStatus.RUNNING:
            return Verdict(backup, False, ("unfinished",))
        if backup.status is BackupStatus.DELETING and is_ruled(backup, self._service_id):
            return Verdict(backup, True, ("deletion-under-way",))
        if not backup.status.is_held() or backup.found is Found.MISSING:
            return None
        taken = tuple(self._taken(backup))
        reasons = (*self._reasons(backup), *taken)
        if reasons:
            return Verdict(backup, False, reasons, bool(taken))
        return older_than(backup, self._plan)

    def _reasons(self, backup: Candidate) -> Iterator[str]:
        if backup.registered:
            yield "registered"
        if not backup.scheduled:
            yield "on-demand"
        if backup.service_id != self._service_id:
            yield "earlier-service"
        if backup.pinned:
            yield "pinned"
        if backup.in_use:
            yield "in-use"
        completed = backup.completed_at
        if completed is None:
            yield "unfinished"
        elif completed > self._now:
            yield "in-the-future"
        elif self._now - completed <= timedelta(days=self._plan.retention_days):
            yield "within-retention"
        if self._plan.keep_at_least_one:
            if self._last_good is None:
                yield "no-good-backup"
            elif backup.name == self._last_good:
                yield "last-good"
        if backup.found is Found.UNREADABLE:
            yield "unreadable"

    def _taken(self, backup: Candidate) -> Iterator[str]:
        completed = backup.completed_at
        if (
            backup.counts()
            and is_ruled(backup, self._service_id)
            and completed
            and completed <= self._now
        ):
            yield from self._slots.taken(completed)


def places(keep: Keep) -> dict[str, int]:
    """How many backups each rule keeps."""
    return {
        "daily": keep.daily,
        "weekly": keep.weekly,
        "monthly": keep.monthly,
        "yearly": keep.yearly,
    }


def spans(completed: datetime) -> dict[str, object]:
    """By rule, the span (day, week, month, year) that a backup belongs to."""
    week = completed.isocalendar()
    return {
        "daily": completed.date(),
        "weekly": (week.year, week.week),
        "monthly": (completed.year, completed.month),
        "yearly": completed.year,
    }


class _Slots:
    """Days, weeks, months and years for which a backup is kept already."""

    def __init__(self, keep: Keep) -> None:
        self._most = places(keep)
        self._left = dict(self._most)
        self._last: dict[str, object] = {}

    def taken(self, completed: datetime) -> Iterator[str]:
        """The rules that keep a backup: the newest of its day, week and so on, as
        ``weekly-3`` for the third newest week that has one."""
        for rule, span in spans(completed).items():
            if self._left[rule] and self._last.get(rule) != span:
                self._last[rule] = span
                self._left[rule] -= 1
                yield f"{rule}-{self._most[rule] - self._left[rule]}"


def newest_good(
    backups: Iterable[Candidate], service_id: str, now: datetime
) -> Iterator[Candidate]:
    """The good backups of a service, in the order given: keepAtLeastOne keeps the first of them
    that exists and can be read."""
    for backup in backups:
        done = backup.completed_at is not None and backup.completed_at <= now
        mine = backup.service_id == service_id and not backup.registered
        if backup.good and done and mine and backup.found not in _LASTING:
            yield backup


def last_good_of(backups: Iterable[Candidate], service_id: str, now: datetime) -> Candidate | None:
    """The newest good backup that is not being read: a verify that reads one may find it damaged,
    and it is kept meanwhile.

    :param backups: newest first.
    """
    good = newest_good(backups, service_id, now)
    return next((backup for backup in good if not backup.in_use), None)


def verdicts(
    backups: Iterable[Candidate],
    plan: Plan,
    *,
    service_id: str,
    now: datetime,
    last_good: str | None,
) -> list[Verdict]:
    """What becomes of each backup that holds a container.

    :param backups: in any order.
    """
    retention = Retention(plan, service_id=service_id, now=now, last_good=last_good)
    ordered = sorted(backups, key=newest_first)
    found = (retention.verdict(backup) for backup in ordered)
    return [verdict for verdict in found if verdict is not None]


def newest_first(backup: Candidate) -> tuple[float, str]:
    """A key that sorts backups newest first, by when they were completed."""
    return (-(backup.completed_at or backup.started_at).timestamp(), backup.name)
