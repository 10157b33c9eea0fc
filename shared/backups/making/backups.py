"""Starting backups and deletions: the checks before the operation, and the history."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.backups.catalog.removal import Removal
from shared.backups.catalog.returning import Returning
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer, name_in_use
from shared.model.backup import Backup, BackupBody, BackupStatus, Trigger
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.operations.engine import Engine
from shared.operations.immediate import BeforeWrite, unlogged
from shared.operations.start import Start
from shared.rules.due_times import coming_due
from shared.rules.holding import require_backup
from shared.rules.naming import require_new_backup_name
from shared.rules.problems import backup_not_found
from shared.rules.states import ServiceOperation, require_allowed
from shared.services.cut import ServiceSource
from shared.services.cut_records import batches_active, of_batches
from shared.state.history import History
from shared.state.operations import OperationRow
from shared.state.schedules import Schedules
from shared.storage.versioned import Versioned, optimistic
from shared.streams.in_order import in_order

SCHEDULE = "schedule"
"""Caller and trigger of operations that a schedule starts."""


class Backups:
    """Starts, pins, deletes and finds backups."""

    def __init__(
        self,
        *,
        engine: Engine,
        history: History,
        accounts: Accounts,
        removal: Removal,
        schedules: Schedules,
        source: Callable[[Service], ServiceSource],
        returning: Returning,
    ) -> None:
        self._returning = returning
        self._source = source
        self._engine = engine
        self._removal = removal
        self._schedules = schedules
        self._history = history
        self._accounts = accounts

    async def start(
        self, service: Service, body: BackupBody, caller: str, operation_id: str | None
    ) -> OperationRow:
        """Start a backup on demand.

        :raises Problem: InvalidName, EditionHasNoBackup, OperationNotAllowed,
            StorageAccountUnknown, BackupNameInUse, OperationInProgress, OperationIdInUse.
        """
        start = Start(
            OperationName.BACKUP,
            service.name,
            caller,
            "http",
            {
                "name": body.name,
                "storageAccount": body.storage_account,
                "trigger": str(Trigger.ON_DEMAND),
                **({"requireIdleBatches": True} if body.require_idle_batches else {}),
                **({} if body.pull else {"pull": False}),
            },
            operation_id,
            service.id,
        )
        repeated = await self._engine.repeated(start)
        if repeated is not None:
            return repeated
        require_new_backup_name(body.name)
        require_backup(service)
        require_allowed(service.name, service.state, ServiceOperation.BACKUP)
        account = self._accounts.require(body.storage_account, "/storageAccount")
        *_, active = await in_order(
            self._require_unused(service, body.name),
            _require_no_container(BackupContainer(account, body.name)),
            self._require_not_coming(service, body.name),
            self._source(service).active_batches(),
        )
        warning = of_batches(active or [])
        if warning is not None:
            if body.require_idle_batches:
                raise batches_active(warning)
            start = replace(start, warnings=(warning,))
        return await self._engine.start(start)

    async def _require_unused(self, service: Service, name: str) -> None:
        if await self._history.get(service.name, name) is not None:
            raise name_in_use(name)

    async def _require_not_coming(self, service: Service, name: str) -> None:
        """Refuse the name of a coming scheduled backup, which would fail because the name is in
        use.

        :raises Problem: BackupNameInUse.
        """
        found = await self._schedules.get(service.name)
        if found is None or found.value.plan is None or found.value.next_run_at is None:
            return
        plan = found.value.plan
        due = coming_due(
            service.name, name, plan.start_at, plan.frequency_days, found.value.next_run_at
        )
        if due is not None:
            raise Problem(
                Code.BACKUP_NAME_IN_USE,
                f"'{name}' is the name that the scheduled backup of {rfc3339(due)} will have. "
                "Choose another name.",
                target="/name",
            )

    async def start_scheduled(
        self,
        service: Service,
        *,
        name: str,
        account: str,
        due_at: datetime,
        missed: int,
        operation_id: str,
    ) -> OperationRow:
        """Start the backup of a due time. If it is not allowed, this shows as a failed run, not as
        an error here.

        :param missed: how many due times before that one passed without a backup.
        :raises Problem: OperationInProgress; OperationIdInUse if it was started before.
        """
        parameters: JsonObject = {
            "name": name,
            "storageAccount": account,
            "trigger": str(Trigger.SCHEDULED),
            "dueAt": rfc3339(due_at),
        }
        if missed:
            parameters["missed"] = missed
        return await self._engine.start(
            Start(
                OperationName.BACKUP,
                service.name,
                SCHEDULE,
                SCHEDULE,
                parameters,
                operation_id,
                service.id,
            )
        )

    @optimistic
    async def pin(
        self, service: str, name: str, pinned: bool, before_write: BeforeWrite = unlogged
    ) -> Versioned[Backup]:
        """Pin or unpin a backup: a pinned one cannot be deleted, also not by retention.

        :raises Problem: BackupNotFound, also if it was deleted and has no container; BackupInUse
            while it is being deleted.
        """
        found = await self.get(service, name)
        if found.value.pinned is pinned and found.value.status.is_held():
            return found
        backup = found.value
        if pinned and not await self._returning.is_written(backup):
            backup = await self._returning.readable(backup)
        await self._returning.require_not_going(backup)
        changed = backup.model_copy(update={"pinned": pinned})
        await before_write()
        return Versioned(changed, await self._history.change(changed, found.etag))

    async def delete(
        self, found: Versioned[Backup], *, force: bool, caller: str, operation_id: str | None
    ) -> OperationRow:
        """Start the deletion of a backup, whether its service still exists or not.

        :param force: also if it is the only good one.
        :raises Problem: BackupPinned, BackupInUse, LastGoodBackup, OperationIdInUse.
        """
        backup = found.value
        start = Start(
            OperationName.PURGE_BACKUP,
            backup.service,
            caller,
            "http",
            {"backup": backup.name, "force": force},
            operation_id,
            backup.service_id,
        )
        repeated = await self._engine.repeated(start)
        if repeated is not None:
            return repeated
        if backup.status not in (BackupStatus.DELETING, BackupStatus.DELETED):
            backup = (await self._removal.deletable(found)).value
            if not force:
                await self._removal.require_not_last(backup)
        return await self._engine.start(start)

    async def get(self, service: str, name: str) -> Versioned[Backup]:
        """One backup of a service name, whether the service still exists or not.

        :raises Problem: BackupNotFound.
        """
        found = await self._history.get(service, name)
        if found is None:
            raise backup_not_found(service, name)
        return found


async def _require_no_container(container: BackupContainer) -> None:
    if await container.exists():
        raise name_in_use(container.name)
