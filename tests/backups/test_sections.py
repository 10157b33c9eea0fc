"""Sections as they are written and read: gzip members of lines, bounded in every direction."""

import gzip
import hashlib
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from shared.backups.archive import unpacking
from shared.backups.archive.reader import section_records
from shared.backups.archive.section_lines import Line, SectionLines
from shared.backups.archive.section_writer import RunSections
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.installation.installation import Installation
from shared.model.descriptor import SectionPart
from shared.model.place import BEGINNING, LinePlace
from shared.model.problem import Code, Problem
from shared.model.record import canonical_line
from shared.storage.clients import FencedTransport
from tests.support.api import unique
from tests.support.deployed import Deployed, Emulator

pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
"""The SDK hands blocks of some MiB to aiohttp as they are."""


class Meter(FencedTransport):
    """Counts the bytes that storage gives."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes = 0

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        answer = await super().send(request, **config)
        if request.method == "GET":
            self.bytes += int(answer.headers.get("Content-Length", 0))
        return answer


@pytest.fixture
async def metered(emulator: Emulator, tmp_path: Path) -> AsyncIterator[tuple[Installation, Meter]]:
    """The app's parts, and how many bytes storage gave them."""
    meter = Meter()
    parts = Installation(Deployed.new(emulator, tmp_path).read(), transport=meter)
    yield parts, meter
    await parts.close()


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
    writer = RunSections(container, "1-1").new(name)
    for page in pages:
        await writer.write(page)
    return await writer.close()


async def read(container: BackupContainer, part: SectionPart) -> list[bytes]:
    return [
        canonical_line(line) async for page in section_records(container, part) for line in page
    ]


@pytest.mark.parametrize(
    ("count", "size", "several"),
    [(0, 1, False), (3, 1, False), (40_000, 100, True), (8, 700_000, True), (9, 700_000, True)],
)
async def test_a_section_comes_back_line_by_line(
    fresh_app: Installation, count: int, size: int, several: bool
) -> None:
    container = await container_of(fresh_app)
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


async def test_one_member_is_read_as_well_as_many(fresh_app: Installation) -> None:
    container = await container_of(fresh_app)
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


async def test_a_bomb_stops_at_what_its_descriptor_says(fresh_app: Installation) -> None:
    container = await container_of(fresh_app)
    small = b"".join(lines(10))
    bomb = gzip.compress(small, mtime=0) + gzip.compress(b" " * 400_000_000, 1, mtime=0)
    part = await put(container, bomb, small)
    assert "unpacks to more than" in await refused(container, part)


async def test_a_line_without_an_end_stops(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "_MOST_LINE_BYTES", 3_000_000)
    container = await container_of(fresh_app)
    text = b" " * 10_000_000
    part = await put(container, gzip.compress(text, mtime=0), text)
    assert "a line has more than" in await refused(container, part)


async def test_what_comes_behind_the_last_member_is_no_section(
    fresh_app: Installation,
) -> None:
    container = await container_of(fresh_app)
    text = b"".join(lines(10))
    part = await put(container, gzip.compress(text, mtime=0) + b"more", text)
    assert "does not unpack" in await refused(container, part)


async def from_place(blob: SectionLines, place: LinePlace = BEGINNING) -> list[Line]:
    return [line async for page in blob.lines(place) for line in page]


@pytest.mark.parametrize(("count", "size"), [(1, 1), (25_000, 100), (9, 700_000)])
async def test_a_reader_begins_at_any_line(fresh_app: Installation, count: int, size: int) -> None:
    container = await container_of(fresh_app)
    all_lines = lines(count, size)
    part = await written(container, "schemas", [all_lines])
    blob = await SectionLines.checked(container, part)
    found = await from_place(blob)
    assert [line.text + b"\n" for line in found] == all_lines
    for number in {0, 1, count // 3, count // 2, count - 2, count - 1} & set(range(count)):
        rest = await from_place(blob, blob.place(found[number]))
        assert [line.text for line in rest] == [line.text for line in found[number:]]
        assert blob.place(rest[0]) == blob.place(found[number])
    assert await from_place(blob, blob.behind(found[-1])) == []


def noisy(count: int, size: int) -> list[bytes]:
    """Lines that hardly compress."""
    return [
        canonical_line({"n": i, "x": hashlib.shake_256(str(i).encode()).hexdigest(size // 2)})
        for i in range(count)
    ]


async def test_a_page_of_a_large_section_costs_a_page(
    metered: tuple[Installation, Meter],
) -> None:
    app, meter = metered
    container = await container_of(app)
    part = await written(container, "mic-values", [noisy(3_000, 10_000)])
    assert part.bytes > 12_000_000
    meter.bytes = 0
    tracemalloc.start()
    blob = await SectionLines.checked(container, part)
    assert meter.bytes == part.bytes, "its hash is checked once, before anything is given"
    async for page in blob.lines():
        assert page[0].skip == 0
        break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000, "whatever the section has"
    found = await from_place(blob)
    place = blob.place(found[2_900])
    meter.bytes = 0
    again = await SectionLines.checked(container, part, place)
    async for page in again.lines(place):
        assert page[0] == found[2_900]
        break
    assert meter.bytes < 1_500_000, "a member or two, wherever it is"


async def test_a_large_section_that_changes_between_pages_is_refused(
    fresh_app: Installation,
) -> None:
    container = await container_of(fresh_app)
    part = await written(container, "mic-values", [noisy(1_200, 10_000)])
    blob = await SectionLines.checked(container, part)
    place = blob.place((await from_place(blob))[1_100])
    packed = await container.read(part.blob, part.bytes)
    await container.blob(part.blob).upload_blob(packed, overwrite=True)
    same = await SectionLines.checked(container, part, place)
    assert len(await from_place(same, place)) == 100, "the same bytes, written again"
    with pytest.raises(Problem, match="changed while it was read"):
        await from_place(blob)
    for other in (packed[:-1] + b"x", packed + b"x", packed[:-1]):
        await container.blob(part.blob).upload_blob(other, overwrite=True)
        with pytest.raises(Problem) as met:
            await SectionLines.checked(container, part, place)
        assert met.value.code is Code.BLOB_CORRUPT


async def test_a_place_that_no_page_gave_is_refused(fresh_app: Installation) -> None:
    container = await container_of(fresh_app)
    part = await written(container, "schemas", [lines(25_000, 100)])
    blob = await SectionLines.checked(container, part)
    for place in (
        LinePlace(member=1),
        LinePlace(member=part.bytes),
        LinePlace(member=2**53 - 1),
        LinePlace(before=2**53 - 1),
        LinePlace(before=1),
        LinePlace(skip=2**53 - 1),
    ):
        with pytest.raises(Problem) as met:
            await from_place(blob, place)
        assert met.value.code in (Code.INVALID_REQUEST, Code.BLOB_CORRUPT)


@pytest.mark.parametrize("blocks", [[], [b"block"]], ids=["whole", "in-blocks"])
async def test_what_is_written_is_never_written_over(
    fresh_app: Installation, blocks: list[bytes]
) -> None:
    """By no other run: what differs is refused. What is the same was its own first delivery."""
    container = BackupContainer(fresh_app.accounts.require("offsite", ""), unique("once"))
    await container.create(Ownership("i", "s", "o"))

    async def write(tail: bytes) -> None:
        writer = container.new_blob("sections/x", "text/plain")
        for block in blocks:
            await writer.append(block)
        await writer.commit(tail)

    await write(b"first")
    await write(b"first")
    with pytest.raises(AzureError, match="BlobAlreadyExists"):
        await write(b"other")
    assert await container.read("sections/x", 100) == b"".join(blocks) + b"first"
