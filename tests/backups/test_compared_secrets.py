"""Secrets of two backups: compared by value, a frame at a time; said where they cannot be."""

import json
from typing import Any

import pytest

from shared.backups.archive.reader import read_descriptor
from shared.backups.archive.secrets_reader import SecretEntries, Secrets
from shared.backups.archive.secrets_writer import SecretsWriter
from shared.backups.inspection import comparison
from shared.backups.inspection.changes import ChangesAsked, ChangesPage
from shared.backups.making.describe import sealed
from shared.blobs.backup_container import BackupContainer, Ownership
from shared.installation.installation import Installation
from shared.model.descriptor import Descriptor
from shared.model.place import FIRST_SECRET, ChangesPlace
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.sections import Section
from shared.services.documents import sealed_document
from shared.state.edits import Put
from tests.support.api import unique
from tests.support.scenes import FIRST, SECOND, SERVICE, fill, run, start_backup

pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")


async def change_secret(app: Installation, name: str, value: str) -> None:
    """Another secret at the same time: a restore that replaces one keeps changedAt."""
    service = (await app.services.require(SERVICE)).service
    stored = await app.configuration.artifact(service.id, Section.SCHEMAS, name)
    head = await app.configuration.head(service.id)
    assert stored is not None
    assert head is not None
    key = await app.keys.data_key(service.id)
    document = sealed_document(key, Section.SCHEMAS, name, {"password": value}, None)
    artifact = stored.value.model_copy(update={"document": document})
    await app.configuration.change(service.id, head, [Put(artifact, new=False)])


async def changes(app: Installation, most: int = 100) -> list[Any]:
    """All changes from the first backup to the second, page by page."""
    found: list[Any] = []
    place: ChangesPlace | None = None
    while True:
        page = await page_of(app, most, place)
        assert len(page.changes) <= most
        found += page.changes
        if page.following is None:
            return found
        place = ChangesPlace.model_validate_json(page.following.model_dump_json(by_alias=True))


async def page_of(
    app: Installation, most: int = 100, place: ChangesPlace | None = None
) -> ChangesPage:
    return await app.changes.page(SERVICE, SECOND, FIRST, ChangesAsked(None, most, place))


async def test_a_secret_that_changed_under_identical_lines_is_found(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app)
    await change_secret(app, "s0", "other")
    await change_secret(app, "s2", "other")
    await run(app, await start_backup(app, SECOND))
    page = await page_of(app)
    assert "schemas" in page.compared["identical"], "the lines hold indexes, not secrets"
    assert page.compared["secrets"] == {"compared": True}
    for most in (1, 100):
        found = await changes(app, most)
        assert [(c["name"], c["secretsChanged"]) for c in found] == [
            ("s0", ["/password"]),
            ("s2", ["/password"]),
        ]


async def test_a_page_that_finds_nothing_for_long_says_where_to_go_on(
    fresh_app: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = fresh_app
    await fill(app)
    await change_secret(app, "s2", "other")
    await run(app, await start_backup(app, SECOND))
    whole = await changes(app)
    monkeypatch.setattr(comparison, "_MOST_RECORDS", 1)
    page = await page_of(app)
    assert page.changes == []
    assert page.following is not None
    assert await changes(app) == whole
    monkeypatch.setattr(comparison, "_MOST_READ_BYTES", 1)
    assert await changes(app) == whole


async def test_secrets_whose_key_is_not_at_hand_are_said_to_be_uncompared(
    fresh_app: Installation,
) -> None:
    app = fresh_app
    await fill(app)
    await change_secret(app, "s0", "other")
    service = (await app.services.require(SERVICE)).service
    await run(app, await start_backup(app, SECOND))
    await sealed_anew(app, SECOND, lambda document: document["secrets"].update(keyId="0" * 16))
    page = await page_of(app)
    secrets = page.compared["secrets"]
    assert isinstance(secrets, dict)
    assert secrets["compared"] is False
    assert "0" * 16 in str(secrets["reason"])
    assert page.changes == [], "nothing is claimed of what was not compared"

    head = await app.configuration.head(service.id)
    stored = await app.configuration.artifact(service.id, Section.SCHEMAS, "s1")
    assert head is not None
    assert stored is not None
    document = {**stored.value.document, "more": 1}
    artifact = stored.value.model_copy(update={"document": document})
    await app.configuration.change(service.id, head, [Put(artifact, new=False)])
    page = await app.changes.page(SERVICE, SECOND, "live", ChangesAsked(None, 10, None))
    (change,) = page.changes
    assert (change["pointers"], change["secretsNotCompared"]) == (["/more"], ["/password"])


async def sealed_anew(app: Installation, name: str, change: Any) -> Descriptor:
    """Change a backup's descriptor as only who has the sealing key can, in the history too."""
    container = BackupContainer(app.accounts.require("offsite", ""), name)
    text = await container.read(f"{name}.txt", 10**6)
    document = json.loads(text)
    change(document)
    document = {n: v for n, v in document.items() if n not in ("digest", "seal")}
    descriptor, text = await sealed(document, app.provider)
    await container.blob(f"{name}.txt").upload_blob(text, overwrite=True)
    found = await app.history.get(SERVICE, name)
    assert found is not None
    changed = found.value.model_copy(update={"digest": descriptor.digest})
    await app.history.change(changed, found.etag)
    return descriptor


class Written:
    """A backup that is nothing but secrets: large ones, so that they fill several frames."""

    COUNT = 70

    def __init__(self, container: BackupContainer, descriptor: Descriptor, key: bytes) -> None:
        self.container = container
        self.descriptor = descriptor
        self.key = key

    @staticmethod
    def value(number: int) -> str:
        return f"{number}:" + "x" * (number % 7) * 100_000

    def entries(self, place: Any = FIRST_SECRET) -> SecretEntries:
        return SecretEntries(self.container, self.descriptor, self.key, place)


@pytest.fixture
async def written(fresh_app: Installation) -> Written:
    app = fresh_app
    await fill(app)
    offsite = app.accounts.require("offsite", "")
    descriptor = await read_descriptor(BackupContainer(offsite, FIRST), app.provider)
    container = BackupContainer(offsite, unique("secrets"))
    await container.create(Ownership("i", "s", "o"))
    backup = descriptor.backup
    writer = SecretsWriter(container, app.provider, backup_id=backup.id, run=backup.run)
    for number in range(Written.COUNT):
        name = f"n{number:02}"
        document: Any = {"password": Written.value(number)}
        writer.take_from("bridges", Record(name, document, ""))
        await writer.flush()
    part = await writer.close()
    changed = descriptor.model_copy(update={"secrets": part})
    return Written(container, changed, await app.provider.unwrap(part))


async def value(entries: SecretEntries, number: int) -> Any:
    return await entries.value(number, "bridges", f"N{number:02}", "/password")


async def test_secrets_are_read_frame_by_frame_from_any_place(
    fresh_app: Installation, written: Written
) -> None:
    assert written.descriptor.secrets.bytes > 4 * 4_000_000
    given = written.container, written.descriptor, fresh_app.provider
    whole = (await Secrets.checked(*given)).entries()
    entries = written.entries()
    places = []
    for number in range(Written.COUNT):
        await entries.peek()
        places.append(entries.place)
        assert await value(entries, number) == Written.value(number)
        record = Record(f"n{number:02}", {"password": {"$secret": number}}, "")
        back = await whole.put_back("bridges", record)
        assert back.document["password"] == Written.value(number)
        if number < Written.COUNT - 1:
            with pytest.raises(Problem, match="no record has"):
                await whole.require_end()
    await whole.require_end()
    assert places[-1].frame >= 3
    for number in (0, 1, 25, 69):
        again = written.entries(places[number])
        assert await value(again, number) == Written.value(number)
        assert await value(again, 69) == Written.value(69)
    skipping = written.entries()
    assert await value(skipping, 40) == Written.value(40)
    assert len(skipping._held) <= 2 * 4 * 1024 * 1024, "a frame or two are held, never all"
    skipping.go_to(places[3])
    assert await value(skipping, 3) == Written.value(3)


async def test_a_secret_of_another_place_is_refused(written: Written) -> None:
    for index, name, pointer in (
        (1, "n02", "/password"),
        (1, "n01", "/other"),
        (Written.COUNT, "n70", "/password"),
        (-1, "n00", "/password"),
    ):
        with pytest.raises(Problem) as met:
            await written.entries().value(index, "bridges", name, pointer)
        assert met.value.code is Code.BLOB_CORRUPT
    backwards = written.entries()
    await value(backwards, 5)
    with pytest.raises(Problem):
        await value(backwards, 4)


async def test_a_frame_that_was_changed_is_refused(written: Written) -> None:
    path = written.descriptor.secrets.blob
    blob = await written.container.read(path, written.descriptor.secrets.bytes)
    damages = {
        "flipped": blob[:-1] + bytes([blob[-1] ^ 1]),
        "cut": blob[:-100],
        "a frame less": blob[: 4 * 1024 * 1024 + 20],
        "nothing": b"",
    }
    for damaged in damages.values():
        await written.container.blob(path).upload_blob(damaged, overwrite=True)
        with pytest.raises(Problem) as met:
            await value(written.entries(), Written.COUNT - 1)
        assert met.value.code is Code.BLOB_CORRUPT
    await written.container.remove(path)
    with pytest.raises(Problem) as met:
        await value(written.entries(), 0)
    assert met.value.code is Code.BLOB_MISSING
