"""Issuing control numbers: each at most once per cycle, whatever crashes or runs concurrently.

Requests that wait in one process for the same agreement are served by one conditional write (group
commit). Numbers of a write whose outcome is unknown are never handed out: a gap is allowed, a
repeat is not.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.clock import Clock
from shared.model.numbers import (
    AgreementNumbers,
    Bounds,
    Counters,
    IssuedNumber,
    Kind,
    Numbering,
)
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.numbers.claims import Claims, is_claimed
from shared.rules.agreement_numbers import formatted
from shared.rules.naming import ordinal, service_key, shown
from shared.rules.numbers import first, take_again
from shared.rules.problems import agreement_not_found
from shared.rules.states import require_running
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.services import Directory
from shared.storage.patience import answering
from shared.storage.tables import RowChanged
from shared.streams.in_order import two_in_order

_TRIES = 100
"""Conditional writes that may fail because of other processes before a caller gets an error."""

_GROUP_NUMBERS = 50_000
"""The most numbers that one write issues, unless a single request wants more."""


@dataclass(frozen=True)
class _Issued:
    """Numbers of one kind that were issued to one request."""

    kind: Kind
    bounds: Bounds
    values: Sequence[range]


@dataclass
class _Request:
    kinds: Sequence[Kind]
    count: int
    answer: "asyncio.Future[list[_Issued]]"

    @property
    def numbers(self) -> int:
        """How many numbers the request wants."""
        return self.count * len(self.kinds)


@dataclass
class _Group:
    waiting: list[_Request] = field(default_factory=list)
    task: "asyncio.Task[None] | None" = None


class Allocator:
    """Issues control numbers."""

    def __init__(
        self, *, directory: Directory, configuration: Configuration, ledger: Ledger, clock: Clock
    ) -> None:
        self._directory = directory
        self._configuration = configuration
        self._ledger = ledger
        self._clock = clock
        self._claims = Claims(ledger, directory, clock)
        self._groups: dict[tuple[str, str], _Group] = {}

    async def allocate(
        self, service: str, agreement: str, kinds: Sequence[Kind], count: int
    ) -> list[IssuedNumber]:
        """Issue ``count`` numbers of each kind, all in one write.

        :raises Problem: ServiceNotFound, ServiceNotActive, ManagedByAccount, AgreementNotFound,
            ControlNumbersExhausted, InvalidRequest for an agreement without control numbers.
        """
        key = (service_key(service), ordinal(agreement))
        group = self._groups.setdefault(key, _Group())
        request = _Request(kinds, count, asyncio.get_running_loop().create_future())
        group.waiting.append(request)
        if group.task is None:
            group.task = asyncio.create_task(self._serve(key, group, service, agreement))
        issued = await request.answer
        # Created here, so that others do not wait for it during the group's write.
        return [
            IssuedNumber(kind=one.kind, value=value, formatted=formatted(one.bounds, value))
            for one in issued
            for values in one.values
            for value in values
        ]

    async def _serve(
        self, key: tuple[str, str], group: _Group, service: str, agreement: str
    ) -> None:
        while group.waiting:
            size = _fitting(group.waiting)
            batch, group.waiting = group.waiting[:size], group.waiting[size:]
            try:
                # Each write has its own time limit: the task is that of the first request, and
                # serves others.
                with answering(self._clock.monotonic()):
                    await self._commit(service, agreement, batch)
            except Exception as error:  # noqa: BLE001 - passed to every waiting caller
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
        del self._groups[key]

    async def _commit(self, service: str, agreement: str, batch: Sequence[_Request]) -> None:
        for attempt in range(_TRIES):
            row = await self._ledger.get(service, agreement)
            owner = row.owner if row is not None else ""
            living, numbers = await self._require_issuing(service, agreement, owner)
            if row is None or not is_claimed(row, living.id, numbers.stream):
                row = await self._claims.claim(living, numbers, row)
                # The permission is read after the row: it may have ended meanwhile.
                living, numbers = await self._require_issuing(service, agreement)
                if not is_claimed(row, living.id, numbers.stream):
                    continue
            row = row.within(numbers.numbering)
            answers, counters = _serve_all(batch, row, numbers.numbering)
            if counters == row.counters:
                break
            now = rfc3339(self._clock.now())
            issued = replace(row, counters=counters, changed_at=now)
            try:
                await self._ledger.write(service, issued)
            except RowChanged:
                await asyncio.sleep(random.uniform(0, 0.002 * min(attempt + 1, 10)))
                continue
            break
        else:
            raise Problem(
                Code.STORAGE_UNAVAILABLE,
                f"Too many processes issue numbers of '{shown(agreement)}' at once. Try again.",
                retry_after_seconds=1,
            )
        for request, answer in zip(batch, answers, strict=True):
            if request.answer.done():
                continue
            if isinstance(answer, Problem):
                request.answer.set_exception(answer)
            else:
                request.answer.set_result(answer)

    async def _require_issuing(
        self, service: str, agreement: str, owner: str = ""
    ) -> tuple[Service, AgreementNumbers]:
        """Check the permission to issue, after the row was read: if its owner changes meanwhile,
        the write fails.

        :param owner: the id that the service will probably have: its agreement is read beside it.
        """
        listed, numbers = await two_in_order(
            self._directory.get(service), self._numbers(owner, agreement)
        )
        if listed is None:
            raise Problem(
                Code.SERVICE_NOT_FOUND, f"There is no service '{shown(service)}'.", "service"
            )
        require_running(listed.service)
        if listed.service.id != owner:
            numbers = await self._numbers(listed.service.id, agreement)
        if numbers is None:
            raise agreement_not_found(listed.service.name, agreement)
        if not numbers.numbering:
            raise numbers_nothing(numbers.name)
        return listed.service, numbers

    async def _numbers(self, service_id: str, agreement: str) -> AgreementNumbers | None:
        return await self._configuration.numbers(service_id, agreement) if service_id else None


def numbers_nothing(agreement: str, target: str = "agreement") -> Problem:
    """The problem that an agreement has no settings for control numbers."""
    return Problem(
        Code.INVALID_REQUEST,
        f"'{shown(agreement)}' has no settings of X12 or EDIFACT in its content: it has no control "
        "numbers.",
        target=target,
    )


def _fitting(waiting: Sequence[_Request]) -> int:
    """How many of the requests one write serves; at least the first."""
    numbers = 0
    for index, request in enumerate(waiting):
        numbers += request.numbers
        if index and numbers > _GROUP_NUMBERS:
            return index
    return len(waiting)


def _serve_all(
    batch: Sequence[_Request], row: LedgerRow, numbering: Numbering
) -> tuple[list[list[_Issued] | Problem], Counters]:
    """Serve requests in their order; one that cannot be served takes no numbers."""
    answers: list[list[_Issued] | Problem] = []
    for request in batch:
        try:
            numbers, counters = _serve_one(request, row, numbering)
        except Problem as problem:
            answers.append(problem)
        else:
            answers.append(numbers)
            row = replace(row, counters=counters)
    return answers, row.counters


def _serve_one(
    request: _Request, row: LedgerRow, numbering: Numbering
) -> tuple[list[_Issued], Counters]:
    after = dict(row.counters)
    numbers: list[_Issued] = []
    for kind in request.kinds:
        bounds = numbering[kind]
        counter = after.get(kind) or first(bounds)
        again = row.passed.get(kind), row.beyond.get(kind)
        taken = take_again(counter, bounds, request.count, *again)
        after[kind] = taken.counter
        numbers.append(_Issued(kind, bounds, taken.values))
    return numbers, after
