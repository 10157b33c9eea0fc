"""Rows that timers read: one that cannot be read does not stop the others."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.storage.tables import Row, SchemaTooNew

Item = TypeVar("Item")

log = logging.getLogger("interkeep.storage")


def readable(rows: Sequence[Row], read: Callable[[Row], Item]) -> list[Item]:
    """Read rows one by one: those that cannot be read are skipped, and logged.

    For timers, which work for many services: one unreadable row must not stop the others. Code that
    decides what to delete must not use this: it has to read every row, so that nothing is deleted
    on incomplete information.
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
