"""The entry of a backup in the history: made before anything is refused."""

from datetime import datetime

from shared.alerts.happenings import backups_missed
from shared.backups.catalog.presence import account_name
from shared.backups.making.stores import BackupStores
from shared.blobs.backup_container import name_in_use
from shared.model.backup import Backup, BackupStatus, Trigger
from shared.model.operation import Operation
from shared.model.service import Service
from shared.model.wire import JsonValue
from shared.storage.tables import RowExists
from shared.storage.versioned import Versioned


class Entering:
    """Enters backups."""

    def __init__(self, stores: BackupStores) -> None:
        self._stores = stores

    async def entered(
        self, operation: Operation, service: Service, found: Versioned[Backup] | None
    ) -> Versioned[Backup]:
        """The backup's entry in the history, added now or by an earlier attempt.

        It is added before anything is refused, so that the history shows a scheduled run that
        failed.
        """
        name = str(operation.parameters["name"])
        if found is not None:
            if found.value.operation != operation.id:
                await self._tell_missed(operation)
                raise name_in_use(name)
            return found
        backup = Backup(
            name=name,
            id=operation.id,
            service=service.name,
            service_id=service.id,
            edition=service.edition,
            trigger=Trigger(str(operation.parameters.get("trigger", Trigger.ON_DEMAND))),
            status=BackupStatus.RUNNING,
            storage_account=str(operation.parameters["storageAccount"]),
            container=name,
            account_name=account_name(
                self._stores.accounts, str(operation.parameters["storageAccount"])
            ),
            caller=operation.caller,
            started_at=self._stores.clock.now(),
            operation=operation.id,
            due_at=_time(operation.parameters.get("dueAt")),
            missed=_count(operation.parameters.get("missed")),
        )
        await self._tell_missed(operation)
        try:
            return await self._stores.history.add(backup)
        except RowExists as error:
            raise name_in_use(name) from error

    async def _tell_missed(self, operation: Operation) -> None:
        """Log missed due times. Only the first attempt does: it is the one that finds no entry of
        its own."""
        due = _time(operation.parameters.get("dueAt"))
        missed = _count(operation.parameters.get("missed"))
        if missed and due is not None:
            await self._stores.alerts.tell(
                backups_missed(
                    operation.service,
                    operation.service_id or "",
                    before=due,
                    missed=missed,
                    reason="the app did not run, or another operation was under way",
                    now=self._stores.clock.now(),
                )
            )


def _time(value: JsonValue) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def _count(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None
