"""Setting where an agreement's control numbers go on: a management operation on the ledger."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from shared.clock import Clock
from shared.model.condition import Condition, unconditional
from shared.model.numbers import Counters, Numbering, SetNextBody
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.operations.immediate import BeforeWrite, unlogged
from shared.rules.naming import artifact_key, shown
from shared.rules.numbers import first, moved, standing
from shared.rules.states import require_manageable
from shared.runtime.claims import claim
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.gateway import RowChanged
from shared.state.joined import joined
from shared.state.keys import encoded
from shared.state.services import Directory


@dataclass(frozen=True)
class Standing:
    """Where the control numbers of one agreement stand."""

    agreement: str
    numbering: Numbering
    row: LedgerRow | None
    """None where no number was ever issued or set under this service name."""

    @property
    def version(self) -> str:
        """Another one as soon as a number is issued, or the bounds change."""
        return _version(self.row, self.numbering)

    def to_json(self) -> JsonObject:
        """As answers show it."""
        shown: JsonObject = {
            "agreement": self.agreement,
            "counters": standing(self.row.counters if self.row else {}, self.numbering),
        }
        if self.row is not None:
            shown["changedAt"] = self.row.changed_at
        return shown


class CounterSettings:
    """Where control numbers go on."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        directory: Directory,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._configuration = configuration
        self._directory = directory
        self._ledger = ledger
        self._clock = clock

    async def get(self, service: Service, agreement: str) -> Standing:
        """Where one agreement stands.

        :raises Problem: AgreementNotFound, InvalidRequest for one that numbers nothing.
        """
        numbering = await self._require_numbering(service, agreement)
        row = await self._ledger.get(service.name, agreement)
        return Standing(row.agreement if row else agreement, numbering, row)

    async def pages(self, service: Service, after: str = "") -> AsyncIterator[list[Standing]]:
        """Where the agreements of a service stand, those that number anything, a page at a time.

        :param after: the agreement that the first page begins behind.
        """
        pairs = joined(
            self._configuration.numberings(service.id, after),
            self._ledger.pages(service.name, after),
            lambda found: encoded(artifact_key(found[0])),
            lambda row: encoded(artifact_key(row.agreement)),
        )
        async for page in pairs:
            yield [Standing(name, numbering, row) for (name, numbering), row in page if numbering]

    async def set_next(
        self,
        service: Service,
        agreement: str,
        body: SetNextBody,
        condition: Condition = unconditional,
        before_write: BeforeWrite = unlogged,
    ) -> Standing:
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

        def check(row: LedgerRow | None) -> None:
            condition(_version(row, numbering))

        row = await change_counters(
            self._ledger,
            self._directory,
            self._clock,
            service,
            agreement,
            change,
            check,
            before_write,
        )
        return Standing(row.agreement, numbering, row)

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
    directory: Directory,
    clock: Clock,
    service: Service,
    agreement: str,
    change: Callable[[Counters], Counters],
    check: Callable[[LedgerRow | None], None] = lambda _row: None,
    before_write: BeforeWrite = unlogged,
) -> LedgerRow:
    """Write an agreement's counters, however many others write them meanwhile.

    :param check: looks at the row that is then written over, at each try again.
    """
    while True:
        row = await ledger.get(service.name, agreement)
        check(row)
        if row is None or row.owner != service.id:
            row = await claim(
                ledger,
                directory,
                clock,
                service=service.name,
                service_id=service.id,
                agreement=agreement,
            )
        counters = change(row.counters)
        if counters == row.counters:
            return row
        await before_write()
        now = rfc3339(clock.now())
        changed = replace(row, counters=counters, changed_at=now)
        try:
            return await ledger.write(service.name, changed)
        except RowChanged:
            continue


def _version(row: LedgerRow | None, numbering: Numbering) -> str:
    return f"{row.etag if row else ''} {numbering}"
