"""Table ControlNumbers: the ledger of what was issued. Its rows are never deleted.

A partition for each service *name*, a row for each agreement with all of its kinds, so that one
conditional write takes numbers of several kinds, and a name that is used again continues from where
it was. A row says which stream its numbers belong to. When the parties of an agreement change, a
*former* row is kept that belongs only to the former stream.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from shared.model.numbers import Counter, Counters, Kind, Numbering
from shared.rules.naming import artifact_key, service_key
from shared.rules.within_bounds import brought_together
from shared.state.columns import dumps
from shared.state.lineage import Lineage
from shared.state.row_keys import LAST, encoded, named_from
from shared.state.stream_index import StreamIndex
from shared.storage.tables import TRANSACTION_ROWS, Column, Insert, Replace, Row, Step, Table

TABLE = "interkeepControlNumbers"


@dataclass(frozen=True)
class LedgerRow:
    """The counters of one agreement of a service name."""

    agreement: str
    owner: str
    """Id of the service that may issue from it; if empty, a service must claim the row first."""
    counters: Counters
    changed_at: str
    """RFC 3339; kept by a restore."""
    etag: str = ""
    passed: Counters = field(default_factory=dict)
    """Up to where numbers are issued again, for the kinds that a restore set back
    (``asBackedUp``)."""
    beyond: Counters = field(default_factory=dict)
    """What others issued beyond that, for the same kinds: they finally continue after it."""
    apart: Counters = field(default_factory=dict)
    """What others issued beyond the bounds with which it was claimed; see ``within``."""
    stream: str = ""
    """The stream that the numbers belong to, see ``AgreementNumbers.stream``. Empty if its
    agreement names no identities, or the row was written by a version that did not store it: then
    the agreement's name is its stream."""
    life: str = ""
    """Id of the service that a restore wrote it for, which may be set back as the request asked."""
    advances: tuple[str, ...] = ()
    """Ids of the operations that moved it forward and may not have ended: none moves it twice."""
    former: bool = False
    """Whether it was kept for a former stream when the parties of its agreement changed."""
    entered: str = ""
    """The stream for which the index had its service name when the row was written. The index is
    written again if the stream differs, or if the row was written by a version without an index."""

    @property
    def known(self) -> list[Counters]:
        """All that it knows to be issued: numbers continue after every one of these counters."""
        return [self.counters, self.passed, self.beyond]

    def within(self, numbering: Numbering) -> "LedgerRow":
        """The same row with bounds, which may now include what others issued beyond the former
        ones."""
        if not self.apart:
            return self
        found = brought_together([self.counters], [self.apart], numbering)
        again = {kind: one for kind, one in self.counters.items() if kind in self.passed}
        beyond = brought_together([self.beyond], [self.apart], numbering)
        beyond = {kind: beyond[kind] for kind in self.passed if kind in beyond}
        counters = {kind: one for kind, one in found.items() if kind not in self.passed}
        return replace(self, counters={**counters, **again}, beyond=beyond)

    def owned_by(self, service_id: str) -> "LedgerRow":
        """The same row with another owner."""
        return replace(self, owner=service_id)

    def is_of(self, agreement: str, stream: str) -> bool:
        """Whether its numbers belong to an agreement: the same stream or, without a stream, the
        same name.

        A former row belongs only to its stream.
        """
        if self.former or (self.stream and stream):
            return self.stream == stream
        return artifact_key(self.agreement) == artifact_key(agreement)


class Ledger:
    """What was issued, by service name and agreement."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.lineage = Lineage(table)
        """Which other names share numbers with a service's."""
        self.index = StreamIndex(table)
        """Which names have rows of a stream."""

    async def get(self, service: str, agreement: str) -> LedgerRow | None:
        """The row of an agreement, None if there never was one."""
        row = await self._table.get(_partition(service), encoded(artifact_key(agreement)))
        return _read(row) if row else None

    async def former(self, service: str, stream: str) -> LedgerRow | None:
        """The former row of a stream, kept when the parties of an agreement changed."""
        row = await self._table.get(_partition(service), _former_key(stream))
        return _read(row) if row else None

    async def of_stream(self, service: str, stream: str, agreement: str = "") -> list[LedgerRow]:
        """The rows of a service name that belong to a stream, including former ones.

        :param agreement: the row of this agreement is included, whatever its stream.
        """
        named = encoded(artifact_key(agreement)) if agreement else ""
        if not stream:
            row = await self.get(service, agreement)
            return [row] if row else []
        pages = self._table.pages(_partition(service), equal=("stream", stream), also=named)
        return [_read(row) async for page in pages for row in page]

    async def write(self, service: str, row: LedgerRow) -> LedgerRow:
        """Replace the version of a row that was read; insert a row without an ETag.

        :raises RowChanged: if another writer changed it since.
        :raises RowExists: if another writer inserted it.
        """
        if row.entered != row.stream:
            await self.enter(service, row.stream)
        etag = (await self._table.transact([_step(service, row)]))[0]
        return replace(row, etag=etag, entered=row.stream)

    async def write_all(self, service: str, rows: Sequence[LedgerRow]) -> list[str]:
        """Write up to 100 rows, all or none, each over the version that was read; return their
        ETags.

        :raises RowChanged: if another writer changed one since.
        :raises RowExists: if another writer inserted one.
        """
        await self.enter(service, *(row.stream for row in rows if row.entered != row.stream))
        return await self._table.transact([_step(service, row) for row in rows])

    async def enter(self, service: str, *streams: str) -> None:
        """Write into the index that a service name has rows of streams; done before the rows are
        written."""
        if any(streams):
            await self.index.enter(service, streams)

    async def enter_all(self, service: str) -> None:
        """Enter all rows of a service name into the index: a version without an index may have
        written them."""
        async for page in self.issued(service):
            await self.enter(service, *(one.stream for one in page))
        await self.index.mark(service)

    async def pages(
        self, service: str, after: str = "", *, prefix: str = ""
    ) -> AsyncIterator[list[LedgerRow]]:
        """The rows of a service name's agreements in the order of their keys, a page at a time.

        :param after: the agreement after which the first page begins.
        :param prefix: what the keys of the wanted ones begin with; others may come too.
        """
        behind, begin = encoded(artifact_key(after)), named_from("", prefix)
        pages = self._table.pages(
            _partition(service), after=behind, begin=begin, before=f"{begin}{LAST}"
        )
        async for page in pages:
            yield [_read(row) for row in page]

    async def issued(self, service: str) -> AsyncIterator[list["Issued"]]:
        """All rows of a service name, including former ones, a page at a time."""
        async for page in self._table.pages(_partition(service)):
            yield [_issued(service, row) for row in page]

    async def drop_all(self, service: str) -> None:
        """Delete all rows of a name. Only for a verify's scratch service, which issued nothing."""
        async for page in self.issued(service):
            await self.index.drop(service, (one.stream for one in page))
        await self._table.drop_partition(_partition(service))


BATCH_ROWS = TRANSACTION_ROWS
"""The most rows that ``write_all`` takes."""


def _partition(service: str) -> str:
    return encoded(service_key(service))


@dataclass(frozen=True, slots=True)
class Issued:
    """A row of the ledger in a compact form, for callers that keep very many; it is parsed on
    demand."""

    service: str
    agreement: str
    stream: str
    is_former: bool
    _stored: Row

    @property
    def row(self) -> LedgerRow:
        """Parse the row."""
        return _read(self._stored)


def _issued(service: str, row: Row) -> Issued:
    stream = str(row.values.get("stream") or "")
    is_former = row.key.startswith(LAST)
    return Issued(service, str(row.values["agreement"]), stream, is_former, row)


def _former_key(stream: str) -> str:
    """The key of a former row; it sorts after the keys of all agreements."""
    return f"{LAST}{stream}"


def _step(service: str, row: LedgerRow) -> Step:
    values: dict[str, Column] = {
        "agreement": row.agreement,
        "owner": row.owner,
        "counters": _dumped(row.counters),
        "changedAt": row.changed_at,
    }
    counters = {"passed": row.passed, "beyond": row.beyond, "apart": row.apart}
    texts = {"stream": row.stream, "life": row.life, "advances": " ".join(row.advances)}
    values |= {name: _dumped(found) for name, found in counters.items() if found}
    values |= {name: text for name, text in texts.items() if text}
    values |= {"entered": True} if row.stream else {}
    key = _former_key(row.stream) if row.former else encoded(artifact_key(row.agreement))
    stored = Row(_partition(service), key, values)
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
        passed=_loaded(str(row.values.get("passed") or "{}")),
        beyond=_loaded(str(row.values.get("beyond") or "{}")),
        apart=_loaded(str(row.values.get("apart") or "{}")),
        stream=str(row.values.get("stream") or ""),
        life=str(row.values.get("life") or ""),
        advances=tuple(str(row.values.get("advances") or "").split()),
        former=row.key.startswith(LAST),
        entered=str(row.values.get("stream") or "") if row.values.get("entered") else "",
    )
