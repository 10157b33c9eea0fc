"""One installation: everything wired together, once a process.

Nothing here decides; it says which store each part is given.
"""

import functools
import os

from azure.core.pipeline.transport import AioHttpTransport

from shared.alerts.alerts import QUEUE as ALERTS
from shared.alerts.alerts import Alerts
from shared.alerts.webhook import Webhook
from shared.backup.backups import Backups
from shared.backup.browsing import Browsing
from shared.backup.changes import Changes
from shared.backup.contents import Contents
from shared.backup.known import KnownBackups
from shared.backup.purge import PurgeWork
from shared.backup.registration import Registration
from shared.backup.removal import Removal
from shared.backup.service_source import ServiceSource, ServiceStores
from shared.backup.stores import BackupStores
from shared.backup.users import BackupUsers
from shared.backup.work import BackupWork
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.blobs.content_listing import ContentListing
from shared.blobs.content_store import ContentStore
from shared.clock import Clock
from shared.identity import Identities
from shared.management.artifacts import Artifacts
from shared.management.changes import ConfigurationChanges
from shared.management.collection import CollectionStores, Collector
from shared.management.counters import CounterSettings
from shared.management.deletion import DeletionStores, DeletionWork
from shared.management.imports import Imports
from shared.management.interrupted import Interrupted
from shared.management.services import Services
from shared.model.backup import Backup
from shared.model.operation import Operation, OperationName
from shared.model.service import Service
from shared.operations.engine import QUEUE, Engine
from shared.operations.recover import Recovery
from shared.operations.sweep import Broom, Sweep, expired_numbers, old_records
from shared.patience import WORK, Patience
from shared.restore.restores import Restores
from shared.restore.service_target import ServiceTarget
from shared.restore.work import RestoreStores, RestoreWork
from shared.runtime.allocate import Allocator
from shared.runtime.batches import Batches
from shared.runtime.inbound import Inbound
from shared.schedules.preview import Preview
from shared.schedules.retention import RetentionRuns
from shared.schedules.schedules import ScheduleSettings
from shared.schedules.tick import Tick
from shared.sealing.from_settings import keys_of
from shared.sealing.key_ring import KeyRing
from shared.sealing.vault_clients import VaultClients
from shared.settings import Settings, read_settings
from shared.state import (
    batch_activity,
    configuration,
    content_references,
    control_numbers,
    cursors,
    history,
    mic_values,
    operations,
    received_numbers,
    schedules,
    services,
)
from shared.state.gateway import Table
from shared.storage import StorageClients
from shared.verification.scratch import Scratch
from shared.verification.verifications import Verifications
from shared.verification.work import VerifyWork


class Installation:
    """The parts of Interkeep over one set of settings.

    :param transport: carries each try of a request to storage; tests put theirs in.
    :param patience: with calls to storage that nobody waits for over HTTP.
    :param transport: carries every request to storage; tests put theirs in.
    :param vault_transport: carries every request to key vaults.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        transport: AioHttpTransport | None = None,
        patience: Patience = WORK,
        vault_transport: AioHttpTransport | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.identities = Identities()
        self.clients = StorageClients(self.identities, self.clock, transport, patience)
        self.accounts = Accounts(settings, self.clients)
        self._tables = self.clients.tables(settings.state)
        self._id: str | None = None

        self.directory = services.Directory(self._table(services.TABLE))
        self.configuration = configuration.Configuration(self._table(configuration.TABLE))
        self.ledger = control_numbers.Ledger(self._table(control_numbers.TABLE))
        self.received = received_numbers.ReceivedNumbers(self._table(received_numbers.TABLE))
        self.mics = mic_values.MicValues(self._table(mic_values.TABLE))
        self.batch_activities = batch_activity.BatchActivities(self._table(batch_activity.TABLE))
        self.history = history.History(self._table(history.TABLE))
        self.records = operations.Operations(self._table(operations.TABLE))
        self.in_flight = operations.InFlightIndex(self._table(operations.IN_FLIGHT_TABLE))
        vault_client_id = settings.key_vault_client_id or settings.state.client_id
        self.vaults = VaultClients(
            lambda: self.identities.credential(vault_client_id), vault_transport
        )
        self.provider = keys_of(settings, self.vaults, self.clock)
        self.keys = KeyRing(self.provider, self.configuration.key)
        self.content = ContentStore(self.accounts.state, self.clock, self.id)
        self.schedules = schedules.Schedules(self._table(schedules.TABLE))
        self.alerts = Alerts(
            self.clients.queue(settings.state, ALERTS) if settings.alert_webhook_url else None
        )
        self.webhook = Webhook(settings.alert_webhook_url, self.id)
        self.backup_users = BackupUsers(self.history)
        self.removal = Removal(
            history=self.history,
            accounts=self.accounts,
            provider=self.provider,
            clock=self.clock,
            installation=self.id,
        )
        self.engine = Engine(
            records=self.records,
            in_flight=self.in_flight,
            queue=self.clients.queue(settings.state, QUEUE),
            works={
                OperationName.BACKUP: BackupWork(self._backup_stores()),
                OperationName.RESTORE: RestoreWork(self._restore_stores()),
                OperationName.DELETE: DeletionWork(self._deletion_stores()),
                OperationName.PURGE_BACKUP: PurgeWork(self.removal, self.schedules),
                OperationName.VERIFY_BACKUP: VerifyWork(
                    history=self.history,
                    users=self.backup_users,
                    accounts=self.accounts,
                    provider=self.provider,
                    scratch=self._scratch(),
                    alerts=self.alerts,
                    clock=self.clock,
                ),
            },
            clock=self.clock,
            settings=settings,
        )

        configuration_changes = ConfigurationChanges(self.configuration, self.directory)
        self.services = Services(
            directory=self.directory,
            configuration=self.configuration,
            changes=configuration_changes,
            keys=self.keys,
            engine=self.engine,
            clock=self.clock,
            settings=settings,
        )
        self.artifacts = Artifacts(
            configuration=self.configuration,
            changes=configuration_changes,
            directory=self.directory,
            ledger=self.ledger,
            activities=self.batch_activities,
            keys=self.keys,
            clock=self.clock,
        )
        self.imports = Imports(
            artifacts=self.artifacts,
            configuration=self.configuration,
            keys=self.keys,
            clock=self.clock,
        )
        self.counters = CounterSettings(
            configuration=self.configuration,
            directory=self.directory,
            ledger=self.ledger,
            clock=self.clock,
        )
        self.allocator = Allocator(
            directory=self.directory,
            configuration=self.configuration,
            ledger=self.ledger,
            clock=self.clock,
        )
        self.batches = Batches(
            configuration=self.configuration,
            activities=self.batch_activities,
            clock=self.clock,
        )
        self.inbound = Inbound(
            configuration=self.configuration,
            received=self.received,
            mics=self.mics,
            clock=self.clock,
        )
        self.backups = Backups(
            engine=self.engine,
            history=self.history,
            accounts=self.accounts,
            removal=self.removal,
            source=lambda service: ServiceSource(self._service_stores(), service, self.directory),
        )
        self.known_backups = KnownBackups(self.history, self.accounts, self.provider)
        self.contents = Contents(self.known_backups)
        self.changes = Changes(self.known_backups, self.provider, self.directory, self.source)
        self.verifications = Verifications(self.engine, self.history)
        self.browsing = Browsing(self.accounts, self.provider, self.history)
        self.registration = Registration(
            engine=self.engine,
            history=self.history,
            accounts=self.accounts,
            provider=self.provider,
        )
        self.retention_runs = RetentionRuns(self.engine, self.removal, self.schedules, self.clock)
        self.tick = Tick(
            schedules=self.schedules,
            directory=self.directory,
            records=self.records,
            backups=self.backups,
            retention=self.retention_runs,
            alerts=self.alerts,
            clock=self.clock,
        )
        self.schedule_settings = ScheduleSettings(
            self.schedules, self.records, self.accounts, self.tick, self.clock
        )
        self.preview = Preview(self.schedule_settings, self.retention_runs, self.clock)
        self.restores = Restores(
            engine=self.engine,
            records=self.records,
            directory=self.directory,
            accounts=self.accounts,
            provider=self.provider,
            clock=self.clock,
            settings=settings,
        )
        self.sweep = Sweep(
            [
                Broom("operations", self._table(operations.TABLE), old_records),
                Broom("received", self._table(received_numbers.TABLE), expired_numbers),
            ],
            cursors.Cursors(self._table(services.TABLE)),
            self.clock,
        )
        self.collector = Collector(self._collection_stores())
        self.recovery = Recovery(
            self.engine,
            Interrupted(
                self.directory,
                self.configuration,
                configuration_changes,
                self.registration.was_written,
            ),
        )

    async def id(self) -> str:
        """The id of this installation, drawn at its first use and kept."""
        if self._id is None:
            self._id = await self.directory.installation(self.clock.new_id())
        return self._id

    async def _after_scheduled(self, backup: Backup) -> None:
        """What follows a good scheduled backup."""
        found = await self.schedules.get(backup.service)
        plan = found.value.plan if found else None
        if found is None or plan is None or found.value.service_id != backup.service_id:
            return
        if plan.verify is not None:
            await self.verifications.after_backup(backup, plan.verify)
        await self.retention_runs.start(
            backup.service, backup.service_id, reason=f"after {backup.name}"
        )

    async def close(self) -> None:
        """Close the sockets."""
        await self.clients.close()
        await self.vaults.close()
        await self.identities.close()

    def _table(self, name: str) -> Table:
        return Table(self._tables.get_table_client(name), self.clock.new_id)

    def _service_stores(self) -> ServiceStores:
        return ServiceStores(
            configuration=self.configuration,
            ledger=self.ledger,
            received=self.received,
            mics=self.mics,
            batches=self.batch_activities,
            content=self.content,
            content_account=self.accounts.state,
            keys=self.keys,
        )

    def source(self, service: Service) -> ServiceSource:
        """A service as a backup reads it."""
        return ServiceSource(self._service_stores(), service, self.directory)

    def _backup_stores(self) -> BackupStores:
        return BackupStores(
            directory=self.directory,
            history=self.history,
            accounts=self.accounts,
            provider=self.provider,
            source=self.source,
            clock=self.clock,
            installation=self.id,
            alerts=self.alerts,
            after_scheduled=self._after_scheduled,
        )

    def _restore_stores(self) -> RestoreStores:
        return RestoreStores(
            accounts=self.accounts,
            provider=self.provider,
            clock=self.clock,
            target=self._restore_target,
            users=self.backup_users,
        )

    def _scratch(self) -> Scratch:
        """Tables of their own for services that a verify restores and nobody sees."""
        state = self.accounts.state
        kept = configuration.Configuration(self._table(_scratch_table(configuration.TABLE)))
        return Scratch(
            stores=ServiceStores(
                configuration=kept,
                ledger=control_numbers.Ledger(self._table(_scratch_table(control_numbers.TABLE))),
                received=received_numbers.ReceivedNumbers(
                    self._table(_scratch_table(received_numbers.TABLE))
                ),
                mics=mic_values.MicValues(self._table(_scratch_table(mic_values.TABLE))),
                batches=batch_activity.BatchActivities(
                    self._table(_scratch_table(batch_activity.TABLE))
                ),
                content=self.content,
                content_account=state,
                keys=KeyRing(self.provider, kept.key),
            ),
            directory=services.Directory(self._table(_scratch_table(services.TABLE))),
            provider=self.provider,
            clock=self.clock,
            container=lambda name: BackupContainer(state, name),
        )

    def _restore_target(self, operation: Operation) -> ServiceTarget:
        return ServiceTarget(
            self._service_stores(),
            self.directory,
            self.clock,
            name=operation.service,
            service_id=str(operation.service_id),
            operation_id=operation.id,
        )

    def _collection_stores(self) -> CollectionStores:
        return CollectionStores(
            content=ContentListing(self.accounts.state),
            configuration=self.configuration,
            references=content_references.ContentReferences(self._table(configuration.TABLE)),
            directory=self.directory,
            in_flight=self.in_flight,
            records=self.records,
            cursors=cursors.Cursors(self._table(services.TABLE)),
            installation=self.id,
        )

    def _deletion_stores(self) -> DeletionStores:
        return DeletionStores(
            directory=self.directory,
            configuration=self.configuration,
            ledger=self.ledger,
            received=self.received,
            mics=self.mics,
            batches=self.batch_activities,
            content=self.content,
            schedules=self.schedules,
            clock=self.clock,
        )


def _scratch_table(name: str) -> str:
    return name.replace("interkeep", "interkeepScratch")


@functools.cache
def current() -> Installation:
    """The installation of this process, from its environment.

    :raises SettingsInvalid: listing all that is wrong with the settings.
    """
    return Installation(read_settings(os.environ))
