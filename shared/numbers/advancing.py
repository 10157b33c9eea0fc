"""One advance in progress: each counter is moved exactly once, whatever else writes its row.

The write that moves a row's counters also stores the operation's id in the row. Before it, a worker
reads the row, and then checks that the operation's record is open. So a repeat, by a second host,
after a crash or by recovery, finds the id or fails at the row's version; and once the record is
closed, a worker that was suspended cannot move anything.
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
"""Rows that are claimed, or written one by one, concurrently."""

_MANY = 16
"""From this many unowned rows in a page on, reading the whole ledger of the name is cheaper."""

Found = TypeVar("Found")
Pair = tuple["WantedAdvance", LedgerRow | None]


@dataclass(frozen=True)
class WantedAdvance:
    """An agreement whose counters are to be moved forward."""

    numbers: AgreementNumbers
    kinds: Sequence[Kind]
    by: int
    at: str = ""
    """JSON pointer to its entry in the request; empty if the request has one value for all."""

    def moves(self, row: LedgerRow) -> tuple[list[Move], list[Short]]:
        """How its counters are moved from their values in a row, and which of them cannot be."""
        numbering = self.numbers.numbering
        kinds = [kind for kind in self.kinds if kind in numbering]
        return moves(row.counters, row.passed, row.beyond, numbering, kinds, self.by)

    def too_few(self, short: Short) -> Problem:
        """The problem for one kind that cannot be moved."""
        upper = self.numbers.numbering[short.kind].upper
        return Problem(
            Code.CONTROL_NUMBERS_EXHAUSTED,
            f"Agreement '{self.numbers.name}': {short.left} {short.kind} numbers are left up to "
            f"{upper}, and they do not roll over: they cannot be moved on by {self.by}. Raise the "
            "upper bound, or choose a smaller number.",
            target=f"{self.at}/by",
        )


def no_agreement(service: str, name: str, at: str) -> Problem:
    """The problem that there is no such agreement."""
    return agreement_not_found(service, name, f"{at}/name")


@dataclass
class Advancing:
    """Moves the counters of rows, for one operation.

    :param before_write: raises if the operation's record is closed.
    """

    service: Service
    operation_id: str
    claims: Claims
    configuration: Configuration
    records: Operations
    before_write: BeforeWrite
    errors: list[Problem] = field(default_factory=list)
    """Problems of what could not be moved."""
    _agreements: int = 0
    _counters: int = 0
    _ended: dict[str, bool] = field(default_factory=dict)

    def result(self) -> JsonObject:
        """How much this worker has moved."""
        return {"agreements": self._agreements, "counters": self._counters}

    async def move(self, page: Sequence[Pair]) -> None:
        """Move the counters of agreements, up to a hundred in one write.

        :param page: the agreements with their rows, read before this call.
        :raises Problem: ServiceNotFound; what ``before_write`` raises.
        """
        page = await self._claimed_alone(page)
        for start in range(0, len(page), BATCH_ROWS):
            await self._move(page[start : start + BATCH_ROWS])

    async def _claimed_alone(self, page: Sequence[Pair]) -> Sequence[Pair]:
        """The page, with those rows changed that a claim could write without any other row; they
        are written together.

        Those are rows whose stream has no other row, under a name without kin. Ledger and lineage
        are read after the page, as a claim reads them after its own row: a later claim of such a
        stream writes the row that was read here, so that one of the two writes fails.
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
        others = [(wanted, row) for wanted, row in batch if wanted.numbers.name not in mine]
        if others:
            await self.before_write()
            claims = [self._claimed(wanted.numbers, row) for wanted, row in others]
            claimed = await _side_by_side(claims)
            ready += zip((wanted for wanted, _ in others), claimed, strict=True)
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
        """Move an agreement whose row others write at the same time: numbers are issued, or it is
        deleted."""
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
                row = await self._claimed(numbers, row)
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

    async def _claimed(self, numbers: AgreementNumbers, row: LedgerRow | None) -> LedgerRow:
        try:
            return await self.claims.claim(self.service, numbers, row)
        except Problem as problem:
            if problem.code is not Code.SERVICE_NOT_FOUND:
                raise
            message = f"Service '{self.service.name}' was deleted meanwhile."
            raise replace(problem, message=message) from problem

    async def _changed(self, wanted: WantedAdvance, row: LedgerRow) -> LedgerRow | None:
        """The row with its counters moved; None if they were already, or cannot be."""
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
        """Those of the operations whose records are open: they may write this row again."""
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
