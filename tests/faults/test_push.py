"""A push that is broken at one of its calls, to storage or to ARM, in each way: it ends as if it
had not been, and moves no control number twice."""

from pathlib import Path
from typing import Any

import pytest

from localhost.arm.sample import ACCOUNT, EDIFACT, X12
from shared.blobs.backup_container import BackupContainer
from shared.installation.installation import Installation
from shared.storage.patience import Patience
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.pulled import artifacts_of, held
from tests.integration_accounts.pushed import (
    NEW,
    OTHER,
    half_filled,
    issue,
    number_in,
    pulled,
    settings,
    started,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import delivered, read_whole, require_nothing_under_way, run
from tests.support.transport import ONCE, FaultTransport, Way

_REDELIVERIES = 60
_BY = 100
_NUMBERS = {"controlNumbers": {"policy": "advance", "by": _BY}}
_BODIES: dict[str, dict[str, Any]] = {
    "replacing": {"resourceId": OTHER, "existing": "replace", "extra": "delete", **_NUMBERS},
    "making": {**NEW, **_NUMBERS},
}
"""Requests: one that replaces and deletes in an account that holds something, and one that makes
the account."""

_calls: dict[str, dict[str, int]] = {}


class Broken:
    """An app whose calls to storage, or to ARM, can be broken."""

    def __init__(self, deployed: Deployed, patience: Patience = ONCE) -> None:
        self.storage, self.arm = FaultTransport(), FaultTransport()
        update = {
            "lease_seconds": 2,
            "recovery_nudge_seconds": 1,
            "retry_seconds": (0, 0, 0, 0),
        }
        self.app = Installation(
            deployed.read().model_copy(update=update),
            transport=self.storage,
            arm_transport=self.arm,
            patience=patience,
        )

    def of(self, what: str) -> FaultTransport:
        return self.arm if what == "arm" else self.storage

    async def stop(self) -> None:
        self.storage.stopped = self.arm.stopped = True
        await self.app.close()


async def prepared(emulator: Emulator, folder: Path, arm: Arm, push: str) -> Deployed:
    deployed = Deployed.new(emulator, folder, **settings(arm))
    calm = Installation(deployed.read())
    await pulled(calm, arm)
    if push == "replacing":
        half_filled(arm)
        issue(arm, OTHER, f"{X12}-ICN", 7)
    await calm.close()
    return deployed


async def calls_of(emulator: Emulator, folder: Path, push: str, what: str) -> int:
    """How many calls a push makes when nothing breaks."""
    if push not in _calls:
        with Arm() as arm:
            broken = Broken(await prepared(emulator, folder, arm, push))
            record = await started(broken.app, _BODIES[push], ONE)
            broken.storage.mend()
            broken.arm.mend()
            await run(broken.app, record)
            _calls[push] = {"storage": broken.storage.calls, "arm": broken.arm.calls}
            await broken.app.close()
    return _calls[push][what]


async def play(emulator: Emulator, folder: Path, call: int, way: Way, push: str, what: str) -> None:
    """Break one call, then deliver the message until the push has ended, and look."""
    with Arm() as arm:
        deployed = await prepared(emulator, folder, arm, push)
        broken = Broken(deployed, way.patience)
        record = await started(broken.app, _BODIES[push], ONE)
        await broken.of(what).broken(call, way, run(broken.app, record))
        await broken.stop()
        app = Broken(deployed).app
        try:
            done = await delivered(app, record, _REDELIVERIES, 0.5)
            await require_nothing_under_way(app)
            operation = done.operation
            assert operation.status == "Succeeded", operation.error
            assert operation.result is not None
            assert operation.result["verified"] is True
            own = await held(app, ONE)
            assert artifacts_of(arm, OTHER) == artifacts_of(arm, ACCOUNT) == own
            assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127 + _BY
            assert number_in(arm, OTHER, f"{EDIFACT}-ICN") == 5_216 + _BY
            assert ("safetyBackup" in operation.result) is (push == "replacing")
            if push == "replacing":
                await require_undo(app, operation.result["safetyBackup"])
        finally:
            await app.close()


async def require_undo(app: Installation, safety: dict[str, str]) -> None:
    """The backup of before is there, whole and pinned, and nothing is left of how it was made."""
    entry = await app.history.get(ONE, safety["backup"])
    assert entry is not None
    assert entry.value.pinned
    assert entry.value.status == "Succeeded"
    account = app.accounts.require(safety["storageAccount"], "")
    await read_whole(app, BackupContainer(account, safety["container"]))
    hidden = app.scratch()
    assert [one async for page in hidden.directory.pages() for one in page] == []


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("what", ["storage", "arm"])
@pytest.mark.parametrize("push", _BODIES)
async def test_a_push_that_breaks_ends_as_if_it_had_not(
    emulator: Emulator,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    push: str,
    what: str,
    way: Way,
) -> None:
    name = f"push {push}, {what}"
    require_drawn(name, way)
    calls = chosen(request, name, way, await calls_of(emulator, tmp_path, push, what))
    await each(name, way, calls, lambda call: play(emulator, tmp_path, call, way, push, what))
