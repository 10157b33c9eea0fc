"""The clients of key vaults, over one transport. Their SDK is imported only when one is used."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline.transport import AioHttpTransport

if TYPE_CHECKING:
    from azure.keyvault.keys import KeyVaultKey
    from azure.keyvault.keys.aio import KeyClient
    from azure.keyvault.keys.crypto.aio import CryptographyClient

REPEATED: dict[str, Any] = {"retry_on_methods": frozenset({"GET", "POST"})}
"""Options of each call: opening and signing are POSTs, which the SDK by default does not repeat
after a 429.

Neither changes anything in the vault.
"""

_OPTIONS: dict[str, Any] = {
    "retry_total": 4,
    "retry_status": 4,
    "retry_backoff_factor": 0.8,
    "retry_backoff_max": 8,
    "read_timeout": 20,
    "connection_timeout": 10,
}


class VaultClients:
    """Creates the clients of vaults.

    :param credential: returns the app's credential.
    :param transport: sends every request; tests pass their own.
    """

    def __init__(
        self,
        credential: Callable[[], AsyncTokenCredential],
        transport: AioHttpTransport | None = None,
    ) -> None:
        self._credential = credential
        self._transport = transport
        self._keys: dict[str, KeyClient] = {}

    def keys(self, vault_url: str) -> "KeyClient":
        """The client that reads the public parts of a vault's keys."""
        from azure.keyvault.keys.aio import KeyClient

        if vault_url not in self._keys:
            self._keys[vault_url] = KeyClient(vault_url, self._credential(), **self._options())
        return self._keys[vault_url]

    def cryptography(self, key: "KeyVaultKey") -> "CryptographyClient":
        """A client for operations that a vault does with a key."""
        from azure.keyvault.keys.crypto.aio import CryptographyClient

        return CryptographyClient(key, self._credential(), **self._options())

    def _options(self) -> dict[str, Any]:
        if self._transport is None:
            self._transport = AioHttpTransport()
        return {**_OPTIONS, "transport": self._transport}

    async def close(self) -> None:
        """Close the sockets."""
        if self._transport is not None:
            await self._transport.close()
