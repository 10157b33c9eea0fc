"""Reading ASN.1 in BER, as far as files with certificates need it.

Elements know the bytes that they are in, so that parts can be taken as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

INTEGER, BIT_STRING, OCTETS, OCTETS_IN_PARTS, OID = 0x02, 0x03, 0x04, 0x24, 0x06
SEQUENCE, SET, FIRST = 0x30, 0x31, 0xA0
"""Tags; FIRST is the explicit ``[0]``."""
_CONSTRUCTED = 0x20

_MOST_ELEMENTS = 50_000
"""A PFX with a long chain has some hundred: what is inside its certificates is not looked at."""

_MOST_DEPTH = 40


@dataclass
class Element:
    """An element, and what it is made of."""

    tag: int
    data: bytes = field(repr=False)
    begin: int
    at: int
    """Where its content begins."""
    end: int = 0
    inner: "list[Element]" = field(default_factory=list)
    """Of a constructed one."""

    @property
    def content(self) -> bytes:
        """Of a primitive one."""
        return self.data[self.at : self.end]

    @property
    def raw(self) -> bytes:
        """The element as it is."""
        return self.data[self.begin : self.end]

    @property
    def number(self) -> int:
        """Of an integer that is not negative."""
        return int.from_bytes(self.content, "big")

    @property
    def is_octets(self) -> bool:
        """Whether it is an octet string, in one or in parts."""
        return self.tag in (OCTETS, OCTETS_IN_PARTS)

    @property
    def octets(self) -> bytes:
        """The bytes of an octet string, which may come in parts, and those in parts."""
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes]:
        if self.tag == OCTETS:
            yield self.content
        for part in self.inner:
            yield from part._parts()  # noqa: SLF001 - of its own kind

    def begins_with(self, oid: bytes) -> bool:
        """Whether its first element is this object identifier."""
        first = self.inner[0] if self.inner else None
        return first is not None and first.tag == OID and first.content == oid


class Reader:
    """Reads elements with lengths of either kind; all that it reads is counted."""

    def __init__(self) -> None:
        self._left = _MOST_ELEMENTS

    def read(self, data: bytes) -> Element:
        """The first element; as every reader of it, without looking at what is behind it.

        :raises ValueError: where there is none that is whole.
        """
        return self._element(data, 0, len(data), _MOST_DEPTH)[0]

    def _element(self, data: bytes, begin: int, end: int, depth: int) -> tuple[Element, int]:
        """An element, and where it ends."""
        self._left -= 1
        if self._left < 0 or depth == 0:
            raise ValueError("more of it than any PFX has")
        tag, at = _tag(data, begin, end)
        length, at = _length(data, at, end)
        found = Element(tag, data, begin, at)
        if not tag & _CONSTRUCTED:
            if length is None:
                raise ValueError("a primitive element without a length")
            found.end = at + length
            return found, found.end
        until = end if length is None else at + length
        while at < until:
            if length is None and data[at : at + 2] == b"\0\0":
                found.end = at + 2
                return found, found.end
            inner, at = self._element(data, at, until, depth - 1)
            found.inner.append(inner)
        if length is None:
            raise ValueError("an element without an end")
        found.end = until
        return found, until


def written(tag: int, content: bytes) -> bytes:
    """An element in DER."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


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
