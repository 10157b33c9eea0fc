"""What a push reads and writes."""

from collections.abc import Callable
from dataclasses import dataclass

from azure.core.exceptions import AzureError

from shared.arm.client import Arm
from shared.blobs.accounts import Accounts
from shared.blobs.content_store import ContentStore
from shared.clock import Clock
from shared.model.artifact import ContentReference
from shared.model.service import Service
from shared.sealing.key_ring import KeyRing
from shared.services.cut import ServiceSource
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger
from shared.state.history import History
from shared.state.links import Links
from shared.state.operations import Operations
from shared.state.received_numbers import ReceivedNumbers
from shared.state.services import Directory
from shared.state.sessions import Sessions
from shared.state.staging import Staging
from shared.storage.refusals import Said, said


@dataclass(frozen=True)
class PushStores:
    """What a push reads and writes."""

    arm: Arm
    accounts: Accounts
    directory: Directory
    configuration: Configuration
    content: ContentStore
    keys: KeyRing
    staging: Staging
    sessions: Sessions
    received: ReceivedNumbers
    history: History
    links: Links
    ledger: Ledger
    records: Operations
    """The records of operations."""
    source: Callable[[Service], ServiceSource]
    """A service as a backup reads it."""
    clock: Clock
    unreadable: str = ""
    """Why Azure can read no content from the app's storage, by the settings; empty where it can, as
    far as they say."""

    async def unreadable_now(self) -> str:
        """The same, and whether the app may sign addresses of its content at all.

        :raises azure.core.exceptions.AzureError: if the storage does not say.
        """
        if self.unreadable:
            return self.unreadable
        try:
            await self.accounts.signed.url(self.content.blob("", ""), self.accounts.state)
        except AzureError as error:
            if said(error) is not Said.REFUSED:
                raise
            return (
                "the app may not sign addresses of its storage: give its identity the role Storage "
                "Blob Delegator"
            )
        return ""

    async def bytes_of(self, service: Service, content: ContentReference) -> bytes:
        """The content of an artifact: at most what an account holds of one.

        :raises Problem: BlobMissing.
        """
        chunks = [chunk async for chunk in self.content.open(service.id, content)]
        return b"".join(chunks)

    async def address_of(self, service: Service, content: ContentReference) -> str:
        """An address from which content can be read for an hour, and nothing else: it is given to
        ARM, and never stored."""
        blob = self.content.blob(service.id, content.sha256)
        return await self.accounts.signed.url(blob, self.accounts.state)
