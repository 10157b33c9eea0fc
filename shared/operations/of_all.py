"""The operations of all services: the newest ones, and those in progress.

The newest are read from the log of all services, a page at a time; those in progress from
recovery's index, which lists only open operations.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.model.operation import OperationName, OperationStatus
from shared.state.left_behind_index import LeftBehindIndex
from shared.state.log import Logged, LogIndex, place_of
from shared.state.operations import InFlightIndex, OperationRow, Operations
from shared.streams.in_order import in_order

_AT_ONCE = 32
_MOST_LOOKED_AT = 1000
"""Most records that are read for one page: it ends early if few of them match the filter."""

_MOST_PAGES = 20
"""Most pages of the log, each of up to 1,000 rows, that are read for one page."""


@dataclass(frozen=True)
class Wanted:
    """The filter of a request; None for any value."""

    operation: OperationName | None = None
    status: OperationStatus | None = None
    caller: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def has(self, record: OperationRow) -> bool:
        """Whether a record matches."""
        one = record.operation
        return (
            self.operation in (None, one.operation)
            and self.status in (None, one.status)
            and self.caller in (None, one.caller)
            and (self.since is None or one.created_at >= self.since)
            and (self.until is None or one.created_at < self.until)
        )


@dataclass(frozen=True)
class OperationsOfAll:
    """Reads the operations of all services, newest first."""

    records: Operations
    log: LogIndex
    in_flight: InFlightIndex
    left: LeftBehindIndex

    async def page(
        self, wanted: Wanted, after: str, size: int
    ) -> tuple[list[OperationRow], str | None]:
        """A page of operations, and the place after which the next page begins, None after the last
        page.

        A page may be short or empty and not be the last.

        :param after: a place from an earlier page; empty for the first page.
        """
        if wanted.status is not None and not wanted.status.is_final():
            return await self._under_way(wanted, after, size)
        found: list[OperationRow] = []
        looked = pages = 0
        async for rows in self._rows(wanted, after, size):
            pages += 1
            mine = [
                row
                for row in rows
                if wanted.operation in (None, row.operation) and wanted.caller in (None, row.caller)
            ]
            for start in range(0, len(mine), _AT_ONCE):
                some = mine[start : start + _AT_ONCE]
                for record in await self._led_to(some):
                    if record is None or not wanted.has(record):
                        continue
                    if len(found) == size:
                        return found, place_of(found[-1].operation)
                    found.append(record)
                looked += len(some)
                if looked >= _MOST_LOOKED_AT:
                    return found, some[-1].key
            if pages >= _MOST_PAGES and rows:
                return found, rows[-1].key
        return found, None

    def _rows(self, wanted: Wanted, after: str, size: int) -> AsyncIterator[list[Logged]]:
        # Filters are applied here, so that each page that storage gives has a last row to continue
        # from, however few rows fit.
        asked = (wanted.operation, wanted.status, wanted.caller)
        filtered = any(one is not None for one in asked)
        return self.log.pages(
            after=after,
            since=wanted.since,
            until=wanted.until,
            size=_MOST_LOOKED_AT if filtered else min(size + 1, _MOST_LOOKED_AT),
        )

    async def _led_to(self, rows: Sequence[Logged]) -> list[OperationRow | None]:
        return await in_order(*(self.records.led_to(row) for row in rows))

    async def _under_way(
        self, wanted: Wanted, after: str, size: int
    ) -> tuple[list[OperationRow], str | None]:
        entries = [
            (one.service, one.operation_id) async for p in self.in_flight.pages() for one in p
        ]
        entries += [(one.service, one.operation_id) async for p in self.left.pages() for one in p]
        found: list[OperationRow] = []
        for start in range(0, len(entries), _AT_ONCE):
            some = entries[start : start + _AT_ONCE]
            read = await in_order(*(self.records.find(*entry) for entry in some))
            found += [one[0] for one in read if one is not None and wanted.has(one[0])]
        by_place = {place_of(one.operation): one for one in found}
        places = sorted(place for place in by_place if place > after)
        following = places[size - 1] if len(places) > size else None
        return [by_place[place] for place in places[:size]], following
