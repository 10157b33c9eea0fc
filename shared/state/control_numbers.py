"""Table ControlNumbers: the ledger of what was issued. Its rows are never deleted.

A partition a service *name*, a row an agreement with all of its kinds, so that one conditional
write takes numbers of several kinds, and a name that comes back continues where it stood. A row
says which stream its numbers are of. An agreement that trades with somebody else from now on
leaves a row behind that is of its former stream alone.
"""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace

from shared.model.numbers import Counter, Counters, Kind, Numbering
from shared.rules.naming import artifact_key, service_key
from shared.rules.within_bounds import brought_together
from shared.state.columns import dumps
from shared.state.lineage import Lineage
from shared.state.row_keys import LAST, encoded
from shared.state.stream_index import StreamIndex
from shared.storage.tables import TRANSACTION_ROWS, Column, Insert, Replace, Row, Step, Table

TABLE = "interkeepControlNumbers"


@dataclass(frozen=True)
class LedgerRow:
    """Where one agreement of a service name stands."""

    agreement: str
    owner: str
    """Id of the service that may issue from it; empty where none may before it claims the row."""
    counters: Counters
    changed_at: str
    """RFC 3339; kept by a restore."""
    etag: str = ""
    passed: Counters = field(default_factory=dict)
    """Up to where numbers come again, of the kinds that a restore set back (``asBackedUp``)."""
    beyond: Counters = field(default_factory=dict)
    """What others issued beyond that, of the same kinds: they go on behind it in the end."""
    apart: Counters = field(default_factory=dict)
    """What others issued beyond the bounds under which it was claimed; see ``within``."""
    stream: str = ""
    """Whose numbers they are, see ``AgreementNumbers.stream``; empty where its agreement names no
    identities, or a version wrote the row that did not keep it: its name is its stream."""
    life: str = ""
    """Id of the service that a restore wrote it for, which may be set back as was asked."""
    advances: tuple[str, ...] = ()
    """Ids of the operations that moved it on and may not have ended: none moves it on twice."""
    former: bool = False
    """Whether it is what an agreement left behind that trades with somebody else since."""
    entered: str = ""
    """The stream that its service name was entered for in the index when it was written: it is
    entered again where that is another one, or a version wrote the row that kept no index."""

    @property
    def known(self) -> list[Counters]:
        """All that it knows to be issued: whoever goes on does so behind every one of them."""
        return [self.counters, self.passed, self.beyond]

    def within(self, numbering: Numbering) -> "LedgerRow":
        """The same row under bounds, which may reach what others issued beyond former ones."""
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
        """Whether its numbers are those of an agreement: the same stream, or without one, name.

        What an agreement left behind is of its stream alone.
        """
        if self.former or (self.stream and stream):
            return self.stream == stream
        return artifact_key(self.agreement) == artifact_key(agreement)


class Ledger:
    """What was issued, by service name and agreement."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.lineage = Lineage(table)
        """Which other names have numbers of a service's."""
        self.index = StreamIndex(table)
        """Which names have rows of a stream."""

    async def get(self, service: str, agreement: str) -> LedgerRow | None:
        """The row of an agreement, None where none was ever needed."""
        row = await self._table.get(_partition(service), encoded(artifact_key(agreement)))
        return _read(row) if row else None

    async def former(self, service: str, stream: str) -> LedgerRow | None:
        """What agreements that trade with somebody else since left behind of a stream."""
        row = await self._table.get(_partition(service), _former_key(stream))
        return _read(row) if row else None

    async def of_stream(self, service: str, stream: str, agreement: str = "") -> list[LedgerRow]:
        """The rows of a service name that are of a stream, former ones among them.

        :param agreement: that one's row too, whatever stream it is of.
        """
        named = encoded(artifact_key(agreement)) if agreement else ""
        if not stream:
            row = await self.get(service, agreement)
            return [row] if row else []
        pages = self._table.pages(_partition(service), equal=("stream", stream), also=named)
        return [_read(row) async for page in pages for row in page]

    async def write(self, service: str, row: LedgerRow) -> LedgerRow:
        """Write a row over the version that was read; a new one where it has no ETag.

        :raises RowChanged: where somebody else wrote it since.
        :raises RowExists: where somebody else made it.
        """
        if row.entered != row.stream:
            await self.enter(service, row.stream)
        etag = (await self._table.transact([_step(service, row)]))[0]
        return replace(row, etag=etag, entered=row.stream)

    async def write_all(self, service: str, rows: Sequence[LedgerRow]) -> list[str]:
        """Write up to 100 rows, each over the version that was read, all or none; their ETags.

        :raises RowChanged: where somebody else wrote one since.
        :raises RowExists: where somebody else made one.
        """
        await self.enter(service, *(row.stream for row in rows if row.entered != row.stream))
        return await self._table.transact([_step(service, row) for row in rows])

    async def enter(self, service: str, *streams: str) -> None:
        """Let the index say that a service name has rows of streams, before it has any."""
        if any(streams):
            await self.index.enter(service, streams)

    async def enter_all(self, service: str) -> None:
        """Enter all rows of a service name in the index, as a version without one wrote them."""
        async for page in self.issued(service):
            await self.enter(service, *(one.stream for one in page))
        await self.index.mark(service)

    async def pages(self, service: str, after: str = "") -> AsyncIterator[list[LedgerRow]]:
        """The rows of a service name's agreements in the order of their keys, a page at a time.

        :param after: the agreement that the first page begins behind.
        """
        behind = encoded(artifact_key(after))
        async for page in self._table.pages(_partition(service), after=behind, before=LAST):
            yield [_read(row) for row in page]

    async def issued(self, service: str) -> AsyncIterator[list["Issued"]]:
        """All rows of a service name, former ones among them, a page at a time."""
        async for page in self._table.pages(_partition(service)):
            yield [_issued(service, row) for row in page]

    async def drop_all(self, service: str) -> None:
        """Remove all rows of a name: of a verify's scratch service alone, which issued nothing."""
        async for page in self.issued(service):
            await self.index.drop(service, (one.stream for one in page))
        await self._table.drop_partition(_partition(service))


BATCH_ROWS = TRANSACTION_ROWS
"""How many rows ``write_all`` takes."""


def _partition(service: str) -> str:
    return encoded(service_key(service))


@dataclass(frozen=True, slots=True)
class Issued:
    """A row of the ledger for whoever holds very many: it is read when it is asked for."""

    service: str
    agreement: str
    stream: str
    is_former: bool
    _stored: Row

    @property
    def row(self) -> LedgerRow:
        """The row itself."""
        return _read(self._stored)


def _issued(service: str, row: Row) -> Issued:
    stream = str(row.values.get("stream") or "")
    is_former = row.key.startswith(LAST)
    return Issued(service, str(row.values["agreement"]), stream, is_former, row)


def _former_key(stream: str) -> str:
    """Behind the keys of all agreements."""
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
