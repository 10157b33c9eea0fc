"""The cut: one revision, whatever changes while it is read."""

import asyncio
import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.backups.archive.reader import read_descriptor
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.condition import unconditional
from shared.model.descriptor import Descriptor
from shared.model.problem import Code, Problem
from shared.model.sections import Section
from shared.model.wire import JsonObject
from shared.services import cut as service_source
from shared.state.configuration import Head
from shared.state.edits import Edit, Put, Remove
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import SECOND, SERVICE, fill, run, start_backup

WRITTEN = (Section.SCHEMAS, Section.TRANSFORMS, Section.BRIDGES)
"""What the writers write, all three in one import."""

Documents = dict[str, JsonObject]


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


async def test_nobody_waits_where_nothing_changes(fresh_app: Installation) -> None:
    await fill(fresh_app)
    descriptor, _ = await backed_up(fresh_app)
    assert descriptor.consistency.held == "no"
    assert descriptor.backup.run == "1-1"


async def test_the_hold_of_a_worker_that_died_ends_with_the_next_attempt(
    fresh_app: Installation,
) -> None:
    app = fresh_app
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
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
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


class Revisions:
    """What the configuration held at each revision, by what was written."""

    def __init__(self) -> None:
        self._edits: dict[int, list[Edit]] = {}

    def listen(self, app: Installation) -> None:
        """Note each transaction of a process."""
        change = app.configuration.change

        async def noted(
            service_id: str, head: Head, edits: Sequence[Edit], **named: bool
        ) -> tuple[Head, list[str]]:
            written, etags = await change(service_id, head, edits, **named)
            self._edits[written.revision] = [*edits]
            return written, etags

        app.configuration.change = noted  # type: ignore[method-assign,assignment]

    def at(self, revision: int) -> dict[str, Documents]:
        """The documents of each section by name."""
        found: dict[str, Documents] = {section: {} for section in WRITTEN}
        for number in range(1, revision + 1):
            for edit in self._edits.get(number, []):
                if isinstance(edit, Put) and edit.artifact.section in found:
                    found[edit.artifact.section][edit.artifact.name] = edit.artifact.document
                elif isinstance(edit, Remove) and edit.section in found:
                    del found[edit.section][edit.name]
        return found


async def test_writers_at_full_speed_never_tear_a_backup(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Each backup holds exactly one revision. CUTS says how many; `make cuts` makes 50."""
    deployed = Deployed.new(emulator, tmp_path)
    apps = [Installation(deployed.read()) for _ in range(2)]
    revisions, stop = Revisions(), asyncio.Event()
    for app in apps:
        revisions.listen(app)
    await fill(apps[0])
    service = (await apps[0].services.require(SERVICE)).service

    async def write(app: Installation, writer: str) -> int:
        number = 0
        while not stop.is_set():
            number += 1
            items = [
                ImportItem(section=section, name=f"{writer}-{number % 5}", document={"n": number})
                for section in WRITTEN
            ]
            try:
                await app.imports.write(service, items)
                if number % 7 == 0:
                    await app.artifacts.delete(
                        service, Section.SCHEMAS, items[0].name, unconditional
                    )
            except Problem as problem:
                assert problem.code is Code.CONFIGURATION_HELD  # noqa: PT017
                await asyncio.sleep(0.05)
        return number

    writing = [
        asyncio.create_task(write(app, f"{process}{writer}"))
        for process, app in enumerate(apps)
        for writer in ("a", "b")
    ]
    torn_once = 0
    for number in range(int(os.environ.get("CUTS", "3"))):
        name = f"cut-{number}"
        await run(apps[0], await start_backup(apps[0], name))
        container = BackupContainer(apps[0].accounts.require("offsite", ""), name)
        descriptor = await read_descriptor(container, apps[0].provider)
        torn_once += descriptor.consistency.held == "yes"
        expected = revisions.at(descriptor.consistency.revision)
        for section in WRITTEN:
            part = descriptor.section(section)
            assert part is not None
            lines = gzip.decompress(await container.read(part.blob, 10**7)).splitlines()
            found = {r["name"]: r["document"] for r in map(json.loads, lines)}
            assert opened(found) == opened(expected[section]), (name, section)
    stop.set()
    written = sum(await asyncio.gather(*writing))
    for app in apps:
        await app.close()
    assert written > 20, "nobody wrote meanwhile"
    print(f"{number + 1} backups, {torn_once} of them with a hold, beside {written} imports")


def opened(documents: Documents) -> Documents:
    """The documents without their secrets, which no two places seal alike."""
    return {
        name: {member: value for member, value in document.items() if member != "password"}
        for name, document in documents.items()
    }
