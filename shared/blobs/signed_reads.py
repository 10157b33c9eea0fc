"""Signed addresses that can read one blob for a while, as sources of copies between accounts."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure.storage.blob import BlobSasPermissions, UserDelegationKey, generate_blob_sas
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.clock import Clock

_BEFORE = timedelta(minutes=15)
"""How far in the past an address becomes valid: the storage's clock may be slower than ours."""

_GOOD = timedelta(hours=1)
_KEPT_SECONDS = 55 * 60
"""How long a key is used: the last address that is signed with it is valid for longer than any call
lasts."""


@dataclass(frozen=True)
class _Signer:
    """Signs addresses that are valid from a start to an expiry."""

    start: datetime
    expiry: datetime
    delegation: UserDelegationKey | None = field(default=None, repr=False)
    """None if the account's own key signs."""


@dataclass
class _Kept:
    """The signer of one account, and the lock under which its key is requested."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    signer: _Signer | None = None
    asked: float = 0.0


class SignedReads:
    """Signs with an account's key or, for a managed identity, with a user delegation key.

    A user delegation key costs a call, and can sign any number of addresses, so it is cached.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def url(self, blob: BlobClient, account: BlobServiceClient) -> str:
        """An address that can read one blob, for at least some minutes and at most an hour.

        :raises azure.core.exceptions.AzureError: if the account returns no key.
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
        """Drop the cached key, because what it signed was refused; the next use requests another
        one."""
        self._kept.pop(account.url, None)

    def _hour(self) -> tuple[datetime, datetime]:
        # By the machine's real time, since the storage checks it by real time; tests cannot move
        # that.
        now = self._clock.machine()
        return now - _BEFORE, now + _GOOD

    async def _delegated(self, account: BlobServiceClient) -> _Signer:
        kept = self._kept.setdefault(account.url, _Kept())
        async with kept.lock:
            # Its age is measured by the monotonic clock, since the machine's time may be corrected
            # meanwhile.
            now = self._clock.monotonic()
            if kept.signer is None or now - kept.asked >= _KEPT_SECONDS:
                start, expiry = self._hour()
                key = await account.get_user_delegation_key(start, expiry)
                kept.signer, kept.asked = _Signer(start, expiry, key), now
            return kept.signer
