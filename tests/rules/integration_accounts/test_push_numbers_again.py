"""Numbers of a push that are decided again: up, around the end of their bounds, never down."""

from dataclasses import replace

import pytest

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.push import NumberSource, PlannedNumber, PushNumbersPolicy
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_known import Choice, Known, SourceState
from shared.rules.integration_accounts.push_numbers import planned
from shared.rules.integration_accounts.push_numbers_again import decided_again
from shared.rules.integration_accounts.push_numbers_written import Decided, decided_of
from tests.rules.integration_accounts.numbers import NOW

EARLY, LATE = "2026-01-01T00:00:00.0000000Z", "2026-02-01T00:00:00.0000000Z"
ROLLING = Bounds(lower=1, upper=999, rollover=True)
CONTINUE = Choice(PushNumbersPolicy.CONTINUE, None, "")
ADVANCE = Choice(PushNumbersPolicy.ADVANCE, 20, "")
AS_KNOWN = Choice(PushNumbersPolicy.AS_KNOWN, None, "")


def known(source: int | None, target: int | None, *, ledger: int = 100) -> Known:
    """What is known now; the source had as much as the ledger when it was pulled."""
    return Known(
        agreement="Contoso",
        kind=Kind.INTERCHANGE,
        bounds=ROLLING,
        source_state=SourceState.READ if source is not None else SourceState.GONE,
        ledger=Counter(next=ledger + 1, last=ledger, end=999),
        target=Sighting(target, LATE) if target is not None else None,
        source=Sighting(source, LATE) if source is not None else None,
        before=Sighting(ledger, EARLY),
    )


def decided(last_known: int, becomes: int, cycles: int = 0) -> Decided:
    """What was decided, and sent."""
    number = PlannedNumber(
        agreement="Contoso",
        kind=Kind.INTERCHANGE,
        last_known=last_known,
        known_by=NumberSource.SOURCE,
        becomes=becomes,
        written=True,
        cycles=cycles,
        cycle=cycles,
        why="",
    )
    others = Counter(next=last_known + 1, last=last_known, end=999)
    return Decided(number, "x12", ROLLING, others, is_sent=True)


@pytest.mark.parametrize(
    ("choice", "what", "before", "becomes"),
    [
        (CONTINUE, known(120, 110), decided(110, 110), 120),
        (CONTINUE, known(110, 110), decided(110, 110), None),
        (CONTINUE, known(120, 130), decided(110, 110), None),
        (CONTINUE, known(110, None), decided(110, 110), None),  # it is written as decided
        (CONTINUE, known(None, 110), decided(110, 110), None),
        (ADVANCE, known(120, 130), decided(110, 130), None),
        (ADVANCE, known(140, 130), decided(110, 130), 140),
        (AS_KNOWN, known(140, 100), decided(100, 100), None),
        # around the end of the bounds
        (CONTINUE, known(5, 995, ledger=990), decided(995, 995), 5),
        (CONTINUE, known(998, 3, ledger=990), decided(995, 995), None),
        (ADVANCE, known(998, 16, ledger=990), decided(995, 16, 1), None),
        (ADVANCE, known(30, 16, ledger=990), decided(995, 16, 1), 30),
        # nothing was known when the others were decided
        (CONTINUE, known(120, None), None, 120),
        (CONTINUE, known(120, 120), None, None),
        (CONTINUE, known(120, 130), None, None),
        (CONTINUE, known(None, None), None, None),
    ],
)
def test_a_number_goes_up_where_more_is_known(
    choice: Choice, what: Known, before: Decided | None, becomes: int | None
) -> None:
    found = decided_again(choice, what, before, NOW)
    assert (found.becomes if found is not None else None) == becomes
    assert found is None or found.written


@pytest.mark.parametrize("own", [600, 995])
@pytest.mark.parametrize("source", [100, 101, 140])
def test_an_account_that_is_far_past_the_others_is_not_moved_to_them(own: int, source: int) -> None:
    """The way from its number around the end of the bounds to theirs says nothing."""
    choice, what = CONTINUE, known(100, own)
    before = decided_of(_number(choice, what), choice, what, "x12")
    assert before.number.becomes == own
    assert decided_again(choice, known(source, own), before, NOW) is None
    assert decided_again(choice, known(source, None), before, NOW) is None
    further = decided_again(choice, known(997, own), before, NOW)
    assert further is not None
    assert further.becomes == 997


@pytest.mark.parametrize("state", [SourceState.READ, SourceState.GONE])
def test_a_source_that_is_set_back_after_the_decision_moves_nothing(state: SourceState) -> None:
    """Also where the ledger is near the beginning, as of a source that issued nearly all."""
    choice, what = CONTINUE, known(995, 990, ledger=50)
    before = decided_of(_number(choice, what), choice, what, "x12")
    assert before.number.becomes == 995
    now = replace(known(7, 995, ledger=50), source_state=state)
    assert decided_again(choice, now, before, NOW) is None


def test_what_an_earlier_version_decided_is_left() -> None:
    former = decided(110, 110)
    number = former.number.model_copy(update={"cycle": None})
    assert decided_again(CONTINUE, known(120, 110), replace(former, number=number), NOW) is None


def _number(choice: Choice, what: Known) -> PlannedNumber:
    found = planned(choice, what, NOW)
    assert isinstance(found, PlannedNumber)
    return found


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize(
    ("before", "there", "lost"),
    [
        (110, None, True),
        (110, 3, True),
        (600, 3, True),
        (110, 110, False),
        (110, 140, False),
        (None, None, False),
        (995, 3, False),  # it rolled over
        (995, 600, True),
    ],
)
def test_what_an_account_had_and_has_no_more_is_lost(
    before: int | None, there: int | None, lost: bool, sent: bool
) -> None:
    one = decided(before or 110, before or 110)
    number = one.number.model_copy(update={"target": before})
    now = Sighting(there, LATE) if there is not None else None
    assert replace(one, number=number, is_sent=sent).was_lost(now) is lost
