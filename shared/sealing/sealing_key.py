"""The interface of a sealing key: one key that wraps data keys, or seals descriptors, or both."""

from typing import Protocol

from shared.model.problem import Code, Problem

_SHOWN_ID = 300
"""Characters of an id in a message; the id of a vault key has about 100."""


class SealingKey(Protocol):
    """A key from the settings."""

    id: str
    """The id that is stored in rows and descriptors; it reveals nothing about the key."""
    provider: str
    """The key's provider: ``local`` or ``keyvault``."""
    seal_algorithm: str

    async def wrap(self, key: bytes) -> str:
        """Wrap a 256-bit key; base64.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        ...

    async def unwrap(self, wrapped: str) -> bytes:
        """Open what was wrapped with this key.

        :raises Problem: KeyUnavailable if it cannot be opened; KeyVaultUnavailable.
        """
        ...

    async def seal(self, digest: str) -> str:
        """Seal a descriptor's digest (64 hexadecimal digits); base64.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        ...

    async def check(self, digest: str, value: str) -> bool:
        """Whether a seal was made for this digest with this key.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        ...

    async def probe(self) -> None:
        """Check whether what it has wrapped or sealed can be opened or checked now.

        :raises Problem: KeyUnavailable, KeyVaultUnavailable.
        """
        ...


def key_unavailable(key_id: str, reason: str) -> Problem:
    """The problem of a key that is needed and cannot be used.

    :param reason: what is wrong and what to do, whole sentences.
    """
    named = key_id[:_SHOWN_ID]
    return Problem(
        Code.KEY_UNAVAILABLE,
        f"Needs sealing key '{named}'. {reason} Nothing was lost or changed.",
        target=named,
    )


def does_not_fit(key_id: str) -> Problem:
    """The problem that a wrapped key cannot be opened with the key that it names."""
    return key_unavailable(
        key_id, "What was wrapped does not open with it: it was changed in storage."
    )
