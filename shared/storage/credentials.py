"""The app's identity in Azure: the credential of each managed identity, created once a process."""

from azure.core.credentials_async import AsyncTokenCredential


class Identities:
    """Creates credentials. azure-identity is imported only when one is asked for."""

    def __init__(self) -> None:
        self._made: dict[str | None, AsyncTokenCredential] = {}

    def credential(self, client_id: str | None) -> AsyncTokenCredential:
        """The credential of a user-assigned identity, or of the environment's own for None."""
        if client_id not in self._made:
            from azure.identity.aio import DefaultAzureCredential

            # Passed as None, it would override the identity that AZURE_CLIENT_ID names.
            named = {"managed_identity_client_id": client_id} if client_id else {}
            self._made[client_id] = DefaultAzureCredential(**named)
        return self._made[client_id]

    async def close(self) -> None:
        """Close the sockets."""
        for credential in self._made.values():
            await credential.close()
