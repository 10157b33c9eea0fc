"""The operations of all services: the newest ones, and what is under way.

The newest come from the log of all services, a page at a time; what is under way from recovery's
index, which lists what runs and not what exists.
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
"""Records that one page reads: it ends early where few of them are of the wanted status."""

_MOST_PAGES = 20
"""Pages of the log that one page reads, of 1,000 rows at most."""


@dataclass(frozen=True)
class Wanted:
    """Which operations are asked for; None for any."""

    operation: OperationName | None = None
    status: OperationStatus | None = None
    caller: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def has(self, record: OperationRow) -> bool:
        """Whether a record is one of them."""
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
    """Reads operations of whatever service, newest first."""

    records: Operations
    log: LogIndex
    in_flight: InFlightIndex
    left: LeftBehindIndex

    async def page(
        self, wanted: Wanted, after: str, size: int
    ) -> tuple[list[OperationRow], str | None]:
        """At most so many of them, and the place that the next page begins behind.

        A page may be short, or empty, and not be the last; None for no next one.

        :param after: a place that a page gave; empty for the first page.
        """
        if wanted.status is not None and not wanted.status.is_final():
            return await self._under_way(wanted, after, size)
        found: list[OperationRow] = []
        looked = pages = 0
        async for rows in self._rows(wanted, after, size):
            pages += 1
            mine = [row for row in rows if wanted.operation in (None, row.operation)]
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
        filtered = wanted.operation is not None or wanted.status is not None
        return self.log.pages(
            after=after,
            since=wanted.since,
            until=wanted.until,
            caller=wanted.caller,
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
