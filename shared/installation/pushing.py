"""The wiring of pushes: their stores, and the hidden services that accounts are backed up from."""

from functools import partial

from shared.clock import Clock
from shared.installation.operators import Operators
from shared.installation.stores import Carrying, scratch_table
from shared.integration_accounts.pulling.stores import PullStores
from shared.integration_accounts.pushing.planning import Planner
from shared.integration_accounts.pushing.push_work import PushWork
from shared.integration_accounts.pushing.safety import Hidden, Safety
from shared.integration_accounts.pushing.settling import Settling
from shared.integration_accounts.pushing.starting import Pushes
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.suspending import Suspending
from shared.model.operation import OperationName
from shared.settings.environment import Settings
from shared.settings.integration_accounts import PRIVATE
from shared.state import configuration, drift, links, services
from shared.state.staging import Staging


class Pushers(Operators):
    """What pushes services into integration accounts."""

    def __init__(self, settings: Settings, clock: Clock, carrying: Carrying) -> None:
        super().__init__(settings, clock, carrying)
        stores = PushStores(
            arm=self.arm,
            accounts=self.accounts,
            directory=self.directory,
            configuration=self.configuration,
            content=self.content,
            keys=self.keys,
            staging=self.staging,
            sessions=self.sessions,
            received=self.received,
            history=self.history,
            links=self.links,
            ledger=self.ledger,
            records=self.records,
            source=self.source,
            clock=self.clock,
            unreadable=self._unreadable(),
        )
        suspending = Suspending(self.workflows, self.services, self.account_claims)
        planner = Planner(stores, self.linking, suspending)
        self.works[OperationName.PUSH] = PushWork(
            stores,
            planner,
            self.linking,
            self._safety(),
            suspending,
            Settling(self._pull_stores()),
            self.pushes_under_way,
        )
        self.pushes = Pushes(self.engine, planner, self.pushes_under_way)

    def _unreadable(self) -> str:
        """Why Azure can read no content from the state account, as far as the settings say."""
        arm = self.settings.arm
        if arm.private_storage:
            return f"the app's storage answers its own network alone ({PRIVATE})"
        if arm.stand_in is None and not self.accounts.state.url.startswith("https://"):
            return "the app's storage is on this machine"
        return ""

    def _safety(self) -> Safety:
        return Safety(
            hidden=self._hidden(),
            backups=partial(self._backup_stores),
            history=self.history,
            accounts=self.accounts,
            schedules=self.schedules,
            clock=self.clock,
            domain=self.settings.service_domain,
        )

    def _hidden(self) -> Hidden:
        service = self.scratch_stores()
        table = self.table(scratch_table(configuration.TABLE))
        hidden_links = links.Links(self.table(scratch_table(links.TABLE)))
        pull = PullStores(
            arm=self.arm,
            scopes=self.settings.arm.scopes,
            directory=services.Directory(self.table(scratch_table(services.TABLE))),
            configuration=service.configuration,
            staging=Staging(table, service.configuration),
            content=self.content,
            keys=service.keys,
            ledger=service.ledger,
            received=service.received,
            sessions=service.sessions,
            batches=service.batches,
            drift=drift.DriftLog(self.table(scratch_table(drift.TABLE))),
            links=hidden_links,
            alerts=self.alerts,
            clock=self.clock,
        )
        return Hidden(pull, service, hidden_links)
