"""What is noticed: where 90 percent begin, and the few certificates that expire first."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.model.numbers import Bounds, Counter, Kind
from shared.rules.noticing import MOST_CERTIFICATES, Noticing, any_near_end, is_near_end

_NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("following", "bounds", "near"),
    [
        (1, Bounds(lower=1, upper=100), False),
        (90, Bounds(lower=1, upper=100), False),
        (91, Bounds(lower=1, upper=100), True),
        (100, Bounds(lower=1, upper=100), True),
        # It begins again: all of its next cycle is left.
        (101, Bounds(lower=1, upper=100), False),
        (101, Bounds(lower=1, upper=100, rollover=False), True),
        (1089, Bounds(lower=1000, upper=1099), False),
        (1090, Bounds(lower=1000, upper=1099), True),
        # Below its bounds it goes on at the lower one.
        (7, Bounds(lower=1000, upper=1099), False),
        (1, Bounds(lower=1, upper=1), False),
        (2, Bounds(lower=1, upper=1, rollover=False), True),
    ],
)
def test_where_the_end_is_near(following: int, bounds: Bounds, near: bool) -> None:
    counter = Counter(next=following, last=following - 1)
    assert is_near_end(counter, bounds) is near
    assert any_near_end({Kind.GROUP: counter}, {Kind.GROUP: bounds}) is near


def test_what_was_never_issued_is_not_near_its_end() -> None:
    assert not any_near_end({}, {Kind.GROUP: Bounds(lower=95, upper=100)})


def test_counters_are_counted_each_kind_by_itself() -> None:
    noticing = Noticing()
    ends = Bounds(lower=1, upper=10, rollover=False)
    numbering = {Kind.INTERCHANGE: ends, Kind.GROUP: ends, Kind.TRANSACTION_SET: ends}
    counters = {
        Kind.INTERCHANGE: Counter(next=11, last=10),
        Kind.GROUP: Counter(next=10, last=9),
    }
    noticing.counters(counters, numbering)
    noticing.counters(counters, numbering)
    noticed = noticing.noticed()
    assert (noticed.counters_near_end, noticed.counters_ended) == (4, 2)


def test_the_certificates_that_expire_first_are_kept() -> None:
    noticing = Noticing()
    days = [40, 3, 700, -2, 12, 3650, 90, 30]
    for day in days:
        noticing.certificate("certificates", f"in {day}", _NOW + timedelta(days=day))
    kept = [one.name for one in noticing.noticed().certificates]
    assert kept == [f"in {day}" for day in sorted(days)[:MOST_CERTIFICATES]]
