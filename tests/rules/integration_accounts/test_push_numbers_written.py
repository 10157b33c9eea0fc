"""A control number is compared right before a push writes it."""

import pytest

from shared.model.numbers import Bounds, Kind
from shared.model.push import (
    NumberSource,
    PlannedNumber,
)
from shared.rules.integration_accounts.push_numbers_written import (
    is_moved_back,
    is_still_to_write,
)
from tests.rules.integration_accounts.numbers import (
    AS_KNOWN,
    EARLY,
    GONE,
    LATE,
    WIDE,
    advance,
    issued,
    known,
    number,
    seen,
)


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
