"""When a scheduled backup is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.problem import Code, Problem
from shared.rules.due_times import (
    container_name,
    due_between,
    due_now,
    first_due,
    next_retention,
)

START = datetime(2026, 2, 28, 2, 30, tzinfo=UTC)
TIMES = st.integers(0, 160 * 366 * 86_400_000).map(
    lambda ms: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
)
DAYS = st.integers(1, 400)


def days(count: float) -> timedelta:
    return timedelta(days=count)


@pytest.mark.parametrize(
    ("saved", "first"),
    [
        (START - days(3), START),
        (START, START),
        (START + timedelta(seconds=1), START + days(7)),
        (START + days(7), START + days(7)),
        (START + days(7.5), START + days(14)),
    ],
)
def test_the_first_is_the_next_such_time_at_or_after_saving(
    saved: datetime, first: datetime
) -> None:
    assert first_due(START, 7, saved) == first


def test_a_start_decades_ahead_is_a_mistake() -> None:
    with pytest.raises(Problem) as refused:
        first_due(START + days(40_000), 1, START)
    assert refused.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize("frequency", [1, 7, 30, 365])
def test_fifty_years_of_due_times_are_plain_arithmetic(frequency: int) -> None:
    """Counted in days of the calendar, by another way than the rule's own: leap days included."""
    until = START.replace(year=START.year + 50)
    computed = due_between(START, frequency, START, until)
    days_between = until.toordinal() - START.toordinal()
    expected = [
        datetime.combine(
            datetime.fromordinal(START.toordinal() + count).date(), START.time(), tzinfo=UTC
        )
        for count in range(0, days_between, frequency)
    ]
    assert computed == expected
    leap_days = [at for at in computed if (at.month, at.day) == (2, 29)]
    assert frequency != 1 or len(leap_days) == 12

    walked, expected_next = [], START
    for at in expected:
        due = due_now(START, frequency, expected_next, at)
        assert due is not None
        assert due.missed == 0
        walked.append(due.at)
        expected_next = due.next_at
    assert walked == expected, "a timer that never sleeps meets each of them once"


@given(start=TIMES, frequency=DAYS, saved=TIMES)
def test_laws_of_the_first(start: datetime, frequency: int, saved: datetime) -> None:
    if start - saved > days(3653):
        return
    first = first_due(start, frequency, saved)
    assert first >= saved
    assert first == start or (first - days(frequency) < saved and first > start)
    assert (first - start) % days(frequency) == timedelta(0)


@given(start=TIMES, frequency=DAYS, skipped=st.integers(0, 500), late=st.floats(0, 0.999))
def test_what_was_missed_collapses_into_one_run(
    start: datetime, frequency: int, skipped: int, late: float
) -> None:
    expected = start + days(frequency) * 3
    now = expected + days(frequency) * skipped + days(frequency) * late
    due = due_now(start, frequency, expected, now)
    assert due is not None
    assert due.missed == skipped
    assert due.at <= now < due.next_at == due.at + days(frequency)
    assert due_now(start, frequency, due.next_at, now) is None


def test_nothing_is_due_before_its_time() -> None:
    assert due_now(START, 7, START, START - timedelta(milliseconds=1)) is None


def test_retention_comes_once_a_day_and_catches_up_in_one() -> None:
    assert next_retention(START, START - days(1)) == START
    assert next_retention(START, START) == START + days(1)
    assert next_retention(START, START + days(10.5)) == START + days(11)


def test_the_container_is_named_by_the_due_time() -> None:
    assert container_name("Contoso-B2B", START) == "contoso-b2b-20260228-023000"
