"""The end of an immediate operation whose process stopped; for operations/recover.py."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from shared.model.operation import Operation, OperationError, OperationName
from shared.model.problem import Code
from shared.model.service import Service, State
from shared.numbers.advances import CHANGE as ADVANCE
from shared.numbers.advances import Advances
from shared.numbers.claims import end_issuing
from shared.rules.states import TRANSITIONS, ServiceOperation, after_success
from shared.services.configuration_changes import ConfigurationChanges
from shared.services.interrupted_links import InterruptedLinks
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger
from shared.state.services import Directory, Listed
from shared.storage.tables import RowChanged

_NOTHING_CHANGED = "It was interrupted before it changed anything. Ask again."
_WORKFLOWS_MAY_HAVE = (
    "It was interrupted before it changed the service's state. Workflows of its integration "
    "account may have been changed already, and what was done is remembered. Ask again."
)
_WITH_WORKFLOWS = frozenset({OperationName.SUSPEND, OperationName.RESUME})
_OUT_OF_ACTIVE = frozenset(name for name, to in TRANSITIONS.values() if to is not State.ACTIVE)
_UNCERTAIN = (
    "It was interrupted, and whether it was done is not known. Read what it was about, and repeat "
    "it where it was not."
)


@dataclass(frozen=True)
class Interrupted:
    """Finds out whether an interrupted operation did its write; if not, it is made sure that it
    never will.

    An advance writes many rows, each once: it is finished instead.

    :param was_registered: answers this for the registration of a backup.
    """

    directory: Directory
    configuration: Configuration
    changes: ConfigurationChanges
    was_registered: Callable[[Operation], Awaitable[bool]]
    advances: Advances
    ledger: Ledger
    links: InterruptedLinks

    async def __call__(self, operation: Operation) -> OperationError | None:
        """How the operation ends: its error, None for a success.

        :raises RowChanged: if the service is being written by someone else; ask again later.
        """
        if operation.operation is OperationName.SERVICE_UPDATE:
            if operation.parameters.get("change") == ADVANCE:
                return await self.advances.go_on(operation)
            return OperationError(code=Code.INTERNAL_ERROR, message=_UNCERTAIN)
        if operation.operation is OperationName.REGISTER_BACKUP:
            written = await self.was_registered(operation)
        elif operation.operation is OperationName.LINK:
            written = await self.links.was_linked(operation)
        elif operation.operation is OperationName.UNLINK:
            written = await self.links.was_unlinked(operation)
        else:
            written = await self._was_written(operation)
        if written:
            return None
        message = _NOTHING_CHANGED
        if operation.operation in _WITH_WORKFLOWS and await self._is_linked(operation):
            message = _WORKFLOWS_MAY_HAVE
        return OperationError(code=Code.INTERNAL_ERROR, message=message)

    async def _is_linked(self, operation: Operation) -> bool:
        listed = await self.directory.get(operation.service)
        facts = listed.service.integration_account if listed else None
        return facts is not None and facts.linked

    async def _was_written(self, operation: Operation) -> bool:
        listed = await self.directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return False
        if operation.operation is OperationName.CONFIG_UPDATE:
            return await self._were_settings_written(operation, listed)
        service = listed.service
        if operation.id not in service.operations:
            await self.directory.change(service, listed.etag)
            return False
        if operation.operation is OperationName.CREATE:
            return await self._was_created(service, listed)
        await self.changes.settle_writers(service.id)
        if operation.operation in _OUT_OF_ACTIVE:
            # Its process may have stopped before this, which ends allocations in progress.
            await end_issuing(self.ledger, service)
        return True

    async def _was_created(self, service: Service, listed: Listed) -> bool:
        if service.state is State.CREATING:
            failed = service.model_copy(update={"state": State.CREATE_FAILED})
            await self.directory.change(failed, listed.etag)
        return service.state not in (State.CREATING, State.CREATE_FAILED)

    async def _were_settings_written(self, operation: Operation, listed: Listed) -> bool:
        service = listed.service
        head = await self.configuration.head(service.id)
        settings = await self.configuration.settings(service.id)
        if settings is not None and settings.operation_id == operation.id:
            state = after_success(service.state, ServiceOperation.UPDATE_CONFIGURATION)
            if state is not service.state:
                mended = service.model_copy(update={"state": state})
                await self.directory.change(mended, listed.etag)
            return True
        if head is not None:
            if head.held_for_seconds > 0:
                raise RowChanged
            await self.configuration.write_head(service.id, replace(head, hold=""))
        return False
