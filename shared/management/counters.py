"""Setting where an agreement's control numbers go on: a management operation on the ledger."""

from collections.abc import Callable

from shared.clock import Clock
from shared.model.condition import Condition, unconditional
from shared.model.numbers import Counters, Numbering, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import rfc3339
from shared.rules.naming import shown
from shared.rules.numbers import first, moved
from shared.rules.states import require_manageable
from shared.runtime.claims import claim
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.gateway import RowChanged


class CounterSettings:
    """Where control numbers go on."""

    def __init__(self, *, configuration: Configuration, ledger: Ledger, clock: Clock) -> None:
        self._configuration = configuration
        self._ledger = ledger
        self._clock = clock

    async def set_next(
        self,
        service: Service,
        agreement: str,
        body: SetNextBody,
        condition: Condition = unconditional,
    ) -> LedgerRow:
        """Set the next number of one kind.

        :param condition: of the agreement's row, which every allocation changes too.
        :raises Problem: OperationNotAllowed, AgreementNotFound, InvalidRequest outside the
            bounds, ControlNumberIssued, ConditionNotMet.
        """
        require_manageable(service.name, service.state)
        numbering = await self._require_numbering(service, agreement)
        bounds = numbering[body.kind]

        def change(counters: Counters) -> Counters:
            counter = counters.get(body.kind) or first(bounds)
            return {
                **counters,
                body.kind: moved(counter, bounds, body.next, allow_reuse=body.allow_reuse),
            }

        return await change_counters(
            self._ledger, self._clock, service, agreement, change, condition
        )

    async def _require_numbering(self, service: Service, agreement: str) -> Numbering:
        numbering = await self._configuration.numbering(service.id, agreement)
        if numbering is None:
            raise Problem(
                Code.AGREEMENT_NOT_FOUND,
                f"Service '{service.name}' has no agreement '{shown(agreement)}'.",
                target="agreement",
            )
        if not numbering:
            raise Problem(
                Code.INVALID_REQUEST,
                f"'{shown(agreement)}' is no X12 or EDIFACT agreement: it has no control numbers.",
                target="agreement",
            )
        return numbering


async def change_counters(
    ledger: Ledger,
    clock: Clock,
    service: Service,
    agreement: str,
    change: Callable[[Counters], Counters],
    condition: Condition = unconditional,
) -> LedgerRow:
    """Write an agreement's counters, however many others write them meanwhile.

    Each try looks at the condition again, on the row that it then writes over.
    """
    while True:
        row = await ledger.get(service.name, agreement)
        if row is None or row.owner != service.id:
            condition(None)
            row = await claim(
                ledger, clock, service=service.name, service_id=service.id, agreement=agreement
            )
        else:
            condition(row.etag)
        counters = change(row.counters)
        if counters == row.counters:
            return row
        changed = LedgerRow(row.agreement, service.id, counters, rfc3339(clock.now()), row.etag)
        try:
            return await ledger.write(service.name, changed)
        except RowChanged:
            continue
