"""Starting a restore: everything that can be refused is refused here, before the first write."""

from shared.backup.reader import as_record, read_descriptor, section_records
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.clock import Clock
from shared.management.services import exists
from shared.model.descriptor import Descriptor
from shared.model.operation import OperationName
from shared.model.problem import Code, Problem
from shared.model.record import SERVICE
from shared.model.restore import RestoreBody, RestorePlan
from shared.model.service import State
from shared.model.wire import JsonObject
from shared.operations.engine import Engine, Start
from shared.rules.naming import require_backup_name, shown
from shared.rules.restore_plan import lost_settings, plan
from shared.sealing.provider import KeyProvider
from shared.settings import Settings
from shared.state.operations import Operations, Record
from shared.state.services import Directory


class Restores:
    """Plans and starts restores."""

    def __init__(
        self,
        *,
        engine: Engine,
        records: Operations,
        directory: Directory,
        accounts: Accounts,
        provider: KeyProvider,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._engine = engine
        self._records = records
        self._directory = directory
        self._accounts = accounts
        self._provider = provider
        self._clock = clock
        self._settings = settings

    async def plan(self, body: RestoreBody) -> RestorePlan:
        """What the restore would make; nothing is written.

        :raises Problem: StorageAccountUnknown, BackupNotFound, DescriptorForged, FormatUnknown,
            KeyUnavailable, BlobMissing, BlobCorrupt, and what rules.restore_plan.plan raises.
        """
        place = body.backup
        account = self._accounts.require(place.storage_account, "/backup/storageAccount")
        require_backup_name(place.container, "/backup/container")
        container = BackupContainer(account, place.container)
        descriptor = await read_descriptor(
            container, self._provider, accept_renamed=body.accept_renamed
        )
        planned = plan(descriptor, body, self._settings.service_domain)
        lost = lost_settings(planned.target, await _settings(container, descriptor))
        return planned.model_copy(update={"warnings": lost})

    async def start(self, body: RestoreBody, caller: str, operation_id: str | None) -> Record:
        """Start a restore.

        :raises Problem: what ``plan`` raises; ServiceExists, ServiceNameUnavailable,
            OperationInProgress, OperationIdInUse.
        """
        planned = await self.plan(body)
        start = Start(
            OperationName.RESTORE,
            planned.target.name,
            caller,
            "http",
            {"request": body.to_json(), "plan": planned.to_json()},
            operation_id,
            self._clock.new_id(),
        )
        repeated = await self._engine.repeated(start)
        if repeated is not None:
            return repeated
        await self._require_free(planned.target.name)
        return await self._engine.start(start)

    async def _require_free(self, name: str) -> None:
        listed = await self._directory.get(name)
        if listed is None:
            return
        if listed.service.state is State.DELETING:
            raise Problem(
                Code.SERVICE_NAME_UNAVAILABLE,
                f"Service '{name}' is being deleted; its name is free as soon as that completes.",
                target="/service/name",
                retry_after_seconds=5,
            )
        raise exists(
            name,
            ", and a restore never writes over one. Delete it first, or restore under another name",
        )

    async def get(self, restore_id: str) -> Record:
        """One restore, by ``<service name>.<operation id>``.

        :raises Problem: RestoreNotFound.
        """
        service, _, operation_id = restore_id.partition(".")
        found = await self._records.find(service, operation_id) if operation_id else None
        if found is None or found[0].operation.operation is not OperationName.RESTORE:
            raise Problem(
                Code.RESTORE_NOT_FOUND,
                f"There is no restore '{shown(restore_id)}'. Its id is <service>.<operation id>.",
                target="restore",
            )
        return found[0]


async def _settings(container: BackupContainer, descriptor: Descriptor) -> JsonObject:
    """The settings of a backed-up service as the backup holds them, secrets apart."""
    part = descriptor.section(SERVICE)
    if part is None:
        return {}
    pages = section_records(container, part)
    found = [as_record(part.blob, line) async for page in pages for line in page]
    return found[0].document if found else {}
