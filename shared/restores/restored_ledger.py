"""The counters of a restored service: from its backup, and from all that is known.

What is written here, the lineage of the name and rows of the ledger, remains if the restore fails,
and is never deleted. So it is taken only from a section that was checked completely.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

from shared.clock import Clock
from shared.model.numbers import AgreementNumbers, Counters
from shared.model.record import Record
from shared.model.restore import NumbersPlan, RestorePlan
from shared.model.wire import rfc3339
from shared.numbers.claims import left_behind
from shared.numbers.streams import Known, known_counters
from shared.rules.naming import artifact_key, service_key
from shared.rules.restoring.numbers import BackedUpCounters, restored_counters
from shared.state.configuration import Configuration
from shared.state.control_numbers import BATCH_ROWS, Ledger, LedgerRow
from shared.state.lineage import Descent
from shared.state.row_keys import encoded
from shared.storage.tables import RowChanged, RowExists
from shared.streams.in_order import two_in_order
from shared.streams.merged import merged
from shared.streams.read_ahead import first_of, with_first

_ROWS_OF_ONE = 2
"""The most rows that one agreement needs: its own, and a former one."""


@dataclass(frozen=True)
class RestoredLedger:
    """Writes the ledger of a restored service.

    The rows have no owner: the first allocation claims its row, which then continues after what was
    issued meanwhile.
    """

    ledger: Ledger
    configuration: Configuration
    clock: Clock
    name: str
    service_id: str

    async def write(
        self, plan: RestorePlan, pages: AsyncIterator[list[Record]]
    ) -> AsyncGenerator[int, None]:
        """Write the counters of all agreements; yields how many more records are done.

        An agreement may get counters though the backup has none: numbers that were issued since are
        known under the same name or another one.

        :param pages: the section of the backup, checked completely.
        """
        await self._enter(plan)
        numbers = self.configuration.all_numbers(self.service_id)
        known, first = await two_in_order(Known.under(self.ledger, self.name), first_of(numbers))
        pairs = merged(pages, with_first(first, numbers), _record_key, _numbers_key)
        async for page in pairs:
            wanted = [_Wanted.of(record, numbers) for record, numbers in page]
            for start in range(0, len(wanted), BATCH_ROWS // _ROWS_OF_ONE):
                batch = wanted[start : start + BATCH_ROWS // _ROWS_OF_ONE]
                await self._write(plan.control_numbers, batch, known)
            yield sum(record is not None for record, _ in page)

    async def _enter(self, plan: RestorePlan) -> None:
        """Write lineage and index, before anything can be issued under the new name."""
        if service_key(plan.backed_up_name) == service_key(self.name):
            return
        now = rfc3339(self.clock.now())
        await self.ledger.lineage.enter(Descent(plan.backed_up_name, self.name, plan.backup, now))

    async def _write(self, plan: NumbersPlan, wanted: Sequence["_Wanted"], known: Known) -> None:
        rows: list[LedgerRow] = []
        for one in wanted:
            mine = known.own(self.name, one.numbers.name)
            rows += await self._rows(plan, one, mine, known)
        if not rows:
            return
        left = [row.stream for row in rows if row.former]
        try:
            if len(left) == len(set(left)):
                await self.ledger.write_all(self.name, rows)
                return
        except (RowChanged, RowExists):
            pass
        # A service of another name claims the same streams and writes these rows too; or two of the
        # agreements have the same former stream.
        for one in wanted:
            await self._write_one(plan, one, known)

    async def _write_one(self, plan: NumbersPlan, one: "_Wanted", known: Known) -> None:
        while True:
            mine = await self.ledger.get(self.name, one.numbers.name)
            rows = await self._rows(plan, one, mine, known)
            try:
                if rows:
                    await self.ledger.write_all(self.name, rows)
            except (RowChanged, RowExists):
                continue
            return

    async def _rows(
        self, plan: NumbersPlan, one: "_Wanted", mine: LedgerRow | None, known: Known
    ) -> list[LedgerRow]:
        """The rows to write for an agreement: none if they are written already, or nothing is
        known."""
        if mine is not None and self.service_id in (mine.life, mine.owner):
            return []
        numbers = one.numbers
        rows = known.of(numbers.name, numbers.stream)
        is_of_it = mine is not None and mine.is_of(numbers.name, numbers.stream)
        ledgers = known_counters(rows, self.name, numbers, mine if is_of_it else None)
        found = [row.row for row in rows]
        found += [mine] if mine is not None and is_of_it else []
        knows_all = any(not row.life for row in found)
        counters, passed = restored_counters(
            plan, one.backed_up, ledgers, numbers.numbering, knows_all=knows_all
        )
        if mine is None and not one.changed_at and not counters:
            return []
        row = LedgerRow(
            numbers.name,
            "",
            counters,
            self._changed_at(one, found, counters),
            mine.etag if mine else "",
            passed,
            stream=numbers.stream,
            life=self.service_id,
        )
        if mine is None or not mine.stream or mine.stream == numbers.stream:
            return [row]
        return [row, await left_behind(self.ledger, self.name, mine)]

    def _changed_at(self, one: "_Wanted", known: Sequence[LedgerRow], counters: Counters) -> str:
        """The time when the counters got their present values."""
        latest = next((row for row in known if row.counters == counters), None)
        if counters != one.backed_up.counters and latest is not None:
            return latest.changed_at
        return one.changed_at or rfc3339(self.clock.now())


@dataclass(frozen=True)
class _Wanted:
    """A restored agreement, with its counters from the backup."""

    numbers: AgreementNumbers
    backed_up: BackedUpCounters
    changed_at: str
    """Empty if the backup has no counters of it."""

    @staticmethod
    def of(record: Record | None, numbers: AgreementNumbers | None) -> "_Wanted":
        """Combine a record and a restored agreement with the same name."""
        if record is None:
            assert numbers is not None, "one of the two is there"
            return _Wanted(numbers, BackedUpCounters({}, {}), "")
        backed_up = BackedUpCounters.read(record.document)
        numbers = numbers or AgreementNumbers(record.name, {})
        return _Wanted(numbers, backed_up, record.changed_at)


def _record_key(record: Record) -> str:
    return encoded(artifact_key(record.name))


def _numbers_key(numbers: AgreementNumbers) -> str:
    return encoded(artifact_key(numbers.name))
