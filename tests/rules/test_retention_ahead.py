"""Retention played forward gives the verdicts of every moment, and ten years take a second."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.backups.schedules.preview import _decide, _good, _played
from shared.model.backup import BackupStatus, Found
from shared.model.schedule import Keep, Plan, Schedule
from shared.rules.retention import Candidate, is_ruled

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SERVICE = "the-service"

_TIMES = st.integers(-40 * 24, 20 * 24).map(lambda hours: NOW + timedelta(hours=hours))


@st.composite
def _candidate(draw: st.DrawFn) -> Candidate:
    completed = draw(st.none() | _TIMES)
    return Candidate(
        name=f"b{draw(st.uuids())}",
        service_id=draw(st.sampled_from([SERVICE, SERVICE, SERVICE, "another"])),
        status=draw(
            st.sampled_from(
                [BackupStatus.SUCCEEDED] * 4 + [BackupStatus.RUNNING, BackupStatus.DELETED]
            )
        ),
        scheduled=draw(st.sampled_from([True, True, True, False])),
        started_at=completed or draw(_TIMES),
        completed_at=completed,
        pinned=draw(st.sampled_from([False] * 5 + [True])),
        registered=draw(st.sampled_from([False] * 5 + [True])),
        in_use=draw(st.sampled_from([False] * 5 + [True])),
        good=draw(st.booleans()),
        found=draw(st.sampled_from([None, None, None, *Found])),
    )


_KEEP = st.integers(0, 3)


@st.composite
def _plan(draw: st.DrawFn) -> Plan:
    frequency = draw(st.integers(1, 4))
    return Plan.model_validate(
        {
            "storageAccount": "offsite",
            "startAt": NOW + timedelta(hours=draw(st.integers(-500, 100))),
            "frequencyDays": frequency,
            "retentionDays": frequency + draw(st.integers(0, 12)),
            "keepAtLeastOne": draw(st.booleans()),
            "keep": Keep(
                daily=draw(_KEEP), weekly=draw(_KEEP), monthly=draw(_KEEP), yearly=draw(_KEEP)
            ).to_json(),
        }
    )


def schedule_of(plan: Plan, expected: datetime | None = None) -> Schedule:
    return Schedule.model_construct(
        service="Contoso",
        service_id=SERVICE,
        plan=plan,
        next_run_at=expected or plan.start_at,
        next_retention_at=None,
    )


@settings(max_examples=150)
@given(_plan(), st.lists(_candidate(), max_size=25), st.integers(1, 40))
def test_it_gives_the_verdicts_of_every_moment(
    plan: Plan, candidates: list[Candidate], days: int
) -> None:
    played: Any = _played(schedule_of(plan), plan, candidates, NOW, days)
    held = [one for one in candidates if is_ruled(one, SERVICE)]
    others = sorted(
        (one for one in candidates if one not in held),
        key=lambda b: (-(b.completed_at or b.started_at).timestamp(), b.name),
    )
    due = {datetime.fromisoformat(str(run["dueAt"])): str(run["backup"]) for run in played["runs"]}
    checks = {NOW + timedelta(days=day) for day in range(days)}
    deletes: list[tuple[str, str]] = []
    for at in sorted({*due, *checks}):
        if at in due:
            held.append(_good(due[at], SERVICE, at))
        decided = _decide(held, others, plan, SERVICE, max(at, NOW))
        deletes += [(at.isoformat(), verdict.backup.name) for verdict in decided if verdict.delete]
        held = [verdict.backup for verdict in decided if not verdict.delete]
    kept = _decide([*held, *others], [], plan, SERVICE, NOW + timedelta(days=days))
    found = [
        (datetime.fromisoformat(str(one["at"])).isoformat(), one["backup"])
        for one in played["deletes"]
    ]
    assert found == deletes
    assert [one["backup"] for one in played["keeps"]] == [v.backup.name for v in kept]


def test_ten_years_take_a_second() -> None:
    for retention, keep in ((3653, {}), (2, {"monthly": 12, "yearly": 3}), (400, {"daily": 800})):
        body = {
            "storageAccount": "offsite",
            "startAt": NOW,
            "frequencyDays": 1,
            "retentionDays": retention,
            "keepAtLeastOne": True,
            "keep": keep,
        }
        plan = Plan.model_validate(body)
        begun = time.process_time()
        played: Any = _played(schedule_of(plan), plan, [], NOW, 3653)
        assert time.process_time() - begun < 2
        assert len(played["runs"]) == 3653
