"""Table ControlNumbers: the ledger of what was issued. Its rows are never deleted.

A partition a service *name*, a row an agreement with all of its kinds, so that one conditional
write takes numbers of several kinds, and a name that comes back continues where it stood.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from shared.model.numbers import Counter, Counters, Kind
from shared.rules.naming import artifact_key, service_key
from shared.state.columns import dumps
from shared.state.gateway import TRANSACTION_ROWS, Column, Insert, Replace, Row, Step, Table
from shared.state.keys import encoded

TABLE = "interkeepControlNumbers"


@dataclass(frozen=True)
class LedgerRow:
    """Where one agreement of a service name stands."""

    agreement: str
    owner: str
    """Id of the service that may issue; empty where none may."""
    counters: Counters
    changed_at: str
    """RFC 3339; kept by a restore."""
    etag: str = ""
    passed: Counters = field(default_factory=dict)
    """Where it stood before a restore set it back (``asBackedUp``), of kinds that stood later."""

    @property
    def known(self) -> list[Counters]:
        """All that it knows to be issued: a later restore goes on behind every one of them."""
        return [self.counters, self.passed]

    def owned_by(self, service_id: str) -> "LedgerRow":
        """The same row with another owner."""
        return replace(self, owner=service_id)


class Ledger:
    """What was issued, by service name and agreement."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, service: str, agreement: str) -> LedgerRow | None:
        """The row of an agreement, None where none was ever needed."""
        row = await self._table.get(_partition(service), encoded(artifact_key(agreement)))
        return _read(row) if row else None

    async def write(self, service: str, row: LedgerRow) -> LedgerRow:
        """Write a row over the version that was read; a new one where it has no ETag.

        :raises RowChanged: where somebody else wrote it since.
        :raises RowExists: where somebody else made it.
        """
        step = _step(service, row)
        return replace(row, etag=(await self._table.transact([step]))[0])

    async def write_all(self, service: str, rows: Sequence[LedgerRow]) -> None:
        """Write up to 100 rows, each over the version that was read, all or none.

        :raises RowChanged: where somebody else wrote one since.
        :raises RowExists: where somebody else made one.
        """
        await self._table.transact([_step(service, row) for row in rows])

    async def pages(self, service: str, after: str = "") -> AsyncIterator[list[LedgerRow]]:
        """The rows of a service name in the order of their keys, a page at a time.

        :param after: the agreement that the first page begins behind.
        """
        behind = encoded(artifact_key(after))
        async for page in self._table.pages(_partition(service), after=behind):
            yield [_read(row) for row in page]

    async def drop_all(self, service: str) -> None:
        """Remove all rows of a name: of a verify's scratch service alone, which issued nothing."""
        await self._table.drop_partition(_partition(service))


BATCH_ROWS = TRANSACTION_ROWS
"""How many rows ``write_all`` takes."""


def _partition(service: str) -> str:
    return encoded(service_key(service))


def _step(service: str, row: LedgerRow) -> Step:
    values: dict[str, Column] = {
        "agreement": row.agreement,
        "owner": row.owner,
        "counters": _dumped(row.counters),
        "changedAt": row.changed_at,
    }
    if row.passed:
        values["passed"] = _dumped(row.passed)
    stored = Row(_partition(service), encoded(artifact_key(row.agreement)), values)
    return Replace(stored, row.etag) if row.etag else Insert(stored)


def _dumped(counters: Counters) -> str:
    return dumps({kind: counter.to_json() for kind, counter in counters.items()})


def _loaded(text: str) -> Counters:
    return {Kind(kind): Counter.model_validate(c) for kind, c in json.loads(text).items()}


def _read(row: Row) -> LedgerRow:
    return LedgerRow(
        agreement=str(row.values["agreement"]),
        owner=str(row.values["owner"]),
        counters=_loaded(str(row.values["counters"])),
        changed_at=str(row.values["changedAt"]),
        etag=row.etag,
        passed=_loaded(str(row.values.get("passed", "{}"))),
    )
