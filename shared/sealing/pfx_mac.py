"""The MAC of a PFX: checked with a password, and made again.

Structures: RFC 7292, section 4 and appendix B; RFC 9579 for PBMAC1, which OpenSSL 3.4 can write.
"""

import hashlib
import hmac
from collections.abc import Iterator

from shared.sealing.asn1 import INTEGER, OCTETS, OID, SEQUENCE, Element, written
from shared.sealing.pfx_cost import MOST_ROUNDS

_SHA256 = bytes.fromhex("608648016503040201")
_HASHES = {
    bytes.fromhex("2a864886f70d0205"): "md5",
    bytes.fromhex("2b0e03021a"): "sha1",
    bytes.fromhex("2b24030201"): "ripemd160",
    bytes.fromhex("2a811ccf55018311"): "sm3",
    _SHA256: "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
    bytes.fromhex("608648016503040204"): "sha224",
    bytes.fromhex("608648016503040205"): "sha512_224",
    bytes.fromhex("608648016503040206"): "sha512_256",
    bytes.fromhex("608648016503040207"): "sha3_224",
    bytes.fromhex("608648016503040208"): "sha3_256",
    bytes.fromhex("608648016503040209"): "sha3_384",
    bytes.fromhex("60864801650304020a"): "sha3_512",
}
_FOR_A_MAC = 3
"""The purpose of the derived key (RFC 7292, B.3)."""

_PBMAC1 = bytes.fromhex("2a864886f70d01050e")
_PBKDF2 = bytes.fromhex("2a864886f70d01050c")
_HMACS = {
    bytes.fromhex("2a864886f70d0207"): "sha1",
    bytes.fromhex("2a864886f70d0208"): "sha224",
    bytes.fromhex("2a864886f70d0209"): "sha256",
    bytes.fromhex("2a864886f70d020a"): "sha384",
    bytes.fromhex("2a864886f70d020b"): "sha512",
    bytes.fromhex("2a864886f70d020c"): "sha512_224",
    bytes.fromhex("2a864886f70d020d"): "sha512_256",
}
_LONGEST_KEY = 64
"""Longest key of a PBMAC1 in bytes, that of the longest hash: each further hash length takes all
rounds again."""


class PasswordWrong(Exception):
    """The MAC does not match this password."""


class MacUnknown(Exception):
    """The MAC is of an unknown kind, so that it cannot be checked."""


def require_mac(mac: Element, content: bytes, password: str | None) -> bytes:
    """Check a MAC; return the password in the form in which a classic MAC uses it.

    :raises PasswordWrong: if it was made with another password, or for other content.
    :raises MacUnknown: if it cannot be checked.
    :raises ValueError: if it is not a MAC.
    """
    digest, salt, *rounds = mac.inner
    algorithm, expected = digest.inner
    kind, *parameters = algorithm.inner
    if kind.content == _PBMAC1:
        found = _pbmac1(parameters, content, (password or "").encode())
        if not hmac.compare_digest(found, expected.octets):
            raise PasswordWrong
        return next(_as_given(password))
    name = _known(_HASHES, kind)
    times = rounds[0].number if rounds else 1
    if times > MOST_ROUNDS:
        raise ValueError("more rounds than are counted")
    for given in _as_given(password):
        key = _derived(name, given, salt.octets, times)
        if hmac.compare_digest(hmac.digest(key, content, name), expected.octets):
            return given
    raise PasswordWrong


def made_mac(password: bytes, content: bytes) -> bytes:
    """A MAC of SHA-256 with one round, the default where none is given.

    :param password: as returned by ``require_mac``.
    """
    salt = bytes(8)
    digest = hmac.digest(_derived("sha256", password, salt, 1), content, "sha256")
    algorithm = written(SEQUENCE, written(OID, _SHA256) + b"\x05\x00")
    info = written(SEQUENCE, algorithm + written(OCTETS, digest))
    return written(SEQUENCE, info + written(OCTETS, salt))


def _known(names: dict[bytes, str], kind: Element) -> str:
    name = names.get(kind.content, "")
    if name not in hashlib.algorithms_available:
        raise MacUnknown
    return name


def _pbmac1(parameters: list[Element], content: bytes, password: bytes) -> bytes:
    """The PBMAC1 of a password: PBKDF2 makes the key of an HMAC (RFC 9579, section 5)."""
    [both] = parameters
    derivation, scheme = both.inner
    if not derivation.begins_with(_PBKDF2):
        raise MacUnknown
    [scheme_kind, *_], [_, its] = scheme.inner, derivation.inner
    salt, rounds, *more = its.inner
    prf, length = "sha1", 0  # the default hash (RFC 8018, A.2)
    for one in more:
        if one.tag == INTEGER:
            length = one.number
        elif one.inner:
            prf = _known(_HMACS, one.inner[0])
    if rounds.number > MOST_ROUNDS or not 0 < length <= _LONGEST_KEY:
        raise ValueError("more rounds than are counted, or no length of a key")
    key = hashlib.pbkdf2_hmac(prf, password, salt.octets, max(1, rounds.number), length)
    return hmac.digest(key, content, _known(_HMACS, scheme_kind))


def _as_given(password: str | None) -> Iterator[bytes]:
    """The encodings of a password for deriving a key; an empty password has two."""
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
    """A text repeated up to the end of a block."""
    size = -(-len(text) // block) * block
    return (text * (size // len(text) + 1))[:size] if text else b""
