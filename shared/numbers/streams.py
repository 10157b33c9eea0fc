"""What is known of a stream of numbers, under whatever names of services and agreements.

A stream is of who gets the numbers: standard, sender and receiver. Names that restores connect
share their streams, whichever of them lives: one was restored from the other, or both under a third
name. Where an agreement names no identities, its name is its stream, and names that were restored
one from the other share it. Services that were made independently of each other share nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from shared.model.numbers import AgreementNumbers, Counter, Counters, Kind
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.rules.naming import artifact_key, service_key
from shared.rules.numbers import is_behind, joined_all
from shared.rules.restoring.numbers import BackedUpCounters
from shared.rules.within_bounds import brought_together
from shared.state.configuration import Configuration
from shared.state.control_numbers import Issued, Ledger, LedgerRow
from shared.state.lineage import Descent, Relations
from shared.state.row_keys import encoded
from shared.streams.merged import joined

_NAMES_AT_ONCE = 16
"""A name that is rehearsed each month has many others."""


@dataclass(frozen=True)
class Family:
    """The other service names that may have numbers of one name's streams."""

    kin: Sequence[str]
    """Those that were restored one from the other: they share the streams of names too."""
    sharing: Sequence[str]
    """Others, which are known to have rows of the same streams."""
    related: Sequence[str] = ()
    """Those that are no kin, and that restores connect with it all the same, over others."""
    written: frozenset[str] = frozenset()
    """Keys of those that the lineage has as sharing streams with this very name."""


class Known:
    """The rows of several service names' ledgers, to be found by stream and by agreement."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], Issued] = {}
        self._of_stream: defaultdict[str, list[Issued]] = defaultdict(list)
        self._of_name: defaultdict[str, list[Issued]] = defaultdict(list)

    @staticmethod
    async def of_names(ledger: Ledger, names: Iterable[str], family: Family) -> "Known":
        """Read the ledgers of service names, and of their family."""
        known = Known()
        for name in (*names, *family.kin, *family.sharing):
            is_kin = name not in family.sharing
            async for page in ledger.issued(name):
                for one in page:
                    known.add(one, is_kin=is_kin)
        return known

    def add(self, one: Issued, *, is_kin: bool = True) -> None:
        """Add a row.

        :param is_kin: whether what its agreement is called says anything.
        """
        if one.stream:
            self._of_stream[one.stream].append(one)
        if is_kin and not one.is_former:
            key = artifact_key(one.agreement)
            self._of_name[key].append(one)
            self._own[service_key(one.service), key] = one

    def own(self, service: str, agreement: str) -> LedgerRow | None:
        """The row of an agreement under a service name."""
        found = self._own.get((service_key(service), artifact_key(agreement)))
        return found.row if found else None

    def of(self, agreement: str, stream: str) -> list[Issued]:
        """What is known of an agreement's stream; of its name, where one of both has no stream."""
        named = self._of_name.get(artifact_key(agreement), [])
        if not stream:
            return named
        return [*self._of_stream.get(stream, []), *(one for one in named if not one.stream)]


async def with_rows(
    configuration: Configuration, ledger: Ledger, service: Service, after: str = ""
) -> AsyncIterator[list[tuple[AgreementNumbers, LedgerRow | None]]]:
    """The agreements of a service that number anything, each with its row, a page at a time.

    Both tables have the same order, so neither is read beyond the other's page.

    :param after: the agreement that the first page begins behind.
    """
    pairs = joined(
        configuration.all_numbers(service.id, after),
        ledger.pages(service.name, after),
        lambda numbers: encoded(artifact_key(numbers.name)),
        lambda row: encoded(artifact_key(row.agreement)),
    )
    async for page in pairs:
        yield [(numbers, row) for numbers, row in page if numbers.numbering]


async def issued_elsewhere(
    ledger: Ledger, service: str, family: Family, agreement: str, stream: str
) -> list[tuple[str, LedgerRow]]:
    """The rows of other names that are of an agreement's stream, each with its name.

    Those of kin, and of others that restores connect with it: where they have any, both are written
    down as sharing numbers, for whoever reads whole ledgers, before this answers.
    """
    if stream and family.related and service_key(service) not in await ledger.index.marked():
        await ledger.enter_all(service)
    others = await _others(ledger, family, stream)
    found = await _rows_elsewhere(ledger, family.kin, others, agreement, stream)
    for other in sorted({name for name, _ in found} & set(others)):
        if service_key(other) not in family.written:
            await ledger.lineage.enter_sharing(service, other)
    return found


async def expected_elsewhere(
    ledger: Ledger, family: Family, agreement: str, stream: str
) -> list[LedgerRow]:
    """The same rows, for who writes nothing."""
    others = await _others(ledger, family, stream)
    rows = await _rows_elsewhere(ledger, family.kin, others, agreement, stream)
    return [row for _, row in rows]


async def _others(ledger: Ledger, family: Family, stream: str) -> list[str]:
    """Related names that are no kin, and that have rows of a stream, or may have some."""
    if not (stream and family.related):
        return []
    # Whole ones first: who is marked since has rows that the index has by now.
    whole = await ledger.index.marked()
    entered = {service_key(name) for name in await ledger.index.names(stream)}
    keys = [(name, service_key(name)) for name in family.related]
    return [name for name, key in keys if key in entered or key not in whole]


async def _rows_elsewhere(
    ledger: Ledger, kin: Sequence[str], others: Sequence[str], agreement: str, stream: str
) -> list[tuple[str, LedgerRow]]:
    """The rows of kin that are of an agreement's stream, and of others that are of it by identity.

    :return: each with its service name.
    """
    wanted = [(name, agreement) for name in kin] + [(name, "") for name in others]
    found: list[tuple[str, LedgerRow]] = []
    for start in range(0, len(wanted), _NAMES_AT_ONCE):
        some = wanted[start : start + _NAMES_AT_ONCE]
        rows = await asyncio.gather(
            *(_issued_under(ledger, name, agreement, stream) for name, agreement in some)
        )
        found += [(name, row) for (name, _), each in zip(some, rows, strict=True) for row in each]
    return found


async def _issued_under(ledger: Ledger, name: str, agreement: str, stream: str) -> list[LedgerRow]:
    """:param agreement: empty where it says nothing what agreements are called under a name."""
    found = await ledger.of_stream(name, stream, agreement)
    return [row for row in found if row.is_of(agreement, stream)]


async def family_of(ledger: Ledger, service: Service) -> Family:
    """The other names that may have numbers of a service's.

    Also the name that it was restored from by a version that kept no lineage.
    """
    return _family(await ledger.lineage.read(), service)


def _family(relations: Relations, service: Service) -> Family:
    origin = _origin(service)
    names = (service.name, origin) if origin else (service.name,)
    kin, sharing = relations.kin(*names), relations.sharing(*names)
    written = frozenset(service_key(one) for one in sharing if relations.shares(service.name, one))
    related = [one for one in relations.related(*names) if one not in kin]
    return Family([*kin, origin] if origin else kin, sharing, related, written)


def _origin(service: Service) -> str:
    """The other name that a service was restored from; empty where there is none."""
    origin = service.restored_from.service if service.restored_from else service.name
    return "" if service_key(origin) == service_key(service.name) else origin


async def entered_family(ledger: Ledger, service: Service) -> Family:
    """What ``family_of`` gives, to whom the service is known as theirs from now on.

    A version that kept no lineage may have restored it.
    """
    relations = await ledger.lineage.read()
    origin, restored_from = _origin(service), service.restored_from
    known = {service_key(name) for name in relations.kin(service.name)}
    if restored_from is not None and origin and service_key(origin) not in known:
        at = rfc3339(service.created_at)
        await ledger.lineage.enter(Descent(origin, service.name, restored_from.backup, at))
        # Whoever else it restored does the same: one of the two reads what the other one entered.
        relations = await ledger.lineage.read()
    return _family(relations, service)


def known_counters(
    rows: Sequence[Issued], service: str, numbers: AgreementNumbers, mine: LedgerRow | None
) -> list[Counters]:
    """What rows know of an agreement's stream that goes on under a service name; [] without any.

    :param rows: of ``Known.of``; among them may be what its own row was when they were read.
    :param mine: its own row, where it is of the stream: what that says is kept whole.
    """
    own, others = list(mine.known if mine is not None else []), list[Counters]()
    for one in rows:
        (own if _is_own(one, service, numbers.name) else others).extend(one.row.known)
    if not (rows or mine):
        return []
    return [brought_together(own, others, numbers.numbering)]


def _is_own(one: Issued, service: str, agreement: str) -> bool:
    named = (service_key(one.service), artifact_key(one.agreement))
    return not one.is_former and named == (service_key(service), artifact_key(agreement))


def set_back_kinds(row: LedgerRow) -> list[Kind]:
    """The kinds that a restore set back, as it was asked to, and that are still behind."""
    passed = row.passed.items()
    return [kind for kind, counter in passed if is_behind(row.counters.get(kind), counter)]


def carried_over(known: Counters, brought: Counters) -> Counters:
    """What is known of a stream, and beyond what an agreement issued that was of another one.

    Cycles of two streams do not compare: who has had 500 numbers gets no 6 because somebody else's
    have begun anew.
    """
    found = dict(brought)
    for kind, counter in known.items():
        other = brought.get(kind, counter)
        found[kind] = Counter(
            next=max(counter.next, other.next),
            last=max(counter.last, other.last),
            cycle=max(counter.cycle, other.cycle),
            end=max((end for end in (counter.end, other.end) if end is not None), default=None),
        )
    return found


def as_backed_up(
    numbers: AgreementNumbers, row: LedgerRow | None, known: Known
) -> BackedUpCounters:
    """The counters of an agreement for its backup, behind all that was issued of its stream.

    What a restore had set back is as it is, with all that it goes on behind in the end.

    :param row: its own, as it is now; None where nothing was ever needed under this name.
    :param known: the rows of all names that share numbers with its service, and of its own name.
    """
    rows = known.of(numbers.name, numbers.stream)
    others = [counters for one in rows for counters in one.row.known]
    elsewhere = brought_together([], others, numbers.numbering)
    if row is None:
        return BackedUpCounters(elsewhere, {})
    if row.stream and row.stream != numbers.stream:
        return BackedUpCounters(carried_over(elsewhere, joined_all(row.known)), {})
    issued = brought_together(row.known, others, numbers.numbering)
    asked = set_back_kinds(row)
    counters = {kind: one for kind, one in issued.items() if kind not in asked}
    counters |= {kind: row.counters[kind] for kind in asked if kind in row.counters}
    return BackedUpCounters(counters, {kind: issued[kind] for kind in asked})
