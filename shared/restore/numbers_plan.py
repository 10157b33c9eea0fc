"""The part of a plan that says how control numbers go on, agreement by agreement."""

from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from shared.backup.reader import records
from shared.backup.side_by_side import side_by_side
from shared.blobs.backup_container import BackupContainer
from shared.model.descriptor import Descriptor
from shared.model.numbers import Bounds, Counter, Counters, Kind
from shared.model.problem import Problem
from shared.model.record import CONTROL_NUMBERS, Record
from shared.model.restore import ControlNumbersBody, NumberExposure, NumbersPlan
from shared.restore.agreements import Agreement, part_of
from shared.restore.service_target import counters_of
from shared.rules.naming import artifact_key, service_key
from shared.rules.numbers import first, later, upcoming
from shared.rules.restored_numbers import issued_again, restored
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.joined import joined
from shared.state.keys import encoded

_TOLD = 1000
"""How many counters an answer tells of one by one."""

_ERRORS = 100
"""How many agreements that cannot be moved on are named."""


@dataclass(frozen=True)
class _Agreement:
    """All that is known of the numbers of one agreement that is restored."""

    record: Record
    backed_up: Agreement | None
    ledgers: Sequence[LedgerRow]

    def bounds(self, kind: Kind) -> Bounds:
        """Within what it counts; the widest where its document is not in the backup."""
        found = self.backed_up.numbering.get(kind) if self.backed_up else None
        return found or Bounds()


@dataclass
class _Told:
    errors: list[Problem] = field(default_factory=list)
    exposures: list[NumberExposure] = field(default_factory=list)
    counts: Tally[str] = field(default_factory=Tally)

    def look_at(self, wanted: ControlNumbersBody, agreement: _Agreement) -> None:
        """Count the counters of an agreement, and tell of those of which there is something."""
        self.counts["agreements"] += 1
        backed_up = counters_of(agreement.record.document)
        known = [counters for row in agreement.ledgers for counters in row.known]
        numbering = agreement.backed_up.numbering if agreement.backed_up else {}
        try:
            counters = restored(wanted.policy, wanted.by, backed_up, known, numbering)
        except Problem as problem:
            if len(self.errors) < _ERRORS:
                problem.message = f"Agreement '{agreement.record.name}': {problem.message}"
                self.errors.append(problem)
            return
        if not agreement.ledgers:
            self.counts["unissued"] += len(numbering.keys() - counters.keys())
        # Of a kind that issued nothing by the backup, asBackedUp restores no counter.
        for kind in sorted({*counters, *(kind for ledger in known for kind in ledger)}):
            ledger = later(*(ledger.get(kind) for ledger in known))
            self._add(agreement, kind, backed_up.get(kind), ledger, counters)

    def _add(
        self,
        agreement: _Agreement,
        kind: Kind,
        backed_up: Counter | None,
        ledger: Counter | None,
        counters: Counters,
    ) -> None:
        bounds = agreement.bounds(kind)
        counter = counters.get(kind) or first(bounds)
        following = upcoming(counter, bounds)
        again = issued_again(counter, [ledger], bounds)
        ahead = ledger is not None and later(ledger, backed_up) != backed_up
        self.counts["counters"] += 1
        self.counts["ahead"] += ahead
        self.counts["unknown"] += ledger is None
        self.counts["exhausted"] += following is None
        self.counts["issued_again"] += again or 0
        if not (ahead or ledger is None or following is None or again):
            return
        if len(self.exposures) == _TOLD:
            self.counts["more"] += 1
            return
        exposure = NumberExposure(
            agreement=agreement.record.name,
            kind=kind,
            backed_up=_next(backed_up or first(bounds), bounds),
            known=_next(ledger, bounds) if ledger else None,
            next=following.next if following else None,
            issued_again=again,
        )
        self.exposures.append(exposure)


def _next(counter: Counter, bounds: Bounds) -> int:
    """The next number; where the bounds hold none, where it stands beyond them."""
    following = upcoming(counter, bounds)
    return following.next if following else counter.next


@dataclass(frozen=True)
class Numbers:
    """How the counters of a backup go on."""

    plan: NumbersPlan
    problems: Sequence[Problem]
    """What forbids it."""
    agreements: int
    """Agreements whose counters are restored."""


async def numbers_plan(
    container: BackupContainer,
    descriptor: Descriptor,
    name: str,
    wanted: ControlNumbersBody,
    ledger: Ledger,
    agreements: AsyncIterator[list[Agreement]],
    takes: Callable[[str], bool],
) -> Numbers:
    """How the counters of a backup go on under a service name, and what forbids it.

    Reads the backup's counters and agreements to the end, checked on the way, and the ledgers of
    both names.

    :param agreements: those of the backup.
    :param takes: whether an agreement is restored.
    :raises Problem: BlobMissing, BlobCorrupt.
    """
    backed_up_name = descriptor.service.name
    told = _Told()
    renamed = service_key(backed_up_name) != service_key(name)
    numbered = _of_records(
        side_by_side(
            records(container, part_of(container, descriptor, CONTROL_NUMBERS)),
            agreements,
            _record_key,
            lambda found: _key(found.name),
        )
    )
    others = joined(
        numbered,
        ledger.pages(backed_up_name) if renamed else _nothing(),
        lambda pair: _record_key(pair[0]),
        _row_key,
    )
    own = joined(others, ledger.pages(name), lambda pair: _record_key(pair[0][0]), _row_key)
    async for page in own:
        for ((record, agreement), other), mine in page:
            if takes(record.name):
                told.look_at(wanted, _Agreement(record, agreement, _rows(mine, other)))
    taken = told.counts.pop("agreements", 0)
    found = {
        "policy": wanted.policy,
        "by": wanted.by,
        "since": descriptor.consistency.runtime_read_from,
        "exposures": told.exposures,
        **told.counts,
    }
    return Numbers(NumbersPlan.model_validate(found), told.errors, taken)


def _rows(*found: LedgerRow | None) -> list[LedgerRow]:
    return [row for row in found if row is not None]


async def _of_records(
    pages: AsyncIterator[list[tuple[Record | None, Agreement | None]]],
) -> AsyncIterator[list[tuple[Record, Agreement | None]]]:
    """Agreements without counters are passed over; both sides are read to their ends."""
    async for page in pages:
        yield [(record, agreement) for record, agreement in page if record is not None]


async def _nothing() -> AsyncIterator[list[LedgerRow]]:
    rows: list[list[LedgerRow]] = []
    for page in rows:
        yield page


def _key(name: str) -> str:
    return encoded(artifact_key(name))


def _record_key(record: Record) -> str:
    return _key(record.name)


def _row_key(row: LedgerRow) -> str:
    return _key(row.agreement)
