"""Which backups retention deletes: by example, and by laws over any history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.backup import BackupStatus
from shared.model.schedule import Keep, Plan
from shared.rules.retention import Candidate, Verdict, newest_first, newest_good, verdicts

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SERVICE = "this-life"
_DAY = timedelta(days=1)


def plan(days: int = 30, *, at_least_one: bool = True, **keep: int) -> Plan:
    return Plan(
        storage_account="offsite",
        start_at=NOW - 1000 * _DAY,
        frequency_days=1,
        retention_days=days,
        keep_at_least_one=at_least_one,
        keep=Keep(**keep),
    )


def backup(age_days: float, **changes: object) -> Candidate:
    completed = NOW - timedelta(days=age_days)
    plain = Candidate(
        name=f"b{age_days}",
        service_id=SERVICE,
        status=BackupStatus.SUCCEEDED,
        scheduled=True,
        started_at=completed,
        completed_at=completed,
        good=True,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def decide(
    backups: list[Candidate], by: Plan, *, unreadable: frozenset[str] = frozenset()
) -> dict[str, Verdict]:
    ordered = sorted(backups, key=newest_first)
    good = (b for b in newest_good(ordered, SERVICE, NOW) if b.name not in unreadable)
    last = next(good, None)
    found = verdicts(
        backups, by, service_id=SERVICE, now=NOW, last_good=last.name if last else None
    )
    return {verdict.backup.name: verdict for verdict in found}


def reasons(backups: list[Candidate], by: Plan) -> dict[str, tuple[str, ...]]:
    return {name: verdict.reasons for name, verdict in decide(backups, by).items()}


def deleted(backups: list[Candidate], by: Plan) -> set[str]:
    return {name for name, verdict in decide(backups, by).items() if verdict.delete}


@pytest.mark.parametrize(
    ("age", "goes"),
    [
        (timedelta(days=29), False),
        (timedelta(days=30), False),
        (timedelta(days=30, milliseconds=1), True),
        (timedelta(days=31), True),
    ],
)
def test_the_exact_cut_off(age: timedelta, goes: bool) -> None:
    old = backup(0, name="old", completed_at=NOW - age)
    assert ("old" in deleted([backup(1), old], plan(30))) is goes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pinned": True}, "pinned"),
        ({"scheduled": False}, "on-demand"),
        ({"in_use": True}, "in-use"),
        ({"registered": True}, "registered"),
        ({"service_id": "an-earlier-life"}, "earlier-service"),
        ({"status": BackupStatus.RUNNING, "completed_at": None}, "unfinished"),
        ({"completed_at": NOW + _DAY}, "in-the-future"),
    ],
)
def test_what_stays_however_old(changes: dict[str, object], reason: str) -> None:
    found = decide([backup(1), backup(99, name="old", **changes)], plan(30))["old"]
    assert not found.delete
    assert reason in found.reasons


@pytest.mark.parametrize(
    "status", [BackupStatus.FAILED, BackupStatus.DELETED, BackupStatus.MISSING]
)
def test_what_has_no_container_is_not_decided(status: BackupStatus) -> None:
    assert "old" not in decide([backup(1), backup(99, name="old", status=status)], plan())


def test_a_deletion_that_began_goes_on() -> None:
    begun = backup(1, name="begun", status=BackupStatus.DELETING, good=False)
    assert decide([backup(0), begun], plan())["begun"].delete
    foreign = replace(begun, service_id="an-earlier-life")
    assert "begun" not in decide([backup(0), foreign], plan())


def test_the_newest_good_one_stays() -> None:
    partial = backup(40, name="partial", status=BackupStatus.PARTIALLY_SUCCEEDED, good=False)
    found = reasons([partial, backup(50), backup(60)], plan(30))
    assert found["b50"] == ("last-good",)
    assert deleted([partial, backup(50), backup(60)], plan(30)) == {"partial", "b60"}
    assert deleted([backup(50)], plan(30, at_least_one=False)) == {"b50"}


@pytest.mark.parametrize(
    "changes",
    [
        {"completed_at": NOW + _DAY},
        {"registered": True},
        {"service_id": "an-earlier-life"},
    ],
)
def test_the_newest_good_one_is_one_of_this_installation_and_life_that_is_done(
    changes: dict[str, object],
) -> None:
    found = decide([backup(1, name="other", **changes), backup(40)], plan(30))["b40"]
    assert (found.delete, found.reasons) == (False, ("last-good",))


@pytest.mark.parametrize(
    "changes", [{"scheduled": False}, {"registered": True}, {"service_id": "an-earlier-life"}]
)
def test_backups_that_no_schedule_made_take_no_place(changes: dict[str, object]) -> None:
    history = [backup(1, name="other", **changes), backup(40), backup(50)]
    assert "daily-1" in reasons(history, plan(30, daily=1))["b40"]


def test_one_that_cannot_be_read_counts_for_nothing() -> None:
    found = decide([backup(40), backup(50), backup(60)], plan(30), unreadable=frozenset({"b40"}))
    assert found["b50"].reasons == ("last-good",)
    assert {name for name, verdict in found.items() if verdict.delete} == {"b40", "b60"}


def test_without_any_good_one_nothing_goes() -> None:
    bad = [backup(age, good=False) for age in (40, 50)]
    assert deleted(bad, plan(30)) == set()
    assert reasons(bad, plan(30))["b50"] == ("no-good-backup",)


def test_a_retention_that_matches_nothing_keeps_all() -> None:
    """restic 4568: a filter that matched nothing deleted everything."""
    manual = [backup(age, scheduled=False) for age in (40, 50)]
    assert deleted(manual, plan(30)) == set()


def test_days_weeks_months_years() -> None:
    daily = [backup(age, name=f"{NOW - age * _DAY:%Y-%m-%d}") for age in range(800)]
    found = reasons(daily, plan(2, daily=3, weekly=3, monthly=3, yearly=3))
    kept = {
        name: [r for r in why if r not in ("within-retention", "last-good")]
        for name, why in found.items()
    }
    assert {name: why for name, why in kept.items() if why and "older" not in why[0]} == {
        "2026-11-02": ["daily-1", "weekly-1", "monthly-1", "yearly-1"],
        "2026-11-01": ["daily-2", "weekly-2"],
        "2026-10-31": ["daily-3", "monthly-2"],
        "2026-10-25": ["weekly-3"],
        "2026-09-30": ["monthly-3"],
        "2025-12-31": ["yearly-2"],
        "2024-12-31": ["yearly-3"],
    }


def test_weeks_are_those_of_iso_8601() -> None:
    """2027-01-03 is a Sunday of week 53 of 2026, 2027-01-04 a Monday of week 1."""
    sunday, monday = datetime(2027, 1, 3, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    backups = [backup(0, name=f"{at:%d}", completed_at=at) for at in (sunday, monday)]
    found = verdicts(backups, plan(weekly=2), service_id=SERVICE, now=monday + _DAY, last_good="04")
    assert [verdict.reasons[-1] for verdict in found] == ["weekly-1", "weekly-2"]


def test_bad_backups_take_no_place() -> None:
    bad = backup(40, name="bad", good=False, status=BackupStatus.PARTIALLY_SUCCEEDED)
    good = replace(backup(40.1), name="good")
    found = reasons([backup(1), bad, good], plan(30, daily=2))
    assert found["good"] == ("daily-2",)
    assert "bad" in deleted([backup(1), bad, good], plan(30, daily=2))


CANDIDATES = st.builds(
    lambda age, status, flags, foreign: backup(
        age / 8,
        name=f"{age}-{status}-{flags}-{foreign}",
        status=status,
        completed_at=None if status is BackupStatus.RUNNING else NOW - timedelta(days=age / 8),
        scheduled="s" in flags,
        pinned="p" in flags,
        in_use="u" in flags,
        registered="r" in flags,
        good="g" in flags and status is BackupStatus.SUCCEEDED,
        service_id="an-earlier-life" if foreign else SERVICE,
    ),
    st.integers(-80, 4000),
    st.sampled_from(BackupStatus),
    st.sampled_from(["sg", "sg", "sg", "s", "g", "sgp", "sgu", "sgr", ""]),
    st.sampled_from([False, False, False, True]),
)
HISTORIES = st.lists(CANDIDATES, max_size=40, unique_by=lambda b: b.name)
KEEPS = st.builds(
    Keep, daily=st.integers(0, 9), weekly=st.integers(0, 9), monthly=st.integers(0, 9)
)


@settings(max_examples=300)
@given(history=HISTORIES, days=st.integers(2, 400), keep=KEEPS)
def test_laws_of_what_is_deleted(history: list[Candidate], days: int, keep: Keep) -> None:
    by = plan(days).model_copy(update={"keep": keep})
    found = decide(history, by)
    going = [v.backup for v in found.values() if v.delete]
    last_good = next(newest_good(sorted(history, key=newest_first), SERVICE, NOW), None)
    for gone in going:
        assert gone.scheduled
        assert gone.service_id == SERVICE
        assert not gone.registered
        if gone.status is BackupStatus.DELETING:
            continue
        assert not gone.pinned
        assert not gone.in_use
        assert gone.status.is_held()
        assert gone.completed_at is not None
        assert gone.completed_at < NOW - timedelta(days=days)
        assert last_good is not None
        assert gone != last_good
    assert all(verdict.reasons for verdict in found.values())


@settings(max_examples=300)
@given(
    history=HISTORIES,
    days=st.integers(2, 400),
    more=st.integers(0, 400),
    keep=KEEPS,
    kept_more=KEEPS,
)
def test_keeping_longer_or_more_never_deletes_more(
    history: list[Candidate], days: int, more: int, keep: Keep, kept_more: Keep
) -> None:
    def going(by_days: int, by_keep: Keep) -> set[str]:
        by = plan(by_days).model_copy(update={"keep": by_keep})
        return {name for name, verdict in decide(history, by).items() if verdict.delete}

    larger = Keep(
        daily=keep.daily + kept_more.daily,
        weekly=keep.weekly + kept_more.weekly,
        monthly=keep.monthly + kept_more.monthly,
    )
    assert going(days + more, keep) <= going(days, keep)
    assert going(days, larger) <= going(days, keep)


@given(history=HISTORIES, days=st.integers(2, 400), keep=KEEPS)
def test_deciding_again_after_deleting_deletes_nothing_more(
    history: list[Candidate], days: int, keep: Keep
) -> None:
    by = plan(days).model_copy(update={"keep": keep})
    going = {name for name, verdict in decide(history, by).items() if verdict.delete}
    left = [backup for backup in history if backup.name not in going]
    assert not [name for name, verdict in decide(left, by).items() if verdict.delete]
