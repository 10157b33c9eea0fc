"""The part of a plan that says how control numbers continue, for each agreement."""

from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from shared.backups.archive.opened import OpenBackup
from shared.model.numbers import AgreementNumbers, Bounds, Counter, Counters, Kind
from shared.model.problem import Problem
from shared.model.record import Record
from shared.model.restore import ControlNumbersBody, NumberExposure, NumbersPlan
from shared.model.sections import CONTROL_NUMBERS
from shared.numbers.streams import Known, known_counters
from shared.restores.agreements import Agreement
from shared.rules.coming_again import goes_on
from shared.rules.naming import artifact_key, service_key
from shared.rules.numbers import first, is_behind, join, joined_all, upcoming
from shared.rules.restoring.numbers import BackedUpCounters, issued_again, restored_counters
from shared.rules.within_bounds import counted
from shared.state.row_keys import encoded
from shared.streams.merged import merged

_TOLD = 1000
"""The most counters that an answer lists one by one."""

_ERRORS = 100
"""The most agreements that are named because their numbers cannot be moved forward."""


@dataclass(frozen=True)
class _Source:
    """What one row of a ledger says, and the names under which it was issued."""

    service: str
    agreement: str
    known: Sequence[Counters]
    was_restored: bool
    """Whether a restore wrote it: then it only knows what was in a backup, and what was issued
    since."""


@dataclass(frozen=True)
class _Agreement:
    """All that is known of the numbers of one restored agreement."""

    numbers: AgreementNumbers
    """Without bounds if its document is not in the backup."""
    backed_up: BackedUpCounters
    sources: Sequence[_Source]
    known: Sequence[Counters]
    """What ledgers say of them, from ``known_counters``."""

    @property
    def knows_all(self) -> bool:
        """Whether one of the rows has counted from the beginning: see ``restored``."""
        return any(not source.was_restored for source in self.sources)

    def bounds(self, kind: Kind) -> Bounds:
        """The bounds of a kind; the widest possible if they are unknown."""
        return self.numbers.numbering.get(kind) or Bounds()

    def latest(self, kind: Kind, known: Counter) -> _Source:
        """The row that knows of the last issued number of a kind."""
        bounds = self.bounds(kind)
        of_kind = [(s, joined_all(s.known).get(kind)) for s in self.sources]
        found = [(s, counted(one, bounds) or one) for s, one in of_kind if one is not None]
        reached = (known.cycle, known.last)
        return next((s for s, one in found if (one.cycle, one.last) == reached), found[0][0])


@dataclass
class _Told:
    name: str
    """The name of the restored service."""
    is_own: bool
    """Whether this installation made the backup: then no other one has issued numbers since."""
    errors: list[Problem] = field(default_factory=list)
    exposures: list[NumberExposure] = field(default_factory=list)
    counts: Tally[str] = field(default_factory=Tally)

    def look_at(self, wanted: ControlNumbersBody, agreement: _Agreement) -> None:
        """Count the counters of an agreement, and list those about which there is something to
        report."""
        numbering, known = agreement.numbers.numbering, agreement.known
        try:
            counters, again = restored_counters(
                wanted, agreement.backed_up, known, numbering, knows_all=agreement.knows_all
            )
        except Problem as problem:
            if len(self.errors) < _ERRORS:
                problem.message = f"Agreement '{agreement.numbers.name}': {problem.message}"
                self.errors.append(problem)
            return
        self.counts["agreements"] += bool(counters)
        if not (agreement.sources and self.is_own):
            self.counts["unissued"] += len(numbering.keys() - counters.keys())
        # asBackedUp restores no counter of a kind that had issued nothing when the backup was made.
        for kind in sorted({*counters, *(kind for ledger in known for kind in ledger)}):
            ledger = join(*(ledger.get(kind) for ledger in known))
            self._add(agreement, kind, ledger, counters.get(kind), again.get(kind))

    def _add(
        self,
        agreement: _Agreement,
        kind: Kind,
        ledger: Counter | None,
        restored: Counter | None,
        set_back: Counter | None,
    ) -> None:
        bounds = agreement.bounds(kind)
        backed_up = agreement.backed_up.counters.get(kind)
        passed = agreement.backed_up.passed.get(kind)
        counter = goes_on(restored or first(bounds), bounds, set_back)
        following = upcoming(counter, bounds)
        again = issued_again(counter, [ledger, passed], bounds)
        ahead, unknown = is_behind(backed_up, ledger), ledger is None or not self.is_own
        self.counts["counters"] += 1
        self.counts["ahead"] += ahead
        self.counts["unknown"] += unknown
        self.counts["exhausted"] += following is None
        self.counts["issued_again"] += again or 0
        if not (ahead or unknown or following is None or again):
            return
        if len(self.exposures) == _TOLD:
            self.counts["more"] += 1
            return
        source = agreement.latest(kind, ledger) if ledger is not None else None
        exposure = NumberExposure(
            agreement=agreement.numbers.name,
            kind=kind,
            backed_up=_next(backed_up or first(bounds), bounds),
            known=_next(ledger, bounds) if ledger else None,
            known_by=_unlike(source.service if source else "", self.name, service_key),
            known_as=_unlike(
                source.agreement if source else "", agreement.numbers.name, artifact_key
            ),
            next=following.next if following else None,
            # Another installation may have issued numbers since, which is unknown here: not 0 but
            # None.
            issued_again=again or (None if unknown else again),
        )
        self.exposures.append(exposure)


def _unlike(name: str, usual: str, key: Callable[[str], str]) -> str | None:
    """A name, if it is another one than the usual one."""
    return name if name and key(name) != key(usual) else None


def _next(counter: Counter, bounds: Bounds) -> int:
    """The next number; if the bounds hold none, the counter's own value beyond them."""
    following = upcoming(counter, bounds)
    return following.next if following else counter.next


@dataclass(frozen=True)
class Numbers:
    """How the counters of a backup continue."""

    plan: NumbersPlan
    problems: Sequence[Problem]
    """What forbids the restore."""
    agreements: int
    """The number of agreements whose counters are restored."""


async def numbers_plan(
    backup: OpenBackup,
    name: str,
    wanted: ControlNumbersBody,
    known: Known,
    agreements: AsyncIterator[list[Agreement]],
    takes: Callable[[str], bool],
    *,
    is_own: bool,
) -> Numbers:
    """How the counters of a backup continue under a service name, and what forbids it.

    Reads the backup's counters and agreements to the end, which checks them.

    :param known: what is known under the backup's and the new name, and those that share numbers
        with either.
    :param agreements: those of the backup.
    :param takes: whether an agreement is restored.
    :param is_own: whether this installation made the backup.
    :raises Problem: BlobMissing, BlobCorrupt.
    """
    told = _Told(name, is_own)
    pairs = merged(
        backup.records(CONTROL_NUMBERS),
        agreements,
        _record_key,
        _agreement_key,
    )
    async for page in pairs:
        for record, agreement in page:
            found = _agreement(record, agreement, known, name)
            if takes(found.numbers.name):
                told.look_at(wanted, found)
    taken = told.counts.pop("agreements", 0)
    plan = {
        "policy": wanted.policy,
        "by": wanted.by,
        "since": backup.descriptor.consistency.runtime_read_from,
        "exposures": told.exposures,
        **told.counts,
    }
    return Numbers(NumbersPlan.model_validate(plan), told.errors, taken)


def _agreement(
    record: Record | None, agreement: Agreement | None, known: Known, service: str
) -> _Agreement:
    """An agreement with what the backup and the ledgers say about it.

    :param service: the name of the restored service.
    """
    if agreement is not None:
        numbers = agreement.numbers
    else:
        assert record is not None, "one of the two is there"
        numbers = AgreementNumbers(record.name, {})
    backed_up = BackedUpCounters.read(record.document if record else {})
    rows = known.of(numbers.name, numbers.stream)
    sources = [
        _Source(one.service, row.agreement, row.known, bool(row.life))
        for one, row in ((one, one.row) for one in rows)
    ]
    counters = known_counters(rows, service, numbers, None)
    return _Agreement(numbers, backed_up, sources, counters)


def _key(name: str) -> str:
    return encoded(artifact_key(name))


def _record_key(record: Record) -> str:
    return _key(record.name)


def _agreement_key(agreement: Agreement) -> str:
    return _key(agreement.name)
