"""Retention simulated into the future: what is deleted at each moment, at a cost that grows with
the number of days.

The rules are those of retention.py, whose verdicts look at all backups each time. Here a backup is
looked at only when something changes for it: it is completed, ``retentionDays`` have passed, a
newer one takes its place of ``keep``, or a newer one becomes the last good backup.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from shared.model.backup import BackupStatus
from shared.model.schedule import Plan
from shared.rules.retention import (
    Candidate,
    Verdict,
    newest_first,
    newest_good,
    older_than,
    places,
    spans,
)


class RetentionAhead:
    """Backups of one service as time passes.

    :param held: those that retention may delete and has kept so far, with its present verdicts.
    :param others: those that it never deletes; one of them may be the last good one.
    """

    def __init__(
        self, plan: Plan, service_id: str, held: Iterable[Candidate], others: Iterable[Candidate]
    ) -> None:
        self._plan = plan
        self._service_id = service_id
        self._limits = {name: most for name, most in places(plan.keep).items() if most}
        self._kept = {name: deque[tuple[object, Candidate]]() for name in self._limits}
        """By rule, the backup that is kept for each span, oldest first."""
        self._places: dict[str, int] = {}
        """How many places a backup has."""
        self._within = deque[Candidate]()
        """Completed backups that are not older than ``retentionDays``, oldest first."""
        self._waiting: dict[str, Candidate] = {}
        """Older backups that are kept only by a place of ``keep``, or as the last good one."""
        self._last_good: Candidate | None = None
        self._foreign = frozenset(one.name for one in others)
        coming = (one for one in (*held, *others) if one.completed_at is not None)
        self._coming = deque(sorted(coming, key=newest_first, reverse=True))
        """Backups to come, in the order in which they are completed."""

    def at(self, now: datetime, made: Sequence[Candidate] = ()) -> list[Verdict]:
        """What is deleted at a moment, newest first. Call it for moments in ascending order.

        :param made: backups that were completed since the previous moment.
        """
        arrived = list(made)
        while self._coming and _completed(self._coming[0]) <= now:
            arrived.append(self._coming.popleft())
        for backup in sorted(arrived, key=newest_first, reverse=True):
            self._arrive(backup, now)
        most = timedelta(days=self._plan.retention_days)
        while self._within and now - _completed(self._within[0]) > most:
            backup = self._within.popleft()
            self._waiting[backup.name] = backup
        if self._plan.keep_at_least_one and self._last_good is None:
            return []
        doomed = [one for one in self._waiting.values() if self._goes(one)]
        for backup in doomed:
            del self._waiting[backup.name]
        return [older_than(one, self._plan) for one in sorted(doomed, key=newest_first)]

    def _goes(self, backup: Candidate) -> bool:
        is_last = backup is self._last_good and self._plan.keep_at_least_one
        return not is_last and not self._places.get(backup.name)

    def _arrive(self, backup: Candidate, now: datetime) -> None:
        if next(newest_good([backup], self._service_id, now), None) is not None:
            self._last_good = backup
        if backup.name in self._foreign or backup.status is BackupStatus.RUNNING:
            return
        if backup.counts():
            self._take_places(backup)
        if not backup.is_kept_always():
            self._within.append(backup)

    def _take_places(self, backup: Candidate) -> None:
        for rule, span in spans(_completed(backup)).items():
            kept = self._kept.get(rule)
            if kept is None:
                continue
            if kept and kept[-1][0] == span:
                self._places[kept.pop()[1].name] -= 1
            kept.append((span, backup))
            self._places[backup.name] = self._places.get(backup.name, 0) + 1
            if len(kept) > self._limits[rule]:
                self._places[kept.popleft()[1].name] -= 1


def _completed(backup: Candidate) -> datetime:
    assert backup.completed_at is not None
    return backup.completed_at
