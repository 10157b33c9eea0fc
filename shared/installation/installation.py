"""One installation: everything wired together, once a process.

Nothing here decides; it says which store each part is given.
"""

import functools
import os

from azure.core.pipeline.transport import AioHttpTransport

from shared.alerts.alerts import QUEUE as ALERTS
from shared.alerts.alerts import Alerts
from shared.alerts.webhook import Webhook
from shared.backups.catalog.browsing import Browsing
from shared.backups.catalog.history_rows import HistoryRows
from shared.backups.catalog.inventory import Inventory
from shared.backups.catalog.known import KnownBackups
from shared.backups.catalog.presence import Presence
from shared.backups.catalog.purge import PurgeWork
from shared.backups.catalog.registration import Registration
from shared.backups.catalog.removal import Removal
from shared.backups.catalog.returning import Returning
from shared.backups.catalog.users import BackupUsers
from shared.backups.inspection.changes import Changes
from shared.backups.inspection.contents import Contents
from shared.backups.making.backups import SCHEDULE, Backups
from shared.backups.making.stores import BackupStores
from shared.backups.making.work import BackupWork
from shared.backups.schedules.clocks import ClocksApart
from shared.backups.schedules.mending import DueRows
from shared.backups.schedules.preview import Preview
from shared.backups.schedules.retention_runs import RetentionRuns
from shared.backups.schedules.schedules import ScheduleSettings
from shared.backups.schedules.tick import Tick
from shared.blobs.content_listing import ContentListing
from shared.clock import Clock
from shared.installation.stores import Stores
from shared.model.backup import Backup
from shared.model.operation import Operation, OperationName
from shared.numbers.advances import Advances
from shared.numbers.allocate import Allocator
from shared.numbers.batches import Batches
from shared.numbers.counters import CounterSettings
from shared.numbers.inbound import Inbound
from shared.operations.engine import QUEUE, Engine
from shared.operations.log_indexes import LogIndexes
from shared.operations.recover import Recovery
from shared.operations.sweep import Broom, Sweep, old_records, runtime_brooms
from shared.restores.chosen import Chosen
from shared.restores.inbound_plan import InboundStores
from shared.restores.new_service import ServiceTarget
from shared.restores.planning import Planning
from shared.restores.restores import Restores
from shared.restores.work import RestoreStores, RestoreWork
from shared.services.artifacts import Artifacts
from shared.services.collection import CollectionStores, Collector
from shared.services.cut import ServiceSource
from shared.services.deletion import Deletions, DeletionStores, DeletionWork
from shared.services.health import DeepHealth
from shared.services.imports import Imports
from shared.services.interrupted import Interrupted
from shared.services.key_rotation import KeyRotation, RotationWork
from shared.services.secret_sealing import SealingWork, SecretSealing
from shared.services.services import Services
from shared.services.start_check import StartCheck
from shared.settings.environment import Settings, read_settings
from shared.state import (
    configuration,
    content_references,
    operations,
)
from shared.storage.patience import WORK, Patience
from shared.verification.verifications import Verifications
from shared.verification.work import VerifyWork


class Installation(Stores):
    """The parts of Interkeep over one set of settings.

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
        super().__init__(
            settings,
            clock or Clock(),
            transport=transport,
            patience=patience,
            vault_transport=vault_transport,
        )
        self.alerts = Alerts(
            self.clients.queue(settings.state, ALERTS) if settings.alert_webhook_url else None,
            self.telemetry,
        )
        self.webhook = Webhook(settings.alert_webhook_url, self.id)
        self.presence = Presence(self.accounts, self.provider)
        self.returning = Returning(self.presence, self.records, self.clock)
        self.backup_users = BackupUsers(self.history, self.returning)
        self.removal = Removal(
            history=self.history,
            returning=self.returning,
            users=self.backup_users,
            clock=self.clock,
            installation=self.id,
        )
        every, changes = (self.directory, self.configuration), self.configuration_changes
        self.engine = Engine(
            records=self.records,
            in_flight=self.in_flight,
            queue=self.clients.queue(settings.state, QUEUE),
            works={
                OperationName.BACKUP: BackupWork(self._backup_stores()),
                OperationName.RESTORE: RestoreWork(self._restore_stores()),
                OperationName.DELETE: DeletionWork(self._deletion_stores()),
                OperationName.PURGE_BACKUP: PurgeWork(self.removal, self.schedules),
                OperationName.ROTATE_KEYS: RotationWork(*every, self.provider),
                OperationName.SEAL_SECRETS: SealingWork(*every, changes, self.keys),
                OperationName.VERIFY_BACKUP: VerifyWork(
                    history=self.history,
                    users=self.backup_users,
                    presence=self.presence,
                    scratch=self.scratch(),
                    alerts=self.alerts,
                    clock=self.clock,
                    after=self._after_verify,
                ),
            },
            clock=self.clock,
            settings=settings,
            telemetry=self.telemetry,
        )

        self.services = Services(
            directory=self.directory,
            configuration=self.configuration,
            changes=self.configuration_changes,
            keys=self.keys,
            engine=self.engine,
            ledger=self.ledger,
            clock=self.clock,
            settings=settings,
        )
        self.deletions = Deletions(
            engine=self.engine,
            services=self.services,
            directory=self.directory,
            changes=self.configuration_changes,
            clock=self.clock,
        )
        self.artifacts = Artifacts(
            configuration=self.configuration,
            changes=self.configuration_changes,
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
        self.advances = Advances(self.configuration, self.ledger, self.directory, self.engine)
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
            schedules=self.schedules,
            source=lambda service: ServiceSource(self.service_stores(), service, self.directory),
            returning=self.returning,
        )
        self.known_backups = KnownBackups(self.history, self.returning)
        self.contents = Contents(self.known_backups)
        self.changes = Changes(self.known_backups, self.provider, self.directory, self.source)
        self.verifications = Verifications(self.engine, self.history, self.returning)
        self.browsing = Browsing(self.accounts, self.provider, self.history)
        self.registration = Registration(
            engine=self.engine,
            history=self.history,
            accounts=self.accounts,
            provider=self.provider,
            returning=self.returning,
        )
        self.inventory = Inventory(
            history=self.history,
            rows=HistoryRows(self.history, self.cursors, self.clock, self.telemetry),
            returning=self.returning,
            users=self.backup_users,
            in_flight=self.in_flight,
            left=self.left_behind,
            cursors=self.cursors,
            clock=self.clock,
        )
        self.retention_runs = RetentionRuns(self.engine, self.removal, self.schedules, self.clock)
        apart = ClocksApart(self.records, self.alerts, self.clock)
        self.tick = Tick(
            schedules=self.schedules,
            directory=self.directory,
            records=self.records,
            backups=self.backups,
            retention=self.retention_runs,
            alerts=self.alerts,
            clock=self.clock,
            telemetry=self.telemetry,
            apart=apart,
        )
        self.due_rows = DueRows(
            self.schedules, self.directory, self.alerts, self.clock, self.telemetry
        )
        self.schedule_settings = ScheduleSettings(
            self.schedules, self.records, self.accounts, self.tick, self.clock
        )
        self.preview = Preview(self.schedule_settings, self.retention_runs, self.clock)
        self.key_rotation = KeyRotation(self.engine, self.provider)
        self.secret_sealing = SecretSealing(self.engine)
        self.deep_health = DeepHealth(
            self.directory,
            self.history,
            self.accounts,
            self.clients.queue(settings.state, QUEUE),
            self.provider,
            self.configuration,
            self.left_behind,
        )
        self.start_check = StartCheck(self.deep_health, self.clock)
        self.restores = Restores(
            engine=self.engine,
            records=self.records,
            planning=Planning(
                directory=self.directory,
                configuration=self.configuration,
                ledger=self.ledger,
                inbound=InboundStores(self.received, self.mics),
                users=self.backup_users,
                clock=self.clock,
                settings=settings,
                installation=self.id,
            ),
            accounts=self.accounts,
            keys=self.keys,
            clock=self.clock,
            presence=self.presence,
        )
        self.sweep = Sweep(
            [
                Broom(
                    "operations",
                    self.table(operations.TABLE),
                    old_records,
                    LogIndexes(self.engine, self.left_behind).look_at,
                ),
                *runtime_brooms(self.table, self.settings.mic_days),
            ],
            self.cursors,
            self.clock,
            apart.tell,
        )
        self.collector = Collector(self._collection_stores())
        self.recovery = Recovery(
            self.engine,
            Interrupted(
                self.directory,
                self.configuration,
                self.configuration_changes,
                self.registration.was_written,
                self.advances,
            ),
            self.left_behind,
            self.telemetry,
            patience,
        )

    async def _after_scheduled(self, backup: Backup) -> None:
        """What follows a good scheduled backup."""
        found = await self.schedules.get(backup.service)
        plan = found.value.plan if found else None
        if found is None or plan is None or found.value.service_id != backup.service_id:
            return
        # What is verified first may be the good backup that retention is to keep.
        if plan.verify and await self.verifications.after_backup(backup, plan.verify):
            return
        await self.retention_runs.start(
            backup.service, backup.service_id, reason=f"after {backup.name}"
        )

    async def _after_verify(self, operation: Operation) -> None:
        """What follows a scheduled verify, however it ended."""
        if operation.trigger == SCHEDULE and operation.service_id is not None:
            name = operation.parameters["backup"]
            await self.retention_runs.start(
                operation.service, operation.service_id, reason=f"after {name}"
            )

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
            chosen=self._chosen,
        )

    async def _chosen(self, operation: Operation) -> Chosen | None:
        return await Chosen.known(self.records, self.keys, operation.service, operation.id)

    def _restore_target(self, operation: Operation) -> ServiceTarget:
        return ServiceTarget(
            self.service_stores(),
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
            references=content_references.ContentReferences(self.table(configuration.TABLE)),
            directory=self.directory,
            in_flight=self.in_flight,
            records=self.records,
            cursors=self.cursors,
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


@functools.cache
def current() -> Installation:
    """The installation of this process, from its environment.

    :raises SettingsInvalid: listing all that is wrong with the settings.
    """
    return Installation(read_settings(os.environ))
