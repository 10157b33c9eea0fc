"""Decompressing sections: a bounded piece at a time, gzip member after gzip member.

A section is a sequence of gzip members (RFC 1952, section 2.2), each of about a mebibyte of lines,
so that a reader can begin at any of them.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator

from shared.blobs.backup_container import corrupt

GZIP = 31
"""zlib's window bits for a gzip header; zlib leaves its mtime 0."""

MEMBER_BYTES = 1024 * 1024
"""Bytes of lines that a writer puts into one member: a reader decompresses at most this much to
find a place."""

_PIECE_BYTES = 1024 * 1024
_SLICE_BYTES = 256 * 1024
"""Bytes passed to zlib at once: it copies what it has not consumed after each piece."""

_MOST_LINE_BYTES = 64 * 1024 * 1024
"""Four times the largest request body that can contain a document."""


class Gunzip:
    """Decompresses a stream, and records where each member begins.

    :param at: offset in the blob of the member that it begins with.
    :param before: bytes of lines before that member.
    """

    def __init__(self, at: int = 0, before: int = 0) -> None:
        self.member_at = at
        self.before_member = before
        self.unpacked = before
        """Bytes of lines up to here, from the beginning of the section."""
        self._packed = at
        self._member = zlib.decompressobj(GZIP)

    @property
    def has_ended(self) -> bool:
        """Whether a member has ended, and no other has begun."""
        return self._member.eof

    def piece(self, packed: bytes) -> tuple[bytes, bytes]:
        """At most 1 MiB of text from one member, and the compressed bytes that are left.

        :raises zlib.error: if it is not gzip.
        """
        if self._member.eof:
            self._member = zlib.decompressobj(GZIP)
            self.member_at, self.before_member = self._packed, self.unpacked
        member = self._member
        text = member.decompress(packed, _PIECE_BYTES)
        left = member.unused_data if member.eof else member.unconsumed_tail
        self._packed += len(packed) - len(left)
        self.unpacked += len(text)
        return text, left


async def unpacked(gunzip: Gunzip, path: str, chunk: bytes, most: int) -> AsyncIterator[bytes]:
    """The text of a chunk of compressed bytes, a piece at a time; the work is done in threads.

    :param most: most bytes of lines of the whole section.
    :raises Problem: BlobCorrupt if it cannot be decompressed, or has more than ``most`` bytes.
    """
    for start in range(0, len(chunk), _SLICE_BYTES):
        left = chunk[start : start + _SLICE_BYTES]
        while left:
            try:
                text, left = await asyncio.to_thread(gunzip.piece, left)
            except zlib.error as error:
                raise corrupt(path, f"it does not unpack ({error})") from error
            if gunzip.unpacked > most:
                raise corrupt(path, f"it unpacks to more than {most} bytes")
            yield text


def whole_lines(path: str, rest: bytes, text: bytes) -> tuple[list[bytes], bytes]:
    """The lines that end in a text, without their line feeds, and the beginning of the next one.

    :param rest: the beginning of a line from the text before.
    :raises Problem: BlobCorrupt if a line is too long.
    """
    *whole, rest = (rest + text).split(b"\n")
    if len(rest) > _MOST_LINE_BYTES:
        raise corrupt(path, f"a line has more than {_MOST_LINE_BYTES} bytes")
    return whole, rest
