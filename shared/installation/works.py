"""The wiring of what the engine runs: one work for each kind of operation, and what follows
them."""

from functools import partial

from shared.alerts.alerts import QUEUE as ALERTS
from shared.alerts.alerts import Alerts
from shared.alerts.webhook import Webhook
from shared.backups.catalog.presence import Presence
from shared.backups.catalog.purge import PurgeWork
from shared.backups.catalog.removal import Removal
from shared.backups.catalog.returning import Returning
from shared.backups.catalog.users import BackupUsers
from shared.backups.making.backup_work import BackupWork
from shared.backups.making.stores import BackupStores
from shared.backups.schedules.following import Following
from shared.backups.schedules.retention_runs import RetentionRuns
from shared.clock import Clock
from shared.installation.stores import Carrying, Stores
from shared.integration_accounts.pulling.pull import Puller
from shared.integration_accounts.pulling.pull_work import PullWork
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.backup import Backup
from shared.model.operation import Operation, OperationName
from shared.model.schedule import ScheduledVerify
from shared.operations.engine import QUEUE, Engine
from shared.operations.task import Work
from shared.restores.chosen import Chosen
from shared.restores.new_service import NewService
from shared.restores.restore_work import RestoreStores, RestoreWork
from shared.services.deletion import DeletionStores, DeletionWork
from shared.services.key_rotation import RotationWork
from shared.services.secret_sealing import SealingWork
from shared.settings.environment import Settings
from shared.verification.verifications import Verifications
from shared.verification.verify_work import VerifyWork


class Works(Stores):
    """The engine of an installation, with its works."""

    def __init__(self, settings: Settings, clock: Clock, carrying: Carrying) -> None:
        super().__init__(settings, clock, carrying)
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
        self.following = Following(self.schedules, lambda: self.retention_runs, self._verify_after)
        self.pull_stores = self._pull_stores()
        self.puller = Puller(self.pull_stores)
        every, changes = (self.directory, self.configuration), self.configuration_changes
        self.works: dict[OperationName, Work] = {
            OperationName.PULL: PullWork(self.pull_stores, self.puller),
            OperationName.BACKUP: BackupWork(self._backup_stores()),
            OperationName.RESTORE: RestoreWork(self._restore_stores()),
            OperationName.DELETE: DeletionWork(self._deletion_stores()),
            OperationName.PURGE_BACKUP: PurgeWork(self.removal, self.schedules),
            OperationName.ROTATE_KEYS: RotationWork(*every, self.provider),
            OperationName.SEAL_SECRETS: SealingWork(*every, changes, self.sessions, self.keys),
            OperationName.VERIFY_BACKUP: VerifyWork(
                history=self.history,
                users=self.backup_users,
                presence=self.presence,
                scratch=self.scratch(),
                alerts=self.alerts,
                clock=self.clock,
                after=self.following.after_verify,
            ),
        }
        self.engine = Engine(
            records=self.records,
            in_flight=self.in_flight,
            queue=self.clients.queue(settings.state, QUEUE),
            works=self.works,
            clock=self.clock,
            settings=settings,
            telemetry=self.telemetry,
        )
        self.verifications = Verifications(self.engine, self.history, self.returning)
        self.retention_runs = RetentionRuns(self.engine, self.removal, self.schedules, self.clock)

    async def _verify_after(self, backup: Backup, level: ScheduledVerify) -> bool:
        return await self.verifications.after_backup(backup, level)

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
            after_scheduled=self.following.after_backup,
            pull=partial(self.puller.pull, accept_removals=False),
            as_pulled=self.puller.as_it_is,
            complete_pull=self.puller.complete,
            pulled_before=self.puller.completed,
        )

    def _pull_stores(self) -> PullStores:
        return PullStores(
            arm=self.arm,
            scopes=self.settings.arm.scopes,
            directory=self.directory,
            configuration=self.configuration,
            staging=self.staging,
            content=self.content,
            keys=self.keys,
            ledger=self.ledger,
            received=self.received,
            sessions=self.sessions,
            batches=self.batch_activities,
            drift=self.drift,
            links=self.links,
            alerts=self.alerts,
            clock=self.clock,
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
        return await Chosen.of(self.records, self.keys, operation)

    def _restore_target(self, operation: Operation) -> NewService:
        return NewService(
            self.service_stores(),
            self.directory,
            self.clock,
            name=operation.service,
            service_id=str(operation.service_id),
            operation_id=operation.id,
        )

    def _deletion_stores(self) -> DeletionStores:
        return DeletionStores(
            directory=self.directory,
            service=self.service_stores(),
            schedules=self.schedules,
            claims=self.account_claims,
            drift=self.drift,
            clock=self.clock,
        )
