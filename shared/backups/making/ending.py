"""How a backup ends: in the history, on the service, and, where it failed, with nothing left."""

import logging

from azure.core.exceptions import AzureError

from shared.alerts.happenings import backup_failed, backup_partial
from shared.backups.archive.paths import descriptor_path
from shared.backups.making.stores import BackupStores
from shared.blobs.backup_container import BackupContainer
from shared.model.backup import (
    BackedUpSection,
    Backup,
    BackupStatus,
    ContainerSeen,
    Found,
    Trigger,
)
from shared.model.operation import Operation, OperationStatus
from shared.model.problem import Problem
from shared.model.service import LastBackup
from shared.model.wire import JsonValue
from shared.storage.fence import LeaseLost
from shared.storage.refusals import meaning, passes
from shared.storage.versioned import Versioned, optimistic

_UNSETTLED = frozenset(
    {
        BackupStatus.RUNNING,
        BackupStatus.SUCCEEDED,
        BackupStatus.PARTIALLY_SUCCEEDED,
        BackupStatus.FAILED,
        BackupStatus.CANCELED,
    }
)
"""What an entry may say before its operation's end is entered for good."""

_ALERTS = {
    OperationStatus.FAILED: backup_failed,
    OperationStatus.PARTIALLY_SUCCEEDED: backup_partial,
}
"""Ends of a scheduled backup that an operator hears of."""

_GOOD = frozenset({OperationStatus.SUCCEEDED, OperationStatus.PARTIALLY_SUCCEEDED})

log = logging.getLogger("interkeep.backup")


class BackupEnding:
    """What follows from the end of a backup's operation; done again after a crash."""

    def __init__(self, stores: BackupStores) -> None:
        self._stores = stores

    async def settle(self, operation: Operation) -> None:
        """Enter it in the history, show it on the service, tell a failure, remove what it left."""
        name = str(operation.parameters["name"])
        await self._tell(operation, name)
        backup = await self._in_history(operation, name)
        await self._show_on_service(operation, name)
        if backup is None:
            return
        if operation.status not in _GOOD:
            await self._remove_container(operation, backup)
        elif _is_scheduled(operation):
            await self._follow(backup)

    async def _is_entered(self, operation: Operation, name: str) -> bool:
        """Whether an earlier settling got as far as the history: what it told is told."""
        found = await self._stores.history.get(operation.service, name)
        mine = found is not None and found.value.operation == operation.id
        return mine and found is not None and found.value.completed_at is not None

    async def _tell(self, operation: Operation, name: str) -> None:
        """Before the history says so: an alert may come twice, and is never lost."""
        alert = _ALERTS.get(operation.status) if _is_scheduled(operation) else None
        if alert is not None and not await self._is_entered(operation, name):
            await self._stores.alerts.tell(alert(operation, name, self._stores.clock.now()))

    @optimistic
    async def _in_history(self, operation: Operation, name: str) -> Backup | None:
        """Enter how it ended, unless that was done; None where this operation has no entry."""
        found = await self._stores.history.get(operation.service, name)
        if found is None or found.value.operation != operation.id:
            return None
        final = _final(found, operation)
        entered = found.value.completed_at is not None
        if entered and (final.status is found.value.status or found.value.status.is_held()):
            return found.value  # also what a reader found whole, whatever its operation says
        if found.value.status not in _UNSETTLED:
            return found.value  # it has been deleted since
        await self._stores.history.change(final, found.etag)
        return final

    async def _follow(self, backup: Backup) -> None:
        """Start what follows. The backup is good without it, and a timer starts it later too."""
        try:
            await self._stores.after_scheduled(backup)
        except LeaseLost:
            raise
        except Exception:
            log.exception("%s: what follows the backup %s waits", backup.service, backup.name)

    async def _remove_container(self, operation: Operation, backup: Backup) -> None:
        """Leave nothing of a failure. What may not be removed is no backup: no descriptor.

        Where there is one, nobody could tell whose it is, or it is another's: it may be whole.
        """
        try:
            account = self._stores.accounts.require(backup.storage_account, "/storageAccount")
            container = BackupContainer(account, backup.container)
            if not await container.is_made_by(await self._stores.ownership(operation)):
                return
            if await container.seen(descriptor_path(backup.name)) is not None:
                log.warning("the container of %s stays: it has a descriptor", backup.name)
                return
            await container.delete()
        except Problem as problem:
            log.warning("the container of %s stays: %s", backup.name, problem)
        except AzureError as error:
            if passes(error):
                raise
            log.warning("the container of %s stays: %s", backup.name, meaning(error))

    @optimistic
    async def _show_on_service(self, operation: Operation, name: str) -> None:
        assert operation.completed_at is not None
        last = LastBackup(
            name=name,
            status=operation.status,
            completed_at=operation.completed_at,
            operation=operation.id,
        )
        listed = await self._stores.directory.get(operation.service)
        if listed is None or listed.service.id != operation.service_id:
            return
        update = {"last_backup": _later(listed.service.last_backup, last)}
        if _is_scheduled(operation):
            before = listed.service.last_scheduled_backup
            update["last_scheduled_backup"] = _later(before, last)
        service = listed.service.model_copy(update=update)
        if service == listed.service:
            return
        await self._stores.directory.change(service, listed.etag)


def _is_scheduled(operation: Operation) -> bool:
    return operation.parameters.get("trigger") == Trigger.SCHEDULED


def _count(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None


def _later(shown: LastBackup | None, last: LastBackup) -> LastBackup:
    return shown if shown is not None and shown.completed_at >= last.completed_at else last


def _final(found: Versioned[Backup], operation: Operation) -> Backup:
    result = operation.result or {}
    listed = result.get("sections")
    sections = listed if isinstance(listed, list) else []
    status = BackupStatus.FAILED
    if operation.status in _GOOD or operation.status is OperationStatus.CANCELED:
        status = BackupStatus(operation.status)
    seen = found.value.container_seen
    if operation.status in _GOOD and operation.completed_at is not None:
        # Of a descriptor that could not be read, its blob alone was heard.
        compared = Found.WHOLE if sections else Found.THERE
        seen = seen or ContainerSeen(found=compared, at=operation.completed_at)
    return found.value.model_copy(
        update={
            "status": status,
            "container_seen": seen,
            "completed_at": operation.completed_at,
            "error": operation.error.message if operation.error else None,
            "revision": result.get("revision"),
            "items": result.get("items"),
            "content_objects": result.get("contentObjects"),
            "bytes": result.get("bytes"),
            "digest": result.get("digest"),
            "key_ids": result.get("keyIds", []),
            "failures": _count(result.get("failedItems")),
            "warnings": operation.warnings,
            "sections": [BackedUpSection.model_validate(part) for part in sections],
        }
    )
