"""What becomes of a blob of the content store: kept, marked, or deleted a day after its mark."""

from datetime import timedelta
from enum import StrEnum

MARKED_FOR = timedelta(hours=24)
"""How long a blob that nothing refers to stays after it was marked.

Far longer than a request that writes its bytes first and their reference after.
"""


class Step(StrEnum):
    """What the collector does with a blob."""

    KEEP = "keep"
    MARK = "mark"
    UNMARK = "unmark"
    DELETE = "delete"


def step(*, referenced: bool, marked: bool, age: timedelta) -> Step:
    """What is done with a blob.

    :param referenced: whether an artifact's row names it.
    :param age: time since it was last written or marked, by the storage's own clock.
    """
    if referenced:
        return Step.UNMARK if marked else Step.KEEP
    if not marked:
        return Step.MARK
    return Step.DELETE if age >= MARKED_FOR else Step.KEEP
