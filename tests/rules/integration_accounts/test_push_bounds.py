"""Control numbers at a push near the end of their bounds, and around it."""

import pytest

from shared.model.numbers import Bounds
from shared.model.problem import Problem
from shared.model.push import UncertainNumber
from shared.rules.integration_accounts.push_known import SourceState
from shared.rules.integration_accounts.push_numbers import never_back, planned
from tests.rules.integration_accounts.numbers import (
    AS_KNOWN,
    CONTINUE,
    EARLY,
    GONE,
    LATE,
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
    ("by", "skipped"), [(50, 50), (3_333, 3_333), (9_999, 3_333), (50_000, 3_333)]
)
def test_advance_skips_no_more_than_a_third_of_narrow_bounds(by: int, skipped: int) -> None:
    """One count is meant for all numbers of an agreement: by 9,999 those of four digits would stay
    where they are, and come again."""
    what = known(GONE, Bounds(upper=9_999), ledger=issued(905))
    found = number(advance(by), what)
    assert (found.becomes, found.cycles) == (905 + skipped, 0)
    assert f"{skipped}" in found.why
    assert ("a third of its bounds" in found.why) == (by > skipped)
    # Those that do not roll over are refused, or moved by as many as is asked.
    ends = known(GONE, Bounds(upper=9_999, rollover=False), ledger=issued(905))
    if by < 9_000:
        assert number(advance(by), ends).becomes == 905 + by
    else:
        with pytest.raises(Problem):
            planned(advance(by), ends, NOW)


@pytest.mark.parametrize("state", [GONE, UNREACHABLE, SILENT, READ])
def test_a_number_that_is_used_up_is_certain(state: SourceState) -> None:
    """None can have been issued unseen, and to move it on is impossible."""
    used_up = Bounds(upper=1_000, rollover=False)
    what = known(state, used_up, ledger=issued(1_000), source=seen(3) if state is READ else None)
    found = number(CONTINUE, what)
    assert (found.becomes, found.exhausted) == (1_000, True)
    with pytest.raises(Problem, match="Choose the policy continue"):
        planned(advance(1), what, NOW)
    # One that has some left takes what is proposed for it.
    what = known(GONE, used_up, ledger=issued(996))
    unsure = planned(CONTINUE, what, NOW)
    assert isinstance(unsure, UncertainNumber)
    assert number(advance(unsure.proposed_by), what).becomes == 999


@pytest.mark.parametrize(
    ("bounds", "last", "there", "becomes"),
    [
        (Bounds(upper=1_000), 985, 20, 20),
        (WIDE, 999_999_985, 20, 20),
        (Bounds(upper=1_000), 985, 500, 985),
        (Bounds(upper=1_000), 500, 20, 500),
        (Bounds(upper=1_000, rollover=False), 985, 20, 985),
    ],
)
def test_an_account_that_rolled_over_since_it_was_pushed_to_keeps_its_number(
    bounds: Bounds, last: int, there: int, becomes: int
) -> None:
    """It went on from where the source stands, near the end of the bounds."""
    what = known(READ, bounds, ledger=issued(last), source=seen(last), target=seen(there))
    found = number(CONTINUE, what)
    assert (found.becomes, found.written) == (becomes, becomes != there)
    gone = known(GONE, bounds, ledger=issued(last), target=seen(there))
    assert number(advance(5), gone).becomes == (becomes if becomes == there else last + 5)
    kept = never_back(gone)
    assert number(AS_KNOWN, kept).becomes == becomes


def test_what_the_source_issued_under_wider_bounds_did_not_roll_over_at_narrower_ones() -> None:
    ledger = issued(990).model_copy(update={"end": 999_999})
    what = known(
        READ,
        Bounds(upper=1_000),
        ledger=ledger,
        before=seen(990, EARLY),
        source=seen(5, LATE),
    )
    found = planned(CONTINUE, what, NOW)
    assert isinstance(found, UncertainNumber)
    assert "set back" in found.why
