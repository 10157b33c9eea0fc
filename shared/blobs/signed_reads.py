"""Addresses that read one blob for a while: what a copy between accounts is told to read."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure.storage.blob import BlobSasPermissions, UserDelegationKey, generate_blob_sas
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.clock import Clock

_BEFORE = timedelta(minutes=15)
"""How long ago an address begins to be good: by another clock than ours it may not be now yet."""

_GOOD = timedelta(hours=1)
_KEPT_SECONDS = 55 * 60
"""How long a key is used: what is signed with it last is good for longer than any call lasts."""


@dataclass(frozen=True)
class _Signer:
    """What signs addresses that are good from a start to an end."""

    start: datetime
    expiry: datetime
    delegation: UserDelegationKey | None = field(default=None, repr=False)
    """None where the account's own key signs."""


@dataclass
class _Kept:
    """The signer of one account, and the lock under which its key is asked for."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    signer: _Signer | None = None
    asked: float = 0.0


class SignedReads:
    """Signs with an account's key, or, under a managed identity, by user delegation.

    A key of user delegation costs a call, and signs any number of addresses: it is kept.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def url(self, blob: BlobClient, account: BlobServiceClient) -> str:
        """An address that reads one blob, for some minutes at least and an hour at most.

        :raises azure.core.exceptions.AzureError: where the account gives no key.
        """
        own = getattr(account.credential, "account_key", None)
        signer = await self._delegated(account) if own is None else _Signer(*self._hour())
        sas = generate_blob_sas(
            account_name=str(account.account_name),
            container_name=blob.container_name,
            blob_name=blob.blob_name,
            account_key=own,
            user_delegation_key=signer.delegation,
            permission=BlobSasPermissions(read=True),
            start=signer.start,
            expiry=signer.expiry,
        )
        return f"{blob.url}?{sas}"

    def forget(self, account: BlobServiceClient) -> None:
        """Ask for another key at the next use: what this one signed was refused."""
        self._kept.pop(account.url, None)

    def _hour(self) -> tuple[datetime, datetime]:
        # By the machine's own time: the storage checks it by its own, which nobody moves.
        now = self._clock.machine()
        return now - _BEFORE, now + _GOOD

    async def _delegated(self, account: BlobServiceClient) -> _Signer:
        kept = self._kept.setdefault(account.url, _Kept())
        async with kept.lock:
            # Its age by what only goes forward: the machine's time may be set right meanwhile.
            now = self._clock.monotonic()
            if kept.signer is None or now - kept.asked >= _KEPT_SECONDS:
                start, expiry = self._hour()
                key = await account.get_user_delegation_key(start, expiry)
                kept.signer, kept.asked = _Signer(start, expiry, key), now
            return kept.signer
