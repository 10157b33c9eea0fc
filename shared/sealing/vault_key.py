"""The key provider ``keyvault``: RSA keys whose private part never leaves their vault.

Wrapping and checking need only the public part and are done here. Opening and sealing are done by
the vault, for those whom its roles allow: that is what makes a seal a proof.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceNotFoundError,
)
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from shared.clock import Clock
from shared.model.problem import Code, Problem
from shared.rules.naming import shown
from shared.sealing.derive import KEY_BYTES
from shared.sealing.sealing_key import SealingKey, does_not_fit, key_unavailable
from shared.sealing.vault_clients import REPEATED, VaultClients

if TYPE_CHECKING:
    from azure.keyvault.keys import KeyVaultKey
    from azure.keyvault.keys.crypto.aio import CryptographyClient

PROVIDER = "keyvault"
_LEAST_BITS = 2048
_FRESH_SECONDS = 3600
"""How old a public part may be to wrap, or to check by a version that the settings do not name: a
key that was deleted or disabled must not be used."""

_MOST_SECONDS = 60
"""Time limit of one call, including its retries: a vault may ask to wait for too long."""

_RETRY_AFTER_SECONDS = 10
_PASSING = frozenset({408, 429})
_UNWRAP = "unwrapKey"

_OAEP = padding.OAEP(mgf=padding.MGF1(SHA256()), algorithm=SHA256(), label=None)
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=SHA256.digest_size)
"""RSA-OAEP-256 and PS256 as RFC 7518 defines them (4.3 with SHA-256, and 3.5)."""


@dataclass(frozen=True)
class _Held:
    """What is cached of the key."""

    described: "KeyVaultKey"
    public: RSAPublicKey
    client: "CryptographyClient"
    read_at: float
    """Time by ``Clock.monotonic``."""


class VaultKey(SealingKey):
    """One version of a key in a vault.

    :param key_id: vault, name and version, in lower case; vault and name are from the settings.
    :param named: whether the settings name this version. A version that they do not name is read
        again every hour, so that disabling it in the vault ends the trust in it.
    """

    provider = PROVIDER
    seal_algorithm = "PS256"

    def __init__(
        self, key_id: str, clients: VaultClients, clock: Clock, *, named: bool = True
    ) -> None:
        self.id = key_id
        self._trusted_seconds = None if named else _FRESH_SECONDS
        self._vault_url, _, place = key_id.partition("/keys/")
        self._name, _, self._version = place.partition("/")
        self._clients = clients
        self._clock = clock
        self._kept: _Held | None = None
        self._reading = asyncio.Lock()

    def __repr__(self) -> str:
        return f"VaultKey({self.id})"

    @property
    def versionless(self) -> str:
        """Vault and name."""
        return f"{self._vault_url}/keys/{self._name}"

    def other_version(self, version: str) -> "VaultKey":
        """Another version of this key, which the settings do not name."""
        key_id = f"{self.versionless}/{version}"
        return VaultKey(key_id, self._clients, self._clock, named=False)

    async def wrap(self, key: bytes) -> str:
        """Wrap a 256-bit key by RSA-OAEP-256, with the public part."""
        held = await self._held(most_seconds=_FRESH_SECONDS)
        self._require_in_time(held)
        return base64.b64encode(held.public.encrypt(key, _OAEP)).decode()

    async def unwrap(self, wrapped: str) -> bytes:
        from azure.keyvault.keys.crypto import KeyWrapAlgorithm

        try:
            sealed = base64.b64decode(wrapped, validate=True)
        except (binascii.Error, ValueError) as error:
            raise does_not_fit(self.id) from error
        held = await self._held()
        if len(sealed) != held.public.key_size // 8:
            raise does_not_fit(self.id)
        async with self._asking(_UNWRAP):
            opened = await held.client.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, sealed, **REPEATED)
        if len(opened.key) != KEY_BYTES:
            raise does_not_fit(self.id)
        return opened.key

    async def seal(self, digest: str) -> str:
        """Seal a digest by PS256: a signature of the descriptor's canonical form.

        Anyone with the public part can check it, with any tool.
        """
        from azure.keyvault.keys.crypto import SignatureAlgorithm

        held = await self._held()
        async with self._asking("sign"):
            signed = await held.client.sign(
                SignatureAlgorithm.ps256, bytes.fromhex(digest), **REPEATED
            )
        return base64.b64encode(signed.signature).decode()

    async def check(self, digest: str, value: str) -> bool:
        try:
            signature = base64.b64decode(value, validate=True)
            hashed = bytes.fromhex(digest)
        except (binascii.Error, ValueError):
            return False
        held = await self._held(most_seconds=self._trusted_seconds)
        try:
            held.public.verify(signature, hashed, _PSS, Prehashed(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True

    async def probe(self) -> None:
        """Read the key from its vault again; if it can unwrap, also unwrap something with it."""
        held = await self._held(most_seconds=0)
        if _UNWRAP.lower() in {operation.lower() for operation in held.described.key_operations}:
            sealed = held.public.encrypt(b"\0" * KEY_BYTES, _OAEP)
            await self.unwrap(base64.b64encode(sealed).decode())

    async def _held(self, *, most_seconds: float | None = None) -> _Held:
        """The key's public part, read from its vault once, and again if it is too old."""
        async with self._reading:
            kept = self._kept
            now = self._clock.monotonic()
            if kept is None or (most_seconds is not None and now - kept.read_at > most_seconds):
                kept = self._kept = await self._read(now)
            return kept

    async def _read(self, now: float) -> _Held:
        async with self._asking("get"):
            described = await self._clients.keys(self._vault_url).get_key(self._name, self._version)
        public = self._public(described)
        return _Held(described, public, self._clients.cryptography(described), now)

    def _public(self, described: "KeyVaultKey") -> RSAPublicKey:
        exponent, modulus = getattr(described.key, "e", None), getattr(described.key, "n", None)
        if not exponent or not modulus:
            raise key_unavailable(
                self.id, f"It is a key of type {described.key_type}, and an RSA key is wanted."
            )
        numbers = RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
        public = numbers.public_key()
        if public.key_size < _LEAST_BITS:
            raise key_unavailable(
                self.id, f"It has {public.key_size} bits, and {_LEAST_BITS} are the least."
            )
        return public

    def _require_in_time(self, held: _Held) -> None:
        """Refuse to wrap outside the key's validity; its vault continues to open with it."""
        properties, now = held.described.properties, self._clock.now()
        if properties.expires_on is not None and properties.expires_on <= now:
            raise key_unavailable(
                self.id,
                f"It expired at {properties.expires_on:%Y-%m-%d %H:%M} UTC. Make a new version of "
                "it in its vault, name that in the settings, and this one in "
                "SEALING_KEYS_FORMER.",
            )
        if properties.not_before is not None and properties.not_before > now:
            raise key_unavailable(
                self.id, f"It may be used from {properties.not_before:%Y-%m-%d %H:%M} UTC on."
            )

    @asynccontextmanager
    async def _asking(self, action: str) -> AsyncIterator[None]:
        """Turn errors of a vault in the body into Problems on which an operator can act."""
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                yield
        except ResourceNotFoundError as error:
            raise key_unavailable(
                self.id,
                "Its vault has no such key, or not this version. Recover it there if it was "
                "deleted, or correct the setting that names it.",
            ) from error
        except HttpResponseError as error:
            raise self._refused(action, error) from error
        except (AzureError, TimeoutError) as error:
            raise self._away(action, type(error).__name__) from error
        except ValueError as error:
            raise key_unavailable(
                self.id, "What answers at its address is no key vault. Correct the setting."
            ) from error

    def _refused(self, action: str, error: HttpResponseError) -> Problem:
        answer = error.response
        asked = str(getattr(answer.request, "url", "")).lower() if answer else ""
        if answer is None or not asked.startswith(self._vault_url):
            return self._away(action, "the app's identity got no token for it")
        status = answer.status_code
        if status is None or status in _PASSING or status >= 500:
            return self._away(action, f"it answered {status}")
        if status == 400 and action == _UNWRAP:
            return does_not_fit(self.id)
        said = error.error.message if error.error else error.reason
        return key_unavailable(
            self.id,
            f"Its vault refuses {action} ({status}: {shown(str(said))}). See that the key is "
            "enabled and allows it, that the app's identity has its role on it, and that the "
            "vault's network lets the app in.",
        )

    def _away(self, action: str, reason: str) -> Problem:
        return Problem(
            Code.KEY_VAULT_UNAVAILABLE,
            f"The vault of key '{self.id}' did not do {action}: {reason}. Nothing was lost or "
            "changed; try again. If it stays, ask GET health/deep what is wrong.",
            target=self.id,
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )
