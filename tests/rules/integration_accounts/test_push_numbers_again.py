"""Numbers of a push that are decided again: up, around the end of their bounds, never down."""

import pytest

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.push import NumberSource, PlannedNumber, PushNumbersPolicy
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_numbers import Choice, Known, SourceState
from shared.rules.integration_accounts.push_numbers_again import decided_again, was_lost
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


def decided(last_known: int, becomes: int, cycles: int = 0) -> PlannedNumber:
    """What was decided."""
    return PlannedNumber(
        agreement="Contoso",
        kind=Kind.INTERCHANGE,
        last_known=last_known,
        known_by=NumberSource.SOURCE,
        becomes=becomes,
        written=True,
        cycles=cycles,
        why="",
    )


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
    choice: Choice, what: Known, before: PlannedNumber | None, becomes: int | None
) -> None:
    found = decided_again(choice, what, before, NOW)
    assert (found.becomes if found is not None else None) == becomes
    assert found is None or found.written


@pytest.mark.parametrize(
    ("before", "there", "lost"),
    [
        (110, None, True),
        (110, 3, True),
        (110, 110, False),
        (110, 140, False),
        (None, None, False),
        (995, 3, False),  # it rolled over
    ],
)
def test_what_an_account_had_and_has_no_more_is_lost(
    before: int | None, there: int | None, lost: bool
) -> None:
    number = decided(before or 110, before or 110).model_copy(update={"target": before})
    assert was_lost(number, there, ROLLING) is lost
