"""The soak's own eyes: what breaks is seen."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.blobs.backup_container import BackupContainer
from shared.installation import Installation
from shared.model.backup import BackupStatus
from shared.state.gateway import Row
from tests.deployed import Deployed, Emulator
from tests.faults.scenes import FIRST, SERVICE, fill
from tests.soak.model import SECRET, Known, Model, Violated
from tests.soak.watch import Watch


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


async def test_a_last_good_backup_that_is_gone(watched: tuple[Watch, Installation]) -> None:
    watch, app = watched
    found = await app.history.get(SERVICE, FIRST)
    assert found is not None
    gone = found.value.model_copy(update={"status": BackupStatus.DELETED})
    await app.history.change(gone, found.etag)
    with pytest.raises(Violated, match="had a good backup and has none"):
        await watch.look()


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
