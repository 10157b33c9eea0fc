"""What a pull reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.alerts.alerts import Alerts
from shared.arm.client import Account, Arm
from shared.blobs.content_store import ContentStore
from shared.clock import Clock
from shared.rules.integration_accounts.ids import Scope, account_id_of, require_in
from shared.sealing.key_ring import KeyRing
from shared.state.batch_activity import BatchActivities
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger
from shared.state.drift import DriftLog
from shared.state.links import Links
from shared.state.received_numbers import ReceivedNumbers
from shared.state.services import Directory
from shared.state.sessions import Sessions
from shared.state.staging import Staging


@dataclass(frozen=True)
class PullStores:
    """What a pull reads and writes."""

    arm: Arm
    scopes: Sequence[Scope]
    """The accounts that may be asked are in these, whatever was linked before."""
    directory: Directory
    configuration: Configuration
    staging: Staging
    content: ContentStore
    keys: KeyRing
    ledger: Ledger
    received: ReceivedNumbers
    sessions: Sessions
    batches: BatchActivities
    drift: DriftLog
    links: Links
    alerts: Alerts
    clock: Clock

    def account(self, resource_id: str) -> Account:
        """An account that is linked, as it is asked now.

        :raises Problem: IntegrationAccountUnknown where the setting names it no more.
        """
        account = account_id_of(resource_id)
        require_in(self.scopes, account)
        return self.arm.account(account)
