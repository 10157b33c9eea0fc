"""Moving counters on: what is left out counts as issued, over a rollover too, and by no more than
a third of the bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import HIGHEST_NUMBER, Bounds, Counter, Kind
from shared.rules.moving_on import furthest, moved_on, moves
from shared.rules.numbers import first, is_behind, moved, take, upcoming

SMALL = Bounds(lower=1, upper=15)


@pytest.mark.parametrize(
    ("counter", "bounds", "by", "found"),
    [
        (Counter(next=4, last=3), SMALL, 5, Counter(next=9, last=8)),
        (Counter(next=10, last=9), SMALL, 5, Counter(next=15, last=14)),
        (Counter(next=11, last=10), SMALL, 5, Counter(next=16, last=15)),
        (Counter(next=12, last=11, cycle=2), SMALL, 5, Counter(next=2, last=1, cycle=3)),
        # Around the end lie numbers that were issued not long ago; by 15 it would stand still.
        (Counter(next=4, last=3), SMALL, 14, Counter(next=9, last=8)),
        (Counter(next=13, last=12, cycle=2), SMALL, 15, Counter(next=3, last=2, cycle=3)),
        (Counter(next=16, last=15), SMALL, 1, Counter(next=2, last=1, cycle=1)),
        (
            Counter(next=4, last=3),
            Bounds(lower=20, upper=30),
            3,
            Counter(next=23, last=22, since=20, below=Counter(next=4, last=3)),
        ),
        (Counter(next=4, last=3), Bounds(lower=1, upper=10, rollover=False), 7, None),
        (Counter(next=4, last=3, end=20), SMALL, 12, None),
        (Counter(next=17, last=16), SMALL, 1, None),
    ],
)
def test_where_a_counter_is_moved_to(
    counter: Counter, bounds: Bounds, by: int, found: Counter | None
) -> None:
    moved_to = moved_on(counter, bounds, by)
    if found is not None:  # what is left out counts as issued, under the bounds that there are
        found = found.model_copy(update={"end": bounds.upper})
    assert moved_to == found


def test_a_kind_that_has_issued_nothing_moves_on_from_its_lower_bound() -> None:
    numbering = {Kind.GROUP: Bounds(lower=100)}
    [move], short = moves({}, {}, {}, numbering, [Kind.GROUP], 50)
    assert (move.before, move.counter, move.rollovers) == (
        100,
        Counter(next=150, last=149, end=HIGHEST_NUMBER, since=100),
        0,
    )
    assert short == []


def test_one_that_a_restore_set_back_moves_on_behind_all_that_was_issued() -> None:
    counters = {Kind.GROUP: Counter(next=3, last=2)}
    passed = {Kind.GROUP: Counter(next=8, last=7)}
    beyond = {Kind.GROUP: Counter(next=12, last=7)}
    [move], _ = moves(counters, passed, beyond, {Kind.GROUP: Bounds()}, [Kind.GROUP], 5)
    assert (move.before, move.counter.next) == (3, 17)


def test_each_kind_that_has_too_few_numbers_is_told() -> None:
    bounds = Bounds(upper=10, rollover=False)
    numbering = {Kind.GROUP: bounds, Kind.INTERCHANGE: bounds, Kind.TRANSACTION_SET: Bounds()}
    counters = {Kind.GROUP: Counter(next=11, last=10), Kind.INTERCHANGE: Counter(next=8, last=7)}
    found, short = moves(counters, {}, {}, numbering, list(numbering), 4)
    assert [move.kind for move in found] == [Kind.TRANSACTION_SET]
    assert [(one.kind, one.left) for one in short] == [(Kind.GROUP, 0), (Kind.INTERCHANGE, 3)]


@given(
    issued=st.integers(0, 40),
    by=st.integers(1, 60),
    lower=st.integers(1, 9),
    size=st.integers(1, 12),
    again=st.integers(1, 12),
)
def test_it_is_as_if_the_numbers_had_been_issued_and_never_comes_back(
    issued: int, by: int, lower: int, size: int, again: int
) -> None:
    """One by one, as whoever lost the ledger had issued them."""
    bounds = Bounds(lower=lower, upper=lower + size - 1)
    counter = first(bounds)
    for _ in range(issued):
        counter = take(counter, bounds, 1).counter
    found = moved_on(counter, bounds, by)
    assert found is not None
    lost = counter
    for _ in range(min(by, furthest(bounds))):
        lost = take(lost, bounds, 1).counter
    one, other = (take(each, bounds, min(again, size)) for each in (found, lost))
    assert (one.values, one.counter) == (other.values, other.counter)
    assert is_behind(counter, found)
    following = upcoming(found, bounds)
    assert following is not None
    assert moved(following, bounds, following.next, allow_reuse=False).next == following.next
