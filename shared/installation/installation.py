"""One installation: everything wired together, once a process.

There are no decisions here, only which store each part gets.
"""

import functools
import os

from azure.core.pipeline.transport import AioHttpTransport

from shared.backups.catalog.browsing import Browsing
from shared.backups.catalog.history_rows import HistoryRows
from shared.backups.catalog.inventory import Inventory
from shared.backups.catalog.known import KnownBackups
from shared.backups.catalog.last_stored import LastStored
from shared.backups.catalog.registration import Registration
from shared.backups.inspection.changes import Changes
from shared.backups.inspection.content_bytes import BackedUpContent
from shared.backups.inspection.contents import Contents
from shared.backups.making.backups import Backups
from shared.backups.schedules.clocks_apart import ClocksApart
from shared.backups.schedules.listed import ListedSchedules
from shared.backups.schedules.mending import DueRows
from shared.backups.schedules.preview import Preview
from shared.backups.schedules.schedules import ScheduleSettings
from shared.backups.schedules.standing import Standings
from shared.backups.schedules.tick import Tick
from shared.blobs.content_listing import ContentListing
from shared.clock import Clock
from shared.installation.garbage import collect_less_often
from shared.installation.pushing import Pushers
from shared.installation.stores import Carrying
from shared.integration_accounts.pulling.pull_work import Pulls
from shared.integration_accounts.pulling.session_pulls import SessionPulls
from shared.operations.engine import QUEUE
from shared.operations.log_filling import LogFilling
from shared.operations.log_indexes import LogIndexes
from shared.operations.of_all import OperationsOfAll
from shared.operations.recover import Recovery
from shared.operations.sweep import (
    Broom,
    Sweep,
    old_drift,
    old_log_rows,
    old_records,
    runtime_brooms,
)
from shared.restores.inbound_plan import InboundStores
from shared.restores.planning import Planning
from shared.restores.restores import Restores
from shared.services.collection import CollectionStores, Collector
from shared.services.health import DeepHealth
from shared.services.interrupted import Interrupted
from shared.services.interrupted_links import InterruptedLinks
from shared.services.start_check import StartCheck
from shared.settings.environment import Settings, read_settings
from shared.state import configuration, content_references, drift, log, operations
from shared.storage.patience import WORK, Patience


class Installation(Pushers):
    """The parts of Interkeep over one set of settings, as triggers call them.

    :param patience: the retry budget of storage calls outside HTTP requests.
    :param transport: sends every request to storage; tests pass their own.
    :param vault_transport: sends every request to key vaults.
    :param arm_transport: sends every request to ARM and to content links.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        transport: AioHttpTransport | None = None,
        patience: Patience = WORK,
        vault_transport: AioHttpTransport | None = None,
        arm_transport: AioHttpTransport | None = None,
    ) -> None:
        carrying = Carrying(transport, patience, vault_transport, arm_transport)
        super().__init__(settings, clock or Clock(), carrying)
        self.backups = Backups(
            engine=self.engine,
            history=self.history,
            accounts=self.accounts,
            removal=self.removal,
            schedules=self.schedules,
            source=self.source,
            returning=self.returning,
        )
        self.pulls = Pulls(self.engine, self.configuration)
        self.session_pulls = SessionPulls(self.pull_stores, self.records)
        self.known_backups = KnownBackups(self.history, self.returning)
        self.contents = Contents(self.known_backups)
        self.backed_up_content = BackedUpContent(self.known_backups)
        self.changes = Changes(
            self.known_backups, self.provider, self.directory, self.source, self.links
        )
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
        self.listed_schedules = ListedSchedules(self.schedule_settings, self.in_flight)
        self.standings = Standings(self.directory, self.listed_schedules, self.links, self.clock)
        self.last_stored = LastStored(self.history)
        self.preview = Preview(self.schedule_settings, self.retention_runs, self.clock)
        self.deep_health = DeepHealth(
            self.directory,
            self.history,
            self.accounts,
            self.clients.queue(settings.state, QUEUE),
            self.provider,
            self.configuration,
            self.left_behind,
            self.clock,
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
        look = LogIndexes(self.engine, self.left_behind).look_at
        self.sweep = Sweep(
            [
                Broom("operations", self.table(operations.TABLE), old_records, look),
                Broom("log", self.table(log.TABLE), old_log_rows),
                Broom("drift", self.table(drift.TABLE), old_drift),
                *runtime_brooms(self.table, self.settings.mic_days),
            ],
            self.cursors,
            self.clock,
            apart.tell,
        )
        self.log_filling = LogFilling(
            self.table(operations.TABLE), self.log_index, self.cursors, self.clock
        )
        self.operations_of_all = OperationsOfAll(
            self.records, self.log_index, self.in_flight, self.left_behind
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
                self.ledger,
                InterruptedLinks(self.account_claims, self.configuration_changes, self.ledger),
            ),
            self.left_behind,
            self.telemetry,
            patience,
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


@functools.cache
def current() -> Installation:
    """The installation of this process, from its environment.

    :raises SettingsInvalid: with all errors of the settings.
    """
    installation = Installation(read_settings(os.environ))
    collect_less_often()
    return installation
