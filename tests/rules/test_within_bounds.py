"""Agreements between the same two whose bounds do not overlap."""

from shared.model.numbers import Bounds, Counter, Kind
from shared.rules.numbers import first, join, moved, take
from shared.rules.within_bounds import brought_together, counted

KIND = Kind.INTERCHANGE
LOW, HIGH, WIDE = Bounds(upper=99), Bounds(lower=100, upper=199), Bounds(upper=199)


def after(counter: Counter, bounds: Bounds, count: int) -> Counter:
    return take(counter, bounds, count).counter


def together(own: Counter | None, other: Counter, bounds: Bounds) -> Counter | None:
    mine = [{KIND: own}] if own else []
    return brought_together(mine, [{KIND: other}], {KIND: bounds}).get(KIND)


def test_what_was_issued_above_the_bounds_counts_as_far_as_it_was_within_them() -> None:
    moved_up = after(after(first(LOW), LOW, 7), HIGH, 3)
    assert moved_up.next == 103
    found = counted(moved_up, LOW)
    assert found is not None
    assert (found.next, found.last) == (8, 7)
    assert counted(after(first(HIGH), HIGH, 3), LOW) is None, "it began there"


def test_what_went_through_the_bounds_has_issued_all_of_them() -> None:
    through = after(first(WIDE), WIDE, 150)
    assert counted(through, LOW) == through
    assert counted(moved(through, HIGH, 120, allow_reuse=True), LOW) is not None


def test_what_ends_below_the_bounds_does_not_count_whatever_its_cycle() -> None:
    rolled = after(after(first(LOW), LOW, 99), LOW, 5)
    assert rolled.cycle == 1
    assert counted(rolled, HIGH) is None
    assert counted(moved(first(WIDE), WIDE, 150, allow_reuse=False), HIGH) is not None


def test_cycles_of_their_own_are_both_known_to_who_numbers_over_both() -> None:
    low = after(after(first(LOW), LOW, 99), LOW, 5)
    high = after(first(HIGH), HIGH, 10)
    for own, other in ((low, high), (high, low)):
        both = together(own, other, WIDE)
        assert both is not None
        assert (both.next, both.cycle) == (110, 1)
        within = counted(both, LOW)
        assert within is not None
        assert (within.next, within.cycle) == (6, 1)


def test_a_cycle_that_begins_anew_above_does_not_free_what_lies_below() -> None:
    through = after(first(WIDE), WIDE, 150)
    rolled = after(after(through, HIGH, 49), Bounds(lower=100, upper=199), 5)
    assert (rolled.next, rolled.cycle) == (105, 1)
    below = counted(rolled, LOW)
    assert below is not None
    assert below.next > LOW.upper, "150 numbers began at the first"


def test_a_join_keeps_the_numbers_below_apart() -> None:
    low, high = after(first(LOW), LOW, 7), after(first(HIGH), HIGH, 3)
    joined = join(low, high)
    assert joined == join(high, low) == join(joined, low, high)
    assert joined is not None
    found = counted(joined, LOW)
    assert found is not None
    assert found.next == 8
