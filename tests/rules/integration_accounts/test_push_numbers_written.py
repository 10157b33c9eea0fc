"""A control number is compared right before a push writes it."""

import pytest

from shared.model.numbers import Bounds, Counter, Kind
from shared.model.push import NumberSource, PlannedNumber
from shared.rules.integration_accounts.push_numbers_written import Decided, is_moved_back
from tests.rules.integration_accounts.numbers import (
    AS_KNOWN,
    EARLY,
    GONE,
    LATE,
    WIDE,
    advance,
    decided_by,
    issued,
    known,
    number,
    seen,
)

SMALL = Bounds(lower=1, upper=200)
NINE = Bounds(lower=1, upper=9)
FIXED = Bounds(lower=1, upper=200, rollover=False)


def decided(
    becomes: int, target: int | None, bounds: Bounds = SMALL, *, sent: bool = False
) -> Decided:
    found = PlannedNumber(
        agreement="Northwind",
        kind=Kind.GROUP,
        last_known=0,
        known_by=NumberSource.LEDGER,
        target=target,
        becomes=becomes,
        written=True,
        cycle=0,
        why="",
    )
    return Decided(found, "x12", bounds, is_sent=sent)


@pytest.mark.parametrize("sent", [False, True])
@pytest.mark.parametrize(
    ("becomes", "target", "there", "still"),
    [
        (120, 100, None, True),
        (120, 100, 100, True),
        (120, 100, 110, True),
        (120, 100, 120, False),
        (120, 100, 130, False),  # it went on by itself
        (120, 100, 90, True),  # somebody set it back, or an old answer
        (120, 100, 7, True),
        (198, 195, 3, False),  # it rolled over meanwhile
        (198, 195, 30, True),  # it issued more than that, or was set back
        (100, 100, 3, True),
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
    becomes: int, target: int | None, there: int | None, still: bool, sent: bool
) -> None:
    sighting = seen(there) if there is not None else None
    assert decided(becomes, target, sent=sent).is_still_to_write(sighting) is still


@pytest.mark.parametrize(
    ("one", "there"),
    [
        (decided(600_005_000, 600_000_000, WIDE), 7),
        (decided(600_000_000, 600_000_000, WIDE), 7),
        (decided(950_000_000, 600_000_000, WIDE), 7),
        (decided(4_900, 999_999_900, WIDE), 500_000_000),
        (decided(150, 100, FIXED), 7),
        (decided(198, 195, FIXED), 3),
        (decided(7, 6, NINE), 2),
    ],
)
def test_one_that_was_set_back_before_it_was_sent_is_written_and_lost(
    one: Decided, there: int
) -> None:
    assert one.is_still_to_write(seen(there))
    assert one.was_lost(seen(there))


@pytest.mark.parametrize(
    ("one", "there", "still"),
    [
        (decided(190, 150, sent=True), 3, False),  # it rolled over from where it was moved to
        (decided(190, 150), 3, True),
        (decided(190, None, sent=True), 3, False),
        (decided(190, None), 3, True),
        (decided(100, 195, sent=True), 103, False),  # it went on from where it was moved to
        (decided(100, 195), 103, True),
        (decided(170, 150, sent=True), 3, True),
        (decided(170, 150, sent=True), 160, True),
        (decided(9, 8, NINE, sent=True), 2, False),
        (decided(9, 9, NINE), 2, False),
        (decided(2, 9, NINE, sent=True), 4, False),
        (decided(600_005_000, 600_000_000, WIDE, sent=True), 7, True),
    ],
)
def test_one_that_may_be_written_may_have_gone_on_from_there(
    one: Decided, there: int, still: bool
) -> None:
    assert one.is_still_to_write(seen(there)) is still


@pytest.mark.parametrize(
    ("there", "changed_time", "still"),
    [
        (500, EARLY, True),
        (400, LATE, False),
        (450, LATE, False),
        (500, LATE, False),  # it was moved back, and issued up to there again
        (510, LATE, False),
        (350, LATE, True),  # lower than it is moved back to
    ],
)
@pytest.mark.parametrize("sent", [False, True])
def test_a_number_is_moved_back_once(
    there: int, changed_time: str, still: bool, sent: bool
) -> None:
    what = known(ledger=issued(400), target=seen(500, EARLY))
    assert is_moved_back(number(AS_KNOWN, what), AS_KNOWN)
    one = decided_by(AS_KNOWN, what)
    assert one.back_from == EARLY
    one = Decided.of(one.to_json() | {"isSent": sent})
    assert one.is_still_to_write(seen(there, changed_time)) is still
    assert one.was_lost(seen(there, changed_time)) is (there == 350)


def test_around_the_end_of_the_bounds_is_not_back() -> None:
    rolling = Bounds(lower=10, upper=99)
    choice = advance(9)
    found = number(choice, known(GONE, ledger=issued(95), target=seen(95), bounds=rolling))
    assert (found.becomes, is_moved_back(found, choice)) == (14, False)


def test_what_is_staged_comes_back() -> None:
    one = decided_by(AS_KNOWN, known(ledger=issued(400, 2), target=seen(500, EARLY)))
    assert Decided.of(one.to_json()) == one
    assert one.others == Counter(next=401, last=400, cycle=2)
    assert one.number.cycle == 2


@pytest.mark.parametrize(
    ("there", "sent", "still"),
    [(8, True, False), (8, False, True), (5, True, True), (100, True, True)],
)
def test_one_that_was_written_and_rolled_over_past_its_former_number_went_on(
    there: int, sent: bool, still: bool
) -> None:
    """It stood at 5, and was raised to 195."""
    assert decided(195, 5, sent=sent).is_still_to_write(seen(there)) is still
