"""Registering a backup that this installation does not know: adding it to its history.

The entry is made from the descriptor, whose seal is checked. This is needed after the loss of a
state account, or in the installation of another region, which do not know the existing backups.
"""

from pydantic import ValidationError

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.paths import descriptor_path
from shared.backups.archive.reader import forged
from shared.backups.catalog.browsing import require_names
from shared.backups.catalog.entries import facts
from shared.backups.catalog.returning import Returning
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.model.backup import Backup, ContainerSeen, Found, Trigger
from shared.model.descriptor import Descriptor
from shared.model.operation import Operation, OperationName
from shared.model.problem import Code, Problem
from shared.operations.engine import Engine
from shared.operations.immediate import logged
from shared.operations.start import Start
from shared.rules.naming import require_backup_name, shown
from shared.sealing.provider import KeyProvider
from shared.state.history import History
from shared.state.operations import OperationRow
from shared.storage.tables import RowChanged, RowExists
from shared.storage.versioned import Versioned

_KEPT = (
    "started_at",  # its place in the history
    "due_at",
    "missed",
    "users",
    "verified_at",
    "verify_level",
    "verify_status",
    "verify_operation",
    "verify_problems",
    "deletion_refused",
)
"""States of an entry that a registration of its backup replaces."""


class Registration:
    """Registers backups by account and container."""

    def __init__(
        self,
        *,
        engine: Engine,
        history: History,
        accounts: Accounts,
        provider: KeyProvider,
        returning: Returning,
    ) -> None:
        self._engine = engine
        self._history = history
        self._accounts = accounts
        self._provider = provider
        self._returning = returning

    async def register(
        self,
        alias: str,
        container: str,
        *,
        accept_renamed: bool,
        caller: str,
        operation_id: str | None,
    ) -> Versioned[Backup]:
        """Add a container's backup to the history, pinned; if it was registered before, return its
        entry.

        An entry of this backup that says that it is deleted, missing, failed or canceled, or whose
        operation ended without updating it, is replaced if its container exists after all.

        :param accept_renamed: also register a backup in a container with another name.
        :raises Problem: StorageAccountUnknown, InvalidName, BackupNotFound, DescriptorForged,
            FormatUnknown, KeyUnavailable; BackupNameInUse if the history has this backup with other
            facts, or another one with its name; BackupInUse while it is being written or deleted;
            OperationIdInUse.
        """
        account = self._accounts.require(alias, "account")
        require_backup_name(container, "container")
        opened = await OpenBackup.read(
            BackupContainer(account, container), self._provider, accept_renamed=accept_renamed
        )
        name = self._returning.presence.account_name(alias)
        seen = ContainerSeen(found=Found.THERE, at=self._returning.clock.now())
        backup = _entry(opened.descriptor, alias, container, caller, name).model_copy(
            update={"container_seen": seen}
        )
        start = Start(
            OperationName.REGISTER_BACKUP,
            backup.service,
            caller,
            "http",
            {"storageAccount": alias, "container": container, "backup": backup.name},
            operation_id,
            backup.service_id,
        )
        repeated = await self._engine.repeated(start)
        if repeated is None and await self._known(backup) is None:
            async with logged(self._engine, start) as entry:
                await entry.open()
                await self._enter(backup, entry.id)
        found = await self._known(backup)
        if found is None:
            raise _not_done(repeated)
        return found

    async def _known(self, backup: Backup) -> Versioned[Backup] | None:
        """The entry of a backup that was registered from this container; None if there is none, or
        one that will be replaced.

        :raises Problem: BackupNameInUse if the name has another entry; BackupInUse while this
            backup is being written or deleted.
        """
        found = await self._history.get(backup.service, backup.name)
        if found is None:
            return None
        there = found.value
        if _gives_way(there, backup):
            await self._returning.require_not_written(there)
            await self._returning.require_not_going(there)
            return None
        if _is_same(there, backup):
            return found
        if there.id == backup.id:
            raise _in_use(
                f"The history knows this backup already, in the container '{there.container}' of "
                f"'{there.storage_account}' ({there.status})."
            )
        raise _in_use(
            f"Service '{there.service}' has another backup of the name '{shown(there.name)}' in "
            "its history, and a name is used once. Restore from the container without registering "
            "it."
        )

    async def _enter(self, backup: Backup, operation_id: str) -> None:
        entry = backup.model_copy(update={"operation": operation_id})
        found = await self._history.get(backup.service, backup.name)
        try:
            if found is None:
                await self._history.add(entry)
            elif _gives_way(found.value, backup):
                await self._history.change(_in_place_of(found.value, entry), found.etag)
        except (RowExists, RowChanged):
            await self._known(backup)

    async def was_written(self, operation: Operation) -> bool:
        """Whether an interrupted registration has added its backup.

        If it is added later after all, this does no harm: the entry itself contains everything.
        """
        found = await self._history.get(operation.service, str(operation.parameters["backup"]))
        return found is not None and found.value.operation == operation.id


def _is_same(there: Backup, backup: Backup) -> bool:
    """Whether an entry is this backup, registered from this container."""
    places = [(b.digest, b.storage_account, b.container) for b in (there, backup)]
    return there.registered and places[0] == places[1]


def _gives_way(there: Backup, backup: Backup) -> bool:
    """Whether an entry is of this backup, in this container, and says that the backup does not
    exist."""
    given_up = not there.status.is_held()
    same = there.id == backup.id and there.digest in (None, backup.digest)
    places = {(one.storage_account, one.container) for one in (there, backup)}
    return given_up and same and len(places) == 1


def _in_place_of(there: Backup, entry: Backup) -> Backup:
    """An entry that replaces a former one of the same backup and keeps what was found out about
    it."""
    return entry.model_copy(update={member: getattr(there, member) for member in _KEPT})


def _entry(
    descriptor: Descriptor, alias: str, container: str, caller: str, account_name: str | None
) -> Backup:
    """The entry of a backup that was made elsewhere."""
    made, service = descriptor.backup, descriptor.service
    path = descriptor_path(made.name)
    require_names(path, descriptor)
    try:
        return Backup.model_validate(
            {
                "name": made.name,
                "id": made.id,
                "service": service.name,
                "service_id": service.id,
                "edition": service.edition,
                "trigger": Trigger(made.trigger),
                "storage_account": alias,
                "container": container,
                "account_name": account_name,
                "caller": caller,
                "started_at": made.started_at,
                "operation": made.operation_id,
                "pinned": True,
                "registered": True,
                **facts(descriptor),
            }
        )
    except (ValidationError, ValueError) as error:
        raise forged(path, "it says what no backup says") from error


def _in_use(message: str) -> Problem:
    return Problem(Code.BACKUP_NAME_IN_USE, message, target="container")


def _not_done(repeated: OperationRow | None) -> Problem:
    """The problem that an earlier request with the same Operation-Id has not added it, or not
    yet."""
    if repeated is not None and not repeated.operation.status.is_final():
        return Problem(
            Code.OPERATION_IN_PROGRESS,
            "The registration is under way. Repeat the request.",
            target=repeated.operation.id,
            retry_after_seconds=2,
        )
    return Problem(
        Code.OPERATION_ID_IN_USE,
        "The registration with this Operation-Id was interrupted before it entered anything. "
        "Repeat it with another id.",
        target="Operation-Id",
    )
