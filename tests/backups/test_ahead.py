"""Small blobs of a backup are asked for before they are needed, and answered as they are stored."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.backups.archive.ahead import SMALL_BYTES, read_ahead_of
from shared.backups.archive.section_writer import Commits, RunSections
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.installation.installation import Installation
from shared.model.problem import Code, Problem
from shared.model.record import canonical_line
from tests.support.api import unique
from tests.support.deployed import Deployed, Emulator
from tests.support.transport import FaultTransport

BYTES = {"one": b"1" * 10, "two": b"2" * 20, "large": b"3" * (SMALL_BYTES + 1)}
SIZES = {path: len(data) for path, data in BYTES.items()}


@pytest.fixture
async def watched(
    emulator: Emulator, tmp_path: Path
) -> AsyncIterator[tuple[BackupContainer, FaultTransport]]:
    """A container with three blobs, and what is asked of storage from then on."""
    transport = FaultTransport()
    app = Installation(Deployed.new(emulator, tmp_path).read(), transport=transport)
    container = BackupContainer(app.accounts.require("offsite", ""), unique("ahead"))
    await container.create(Ownership("i", "s", "o"))
    for path, data in BYTES.items():
        assert await container.put_once(path, data, "text/plain")
    transport.mend()
    yield container, transport
    await app.close()


async def whole(container: BackupContainer, path: str) -> bytes:
    return b"".join([chunk async for chunk in container.chunks(path, SIZES.get(path, 0))])


async def test_small_blobs_are_asked_for_once_and_large_ones_in_their_turn(
    watched: tuple[BackupContainer, FaultTransport],
) -> None:
    container, transport = watched
    async with read_ahead_of(container, SIZES) as ahead:
        for path, data in BYTES.items():
            assert await whole(ahead, path) == data
        assert await ahead.read("one", 10) == BYTES["one"]
        assert await ahead.span("two", 5, 3) == b"222"
        assert transport.calls == len(BYTES), transport.log
    assert await whole(ahead, "one") == BYTES["one"], "behind the body, storage is asked"
    assert transport.calls == len(BYTES) + 1


async def test_what_was_forgotten_is_read_again(
    watched: tuple[BackupContainer, FaultTransport],
) -> None:
    container, _ = watched
    async with read_ahead_of(container, {"one": 10}) as ahead:
        assert await whole(ahead, "one") == BYTES["one"]
        await container.blob("one").upload_blob(b"another 10", overwrite=True)
        assert await whole(ahead, "one") == BYTES["one"]
        ahead.forget("one")
        assert await whole(ahead, "one") == b"another 10"


async def test_a_blob_that_is_not_as_it_was_named_is_told_where_it_is_read(
    watched: tuple[BackupContainer, FaultTransport],
) -> None:
    """No more than one chunk of a blob that is larger than named; a missing one when it is its
    turn, and not before."""
    container, _ = watched
    async with read_ahead_of(container, {"large": 10, "gone": 5, "one": 10}) as ahead:
        await asyncio.sleep(0.2)
        assert len(await whole(ahead, "large")) > 10
        assert await whole(ahead, "one") == BYTES["one"]
        with pytest.raises(Problem) as told:
            await whole(ahead, "gone")
    assert told.value.code is Code.BLOB_MISSING


async def test_sections_without_records_are_one_blob(
    watched: tuple[BackupContainer, FaultTransport],
) -> None:
    container, transport = watched
    run, commits = RunSections(container, "1-1"), Commits()
    full = run.new("partners")
    await full.write([canonical_line({"name": "Northwind"})])
    for writer in (run.new("agreements"), full, run.new("schemas"), run.new("batches")):
        await commits.begin(writer)
    parts = await commits.ended()
    assert [part.name for part in parts] == ["agreements", "partners", "schemas", "batches"]
    blobs = [part.blob for part in parts]
    empty = "sections/1-1/empty.jsonl.gz"
    assert blobs == [empty, "sections/1-1/partners.jsonl.gz", empty, empty]
    assert transport.calls == 2
    assert {part.items for part in parts if part.blob == empty} == {0}


async def test_a_section_that_cannot_be_stored_fails_the_run(
    watched: tuple[BackupContainer, FaultTransport],
) -> None:
    container, _ = watched
    assert await container.put_once("sections/1-1/partners.jsonl.gz", b"foreign", "text/plain")
    run, commits = RunSections(container, "1-1"), Commits()
    full = run.new("partners")
    await full.write([canonical_line({"name": "Northwind"})])
    await commits.begin(full)
    await commits.begin(run.new("schemas"))
    with pytest.raises(Exception, match="exists"):
        await commits.ended()
    await commits.give_up()
    await run.give_up()
