"""Backups that the history knows, opened for reading."""

from dataclasses import dataclass

from shared.backup.reader import forged, read_descriptor
from shared.backup.users import being_deleted
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.model.backup import Backup, BackupStatus
from shared.model.descriptor import Descriptor
from shared.model.problem import Code, Problem
from shared.rules.naming import shown
from shared.sealing.provider import KeyProvider
from shared.state.history import History

_WITHOUT_CONTAINER = frozenset({BackupStatus.FAILED, BackupStatus.DELETED})


@dataclass(frozen=True)
class Opened:
    """A backup whose descriptor was checked, and is the one that the history knows."""

    backup: Backup
    container: BackupContainer
    descriptor: Descriptor


class KnownBackups:
    """Opens backups by service and name."""

    def __init__(self, history: History, accounts: Accounts, provider: KeyProvider) -> None:
        self._history = history
        self._accounts = accounts
        self._provider = provider

    async def open(self, service: str, name: str, target: str = "backup") -> Opened:
        """Read and check the descriptor of a backup.

        :param target: the parameter that named it.
        :raises Problem: BackupNotFound, also where it has no container (any more); BackupInUse
            where it is being written or deleted; StorageAccountUnknown, DescriptorForged,
            FormatUnknown, KeyUnavailable.
        """
        found = await self._history.get(service, name)
        if found is None or found.value.status in _WITHOUT_CONTAINER:
            state = "" if found is None else f" any more: it is {found.value.status.lower()}"
            raise Problem(
                Code.BACKUP_NOT_FOUND,
                f"Service '{shown(service)}' has no backup '{shown(name)}' to look into{state}.",
                target=target,
            )
        backup = found.value
        _require_rest(backup)
        account = self._accounts.require(backup.storage_account, "storageAccount")
        container = BackupContainer(account, backup.container)
        renamed = backup.container != backup.name
        descriptor = await read_descriptor(container, self._provider, accept_renamed=renamed)
        if backup.digest not in (None, descriptor.digest):
            raise forged(
                f"{descriptor.backup.name}.txt", "it is not the one that the history knows"
            )
        return Opened(backup, container, descriptor)


def _require_rest(backup: Backup) -> None:
    if backup.status is BackupStatus.DELETING:
        raise being_deleted(backup)
    if backup.status is BackupStatus.RUNNING:
        raise Problem(
            Code.BACKUP_IN_USE,
            f"Backup '{shown(backup.name)}' is still being written (operation "
            f"{backup.operation}). Wait until it ends.",
            target=backup.name,
            retry_after_seconds=10,
        )
