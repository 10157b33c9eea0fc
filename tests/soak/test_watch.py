"""The soak's own eyes: what breaks is seen."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.storage.tables import Row
from tests.soak.model import SECRET, Known, Model, Violated
from tests.soak.portal import Portal
from tests.soak.storage import Storage
from tests.soak.watch import Watch
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import FIRST, SERVICE, fill, run, start_purge
from tests.support.stored import Undeleted


@pytest.fixture
async def watched(emulator: Emulator, tmp_path: Path) -> AsyncIterator[tuple[Watch, Installation]]:
    """A service with one backup, and nothing wrong."""
    deployed = Deployed.new(emulator, tmp_path)
    app = Installation(deployed.read())
    await fill(app)
    watch = Watch(app, deployed, Model({SERVICE: Known(SERVICE)}))
    await watch.look()
    await watch.at_the_end()
    yield watch, app
    await app.close()


async def test_a_number_that_comes_twice() -> None:
    model = Model({})
    model.issue("s", "A", [1, 2])
    model.issue("s", "B", [1, 2])
    for numbers in ([2, 3], [5, 5]):
        with pytest.raises(Violated, match="issued twice"):
            model.issue("s", "A", numbers)


async def test_a_backup_that_is_not_whole(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    container = BackupContainer(app.accounts.require("offsite", ""), FIRST)
    path = next(iter([name async for name in container.names() if name.startswith("content/")]))
    await container.blob(path).delete_blob()
    watch._whole.clear()
    with pytest.raises(Violated, match="is not whole"):
        await watch.look()


async def purged(app: Installation, *, force: bool) -> None:
    """The backup is deleted, and its operation says whether somebody forced it."""
    record = await start_purge(app)
    await run(app, record)
    found = await app.records.find(SERVICE, record.operation.id)
    assert found is not None
    said = {**found[0].operation.parameters, "force": force}
    changed = found[0].operation.model_copy(update={"parameters": said})
    await app.records.write(changed, found[0].etag)


async def test_a_last_good_backup_that_is_gone(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    await purged(app, force=False)
    with pytest.raises(Violated, match="was the last good one, and went: on demand"):
        await watch.look()


async def test_a_last_good_backup_that_somebody_wanted_gone(
    watched: tuple[Watch, Installation],
) -> None:
    watch, app = watched
    await purged(app, force=True)
    await watch.look()
    await watch.at_the_end()


async def test_a_backup_that_is_called_deleted_and_is_there(
    watched: tuple[Watch, Installation],
) -> None:
    watch, app = watched
    client = app.accounts.require("offsite", "").get_container_client(FIRST)
    kept = await Undeleted.of(client)
    await purged(app, force=True)
    await kept.undelete(client)
    with pytest.raises(Violated, match="is Deleted, and there"):
        await watch.look()


async def test_a_container_that_went_by_itself(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    await app.accounts.require("offsite", "").delete_container(FIRST)
    with pytest.raises(Violated, match="its container is gone"):
        await watch.look()


async def test_a_container_that_somebody_removed(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    await app.accounts.require("offsite", "").delete_container(FIRST)
    watch._hands.remove(FIRST)
    await watch.look()
    with pytest.raises(Violated, match="the history has them, no container does"):
        await watch.at_the_end()
    found = await app.history.get(SERVICE, FIRST)
    assert found is not None
    await app.removal.note_missing(found)
    await watch.at_the_end()


async def test_a_deletion_of_what_had_been_removed_by_hand(
    watched: tuple[Watch, Installation],
) -> None:
    watch, app = watched
    await purged(app, force=True)
    watch._hands.remove(FIRST)
    found = await app.history.get(SERVICE, FIRST)
    assert found is not None
    watch._began[str(found.value.deleted_by)] = watch._hands.removed[FIRST] + 60
    with pytest.raises(Violated, match="which came later"):
        await watch.look()


async def test_a_backup_that_is_called_missing_and_is_there(
    watched: tuple[Watch, Installation],
) -> None:
    watch, app = watched
    found = await app.history.get(SERVICE, FIRST)
    assert found is not None
    await app.removal.note_missing(found)
    with pytest.raises(Violated, match="could be restored, and is Missing"):
        await watch.look()


async def test_a_container_of_somebody_else(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    portal = Portal(app, Storage.of(watch._deployed), watch._hands, random.Random(1))
    await portal.stranger("strangers-own")
    await watch.at_the_end()
    await app.accounts.require("offsite", "").get_blob_client("strangers-own", "x").upload_blob(b"")
    with pytest.raises(Violated, match="somebody else's strangers-own"):
        await watch.at_the_end()


async def test_a_container_that_nobody_knows(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    await app.accounts.require("offsite", "").create_container("half-made")
    with pytest.raises(Violated, match="half-made is left"):
        await watch.at_the_end()


async def test_a_secret_outside_a_seal(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    await app.directory._table.insert(Row("leak", "leak", {"a": f"{SECRET}-1"}))
    with pytest.raises(Violated, match="outside a seal"):
        await watch.at_the_end()
