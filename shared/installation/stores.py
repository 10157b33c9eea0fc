"""The stores of one installation: clients, tables, keys and content, created once a process.

installation.py wires the parts that work on them.
"""

from dataclasses import dataclass

from azure.core.pipeline.transport import AioHttpTransport

from shared.arm.client import Arm
from shared.blobs.accounts import Accounts
from shared.blobs.backup_container import BackupContainer
from shared.blobs.content_store import ContentStore
from shared.blobs.signed_reads import SignedReads
from shared.clock import Clock
from shared.model.service import Service
from shared.rules.secret_names import Named, set_named
from shared.sealing.from_settings import keys_of
from shared.sealing.key_ring import KeyRing
from shared.sealing.vault_clients import VaultClients
from shared.services.account_claims import AccountClaims
from shared.services.configuration_changes import ConfigurationChanges
from shared.services.cut import ServiceSource, ServiceStores
from shared.settings.environment import Settings
from shared.state import (
    batch_activity,
    configuration,
    control_numbers,
    cursors,
    drift,
    history,
    links,
    log,
    mic_values,
    operations,
    received_numbers,
    schedules,
    services,
    sessions,
    workflows,
)
from shared.state.left_behind_index import LeftBehindIndex
from shared.state.log import LogIndex
from shared.state.staging import Staging
from shared.storage.clients import StorageClients
from shared.storage.credentials import Identities
from shared.storage.patience import WORK, Patience
from shared.storage.table_wire import TableWire
from shared.storage.tables import Table
from shared.telemetry.events import Telemetry
from shared.telemetry.meters import meters_of
from shared.verification.scratch import Scratch


@dataclass(frozen=True)
class Carrying:
    """How requests get to Azure."""

    transport: AioHttpTransport | None = None
    """Carries every request to storage; tests put theirs in."""
    patience: Patience = WORK
    """With calls to storage that nobody waits for over HTTP."""
    vault_transport: AioHttpTransport | None = None
    """Carries every request to key vaults."""
    arm_transport: AioHttpTransport | None = None
    """Carries every request to ARM, and to content links."""


class Stores:
    """Every store of an installation."""

    def __init__(self, settings: Settings, clock: Clock, carrying: Carrying) -> None:
        set_named(Named.of(settings.secret_members, settings.public_members))
        self.settings = settings
        self.clock = clock
        self.telemetry = Telemetry(meters_of(settings.telemetry_export, clock.new_id()))
        self.identities = Identities()
        self.clients = StorageClients(
            self.identities, self.clock, carrying.transport, carrying.patience
        )
        self.arm = Arm(
            settings, self.identities, self.clock, carrying.arm_transport, carrying.patience
        )
        self.accounts = Accounts(settings, self.clients, SignedReads(self.clock))
        self._id: str | None = None

        self.directory = services.Directory(self.table(services.TABLE))
        self.cursors = cursors.Cursors(self.table(services.TABLE))
        self.configuration = configuration.Configuration(self.table(configuration.TABLE))
        self.configuration_changes = ConfigurationChanges(self.configuration, self.directory)
        self.ledger = control_numbers.Ledger(self.table(control_numbers.TABLE))
        self.received = received_numbers.ReceivedNumbers(self.table(received_numbers.TABLE))
        self.mics = mic_values.MicValues(self.table(mic_values.TABLE))
        self.sessions = sessions.Sessions(self.table(sessions.TABLE))
        self.batch_activities = batch_activity.BatchActivities(self.table(batch_activity.TABLE))
        self.history = history.History(self.table(history.TABLE))
        self.log_index = LogIndex(self.table(log.TABLE))
        self.records = operations.Operations(self.table(operations.TABLE), self.log_index)
        self.in_flight = operations.InFlightIndex(self.table(operations.IN_FLIGHT_TABLE))
        self.left_behind = LeftBehindIndex(self.table(operations.IN_FLIGHT_TABLE))
        vault_client_id = settings.key_vault_client_id or settings.state.client_id
        self.vaults = VaultClients(
            lambda: self.identities.credential(vault_client_id), carrying.vault_transport
        )
        self.provider = keys_of(settings, self.vaults, self.clock)
        self.keys = KeyRing(self.provider, self.configuration.key)
        self.content = ContentStore(self.accounts.state, self.clock, self.id)
        self.schedules = schedules.Schedules(self.table(schedules.TABLE))
        self.staging = Staging(self.table(configuration.TABLE), self.configuration)
        self.drift = drift.DriftLog(self.table(drift.TABLE))
        self.disabled_workflows = workflows.DisabledWorkflows(self.table(workflows.TABLE))
        self.links = links.Links(self.table(links.TABLE))
        self.account_claims = AccountClaims(self.links, self.directory, self.clock)

    async def id(self) -> str:
        """The id of this installation, created at its first use and stored."""
        if self._id is None:
            self._id = await self.directory.installation(self.clock.new_id())
        return self._id

    async def close(self) -> None:
        """Close the sockets."""
        await self.clients.close()
        await self.vaults.close()
        await self.arm.close()
        await self.identities.close()

    def table(self, name: str) -> Table:
        """A table of the state account."""
        return Table(self.wire(name), self.clock.new_id)

    def wire(self, name: str) -> TableWire:
        """The protocol client of a table of the state account."""
        return TableWire(self.clients.tables(self.settings.state), name, self.clients.transport)

    def service_stores(self) -> ServiceStores:
        """The stores that a service consists of."""
        return ServiceStores(
            configuration=self.configuration,
            ledger=self.ledger,
            received=self.received,
            mics=self.mics,
            sessions=self.sessions,
            batches=self.batch_activities,
            content=self.content,
            content_account=self.accounts.state,
            keys=self.keys,
        )

    def source(self, service: Service) -> ServiceSource:
        """A service as a backup reads it."""
        return ServiceSource(self.service_stores(), service, self.directory)

    def scratch_stores(self) -> ServiceStores:
        """Separate tables for services that no list shows."""
        kept = configuration.Configuration(self.table(scratch_table(configuration.TABLE)))
        return ServiceStores(
            configuration=kept,
            ledger=control_numbers.Ledger(self.table(scratch_table(control_numbers.TABLE))),
            received=received_numbers.ReceivedNumbers(
                self.table(scratch_table(received_numbers.TABLE))
            ),
            mics=mic_values.MicValues(self.table(scratch_table(mic_values.TABLE))),
            sessions=sessions.Sessions(self.table(scratch_table(sessions.TABLE))),
            batches=batch_activity.BatchActivities(self.table(scratch_table(batch_activity.TABLE))),
            content=self.content,
            content_account=self.accounts.state,
            keys=KeyRing(self.provider, kept.key),
        )

    def scratch(self) -> Scratch:
        """Separate tables for the invisible scratch services that a verify restores."""
        state = self.accounts.state
        return Scratch(
            stores=self.scratch_stores(),
            directory=services.Directory(self.table(scratch_table(services.TABLE))),
            provider=self.provider,
            clock=self.clock,
            container=lambda name: BackupContainer(state, name),
        )


def scratch_table(name: str) -> str:
    """The table in which services that no list shows have what others have in one."""
    return name.replace("interkeep", "interkeepScratch")
