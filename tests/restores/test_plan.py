"""The plan of a restore: everything that is wrong at once, and nothing written."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.artifact import ImportItem
from shared.model.backup import BackupBody, BackupStatus
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from shared.model.runtime import ReceivedBody
from shared.model.sections import Section
from shared.model.service import Edition, ServiceSettings, State
from shared.restores import inbound_plan
from shared.state.operations import OperationRow
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import copied
from tests.support.scenes import (
    ASKED,
    COPY,
    FIRST,
    SECOND,
    SERVICE,
    fill,
    run,
    start_backup,
    start_delete,
    start_purge,
)
from tests.support.stored import changes, everything_stored

ORDER = (Edition.BASIC, Edition.STANDARD, Edition.PREMIUM)
"""Editions that have backups, from the lowest."""


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return Deployed.new(emulator, tmp_path_factory.mktemp("deployed"))


@pytest.fixture
async def app(deployed: Deployed) -> AsyncIterator[Installation]:
    parts = Installation(deployed.read())
    yield parts
    await parts.close()


def body(container: str = FIRST, **more: Any) -> RestoreBody:
    given = {"backup": {"storageAccount": "offsite", "container": container}, **more}
    return RestoreBody.model_validate(given)


async def refused(app: Installation, deployed: Deployed, asked: RestoreBody) -> set[str]:
    """The codes of what forbids a restore; starting it is refused for the same, and no more."""
    before = await asyncio.to_thread(everything_stored, deployed)
    planned = await app.restores.plan(asked)
    codes = {error.code for error in planned.errors}
    if codes:
        with pytest.raises(Problem) as problem:
            await app.restores.start(asked, "somebody", None)
        assert problem.value.code == planned.errors[0].code
        if len(planned.errors) > 1:
            told = [(detail.code, detail.message) for detail in problem.value.details]
            assert told == [(error.code, error.message) for error in planned.errors]
    assert changes(before, await asyncio.to_thread(everything_stored, deployed)) == []
    return codes


async def backup_of(app: Installation, name: str, edition: Edition, bridges: int = 0) -> str:
    wanted = ServiceSettings.model_validate({"edition": edition})
    service = (await app.services.create(name, wanted, ASKED)).service
    items = [ImportItem(section=Section.BRIDGES, name=f"b{i}", document={}) for i in range(bridges)]
    if items:
        await app.imports.write(service, items)
    container = f"{name.lower()}-backup"
    asked = BackupBody(name=container, storage_account="offsite")
    await run(app, await app.backups.start(service, asked, "somebody", None))
    return container


async def test_every_pair_of_editions(app: Installation, deployed: Deployed) -> None:
    for backed_up in ORDER:
        container = await backup_of(app, f"From-{backed_up}", backed_up)
        for target in Edition:
            asked = body(container, service={"name": "Another", "edition": target})
            codes = await refused(app, deployed, asked)
            if target not in ORDER:
                assert codes, (backed_up, target)
            elif ORDER.index(target) < ORDER.index(backed_up):
                assert codes == {Code.EDITION_TOO_LOW}, (backed_up, target)
            else:
                assert codes == set(), (backed_up, target)


async def test_every_state_of_a_service_of_the_same_name(
    app: Installation, deployed: Deployed
) -> None:
    container = await backup_of(app, "Same-Name", Edition.BASIC)
    for state in State:
        listed = await app.services.require("Same-Name")
        forced = listed.service.model_copy(update={"state": state})
        await app.directory.change(forced, listed.etag)
        deleting = state is State.DELETING
        code = Code.SERVICE_NAME_UNAVAILABLE if deleting else Code.SERVICE_EXISTS
        assert await refused(app, deployed, body(container)) == {code}, state


async def test_more_than_the_target_holds(app: Installation, deployed: Deployed) -> None:
    container = await backup_of(app, "Full-Of-It", Edition.BASIC, bridges=20)
    listed = await app.services.require("Full-Of-It")
    more = [ImportItem(section=Section.BRIDGES, name=f"m{i}", document={}) for i in range(5)]
    await app.imports.write(listed.service, more)
    assert await refused(app, deployed, body(container, service={"name": "Another"})) == set()
    two = ServiceSettings.model_validate({"edition": "Basic", "unitCount": 2})
    service = (await app.services.create("Two-Units", two, ASKED)).service
    items = [ImportItem(section=Section.BRIDGES, name=f"b{i}", document={}) for i in range(30)]
    await app.imports.write(service, items)
    asked = BackupBody(name="two-units", storage_account="offsite")
    await run(app, await app.backups.start(service, asked, "somebody", None))
    fewer = body("two-units", service={"name": "Another", "unitCount": 1})
    assert await refused(app, deployed, fewer) == {Code.QUOTA_EXCEEDED}


async def test_everything_that_is_wrong_is_told_at_once(
    app: Installation, deployed: Deployed
) -> None:
    container = await backup_of(app, "All-Wrong", Edition.STANDARD)
    asked = body(
        container,
        service={
            "name": "-no-name-",
            "edition": "Basic",
            "unitCount": 8,
            "archivingStore": {"storageAccount": "elsewhere"},
            "monitoringStore": {"storageAccount": "nowhere"},
            "trackingDatabase": {"server": "not a host", "name": "t", "password": "short"},
            "accessControl": {"namespace": "acs"},
        },
        controlNumbers={"policy": "advance"},
    )
    await refused(app, deployed, asked)
    planned = await app.restores.plan(asked)
    assert {(error.code, error.target) for error in planned.errors} >= {
        ("InvalidName", "/service/name"),
        ("EditionTooLow", "/service/edition"),
        ("InvalidRequest", "/controlNumbers/by"),
        ("StorageAccountUnknown", "/service/archivingStore/storageAccount"),
        ("StorageAccountUnknown", "/service/monitoringStore/storageAccount"),
        ("InvalidRequest", "/service/trackingDatabase/server"),
        ("InvalidRequest", "/service/trackingDatabase/login"),
        ("InvalidRequest", "/service/trackingDatabase/password"),
        ("InvalidRequest", "/service/accessControl/key"),
    }


async def test_a_repeated_request_is_the_same_restore_by_its_secrets_too(
    emulator: Emulator, tmp_path: Path
) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    await fill(app)
    await run(app, await start_delete(app))

    def asked(key: str) -> RestoreBody:
        return body(service={"accessControl": {"namespace": "acs", "key": key}})

    first = await app.restores.start(asked("one"), "somebody", "mine")
    again = await app.restores.start(asked("one"), "somebody", "mine")
    assert again.operation.id == first.operation.id
    with pytest.raises(Problem) as other:
        await app.restores.start(asked("two"), "somebody", "mine")
    assert other.value.code is Code.OPERATION_ID_IN_USE
    await run(app, first)
    done = await app.restores.start(asked("one"), "somebody", "mine")
    assert done.operation.status == "Succeeded"
    assert (await app.services.require(SERVICE)).service.state is State.SUSPENDED
    await app.close()


async def marked(app: Installation, status: BackupStatus, purge: str = "a-purge") -> None:
    found = await app.history.get(SERVICE, FIRST)
    assert found is not None
    update = {"status": status, "deleted_by": purge}
    await app.history.change(found.value.model_copy(update=update), found.etag)


async def error_of(app: Installation, started: OperationRow) -> str | None:
    """Why an operation failed."""
    found = await app.records.find(started.operation.service, started.operation.id)
    assert found is not None
    error = found[0].operation.error
    return error.code if error else None


async def test_a_backup_that_is_being_deleted_is_refused_by_the_plan(
    emulator: Emulator, tmp_path: Path
) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    app = Installation(deployed.read())
    await fill(app)
    await run(app, await start_delete(app))
    started = await app.restores.start(body(service={"name": COPY}), "somebody", None)
    purge = (await start_purge(app)).operation.id
    await marked(app, BackupStatus.DELETING, purge)
    assert await refused(app, deployed, body()) == {Code.BACKUP_IN_USE}
    [error] = (await app.restores.plan(body())).errors
    assert purge in error.message
    # Where it was marked after the start, its worker refuses it, with the same code.
    await run(app, started)
    assert await error_of(app, started) == Code.BACKUP_IN_USE
    assert await app.directory.get(COPY) is None
    await app.close()


async def test_a_copy_of_a_backup_that_was_deleted_is_restored(
    emulator: Emulator, tmp_path: Path
) -> None:
    """What the history says of the one that it knows is not said of another one elsewhere."""
    deployed = Deployed.new(emulator, tmp_path)
    app = Installation(deployed.read())
    await fill(app)
    await run(app, await start_delete(app))
    await asyncio.to_thread(copied, deployed.offsite, FIRST, deployed.state, FIRST)
    await marked(app, BackupStatus.DELETED)
    asked = RestoreBody.model_validate(
        {"backup": {"storageAccount": "default", "container": FIRST}}
    )
    assert (await app.restores.plan(asked)).errors == []
    started = await app.restores.start(asked, "somebody", None)
    await run(app, started)
    assert (await app.services.require(SERVICE)).service.state is State.SUSPENDED
    await app.close()


async def test_a_name_that_is_being_freed_as_the_work_begins(
    emulator: Emulator, tmp_path: Path
) -> None:
    """It says that the name is not free yet, not that a service is in the way."""
    app = Installation(Deployed.new(emulator, tmp_path).read())
    await fill(app)
    started = await app.restores.start(body(service={"name": COPY}), "somebody", None)
    # A creation would be refused by now; one that came before the restore was deleted since.
    other = (await app.services.require(SERVICE)).service
    update = {"name": COPY, "id": app.clock.new_id(), "state": State.DELETING}
    await app.directory.add(other.model_copy(update=update))
    await run(app, started)
    assert await error_of(app, started) == Code.SERVICE_NAME_UNAVAILABLE
    assert (await app.services.require(COPY)).service.state is State.DELETING
    await app.close()


async def test_what_is_too_much_for_a_plan_is_not_counted_and_forbids_nothing(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Installation(Deployed.new(emulator, tmp_path).read())
    await fill(app)
    listed = await app.services.require(SERVICE)
    for value in (1, 2):
        number = {"kind": "interchange", "value": value, "validityDays": 30, "messageId": "m"}
        await app.inbound.receive(listed.service, "A", ReceivedBody.model_validate(number))
        if value == 1:
            await run(app, await start_backup(app, SECOND))
    asked = body(SECOND, service={"name": COPY}, include=[{"section": "agreements"}])
    planned = await app.restores.plan(asked)
    assert planned.inbound is not None
    told = planned.inbound
    assert (told.received_numbers, told.received_since, told.known_by) == (1, 1, SERVICE)
    assert planned.sections["received-control-numbers"] == 1
    monkeypatch.setattr(inbound_plan, "_MOST_ROWS", 1)
    monkeypatch.setattr(inbound_plan, "_MOST_BYTES", 1)
    planned = await app.restores.plan(asked)
    assert (planned.errors, planned.inbound is not None) == ([], True)
    told = planned.inbound or told
    assert (told.received_numbers, told.received_since) == (None, None)
    assert (told.mic_values, told.mics_since, told.known_by) == (0, 0, SERVICE)
    assert "received-control-numbers" not in planned.sections
    await app.close()
