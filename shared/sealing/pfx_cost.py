"""What opening a PFX (PKCS #12) costs, read from it before it is opened.

A password is turned into keys by rounds of hashing, and the file itself says how many: up to 2^63
of them, during which the library lets nothing else run. The numbers stand in the file in the clear
(RFC 7292): beside the salt of its MAC, of each encrypted part and of each encrypted key.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_ROUNDS = 2_000_000
"""In sum over one document: about a second, in which nothing else runs. Usual files take thousands,
careful ones some hundred thousand."""

_MOST_ELEMENTS = 50_000
"""A file with a long chain has some hundred: what is inside a certificate is not looked at."""

_MOST_DEPTH = 40
_LEVELS = 2
"""Elements within octets: the list of parts, and what is in a part that is not encrypted."""

_INTEGER, _OCTETS, _OCTETS_IN_PARTS, _OID = 0x02, 0x04, 0x24, 0x06
_CONSTRUCTED = 0x20
_DATA = bytes.fromhex("2a864886f70d010701")
"""1.2.840.113549.1.7.1: what it holds are the next elements."""

_SCRYPT = bytes.fromhex("2b06010401da47040b")
"""1.3.6.1.4.1.11591.4.11: its cost is the product of its numbers."""

_COUNTABLE = 2**64
"""Larger numbers are none that anything counts to, such as the order of a curve."""


@dataclass
class _Element:
    tag: int
    content: bytes = field(default=b"", repr=False)
    """Of a primitive one."""
    inner: "list[_Element]" = field(default_factory=list)
    """Of a constructed one."""


def rounds(pfx: bytes) -> int:
    """How many rounds opening a PFX takes, as far as that is visible without its password.

    :raises ValueError: for what is no ASN.1 in BER, or has more of it than any PFX.
    """
    reader = _Reader()
    found = 0
    left = [(reader.read(pfx), 0)]
    while left:
        element, level = left.pop()
        found += _beside_salts(element.inner)
        left += [(inner, level) for inner in element.inner]
        if level < _LEVELS and _is_oid(element, _DATA):
            parts = [one for wrapped in element.inner for one in wrapped.inner]
            left += [(reader.read(_joined(one)), level + 1) for one in parts if _is_octets(one)]
    return found


def _beside_salts(elements: list[_Element]) -> int:
    """The numbers that come right behind a salt; of scrypt, the product of all of them."""
    found = 0
    for index, element in enumerate(elements):
        numbers = _numbers_from(elements, index + 1)
        if _is_octets(element) and numbers:
            found += numbers[0]
        if element.tag == _OID and element.content == _SCRYPT:
            found += _scrypt_cost(elements[index + 1 :])
    return found


def _numbers_from(elements: list[_Element], start: int) -> list[int]:
    found: list[int] = []
    for element in elements[start:]:
        if element.tag != _INTEGER:
            break
        number = int.from_bytes(element.content, "big")
        found.append(number if number < _COUNTABLE else 0)
    return found


def _scrypt_cost(parameters: list[_Element]) -> int:
    found = 0
    for one in parameters[:1]:
        cost, size, side_by_side, *_ = [*_numbers_from(one.inner, 1), 1, 1, 1]
        found += cost * size * side_by_side
    return found


def _is_oid(element: _Element, oid: bytes) -> bool:
    first = element.inner[0] if element.inner else None
    return first is not None and first.tag == _OID and first.content == oid


def _is_octets(element: _Element) -> bool:
    return element.tag in (_OCTETS, _OCTETS_IN_PARTS)


def _joined(octets: _Element) -> bytes:
    """The bytes of an octet string, which may come in parts, and those in parts."""
    return b"".join(_parts(octets))


def _parts(octets: _Element) -> Iterator[bytes]:
    if octets.tag == _OCTETS:
        yield octets.content
    for part in octets.inner:
        yield from _parts(part)


class _Reader:
    """Reads elements in BER, with lengths of either kind; all that it reads is counted."""

    def __init__(self) -> None:
        self._left = _MOST_ELEMENTS

    def read(self, data: bytes) -> _Element:
        """The first element; as every reader of it, without looking at what is behind it.

        :raises ValueError: where there is none that is whole.
        """
        return self._element(data, 0, len(data), _MOST_DEPTH)[0]

    def _element(self, data: bytes, at: int, end: int, depth: int) -> tuple[_Element, int]:
        """An element, and where it ends."""
        self._left -= 1
        if self._left < 0 or depth == 0:
            raise ValueError("more of it than any PFX has")
        tag, at = _tag(data, at, end)
        length, at = _length(data, at, end)
        if not tag & _CONSTRUCTED:
            if length is None:
                raise ValueError("a primitive element without a length")
            return _Element(tag, data[at : at + length]), at + length
        found = _Element(tag)
        until = end if length is None else at + length
        while at < until:
            if length is None and data[at : at + 2] == b"\0\0":
                return found, at + 2
            inner, at = self._element(data, at, until, depth - 1)
            found.inner.append(inner)
        if length is None:
            raise ValueError("an element without an end")
        return found, until


def _tag(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The first byte of a tag, which is all that tells those apart that count here."""
    tag = _byte(data, at, end)
    at += 1
    if tag & 0x1F == 0x1F:
        while _byte(data, at, end) & 0x80:
            at += 1
        at += 1
    return tag, at


def _length(data: bytes, at: int, end: int) -> tuple[int | None, int]:
    """How many bytes follow, None for as many as come before two zeros."""
    first = _byte(data, at, end)
    at += 1
    if first == 0x80:
        return None, at
    length = first
    if first > 0x80:
        behind = at + (first & 0x7F)
        if behind > end:
            raise ValueError("a length that is cut")
        length, at = int.from_bytes(data[at:behind], "big"), behind
    if length > end - at:
        raise ValueError("an element that is cut")
    return length, at


def _byte(data: bytes, at: int, end: int) -> int:
    if at >= end:
        raise ValueError("an element that is cut")
    return data[at]
