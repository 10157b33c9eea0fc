"""Registered storage accounts: what a request may name, by alias and by nothing else."""

from azure.storage.blob.aio import BlobServiceClient

from shared.model.problem import Code, Problem
from shared.rules.naming import shown
from shared.settings import Settings
from shared.storage import StorageClients


class Accounts:
    """The accounts of the app setting STORAGE_ACCOUNTS, and the state account."""

    def __init__(self, settings: Settings, clients: StorageClients) -> None:
        self._settings = settings
        self._clients = clients

    @property
    def aliases(self) -> list[str]:
        """The aliases that requests may use."""
        return sorted(self._settings.accounts)

    @property
    def state(self) -> BlobServiceClient:
        """The account that keeps the state and the artifacts' content."""
        return self._clients.blobs(self._settings.state)

    def require(self, alias: str, target: str) -> BlobServiceClient:
        """The account of an alias.

        :param target: the member of the request that named it.
        :raises Problem: StorageAccountUnknown.
        """
        account = self._settings.accounts.get(alias)
        if account is None:
            raise Problem(
                Code.STORAGE_ACCOUNT_UNKNOWN,
                f"No storage account is registered as '{shown(alias)}'. Registered: "
                f"{', '.join(self.aliases)}. The app setting STORAGE_ACCOUNTS lists them.",
                target=target,
            )
        return self._clients.blobs(account)
