"""Numbers that are seen in an account, as counters of the ledger."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import Bounds, Counter
from shared.rules.integration_accounts.observed import (
    Sighting,
    is_behind_ledger,
    observed,
)
from shared.rules.integration_accounts.rollover import is_rollover
from shared.rules.integration_accounts.times import iso_text
from shared.rules.numbers import first, take, upcoming

WIDE = Bounds()
EARLY, LATE = "2017-04-27T18:49:39.3355348Z", "2017-04-27T18:49:39.3355349Z"


def seen(value: int, changed_time: str = LATE) -> Sighting:
    return Sighting(value, changed_time)


def test_the_first_sighting_makes_the_counter() -> None:
    assert observed(None, WIDE, seen(256)) == Counter(next=257, last=256, end=999_999_999)


def test_of_a_first_sighting_all_numbers_up_to_it_count_as_issued() -> None:
    counter = observed(None, Bounds(lower=100, upper=900), seen(256))
    assert counter.since is None


def test_nothing_issued_yet_is_a_counter_that_begins() -> None:
    bounds = Bounds(lower=100, upper=200)
    assert observed(None, bounds, seen(0)) == first(bounds)


def test_a_higher_number_moves_the_counter_whatever_its_time_says() -> None:
    counter = observed(None, WIDE, seen(256))
    moved = observed(counter, WIDE, seen(300, LATE), seen(256, LATE))
    assert (moved.last, moved.next, moved.cycle) == (300, 301, 0)
    assert observed(moved, WIDE, seen(301, "never"), seen(300, "never")).last == 301


def test_the_same_number_leaves_the_counter() -> None:
    counter = observed(None, WIDE, seen(256, EARLY))
    assert observed(counter, WIDE, seen(256, LATE), seen(256, EARLY)) is counter


def test_a_lower_number_that_changed_later_is_a_new_cycle() -> None:
    counter = observed(None, WIDE, seen(999_999_999, EARLY))
    again = observed(counter, WIDE, seen(1, LATE), seen(999_999_999, EARLY))
    assert (again.last, again.next, again.cycle) == (1, 2, 1)


@pytest.mark.parametrize(
    ("bounds", "before", "after"),
    [
        (Bounds(lower=100, upper=200), 150, 0),
        (Bounds(lower=100, upper=200), 200, 99),
        (Bounds(lower=40_000, upper=99_999), 40_127, 7),
        (Bounds(upper=1_000), 900, 1),
        (Bounds(upper=1_000), 1_000, 101),
        (Bounds(upper=1_000, rollover=False), 1_000, 1),
        (WIDE, 40_127, 7),
    ],
)
def test_a_number_that_was_set_back_is_no_new_cycle(
    bounds: Bounds, before: int, after: int
) -> None:
    counter = observed(None, bounds, seen(before, EARLY))
    again = observed(counter, bounds, seen(after, LATE), seen(before, EARLY))
    assert again is counter
    assert is_behind_ledger(counter, bounds, seen(after, LATE), seen(before, EARLY))
    assert is_behind_ledger(counter, bounds, seen(after, LATE), seen(after, LATE))
    assert is_behind_ledger(counter, bounds, seen(after, LATE))


@pytest.mark.parametrize(
    ("bounds", "before", "after"),
    [
        (Bounds(upper=1_000), 901, 100),
        (Bounds(lower=100, upper=200), 200, 100),
        (Bounds(upper=5), 5, 3),
        (WIDE, 999_999_999, 1),
    ],
)
def test_a_number_that_rolled_over_is_behind_nothing(
    bounds: Bounds, before: int, after: int
) -> None:
    counter = observed(None, bounds, seen(before, EARLY))
    now, was = seen(after, LATE), seen(before, EARLY)
    assert not is_behind_ledger(counter, bounds, now, was)
    again = observed(counter, bounds, now, was)
    assert (again.last, again.cycle) == (after, 1)
    assert not is_behind_ledger(again, bounds, now, was), "its session is stored after the ledger"
    assert not is_behind_ledger(again, bounds, now, now)


def test_an_old_answer_is_behind_nothing() -> None:
    counter = observed(None, WIDE, seen(300, LATE))
    assert not is_behind_ledger(counter, WIDE, seen(256, EARLY), seen(300, LATE))
    assert not is_behind_ledger(None, WIDE, seen(256))


def test_an_old_answer_means_nothing() -> None:
    counter = observed(None, WIDE, seen(300, LATE))
    assert observed(counter, WIDE, seen(256, EARLY), seen(300, LATE)) is counter
    assert observed(counter, WIDE, seen(256, LATE), seen(300, LATE)) is counter
    assert observed(counter, WIDE, seen(256, "what"), seen(300, LATE)) is counter
    end = 999_999_999
    counter = observed(None, WIDE, seen(end, LATE))
    again = observed(counter, WIDE, seen(5, "2018-01-01T00:00:00Z"), seen(end, LATE))
    assert again.cycle == 1
    stale = observed(again, WIDE, seen(end, EARLY), seen(5, "2018-01-01T00:00:00Z"))
    assert stale is again


def test_a_counter_that_is_higher_than_the_account_stays() -> None:
    own = Counter(next=901, last=900)
    assert observed(own, WIDE, seen(100)) is own
    assert observed(own, WIDE, seen(101, LATE), seen(100, EARLY)) is own


def test_a_gap_that_the_counter_has_stays() -> None:
    own = Counter(next=500, last=100)
    assert observed(own, WIDE, seen(200)).next == 500


def test_numbers_above_the_bounds_are_not_issued_again_within_them() -> None:
    bounds = Bounds(upper=1000)
    counter = observed(None, bounds, seen(5000))
    assert (counter.last, counter.end) == (5000, 5000)
    assert upcoming(counter, bounds) is None
    assert upcoming(counter, Bounds(upper=9000)) == counter


def test_numbers_below_the_bounds_go_on_at_the_lower_one() -> None:
    bounds = Bounds(lower=1000, upper=2000)
    counter = observed(None, bounds, seen(5))
    assert (counter.last, counter.next) == (5, 6)
    assert take(counter, bounds, 1).values == (range(1000, 1001),)


def test_numbers_below_where_the_counter_was_moved_up_to_count_as_issued() -> None:
    counter = Counter(next=1000, since=1000)
    moved = observed(counter, Bounds(lower=500, upper=2000), seen(600))
    assert (moved.last, moved.since, moved.below) == (600, None, None)
    assert moved.next == 1000


@dataclass
class Account:
    """An account that issues numbers, and keeps what it said of them."""

    bounds: Bounds
    last: int = 0
    time: int = 0
    issued: int = 0

    def issue(self, count: int) -> None:
        for _ in range(count):
            following = max(self.last + 1, self.bounds.lower)
            self.last = following if following <= self.bounds.upper else self.bounds.lower
            self.issued += 1
            self.time += 1

    def says(self) -> Sighting:
        return Sighting(self.last, iso_text(self.time))


@given(
    lower=st.integers(1, 50),
    size=st.integers(5, 40),
    steps=st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=15),
)
def test_a_ledger_follows_an_account_through_rollovers_and_old_answers(
    lower: int, size: int, steps: list[tuple[int, bool]]
) -> None:
    bounds = Bounds(lower=lower, upper=lower + size - 1)
    account = Account(bounds)
    counter: Counter | None = None
    before: Sighting | None = None
    old = account.says()
    unseen = 0
    for issued, is_old in steps:
        issued = min(issued, size - 1 - unseen)  # a whole cycle unseen cannot be told
        issued = min(issued, 10 - unseen)  # it is looked at while it is near the beginning
        if counter is not None and counter.last <= bounds.upper - max(1, size // 10):
            issued = min(issued, bounds.upper - account.last)  # and near the end
        account.issue(issued)
        unseen += issued
        sighting = old if is_old and before is not None else account.says()
        after = observed(counter, bounds, sighting, before)
        if counter is not None:
            assert (after.cycle, after.last) >= (counter.cycle, counter.last)
        counter = after
        assert counter.next > counter.last
        if not is_old or before is None:
            old, before, unseen = before or sighting, sighting, 0
            assert counter.last == account.last
            assert counter.cycle == max(account.issued - 1, 0) // size


@given(
    st.integers(1, 100),
    st.integers(1, 100),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 50)), max_size=20),
)
def test_a_ledger_never_goes_back_whatever_is_seen(
    lower: int, size: int, sightings: list[tuple[int, int]]
) -> None:
    bounds = Bounds(lower=lower, upper=lower + size - 1)
    counter: Counter | None = None
    before: Sighting | None = None
    for value, time in sightings:
        now = Sighting(value, iso_text(time))
        after = observed(counter, bounds, now, before)
        if counter is not None:
            assert (after.cycle, after.last) >= (counter.cycle, counter.last)
            same_cycle = after.cycle == counter.cycle
            assert not same_cycle or after.next >= counter.next
            was = before.value if before is not None else counter.last
            assert same_cycle or is_rollover(min(was, counter.last), value, bounds)
        assert after.next > after.last
        counter, before = after, now
