"""Control number arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.problem import Code, Problem
from shared.rules.numbers import (
    first,
    is_behind,
    join,
    joined_all,
    moved,
    rebound,
    take,
    take_again,
)

KIND = Kind.INTERCHANGE


def values(taken_from: Counter, bounds: Bounds, count: int) -> tuple[list[int], Counter]:
    taken = take(taken_from, bounds, count)
    return [value for span in taken.values for value in span], taken.counter


def test_the_first_number_is_the_lower_bound() -> None:
    bounds = Bounds(lower=100, upper=200)
    assert values(first(bounds), bounds, 3)[0] == [100, 101, 102]


def test_rollover_goes_back_to_the_lower_bound_in_a_new_cycle() -> None:
    bounds = Bounds(lower=5, upper=9)
    issued, counter = values(Counter(next=8, last=7), bounds, 4)
    assert issued == [8, 9, 5, 6]
    assert (counter.next, counter.last, counter.cycle) == (7, 6, 1)


def test_the_last_number_before_a_rollover_belongs_to_its_own_cycle() -> None:
    bounds = Bounds(lower=5, upper=9)
    _, counter = values(Counter(next=9, last=8), bounds, 1)
    assert (counter.last, counter.cycle) == (9, 0)
    issued, counter = values(counter, bounds, 1)
    assert (issued, counter.cycle) == ([5], 1)


def test_without_rollover_the_bounds_are_the_end() -> None:
    bounds = Bounds(lower=1, upper=3, rollover=False)
    issued, counter = values(first(bounds), bounds, 3)
    assert issued == [1, 2, 3]
    with pytest.raises(Problem) as refused:
        take(counter, bounds, 1)
    assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED


def test_a_block_that_does_not_fit_takes_nothing() -> None:
    bounds = Bounds(lower=1, upper=10, rollover=False)
    with pytest.raises(Problem) as refused:
        take(Counter(next=9, last=8), bounds, 3)
    assert "2 numbers are left" in refused.value.message


def test_a_block_larger_than_the_bounds_would_repeat_itself() -> None:
    bounds = Bounds(lower=1, upper=3)
    with pytest.raises(Problem):
        take(first(bounds), bounds, 4)


@given(
    lower=st.integers(1, 50),
    size=st.integers(1, 60),
    rollover=st.booleans(),
    counts=st.lists(st.integers(1, 20), max_size=40),
)
def test_no_number_comes_twice_in_a_cycle(
    lower: int, size: int, rollover: bool, counts: list[int]
) -> None:
    bounds = Bounds(lower=lower, upper=lower + size - 1, rollover=rollover)
    counter = first(bounds)
    issued: set[tuple[int, int]] = set()
    for count in counts:
        try:
            taken = take(counter, bounds, count)
        except Problem:
            continue
        cycle = taken.counter.cycle - (len(taken.values) - 1)
        if counter.next > bounds.upper:
            assert taken.values[0].start == bounds.lower
        for index, span in enumerate(taken.values):
            for value in span:
                assert bounds.lower <= value <= bounds.upper
                assert (cycle + index, value) not in issued
                issued.add((cycle + index, value))
        assert not is_behind(taken.counter, counter)
        counter = taken.counter


counters = st.builds(
    Counter, next=st.integers(1, 99), last=st.integers(0, 98), cycle=st.integers(0, 3)
)


@given(st.lists(counters, min_size=1))
def test_a_join_is_the_later_of_each_fact_whatever_the_order(found: list[Counter]) -> None:
    joined = join(*found)
    assert joined is not None
    assert joined == join(*reversed(found)) == join(joined, *found)
    cycle = max(c.cycle for c in found)
    latest = [c for c in found if c.cycle == cycle]
    assert joined.cycle == cycle
    assert joined.next == max(c.next for c in latest)
    assert joined.last == max(c.last for c in latest)


@given(counters, counters, counters)
def test_a_join_may_be_made_in_parts(one: Counter, other: Counter, third: Counter) -> None:
    assert join(join(one, other), third) == join(one, join(other, third))


def test_a_join_forgets_neither_what_was_issued_nor_from_where_to_go_on() -> None:
    """A number that was set ahead is not given up for one that was issued later."""
    moved_on, rehearsed = Counter(next=5000, last=2), Counter(next=8, last=7)
    assert join(moved_on, rehearsed) == Counter(next=5000, last=7)


@given(
    st.dictionaries(st.sampled_from(Kind), counters),
    st.lists(st.dictionaries(st.sampled_from(Kind), counters), max_size=3),
)
def test_what_is_joined_never_goes_back(
    backed_up: dict[Kind, Counter], known: list[dict[Kind, Counter]]
) -> None:
    result = joined_all([backed_up, *known])
    for source in (backed_up, *known):
        for kind, counter in source.items():
            assert not is_behind(result[kind], counter)
    assert joined_all([result, *known, backed_up]) == result


BOUNDS = Bounds(lower=10, upper=99)


def test_the_next_number_can_be_moved_ahead() -> None:
    counter = moved(Counter(next=20, last=19, cycle=2), BOUNDS, 50, allow_reuse=False)
    assert counter == Counter(next=50, last=19, cycle=2)


def test_a_number_that_was_issued_comes_again_only_in_a_new_cycle() -> None:
    before = Counter(next=20, last=19, cycle=2)
    with pytest.raises(Problem) as refused:
        moved(before, BOUNDS, 19, allow_reuse=False)
    assert refused.value.code is Code.CONTROL_NUMBER_ISSUED
    after = moved(before, BOUNDS, 19, allow_reuse=True)
    unknown_below = Counter(next=10, last=9, cycle=2)
    assert after == Counter(next=19, last=18, cycle=3, end=99, since=10, below=unknown_below)
    assert not is_behind(after, before)
    with pytest.raises(Problem) as refused:
        moved(after, BOUNDS, 11, allow_reuse=False)
    assert refused.value.code is Code.CONTROL_NUMBER_ISSUED, "nobody asked for those again"


@pytest.mark.parametrize("rollover", [True, False])
def test_a_counter_above_its_bounds_issues_nothing(rollover: bool) -> None:
    """Bounds were narrowed while numbers went on: whether they may come again is for a person."""
    bounds = Bounds(lower=10, upper=99, rollover=rollover)
    with pytest.raises(Problem) as refused:
        take(Counter(next=101, last=100), bounds, 1)
    assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED
    assert "allowReuse" in refused.value.message


@pytest.mark.parametrize("following", [9, 100])
def test_the_next_number_stays_within_the_bounds(following: int) -> None:
    with pytest.raises(Problem) as refused:
        moved(Counter(next=20, last=19), BOUNDS, following, allow_reuse=True)
    assert refused.value.code is Code.INVALID_REQUEST


@pytest.mark.parametrize(
    ("counter", "after", "first_issued"),
    [
        (Counter(next=20, last=19), Bounds(lower=1, upper=50), 20),
        (Counter(next=20, last=19), Bounds(lower=20, upper=20, rollover=False), 20),
        (Counter(next=20, last=19), Bounds(lower=30, upper=50), 30),
        (Counter(next=10, last=0), Bounds(lower=1, upper=5), 1),
    ],
)
def test_a_counter_goes_on_within_new_bounds(
    counter: Counter, after: Bounds, first_issued: int
) -> None:
    changed = rebound(
        {Kind.GROUP: counter}, {Kind.GROUP: BOUNDS}, {Kind.GROUP: after}, allow_reuse=False
    )
    issued, _ = values(changed.get(Kind.GROUP) or first(after), after, 1)
    assert issued == [first_issued]


@pytest.mark.parametrize("rollover", [True, False])
@pytest.mark.parametrize("upper", [15, 19])
def test_a_counter_above_its_new_bounds_needs_a_new_cycle(rollover: bool, upper: int) -> None:
    counters = {Kind.GROUP: Counter(next=20, last=19, cycle=1)}
    after = {Kind.GROUP: Bounds(lower=1, upper=upper, rollover=rollover)}
    with pytest.raises(Problem) as refused:
        rebound(counters, {Kind.GROUP: BOUNDS}, after, allow_reuse=False)
    assert refused.value.code is Code.CONTROL_NUMBER_ISSUED
    again = rebound(counters, {Kind.GROUP: BOUNDS}, after, allow_reuse=True)
    assert again == {Kind.GROUP: Counter(next=1, last=0, cycle=2, end=upper)}


@pytest.mark.parametrize("before", [{}, {Kind.GROUP: BOUNDS}], ids=["anew", "changed"])
@pytest.mark.parametrize(
    "counter", [Counter(next=80), Counter(next=10, cycle=1)], ids=["moved-ahead", "rolled-over"]
)
def test_a_counter_that_was_set_is_not_forgotten(
    before: dict[Kind, Bounds], counter: Counter
) -> None:
    """Somebody who knows of numbers that others issued moved it: it does not begin anew."""
    after = {Kind.GROUP: Bounds(lower=1, upper=9)}
    with pytest.raises(Problem) as refused:
        rebound({Kind.GROUP: counter}, before, after, allow_reuse=False)
    assert refused.value.code is Code.CONTROL_NUMBER_ISSUED
    again = rebound({Kind.GROUP: counter}, before, after, allow_reuse=True)[Kind.GROUP]
    assert (again.next, again.cycle) == (1, counter.cycle + 1)


def test_bounds_that_stay_change_nothing() -> None:
    spent = {Kind.GROUP: Counter(next=100, last=99)}
    ending = {Kind.GROUP: Bounds(lower=10, upper=99, rollover=False)}
    assert rebound(spent, ending, ending, allow_reuse=False) == spent
    prefixed = {Kind.GROUP: Bounds(lower=10, upper=99, rollover=False, prefix="A")}
    assert rebound(spent, ending, prefixed, allow_reuse=False) == spent, "exhausted as before"
    rolling = {Kind.GROUP: Bounds(lower=5, upper=99)}
    assert rebound(spent, ending, rolling, allow_reuse=False) == spent, "about to roll over"
    stale = {Kind.GROUP: Counter(next=150, last=149)}
    assert rebound(stale, ending, ending, allow_reuse=False) == stale
    assert rebound(stale, ending, ending, allow_reuse=True)[Kind.GROUP].next == 10


def test_a_cycle_whose_bounds_were_narrowed_does_not_roll_over_early() -> None:
    """Whoever was told of 999 numbers a cycle gets none of them again after 20."""
    wide, narrow = Bounds(upper=999), Bounds(upper=20)
    counter = take(first(wide), wide, 19).counter
    within = rebound({KIND: counter}, {KIND: wide}, {KIND: narrow}, allow_reuse=False)[KIND]
    issued, counter = values(within, narrow, 1)
    assert issued == [20]
    with pytest.raises(Problem) as refused:
        take(counter, narrow, 1)
    assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED
    assert "allowReuse=true" in refused.value.message
    asked = rebound({KIND: counter}, {KIND: narrow}, {KIND: narrow}, allow_reuse=True)[KIND]
    assert values(asked, narrow, 2)[0] == [1, 2]
    assert values(counter, wide, 2)[0] == [21, 22], "or the bounds are widened again"


def test_a_cycle_that_a_caller_began_has_the_end_that_it_began_under() -> None:
    """Where the bounds are narrowed to its next number, it does not roll over there."""
    wide, narrow = Bounds(upper=999), Bounds(upper=5)
    counter = moved(Counter(next=20, last=19), wide, 5, allow_reuse=True)
    with pytest.raises(Problem):
        take(take(counter, narrow, 1).counter, narrow, 1)


def test_a_cycle_that_issued_nothing_ends_where_its_bounds_do_now() -> None:
    wide, narrow = Bounds(upper=999), Bounds(upper=2)
    counter = moved(Counter(next=20, last=19), wide, 1, allow_reuse=True)
    within = rebound({KIND: counter}, {KIND: wide}, {KIND: narrow}, allow_reuse=False)[KIND]
    issued, counter = values(within, narrow, 2)
    assert (issued, values(counter, narrow, 1)[0]) == ([1, 2], [1])


def test_a_number_that_is_issued_while_its_bounds_are_narrowed_is_no_end() -> None:
    """The bounds were looked at before it was issued: it stands exactly at their end then."""
    wide, narrow = Bounds(upper=1000), Bounds(upper=10)
    counter = take(first(wide), wide, 9).counter
    rebound({KIND: counter}, {KIND: wide}, {KIND: narrow}, allow_reuse=False)
    counter = take(counter, wide, 1).counter
    with pytest.raises(Problem):
        take(counter, narrow, 1)


def test_bounds_that_were_narrowed_are_known_of_counters_without_an_end_too() -> None:
    wide, narrow = Bounds(upper=999), Bounds(upper=20)
    before = Counter(next=20, last=19)
    within = rebound({KIND: before}, {KIND: wide}, {KIND: narrow}, allow_reuse=False)[KIND]
    _, counter = values(within, narrow, 1)
    with pytest.raises(Problem):
        take(counter, narrow, 1)


@given(
    st.integers(1, 12),
    st.lists(
        st.tuples(st.sampled_from(["take", "widen", "narrow"]), st.integers(1, 12)), max_size=30
    ),
)
def test_no_number_comes_twice_while_bounds_change(
    upper: int, steps: list[tuple[str, int]]
) -> None:
    """But in a new cycle, which begins where the widest bounds of the one before end."""
    bounds, counter = Bounds(upper=upper), first(Bounds(upper=upper))
    issued: set[int] = set()
    widest = 0
    for step, size in steps:
        if step == "take":
            try:
                taken = take(counter, bounds, min(size, bounds.upper))
            except Problem:
                continue
            for span in taken.values:
                for value in span:
                    if value == 1 and issued:
                        assert bounds.upper >= widest, "rolled over early"
                        issued, widest = set(), 0
                    assert value not in issued
                    issued.add(value)
                    widest = max(widest, bounds.upper)
            counter = taken.counter
        else:
            size = bounds.upper + size if step == "widen" else max(1, bounds.upper - size)
            after = Bounds(upper=size)
            try:
                changed = rebound({KIND: counter}, {KIND: bounds}, {KIND: after}, allow_reuse=False)
            except Problem:
                continue
            counter, bounds = changed.get(KIND) or first(after), after


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 8), st.lists(st.integers(1, 6)))
def test_what_was_set_back_comes_again_once_and_no_further(
    backed_up: int, since: int, beyond: int, counts: list[int]
) -> None:
    """Behind what the restore was asked for, it goes on behind all that was issued."""
    bounds = Bounds()
    counter = take(first(bounds), bounds, backed_up).counter
    passed = take(counter, bounds, since).counter if since else counter
    further = take(passed, bounds, beyond).counter if beyond else passed
    issued: list[int] = []
    for count in counts:
        taken = take_again(counter, bounds, count, passed, further)
        issued += [value for span in taken.values for value in span]
        counter = taken.counter
    assert len(issued) == len(set(issued))
    allowed = range(backed_up + 1, backed_up + since + 1)
    assert all(value in allowed or value > backed_up + since + beyond for value in issued)


def test_what_was_set_back_to_the_end_of_its_bounds_goes_on_behind_all_that_was_issued() -> None:
    """None of them comes again, as none is left there."""
    bounds = Bounds(lower=2, upper=2, rollover=False)
    spent, passed = Counter(next=3, last=2, end=2), Counter(next=2, last=1, cycle=1, end=9)
    taken = take_again(spent, bounds, 1, passed, passed)
    assert [list(span) for span in taken.values] == [[2]]
    assert taken.counter.cycle == 1
