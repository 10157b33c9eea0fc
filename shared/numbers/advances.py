"""Advances: moving control numbers forward where the ledger may be older than what was issued.

A storage account that failed over has lost its last minutes; one that was copied from elsewhere may
be older than its source. The plan is made first, and if anything in it is wrong, the whole request
is refused.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace

from shared.model.advances import AdvanceBody, AdvancePlan, AgreementAdvance, CounterMove
from shared.model.numbers import AgreementNumbers, Kind
from shared.model.operation import Operation, OperationError, OperationName
from shared.model.problem import Code, Detail, Problem
from shared.model.restore import PlanError
from shared.model.service import Service, State
from shared.model.wire import JsonObject
from shared.numbers.advancing import Advancing, WantedAdvance, no_agreement
from shared.numbers.allocate import numbers_nothing
from shared.numbers.claims import Claims, Expected
from shared.numbers.counters import require_still_own
from shared.numbers.streams import with_rows
from shared.operations.engine import Engine
from shared.operations.immediate import BeforeWrite, logged, was_done
from shared.operations.start import Start
from shared.rules.naming import artifact_key, shown
from shared.rules.states import MANAGEABLE, require_changeable
from shared.state.configuration import Configuration
from shared.state.control_numbers import BATCH_ROWS, Ledger, LedgerRow
from shared.state.operations import OperationRow
from shared.state.services import Directory
from shared.storage.tables import RowChanged
from shared.streams.in_order import in_order

CHANGE = "AdvanceControlNumbers"
"""The name of this change in the log."""

_TOLD = 1000
"""The most counters, and the most errors, that an answer lists one by one."""

_RECORDED = 100
"""The most counters that the operation's record shows."""

_UNDER_WAY = MANAGEABLE | {State.DISABLED}
"""States in which an advance that was accepted is finished."""

Page = list[tuple[WantedAdvance, LedgerRow | None]]
Refuse = Callable[[Problem], None]


class Advances:
    """Moves the counters of living services forward."""

    def __init__(
        self, configuration: Configuration, ledger: Ledger, directory: Directory, engine: Engine
    ) -> None:
        self._configuration = configuration
        self._ledger = ledger
        self._directory = directory
        self._engine = engine
        self._claims = Claims(ledger, directory, engine.clock)

    async def plan(self, service: Service, body: AdvanceBody) -> AdvancePlan:
        """How the counters would be moved forward, and everything that forbids it; nothing is
        written.

        :raises Problem: OperationNotAllowed, ManagedByAccount; InvalidRequest for an agreement that
            comes twice.
        """
        return (await self._planned(service, body)).plan()

    async def advance(
        self, service: Service, body: AdvanceBody, caller: str, operation_id: str | None
    ) -> AdvancePlan:
        """Move counters forward: all that were asked for, or none.

        :return: how they were moved; for a repeated request, what it did the first time.
        :raises Problem: what ``plan`` raises; the errors of the plan, all of them in the details;
            ControlNumbersExhausted or AgreementNotFound if other requests took the numbers, or
            deleted the agreement, after the plan was made: everything else was moved;
            OperationInProgress, OperationIdInUse.
        """
        asked: JsonObject = {"change": CHANGE, "request": body.to_json()}
        start = Start(
            OperationName.SERVICE_UPDATE,
            service.name,
            caller,
            "http",
            asked,
            operation_id,
            service.id,
            asked=asked,
        )
        done = await was_done(self._engine, start)
        if done is not None:
            return await self._told_before(done)
        told = await self._planned(service, body)
        if told.errors:
            raise _refusal(told.errors)
        plan = told.plan()
        parameters: JsonObject = {**asked, "plan": _shortened(plan).to_json()}
        start = replace(start, parameters=parameters, request={"plan": plan.to_json()})
        async with logged(self._engine, start) as entry:

            async def before_write() -> None:
                await entry.open()
                await require_still_own(self._directory, service)

            advancing = self._advancing(service, entry.id, before_write)
            await self._advance_all(body, advancing)
            entry.result = advancing.result()
            if advancing.errors:
                raise _too_late(advancing.errors)
        return plan

    async def _told_before(self, done: OperationRow) -> AdvancePlan:
        operation = done.operation
        kept = await self._engine.records.request(operation.service, operation.id)
        return AdvancePlan.model_validate((kept or operation.parameters)["plan"])

    async def go_on(self, operation: Operation) -> OperationError | None:
        """Finish an interrupted operation; what it has moved already is not moved again.

        :raises RowChanged: another recovery has closed it.
        """
        listed = await self._directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return _stopped("its service was deleted")
        service = listed.service
        if service.state not in _UNDER_WAY:
            return _stopped(f"its service is {service.state}")

        async def require_open() -> None:
            found = await self._engine.records.find(operation.service, operation.id)
            if found is None or found[0].operation.status.is_final():
                raise RowChanged
            await require_still_own(self._directory, service)

        body = AdvanceBody.model_validate(operation.parameters["request"])
        advancing = self._advancing(service, operation.id, require_open)
        try:
            await self._advance_all(body, advancing)
        except Problem as linked:
            if linked.code is not Code.MANAGED_BY_ACCOUNT:
                raise
            return _stopped("its service is linked to an integration account")
        if not advancing.errors:
            return None
        problem = _too_late(advancing.errors)
        return OperationError(code=problem.code, message=problem.message, target=problem.target)

    def _advancing(
        self, service: Service, operation_id: str, before_write: BeforeWrite
    ) -> Advancing:
        return Advancing(
            service=service,
            operation_id=operation_id,
            claims=self._claims,
            configuration=self._configuration,
            records=self._engine.records,
            before_write=before_write,
        )

    async def _advance_all(self, body: AdvanceBody, advancing: Advancing) -> None:
        async for page in self._pages(advancing.service, body, advancing.errors.append):
            await advancing.move(page)

    async def _planned(self, service: Service, body: AdvanceBody) -> "_Told":
        require_changeable(service)
        told = _Told()
        expected = Expected(self._ledger, service)
        async for page in self._pages(service, body, told.refuse):
            for wanted, row in page:
                row = await expected.row(wanted.numbers, row)
                told.look_at(wanted, row or LedgerRow(wanted.numbers.name, "", {}, ""))
        return told

    def _pages(self, service: Service, body: AdvanceBody, refuse: Refuse) -> AsyncIterator[Page]:
        """What is to be moved forward, with the rows of the ledger.

        :param refuse: called with the problems of agreements that do not exist, or that have no
            control numbers.
        """
        if body.agreements is None:
            return self._all(service, body.by or 0)
        return self._named(service, body.agreements, refuse)

    async def _all(self, service: Service, by: int) -> AsyncIterator[Page]:
        async for page in with_rows(self._configuration, self._ledger, service):
            yield [
                (WantedAdvance(numbers, list(numbers.numbering), by), row) for numbers, row in page
            ]

    async def _named(
        self, service: Service, agreements: Sequence[AgreementAdvance], refuse: Refuse
    ) -> AsyncIterator[Page]:
        _require_each_once(agreements)
        for start in range(0, len(agreements), BATCH_ROWS):
            some = agreements[start : start + BATCH_ROWS]
            numbers = await in_order(*(self._numbers(service, one.name) for one in some))
            rows = await in_order(*(self._row(service, one.name) for one in some))
            page: Page = []
            for index, (one, found, row) in enumerate(zip(some, numbers, rows, strict=True), start):
                at = f"/agreements/{index}"
                if found is None:
                    refuse(no_agreement(service.name, one.name, at))
                elif not found.numbering:
                    refuse(numbers_nothing(found.name, f"{at}/name"))
                else:
                    page.append((WantedAdvance(found, one.kinds or list(Kind), one.by, at), row))
            yield page

    async def _numbers(self, service: Service, agreement: str) -> AgreementNumbers | None:
        return await self._configuration.numbers(service.id, agreement)

    async def _row(self, service: Service, agreement: str) -> LedgerRow | None:
        return await self._ledger.get(service.name, agreement)


@dataclass
class _Told:
    """The content of a plan, as it is collected."""

    errors: list[Problem] = field(default_factory=list)
    _moves: list[CounterMove] = field(default_factory=list)
    _agreements: int = 0
    _counters: int = 0

    def refuse(self, problem: Problem) -> None:
        """Add a problem that forbids it."""
        if len(self.errors) < _TOLD:
            self.errors.append(problem)

    def look_at(self, wanted: WantedAdvance, row: LedgerRow) -> None:
        """Add an agreement with its ledger row, as a claim by the service would find it."""
        found, short = wanted.moves(row)
        for one in short:
            self.refuse(wanted.too_few(one))
        if short:
            return
        self._agreements += 1
        self._counters += len(found)
        name = wanted.numbers.name
        self._moves += [
            CounterMove(
                agreement=name,
                kind=move.kind,
                next_before=move.before,
                next_after=move.after,
                rollovers=move.rollovers,
            )
            for move in found[: _TOLD - len(self._moves)]
        ]

    def plan(self) -> AdvancePlan:
        """The complete plan."""
        return AdvancePlan(
            agreements=self._agreements,
            counters=self._counters,
            moves=self._moves,
            more=self._counters - len(self._moves),
            errors=[
                PlanError(code=one.code, message=one.message, target=one.target)
                for one in self.errors
            ],
        )


def _shortened(plan: AdvancePlan) -> AdvancePlan:
    """The plan as the operation's record shows it."""
    told = plan.moves[:_RECORDED]
    return plan.model_copy(update={"moves": told, "more": plan.counters - len(told)})


def _require_each_once(agreements: Sequence[AgreementAdvance]) -> None:
    seen: set[str] = set()
    for index, one in enumerate(agreements):
        key = artifact_key(one.name)
        if key in seen:
            raise Problem(
                Code.INVALID_REQUEST,
                f"'{shown(one.name)}' comes twice: its numbers would be moved on twice.",
                target=f"/agreements/{index}/name",
            )
        seen.add(key)


def _refusal(problems: Sequence[Problem]) -> Problem:
    """One problem for all that is wrong: a single one unchanged, several with the details of
    each."""
    if len(problems) == 1:
        return problems[0]
    return _with_details(
        problems, f"{len(problems)} things forbid this, and nothing was changed; details names each"
    )


def _too_late(problems: Sequence[Problem]) -> Problem:
    """The problem for what changed after the plan was made."""
    return _with_details(
        problems,
        f"All else was moved on, but not {len(problems)} that changed after the plan was made; "
        "details names each",
    )


def _with_details(problems: Sequence[Problem], message: str) -> Problem:
    first = problems[0]
    details = [Detail(each.code, each.message, each.target or "") for each in problems[:_TOLD]]
    return Problem(first.code, f"{message}. The first: {first.message}", first.target, details)


def _stopped(why: str) -> OperationError:
    return OperationError(
        code=Code.INTERNAL_ERROR,
        message=f"It was interrupted, and {why} now. Counters that it had moved on stay so.",
    )
