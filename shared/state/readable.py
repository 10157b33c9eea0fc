"""Rows that timers read: one that cannot be read stops none of the others."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.storage.tables import Row, SchemaTooNew

Item = TypeVar("Item")

log = logging.getLogger("interkeep.storage")


def readable(rows: Sequence[Row], read: Callable[[Row], Item]) -> list[Item]:
    """What rows say, each by itself: those that cannot be read are passed over, and told.

    For timers, which look after many services: one such row must stop none of the others. Who
    decides what to delete reads strictly: what is not known for certain deletes nothing.
    """
    found: list[Item] = []
    passed: list[tuple[Row, Exception]] = []
    for row in rows:
        try:
            found.append(read(row))
        except (SchemaTooNew, KeyError, ValueError) as error:
            passed.append((row, error))
    if passed:
        (first, why), more = passed[0], len(passed) - 1
        log.error(
            "RowUnreadable: the row %r of %r%s is passed over: %s: %s A row that no Interkeep "
            "wrote can be deleted.",
            first.key,
            first.partition,
            f" and {more} more" if more else "",
            type(why).__name__,
            why,
        )
    return found
