"""Each operation, refused by storage at its k-th call: what Azure documents for that kind of call.

One answer says no, once, and what asked for it must not take that for something else: an operation
ends as if nothing had been, or Failed, and what says that it succeeded is whole.
"""

import os
import random
from contextlib import suppress
from pathlib import Path

import pytest
from azure.core.rest import HttpRequest

from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.operation import OperationStatus
from shared.model.service import State
from shared.state.operations import OperationRow
from tests.faults.test_enumeration import app_over, calls_of, prepared
from tests.support.deployed import Deployed, Emulator
from tests.support.refuser import Refusal
from tests.support.report import POINTS, SEED, each, tell
from tests.support.scene_table import SCENES, Scene
from tests.support.scenes import (
    COPY,
    FIRST,
    SERVICE,
    delivered,
    read_whole,
    require_nothing_half_made,
    require_nothing_under_way,
    require_whole,
    run,
    start_delete,
)
from tests.support.transport import FaultTransport

CODES = os.environ.get("FAULT_CODES", "one")
"""How many of its refusals each call is answered: ``one``, another each day, or ``all``."""

_NEW = Refusal(409, "SomethingNew")
_TABLE = [
    Refusal(409, "TableBeingDeleted"),
    Refusal(409, "AccountBeingCreated"),
    Refusal(409, "EntityAlreadyExists"),
    Refusal(412, "UpdateConditionNotSatisfied"),
    Refusal(400, "PropertyValueTooLarge"),
    _NEW,
]
_TRANSACTION = [Refusal(one.status, one.code, inside=True) for one in _TABLE]
_TABLE_READ = [Refusal(409, "AccountBeingCreated"), _NEW]
_MAKE_CONTAINER = [
    Refusal(409, "ContainerAlreadyExists"),
    Refusal(409, "ContainerBeingDeleted"),
    Refusal(409, "ContainerDisabled"),
    _NEW,
]
_DELETE = [
    Refusal(409, "BlobImmutableDueToPolicy"),
    Refusal(409, "BlobImmutableDueToLegalHold"),
    Refusal(409, "ContainerImmutabilityPolicyOrLegalHold"),
    Refusal(412, "LeaseIdMissing"),
    Refusal(403, "AuthorizationPermissionMismatch"),
    _NEW,
]
_WRITE_BLOB = [
    Refusal(409, "BlobAlreadyExists"),
    Refusal(412, "TargetConditionNotMet"),
    Refusal(409, "BlobArchived"),
    Refusal(409, "BlobBeingRehydrated"),
    Refusal(409, "BlobImmutableDueToPolicy"),
    Refusal(409, "BlobOperationNotSupported"),
    Refusal(409, "BlockCountExceedsLimit"),
    Refusal(409, "CannotVerifyCopySource"),
    Refusal(409, "ContainerBeingDeleted"),
    Refusal(409, "ContainerDisabled"),
    Refusal(409, "InvalidBlobType"),
    Refusal(409, "PendingCopyOperation"),
    Refusal(409, "SnapshotsPresent"),
    _NEW,
]
_READ_BLOB = [
    Refusal(409, "BlobArchived"),
    Refusal(409, "BlobBeingRehydrated"),
    Refusal(409, "ContainerDisabled"),
    _NEW,
]
_QUEUE = [Refusal(409, "QueueBeingDeleted"), _NEW]


def refusals_of(method: str, address: str) -> list[Refusal]:
    """What Azure documents that a call may be answered, of what is no success."""
    path = address.partition("?")[0]
    if path.endswith("/$batch"):
        return _TRANSACTION
    if "/messages" in path or path.endswith(("/interkeep-operations", "/interkeep-alerts")):
        return _QUEUE
    if "/interkeep" in path and "/interkeep-" not in path:
        return _TABLE_READ if method == "GET" else _TABLE
    if method in ("GET", "HEAD"):
        return _READ_BLOB
    if method == "DELETE":
        return _DELETE
    return _MAKE_CONTAINER if "restype=container" in address else _WRITE_BLOB


async def ended_well_or_harmless(app: Installation, scene: Scene, record: OperationRow) -> None:
    """What must hold of an operation that storage refused something."""
    status = record.operation.status
    assert status.is_final(), record.operation
    offsite = app.accounts.require("offsite", "")
    if status is OperationStatus.SUCCEEDED:
        await scene.after(app, record)
        return
    if scene.name.startswith("backup") and status is OperationStatus.PARTIALLY_SUCCEEDED:
        await read_whole(app, BackupContainer(offsite, "second-backup"))
        return
    assert record.operation.error is not None
    assert record.operation.error.message
    first = (await app.backups.get(SERVICE, FIRST)).value
    if scene.name == "purge" and not await BackupContainer(offsite, FIRST).exists():
        assert not first.status.is_held(), "it is gone, and nobody says that it is there"
        return
    await require_whole(app, FIRST)
    assert first.is_good(), "what is whole is good, and can be read"
    if scene.name.startswith("restore"):
        name = COPY if scene.name == "restore-part" else SERVICE
        listed = await app.directory.get(name)
        assert listed is None or listed.service.state is State.RESTORE_FAILED
    if scene.name == "delete":
        again = await delivered(app, await start_delete(app), 30, 0.2)
        await scene.after(app, again)


async def play(emulator: Emulator, scene: Scene, folder: Path, call: int, draw: int) -> None:
    """Refuse one call, then deliver the message until the operation has ended, and look."""
    deployed = Deployed.new(emulator, folder)
    await prepared(deployed, scene.prepare)
    transport = FaultTransport()
    app = app_over(deployed, transport)
    record = await scene.start(app)
    said: list[str] = []

    def refusal(request: HttpRequest) -> Refusal:
        documented = refusals_of(request.method, request.url)
        one = documented[draw % len(documented)]
        said.append(f"{request.method} {request.url.partition('?')[0]}: {one.status} {one.code}")
        return one

    transport.refuse_at(call, refusal)
    try:
        with suppress(Exception):  # what it raises is told to the host, which delivers again
            await run(app, record)
        transport.mend()
        ended = await delivered(app, record, 60, 0.3)
        await require_nothing_half_made(app)
        await require_nothing_under_way(app)
        await ended_well_or_harmless(app, scene, ended)
    except BaseException as error:
        error.add_note("; ".join(said))
        raise
    finally:
        await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("name", SCENES)
async def test_a_refusal_is_taken_for_what_it_says(
    emulator: Emulator, tmp_path: Path, request: pytest.FixtureRequest, name: str
) -> None:
    scene = SCENES[name]
    calls = await calls_of(emulator, scene, tmp_path)
    drawn = random.Random(f"{SEED}{name}refused")
    every = list(range(1, calls + 1))
    if POINTS != "all":
        every = sorted(drawn.sample(every, min(2 * int(POINTS), calls)))
    first = drawn.randrange(len(_WRITE_BLOB))
    draws = range(len(_WRITE_BLOB)) if CODES == "all" else [first]
    tell(request, f"{name} refused", calls, 1, [("refused", call) for call in every])
    for draw in draws:

        async def one(call: int, draw: int = draw) -> None:
            await play(emulator, scene, tmp_path, call, draw + call)

        await each(name, "refused", every, one)
