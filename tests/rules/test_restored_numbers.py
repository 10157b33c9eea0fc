"""Where counters go on after a restore: the three policies as laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.problem import Code, Problem
from shared.model.restore import NumbersPolicy
from shared.rules.moving_on import furthest
from shared.rules.numbers import first, take, upcoming
from shared.rules.restoring.numbers import advanced, issued_again, restored, set_back

KIND = Kind.INTERCHANGE
COUNTERS = st.builds(
    lambda last, gap, cycle: Counter(next=last + 1 + gap, last=last, cycle=cycle),
    st.integers(0, 60),
    st.integers(0, 5),
    st.integers(0, 3),
)


@given(COUNTERS, st.lists(COUNTERS, max_size=2))
def test_continue_issues_nothing_again(backed_up: Counter, known: list[Counter]) -> None:
    ledgers = [{KIND: counter} for counter in known]
    found = restored(NumbersPolicy.CONTINUE, None, {KIND: backed_up}, ledgers, {})[KIND]
    again = issued_again(found, list(known), Bounds())
    assert again == 0 if known else again is None


@given(COUNTERS, COUNTERS)
def test_as_backed_up_says_how_many_come_twice(backed_up: Counter, known: Counter) -> None:
    ledgers = [{KIND: known}]
    found = restored(NumbersPolicy.AS_BACKED_UP, None, {KIND: backed_up}, ledgers, {})[KIND]
    assert found == backed_up
    again = issued_again(found, [known], Bounds())
    if backed_up.cycle == known.cycle:
        assert again == len(range(backed_up.next, known.last + 1))
    else:
        assert again == 0 if backed_up.cycle > known.cycle else again is not None and again > 0


@given(
    st.integers(1, 30),
    st.integers(1, 9),
    st.lists(st.integers(1, 30), max_size=5),
    st.lists(st.integers(1, 30), max_size=12),
)
def test_numbers_issued_since_the_backup_come_twice_over_rollovers_too(
    span: int, lower: int, before: list[int], since: list[int]
) -> None:
    """As many as were issued after it, however often the counter rolled over meanwhile."""
    bounds = Bounds(lower=lower, upper=lower + span - 1)
    backed_up = first(bounds)
    for count in before:
        backed_up = take(backed_up, bounds, min(count, span)).counter
    known, issued = backed_up, 0
    for count in since:
        known = take(known, bounds, min(count, span)).counter
        issued += min(count, span)
    assert issued_again(backed_up, [known], bounds) == issued


def test_numbers_that_come_twice_are_those_within_the_bounds() -> None:
    bounds = Bounds(lower=10, upper=20, rollover=False)
    assert issued_again(Counter(next=5, last=4), [Counter(next=13, last=12)], bounds) == 3
    assert issued_again(Counter(next=15, last=14), [Counter(next=90, last=89)], bounds) == 6
    assert issued_again(Counter(next=21, last=20), [Counter(next=90, last=89)], bounds) == 0
    anew = Counter(next=13, last=12, cycle=1)
    assert issued_again(Counter(next=15, last=14), [anew], bounds) == 6, "and no further: it ends"


@given(COUNTERS, st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_what_is_upcoming_is_what_is_issued(
    counter: Counter, lower: int, span: int, rollover: bool
) -> None:
    bounds = Bounds(lower=lower, upper=lower + span - 1, rollover=rollover)
    found = upcoming(counter, bounds)
    try:
        taken = take(counter, bounds, 1)
    except Problem:
        assert found is None
        return
    assert found is not None
    assert (found.next, found.cycle) == (taken.values[0][0], taken.counter.cycle)


def test_a_counter_beyond_its_bounds_is_not_moved_on() -> None:
    """As nothing is issued there: all that is within the bounds may have been issued."""
    bounds = Bounds(lower=1, upper=100)
    assert advanced(Counter(next=101, last=100), bounds, 5).next == 6
    with pytest.raises(Problem) as refused:
        advanced(Counter(next=501, last=500), bounds, 5)
    assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED


@given(COUNTERS, st.lists(COUNTERS, max_size=3))
def test_what_was_set_back_is_kept(backed_up: Counter, known: list[Counter]) -> None:
    """Set back and restored once more, it goes on as if it had never been set back."""
    ledgers = [{KIND: counter} for counter in known]
    passed = set_back({KIND: backed_up}, ledgers)
    after = restored(NumbersPolicy.CONTINUE, None, {KIND: backed_up}, [passed], {})
    at_once = restored(NumbersPolicy.CONTINUE, None, {KIND: backed_up}, ledgers, {})
    assert (after[KIND].cycle, after[KIND].last) == (at_once[KIND].cycle, at_once[KIND].last)


def test_a_kind_that_nobody_knows_is_moved_on_too() -> None:
    """The ledger is lost: a kind without a counter may have issued numbers after the backup."""
    numbering = {KIND: Bounds(), Kind.GROUP: Bounds(lower=100)}
    backed_up = {KIND: Counter(next=6, last=5)}
    moved = restored(NumbersPolicy.ADVANCE, 50, backed_up, [], numbering)
    assert (moved[KIND].next, moved[Kind.GROUP].next) == (56, 150)
    known = restored(NumbersPolicy.ADVANCE, 50, backed_up, [backed_up], numbering)
    assert set(known) == {KIND}, "a ledger that knows the agreement says that it issued none"
    again = restored(NumbersPolicy.ADVANCE, 50, backed_up, [backed_up], numbering, knows_all=False)
    assert again == moved, "what an earlier restore wrote is from the backup itself"
    ends = {Kind.GROUP: Bounds(upper=20, rollover=False)}
    with pytest.raises(Problem):
        restored(NumbersPolicy.ADVANCE, 50, {}, [], ends)


def test_advance_counts_from_the_lower_bound_where_that_was_raised() -> None:
    bounds = Bounds(lower=100, upper=200, rollover=False)
    assert advanced(Counter(next=10, last=9), bounds, 5).next == 105
    with pytest.raises(Problem):
        advanced(Counter(next=10, last=9), bounds, 101)


@given(st.integers(1, 40), st.integers(0, 60), st.integers(1, 500), st.booleans())
def test_advance_lands_where_issuing_as_many_would(
    span: int, issued: int, by: int, rollover: bool
) -> None:
    bounds = Bounds(lower=7, upper=6 + span, rollover=rollover)
    counter = Counter(next=7)
    if issued:
        if not rollover and issued > span:
            return
        counter = take(counter, bounds, min(issued, span)).counter
    left = bounds.upper - counter.next + 1
    if not rollover and by > left - 1:
        with pytest.raises(Problem) as refused:
            advanced(counter, bounds, by)
        assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED
        return
    moved = advanced(counter, bounds, by)
    # At the end of a cycle the next one has not begun: others may have wider bounds.
    assert bounds.lower < moved.next <= bounds.upper + 1
    skipped = min(by, furthest(bounds)) if rollover else by
    assert (moved.next - counter.next - skipped) % span == 0
    assert (moved.cycle, moved.next) >= (counter.cycle, counter.next)
    # Numbers that are left out count as issued: somebody may have issued them.
    assert moved.last == moved.next - 1
