"""The lines of a section from any place on, out of a blob that is checked first.

No line is returned from a blob whose hash is not the descriptor's. A small blob is read and hashed
for each page. A large one is hashed once, as a stream; the place of the next page includes its
ETag, and while the blob has that ETag, it has the same bytes.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple

from shared.backups.archive.reader import record_of
from shared.backups.archive.unpacking import Gunzip, unpacked, whole_lines
from shared.blobs.backup_container import BackupContainer, corrupt
from shared.model.descriptor import SectionPart
from shared.model.place import BEGINNING, LinePlace, no_such_place
from shared.model.problem import Code, Problem
from shared.model.record import Record

_SMALL_BYTES = 4 * 1024 * 1024
_RANGE_BYTES = 512 * 1024
"""Bytes that one request reads of a large blob: more than most compressed members have."""

_LINES_AT_ONCE = 500


class Line(NamedTuple):
    """One line without its line feed, and where it begins, as in LinePlace."""

    member: int
    before: int
    skip: int
    text: bytes


class SectionLines:
    """A section's blob that was checked."""

    def __init__(
        self, container: BackupContainer, part: SectionPart, kept: bytes | None, etag: str
    ) -> None:
        self.part = part
        self._container = container
        self._kept = kept
        self._etag = etag

    @staticmethod
    async def checked(
        container: BackupContainer, part: SectionPart, place: LinePlace = BEGINNING
    ) -> "SectionLines":
        """Check a section's blob against its descriptor.

        :param place: where reading will begin: an ETag in it means that the blob was checked
            before.
        :raises Problem: BlobMissing, BlobCorrupt.
        """
        if part.bytes <= _SMALL_BYTES:
            kept = await container.read(part.blob, part.bytes)
            _require_hash(part, len(kept), hashlib.sha256(kept).hexdigest())
            return SectionLines(container, part, kept, "")
        etag = await container.etag(part.blob)
        if place.etag != etag:
            size, packed = 0, hashlib.sha256()
            async for chunk in container.ranges(part.blob, 0, part.bytes + 1, etag=etag):
                size += len(chunk)
                await asyncio.to_thread(packed.update, chunk)
            _require_hash(part, size, packed.hexdigest())
        return SectionLines(container, part, None, etag)

    async def _chunks(self, at: int) -> AsyncIterator[bytes]:
        if self._kept is not None:
            yield self._kept[at:]
            return
        async for chunk in self._container.ranges(
            self.part.blob, at, self.part.bytes, etag=self._etag, step=_RANGE_BYTES
        ):
            yield chunk

    def place(self, line: Line) -> LinePlace:
        """Where a line begins."""
        return LinePlace(member=line.member, before=line.before, skip=line.skip, etag=self._etag)

    def behind(self, line: Line) -> LinePlace:
        """Where the line after this one begins, or the section ends."""
        return self.place(line._replace(skip=line.skip + len(line.text) + 1))

    async def lines(self, place: LinePlace = BEGINNING) -> AsyncGenerator[list[Line], None]:
        """The lines from a place on, a batch at a time.

        :raises Problem: BlobCorrupt if the blob changes meanwhile, or its lines are not what its
            descriptor says; InvalidRequest for a place that is not from a page.
        """
        at_place = False
        try:
            async for lines in self._from(place):
                at_place = True
                yield lines
        except Problem as problem:
            if problem.code is Code.BLOB_CORRUPT and not at_place and _is_inside(place):
                raise no_such_place() from problem
            raise

    async def _from(self, place: LinePlace) -> AsyncIterator[list[Line]]:
        path = self.part.blob
        gunzip = Gunzip(place.member, place.before)
        skip, rest = place.skip, b""
        begins = Line(place.member, place.before, place.skip, b"")
        async for chunk in self._chunks(place.member):
            async for text in unpacked(gunzip, path, chunk, self.part.lines_bytes):
                if skip:
                    skipped, text = text[:skip], text[skip:]
                    skip -= len(skipped)
                    if not skip and not skipped.endswith(b"\n"):
                        raise corrupt(path, "no line begins there")
                if not text:
                    continue
                if not rest:
                    begins = _line(gunzip, gunzip.unpacked - len(text))
                at = gunzip.unpacked - len(text) - len(rest)
                whole, rest = whole_lines(path, rest, text)
                found: list[Line] = []
                for line in whole:
                    found.append(Line(begins.member, begins.before, begins.skip, line))
                    at += len(line) + 1
                    begins = _line(gunzip, at)
                for start in range(0, len(found), _LINES_AT_ONCE):
                    yield found[start : start + _LINES_AT_ONCE]
        if rest or skip or not gunzip.has_ended or gunzip.unpacked != self.part.lines_bytes:
            raise corrupt(path, "it ends in the middle")


async def checked_records(
    container: BackupContainer, part: SectionPart
) -> AsyncIterator[list[Record]]:
    """The records of a section; the whole blob is checked before the first record is returned.

    For callers that write what they read, which could not be undone if the section is damaged or
    forged.

    :raises Problem: BlobMissing, BlobCorrupt.
    """
    blob = await SectionLines.checked(container, part)
    async for page in blob.lines():
        yield [record_of(part.blob, line.text) for line in page]


def _line(gunzip: Gunzip, at: int) -> Line:
    """A line that begins at this byte of the section, in the present member."""
    return Line(gunzip.member_at, gunzip.before_member, at - gunzip.before_member, b"")


def _is_inside(place: LinePlace) -> bool:
    return bool(place.member or place.before or place.skip)


def _require_hash(part: SectionPart, size: int, sha256: str) -> None:
    if (size, sha256) != (part.bytes, part.sha256):
        raise corrupt(part.blob, "its bytes are not those that the descriptor names")
