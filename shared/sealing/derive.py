"""Deriving keys: HKDF-SHA256 (RFC 5869) with a purpose as its info."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def derived(key: bytes, purpose: str) -> bytes:
    """A 256-bit key for one purpose; keys for different purposes reveal nothing about each
    other."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(key)
