"""Reading ASN.1 in BER, as far as files with certificates need it.

Elements refer to the bytes that they are in, so that parts can be copied unchanged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

INTEGER, BIT_STRING, OCTETS, OCTETS_IN_PARTS, OID = 0x02, 0x03, 0x04, 0x24, 0x06
SEQUENCE, SET, FIRST = 0x30, 0x31, 0xA0
"""Tags; FIRST is the explicit ``[0]``."""
_CONSTRUCTED = 0x20

_MOST_ELEMENTS = 50_000
"""Most elements of a file. A PFX with a long chain has some hundred: its certificates are not
parsed."""

_MOST_DEPTH = 40


@dataclass
class Element:
    """An element, with its inner elements."""

    tag: int
    data: bytes = field(repr=False)
    begin: int
    at: int
    """Where its content begins."""
    end: int = 0
    inner: "list[Element]" = field(default_factory=list)
    """The elements of a constructed one."""

    @property
    def content(self) -> bytes:
        """The content of a primitive one."""
        return self.data[self.at : self.end]

    @property
    def raw(self) -> bytes:
        """The bytes of the whole element."""
        return self.data[self.begin : self.end]

    @property
    def number(self) -> int:
        """The value of a non-negative integer."""
        return int.from_bytes(self.content, "big")

    @property
    def is_octets(self) -> bool:
        """Whether it is an octet string, in one piece or in parts."""
        return self.tag in (OCTETS, OCTETS_IN_PARTS)

    @property
    def octets(self) -> bytes:
        """The bytes of an octet string, which may be nested in parts."""
        return b"".join(self._parts())

    def _parts(self) -> Iterator[bytes]:
        if self.tag == OCTETS:
            yield self.content
        for part in self.inner:
            yield from part._parts()  # noqa: SLF001 - of the same class

    def begins_with(self, oid: bytes) -> bool:
        """Whether its first element is this object identifier."""
        first = self.inner[0] if self.inner else None
        return first is not None and first.tag == OID and first.content == oid


class Reader:
    """Reads elements of definite and indefinite length, and counts all that it reads."""

    def __init__(self) -> None:
        self._left = _MOST_ELEMENTS

    def read(self, data: bytes) -> Element:
        """The first element; bytes after it are ignored, as in other readers.

        :raises ValueError: if there is no complete element.
        """
        return self._element(data, 0, len(data), _MOST_DEPTH)[0]

    def _element(self, data: bytes, begin: int, end: int, depth: int) -> tuple[Element, int]:
        """An element, and the offset of its end."""
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
    """The first byte of a tag, which is enough to distinguish the tags that are used here, and the
    offset after it."""
    tag = _byte(data, at, end)
    at += 1
    if tag & 0x1F == 0x1F:
        while _byte(data, at, end) & 0x80:
            at += 1
        at += 1
    return tag, at


def _length(data: bytes, at: int, end: int) -> tuple[int | None, int]:
    """The length in bytes, None for an indefinite length (up to two zero bytes), and the offset
    after it."""
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
