"""The cut: one revision, whatever changes while it is read."""

import asyncio
import gzip
import json

import pytest

from shared.backup import service_source
from shared.backup.reader import read_descriptor
from shared.blobs.backup_container import BackupContainer
from shared.installation import Installation
from shared.model.artifact import ImportItem, Section
from shared.model.descriptor import Descriptor
from shared.model.problem import Code, Problem
from tests.faults.scenes import SECOND, SERVICE, fill, run, start_backup


async def backed_up(app: Installation) -> tuple[Descriptor, dict[str, object]]:
    """Back up, and read what the backup says of schemas."""
    await run(app, await start_backup(app, SECOND))
    container = BackupContainer(app.accounts.require("offsite", ""), SECOND)
    descriptor = await read_descriptor(container, app.provider)
    part = descriptor.section("schemas")
    assert part is not None
    lines = gzip.decompress(await container.read(part.blob, 10**6)).splitlines()
    return descriptor, {r["name"]: r["document"] for r in map(json.loads, lines)}


async def put(app: Installation, name: str, document: dict[str, object]) -> None:
    listed = await app.services.require(SERVICE)
    item = ImportItem(section=Section.SCHEMAS, name=name, document=document)  # type: ignore[arg-type]
    await app.imports.write(listed.service, [item])


async def test_nobody_waits_where_nothing_changes(installation: Installation) -> None:
    await fill(installation)
    descriptor, _ = await backed_up(installation)
    assert descriptor.consistency.held == "no"
    assert descriptor.backup.run == "1-1"


async def test_the_hold_of_a_worker_that_died_ends_with_the_next_attempt(
    installation: Installation,
) -> None:
    app = installation
    await fill(app)
    record = await start_backup(app, SECOND)
    service = (await app.services.require(SERVICE)).service
    dead = await app.source(service).cut(record.operation.id, hold=True)
    assert dead._renewing is not None
    dead._renewing.cancel()
    with pytest.raises(Problem) as refused:
        await put(app, "meanwhile", {})
    assert refused.value.code is Code.CONFIGURATION_HELD
    await run(app, record)
    await put(app, "after", {})


async def test_a_change_while_reading_is_read_again_under_a_hold(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = installation
    await fill(app)
    read = service_source.ServiceCut.configuration
    outcomes: list[str] = []

    async def read_while_somebody_writes(cut: service_source.ServiceCut):  # type: ignore[no-untyped-def]
        async for page in read(cut):
            yield page
            try:
                # Both, or neither: the backup must never hold the one without the other.
                listed = await app.services.require(SERVICE)
                number = len(outcomes)
                both = [
                    ImportItem(section=section, name="twin", document={"n": number})
                    for section in (Section.SCHEMAS, Section.TRANSFORMS)
                ]
                await app.imports.write(listed.service, both)
                outcomes.append("written")
            except Problem as problem:
                assert problem.code is Code.CONFIGURATION_HELD  # noqa: PT017
                outcomes.append("held")

    monkeypatch.setattr(service_source.ServiceCut, "configuration", read_while_somebody_writes)
    descriptor, schemas = await backed_up(app)
    assert descriptor.consistency.held == "yes"
    assert descriptor.backup.run == "1-2"
    assert "held" in outcomes
    last = max(i for i, outcome in enumerate(outcomes) if outcome == "written")
    assert schemas["twin"] == {"n": last}
    head = await app.configuration.head((await app.services.require(SERVICE)).service.id)
    assert head is not None
    assert (head.hold, head.revision) == ("", descriptor.consistency.revision)
    await put(app, "after", {})


async def test_writers_at_full_speed_never_tear_a_backup(installation: Installation) -> None:
    app = installation
    await fill(app)
    stop = asyncio.Event()
    revisions: dict[int, int] = {}

    async def write() -> None:
        number = 0
        listed = await app.services.require(SERVICE)
        while not stop.is_set():
            number += 1
            items = [
                ImportItem(section=section, name="twin", document={"n": number})
                for section in (Section.AGREEMENTS, Section.SCHEMAS, Section.TRANSFORMS)
            ]
            try:
                await app.imports.write(listed.service, items)
            except Problem as problem:
                assert problem.code is Code.CONFIGURATION_HELD  # noqa: PT017
                await asyncio.sleep(0.05)
                continue
            head = await app.configuration.head(listed.service.id)
            assert head is not None
            revisions[head.revision] = number

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.3)
    descriptor, schemas = await backed_up(app)
    stop.set()
    await writing
    revision = descriptor.consistency.revision
    if revision in revisions:
        assert schemas["twin"] == {"n": revisions[revision]}
    container = BackupContainer(app.accounts.require("offsite", ""), SECOND)
    twins = []
    for name in ("agreements", "schemas", "transforms"):
        part = descriptor.section(name)
        assert part is not None
        lines = gzip.decompress(await container.read(part.blob, 10**6)).splitlines()
        twins += [r["document"] for r in map(json.loads, lines) if r["name"] == "twin"]
    assert len(twins) == 3
    assert len({json.dumps(twin) for twin in twins}) == 1
