"""Which service names have rows of a stream: an index of the ledger, in its table.

A row for each stream and name, in one partition, so that a restore enters a hundred in one write.
It is written before the first row of that stream under that name, and never deleted while there is
one: a name too many is harmless, as nothing is found under it.
"""

from collections.abc import Iterable, Sequence

from shared.rules.naming import service_key
from shared.state.row_keys import row_key
from shared.storage.tables import TRANSACTION_ROWS, Delete, Replace, Row, Step, Table

_PARTITION = "!streams"
"""No service's: their partitions hold no exclamation mark."""

_PAGES = 20
"""Of a thousand rows, that are read at once: where there are more, streams are looked up singly."""


class StreamIndex:
    """The service names that streams were issued under."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def enter(self, service: str, streams: Iterable[str]) -> None:
        """Write that a service name is about to have rows of streams; again is as good."""
        rows = (Row(_PARTITION, _key(one, service), {"service": service}) for one in _once(streams))
        await self._write([Replace(row, None) for row in rows])

    async def drop(self, service: str, streams: Iterable[str]) -> None:
        """Remove what was written of a service name, before its rows go."""
        await self._write([Delete(_PARTITION, _key(one, service)) for one in _once(streams)])

    async def names(self, stream: str) -> list[str]:
        """The service names that have rows of a stream, or had or may have some."""
        after, before = f"{stream}!", f'{stream}"'
        pages = self._table.pages(_PARTITION, after=after, before=before, columns=("service",))
        return [str(row.values["service"]) async for page in pages for row in page]

    async def of_others(self, service: str) -> frozenset[str] | None:
        """The streams that other names have rows of; None where the index is very long."""
        found: set[str] = set()
        pages_read = 0
        async for page in self._table.pages(_PARTITION, columns=("service",)):
            pages_read += 1
            if pages_read > _PAGES:
                return None
            for row in page:
                if service_key(str(row.values["service"])) != service_key(service):
                    found.add(row.key.partition("!")[0])
        return frozenset(found)

    async def _write(self, steps: Sequence[Step]) -> None:
        for start in range(0, len(steps), TRANSACTION_ROWS):
            await self._table.transact(steps[start : start + TRANSACTION_ROWS])


def _once(streams: Iterable[str]) -> list[str]:
    return sorted({stream for stream in streams if stream})


def _key(stream: str, service: str) -> str:
    return row_key(stream, service_key(service))
