"""What generated control numbers become at a push."""

from datetime import timedelta

import pytest

from shared.model.numbers import Bounds, Counter
from shared.model.problem import Code, Problem
from shared.model.push import (
    AgreementNumbersChoice,
    ControlNumbersAtPush,
    NumberSource,
    PlannedNumber,
    PushNumbersPolicy,
    UncertainNumber,
)
from shared.rules.integration_accounts.push_known import Choice, Known, SourceState, choice_for
from shared.rules.integration_accounts.push_numbers import planned
from shared.rules.integration_accounts.push_rate import Look
from tests.rules.integration_accounts.numbers import (
    AS_KNOWN,
    CONTINUE,
    EARLY,
    GONE,
    LATE,
    NONE,
    NOW,
    READ,
    SILENT,
    UNREACHABLE,
    WIDE,
    advance,
    issued,
    known,
    number,
    seen,
)


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
    assert (found.last_known, found.becomes, found.written) == (100, 150, True)
    found = number(advance(50), known(READ, ledger=issued(100), source=seen(120)))
    assert (found.last_known, found.becomes, found.written) == (120, 170, True)


@pytest.mark.parametrize("target", [150, 151, 400])
def test_advance_moves_nothing_a_second_time(target: int) -> None:
    """A push that failed after its numbers were written is sent again; the account may have gone on
    by itself."""
    found = number(advance(50), known(GONE, ledger=issued(100), target=seen(target)))
    assert (found.becomes, found.written) == (target, False)


@pytest.mark.parametrize(("target", "becomes"), [(14, 14), (20, 20), (97, 14), (90, 14), (5, 14)])
def test_advance_around_the_end_of_the_bounds_moves_nothing_a_second_time(
    target: int, becomes: int
) -> None:
    what = known(GONE, Bounds(lower=10, upper=99), ledger=issued(95), target=seen(target))
    assert number(advance(9), what).becomes == becomes


@pytest.mark.parametrize(
    ("there", "becomes"), [(7, 45_127), (45_127, 45_127), (45_130, 45_130), (40_627, 45_127)]
)
def test_advance_of_the_account_itself_goes_by_what_was_pulled(there: int, becomes: int) -> None:
    """It was set back, say; or it is as the push left it that failed after its numbers."""
    what = known(
        READ,
        ledger=issued(40_127),
        before=seen(40_127, EARLY),
        source=seen(there),
        target=seen(there),
        source_is_target=True,
    )
    found = number(advance(5_000), what)
    assert (found.becomes, found.written) == (becomes, there != becomes)


@pytest.mark.parametrize(("by", "becomes"), [(5, 20), (200, 104)])
def test_advance_of_the_account_itself_that_rolled_over_goes_on_in_its_cycle(
    by: int, becomes: int
) -> None:
    what = known(
        READ,
        Bounds(upper=1_000),
        ledger=issued(904),
        before=seen(904, EARLY),
        source=seen(20),
        target=seen(20),
        source_is_target=True,
    )
    assert number(advance(by), what).becomes == becomes


@pytest.mark.parametrize("before", [None, 7, 40_127])
@pytest.mark.parametrize("bounds", [WIDE, Bounds(lower=40_000, upper=99_999)])
def test_a_source_below_what_is_known_to_be_issued_is_uncertain(
    bounds: Bounds, before: int | None
) -> None:
    """Also where it was pulled after it was set back, and where its session was gone then."""
    what = known(
        READ,
        bounds,
        ledger=issued(40_127),
        source=seen(7),
        before=None if before is None else seen(before, LATE if before == 7 else EARLY),
    )
    found = planned(CONTINUE, what, NOW)
    assert isinstance(found, UncertainNumber)
    assert found.last_known == 40_127
    assert number(advance(500), what).becomes == 40_627
    restored = known(
        READ, bounds, ledger=issued(40), passed=issued(40_127), source=seen(7), before=what.before
    )
    assert isinstance(planned(CONTINUE, restored, NOW), UncertainNumber)


def test_a_rate_that_was_seen_after_a_number_was_set_back_proposes_no_less_than_if_unknown() -> (
    None
):
    looks = (Look(NOW - timedelta(days=9), 0), Look(NOW, 7))
    for state in (READ, GONE):
        what = known(
            state,
            ledger=issued(40_127),
            source=seen(7) if state is READ else None,
            before=seen(7),
            looks=looks,
        )
        found = planned(CONTINUE, what, NOW)
        assert isinstance(found, UncertainNumber)
        assert (found.last_known, found.proposed_by) == (40_127, 1_000)
        assert (found.seen_at is None) is (state is READ)


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
    assert refused.value.target == "/controlNumbers/agreements/3/policy"
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
        assert "set back from 150" in found.why
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
    is_behind = sighting is not None and ledger is not None and sighting.value < ledger.last
    unknown = state in (GONE, UNREACHABLE, SILENT) or lacks or is_behind
    uncertain = choice is CONTINUE and unknown
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
