"""How fast numbers were issued, and how many to skip."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import Bounds, Counter
from shared.rules.integration_accounts.push_rate import WHERE_UNKNOWN, Look, proposed, rate

START = datetime(2026, 11, 1, tzinfo=UTC)
DAY = 86_400.0
WIDE = Bounds()
HUNDRED = Counter(next=101, last=100)


def looks(*seen: tuple[float, int]) -> list[Look]:
    return [Look(START + timedelta(days=day), value) for day, value in seen]


@pytest.mark.parametrize(
    ("seen", "bounds", "per_day"),
    [
        ([], WIDE, None),
        ([(0, 5)], WIDE, None),
        ([(0, 5), (0, 9)], WIDE, None),
        ([(0, 5), (2, 5)], WIDE, 0),
        ([(0, 5), (2, 25)], WIDE, 10),
        ([(0, 0), (9, 0), (10, 50)], WIDE, 50),
        ([(0, 0), (1, 90), (10, 100)], WIDE, 10),
        ([(0, 95), (1, 5)], Bounds(lower=1, upper=100), 10),
        ([(0, 95), (1, 5)], Bounds(lower=1, upper=100, rollover=False), None),
        ([(0, 500), (1, 10)], WIDE, None),
        ([(0, 500), (1, 10)], Bounds(lower=100, upper=999), None),
        ([(0, 600_000_000), (1, 7)], WIDE, None),  # set back: the way around is the shorter one
        ([(0, 0), (1, 500), (2, 7), (3, 9)], WIDE, None),
    ],
)
def test_how_fast_a_number_moved(
    seen: list[tuple[float, int]], bounds: Bounds, per_day: float | None
) -> None:
    found = rate(looks(*seen), bounds)
    assert found is None if per_day is None else found == pytest.approx(per_day)


@pytest.mark.parametrize(
    ("per_day", "elapsed", "bounds", "by"),
    [
        (0.0, 10 * DAY, WIDE, 1),
        (10.0, 0.0, WIDE, 1),
        (10.0, -DAY, WIDE, 1),
        (10.0, DAY, WIDE, 20),
        (10.0, 1.1 * DAY, WIDE, 50),
        (1e9, 1e6 * DAY, Bounds(lower=1, upper=1000), 333),
        (10.0, DAY, Bounds(lower=1, upper=110, rollover=False), 9),
        (10.0, DAY, Bounds(lower=1, upper=100, rollover=False), 1),
        (None, DAY, WIDE, WHERE_UNKNOWN),
        (10.0, None, WIDE, WHERE_UNKNOWN),
        (None, None, Bounds(lower=1, upper=1000), 333),
    ],
)
def test_how_many_numbers_to_skip(
    per_day: float | None, elapsed: float | None, bounds: Bounds, by: int
) -> None:
    assert proposed(per_day, elapsed, HUNDRED, bounds) == by


@given(
    st.lists(st.tuples(st.floats(0.01, 9), st.integers(0, 500)), min_size=1, max_size=8),
    st.floats(0, 30),
)
def test_what_was_issued_at_the_rate_that_was_seen_is_skipped(
    steps: list[tuple[float, int]], days: float
) -> None:
    seen, day, value = [(0.0, 1)], 0.0, 1
    for took, count in steps:
        day, value = day + took, value + count
        seen.append((day, value))
    per_day = rate(looks(*seen), WIDE)
    assert per_day is not None
    by = proposed(per_day, days * DAY, Counter(next=value + 1, last=value), WIDE)
    took, count = steps[-1]
    assert by >= 1
    assert by >= min(days * max(count / took, (value - 1) / day), WIDE.upper // 2) * 0.999
