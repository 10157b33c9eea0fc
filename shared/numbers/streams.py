"""What is known of a stream of numbers, under any names of services and agreements.

A stream is identified by who gets the numbers: standard, sender and receiver. Service names that
restores connect share their streams, whether their services exist or not: one was restored from the
other, or both under a third name. If an agreement names no identities, its name is its stream, and
only names of which one was restored from the other share it. Services that were created
independently of each other share nothing.

An integration account issues numbers by itself, for each of its agreements: while a service is
linked to one, its rows say what that account issued, and nothing else is added to them.
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
from shared.streams.in_order import two_in_order
from shared.streams.merged import joined

_NAMES_AT_ONCE = 16
"""Names that are read concurrently: a service with monthly rehearsals has many."""


@dataclass(frozen=True)
class Family:
    """The other service names that may have numbers of the streams of one name."""

    kin: Sequence[str]
    """Names of which one was restored from the other: they also share streams that are identified
    by an agreement's name."""
    sharing: Sequence[str]
    """Other names that are known to have rows of the same streams."""
    related: Sequence[str] = ()
    """Names that are not kin, but are connected by restores over further names."""
    written: frozenset[str] = frozenset()
    """Keys of the names that the lineage stores as sharing streams with this name itself."""


def counts_alone(service: Service) -> bool:
    """Whether an integration account issues a service's numbers: what was issued under other names,
    or for other agreements between the same parties, is none of them."""
    return service.integration_account is not None and service.integration_account.linked


class Known:
    """The rows of several service names' ledgers, indexed by stream and by agreement."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], Issued] = {}
        self._of_stream: defaultdict[str, list[Issued]] = defaultdict(list)
        self._of_name: defaultdict[str, list[Issued]] = defaultdict(list)

    @staticmethod
    async def of_names(ledger: Ledger, names: Iterable[str], family: Family) -> "Known":
        """Read the ledgers of service names and of their family."""
        known, sharing = Known(), set(family.sharing)
        await known.read(ledger, [name for name in names if name not in sharing])
        await known.read_family(ledger, family)
        return known

    @staticmethod
    async def under(ledger: Ledger, *names: str) -> "Known":
        """Read the ledgers of service names, and of all names that share numbers with them."""
        known, unlike = Known(), {service_key(name): name for name in names}.values()
        _, relations = await two_in_order(known.read(ledger, unlike), ledger.lineage.read())
        family = Family(relations.kin(*unlike), relations.sharing(*unlike))
        await known.read_family(ledger, family)
        return known

    @staticmethod
    async def of_service(ledger: Ledger, service: Service) -> "Known":
        """Read the ledgers of a service's own name and of its family; of a linked service, that of
        its own name, in which each agreement counts for itself."""
        known = Known()
        if counts_alone(service):
            await known.read_own(ledger, service.name)
            return known
        _, family = await two_in_order(
            known.read(ledger, [service.name]), family_of(ledger, service)
        )
        await known.read_family(ledger, family)
        return known

    async def read_own(self, ledger: Ledger, name: str) -> None:
        """Read the ledger of a service name, whose rows count for themselves alone."""
        async for page in ledger.issued(name):
            for one in page:
                self._add_own(one)

    async def read(self, ledger: Ledger, names: Iterable[str], *, is_kin: bool = True) -> None:
        """Read the ledgers of service names.

        :param is_kin: as for ``add``.
        """
        for name in names:
            async for page in ledger.issued(name):
                for one in page:
                    self.add(one, is_kin=is_kin)

    async def read_family(self, ledger: Ledger, family: Family) -> None:
        """Read the ledgers of other names."""
        sharing = set(family.sharing)
        await self.read(ledger, [name for name in family.kin if name not in sharing])
        await self.read(ledger, family.sharing, is_kin=False)

    def add(self, one: Issued, *, is_kin: bool = True) -> None:
        """Add a row.

        :param is_kin: whether a row of the same agreement name counts as the same stream.
        """
        if one.stream:
            self._of_stream[one.stream].append(one)
        if is_kin and not one.is_former:
            self._of_name[artifact_key(one.agreement)].append(one)
            self._add_own(one)

    def _add_own(self, one: Issued) -> None:
        if not one.is_former:
            self._own[service_key(one.service), artifact_key(one.agreement)] = one

    def own(self, service: str, agreement: str) -> LedgerRow | None:
        """The row of an agreement under a service name."""
        found = self._own.get((service_key(service), artifact_key(agreement)))
        return found.row if found else None

    def of(self, agreement: str, stream: str) -> list[Issued]:
        """What is known of an agreement's stream; by its name, if either of the two has no
        stream."""
        named = self._of_name.get(artifact_key(agreement), [])
        if not stream:
            return named
        return [*self._of_stream.get(stream, []), *(one for one in named if not one.stream)]


async def with_rows(
    configuration: Configuration,
    ledger: Ledger,
    service: Service,
    after: str = "",
    *,
    prefix: str = "",
) -> AsyncIterator[list[tuple[AgreementNumbers, LedgerRow | None]]]:
    """The agreements of a service that have control numbers, each with its row, a page at a time.

    Both tables are in the same order, so they are read page by page together.

    :param after: the agreement after which the first page begins.
    :param prefix: what their names begin with, without regard to case.
    """
    pairs = joined(
        configuration.all_numbers(service.id, after, prefix=prefix),
        ledger.pages(service.name, after, prefix=prefix),
        lambda numbers: encoded(artifact_key(numbers.name)),
        lambda row: encoded(artifact_key(row.agreement)),
    )
    async for page in pairs:
        yield [(numbers, row) for numbers, row in page if numbers.numbering]


async def issued_elsewhere(
    ledger: Ledger, service: str, family: Family, agreement: str, stream: str
) -> list[tuple[str, LedgerRow]]:
    """The rows of other names that belong to an agreement's stream, each with its name.

    Rows of kin, and of related names. If a related name has such rows, the lineage stores that both
    share numbers before this returns, for code that reads whole ledgers.
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
    """The same rows, for callers that only read."""
    others = await _others(ledger, family, stream)
    rows = await _rows_elsewhere(ledger, family.kin, others, agreement, stream)
    return [row for _, row in rows]


async def _others(ledger: Ledger, family: Family, stream: str) -> list[str]:
    """Related names that are not kin, and that have or may have rows of a stream."""
    if not (stream and family.related):
        return []
    # The marks are read first: a name that is marked later has entered its rows in the index by
    # then.
    whole = await ledger.index.marked()
    entered = {service_key(name) for name in await ledger.index.names(stream)}
    keys = [(name, service_key(name)) for name in family.related]
    return [name for name, key in keys if key in entered or key not in whole]


async def _rows_elsewhere(
    ledger: Ledger, kin: Sequence[str], others: Sequence[str], agreement: str, stream: str
) -> list[tuple[str, LedgerRow]]:
    """The rows of kin that belong to an agreement's stream, and those of other names that do by
    identity.

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
    """The rows under one name that belong to a stream.

    :param agreement: empty if agreements of the same name under that name do not count.
    """
    found = await ledger.of_stream(name, stream, agreement)
    return [row for row in found if row.is_of(agreement, stream)]


async def family_of(ledger: Ledger, service: Service) -> Family:
    """The other names that may share numbers with a service.

    Includes the name that it was restored from by a version that stored no lineage.
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
    """The other name that a service was restored from; empty if there is none."""
    origin = service.restored_from.service if service.restored_from else service.name
    return "" if service_key(origin) == service_key(service.name) else origin


async def entered_family(ledger: Ledger, service: Service) -> Family:
    """As ``family_of``, and the lineage stores the service's origin from now on.

    Needed since a version that stored no lineage may have restored it.
    """
    relations = await ledger.lineage.read()
    origin, restored_from = _origin(service), service.restored_from
    known = {service_key(name) for name in relations.kin(service.name)}
    if restored_from is not None and origin and service_key(origin) not in known:
        at = rfc3339(service.created_at)
        await ledger.lineage.enter(Descent(origin, service.name, restored_from.backup, at))
        # Others that were restored from that origin do the same: one of two reads what the other
        # stored.
        relations = await ledger.lineage.read()
    return _family(relations, service)


def known_counters(
    rows: Sequence[Issued], service: str, numbers: AgreementNumbers, mine: LedgerRow | None
) -> list[Counters]:
    """What rows say of the stream of an agreement that continues under a service name; [] for
    nothing.

    :param rows: the result of ``Known.of``; it may include an earlier version of the agreement's
        own row.
    :param mine: its own row, if it belongs to the stream; all that it says counts.
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
    """The kinds that a restore set back, as the request asked, and that have not caught up yet."""
    passed = row.passed.items()
    return [kind for kind, counter in passed if is_behind(row.counters.get(kind), counter)]


def carried_over(known: Counters, brought: Counters) -> Counters:
    """What is known of a stream, moved past what an agreement issued while it belonged to another
    one.

    Cycles of two streams cannot be compared: a receiver that has had 500 numbers must not get
    number 6 only because another stream has begun a new cycle.
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
    """The counters of an agreement for its backup, after all that was issued of its stream.

    Kinds that a restore set back are kept as they are, with everything that they finally continue
    after.

    :param row: its own row as it is now; None if there never was one under this name.
    :param known: the rows of its own name and of all names that share numbers with its service.
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
