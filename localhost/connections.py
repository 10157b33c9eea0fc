"""The storage account behind the name of a connection, as the Functions host finds it.

``X`` holds a connection string; or ``X__blobServiceUri``, ``X__queueServiceUri`` (or
``X__accountName`` for both) name an account that an identity opens, by ``X__credential`` and
``X__clientId``.
"""

import os
from dataclasses import dataclass
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.blob.aio import BlobServiceClient
from azure.storage.queue.aio import QueueClient

# It asks again by itself; the SDK would wait a quarter of a minute before it does.
_TRY_ONCE: dict[str, Any] = {"retry_total": 0}


@dataclass(frozen=True)
class Connection:
    """One account: a connection string, or endpoints and who asks there."""

    connection_string: str | None = None
    blob_uri: str | None = None
    queue_uri: str | None = None
    credential: AsyncTokenCredential | None = None

    @staticmethod
    def named(name: str) -> "Connection":
        """The one that the settings in the environment give this name.

        :raises ValueError: naming the settings that are missing.
        """
        text = os.environ.get(name)
        if text:
            return Connection(connection_string=text)
        blobs, queues = (_uri(name, service) for service in ("blob", "queue"))
        if not blobs or not queues:
            raise ValueError(
                f"the setting {name} is missing: it holds a connection string; or set "
                f"{name}__blobServiceUri and {name}__queueServiceUri for an identity"
            )
        return Connection(blob_uri=blobs, queue_uri=queues, credential=_credential(name))

    def blobs(self) -> BlobServiceClient:
        """A client for its blobs."""
        if self.connection_string:
            return BlobServiceClient.from_connection_string(self.connection_string, **_TRY_ONCE)
        assert self.blob_uri
        return BlobServiceClient(self.blob_uri, credential=self.credential, **_TRY_ONCE)

    def queue(self, queue: str) -> QueueClient:
        """A client for one of its queues."""
        if self.connection_string:
            return QueueClient.from_connection_string(self.connection_string, queue, **_TRY_ONCE)
        assert self.queue_uri
        return QueueClient(self.queue_uri, queue, credential=self.credential, **_TRY_ONCE)

    async def close(self) -> None:
        """Close the credential's sockets; each client closes its own."""
        if self.credential is not None:
            await self.credential.close()


def _uri(name: str, service: str) -> str | None:
    given = os.environ.get(f"{name}__{service}ServiceUri")
    account = os.environ.get(f"{name}__accountName")
    return given or (f"https://{account}.{service}.core.windows.net" if account else None)


def _credential(name: str) -> AsyncTokenCredential:
    client_id = os.environ.get(f"{name}__clientId") or None
    if os.environ.get(f"{name}__credential", "").lower() == "managedidentity":
        return ManagedIdentityCredential(client_id=client_id)
    named = {"managed_identity_client_id": client_id} if client_id else {}
    return DefaultAzureCredential(**named)
