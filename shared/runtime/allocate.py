"""Issuing control numbers: each at most once per cycle, whatever crashes or runs side by side.

Requests that wait in one process for the same agreement are served by one conditional write
(group commit). Numbers of a write whose fate is unclear are never handed out: a gap is allowed, a
repeat is not.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.model.numbers import Counters, IssuedNumber, Kind, Numbering
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.rules.naming import artifact_key, service_key, shown
from shared.rules.numbers import first, formatted, take
from shared.rules.states import require_active
from shared.runtime.claims import claim
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.gateway import RowChanged
from shared.state.services import Directory

_TRIES = 100
"""Conditional writes that may lose to other processes before a caller is sent away."""

_GROUP = 500
"""Requests that one write serves at most."""


@dataclass
class _Request:
    kinds: Sequence[Kind]
    count: int
    answer: "asyncio.Future[list[IssuedNumber]]"


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
        self._groups: dict[tuple[str, str], _Group] = {}

    async def allocate(
        self, service: str, agreement: str, kinds: Sequence[Kind], count: int
    ) -> list[IssuedNumber]:
        """Issue ``count`` numbers of each kind, all in one write.

        :raises Problem: ServiceNotFound, ServiceNotActive, AgreementNotFound,
            ControlNumbersExhausted, InvalidRequest for an agreement that numbers nothing.
        """
        key = (service_key(service), artifact_key(agreement))
        group = self._groups.setdefault(key, _Group())
        request = _Request(kinds, count, asyncio.get_running_loop().create_future())
        group.waiting.append(request)
        if group.task is None:
            group.task = asyncio.create_task(self._serve(key, group, service, agreement))
        return await request.answer

    async def _serve(
        self, key: tuple[str, str], group: _Group, service: str, agreement: str
    ) -> None:
        while group.waiting:
            batch, group.waiting = group.waiting[:_GROUP], group.waiting[_GROUP:]
            try:
                await self._commit(service, agreement, batch)
            except Exception as error:  # noqa: BLE001 - every waiting caller is told
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
        del self._groups[key]

    async def _commit(self, service: str, agreement: str, batch: Sequence[_Request]) -> None:
        for attempt in range(_TRIES):
            row = await self._ledger.get(service, agreement)
            living, numbering = await self._require_issuing(service, agreement)
            if row is None:
                row = await claim(
                    self._ledger,
                    self._clock,
                    service=living.name,
                    service_id=living.id,
                    agreement=agreement,
                )
            answers, counters = _serve_all(batch, row.counters, numbering)
            if counters == row.counters:
                break
            issued = LedgerRow(
                row.agreement, living.id, counters, rfc3339(self._clock.now()), row.etag
            )
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

    async def _require_issuing(self, service: str, agreement: str) -> tuple[Service, Numbering]:
        """Read after the row: an owner that changes meanwhile makes the write fail."""
        listed = await self._directory.get(service)
        if listed is None:
            raise Problem(
                Code.SERVICE_NOT_FOUND, f"There is no service '{shown(service)}'.", "service"
            )
        require_active(listed.service.name, listed.service.state)
        numbering = await self._configuration.numbering(listed.service.id, agreement)
        if numbering is None:
            raise agreement_not_found(listed.service.name, agreement)
        if not numbering:
            raise Problem(
                Code.INVALID_REQUEST,
                f"'{shown(agreement)}' is no X12 or EDIFACT agreement: it has no control numbers.",
                target="agreement",
            )
        return listed.service, numbering


def agreement_not_found(service: str, agreement: str) -> Problem:
    """There is no such agreement."""
    return Problem(
        Code.AGREEMENT_NOT_FOUND,
        f"Service '{service}' has no agreement '{shown(agreement)}'.",
        target="agreement",
    )


def _serve_all(
    batch: Sequence[_Request], counters: Counters, numbering: Numbering
) -> tuple[list[list[IssuedNumber] | Problem], Counters]:
    """Serve requests in their order; one that cannot be served takes nothing."""
    answers: list[list[IssuedNumber] | Problem] = []
    for request in batch:
        try:
            numbers, counters = _serve_one(request, counters, numbering)
        except Problem as problem:
            answers.append(problem)
        else:
            answers.append(numbers)
    return answers, counters


def _serve_one(
    request: _Request, counters: Counters, numbering: Numbering
) -> tuple[list[IssuedNumber], Counters]:
    after = dict(counters)
    numbers: list[IssuedNumber] = []
    for kind in request.kinds:
        bounds = numbering[kind]
        taken = take(after.get(kind) or first(bounds), bounds, request.count)
        after[kind] = taken.counter
        numbers += [
            IssuedNumber(kind=kind, value=value, formatted=formatted(bounds, value))
            for values in taken.values
            for value in values
        ]
    return numbers, after
