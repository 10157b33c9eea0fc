"""Level ``restore``: an invisible scratch service is restored from the backup, and compared with
it.

It is in tables of its own, so that no list shows it, no number can be issued from it, and the
ledger of the real name is not changed. Whatever happens, its rows, content and container are
deleted.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.secrets_reader import SecretEntries, Secrets
from shared.backups.making.writer import RunWriter
from shared.blobs.backup_container import (
    SCRATCH_KIND,
    BackupContainer,
    Ownership,
    corrupt,
)
from shared.blobs.copying import Copier
from shared.clock import Clock
from shared.model.operation import Operation
from shared.model.record import Record
from shared.model.restore import BackupPlace, NumbersPlan, NumbersPolicy, RestoreBody
from shared.model.sections import WITH_SECRETS
from shared.model.service import Service, State
from shared.operations.task import Task
from shared.restores.new_service import NewService
from shared.restores.restore_work import apply
from shared.rules.restoring.plan import plan
from shared.sealing.provider import KeyProvider
from shared.services.cut import ServiceCut, ServiceSource, ServiceStores
from shared.state.configuration import Phase
from shared.state.services import Directory
from shared.streams.merged import merged
from shared.verification.findings import Findings


@dataclass(frozen=True)
class Scratch:
    """Restores into tables that no list shows, and backs up from them again.

    :param stores: over separate tables; content is stored under the id of the scratch service.
    :param directory: also over a separate table.
    :param container: the container of the second backup by its name, in the state account.
    """

    stores: ServiceStores
    directory: Directory
    provider: KeyProvider
    clock: Clock
    container: Callable[[str], BackupContainer]

    async def compare(
        self, task: Task, backup: OpenBackup, secrets: Secrets, copier: Copier, findings: Findings
    ) -> None:
        """Restore, back up again, and add a fault for each section whose lines differ."""
        operation, descriptor = task.operation, backup.descriptor
        name, service_id = _name(operation), _service_id(operation)
        place = BackupPlace(storage_account="scratch", container=descriptor.backup.name)
        planned = plan(descriptor, RestoreBody(backup=place, accept_partial=True), "scratch")
        target = planned.target.model_copy(update={"name": name})
        # As it is in the backup, and under no other name: no other service continues its numbers.
        numbers = NumbersPlan(policy=NumbersPolicy.AS_BACKED_UP)
        update = {"target": target, "backed_up_name": name, "control_numbers": numbers}
        planned = planned.model_copy(update=update)
        restored = NewService(
            self.stores,
            self.directory,
            self.clock,
            name=name,
            service_id=service_id,
            operation_id=operation.id,
        )
        await apply(task, backup, secrets, restored, planned, copier)
        await self._back_up_again(task, backup, secrets, findings)

    async def _back_up_again(
        self, task: Task, backup: OpenBackup, secrets: Secrets, findings: Findings
    ) -> None:
        operation, descriptor = task.operation, backup.descriptor
        listed = await self.directory.get(_name(operation))
        assert listed is not None, "it was restored just now"
        service: Service = listed.service
        container = self.container(_container(operation))
        await container.create(Ownership("scratch", service.id, operation.id, SCRATCH_KIND))
        run = f"{operation.attempt}-1"
        writer = RunWriter(
            container, self.provider, self.clock, task, backup_id=operation.id, run=run
        )
        cut = await ServiceSource(self.stores, service, self.directory).cut(
            operation.id, hold=False
        )
        try:
            await writer.write_configuration(cut)
            await writer.committed()
            await writer.write_runtime(cut)
        finally:
            await writer.give_up()
        again = {part.name: part.lines_sha256 for part in writer.result.sections}
        # A record whose content could not be backed up is restored without it, and so differs.
        lacking = {f.section for f in descriptor.failures if f.code != "ItemUnreadable"}
        for part in descriptor.sections:
            if (
                part.name in again
                and part.name not in lacking
                and again[part.name] != part.lines_sha256
                and not await _has_same_records(cut, backup, secrets.entries(), part.name)
            ):
                findings.add(corrupt(part.blob, "restored and backed up again it has other lines"))
        await cut.end()

    async def clear(self, operation: Operation) -> None:
        """Delete the scratch services of all attempts; does nothing for what is already deleted."""
        for attempt in range(1, operation.attempt + 1):
            await self._clear(operation.model_copy(update={"attempt": attempt}))

    async def _clear(self, operation: Operation) -> None:
        service_id, name = _service_id(operation), _name(operation)
        stores = self.stores
        head = await stores.configuration.head(service_id)
        if head is not None and head.phase is not Phase.CLOSED:
            closed = replace(head, phase=Phase.CLOSED, hold="")
            await stores.configuration.write_head(service_id, closed)
        await stores.received.drop_all(service_id)
        await stores.mics.drop_all(service_id)
        await stores.sessions.drop_all(service_id)
        await stores.batches.drop_all(service_id)
        await stores.content.drop(service_id)
        async for keys in stores.configuration.keys(service_id):
            await stores.configuration.drop(service_id, keys)
        await stores.ledger.drop_all(name)
        await self.container(_container(operation)).delete()
        listed = await self.directory.get(name)
        if listed is not None and listed.service.state is not State.CREATING:
            await self.directory.remove(listed)


async def _has_same_records(
    cut: ServiceCut, backup: OpenBackup, secrets: SecretEntries, section: str
) -> bool:
    """Whether a section's records are equal after their secrets are put back.

    Their lines differ if the backup has secrets in the clear that have become recognised as secrets
    since.
    """
    if section not in WITH_SECRETS:
        return False

    async def backed_up() -> AsyncIterator[list[Record]]:
        async for page in backup.records(section):
            yield [await secrets.put_back(section, record) for record in page]

    async for pairs in merged(backed_up(), cut.records(section), _line, _line):
        if any(None in pair for pair in pairs):
            return False
    return True


def _line(record: Record) -> str:
    return record.line().decode()


def _digest(operation: Operation) -> str:
    """A digest that identifies an attempt: operation ids from callers are unique only within a
    service.

    Each attempt has a scratch service of its own: one that an earlier attempt left may be half
    restored or half deleted, and processes cache its key.
    """
    name = f"{operation.service.lower()}!{operation.id}!{operation.attempt}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _name(operation: Operation) -> str:
    return f"v{_digest(operation)}"


def _service_id(operation: Operation) -> str:
    return f"verify-{_digest(operation)}"


def _container(operation: Operation) -> str:
    return f"interkeep-verify-{_digest(operation)}"
