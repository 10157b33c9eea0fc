"""Registered storage accounts, which requests name by alias and in no other way."""

from dataclasses import dataclass

from azure.core.exceptions import AzureError
from azure.storage.blob.aio import BlobServiceClient

from shared.blobs.signed_reads import SignedReads
from shared.model.place import no_such_place
from shared.rules.problems import account_unknown
from shared.settings.environment import Settings
from shared.storage.clients import StorageClients
from shared.storage.refusals import is_unknown_place


class Accounts:
    """The accounts of the app setting STORAGE_ACCOUNTS, and the state account.

    :ivar signed: signs the addresses with which one account reads from another.
    """

    def __init__(self, settings: Settings, clients: StorageClients, signed: SignedReads) -> None:
        self._settings = settings
        self._clients = clients
        self.signed = signed

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
            raise account_unknown(alias, self.aliases, target)
        return self._clients.blobs(account)


@dataclass(frozen=True)
class ContainerPage:
    """Some containers of an account, in the order of their names."""

    names: list[str]
    following: str
    """The service's marker of the next page; empty after the last one."""


async def containers(account: BlobServiceClient, marker: str, most: int) -> ContainerPage:
    """The names of containers, as many as one request returns.

    :param marker: the marker from the page before; empty for the first one.
    :raises Problem: InvalidRequest for a marker that is not from the service.
    """
    pages = account.list_containers(results_per_page=most).by_page(marker or None)
    try:
        page = await anext(pages, None)
        names = [] if page is None else [str(container.name) async for container in page]
    except AzureError as error:
        if marker and is_unknown_place(error):
            raise no_such_place() from error
        raise
    return ContainerPage(names, str(getattr(pages, "continuation_token", None) or ""))
