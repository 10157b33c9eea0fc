"""Which service names have rows of a stream: an index of the ledger, in its table.

A row for each stream and name, in one partition, so that a restore enters a hundred in one write.
It is written before the first row of that stream under that name, and never deleted while there is
one: a name too many is harmless, as nothing is found under it. Rows that a version before the index
wrote are entered later: until a name is marked as entered as a whole, it may have rows of any
stream.
"""

from collections.abc import Iterable, Sequence

from shared.rules.naming import service_key
from shared.state.row_keys import encoded, row_key
from shared.storage.tables import TRANSACTION_ROWS, Delete, Replace, Row, Step, Table

_PARTITION, _WHOLE = "!streams", "!entered"
"""No service's: their partitions hold no exclamation mark."""


class StreamIndex:
    """The service names that streams were issued under."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def enter(self, service: str, streams: Iterable[str]) -> None:
        """Write that a service name is about to have rows of streams; again is as good."""
        rows = (Row(_PARTITION, _key(one, service), {"service": service}) for one in _once(streams))
        await self._write([Replace(row, None) for row in rows])

    async def mark(self, service: str) -> None:
        """Write that all rows of a service name are entered."""
        row = Row(_WHOLE, encoded(service_key(service)), {"service": service})
        await self._table.replace(row, None)

    async def marked(self) -> frozenset[str]:
        """Keys of the service names that are entered as a whole."""
        pages = self._table.pages(_WHOLE, columns=("service",))
        return frozenset(
            [service_key(str(row.values["service"])) async for page in pages for row in page]
        )

    async def drop(self, service: str, streams: Iterable[str]) -> None:
        """Remove what was written of a service name, before its rows go."""
        await self._write([Delete(_PARTITION, _key(one, service)) for one in _once(streams)])

    async def names(self, stream: str) -> list[str]:
        """The service names that have rows of a stream, or had or may have some."""
        after, before = f"{stream}!", f'{stream}"'
        pages = self._table.pages(_PARTITION, after=after, before=before, columns=("service",))
        return [str(row.values["service"]) async for page in pages for row in page]

    async def _write(self, steps: Sequence[Step]) -> None:
        for start in range(0, len(steps), TRANSACTION_ROWS):
            await self._table.transact(steps[start : start + TRANSACTION_ROWS])


def _once(streams: Iterable[str]) -> list[str]:
    return sorted({stream for stream in streams if stream})


def _key(stream: str, service: str) -> str:
    return row_key(stream, service_key(service))
