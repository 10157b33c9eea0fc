"""Backups of version 2: only where something is in them that version 1 does not know, and whole."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.backups.archive.reader import read_descriptor, undamaged_descriptor
from shared.backups.inspection.changes import LIVE, ChangesAsked
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.backup import VerifyLevel
from shared.model.descriptor import digest
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from shared.model.sections import ADDED_LATER, SESSIONS, Section
from shared.model.wire import MASK, JsonObject
from shared.sealing.data_key import DataKey
from shared.services.sessions import sealed_session
from tests.format.test_versions import KEY, VERSION_1, VERSION_2
from tests.support.deployed import Deployed, Emulator
from tests.support.linked import (
    ACCOUNT,
    OPEN,
    PROCESS,
    SESSIONS_OF,
    link,
    put_sessions,
    session,
    sessions_of,
)
from tests.support.scenes import (
    COPY,
    FIRST,
    SECOND,
    SERVICE,
    after_restore,
    after_verify,
    delivered,
    fill,
    read_whole,
    run,
    start_backup,
    start_delete,
    start_restore,
    start_verify,
)

ALONE = True
OF_A = {"A-ICN", "A-Gcn", "A-Tscn-ACK", "X12-ICN-A-000000905", "Edifact-ICN-A-ME+1,2 'b"}


def container(app: Installation, name: str) -> BackupContainer:
    return BackupContainer(app.accounts.require("offsite", ""), name)


async def test_a_backup_without_either_is_of_version_1(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app)
    found = await read_descriptor(container(app, FIRST), app.provider)
    assert found.format == "interkeep-backup/1"
    assert ADDED_LATER.isdisjoint({part.name for part in found.sections})
    kept = json.loads((VERSION_1 / f"{FIRST}.txt").read_text())
    assert [part.name for part in found.sections] == [one["name"] for one in kept["sections"]]
    shown = await app.contents.page(SERVICE, FIRST, SESSIONS, most=10)
    assert (shown.values, shown.following) == ([], None)


@pytest.mark.parametrize("section", sorted(ADDED_LATER))
async def test_either_makes_it_version_2(fresh_app: Installation, section: str) -> None:
    app = fresh_app

    async def one(app: Installation, service: Any) -> None:
        if section == SESSIONS:
            await put_sessions(app, service, SESSIONS_OF[:1])
        else:
            item = ImportItem(section=Section(section), name="P", document=PROCESS)
            await app.imports.write(service, [item])

    await fill(app, one)
    found = await read_whole(app, container(app, FIRST))
    assert found.format == "interkeep-backup/2"
    assert {part.name for part in found.sections} & ADDED_LATER == {section}


async def test_all_of_it_is_kept_sealed_and_comes_back(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app, link)
    backup = container(app, FIRST)
    found = await read_whole(app, backup)
    names = [part.name for part in found.sections]
    assert names[-3:] == ["mic-values", SESSIONS, "content"]
    for path in [path async for path in backup.names()]:
        data = await backup.read(path, 10_000_000)
        text = gzip.decompress(data) if path.endswith(".gz") else data
        assert OPEN.encode() not in text, path
    await run(app, await start_delete(app))
    record = await start_restore(app)
    assert record.operation.parameters["plan"]["sections"][SESSIONS] == len(SESSIONS_OF)  # type: ignore[index,call-overload]
    await run(app, record)
    assert await sessions_of(app, SERVICE) == {one.name: one for one in SESSIONS_OF}
    service = (await app.services.require(SERVICE)).service
    settings = await app.configuration.settings(service.id)
    assert settings is not None
    assert settings.document["integrationAccount"] == ACCOUNT
    process = await app.configuration.artifact(service.id, Section.ROSETTANET_PROCESSES, "pip3a4")
    assert process is not None
    assert process.value.document == PROCESS
    ended = await app.records.find(SERVICE, record.operation.id)
    assert ended is not None
    result = ended[0].operation.result
    assert result is not None
    assert result["sections"][SESSIONS] == len(SESSIONS_OF)  # type: ignore[index,call-overload]
    await after_restore(app, ended[0])


async def test_it_is_verified_at_every_level(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app, link)
    for level in VerifyLevel:
        found = await app.backups.get(SERVICE, FIRST)
        record = await app.verifications.start(found.value, level, "me", None)
        await run(app, record)
        ended = await app.records.find(SERVICE, record.operation.id)
        assert ended is not None
        assert ended[0].operation.status == "Succeeded", ended[0].operation.error
    await after_verify(app, ended[0])
    left = app.table("interkeepScratchSessions").scan()
    assert [row async for page in left for row in page] == []


@pytest.mark.parametrize("level", list(VerifyLevel))
async def test_a_kept_one_is_registered_and_verified(
    emulator: Emulator, tmp_path: Path, level: VerifyLevel
) -> None:
    app = Installation(Deployed.new(emulator, tmp_path, SEALING_KEY=KEY).read())
    account = app.accounts.require("offsite", "").get_container_client(FIRST)
    await account.create_container()
    for path in VERSION_2.rglob("*"):
        if path.is_file():
            await account.upload_blob(path.relative_to(VERSION_2).as_posix(), path.read_bytes())
    registered = await app.registration.register(
        "offsite", FIRST, accept_renamed=False, caller="me", operation_id=None
    )
    await run(app, await app.verifications.start(registered.value, level, "me", None))
    found = await app.backups.get(SERVICE, FIRST)
    assert (found.value.verify_status, found.value.verify_level) == ("Succeeded", level)
    facts, sections = await app.contents.overview(SERVICE, FIRST)
    assert facts["format"] == "interkeep-backup/2"
    assert {one["name"]: one["items"] for one in sections}[SESSIONS] == len(SESSIONS_OF)  # type: ignore[index]
    await app.close()


async def test_deleting_a_service_drops_its_sessions(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app, link)
    service = (await app.services.require(SERVICE)).service
    await run(app, await start_delete(app))
    assert [one async for page in app.sessions.pages(service.id) for one in page] == []


def part(**more: Any) -> RestoreBody:
    place = {"storageAccount": "offsite", "container": FIRST}
    return RestoreBody.model_validate({"backup": place, "service": {"name": COPY}, **more})


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ({"include": [{"section": "agreements", "name": "a"}]}, OF_A),
        ({"exclude": [{"section": "schemas", "name": "s2"}]}, OF_A),
        ({"include": [{"section": "schemas"}]}, set()),
        ({"include": [{"section": "rosettanet-processes", "name": "PIP3A4"}]}, set()),
    ],
)
async def test_a_part_takes_the_sessions_of_its_agreements(
    fresh_app: Installation, choice: JsonObject, wanted: set[str]
) -> None:
    app = fresh_app
    await fill(app, link)
    planned = await app.restores.plan(part(**choice))
    assert planned.errors == []
    assert planned.sections.get(SESSIONS, 0) == len(wanted)
    await run(app, await app.restores.start(part(**choice), "me", None))
    assert set(await sessions_of(app, COPY)) == wanted


async def test_a_restore_whose_worker_dies_goes_on(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier attempt wrote is compared, with its secrets opened, and not written again."""
    app = fresh_app
    await fill(app, link)
    put_all, dies, written = app.sessions.put_all, True, 0

    async def once(service_id: str, sessions: Any) -> None:
        nonlocal dies, written
        some = list(sessions)[:4] if dies else list(sessions)
        await put_all(service_id, some)
        written += len(some)
        if dies:
            dies = False
            raise ConnectionError("the worker died")

    monkeypatch.setattr(app.sessions, "put_all", once)
    record = await app.restores.start(part(), "me", None)
    ended = await delivered(app, record, 20, 0.5)
    assert ended.operation.status == "Succeeded", ended.operation.error
    assert await sessions_of(app, COPY) == {one.name: one for one in SESSIONS_OF}
    assert written == len(SESSIONS_OF)


async def compared(app: Installation, since: str, **more: Any) -> list[JsonObject]:
    asked = ChangesAsked(**{"section": None, "most": 100, "place": None, **more})
    page = await app.changes.page(SERVICE, SECOND, since, asked)
    assert page.following is None
    return [dict(change) for change in page.changes]


async def test_what_moved_is_compared_with_another_backup_and_the_service(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app, link)
    service = (await app.services.require(SERVICE)).service
    secret: JsonObject = {"mic": "q83v", "nested": [None, 1.5, {"password": "another"}]}
    moved = [session("a-icn", "257", number=50), session("as2-of-nobody/{1}", secret, number=6)]
    await put_sessions(app, service, [*moved, session("C-Icn", "1")])
    await app.sessions.drop(service.id, ["b-ICN"])
    await run(app, await start_backup(app, SECOND))
    found = {str(one["name"]): one for one in await compared(app, FIRST)}
    assert {name: one["change"] for name, one in found.items()} == {
        "a-icn": "changed",
        "as2-of-nobody/{1}": "changed",
        "B-Icn": "removed",
        "C-Icn": "added",
    }
    assert found["a-icn"]["pointers"] == ["/content", "/etag"]
    assert found["a-icn"]["nameBefore"] == "A-ICN"
    assert found["as2-of-nobody/{1}"]["secretsChanged"] == ["/content/nested/2/password"]
    assert await compared(app, LIVE) == []
    await put_sessions(app, service, SESSIONS_OF[:1])
    [change] = await compared(app, LIVE, section=SESSIONS, name="A-Icn")
    assert change["change"] == "changed"
    by_name = {str(one["name"]) for one in await compared(app, LIVE)}
    assert by_name == {"a-icn"}


async def test_contents_show_sessions_with_masks(fresh_app: Installation) -> None:
    app = fresh_app
    await fill(app, link)
    page = await app.contents.page(SERVICE, FIRST, SESSIONS, most=4)
    assert page.following is not None
    rest = await app.contents.page(SERVICE, FIRST, SESSIONS, most=100, place=page.following)
    shown = {str(one["name"]): one for one in [*page.values, *rest.values]}
    assert set(shown) == {one.name for one in SESSIONS_OF}
    assert MASK in json.dumps(shown["as2-of-nobody/{1}"])
    assert shown["A-ICN"]["changedAt"] == SESSIONS_OF[0].changed_time
    [one] = (await app.contents.page(SERVICE, FIRST, SESSIONS, most=9, name="a-icn")).values
    assert one["name"] == "A-ICN"
    begins = await app.contents.page(SERVICE, FIRST, SESSIONS, most=9, prefix="A-")
    assert {str(one["name"]) for one in begins.values} == {"A-ICN", "A-Gcn", "A-Tscn-ACK"}


async def test_a_session_that_does_not_open_is_left_out_and_named(
    fresh_app: Installation,
) -> None:
    app = fresh_app

    async def damaged(app: Installation, service: Any) -> None:
        await link(app, service)
        other = DataKey(service.id, DataKey.new())
        lost = sealed_session(other, session("Lost-Icn", {"password": "of another key"}))
        await app.sessions.put_all(service.id, [lost])

    await fill(app, damaged)
    found = await read_whole(app, container(app, FIRST))
    assert found.backup.outcome == "PartiallySucceeded"
    assert [(f.section, f.name, f.code) for f in found.failures] == [
        (SESSIONS, "Lost-Icn", "ItemUnreadable")
    ]
    await run(app, await start_verify(app))
    backup = (await app.backups.get(SERVICE, FIRST)).value
    assert backup.verify_status == "Succeeded"


def kept(change: Callable[[dict[str, Any]], None], version: int = 2) -> bytes:
    """A kept descriptor that was changed before its digest was made."""
    path = (VERSION_1, VERSION_2)[version - 1] / f"{FIRST}.txt"
    document = json.loads(path.read_text())
    change(document)
    document["digest"] = digest(document)
    return json.dumps(document).encode()


def without(*names: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["sections"] = [one for one in document["sections"] if one["name"] not in names]

    return change


def of_version(version: int) -> Callable[[dict[str, Any]], None]:
    return lambda document: document.update(format=f"interkeep-backup/{version}")


@pytest.mark.parametrize("missing", [(), (SESSIONS,), tuple(ADDED_LATER)])
def test_version_2_is_read_with_any_of_its_sections(missing: tuple[str, ...]) -> None:
    found = undamaged_descriptor(f"{FIRST}.txt", kept(without(*missing)))
    assert ADDED_LATER - {part.name for part in found.sections} == set(missing)


@pytest.mark.parametrize("name", sorted(ADDED_LATER))
def test_version_1_that_names_one_is_refused(name: str) -> None:
    def change(document: dict[str, Any]) -> None:
        of_version(1)(document)
        without(*ADDED_LATER - {name})(document)

    with pytest.raises(Problem, match=f"version 1, which has no section '{name}'") as refused:
        undamaged_descriptor(f"{FIRST}.txt", kept(change))
    assert refused.value.code is Code.DESCRIPTOR_FORGED


@pytest.mark.parametrize("version", [0, 3, 10])
def test_every_other_version_is_not_known(version: int) -> None:
    with pytest.raises(Problem, match="interkeep-backup/1 and interkeep-backup/2") as refused:
        undamaged_descriptor(f"{FIRST}.txt", kept(of_version(version)))
    assert refused.value.code is Code.FORMAT_UNKNOWN
