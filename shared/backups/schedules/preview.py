"""What would run, be kept and be deleted in the next days: the schedule simulated over the
history."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.backups.schedules.retention_runs import RetentionRuns
from shared.backups.schedules.schedules import ScheduleSettings
from shared.clock import Clock
from shared.model.backup import BackupStatus
from shared.model.problem import Code, Problem
from shared.model.schedule import Plan, PreviewBody, Schedule
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.rules.due_times import RETENTION_EVERY, container_name, due_between, due_now
from shared.rules.retention import (
    Candidate,
    Verdict,
    is_ruled,
    newest_first,
    newest_good,
    verdicts,
)
from shared.rules.retention_ahead import RetentionAhead


@dataclass(frozen=True)
class Preview:
    """Shows what a schedule would do."""

    settings: ScheduleSettings
    retention: RetentionRuns
    clock: Clock

    async def of(self, service: Service, body: PreviewBody, caller: str) -> JsonObject:
        """What would run, be deleted, and remain at the end. Nothing is written.

        Future backups count as good, and as completed at once; existing ones count as the history
        shows them, without reading their descriptors.

        :raises Problem: ScheduleNotFound; InvalidRequest if the schedule is not Automatic; and what
            saving the given schedule would raise.
        """
        now = self.clock.now()
        if body.schedule is None:
            schedule = (await self.settings.get(service)).value
        else:
            schedule = self.settings.planned(service, body.schedule, now, caller)
        plan = schedule.plan
        if plan is None:
            raise Problem(
                Code.INVALID_REQUEST,
                "The schedule's status is None: nothing runs, and retention deletes nothing.",
                target="/schedule/status" if body.schedule else "status",
            )
        candidates = await self.retention.removal.candidates(service.name, Candidate.known)
        return await asyncio.to_thread(_played, schedule, plan, candidates, now, body.days)


def _played(
    schedule: Schedule, plan: Plan, candidates: list[Candidate], now: datetime, days: int
) -> JsonObject:
    until = now + timedelta(days=days)
    first = schedule.next_run_at or now
    collapsed = due_now(plan.start_at, plan.frequency_days, first, now)
    due = [collapsed.at] if collapsed is not None else []
    since = collapsed.next_at if collapsed is not None else first
    due += due_between(plan.start_at, plan.frequency_days, since, until)
    checks = _days(schedule.next_retention_at or now, now, until)
    runs: list[JsonObject] = []
    deletes: list[JsonObject] = []
    due_times, gone = frozenset(due), set[str]()
    # Backups that retention never deletes are read once, at the end; but one may be the last good
    # one.
    held = [backup for backup in candidates if is_ruled(backup, schedule.service_id)]
    others = sorted(set(candidates).difference(held), key=newest_first)
    ahead: RetentionAhead | None = None
    for at in sorted({*due, *checks}):
        made: list[Candidate] = []
        if at in due_times:
            name = container_name(schedule.service, at)
            runs.append({"dueAt": rfc3339(at), "backup": name})
            made.append(_good(name, schedule.service_id, at))
        if ahead is None:
            # The present is decided as a retention run does it; the future is simulated from there.
            decided = _decide([*held, *made], others, plan, schedule.service_id, max(at, now))
            doomed = [verdict for verdict in decided if verdict.delete]
            held = [verdict.backup for verdict in decided if not verdict.delete]
            ahead = RetentionAhead(plan, schedule.service_id, held, others)
        else:
            held += made
            doomed = ahead.at(max(at, now), made)
        deletes += [{"at": rfc3339(at), **_shown(verdict)} for verdict in doomed]
        gone.update(verdict.backup.name for verdict in doomed)
    held = [backup for backup in held if backup.name not in gone]
    kept = _decide([*held, *others], [], plan, schedule.service_id, until)
    return {
        "from": rfc3339(now),
        "to": rfc3339(until),
        "runs": list(runs),
        "deletes": list(deletes),
        "keeps": [_shown(verdict) for verdict in kept],
    }


def _days(first: datetime, now: datetime, until: datetime) -> list[datetime]:
    found = []
    at = max(first, now)
    while at < until:
        found.append(at)
        at += RETENTION_EVERY
    return found


def _decide(
    held: list[Candidate],
    others: Sequence[Candidate],
    plan: Plan,
    service_id: str,
    now: datetime,
) -> list[Verdict]:
    """The verdicts on existing backups; ``others``, newest first, only count as good ones."""
    ordered = sorted(held, key=newest_first)
    good = [
        found
        for backups in (ordered, others)
        if (found := next(newest_good(backups, service_id, now), None))
    ]
    last_good = min(good, key=newest_first).name if good else None
    return verdicts(ordered, plan, service_id=service_id, now=now, last_good=last_good)


def _good(name: str, service_id: str, at: datetime) -> Candidate:
    return Candidate(
        name=name,
        service_id=service_id,
        status=BackupStatus.SUCCEEDED,
        scheduled=True,
        started_at=at,
        completed_at=at,
        good=True,
    )


def _shown(verdict: Verdict) -> JsonObject:
    backup = verdict.backup
    shown: JsonObject = {"backup": backup.name, "reasons": list(verdict.reasons)}
    if backup.completed_at is not None:
        shown["completedAt"] = rfc3339(backup.completed_at)
    return shown
