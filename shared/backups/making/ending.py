"""The end of a backup: in the history, on the service, and, if it failed, without leaving a
container."""

import logging
from functools import partial

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
from shared.model.noticed import Noticed, NoticedBy
from shared.model.operation import Operation, OperationStatus
from shared.model.problem import Problem
from shared.model.service import LastBackup, Service
from shared.model.wire import JsonValue
from shared.state.services import Listed
from shared.storage.fence import LeaseLost
from shared.storage.refusals import meaning, passes
from shared.storage.versioned import Versioned, optimistically
from shared.streams.in_order import two_in_order

_UNSETTLED = frozenset(
    {
        BackupStatus.RUNNING,
        BackupStatus.SUCCEEDED,
        BackupStatus.PARTIALLY_SUCCEEDED,
        BackupStatus.FAILED,
        BackupStatus.CANCELED,
    }
)
"""States of an entry that the end of its operation may still replace."""

_ALERTS = {
    OperationStatus.FAILED: backup_failed,
    OperationStatus.PARTIALLY_SUCCEEDED: backup_partial,
}
"""Ends of a scheduled backup for which an alert is raised."""

_GOOD = frozenset({OperationStatus.SUCCEEDED, OperationStatus.PARTIALLY_SUCCEEDED})

log = logging.getLogger("interkeep.backup")


class BackupEnding:
    """What follows the end of a backup's operation. Idempotent: it is done again after a crash."""

    def __init__(self, stores: BackupStores) -> None:
        self._stores = stores

    async def settle(
        self,
        operation: Operation,
        entry: Versioned[Backup] | None = None,
        listed: Listed | None = None,
    ) -> None:
        """Enter the end in the history and on the service; for a failure, raise the alert and
        delete the container.

        :param entry: the backup's entry, if it was read or added before.
        :param listed: the service, if it was read before.
        """
        name = str(operation.parameters["name"])
        await self._tell(operation, name)
        backup, _ = await two_in_order(
            self._in_history(operation, name, entry),
            optimistically(
                partial(self._stores.directory.get, operation.service),
                partial(self._show, operation, name),
                listed,
            ),
        )
        if backup is None:
            return
        if operation.status not in _GOOD:
            await self._remove_container(operation, backup)
        elif _is_scheduled(operation):
            await self._follow(backup)

    async def _is_entered(self, operation: Operation, name: str) -> bool:
        """Whether an earlier call has updated the history, and so has raised the alert."""
        found = await self._stores.history.get(operation.service, name)
        mine = found is not None and found.value.operation == operation.id
        return mine and found is not None and found.value.completed_at is not None

    async def _tell(self, operation: Operation, name: str) -> None:
        """Raise the alert, before the history is updated: it may come twice, but is never lost."""
        alert = _ALERTS.get(operation.status) if _is_scheduled(operation) else None
        if alert is not None and not await self._is_entered(operation, name):
            await self._stores.alerts.tell(alert(operation, name, self._stores.clock.now()))

    async def _in_history(
        self, operation: Operation, name: str, entry: Versioned[Backup] | None
    ) -> Backup | None:
        """Enter how it ended, unless that was done; None if this operation has no entry."""
        # Only of a running one it is sure that it is written, on the condition that it is the same.
        running = entry is not None and entry.value.status is BackupStatus.RUNNING
        return await optimistically(
            partial(self._stores.history.get, operation.service, name),
            partial(self._entered, operation),
            entry if running else None,
        )

    async def _entered(self, operation: Operation, found: Versioned[Backup]) -> Backup | None:
        if found.value.operation != operation.id:
            return None
        final = _final(found, operation)
        entered = found.value.completed_at is not None
        if entered and (final.status is found.value.status or found.value.status.is_held()):
            return found.value  # also if a reader found it whole, whatever its operation says
        if found.value.status not in _UNSETTLED:
            return found.value  # it has been deleted since
        await self._stores.history.change(final, found.etag)
        return final

    async def _follow(self, backup: Backup) -> None:
        """Start what follows a scheduled backup. If this fails, the backup is good, and a timer
        starts it later."""
        try:
            await self._stores.after_scheduled(backup)
        except LeaseLost:
            raise
        except Exception:
            log.exception("%s: what follows the backup %s waits", backup.service, backup.name)

    async def _remove_container(self, operation: Operation, backup: Backup) -> None:
        """Delete the container of a failed backup. If that is not allowed, what remains is not a
        backup: it has no descriptor.

        If it has a descriptor, that is another operation's or unreadable, and the backup may be
        whole: the container is kept.
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

    async def _show(self, operation: Operation, name: str, listed: Listed) -> None:
        """Show the backup as the service's last one."""
        assert operation.completed_at is not None
        last = LastBackup(
            name=name,
            status=operation.status,
            completed_at=operation.completed_at,
            operation=operation.id,
        )
        if listed.service.id != operation.service_id:
            return
        update: dict[str, object] = {
            "last_backup": _later(listed.service.last_backup, last),
            "noticed": _noticed_later(listed.service, operation, last),
        }
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


def _noticed_later(service: Service, operation: Operation, last: LastBackup) -> NoticedBy | None:
    """What a service shows as noticed: that of the latest of its backups that noticed anything."""
    found, before = _noticed(operation), service.noticed
    if found is None or (before is not None and before.at >= last.completed_at):
        return before
    return NoticedBy(**found.model_dump(), backup=last.name, at=last.completed_at)


def _noticed(operation: Operation) -> Noticed | None:
    noticed = (operation.result or {}).get("noticed")
    return Noticed.model_validate(noticed) if noticed is not None else None


def _final(found: Versioned[Backup], operation: Operation) -> Backup:
    result = operation.result or {}
    listed = result.get("sections")
    sections = listed if isinstance(listed, list) else []
    status = BackupStatus.FAILED
    if operation.status in _GOOD or operation.status is OperationStatus.CANCELED:
        status = BackupStatus(operation.status)
    seen = found.value.container_seen
    if operation.status in _GOOD and operation.completed_at is not None:
        # The descriptor could not be read: only the metadata of its blob are known.
        compared = Found.WHOLE if sections else Found.THERE
        seen = seen or ContainerSeen(found=compared, at=operation.completed_at)
    return found.value.model_copy(
        update={
            "status": status,
            "container_seen": seen,
            "completed_at": operation.completed_at,
            "error": operation.error.message if operation.error else None,
            "pulled": True if result.get("pull") else None,
            "revision": result.get("revision"),
            "items": result.get("items"),
            "content_objects": result.get("contentObjects"),
            "bytes": result.get("bytes"),
            "digest": result.get("digest"),
            "key_ids": result.get("keyIds", []),
            "failures": _count(result.get("failedItems")),
            "warnings": operation.warnings,
            "noticed": _noticed(operation),
            "sections": [BackedUpSection.model_validate(part) for part in sections],
        }
    )
