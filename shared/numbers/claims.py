"""Which service may issue an agreement's numbers: the owner in its ledger row.

A row is claimed before numbers are issued from it, and its numbers continue after all that is known
of its stream. Only one row of a stream has an owner. Everything that ends the right to issue writes
the row, so that an allocation that read it before fails at its conditional write: the release of a
deleted agreement, the suspension of a service, and the claim by another agreement or service.

A claim writes the rows of the others first and its own one last, on the condition of the version
that it began with. So of two concurrent claims, one finds that the other has written its row, and
begins again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.clock import Clock
from shared.model.numbers import AgreementNumbers, Counters
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.numbers.streams import (
    Family,
    Known,
    carried_over,
    counts_alone,
    entered_family,
    expected_elsewhere,
    family_of,
    issued_elsewhere,
    set_back_kinds,
)
from shared.rules.naming import artifact_key
from shared.rules.numbers import joined_all
from shared.rules.problems import service_deleted
from shared.rules.within_bounds import brought_together, left_apart
from shared.state.control_numbers import BATCH_ROWS, Ledger, LedgerRow
from shared.state.row_keys import encoded
from shared.state.services import Directory
from shared.storage.tables import RowChanged, RowExists
from shared.storage.versioned import optimistic
from shared.streams.in_order import two_in_order
from shared.streams.merged import joined

_OTHERS_WITH_ITS_OWN = BATCH_ROWS - 2
"""Rows of its own name that a claim disowns in the transaction that writes its row and a former
row. If there are more, because agreements between the same two parties were recreated more often,
they are disowned before that."""

_TOGETHER = 2
"""From this many agreements on, claiming them together is cheaper."""

_ROWS_AT_ONCE = 16
"""Rows that are disowned concurrently."""


@dataclass(frozen=True)
class Claims:
    """Makes services the owners of rows."""

    ledger: Ledger
    directory: Directory
    clock: Clock

    async def claim(
        self, service: Service, numbers: AgreementNumbers, row: LedgerRow | None
    ) -> LedgerRow:
        """Make the service the owner of an agreement's row; how its counters continue is decided by
        ``taken``.

        The directory is read after the row: a request to an earlier service of the same name, which
        was in progress when that service was deleted, takes nothing from the later one. Lineage and
        index are also read after it, at each try: a copy that was restored since writes the row
        before it issues.

        :param row: the row as it was read just before; None if there was none.
        :raises Problem: ServiceNotFound if the service was deleted.
        """
        while True:
            if row is not None and is_claimed(row, service.id, numbers.stream):
                return row
            living = await self._living(service)
            try:
                if row is None:
                    row = await self.ledger.write(service.name, self._new(numbers))
                elif row.entered != numbers.stream:
                    # Before the index is read: of two concurrent claims, one finds the other's
                    # entry.
                    await self.ledger.enter(service.name, numbers.stream)
                family = await entered_family(self.ledger, living)
                return await self._written(living, numbers, row, family)
            except (RowChanged, RowExists):
                row = await self.ledger.get(service.name, numbers.name)

    async def claim_all(self, service: Service, wanted: Sequence[AgreementNumbers]) -> None:
        """Claim the rows of agreements that were written together, unless other writers interfere.

        As ``claim``, but the lineage is read only once, after all of their rows.

        :raises Problem: ServiceNotFound if the service was deleted.
        """
        if len(wanted) < _TOGETHER:
            return
        found = [(numbers, await self.ledger.get(service.name, numbers.name)) for numbers in wanted]
        living = await self._living(service)
        rows = [(numbers, row) for numbers, row in found if row is not None]
        new = [numbers for numbers, row in found if row is None]
        for start in range(0, len(new), BATCH_ROWS):
            some = [(numbers, self._new(numbers)) for numbers in new[start : start + BATCH_ROWS]]
            with suppress(RowExists):
                etags = await self.ledger.write_all(service.name, [row for _, row in some])
                rows += [
                    (numbers, replace(row, etag=etag, entered=row.stream))
                    for (numbers, row), etag in zip(some, etags, strict=True)
                ]
        streams = [numbers.stream for numbers, row in rows if row.entered != numbers.stream]
        await self.ledger.enter(service.name, *streams)
        family = await entered_family(self.ledger, living)
        for numbers, row in rows:
            if not is_claimed(row, service.id, numbers.stream):
                with suppress(RowChanged, RowExists):
                    await self._written(living, numbers, row, family)

    async def _living(self, service: Service) -> Service:
        listed = await self.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            raise service_deleted(service.name)
        return listed.service

    def _new(self, numbers: AgreementNumbers) -> LedgerRow:
        """A new row without an owner: it exists so that a claim of its stream elsewhere writes
        it."""
        now = rfc3339(self.clock.now())
        return LedgerRow(numbers.name, "", {}, now, stream=numbers.stream)

    async def _written(
        self,
        service: Service,
        numbers: AgreementNumbers,
        row: LedgerRow,
        family: Family,
    ) -> LedgerRow:
        """Claim a version of the row.

        :param family: read after the row.
        :raises RowChanged: if another writer changed a row of the stream meanwhile.
        :raises RowExists: if another writer inserted one.
        """
        elsewhere, others = await two_in_order(
            issued_elsewhere(self.ledger, service.name, family, *_of(numbers)),
            self._same_stream(service.name, numbers),
        )
        if len(others) > _OTHERS_WITH_ITS_OWN:
            elsewhere += [(service.name, other) for other in others]
            others = []
        known = await self._all_disowned(elsewhere)
        now = rfc3339(self.clock.now())
        mine = taken(row, service.id, numbers, _all([*known, *others]), now)
        writes = [mine, *(other.owned_by("") for other in others if not other.former)]
        if row.stream and row.stream != numbers.stream:
            writes.append(await left_behind(self.ledger, service.name, row))
        etag = (await self.ledger.write_all(service.name, writes))[0]
        return replace(mine, etag=etag, entered=mine.stream)

    async def _all_disowned(self, rows: Sequence[tuple[str, LedgerRow]]) -> list[LedgerRow]:
        """Remove the owners of rows of service names; return the rows without them."""
        known: list[LedgerRow] = []
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            known += await asyncio.gather(*(self._disowned(name, row) for name, row in some))
        return known

    async def _disowned(self, service: str, row: LedgerRow) -> LedgerRow:
        """Remove the owner of a row; return the row without it. Former rows never have one."""
        found: LedgerRow | None = None if row.former else row
        while found is not None:
            try:
                return await self.ledger.write(service, found.owned_by(""))
            except RowChanged:
                found = await self.ledger.get(service, row.agreement)
        return row

    async def expected(
        self,
        service: Service,
        numbers: AgreementNumbers,
        row: LedgerRow | None,
        family: Family | None = None,
    ) -> LedgerRow | None:
        """The row of an agreement as a claim would find it, or as an account counts; nothing is
        written.

        :param row: the row as it is; it is the result if the service owns it.
        :param family: that of the service, if it was read already.
        :return: None if there is no row and nothing is known.
        """
        if row is not None and is_claimed(row, service.id, numbers.stream):
            return row.within(numbers.numbering)
        known = [] if counts_alone(service) else await self._known_of(service, numbers, family)
        found = taken(row, service.id, numbers, _all(known), "")
        return found if row is not None or found.counters else None

    async def _known_of(
        self, service: Service, numbers: AgreementNumbers, family: Family | None
    ) -> list[LedgerRow]:
        """The other rows of an agreement's stream, under any name."""
        family = family or await family_of(self.ledger, service)
        here, elsewhere = await two_in_order(
            self._same_stream(service.name, numbers),
            expected_elsewhere(self.ledger, family, *_of(numbers)),
        )
        return [*here, *elsewhere]

    async def _same_stream(self, service: str, numbers: AgreementNumbers) -> list[LedgerRow]:
        """The other rows of a service name that belong to an agreement's stream."""
        if not numbers.stream:
            return []
        return [
            row
            for row in await self.ledger.of_stream(service, numbers.stream)
            if row.former or artifact_key(row.agreement) != artifact_key(numbers.name)
        ]


class Expected:
    """The rows of a service as claims would find them, for reading many; nothing is written.

    What other names know is read once, when the first row comes that the service does not own.
    """

    def __init__(self, ledger: Ledger, service: Service) -> None:
        self._ledger = ledger
        self._service = service
        self._known: Known | None = None

    async def row(self, numbers: AgreementNumbers, row: LedgerRow | None) -> LedgerRow | None:
        """The row of an agreement; None if there is none and nothing is known.

        :param row: the row as it is; it is the result if the service owns it.
        """
        service = self._service
        if row is not None and is_claimed(row, service.id, numbers.stream):
            return row.within(numbers.numbering)
        if self._known is None:
            self._known = await Known.of_service(self._ledger, service)
        others = [one.row for one in self._known.of(numbers.name, numbers.stream)]
        found = taken(row, service.id, numbers, _all(others), "")
        return found if row is not None or found.counters else None


def is_claimed(row: LedgerRow, service_id: str, stream: str) -> bool:
    """Whether a service may issue numbers of a stream from a row."""
    return row.owner == service_id and row.stream == stream


def taken(
    row: LedgerRow | None,
    service_id: str,
    numbers: AgreementNumbers,
    known: Sequence[Counters],
    now: str,
) -> LedgerRow:
    """The row as it is after a service has claimed it.

    It continues after all that is known of its stream, and of its name: an agreement whose parties
    change keeps counting. If a restore set the row back (``asBackedUp``), the service that the
    restore created continues as the request asked, as long as the parties are those of the backup;
    another service, or an agreement with other parties, continues after all that was issued.

    :param known: what other rows say.
    :param now: RFC 3339.
    """
    if row is None:
        row = LedgerRow(numbers.name, service_id, {}, now)
    if row.stream != numbers.stream:
        elsewhere = brought_together([], known, numbers.numbering)
        issued, asked = carried_over(elsewhere, joined_all(row.known)), []
    else:
        issued = brought_together(row.known, known, numbers.numbering)
        asked = set_back_kinds(row) if row.life == service_id else []
    counters = {kind: counter for kind, counter in issued.items() if kind not in asked}
    counters |= {kind: row.counters[kind] for kind in asked if kind in row.counters}
    return replace(
        row,
        owner=service_id,
        stream=numbers.stream,
        counters=counters,
        passed={kind: row.passed[kind] for kind in asked},
        beyond={kind: issued[kind] for kind in asked},
        apart=left_apart(known, numbers.numbering),
    )


async def left_behind(ledger: Ledger, service: str, row: LedgerRow) -> LedgerRow:
    """The former row that is kept for a row's stream when the parties of its agreement change."""
    before = await ledger.former(service, row.stream)
    counters = joined_all([*row.known, *(before.known if before else [])])
    return LedgerRow(
        row.agreement,
        "",
        counters,
        row.changed_at,
        before.etag if before else "",
        stream=row.stream,
        former=True,
    )


def _of(numbers: AgreementNumbers) -> tuple[str, str]:
    return numbers.name, numbers.stream


def _all(rows: Sequence[LedgerRow]) -> list[Counters]:
    return [counters for row in rows for counters in row.known]


async def release(ledger: Ledger, *, service: str, agreement: str, stream: str = "") -> None:
    """End any service's right to issue an agreement's numbers.

    :param stream: that of its document; stored in the row if an older version wrote it without
        one.
    """

    def released(row: LedgerRow) -> LedgerRow:
        return replace(row, owner="", stream=row.stream or stream)

    await _rewrite(ledger, service, agreement, released)


async def tell_stream(ledger: Ledger, *, service: str, agreement: str, stream: str) -> None:
    """Store the stream in a row that was written by an older version without one.

    The row has no owner then, so that it has to be claimed: a claim considers the other rows of the
    stream, which that version did not.
    """
    row = await ledger.get(service, agreement)
    if row is not None and not row.stream:
        await release(ledger, service=service, agreement=agreement, stream=stream)


async def release_all(
    ledger: Ledger, *, service: str, numbers: AsyncIterator[list[AgreementNumbers]]
) -> None:
    """End any service's right to issue numbers of a service name.

    :param numbers: those of its agreements, for the streams of rows that were written by an older
        version without one.
    """
    pairs = joined(
        ledger.pages(service),
        numbers,
        lambda row: encoded(artifact_key(row.agreement)),
        lambda one: encoded(artifact_key(one.name)),
    )
    async for page in pairs:
        streams = {row.agreement: one.stream for row, one in page if one is not None}

        def released(row: LedgerRow, streams: dict[str, str] = streams) -> LedgerRow:
            return replace(row, owner="", stream=row.stream or streams.get(row.agreement, ""))

        await _rewrite_all(ledger, service, [row for row, _ in page], released)


async def end_issuing(ledger: Ledger, service: Service) -> None:
    """Stop allocations that were allowed while the service was Active.

    An allocation that has read its row, and then that the service was Active, fails since the row
    is changed here. One that has not read its row yet reads afterwards that the service is not
    Active.
    """
    async for page in ledger.pages(service.name):
        mine = [row for row in page if row.owner == service.id]
        await _rewrite_all(ledger, service.name, mine, lambda row: row)


async def _rewrite_all(
    ledger: Ledger,
    service: str,
    rows: Sequence[LedgerRow],
    change: Callable[[LedgerRow], LedgerRow],
) -> None:
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        try:
            await ledger.write_all(service, [change(row) for row in batch])
        except RowChanged:
            for row in batch:
                await _rewrite(ledger, service, row.agreement, change)


@optimistic
async def _rewrite(
    ledger: Ledger, service: str, agreement: str, change: Callable[[LedgerRow], LedgerRow]
) -> None:
    row = await ledger.get(service, agreement)
    if row is not None:
        await ledger.write(service, change(row))
