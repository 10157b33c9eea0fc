"""A PFX whose key comes first, so that nothing hidden in an encrypted part costs anything.

What a key takes to open stands beside it. In an encrypted part nobody sees that before the part is
opened, and the library opens whatever key it meets first, and no second one. So the parts that are
not encrypted go before the others, and a PFX whose only key is in an encrypted part is not opened.
The MAC covers the parts in their former order: it is checked here, and made anew of the new one,
because it also tells the library in which of two ways no password is written.

Structures: RFC 7292, sections 4 and 5, appendix B for the MAC.
"""

import hashlib
import hmac
from collections.abc import Iterator

from shared.sealing.asn1 import FIRST, INTEGER, OCTETS, OID, SEQUENCE, Element, Reader, written
from shared.sealing.pfx_cost import DATA, MOST_ROUNDS

_KEYS = (
    bytes.fromhex("2a864886f70d010c0a0101"),
    bytes.fromhex("2a864886f70d010c0a0102"),
)
"""1.2.840.113549.1.12.10.1.1 and 2: a key, and a key that is encrypted by itself."""

_SHA256 = bytes.fromhex("608648016503040201")
_HASHES = {
    bytes.fromhex("2b0e03021a"): "sha1",
    _SHA256: "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
    bytes.fromhex("608648016503040204"): "sha224",
}
_FOR_A_MAC = 3
"""What the derived key is for (RFC 7292, B.3)."""


class KeyHidden(Exception):
    """The PFX shows no key: it has none, or one within an encrypted part."""


class PasswordWrong(Exception):
    """The MAC is not that of this password."""


def with_key_first(pfx: bytes, password: str | None) -> bytes:
    """The PFX with its parts in the order in which they are opened; itself where nothing is hidden.

    :raises KeyHidden: where opening it would cost what nobody sees.
    :raises PasswordWrong: where its MAC says so.
    :raises ValueError: for what is no PFX.
    """
    reader = Reader()
    whole = reader.read(pfx)
    content = _content(whole)
    parts = reader.read(content).inner
    plain = [part for part in parts if part.begins_with(DATA)]
    encrypted = [part for part in parts if not part.begins_with(DATA)]
    if not encrypted:
        return pfx
    derived_from = _require_mac(whole, content, password)
    if not any(_has_key(reader, part) for part in plain):
        raise KeyHidden
    in_order = written(SEQUENCE, b"".join(part.raw for part in (*plain, *encrypted)))
    data = written(OID, DATA) + written(FIRST, written(OCTETS, in_order))
    mac = b"" if derived_from is None else _mac(derived_from, in_order)
    return written(SEQUENCE, written(INTEGER, b"\x03") + written(SEQUENCE, data) + mac)


def _content(whole: Element) -> bytes:
    """The list of parts, as the MAC covers it."""
    for one in whole.inner[1:2]:
        if one.begins_with(DATA):
            return _octets_of(one)
    raise ValueError("no list of parts")


def _octets_of(data: Element) -> bytes:
    """The bytes of what is of the type data."""
    for wrapped in data.inner[1:2]:
        for one in wrapped.inner[:1]:
            if one.is_octets:
                return one.octets
    raise ValueError("data without bytes")


def _has_key(reader: Reader, part: Element) -> bool:
    """Whether a key is among the contents of a part, where the library looks for it."""
    bags = reader.read(_octets_of(part)).inner
    return any(bag.begins_with(kind) for bag in bags for kind in _KEYS)


def _require_mac(whole: Element, content: bytes, password: str | None) -> bytes | None:
    """Check the MAC; the password as it was made with it.

    None where there is no MAC, or of a kind that is not known here: what is encrypted proves the
    password too.
    """
    for mac in whole.inner[2:3]:
        digest, salt, *rounds = mac.inner
        algorithm, expected = digest.inner
        named = _HASHES.get(algorithm.inner[0].content) if algorithm.inner else None
        if named is None:
            return None
        times = rounds[0].number if rounds else 1
        if times > MOST_ROUNDS:
            raise ValueError("more rounds than are counted")
        for given in _as_given(password):
            key = _derived(named, given, salt.octets, times)
            if hmac.compare_digest(hmac.digest(key, content, named), expected.octets):
                return given
        raise PasswordWrong
    return None


def _mac(password: bytes, content: bytes) -> bytes:
    """A MAC of SHA-256, of one round, as it is where none are said."""
    salt = bytes(8)
    digest = hmac.digest(_derived("sha256", password, salt, 1), content, "sha256")
    algorithm = written(SEQUENCE, written(OID, _SHA256) + b"\x05\x00")
    info = written(SEQUENCE, algorithm + written(OCTETS, digest))
    return written(SEQUENCE, info + written(OCTETS, salt))


def _as_given(password: str | None) -> Iterator[bytes]:
    """A password as a key is derived from it; no password is written in two ways."""
    if not password:
        yield b""
    yield (password or "").encode("utf-16-be") + b"\0\0"


def _derived(name: str, password: bytes, salt: bytes, rounds: int) -> bytes:
    """The key of a MAC, of the hash's own length (RFC 7292, B.2)."""
    block = hashlib.new(name, usedforsecurity=False).block_size
    key = bytes((_FOR_A_MAC,)) * block + _filled(salt, block) + _filled(password, block)
    for _ in range(max(1, rounds)):
        key = hashlib.new(name, key, usedforsecurity=False).digest()
    return key


def _filled(text: bytes, block: int) -> bytes:
    """A text again and again, to the end of a block."""
    size = -(-len(text) // block) * block
    return (text * (size // len(text) + 1))[:size] if text else b""
