"""The key provider ``local``: 256-bit keys in the app settings."""

import base64
import binascii
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.sealing.derive import derived
from shared.sealing.sealing_key import SealingKey, does_not_fit

PROVIDER = "local"
_WRAP_PURPOSE = "interkeep/wrap/1"
_SEAL_PURPOSE = "interkeep/seal/1"
_ID_PURPOSE = "interkeep/key-id/1"
_NONCE_BYTES = 12


class LocalKey(SealingKey):
    """A key in the settings. It wraps and seals, each with a key that is derived only for that.

    :param key: 32 bytes.
    """

    provider = PROVIDER
    seal_algorithm = "HS256"

    def __init__(self, key: bytes) -> None:
        self.id = hashlib.sha256(derived(key, _ID_PURPOSE)).hexdigest()[:16]
        self._cipher = AESGCM(derived(key, _WRAP_PURPOSE))
        self._seal_key = derived(key, _SEAL_PURPOSE)

    def __repr__(self) -> str:
        return f"LocalKey({self.id})"

    async def wrap(self, key: bytes) -> str:
        """Wrap a 256-bit key by AES-256-GCM; the nonce comes first."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, key, _WRAP_PURPOSE.encode())
        return base64.b64encode(sealed).decode()

    async def unwrap(self, wrapped: str) -> bytes:
        try:
            sealed = base64.b64decode(wrapped, validate=True)
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return self._cipher.decrypt(nonce, rest, _WRAP_PURPOSE.encode())
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise does_not_fit(self.id) from error

    async def seal(self, digest: str) -> str:
        """Seal a digest by HMAC-SHA256 of its text."""
        return base64.b64encode(self._mac(digest)).decode()

    async def check(self, digest: str, value: str) -> bool:
        try:
            made = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(made, self._mac(digest))

    async def probe(self) -> None:
        """Does nothing: the key is in the settings, so it is available."""

    def _mac(self, digest: str) -> bytes:
        return hmac.new(self._seal_key, digest.encode(), hashlib.sha256).digest()
