"""The key provider ``local``: one 256-bit key in the app setting SEALING_KEY."""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.model.keys import Seal, WrappedKey
from shared.model.problem import Code, Problem
from shared.sealing.derive import derived

PROVIDER = "local"
SEAL_ALGORITHM = "HS256"
_WRAP_PURPOSE = "interkeep/wrap/1"
_SEAL_PURPOSE = "interkeep/seal/1"
_ID_PURPOSE = "interkeep/key-id/1"
_NONCE_BYTES = 12


def key_id(key: bytes) -> str:
    """The id of a sealing key: 16 hexadecimal digits that give nothing of the key away."""
    return hashlib.sha256(derived(key, _ID_PURPOSE)).hexdigest()[:16]


class LocalKeys:
    """Keys from the settings.

    :param current: the 32 bytes of SEALING_KEY; wraps and seals.
    :param former: keys that wrapped and sealed before it; they only open and check.
    """

    def __init__(self, current: bytes, former: Sequence[bytes] = ()) -> None:
        self._current = current
        self._keys = {key_id(key): key for key in (*former, current)}

    def __repr__(self) -> str:
        return f"LocalKeys({', '.join(self._keys)})"

    async def wrap(self, key: bytes) -> WrappedKey:
        """See KeyProvider: AES-256-GCM, nonce first."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(derived(self._current, _WRAP_PURPOSE))
        sealed = nonce + cipher.encrypt(nonce, key, _WRAP_PURPOSE.encode())
        return WrappedKey(
            key_provider=PROVIDER,
            key_id=key_id(self._current),
            wrapped_key=base64.b64encode(sealed).decode(),
        )

    async def unwrap(self, wrapped: WrappedKey) -> bytes:
        """See KeyProvider."""
        if wrapped.key_provider != PROVIDER:
            raise _unavailable(wrapped.key_id, f"it is of the provider '{wrapped.key_provider}'")
        cipher = AESGCM(derived(self._key(wrapped.key_id), _WRAP_PURPOSE))
        try:
            sealed = base64.b64decode(wrapped.wrapped_key, validate=True)
            nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return cipher.decrypt(nonce, rest, _WRAP_PURPOSE.encode())
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise _unavailable(wrapped.key_id, "the wrapped key does not open with it") from error

    async def seal(self, digest: str) -> Seal:
        """See KeyProvider: HMAC-SHA256 of the digest's text."""
        return Seal(
            algorithm=SEAL_ALGORITHM,
            key_id=key_id(self._current),
            value=base64.b64encode(_mac(self._current, digest)).decode(),
        )

    async def check(self, digest: str, seal: Seal) -> bool:
        """See KeyProvider."""
        if seal.algorithm != SEAL_ALGORITHM:
            raise _unavailable(seal.key_id, f"seals by {seal.algorithm} need the provider keyvault")
        try:
            value = base64.b64decode(seal.value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(value, _mac(self._key(seal.key_id), digest))

    def _key(self, wanted: str) -> bytes:
        key = self._keys.get(wanted)
        if key is None:
            raise _unavailable(wanted, "it is neither SEALING_KEY nor in SEALING_KEYS_FORMER")
        return key


def _mac(key: bytes, digest: str) -> bytes:
    return hmac.new(derived(key, _SEAL_PURPOSE), digest.encode(), hashlib.sha256).digest()


def _unavailable(wanted: str, reason: str) -> Problem:
    return Problem(
        Code.KEY_UNAVAILABLE,
        f"Needs sealing key '{wanted[:64]}': {reason}. Add the key to SEALING_KEYS_FORMER and "
        "restart; nothing was lost or changed.",
        target=wanted[:64],
    )
