"""Setting an agreement's next control number: a management operation on the ledger."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from shared.clock import Clock
from shared.model.condition import Condition, unconditional
from shared.model.numbers import AgreementNumbers, Counters, Numbering, SetNextBody
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.allocate import numbers_nothing
from shared.numbers.claims import Claims, Expected, is_claimed
from shared.numbers.streams import with_rows
from shared.operations.immediate import BeforeWrite, unlogged
from shared.rules.coming_again import all_go_on
from shared.rules.noticing import any_near_end
from shared.rules.numbers import first, moved, standing
from shared.rules.problems import agreement_not_found
from shared.rules.states import require_changeable, require_own
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.services import Directory
from shared.storage.versioned import optimistic

_MOST_LOOKED_AT = 2000
"""Agreements that a page looks at for those that are near their end."""


@dataclass(frozen=True)
class Standing:
    """The counters of one agreement."""

    agreement: str
    numbering: Numbering
    row: LedgerRow | None
    """None if no number was ever issued or set under this service name."""
    expected: LedgerRow | None
    """The row as it is when the next number is issued: if the service does not own it, after what
    was issued under other names. None if nothing is known."""
    stream: str
    """As in AgreementNumbers."""

    @property
    def version(self) -> str:
        """An ETag: it changes when a number is issued, under any name, or when the bounds
        change."""
        elsewhere = self.expected.known if self.expected not in (None, self.row) else ""
        return f"{self.row.etag if self.row else ''} {self.numbering} {elsewhere}"

    @property
    def counters(self) -> Counters:
        """The counters that the next number finds."""
        row = self.expected
        return all_go_on(row.counters, row.passed, row.beyond, self.numbering) if row else {}

    @property
    def is_near_end(self) -> bool:
        """Whether any kind has used nearly all of its bounds."""
        return any_near_end(self.counters, self.numbering)

    def to_json(self) -> JsonObject:
        """As answers show it."""
        shown: JsonObject = {
            "agreement": self.agreement,
            "counters": standing(self.counters, self.numbering),
            "stream": "identities" if self.stream else "name",
        }
        if self.row is not None:
            shown["changedAt"] = self.row.changed_at
        return shown


class CounterSettings:
    """Reads and sets the next control numbers."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        directory: Directory,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._configuration = configuration
        self._ledger = ledger
        self._claims = Claims(ledger, directory, clock)

    async def get(self, service: Service, agreement: str) -> Standing:
        """The counters of one agreement.

        :raises Problem: AgreementNotFound, InvalidRequest for one without control numbers.
        """
        numbers = await self._require_numbers(service, agreement)
        row = await self._ledger.get(service.name, agreement)
        return await self._standing(service, numbers, row)

    async def _standing(
        self, service: Service, numbers: AgreementNumbers, row: LedgerRow | None
    ) -> Standing:
        return _standing(numbers, row, await self._claims.expected(service, numbers, row))

    async def pages(
        self, service: Service, after: str = "", *, prefix: str = ""
    ) -> AsyncIterator[list[Standing]]:
        """The counters of all agreements of a service that have control numbers, a page at a time.

        :param after: the agreement after which the first page begins.
        :param prefix: what their names begin with, without regard to case.
        """
        expected = Expected(self._ledger, service)
        async for page in with_rows(
            self._configuration, self._ledger, service, after, prefix=prefix
        ):
            yield [
                _standing(numbers, row, await expected.row(numbers, row)) for numbers, row in page
            ]

    async def listed(
        self, service: Service, after: str, most: int, *, prefix: str = "", near_end: bool = False
    ) -> tuple[list[Standing], str | None]:
        """One page of the agreements of a service, and the one after which the next page begins,
        None for no next page.

        :param after: the agreement after which the page begins.
        :param prefix: as for ``pages``.
        :param near_end: only those with a kind that is near its end; the page may be short then,
            or empty, and not be the last.
        """
        found: list[Standing] = []
        looked, last = 0, ""
        async for page in self.pages(service, after, prefix=prefix):
            for one in page:
                if len(found) == most or (near_end and looked == _MOST_LOOKED_AT):
                    return found, last
                looked, last = looked + 1, one.agreement
                if one.is_near_end or not near_end:
                    found.append(one)
        return found, None

    async def set_next(
        self,
        service: Service,
        agreement: str,
        body: SetNextBody,
        condition: Condition = unconditional,
        before_write: BeforeWrite = unlogged,
    ) -> Standing:
        """Set the next number of one kind.

        :param condition: on the agreement's row, which every allocation changes too.
        :raises Problem: OperationNotAllowed, ManagedByAccount, AgreementNotFound, InvalidRequest
            outside the bounds, ControlNumberIssued, ConditionNotMet.
        """
        require_changeable(service)
        numbers = await self._require_numbers(service, agreement)
        bounds = numbers.numbering[body.kind]

        def change(counters: Counters) -> Counters:
            counter = counters.get(body.kind) or first(bounds)
            return {
                **counters,
                body.kind: moved(counter, bounds, body.next, allow_reuse=body.allow_reuse),
            }

        async def check(row: LedgerRow | None) -> None:
            if condition is not unconditional:
                condition((await self._standing(service, numbers, row)).version)

        row = await change_counters(
            self._claims,
            service,
            numbers,
            change,
            check=check,
            allowed=partial(require_still_own, self._claims.directory, service),
            before_write=before_write,
        )
        return _standing(numbers, row, row.within(numbers.numbering))

    async def _require_numbers(self, service: Service, agreement: str) -> AgreementNumbers:
        numbers = await self._configuration.numbers(service.id, agreement)
        if numbers is None:
            raise agreement_not_found(service.name, agreement)
        if not numbers.numbering:
            raise numbers_nothing(numbers.name)
        return numbers


def _standing(
    numbers: AgreementNumbers, row: LedgerRow | None, expected: LedgerRow | None
) -> Standing:
    return Standing(numbers.name, numbers.numbering, row, expected, numbers.stream)


async def _unchecked(_row: LedgerRow | None) -> None:
    return


async def require_still_own(directory: Directory, service: Service) -> None:
    """Refuse a write of a row that was read before, where an account got the service since.

    A link writes the directory, then the rows that the service owns (``end_issuing``): so either
    this reads the link, or the write meets another version of its row, and is checked again.

    :raises Problem: ManagedByAccount.
    """
    listed = await directory.get(service.name)
    if listed is not None and listed.service.id == service.id:
        require_own(listed.service)


@optimistic
async def change_counters(
    claims: Claims,
    service: Service,
    numbers: AgreementNumbers,
    change: Callable[[Counters], Counters],
    *,
    rewrite: bool = False,
    check: Callable[[LedgerRow | None], Awaitable[None]] = _unchecked,
    allowed: BeforeWrite = unlogged,
    before_write: BeforeWrite = unlogged,
) -> LedgerRow:
    """Change an agreement's counters, and retry when others write them meanwhile.

    :param rewrite: write the row even if nothing changes, so that allocations in progress start
        again: a claim of the row does that too.
    :param check: called with the row that will be replaced, at each try.
    :param allowed: called between reading the row and writing it; what it raises stops the change.
    """
    ledger = claims.ledger
    row = await ledger.get(service.name, numbers.name)
    await check(row)
    if row is None or not is_claimed(row, service.id, numbers.stream):
        row, rewrite = await claims.claim(service, numbers, row), False
    counted = row.within(numbers.numbering)
    counters = change(counted.counters)
    same = counters == row.counters
    if same and not rewrite:
        return row
    await allowed()
    await before_write()
    now = row.changed_at if same else rfc3339(claims.clock.now())
    return await ledger.write(service.name, replace(counted, counters=counters, changed_at=now))
