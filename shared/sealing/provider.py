"""The interface of a key provider: it wraps keys, and seals descriptors."""

from typing import Protocol

from shared.model.seals import Seal, WrappedKey


class KeyProvider(Protocol):
    """Wraps data keys and seals descriptors."""

    @property
    def wrapping_key_id(self) -> str:
        """The id of the key that wraps now."""
        ...

    async def probe(self, key_id: str) -> None:
        """Check whether what a key has wrapped or sealed can be opened or checked now.

        :raises Problem: KeyUnavailable, also for a key that is not in the settings;
            KeyVaultUnavailable.
        """
        ...

    async def wrap(self, key: bytes) -> WrappedKey:
        """Wrap a 256-bit key with the current key.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        ...

    async def unwrap(self, wrapped: WrappedKey) -> bytes:
        """Open a wrapped key, with the current key or a former one.

        :raises Problem: KeyUnavailable if no key with that id is available, or it does not fit;
            KeyVaultUnavailable.
        """
        ...

    async def seal(self, digest: str) -> Seal:
        """Seal a descriptor's digest (64 hexadecimal digits).

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        ...

    async def check(self, digest: str, seal: Seal) -> bool:
        """Whether a seal was made for this digest.

        :raises Problem: KeyUnavailable if no key with that id is available; KeyVaultUnavailable.
        """
        ...
