"""Which service names have rows of a stream: an index of the ledger, in its table.

A row for each stream and name, in one partition, so that a restore writes a hundred at once. It is
written before the first ledger row of that stream under that name, and never deleted while there is
one: an unnecessary name is harmless, as no rows are found under it. Ledger rows from versions
before the index are added later: until a name is marked as completely indexed, it may have rows of
any stream.
"""

from collections.abc import Iterable, Sequence

from shared.rules.naming import service_key
from shared.state.row_keys import encoded, row_key
from shared.storage.tables import TRANSACTION_ROWS, Delete, Replace, Row, Step, Table

_PARTITION, _WHOLE = "!streams", "!entered"
"""Not partitions of services: those contain no exclamation mark."""


class StreamIndex:
    """The service names under which numbers of streams were issued."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def enter(self, service: str, streams: Iterable[str]) -> None:
        """Store that a service name is about to have rows of streams. Idempotent."""
        rows = (Row(_PARTITION, _key(one, service), {"service": service}) for one in _once(streams))
        await self._write([Replace(row, None) for row in rows])

    async def mark(self, service: str) -> None:
        """Mark a service name as completely indexed."""
        row = Row(_WHOLE, encoded(service_key(service)), {"service": service})
        await self._table.replace(row, None)

    async def marked(self) -> frozenset[str]:
        """Keys of the service names that are completely indexed."""
        pages = self._table.pages(_WHOLE, columns=("service",))
        return frozenset(
            [service_key(str(row.values["service"])) async for page in pages for row in page]
        )

    async def drop(self, service: str, streams: Iterable[str]) -> None:
        """Delete the entries of a service name; done before its ledger rows are deleted."""
        await self._write([Delete(_PARTITION, _key(one, service)) for one in _once(streams)])

    async def names(self, stream: str) -> list[str]:
        """The service names that have rows of a stream, had some, or may have some."""
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
