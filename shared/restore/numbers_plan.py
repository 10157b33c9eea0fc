"""The part of a plan that says how control numbers go on, agreement by agreement."""

from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from shared.backup.reader import records
from shared.blobs.backup_container import BackupContainer, missing
from shared.model.artifact import Section
from shared.model.descriptor import Descriptor, SectionPart
from shared.model.numbers import Counter, Counters, Kind, Numbering
from shared.model.problem import Problem
from shared.model.record import CONTROL_NUMBERS, Record
from shared.model.restore import ControlNumbersBody, NumberExposure, NumbersPlan, NumbersPolicy
from shared.restore.service_target import counters_of
from shared.rules.naming import artifact_key, service_key
from shared.rules.numbers import later, numbering
from shared.rules.restored_numbers import issued_again, restored
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.joined import joined
from shared.state.keys import encoded

_TOLD = 1000
"""How many counters an answer tells of one by one."""

_ERRORS = 100
"""How many agreements that cannot be moved on are named."""


@dataclass
class _Told:
    errors: list[Problem] = field(default_factory=list)
    exposures: list[NumberExposure] = field(default_factory=list)
    counts: Tally[str] = field(default_factory=Tally)

    def add(
        self,
        agreement: str,
        kind: Kind,
        backed_up: Counter | None,
        ledger: Counter | None,
        following: Counter,
    ) -> None:
        """Count one counter, and tell of it where there is something to be known."""
        again = issued_again(following, [ledger])
        ahead = ledger is not None and later(ledger, backed_up) != backed_up
        self.counts["counters"] += 1
        self.counts["ahead"] += ahead
        self.counts["unknown"] += ledger is None
        self.counts["issued_again"] += again or 0
        if not (ahead or ledger is None or again):
            return
        if len(self.exposures) == _TOLD:
            self.counts["more"] += 1
            return
        exposure = NumberExposure(
            agreement=agreement,
            kind=kind,
            backed_up=(backed_up or following).next,
            known=ledger.next if ledger else None,
            next=following.next,
            issued_again=again,
        )
        self.exposures.append(exposure)


async def numbers_plan(
    container: BackupContainer,
    descriptor: Descriptor,
    name: str,
    wanted: ControlNumbersBody,
    ledger: Ledger,
    takes: Callable[[str], bool],
) -> tuple[NumbersPlan, list[Problem]]:
    """How the counters of a backup go on under a service name, and what forbids it.

    Reads the backup's counters to the end, checked on the way, and the ledgers of both names.

    :param takes: whether an agreement is restored.
    :raises Problem: BlobMissing, BlobCorrupt.
    """
    backed_up_name = descriptor.service.name
    told = _Told()
    renamed = service_key(backed_up_name) != service_key(name)
    agreements = _agreements(container, descriptor, wanted.policy)
    numbered = joined(
        records(container, _part(container, descriptor, CONTROL_NUMBERS)),
        agreements,
        _record_key,
        lambda found: _key(found[0]),
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
            if not takes(record.name):
                continue
            known = [c for row in (mine, other) if row is not None for c in row.known]
            bounds = agreement[1] if agreement else {}
            _look_at(told, wanted, record, known, bounds)
    found = {
        "policy": wanted.policy,
        "by": wanted.by,
        "since": descriptor.backup.completed_at,
        "exposures": told.exposures,
        **told.counts,
    }
    return NumbersPlan.model_validate(found), told.errors


def _look_at(
    told: _Told,
    wanted: ControlNumbersBody,
    record: Record,
    known: Sequence[Counters],
    bounds: Numbering,
) -> None:
    backed_up = counters_of(record.document)
    try:
        counters = restored(wanted.policy, wanted.by, backed_up, known, bounds)
    except Problem as problem:
        if len(told.errors) < _ERRORS:
            problem.message = f"Agreement '{record.name}': {problem.message}"
            told.errors.append(problem)
        return
    for kind, counter in counters.items():
        ledger = later(*(ledger.get(kind) for ledger in known))
        told.add(record.name, kind, backed_up.get(kind), ledger, counter)


def _part(container: BackupContainer, descriptor: Descriptor, name: str) -> SectionPart:
    part = descriptor.section(name)
    if part is None:
        raise missing(container.name, f"section {name}")
    return part


async def _agreements(
    container: BackupContainer, descriptor: Descriptor, policy: NumbersPolicy
) -> AsyncIterator[list[tuple[str, Numbering]]]:
    """The bounds of each agreement, read where a policy asks for them."""
    if policy is NumbersPolicy.ADVANCE:
        part = _part(container, descriptor, Section.AGREEMENTS)
        async for page in records(container, part):
            yield [(record.name, numbering(record.document)) for record in page]


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
