"""What is known of a stream of numbers, under whatever names of services and agreements.

A stream is of who gets the numbers: standard, sender and receiver. Names that were restored one
from the other share their streams, whichever of them lives.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence

from shared.model.numbers import AgreementNumbers, Counter, Counters, Kind
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.rules.naming import artifact_key, service_key
from shared.rules.numbers import is_behind, joined_all
from shared.rules.restoring.numbers import BackedUpCounters
from shared.rules.within_bounds import brought_together
from shared.state.configuration import Configuration
from shared.state.control_numbers import Issued, Ledger, LedgerRow
from shared.state.lineage import Descent
from shared.state.row_keys import encoded
from shared.streams.merged import joined

_NAMES_AT_ONCE = 8
"""A name that is rehearsed each month has many others."""


class Known:
    """The rows of several service names' ledgers, to be found by stream and by agreement."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, str], Issued] = {}
        self._of_stream: defaultdict[str, list[Issued]] = defaultdict(list)
        self._of_name: defaultdict[str, list[Issued]] = defaultdict(list)

    @staticmethod
    async def of_names(ledger: Ledger, names: Iterable[str]) -> "Known":
        """Read the ledgers of service names."""
        known = Known()
        for name in names:
            async for page in ledger.issued(name):
                for one in page:
                    known.add(one)
        return known

    def add(self, one: Issued) -> None:
        """Add a row."""
        if one.stream:
            self._of_stream[one.stream].append(one)
        if not one.is_former:
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
    ledger: Ledger, kin: Sequence[str], agreement: str, stream: str
) -> list[tuple[str, LedgerRow]]:
    """The rows of other names that are of an agreement's stream, each with its name."""
    found: list[tuple[str, LedgerRow]] = []
    for start in range(0, len(kin), _NAMES_AT_ONCE):
        names = kin[start : start + _NAMES_AT_ONCE]
        rows = await asyncio.gather(
            *(_issued_under(ledger, name, agreement, stream) for name in names)
        )
        found += [(name, row) for name, some in zip(names, rows, strict=True) for row in some]
    return found


async def _issued_under(ledger: Ledger, name: str, agreement: str, stream: str) -> list[LedgerRow]:
    found = await ledger.of_stream(name, stream) if stream else []
    named = await ledger.get(name, agreement)
    is_among_them = named is not None and stream != "" and named.stream == stream
    if named is not None and not is_among_them and named.is_of(agreement, stream):
        found.append(named)
    return found


async def kin_of(ledger: Ledger, service: Service) -> list[str]:
    """The other names that have numbers of a service's.

    Also the name that it was restored from by a version that kept no lineage.
    """
    origin = service.restored_from.service if service.restored_from else service.name
    kin = await ledger.lineage.kin(service.name, origin)
    return kin if service_key(origin) == service_key(service.name) else [*kin, origin]


async def family(ledger: Ledger, service: Service) -> list[str]:
    """The names of ``kin_of``, to whom the service is known as theirs from now on.

    A version that kept no lineage may have restored it.
    """
    kin = await kin_of(ledger, service)
    origin = service.restored_from
    if origin is not None and service_key(origin.service) != service_key(service.name):
        known = {service_key(name) for name in await ledger.lineage.kin(service.name)}
        if service_key(origin.service) not in known:
            at = rfc3339(service.created_at)
            descent = Descent(origin.service, service.name, origin.backup, at)
            await ledger.lineage.enter(descent)
            return await kin_of(ledger, service)
    return kin


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
