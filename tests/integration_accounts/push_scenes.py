"""Pushes that are broken somewhere: what each begins with, and what must hold when it has ended."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localhost.arm.refused import Refused
from localhost.arm.sample import ACCOUNT, EDIFACT, X12
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.model.service import State
from shared.rules.states import ServiceOperation
from shared.state.operations import OperationRow
from tests.integration_accounts.linked import ONE, service
from tests.integration_accounts.pulled import artifacts_of, held
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    REPLACING,
    half_filled,
    issue,
    number_in,
    partner,
    pulled,
    settings,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import ASKED, read_whole, run

BY = 100
ISSUED = 40_627
"""What the source issued since it was pulled, when the service knew of 40,127."""
_ICN, _EDIFACT_ICN, _ACK = f"{X12}-ICN", f"{EDIFACT}-ICN", f"{X12}-GCN-ACK"
_ADVANCE = {"controlNumbers": {"policy": "advance", "by": BY}}
_ADVANCED = {_ICN: 40_127 + BY, _EDIFACT_ICN: 5_216 + BY}
_GOES_ON_BY = 3


@dataclass(frozen=True)
class Scene:
    """A push."""

    body: dict[str, Any]
    numbers: dict[str, int]
    """Sessions of the account after it, by name."""
    before: Callable[[Arm], None] = field(default=lambda _: None)
    """What is done to accounts after the pull."""
    target: str = OTHER
    is_undone: bool = True
    """Whether it has a safety backup."""
    resumes: bool = False
    """Whether it suspends workflows, which are resumed after it."""


def _filled(arm: Arm) -> None:
    half_filled(arm)
    issue(arm, OTHER, _ICN, 7)


def _each_knows_some(arm: Arm) -> None:
    """The source knows the latest of one number, the target of another; and a session is there that
    was made since the pull."""
    _filled(arm)
    issue(arm, ACCOUNT, _ICN, ISSUED)
    issue(arm, OTHER, _EDIFACT_ICN, 9_999)
    issue(arm, ACCOUNT, _ACK, 95)


def _ahead(arm: Arm) -> None:
    half_filled(arm)
    issue(arm, ACCOUNT, _ICN, ISSUED)
    issue(arm, OTHER, _ICN, 40_500)


def _changed(arm: Arm) -> None:
    arm.load([partner(ACCOUNT, "Northwind", "ELSEWHERE")])
    issue(arm, ACCOUNT, _ICN, ISSUED)


SCENES = {
    "replacing": Scene({**REPLACING, **_ADVANCE}, _ADVANCED, _filled),
    "making": Scene({**NEW, **_ADVANCE}, _ADVANCED, is_undone=False),
    "continuing": Scene(REPLACING, {_ICN: ISSUED, _EDIFACT_ICN: 9_999, _ACK: 95}, _each_knows_some),
    "as known": Scene(
        {**REPLACING, "controlNumbers": {"policy": "asKnown"}},
        {_ICN: 40_127, _EDIFACT_ICN: 5_216},
        _ahead,
    ),
    "suspending": Scene(
        {"existing": "replace"},
        {_ICN: ISSUED, _EDIFACT_ICN: 5_216},
        _changed,
        ACCOUNT,
        resumes=True,
    ),
}
"""Replacing and deleting in an account that holds something; making the account; each policy of
control numbers; and the linked account itself, whose workflows are suspended and resumed."""


async def prepared(emulator: Emulator, folder: Path, arm: Arm, scene: Scene) -> Deployed:
    """What a push begins with."""
    deployed = Deployed.new(emulator, folder, **settings(arm))
    calm = Installation(deployed.read())
    await pulled(calm, arm)
    scene.before(arm)
    await calm.close()
    return deployed


async def whole(app: Installation, record: OperationRow, scene: Scene) -> None:
    """Deliver the message of the push; where it has ended, resume the service."""
    await run(app, record)
    if scene.resumes:
        await resume(app, record)


async def resume(app: Installation, record: OperationRow) -> None:
    """Resume the service where its push has ended, and it is Suspended."""
    found = await app.records.find(record.operation.service, record.operation.id)
    assert found is not None
    listed = await app.services.require(ONE)
    if found[0].operation.status.is_final() and listed.service.state is State.SUSPENDED:
        await app.transitions.move(listed, ServiceOperation.RESUME, ASKED)


def numbers_of(arm: Arm, scene: Scene) -> dict[str, int | None]:
    """The numbers of the account now; none where there is no account."""
    try:
        return {session: number_in(arm, scene.target, session) for session in scene.numbers}
    except Refused:
        return dict.fromkeys(scene.numbers)


def go_on(arm: Arm, scene: Scene, before: dict[str, int | None]) -> dict[str, int]:
    """Let the account issue more of what the push has moved, as its workflows do; the numbers that
    it must have in the end: no repeat may move one again."""
    expected = dict(scene.numbers)
    for session, now in numbers_of(arm, scene).items():
        if now == scene.numbers[session] and now != before[session]:
            expected[session] = now + _GOES_ON_BY
            issue(arm, scene.target, session, expected[session])
    return expected


async def require_pushed(
    app: Installation, arm: Arm, record: OperationRow, scene: Scene, numbers: dict[str, int]
) -> None:
    """The push has ended as if nothing had broken."""
    operation = record.operation
    assert operation.status == "Succeeded", (operation.error, operation.warnings, operation.result)
    assert operation.result is not None
    assert operation.result["verified"] is True
    assert artifacts_of(arm, scene.target) == await held(app, ONE)
    assert numbers_of(arm, scene) == numbers
    assert ("safetyBackup" in operation.result) is scene.is_undone
    if scene.is_undone:
        await _require_undo(app, operation.result["safetyBackup"])
    if scene.resumes:
        await resume(app, record)
        assert (await service(app)).state is State.ACTIVE
        assert states(arm) == {
            "receive-orders": "Enabled",
            "resend-by-hand": "Disabled",
            "send-newsletter": "Enabled",
            "send-orders": "Enabled",
        }


async def _require_undo(app: Installation, safety: dict[str, str]) -> None:
    """The backup of before is there, whole and pinned, and nothing is left of how it was made."""
    entry = await app.history.get(ONE, safety["backup"])
    assert entry is not None
    assert entry.value.pinned
    assert entry.value.status == "Succeeded"
    account = app.accounts.require(safety["storageAccount"], "")
    await read_whole(app, BackupContainer(account, safety["container"]))
    hidden = app.scratch()
    assert [one async for page in hidden.directory.pages() for one in page] == []


def states(arm: Arm) -> dict[str, str]:
    """The state of each workflow of the sample's group."""
    parts = ACCOUNT.split("/")
    found = arm.state.group(parts[2], parts[4]).workflows.values()
    return {one["id"].rsplit("/", 1)[1]: one["properties"]["state"] for one in found}
