"""PullIntegrationAccount: starting a pull, and its work."""

from dataclasses import dataclass

from shared.alerts.happenings import pull_failed
from shared.integration_accounts.pulling.noting import Notes
from shared.integration_accounts.pulling.pull import Puller
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.operation import Operation, OperationName, OperationStatus
from shared.model.pull import PullBody, PullOutcome
from shared.model.service import Service
from shared.operations.engine import Engine
from shared.operations.start import Start
from shared.operations.task import Outcome, Task, Work
from shared.rules.problems import not_linked, service_deleted
from shared.rules.states import require_manageable
from shared.state.configuration import Configuration
from shared.state.operations import OperationRow

_BROUGHT = frozenset({OperationStatus.SUCCEEDED, OperationStatus.PARTIALLY_SUCCEEDED})
"""How a pull ends that wrote what it found."""


@dataclass(frozen=True)
class Pulls:
    """Starts pulls."""

    engine: Engine
    configuration: Configuration

    async def start(
        self, service: Service, body: PullBody, caller: str, operation_id: str | None
    ) -> OperationRow:
        """Start a pull of a linked service.

        :raises Problem: IntegrationAccountNotLinked, OperationNotAllowed, OperationInProgress,
            OperationIdInUse.
        """
        start = Start(
            OperationName.PULL,
            service.name,
            caller,
            "http",
            {"acceptRemovals": True} if body.accept_removals else {},
            operation_id,
            service.id,
        )
        repeated = await self.engine.repeated(start)
        if repeated is not None:
            return repeated
        require_manageable(service.name, service.state)
        facts = service.integration_account
        if facts is None or not (facts.linked or await self._is_half_written(service)):
            raise not_linked(service.name)
        return await self.engine.start(start)

    async def _is_half_written(self, service: Service) -> bool:
        """Whether a pull stopped while it wrote, and the link was ended after that: another one
        completes it."""
        head = await self.configuration.head(service.id)
        return head is not None and bool(head.stage)


class PullWork(Work):
    """The work of PullIntegrationAccount."""

    exclusive = True

    def __init__(self, stores: PullStores, puller: Puller) -> None:
        self._stores = stores
        self._puller = puller

    async def run(self, task: Task) -> Outcome:
        """Pull, or complete what an earlier attempt began.

        :raises Problem: ServiceNotFound, OperationNotAllowed, and as ``Puller.pull``.
        """
        operation = task.operation
        service = await self._service(operation)
        if service is None:
            raise service_deleted(operation.service)
        require_manageable(service.name, service.state)
        accept = operation.parameters.get("acceptRemovals") is True
        return _ended(await self._puller.pull(task, service, accept_removals=accept))

    async def committed(self, operation: Operation) -> Outcome | None:
        """The outcome of a pull that had begun to write: it is completed, without the account."""
        service = await self._service(operation)
        if service is None:
            return None
        told = await self._puller.completed(service, operation.id)
        return _ended(told) if told is not None else None

    async def settle(self, operation: Operation) -> None:
        """Keep that it brought nothing with the link, and tell the operator of a failure."""
        if operation.status not in _BROUGHT:
            service = await self._service(operation)
            if service is not None:
                notes, error = Notes(self._stores, service), operation.error
                await notes.not_done(operation.status, operation.id, error.code if error else "")
        if operation.status is OperationStatus.FAILED:
            await self._stores.alerts.tell(pull_failed(operation, self._stores.clock.now()))

    async def _service(self, operation: Operation) -> Service | None:
        listed = await self._stores.directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return None
        return listed.service


def _ended(told: PullOutcome) -> Outcome:
    return Outcome(told.status, told.result, told.warnings)
