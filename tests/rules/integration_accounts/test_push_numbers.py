"""What generated control numbers become at a push."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.problem import Code, Problem
from shared.model.push import (
    AgreementNumbersChoice,
    ControlNumbersAtPush,
    NumberSource,
    PlannedNumber,
    PushNumbersPolicy,
    UncertainNumber,
)
from shared.rules.integration_accounts.observed import Sighting, observed
from shared.rules.integration_accounts.push_numbers import (
    Choice,
    Known,
    SourceState,
    choice_for,
    is_moved_back,
    is_still_to_write,
    planned,
)
from shared.rules.integration_accounts.push_rate import Look
from shared.rules.numbers import upcoming

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EARLY, LATE = "2026-11-01T00:00:00.0000000Z", "2026-11-29T00:00:00.0000001Z"
WIDE = Bounds()
READ, GONE, UNREACHABLE, NONE = SourceState
CONTINUE = Choice(PushNumbersPolicy.CONTINUE, None, "/controlNumbers")
AS_KNOWN = Choice(PushNumbersPolicy.AS_KNOWN, None, "/controlNumbers")


def advance(by: int) -> Choice:
    return Choice(PushNumbersPolicy.ADVANCE, by, "/controlNumbers")


def issued(last: int, cycle: int = 0) -> Counter:
    return Counter(next=last + 1, last=last, cycle=cycle)


def seen(value: int, changed_time: str = LATE) -> Sighting:
    return Sighting(value, changed_time)


def known(state: SourceState = NONE, bounds: Bounds = WIDE, **members: object) -> Known:
    return Known("Northwind", Kind.GROUP, bounds, state, **members)  # type: ignore[arg-type]


def number(choice: Choice, what: Known) -> PlannedNumber:
    found = planned(choice, what, NOW)
    assert isinstance(found, PlannedNumber)
    return found


@pytest.mark.parametrize(
    ("what", "becomes", "known_by"),
    [
        (known(ledger=issued(100)), 100, NumberSource.LEDGER),
        (known(ledger=issued(100), target=seen(50)), 100, NumberSource.LEDGER),
        (known(ledger=issued(100), target=seen(150)), 150, NumberSource.TARGET),
        (known(target=seen(150)), 150, NumberSource.TARGET),
        (known(READ, ledger=issued(100), source=seen(120)), 120, NumberSource.SOURCE),
        (known(READ, source=seen(120)), 120, NumberSource.SOURCE),
        (
            known(READ, ledger=issued(100), source=seen(120), target=seen(150)),
            150,
            NumberSource.TARGET,
        ),
        (
            known(READ, ledger=issued(100), source=seen(120), target=seen(110)),
            120,
            NumberSource.SOURCE,
        ),
        (known(ledger=issued(100), passed=issued(180)), 180, NumberSource.LEDGER),
        (known(ledger=Counter(next=500, last=100)), 499, NumberSource.LEDGER),
    ],
)
def test_a_number_goes_on_after_the_latest(
    what: Known, becomes: int, known_by: NumberSource
) -> None:
    found = number(CONTINUE, what)
    assert (found.becomes, found.known_by) == (becomes, known_by)
    assert found.written is (what.target is None or what.target.value != becomes)


def test_the_source_that_began_a_cycle_since_is_later_though_lower() -> None:
    former = 999_999_900  # near the end of its bounds
    what = known(
        READ,
        ledger=issued(former),
        source=seen(5, LATE),
        before=seen(former, EARLY),
        target=seen(5),
    )
    assert (number(CONTINUE, what).becomes, number(CONTINUE, what).written) == (5, False)


@pytest.mark.parametrize(
    ("bounds", "before", "certain"),
    [
        (Bounds(lower=1, upper=1_000, rollover=False), 900, False),
        (Bounds(lower=1, upper=1_000, rollover=False), 1_000, False),
        (Bounds(lower=1, upper=1_000), 500, False),
        (Bounds(lower=1, upper=1_000), 900, False),
        (Bounds(lower=1, upper=1_000), 901, True),
        (Bounds(lower=1, upper=5), 5, True),
        (WIDE, 900, False),
    ],
)
def test_a_source_that_was_emptied_and_used_again_did_not_roll_over(
    bounds: Bounds, before: int, certain: bool
) -> None:
    what = known(
        READ, bounds, ledger=issued(before), source=seen(3, LATE), before=seen(before, EARLY)
    )
    found = planned(CONTINUE, what, NOW)
    if certain:
        assert isinstance(found, PlannedNumber)
        assert found.becomes == 3
        return
    assert isinstance(found, UncertainNumber)
    assert found.last_known == before
    assert "set back" in found.why
    if bounds.upper > before + 20:
        moved = number(advance(20), what)
        assert (moved.last_known, moved.becomes) == (before, before + 20)


def test_a_session_of_the_source_that_cannot_be_read_makes_its_number_uncertain() -> None:
    what = known(READ, source_unreadable=True)
    found = planned(CONTINUE, what, NOW)
    assert isinstance(found, UncertainNumber)
    assert "cannot be read" in found.why
    assert planned(AS_KNOWN, what, NOW) is None
    assert number(advance(20), what).becomes == 20
    itself = known(READ, source_unreadable=True, target_unreadable=True)
    assert not number(CONTINUE, itself).written


def test_an_old_answer_of_the_source_means_nothing() -> None:
    what = known(READ, ledger=issued(900), source=seen(5, EARLY), before=seen(900, LATE))
    assert number(CONTINUE, what).becomes == 900


def test_a_number_of_a_cycle_that_ended_since_is_not_the_latest() -> None:
    """The account has what an earlier push wrote, and the source rolled over after that."""
    looks = (Look(NOW - timedelta(days=9), 999_999_990), Look(NOW - timedelta(days=2), 20))
    what = known(
        READ,
        ledger=issued(20, cycle=1),
        source=seen(20, LATE),
        before=seen(20, LATE),
        target=seen(999_999_980, EARLY),
        looks=looks,
    )
    assert number(CONTINUE, what).becomes == 20
    later = known(
        READ,
        ledger=issued(20, cycle=1),
        source=seen(20, LATE),
        before=seen(20, LATE),
        target=seen(999_999_980, LATE),
        looks=looks,
    )
    assert number(CONTINUE, later).becomes == 999_999_980  # it may be of this cycle: a gap


@pytest.mark.parametrize("choice", [CONTINUE, AS_KNOWN, advance(10)])
@pytest.mark.parametrize("state", [NONE, READ])
def test_nothing_is_written_where_nothing_was_issued(choice: Choice, state: SourceState) -> None:
    assert planned(choice, known(state), NOW) is None
    if choice.by is None:
        assert planned(choice, known(state, ledger=Counter(next=1)), NOW) is None


def test_a_number_below_its_bounds_is_written_so_that_the_next_one_is_within() -> None:
    bounds = Bounds(lower=100, upper=200)
    assert number(CONTINUE, known(ledger=issued(5), bounds=bounds)).becomes == 99
    unmoved = number(CONTINUE, known(ledger=issued(5), target=seen(5), bounds=bounds))
    assert (unmoved.becomes, unmoved.written) == (5, False)


def test_a_number_above_its_bounds_stays_and_is_told() -> None:
    bounds = Bounds(lower=1, upper=200)
    found = number(CONTINUE, known(ledger=issued(300), bounds=bounds))
    assert (found.becomes, found.exhausted) == (300, True)


@pytest.mark.parametrize(("rollover", "exhausted"), [(True, False), (False, True)])
def test_the_end_of_the_bounds(rollover: bool, exhausted: bool) -> None:
    bounds = Bounds(lower=1, upper=200, rollover=rollover)
    found = number(CONTINUE, known(ledger=issued(200), bounds=bounds))
    assert (found.becomes, found.exhausted) == (200, exhausted)


def test_advance_skips_numbers_after_the_latest() -> None:
    found = number(advance(50), known(GONE, ledger=issued(100), target=seen(120)))
    assert (found.last_known, found.becomes, found.written) == (120, 170, True)


def test_advance_wraps_only_where_the_agreement_rolls_over() -> None:
    rolling = Bounds(lower=10, upper=99)
    found = number(advance(9), known(GONE, ledger=issued(95), bounds=rolling))
    assert (found.becomes, found.cycles) == (14, 1)
    fixed = Bounds(lower=10, upper=99, rollover=False)
    with pytest.raises(Problem) as refused:
        planned(advance(9), known(GONE, ledger=issued(95), bounds=fixed), NOW)
    assert refused.value.code is Code.CONTROL_NUMBERS_EXHAUSTED
    assert refused.value.target == "/controlNumbers/by"
    own = Choice(PushNumbersPolicy.ADVANCE, 9, "/controlNumbers/agreements/3")
    with pytest.raises(Problem) as refused:
        planned(own, known(GONE, ledger=issued(99), bounds=fixed), NOW)
    assert refused.value.target == "/controlNumbers/agreements/3/by"
    with pytest.raises(Problem) as refused:
        planned(own, known(GONE, ledger=issued(200), bounds=fixed), NOW)
    assert refused.value.target == "/controlNumbers/agreements/3/policy"


def test_advance_moves_what_was_never_seen_where_the_source_cannot_be_read() -> None:
    bounds = Bounds(lower=100, upper=999)
    found = number(advance(20), known(GONE, bounds=bounds))
    assert (found.last_known, found.becomes) == (0, 119)


def test_as_known_is_the_ledger() -> None:
    for state in SourceState:
        found = number(AS_KNOWN, known(state, ledger=issued(100), target=seen(150)))
        assert (found.becomes, found.written, found.issued_again) == (100, True, 50)
    found = number(AS_KNOWN, known(ledger=issued(100), passed=issued(130)))
    assert (found.becomes, found.issued_again) == (100, 30)
    found = number(AS_KNOWN, known(target=seen(7)))
    assert (found.becomes, found.written) == (7, False)


def test_a_session_that_cannot_be_read_stays_as_it_is() -> None:
    for choice in (CONTINUE, AS_KNOWN, advance(5)):
        found = number(choice, known(ledger=issued(100), target_unreadable=True))
        assert (found.written, found.target) == (False, None)
        assert "cannot be read" in found.why


@pytest.mark.parametrize("state", SourceState)
@pytest.mark.parametrize("ledger", [None, Counter(next=1), issued(5), Counter(next=1, cycle=1)])
@pytest.mark.parametrize("source", [None, 0, 9])
@pytest.mark.parametrize("choice", [CONTINUE, AS_KNOWN, advance(5)])
def test_it_is_uncertain_where_the_source_cannot_be_read_or_lacks_what_the_ledger_has(
    state: SourceState, ledger: Counter | None, source: int | None, choice: Choice
) -> None:
    sighting = seen(source) if source is not None and state is READ else None
    found = planned(choice, known(state, ledger=ledger, source=sighting), NOW)
    has_issued = ledger is not None and (ledger.last > 0 or ledger.cycle > 0)
    lacks = state is READ and sighting is None and has_issued
    uncertain = choice is CONTINUE and (state in (GONE, UNREACHABLE) or lacks)
    assert isinstance(found, UncertainNumber) is uncertain


def test_what_is_said_of_an_uncertain_number() -> None:
    looks = (Look(NOW - timedelta(days=3), 100), Look(NOW - timedelta(days=1), 120))
    found = planned(CONTINUE, known(GONE, ledger=issued(120), looks=looks), NOW)
    assert isinstance(found, UncertainNumber)
    assert (found.last_known, found.seen_at) == (120, NOW - timedelta(days=1))
    assert found.per_day == pytest.approx(10)
    assert found.proposed_by == 20
    assert "gone" in found.why
    never = planned(CONTINUE, known(UNREACHABLE), NOW)
    assert isinstance(never, UncertainNumber)
    assert (never.seen_at, never.per_day, never.proposed_by) == (None, None, 1_000)


def test_one_agreement_can_go_on_otherwise() -> None:
    body = ControlNumbersAtPush(
        policy=PushNumbersPolicy.ADVANCE,
        by=5,
        agreements=[
            AgreementNumbersChoice(agreement="Northwind", policy=PushNumbersPolicy.AS_KNOWN)
        ],
    )
    assert choice_for(body, "NORTHWIND") == Choice(
        PushNumbersPolicy.AS_KNOWN, None, "/controlNumbers/agreements/0"
    )
    assert choice_for(body, "Other") == advance(5)


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
    ledger = what.ledger.last if what.ledger is not None else 0
    sightings = [one.value for one in (what.target, what.source) if one is not None]
    return max([ledger, *sightings])


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
    assert isinstance(found, PlannedNumber)
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
        highest = max(latest(what), what.ledger.next - 1 if what.ledger is not None else 0)
        # One number must be left to be issued after those that are skipped.
        assert highest + by >= what.bounds.upper or what.bounds.lower + by > what.bounds.upper
        assert not what.bounds.rollover or highest > what.bounds.upper
        return
    if found is None:
        assert latest(what) == 0
        return
    assert isinstance(found, PlannedNumber)
    assert what.bounds.lower <= found.becomes <= what.bounds.upper
    if found.cycles:
        assert what.bounds.rollover
    else:
        assert found.becomes >= latest(what) + by


@given(KNOWN, st.none() | st.integers(1, 200), st.booleans())
def test_a_push_that_comes_again_writes_nothing_twice(
    what: Known, by: int | None, as_known: bool
) -> None:
    choice = AS_KNOWN if as_known else CONTINUE if by is None else advance(by)
    found = outcome(choice, what)
    if found is None or isinstance(found, Problem):
        return
    assert isinstance(found, PlannedNumber)
    assert is_still_to_write(found, what.target, what.bounds) is found.written
    after = seen(found.becomes, "2026-11-30T12:00:01Z")
    assert not is_still_to_write(found, after, what.bounds)
    if choice.by is None and found.written:
        again = known(
            what.source_state, what.bounds, ledger=what.ledger, source=what.source, target=after
        )
        repeated = planned(choice, again, NOW)
        assert isinstance(repeated, PlannedNumber)
        assert (repeated.becomes, repeated.written) == (found.becomes, False)


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


@pytest.mark.parametrize(
    ("becomes", "target", "there", "still"),
    [
        (120, 100, None, True),
        (120, 100, 100, True),
        (120, 100, 110, True),
        (120, 100, 120, False),
        (120, 100, 130, False),  # it went on by itself
        (120, 100, 90, True),  # somebody set it back, or an old answer
        (198, 195, 3, False),  # it rolled over meanwhile
        (120, None, None, True),
        (120, None, 100, True),
        (120, None, 130, False),
        (14, 195, 195, True),  # around the end of the bounds
        (14, 195, 197, True),
        (14, 195, 14, False),
        (14, 195, 3, True),
        (14, 195, 20, False),
    ],
)
def test_a_number_is_compared_right_before_it_is_written(
    becomes: int, target: int | None, there: int | None, still: bool
) -> None:
    decided = PlannedNumber(
        agreement="Northwind",
        kind=Kind.GROUP,
        last_known=0,
        known_by=NumberSource.LEDGER,
        target=target,
        becomes=becomes,
        written=True,
        why="",
    )
    sighting = seen(there) if there is not None else None
    assert is_still_to_write(decided, sighting, Bounds(lower=1, upper=200)) is still
    kept = decided.model_copy(update={"written": False})
    assert not is_still_to_write(kept, sighting, Bounds(lower=1, upper=200))


@pytest.mark.parametrize(
    ("there", "changed_time", "still"),
    [
        (500, EARLY, True),
        (400, LATE, False),
        (450, LATE, False),
        (500, LATE, False),  # it was moved back, and issued up to there again
        (510, LATE, False),
    ],
)
def test_a_number_is_moved_back_once(there: int, changed_time: str, still: bool) -> None:
    target = seen(500, EARLY)
    decided = number(AS_KNOWN, known(ledger=issued(400), target=target))
    assert is_moved_back(decided, AS_KNOWN)
    assert is_still_to_write(decided, seen(there, changed_time), WIDE, EARLY) is still


def test_around_the_end_of_the_bounds_is_not_back() -> None:
    rolling = Bounds(lower=10, upper=99)
    choice = advance(9)
    found = number(choice, known(GONE, ledger=issued(95), target=seen(95), bounds=rolling))
    assert (found.becomes, is_moved_back(found, choice)) == (14, False)
