"""docs/schedules.md: its examples of retention keep as many backups as they say."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.model.backup import BackupStatus
from shared.model.schedule import Plan, ScheduleBody
from shared.rules.retention import Candidate, newest_good, verdicts

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "schedules.md").read_text()
_EXAMPLE = re.compile(r'^\| ([^|]+) \| `("frequencyDays"[^`]*)` \| (about )?(\d+)', re.M)
EXAMPLES = _EXAMPLE.findall(PAGE)
STARTED = datetime(2015, 1, 1, 2, tzinfo=UTC)
YEARS = 11


def kept(plan: Plan) -> int:
    """How many backups there are when the last of many years is done, retention run."""
    held: list[Candidate] = []
    end = STARTED + timedelta(days=365 * YEARS)
    at = STARTED
    while at <= end:
        held.append(_good(at))
        newest_first = sorted(held, key=lambda one: one.started_at, reverse=True)
        last = next(newest_good(newest_first, "id", at)).name
        decided = verdicts(newest_first, plan, service_id="id", now=at, last_good=last)
        held = [verdict.backup for verdict in decided if not verdict.delete]
        at += timedelta(days=plan.frequency_days)
    return len(held)


def _good(at: datetime) -> Candidate:
    return Candidate(
        name=f"{at:%Y%m%d}",
        service_id="id",
        status=BackupStatus.SUCCEEDED,
        scheduled=True,
        started_at=at,
        completed_at=at,
        good=True,
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[0])
def test_an_example_keeps_what_it_says(example: tuple[str, str, str, str]) -> None:
    _, members, about, count = example
    asked = {"status": "Automatic", "storageAccount": "offsite", "startAt": "2015-01-01T02:00:00Z"}
    plan = Plan.of(ScheduleBody.model_validate({**asked, **json.loads(f"{{{members}}}")}))
    assert plan is not None
    difference = abs(kept(plan) - int(count))
    assert difference <= (int(count) // 20 if about else 0), kept(plan)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4
