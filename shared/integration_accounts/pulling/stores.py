"""What a pull reads and writes."""

from dataclasses import dataclass

from shared.alerts.alerts import Alerts
from shared.arm.client import Arm
from shared.blobs.content_store import ContentStore
from shared.clock import Clock
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
