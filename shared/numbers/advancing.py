"""One advance on its way: each counter is moved on once, whoever else writes its row.

A row is written with the operation's id in the same write that moves its counters on. Whoever
writes has read the row first, and then that the record of the operation is open. So what is asked
again, by a second host, after a crash or by recovery, finds the id or fails at the row's version;
and once the record is closed, a worker that was away moves nothing on.
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from shared.model.numbers import AgreementNumbers, Kind
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.claims import Claims, is_claimed, taken
from shared.numbers.streams import Family, Known, family_of
from shared.operations.immediate import BeforeWrite
from shared.rules.moving_on import Move, Short, moves
from shared.rules.naming import artifact_key
from shared.rules.problems import agreement_not_found
from shared.state.configuration import Configuration
from shared.state.control_numbers import BATCH_ROWS, LedgerRow
from shared.state.operations import Operations
from shared.storage.tables import RowChanged, RowExists
from shared.streams.in_order import in_order

_AT_ONCE = 16
"""Rows that are claimed, or written one by one, side by side."""

_MANY = 16
"""So many rows of one page that nobody owns are worth a look at the whole ledger of the name."""

Found = TypeVar("Found")
Pair = tuple["WantedAdvance", LedgerRow | None]


@dataclass(frozen=True)
class WantedAdvance:
    """An agreement whose counters are to be moved on."""

    numbers: AgreementNumbers
    kinds: Sequence[Kind]
    by: int
    at: str = ""
    """JSON pointer of what the request says of it; empty where it says the same of all."""

    def moves(self, row: LedgerRow) -> tuple[list[Move], list[Short]]:
        """How they are moved on from where their row stands, and which cannot be."""
        numbering = self.numbers.numbering
        kinds = [kind for kind in self.kinds if kind in numbering]
        return moves(row.counters, row.passed, row.beyond, numbering, kinds, self.by)

    def too_few(self, short: Short) -> Problem:
        """The refusal of one kind."""
        upper = self.numbers.numbering[short.kind].upper
        return Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"Agreement '{self.numbers.name}': {short.left} {short.kind} numbers are left up to "
            f"{upper}, and they do not roll over: they cannot be moved on by {self.by}. Raise the "
            "upper bound, or choose a smaller number.",
            target=f"{self.at}/by",
        )


def no_agreement(service: str, name: str, at: str) -> Problem:
    """There is no such agreement."""
    return agreement_not_found(service, name, f"{at}/name")


@dataclass
class Advancing:
    """Moves rows on, in the name of one operation.

    :param before_write: refuses where the operation's record is closed.
    """

    service: Service
    operation_id: str
    claims: Claims
    configuration: Configuration
    records: Operations
    before_write: BeforeWrite
    errors: list[Problem] = field(default_factory=list)
    """What could not be moved on."""
    _agreements: int = 0
    _counters: int = 0
    _ended: dict[str, bool] = field(default_factory=dict)

    def result(self) -> JsonObject:
        """How much was moved on, by this worker."""
        return {"agreements": self._agreements, "counters": self._counters}

    async def move(self, page: Sequence[Pair]) -> None:
        """Move agreements on, a hundred in one write.

        :param page: with the rows as they were read, before this was called.
        :raises Problem: ServiceNotFound; what ``before_write`` raises.
        """
        page = await self._claimed_alone(page)
        for start in range(0, len(page), BATCH_ROWS):
            await self._move(page[start : start + BATCH_ROWS])

    async def _claimed_alone(self, page: Sequence[Pair]) -> Sequence[Pair]:
        """With the rows that a claim would write alone, as it would: they go into one write.

        Those are rows whose streams no other row is of, under a name without kin. Ledger and
        lineage are read behind the page, as a claim reads them behind its own row: whoever claims
        such a stream from then on writes the row that was read.
        """
        owned = sum(row is not None and self._is_mine(wanted, row) for wanted, row in page)
        service, ledger = self.service, self.claims.ledger
        if len(page) - owned < _MANY or (await family_of(ledger, service)).kin:
            return page
        listed = await self.claims.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return page
        known = await Known.of_names(ledger, [service.name], Family([], []))
        now = rfc3339(self.claims.clock.now())

        def claimed(wanted: WantedAdvance, row: LedgerRow | None) -> LedgerRow | None:
            numbers = wanted.numbers
            if row is None or row.stream != numbers.stream or self._is_mine(wanted, row):
                return row
            same = known.of(numbers.name, numbers.stream)
            key = artifact_key(numbers.name)
            if any(one.is_former or artifact_key(one.agreement) != key for one in same):
                return row
            return taken(row, service.id, numbers, [], now)

        return [(wanted, claimed(wanted, row)) for wanted, row in page]

    async def _move(self, batch: Sequence[Pair]) -> None:
        ready = [(wanted, row) for wanted, row in batch if row and self._is_mine(wanted, row)]
        mine = {wanted.numbers.name for wanted, _ in ready}
        others = [wanted for wanted, _ in batch if wanted.numbers.name not in mine]
        if others:
            await self.before_write()
            claimed = await _side_by_side([self._claimed(wanted.numbers) for wanted in others])
            ready += zip(others, claimed, strict=True)
        changed = [(wanted, await self._changed(wanted, row)) for wanted, row in ready]
        writes = [(wanted, row) for wanted, row in changed if row is not None]
        if not writes:
            return
        await self.before_write()
        try:
            await self.claims.ledger.write_all(self.service.name, [row for _, row in writes])
        except (RowChanged, RowExists):
            await _side_by_side([self._move_one(wanted) for wanted, _ in writes])
            return
        for wanted, _ in writes:
            self._count(wanted)

    async def _move_one(self, wanted: WantedAdvance) -> None:
        """An agreement of which somebody writes the row: numbers are issued, or it goes."""
        service, name = self.service, wanted.numbers.name
        while True:
            row = await self.claims.ledger.get(service.name, name)
            numbers = await self.configuration.numbers(service.id, name)
            if numbers is None:
                if wanted.at:
                    self.errors.append(no_agreement(service.name, name, wanted.at))
                return
            wanted = replace(wanted, numbers=numbers)
            if row is None or not self._is_mine(wanted, row):
                await self.before_write()
                row = await self._claimed(numbers)
            changed = await self._changed(wanted, row)
            if changed is None:
                return
            await self.before_write()
            try:
                await self.claims.ledger.write(service.name, changed)
            except RowChanged:
                continue
            self._count(wanted)
            return

    def _is_mine(self, wanted: WantedAdvance, row: LedgerRow) -> bool:
        return is_claimed(row, self.service.id, wanted.numbers.stream)

    async def _claimed(self, numbers: AgreementNumbers) -> LedgerRow:
        try:
            return await self.claims.claim(self.service, numbers)
        except Problem as problem:
            if problem.code is not Code.SERVICE_NOT_FOUND:
                raise
            message = f"Service '{self.service.name}' was deleted meanwhile."
            raise replace(problem, message=message) from problem

    async def _changed(self, wanted: WantedAdvance, row: LedgerRow) -> LedgerRow | None:
        """The row moved on; None where it was already, or cannot be."""
        if self.operation_id in row.advances:
            return None
        row = row.within(wanted.numbers.numbering)
        found, short = wanted.moves(row)
        if short:
            self.errors += [wanted.too_few(one) for one in short]
            return None
        return replace(
            row,
            counters={**row.counters, **{move.kind: move.counter for move in found}},
            changed_at=rfc3339(self.claims.clock.now()),
            advances=(*await self._open(row.advances), self.operation_id),
        )

    async def _open(self, operations: Sequence[str]) -> list[str]:
        """Those of the operations whose records are open: they may come to this row again."""
        for one in operations:
            if one not in self._ended:
                found = await self.records.find(self.service.name, one)
                self._ended[one] = found is None or found[0].operation.status.is_final()
        return [one for one in operations if not self._ended[one]]

    def _count(self, wanted: WantedAdvance) -> None:
        self._agreements += 1
        self._counters += len(wanted.kinds)


async def _side_by_side(steps: Sequence[Coroutine[Any, Any, Found]]) -> list[Found]:
    found: list[Found] = []
    for start in range(0, len(steps), _AT_ONCE):
        found += await in_order(*steps[start : start + _AT_ONCE])
    return found
