"""The parts that change existing services and issue their numbers, for HTTP requests."""

from shared.clock import Clock
from shared.installation.stores import Carrying
from shared.installation.works import Works
from shared.integration_accounts.linking.discovery import Discovery
from shared.integration_accounts.linking.linking import Linking, LinkStores
from shared.integration_accounts.pulling.set_number import SettingNumbers
from shared.integration_accounts.workflows.transitions import Transitions
from shared.integration_accounts.workflows.under_way import PushesUnderWay
from shared.integration_accounts.workflows.workflows import Workflows
from shared.numbers.advances import Advances
from shared.numbers.allocate import Allocator
from shared.numbers.batches import Batches
from shared.numbers.counters import CounterSettings
from shared.numbers.inbound import Inbound
from shared.services.artifacts import Artifacts
from shared.services.deletion import Deletions
from shared.services.imports import Imports
from shared.services.key_rotation import KeyRotation
from shared.services.secret_sealing import SecretSealing
from shared.services.services import Services
from shared.settings.environment import Settings


class Operators(Works):
    """What works on services, artifacts and numbers."""

    def __init__(self, settings: Settings, clock: Clock, carrying: Carrying) -> None:
        super().__init__(settings, clock, carrying)
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
        self.workflows = Workflows(
            self.arm, settings.arm.scopes, self.disabled_workflows, self.clock
        )
        self.pushes_under_way = PushesUnderWay(self.records, self.in_flight)
        self.transitions = Transitions(
            self.services, self.workflows, self.engine, self.pushes_under_way
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
        self.setting_numbers = SettingNumbers(self.counters, self.pull_stores)
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
            directory=self.directory,
            clock=self.clock,
        )
        self.linking = Linking(
            stores=LinkStores(
                links=self.links,
                claims=self.account_claims,
                ledger=self.ledger,
            ),
            services=self.services,
            changes=self.configuration_changes,
            engine=self.engine,
            arm=self.arm,
            scopes=settings.arm.scopes,
            clock=self.clock,
        )
        self.discovery = Discovery(self.arm, settings.arm.scopes, self.account_claims, self.links)
        self.key_rotation = KeyRotation(self.engine, self.provider)
        self.secret_sealing = SecretSealing(self.engine)
