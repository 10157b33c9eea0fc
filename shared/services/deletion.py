"""Deleting a service and all that it holds; backups and the ledger are kept.

The request that starts a deletion sets the service to ``Deleting`` before it is answered, so that
the service allows nothing after that answer. If the request stopped before that, the worker does
it. Every step of the work is idempotent. The directory's row is deleted last: until then the name
is not free.
"""

from dataclasses import dataclass, replace

from shared.clock import Clock
from shared.model.condition import unconditional
from shared.model.operation import Operation, OperationName
from shared.model.service import Service, State
from shared.numbers.claims import release_all
from shared.numbers.streams import entered_family
from shared.operations.engine import Engine
from shared.operations.locks import holder_of_lock
from shared.operations.start import Start
from shared.operations.task import Outcome, Task, Work
from shared.rules.states import ServiceOperation, require_allowed
from shared.services.account_claims import AccountClaims
from shared.services.configuration_changes import ConfigurationChanges
from shared.services.cut import ServiceStores
from shared.services.services import Asked, Services
from shared.state.configuration import Phase
from shared.state.drift import DriftLog
from shared.state.operations import OperationRow
from shared.state.schedules import Schedules
from shared.state.services import Directory
from shared.storage.pace import Pace
from shared.storage.versioned import optimistic
from shared.streams.bounded import each_of
from shared.streams.in_order import two_in_order


@dataclass(frozen=True)
class Deletions:
    """Starts deletions of services."""

    engine: Engine
    services: Services
    directory: Directory
    changes: ConfigurationChanges
    clock: Clock

    async def start(self, name: str, asked: Asked) -> OperationRow:
        """Start the deletion of a service, which is ``Deleting`` when this returns.

        A deletion that failed finally is started again, and continues from where it stopped.

        :raises Problem: ServiceNotFound, ConditionNotMet, OperationNotAllowed, OperationInProgress,
            OperationIdInUse. After each of these the service is unchanged.
        """
        start = Start(
            OperationName.DELETE, name, asked.caller, asked.trigger, {}, asked.operation_id
        )
        record = await self.engine.repeated(start)
        if record is None:
            record = await self._enter(start, asked)
        # The first request with this Operation-Id may have stopped before it set the state.
        if not record.operation.status.is_final():
            await self._mark(record.operation)
        return record

    async def _enter(self, start: Start, asked: Asked) -> OperationRow:
        listed = await self.services.require(start.service)
        if asked.condition is not unconditional:
            asked.condition((await self.services.view(listed)).version)
        service = listed.service
        failed = (
            service.state is State.DELETING
            and await holder_of_lock(self.engine.records, service.name) is None
        )
        if not failed:
            require_allowed(service.name, service.state, ServiceOperation.DELETE)
        return await self.engine.start(start.of(service))

    async def _mark(self, operation: Operation) -> None:
        service = await mark_deleting(self.directory, self.clock, operation)
        if service is not None:
            # Also if another request set the state, which may have stopped before this.
            await self.changes.settle_writers(service.id)


@optimistic
async def mark_deleting(directory: Directory, clock: Clock, operation: Operation) -> Service | None:
    """Set the state of an operation's service to ``Deleting``; None if the service no longer
    exists.

    :raises Problem: OperationNotAllowed if its state does not allow a deletion.
    """
    listed = await directory.get(operation.service)
    if listed is None or listed.service.id != operation.service_id:
        return None
    service = listed.service
    if service.state is State.DELETING:
        return service
    require_allowed(service.name, service.state, ServiceOperation.DELETE)
    deleting = service.written_by(operation.id).model_copy(
        update={"state": State.DELETING, "changed_at": clock.now()}
    )
    await directory.change(deleting, listed.etag)
    return deleting


@dataclass(frozen=True)
class DeletionStores:
    """The stores from which a deletion deletes."""

    directory: Directory
    service: ServiceStores
    schedules: Schedules
    drift: DriftLog
    claims: AccountClaims
    clock: Clock


class DeletionWork(Work):
    """The work of DeleteBizTalkService."""

    exclusive = True

    def __init__(self, stores: DeletionStores) -> None:
        self._stores = stores

    async def run(self, task: Task) -> Outcome:
        """Delete the service, or what an earlier attempt left of it.

        :raises Problem: OperationNotAllowed if the service's state changed before it was marked.
        """
        service = await mark_deleting(self._stores.directory, self._stores.clock, task.operation)
        if service is None:
            return Outcome()  # an earlier attempt deleted it
        stores = self._stores.service
        await two_in_order(self._end_schedule(service), self._close(service.id))
        await self._stores.claims.end(service)
        # The name that it was restored from is known only while it exists.
        await entered_family(stores.ledger, service)
        numbers = stores.configuration.all_numbers(service.id)
        await release_all(stores.ledger, service=service.name, numbers=numbers)
        task.report("run-time state and content")
        drops = (
            stores.received.drop_all,
            stores.mics.drop_all,
            stores.sessions.drop_all,
            stores.batches.drop_all,
            self._stores.drift.drop_all,
            stores.content.drop,
        )
        await each_of(drops, lambda drop: drop(service.id), Pace(len(drops)))
        done = 0
        async for keys in stores.configuration.keys(service.id):
            await stores.configuration.drop(service.id, keys)
            done += len(keys)
            task.report("configuration", done)
            await task.checkpoint()
        await self._remove(service)
        return Outcome()

    @optimistic
    async def _end_schedule(self, service: Service) -> None:
        """Delete the service's schedule."""
        found = await self._stores.schedules.get(service.name)
        if found is None or found.value.service_id != service.id:
            return
        await self._stores.schedules.remove(found)

    @optimistic
    async def _close(self, service_id: str) -> None:
        """Close the configuration: no change is accepted any more."""
        head = await self._stores.service.configuration.head(service_id)
        if head is None or head.phase is Phase.CLOSED:
            return
        closed = replace(head, phase=Phase.CLOSED, hold="")
        await self._stores.service.configuration.write_head(service_id, closed)

    @optimistic
    async def _remove(self, service: Service) -> None:
        listed = await self._stores.directory.get(service.name)
        if listed is None or listed.service.id != service.id:
            return
        await self._stores.directory.remove(listed)

    async def committed(self, operation: Operation) -> Outcome | None:
        """The outcome if the service no longer exists."""
        listed = await self._stores.directory.get(operation.service)
        gone = listed is None or listed.service.id != operation.service_id
        return Outcome() if gone else None

    async def settle(self, operation: Operation) -> None:
        """Does nothing."""
