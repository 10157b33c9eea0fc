"""Nothing that outlives a restore is written from bytes that were not checked.

Whoever can write the backup account, and nothing else, exchanges the counters of a backup while it
is restored. The ledger stays where it is.
"""

import json
import zlib
from collections.abc import Awaitable, Callable

import pytest

from shared.backups.archive import section_lines
from shared.backups.archive.reader import read_descriptor
from shared.backups.archive.unpacking import Gunzip, unpacked
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.descriptor import SectionPart
from shared.model.operation import Operation
from shared.model.sections import CONTROL_NUMBERS
from tests.restores.numbering import delete, issue, restore, resume
from tests.support.scenes import FIRST, SERVICE, run, start_restore

Attack = Callable[[], Awaitable[object]]


async def section(app: Installation) -> tuple[BackupContainer, SectionPart]:
    container = BackupContainer(app.accounts.require("offsite", ""), FIRST)
    part = (await read_descriptor(container, app.provider)).section(CONTROL_NUMBERS)
    assert part is not None
    return container, part


async def forged(container: BackupContainer, part: SectionPart) -> bytes:
    """Counters of a later cycle, from its beginning: they would win against all that is known."""
    packed = await container.read(part.blob, 10**6)
    lines = b"".join([text async for text in unpacked(Gunzip(), part.blob, packed, 10**6)])
    record = json.loads(lines)
    for counter in record["document"].values():
        counter.update(next=1, last=0, cycle=7)
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    text = json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return packer.compress(text) + packer.flush()


async def attacked(app: Installation, monkeypatch: pytest.MonkeyPatch, method: str) -> Operation:
    """A restore whose counters are exchanged as soon as they were read for the first time."""
    container, part = await section(app)
    good, bad = await container.read(part.blob, 10**6), await forged(container, part)
    real = getattr(BackupContainer, method)
    seen = 0

    async def exchange() -> None:
        nonlocal seen
        seen += 1
        await container.blob(part.blob).upload_blob(bad, overwrite=True)

    async def span(self: BackupContainer, path: str, *given: object, **named: object) -> bytes:
        found: bytes = await real(self, path, *given, **named)
        if path == part.blob:
            await exchange()
        return found

    async def ranges(self: BackupContainer, path: str, *given: object, **named: object) -> object:
        async for chunk in real(self, path, *given, **named):
            yield chunk
        if path == part.blob:
            await exchange()

    monkeypatch.setattr(BackupContainer, method, span if method == "range" else ranges)
    record = await start_restore(app)
    # The plan reads them too, before they are exchanged for the worker.
    await container.blob(part.blob).upload_blob(good, overwrite=True)
    seen = 0
    await run(app, record)
    assert seen, "they were exchanged"
    monkeypatch.undo()
    await container.blob(part.blob).upload_blob(good, overwrite=True)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    return found[0].operation


async def test_counters_that_are_exchanged_behind_their_check_are_not_used(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small section is in memory then: what was checked is what is written."""
    await issue(app, 3)
    await delete(app)
    operation = await attacked(app, monkeypatch, "range")
    assert operation.status == "Succeeded"
    await resume(app)
    assert await issue(app, 2) == [6, 7]


async def test_a_large_section_that_is_exchanged_behind_its_check_is_refused(
    app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await issue(app, 3)
    await delete(app)
    before = await app.ledger.get(SERVICE, "A")
    monkeypatch.setattr(section_lines, "_SMALL_BYTES", 0)
    operation = await attacked(app, monkeypatch, "ranges")
    assert operation.error is not None
    assert operation.error.code == "BlobCorrupt"
    assert await app.ledger.get(SERVICE, "A") == before
    await delete(app)
    await restore(app)
    await resume(app)
    assert await issue(app, 2) == [6, 7]
