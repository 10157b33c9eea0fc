"""Sections as they are written and read: gzip members of lines, bounded in every direction."""

import gzip
import hashlib
import zlib

import pytest

from shared.backup import unpacking
from shared.backup.reader import section_records
from shared.backup.sections import SectionWriter
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.installation import Installation
from shared.model.descriptor import SectionPart
from shared.model.problem import Code, Problem
from shared.model.record import canonical_line
from tests.api import unique

pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
"""The SDK hands blocks of some MiB to aiohttp as they are."""


async def container_of(app: Installation) -> BackupContainer:
    container = BackupContainer(app.accounts.require("offsite", ""), unique("sections"))
    await container.create(Ownership("i", "s", "o"))
    return container


def lines(count: int, size: int = 40) -> list[bytes]:
    """Lines that do not compress to nothing."""
    noise = [hashlib.sha256(str(i).encode()).hexdigest() * (size // 64 + 1) for i in range(count)]
    return [canonical_line({"n": i, "x": text[:size]}) for i, text in enumerate(noise)]


def members(packed: bytes) -> list[bytes]:
    """The text of each gzip member."""
    found = []
    while packed:
        member = zlib.decompressobj(31)
        found.append(member.decompress(packed))
        packed = member.unused_data
    return found


async def written(container: BackupContainer, name: str, pages: list[list[bytes]]) -> SectionPart:
    writer = SectionWriter(container, "1-1", name)
    for page in pages:
        await writer.write(page)
    return await writer.close()


async def read(container: BackupContainer, part: SectionPart) -> list[bytes]:
    return [
        canonical_line(line) async for page in section_records(container, part) for line in page
    ]


@pytest.mark.parametrize(
    ("count", "size", "several"),
    [(0, 1, False), (3, 1, False), (40_000, 100, True), (9, 700_000, True)],
)
async def test_a_section_comes_back_line_by_line(
    installation: Installation, count: int, size: int, several: bool
) -> None:
    container = await container_of(installation)
    all_lines = lines(count, size)
    pages = [all_lines[i : i + 1000] for i in range(0, count, 1000)]
    part = await written(container, "schemas", pages)
    assert await read(container, part) == all_lines
    packed = await container.read(part.blob, part.bytes)
    assert gzip.decompress(packed) == b"".join(all_lines), "any gzip reads it"
    found = members(packed)
    assert (len(found) > 1) == several
    assert all(text.endswith(b"\n") for text in found if count), "a member holds whole lines"
    assert all(len(text) >= unpacking.MEMBER_BYTES for text in found[:-1])


async def test_one_member_is_read_as_well_as_many(installation: Installation) -> None:
    container = await container_of(installation)
    text = b"".join(lines(30_000, 100))
    part = await put(container, gzip.compress(text, mtime=0), text)
    assert b"".join(await read(container, part)) == text


async def put(container: BackupContainer, packed: bytes, text: bytes) -> SectionPart:
    """A section's blob as somebody else packed it."""
    blob = "sections/1-1/schemas.jsonl.gz"
    assert await container.put_once(blob, packed, "application/gzip")
    return SectionPart(
        name="schemas",
        blob=blob,
        items=text.count(b"\n"),
        bytes=len(packed),
        sha256=hashlib.sha256(packed).hexdigest(),
        lines_bytes=len(text),
        lines_sha256=hashlib.sha256(text).hexdigest(),
    )


async def refused(container: BackupContainer, part: SectionPart) -> str:
    with pytest.raises(Problem) as met:
        await read(container, part)
    assert met.value.code is Code.BLOB_CORRUPT
    assert part.blob in met.value.message
    return met.value.message


async def test_a_bomb_stops_at_what_its_descriptor_says(installation: Installation) -> None:
    container = await container_of(installation)
    small = b"".join(lines(10))
    bomb = gzip.compress(small, mtime=0) + gzip.compress(b" " * 400_000_000, 1, mtime=0)
    part = await put(container, bomb, small)
    assert "unpacks to more than" in await refused(container, part)


async def test_a_line_without_an_end_stops(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_MOST_LINE_BYTES", 3_000_000)
    container = await container_of(installation)
    text = b" " * 10_000_000
    part = await put(container, gzip.compress(text, mtime=0), text)
    assert "a line has more than" in await refused(container, part)


async def test_what_comes_behind_the_last_member_is_no_section(
    installation: Installation,
) -> None:
    container = await container_of(installation)
    text = b"".join(lines(10))
    part = await put(container, gzip.compress(text, mtime=0) + b"more", text)
    assert "does not unpack" in await refused(container, part)
