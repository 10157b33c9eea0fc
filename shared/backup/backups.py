"""Backups on demand: what is checked before an operation starts, and the history."""

from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer, name_in_use
from shared.model.backup import Backup, BackupBody, Trigger
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.service import Service
from shared.operations.engine import Engine, Start
from shared.rules.editions import require_backup
from shared.rules.naming import require_backup_name, shown
from shared.rules.states import ServiceOperation, require_allowed
from shared.state.configuration import Versioned
from shared.state.history import History
from shared.state.operations import Record


class Backups:
    """Starting backups, and what was made."""

    def __init__(self, *, engine: Engine, history: History, accounts: Accounts) -> None:
        self._engine = engine
        self._history = history
        self._accounts = accounts

    async def start(
        self, service: Service, body: BackupBody, caller: str, operation_id: str | None
    ) -> Record:
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
            },
            operation_id,
            service.id,
        )
        repeated = await self._engine.repeated(start)
        if repeated is not None:
            return repeated
        require_backup_name(body.name)
        require_backup(service.name, service.edition)
        require_allowed(service.name, service.state, ServiceOperation.BACKUP)
        account = self._accounts.require(body.storage_account, "/storageAccount")
        if await self._history.get(service.name, body.name) is not None:
            raise name_in_use(body.name)
        if await BackupContainer(account, body.name).exists():
            raise name_in_use(body.name)
        return await self._engine.start(start)

    async def get(self, service: str, name: str) -> Versioned[Backup]:
        """One backup of a service name, living or not.

        :raises Problem: BackupNotFound.
        """
        found = await self._history.get(service, name)
        if found is None:
            raise Problem(
                Code.BACKUP_NOT_FOUND,
                f"Service '{shown(service)}' has no backup '{shown(name)}'.",
                target="backup",
            )
        return found
