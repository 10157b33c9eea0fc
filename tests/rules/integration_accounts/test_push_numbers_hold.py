"""What holds of control numbers at every push, whatever anybody knows of them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import Bounds, Counter
from shared.model.problem import Code, Problem
from shared.model.push import (
    PlannedNumber,
    UncertainNumber,
)
from shared.rules.integration_accounts.observed import Sighting, observed
from shared.rules.integration_accounts.push_known import Choice, Known
from shared.rules.integration_accounts.push_numbers import planned
from shared.rules.integration_accounts.push_numbers_written import decided_of
from shared.rules.integration_accounts.rollover import is_rollover
from shared.rules.moving_on import furthest
from shared.rules.numbers import upcoming
from tests.rules.integration_accounts.numbers import (
    AS_KNOWN,
    CONTINUE,
    EARLY,
    NONE,
    NOW,
    READ,
    advance,
    known,
    seen,
)

BOUNDS = st.builds(
    lambda lower, size, rollover: Bounds(lower=lower, upper=lower + size, rollover=rollover),
    st.integers(1, 40),
    st.integers(0, 40),
    st.booleans(),
)
VALUES = st.integers(0, 90)
COUNTERS = st.builds(
    lambda last, gap, cycle: Counter(next=last + gap + 1, last=last, cycle=cycle),
    VALUES,
    st.integers(0, 5),
    st.integers(0, 2),
)
KNOWN = st.builds(
    lambda bounds, ledger, target, source: known(
        NONE if source is None else READ, bounds, ledger=ledger, target=target, source=source
    ),
    BOUNDS,
    st.none() | COUNTERS,
    st.none() | st.builds(seen, VALUES),
    st.none() | st.builds(seen, VALUES),
)


def latest(what: Known) -> int:
    """The highest number that anybody knows of: without an earlier sighting nothing tells that one
    is of another cycle."""
    return max(base_of(what), there(what))


def base_of(what: Known) -> int:
    """The highest number that the ledger or the source knows of."""
    ledger = what.ledger.last if what.ledger is not None else 0
    return max(ledger, what.source.value if what.source is not None else 0)


def there(what: Known) -> int:
    """The account's own number."""
    return what.target.value if what.target is not None else 0


def rolled_over(what: Known) -> bool:
    """Whether the account stands as one that rolled over from what others know."""
    stood = base_of(what)
    is_lower = what.target is not None and there(what) < stood <= what.bounds.upper
    return is_lower and is_rollover(stood, there(what), what.bounds)


def was_set_back(what: Known) -> bool:
    """Whether the source is below what the ledger knows to be issued."""
    issued = what.ledger.last if what.ledger is not None else 0
    return what.source is not None and what.source.value < issued


def outcome(choice: Choice, what: Known) -> PlannedNumber | UncertainNumber | Problem | None:
    try:
        return planned(choice, what, NOW)
    except Problem as problem:
        return problem


@given(KNOWN)
def test_continue_is_never_lower_than_what_anybody_knows_and_stays_within_bounds(
    what: Known,
) -> None:
    found = planned(CONTINUE, what, NOW)
    if found is None:
        assert latest(what) == 0
        return
    if isinstance(found, UncertainNumber):
        assert was_set_back(what)
        assert found.last_known == (there(what) if rolled_over(what) else latest(what))
        return
    assert not was_set_back(what) or found.exhausted
    if rolled_over(what):
        assert not found.written
        return
    assert found.becomes >= latest(what)
    assert found.cycles == 0
    gap = what.ledger.next - 1 if what.ledger is not None else 0
    if found.written:
        highest = max(what.bounds.upper, latest(what), gap)
        assert what.bounds.lower - 1 <= found.becomes <= highest


@given(KNOWN, st.integers(1, 200))
def test_advance_is_never_lower_than_the_latest_but_where_the_agreement_rolls_over(
    what: Known, by: int
) -> None:
    found = outcome(advance(by), what)
    if isinstance(found, Problem):
        assert found.code is Code.CONTROL_NUMBERS_EXHAUSTED
        # Some latest number is too near the end, and the counter does not roll over there.
        highest = max(base_of(what), what.ledger.next - 1 if what.ledger is not None else 0)
        # One number must be left to be issued after those that are skipped.
        assert highest + by >= what.bounds.upper or what.bounds.lower + by > what.bounds.upper
        assert not what.bounds.rollover or highest > what.bounds.upper
        return
    if found is None:
        assert latest(what) == 0
        return
    assert isinstance(found, PlannedNumber)
    if what.target is not None and found.becomes == what.target.value:
        # Its own number is past those that are skipped, also around the end of the bounds.
        assert not found.written
        is_past = what.bounds.rollover or found.becomes >= base_of(what) + by
        assert is_past or (what.ledger is None and what.source is None)
        return
    assert what.bounds.lower <= found.becomes <= what.bounds.upper
    if found.cycles:
        assert what.bounds.rollover
    else:
        skipped = min(by, furthest(what.bounds)) if what.bounds.rollover else by
        assert found.becomes >= max(base_of(what) + skipped, latest(what))


@given(KNOWN, st.none() | st.integers(1, 200), st.booleans())
def test_a_push_that_comes_again_writes_nothing_twice(
    what: Known, by: int | None, as_known: bool
) -> None:
    choice = AS_KNOWN if as_known else CONTINUE if by is None else advance(by)
    found = outcome(choice, what)
    if not isinstance(found, PlannedNumber):
        return
    decided = decided_of(found, choice, what, "x12")
    is_lacking = what.target is None  # what is decided is written where the account has nothing
    assert decided.is_still_to_write(what.target) is (found.written or is_lacking)
    after = seen(found.becomes, "2026-11-30T12:00:01Z")
    assert not decided.is_still_to_write(after)
    if found.written:
        again = known(
            what.source_state, what.bounds, ledger=what.ledger, source=what.source, target=after
        )
        repeated = planned(choice, again, NOW)
        assert isinstance(repeated, PlannedNumber)
        assert (repeated.becomes, repeated.written) == (found.becomes, False)


@given(BOUNDS, VALUES, VALUES, st.integers(1, 60))
def test_advance_of_the_account_itself_that_comes_again_writes_nothing_twice(
    bounds: Bounds, pulled: int, there: int, by: int
) -> None:
    def itself(now: Sighting) -> Known:
        return known(
            READ,
            bounds,
            ledger=Counter(next=pulled + 1, last=pulled),
            before=seen(pulled, EARLY),
            source=now,
            target=now,
            source_is_target=True,
        )

    found = outcome(advance(by), itself(seen(there)))
    if not isinstance(found, PlannedNumber):
        return
    after = seen(found.becomes, "2026-11-30T12:00:01Z")
    again = outcome(advance(by), itself(after))
    assert isinstance(again, PlannedNumber)
    assert (again.becomes, again.written) == (found.becomes, False)


@given(COUNTERS, BOUNDS)
def test_the_account_goes_on_where_the_ledger_would(counter: Counter, bounds: Bounds) -> None:
    found = planned(AS_KNOWN, known(ledger=counter, bounds=bounds), NOW)
    expected = upcoming(counter, bounds)
    if found is None or expected is None:
        return
    assert isinstance(found, PlannedNumber)
    account = observed(None, bounds, seen(found.becomes)) if found.becomes else Counter(next=1)
    following = upcoming(account, bounds)
    assert following is not None
    assert following.next == expected.next
