"""What becomes of a blob of the content store."""

from datetime import timedelta

import pytest

from shared.rules.collection import MARKED_FOR, Step, step

MOMENT = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("referenced", "marked", "age", "expected"),
    [
        (True, False, timedelta(0), Step.KEEP),
        (True, False, timedelta(days=400), Step.KEEP),
        (True, True, timedelta(0), Step.UNMARK),
        (True, True, timedelta(days=400), Step.UNMARK),
        (False, False, timedelta(0), Step.MARK),
        (False, False, timedelta(days=400), Step.MARK),
        (False, True, timedelta(0), Step.KEEP),
        (False, True, MARKED_FOR - MOMENT, Step.KEEP),
        (False, True, MARKED_FOR, Step.DELETE),
        (False, True, MARKED_FOR + MOMENT, Step.DELETE),
        (False, True, -MOMENT, Step.KEEP),
    ],
)
def test_step(referenced: bool, marked: bool, age: timedelta, expected: Step) -> None:
    assert step(referenced=referenced, marked=marked, age=age) is expected
