"""The SDK clients: one for each service and account for the life of the process, over one
transport.

They do not retry by themselves: retrying.py does, by one rule for all of them.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from azure.data.tables.aio import TableServiceClient
from azure.storage.blob.aio import BlobServiceClient

from shared.clock import Clock
from shared.settings.accounts import AccountSetting
from shared.storage.credentials import Identities
from shared.storage.fence import before_write
from shared.storage.patience import WORK, Patience
from shared.storage.refusals import Said, expecting, said
from shared.storage.retrying import RepeatingTransport

if TYPE_CHECKING:
    from azure.storage.queue.aio import QueueClient

MAX_BLOCK_BYTES = 4 * 1024 * 1024
"""How much of a blob one request sends, and how much of it the process holds in memory."""

_READ_BYTES = 256 * 1024
"""How much is read from a socket's buffer at once; with the SDK's 4 KiB each piece costs a turn of
the event loop."""

_READS = frozenset({"GET", "HEAD"})
_TABLES_VERSION = "2020-12-06"
"""The first version that accepts tokens of Entra ID."""

_TRY_ONCE: dict[str, Any] = {"retry_total": 0}


class FencedTransport(AioHttpTransport):  # type: ignore[misc]
    """HTTP to storage that asks the fence before each request that changes something."""

    def __init__(self) -> None:
        # Whether to use proxies of the environment. If there are none, looking for them (and for a
        # .netrc) before every request costs a third of its time.
        super().__init__(
            use_env_settings=bool(getproxies()), connection_data_block_size=_READ_BYTES
        )

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """Send one request.

        :raises LeaseLost: if the running operation has lost its lease.
        """
        if request.method not in _READS:
            before_write()
        return await super().send(request, **config)


class StorageClients:
    """Creates the clients of accounts, each once.

    :param identities: the credentials for accounts without a connection string.
    :param transport: sends each try of a request; tests pass their own.
    :param patience: the retry budget of calls outside HTTP requests. :ivar transport: what all
    clients send with.
    """

    def __init__(
        self,
        identities: Identities,
        clock: Clock,
        transport: AioHttpTransport | None = None,
        patience: Patience = WORK,
    ) -> None:
        self._identities = identities
        self.transport = RepeatingTransport(transport or FencedTransport(), patience, clock)
        self._tables: dict[AccountSetting, TableServiceClient] = {}
        self._blobs: dict[AccountSetting, BlobServiceClient] = {}

    def tables(self, account: AccountSetting) -> TableServiceClient:
        """The client for the account's tables."""
        if account not in self._tables:
            self._tables[account] = self._make_tables(account)
        return self._tables[account]

    def _make_tables(self, account: AccountSetting) -> TableServiceClient:
        options: dict[str, Any] = {
            "transport": self.transport,
            "api_version": _TABLES_VERSION,
            **_TRY_ONCE,
        }
        if account.connection_string:
            return TableServiceClient.from_connection_string(account.connection_string, **options)
        assert account.table_uri
        return TableServiceClient(
            account.table_uri, credential=self._identities.credential(account.client_id), **options
        )

    def queue(self, account: AccountSetting, name: str) -> "MessageQueue":
        """One queue; messages travel in base64, as the Functions host expects."""
        return MessageQueue(lambda: self._make_queue(account, name))

    def _make_queue(self, account: AccountSetting, name: str) -> "QueueClient":
        from azure.storage.queue import TextBase64DecodePolicy, TextBase64EncodePolicy
        from azure.storage.queue.aio import QueueClient

        options: dict[str, Any] = {
            "transport": self.transport,
            **_TRY_ONCE,
            "message_encode_policy": TextBase64EncodePolicy(),
            "message_decode_policy": TextBase64DecodePolicy(),
        }
        if account.connection_string:
            return QueueClient.from_connection_string(account.connection_string, name, **options)
        assert account.queue_uri
        return QueueClient(
            account.queue_uri,
            name,
            credential=self._identities.credential(account.client_id),
            **options,
        )

    def blobs(self, account: AccountSetting) -> BlobServiceClient:
        """The client for the account's blobs."""
        if account not in self._blobs:
            self._blobs[account] = self._make_blobs(account)
        return self._blobs[account]

    def _make_blobs(self, account: AccountSetting) -> BlobServiceClient:
        options: dict[str, Any] = {
            "transport": self.transport,
            **_TRY_ONCE,
            "max_single_put_size": MAX_BLOCK_BYTES,
            "max_block_size": MAX_BLOCK_BYTES,
            "max_single_get_size": MAX_BLOCK_BYTES,
            "max_chunk_get_size": MAX_BLOCK_BYTES,
        }
        if account.connection_string:
            return BlobServiceClient.from_connection_string(account.connection_string, **options)
        assert account.blob_uri
        return BlobServiceClient(
            account.blob_uri, credential=self._identities.credential(account.client_id), **options
        )

    async def close(self) -> None:
        """Close the sockets."""
        await self.transport.close()


class MessageQueue:
    """A queue. Its library takes a tenth of a cold start, so it is imported with the first message.

    :param make: creates the client.
    """

    def __init__(self, make: "Callable[[], QueueClient]") -> None:
        self._make = make

    @cached_property
    def client(self) -> "QueueClient":
        """The SDK's client."""
        return self._make()


async def send_message(queue: MessageQueue, text: str, delay_seconds: int = 0) -> None:
    """Send a message; the queue is created with the first one.

    :param delay_seconds: how long it stays invisible.
    """
    client = queue.client
    try:
        await client.send_message(text, visibility_timeout=delay_seconds)
    except AzureError as error:
        if said(error) is not Said.GONE:
            raise
        # Others may find out at the same moment that it does not exist.
        with expecting(Said.THERE):
            await client.create_queue()
        await client.send_message(text, visibility_timeout=delay_seconds)
