"""A push that is broken at one of its calls, to storage or to ARM, in each way: it ends as if it
had not been, and moves no control number twice."""

from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.storage.patience import Patience
from tests.integration_accounts.linked import ONE
from tests.integration_accounts.push_scenes import (
    SCENES,
    go_on,
    numbers_of,
    prepared,
    require_pushed,
    whole,
)
from tests.integration_accounts.pushed import started
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import delivered, require_nothing_under_way
from tests.support.transport import ONCE, FaultTransport, Way

_REDELIVERIES = 60
_CALM = Way.SENT_TWICE.patience
"""That of an app of which nothing is broken: a busy emulator ends connections too."""

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


async def calls_of(emulator: Emulator, folder: Path, push: str, what: str) -> int:
    """How many calls a push makes when nothing breaks."""
    scene = SCENES[push]
    if push not in _calls:
        with Arm() as arm:
            broken = Broken(await prepared(emulator, folder, arm, scene), _CALM)
            record = await started(broken.app, scene.body, ONE)
            broken.storage.mend()
            broken.arm.mend()
            await whole(broken.app, record, scene)
            _calls[push] = {"storage": broken.storage.calls, "arm": broken.arm.calls}
            await broken.app.close()
    return _calls[push][what]


async def play(emulator: Emulator, folder: Path, call: int, way: Way, push: str, what: str) -> None:
    """Break one call, let the account go on, then deliver the message until the push has ended, and
    look."""
    scene = SCENES[push]
    with Arm() as arm:
        deployed = await prepared(emulator, folder, arm, scene)
        before = numbers_of(arm, scene)
        calm = Broken(deployed, _CALM).app
        record = await started(calm, scene.body, ONE)
        await calm.close()
        broken = Broken(deployed, way.patience)
        await broken.of(what).broken(call, way, whole(broken.app, record, scene))
        await broken.stop()
        numbers = go_on(arm, scene, before)
        app = Broken(deployed, _CALM).app
        try:
            done = await delivered(app, record, _REDELIVERIES, 0.5)
            await require_nothing_under_way(app)
            await require_pushed(app, arm, done, scene, numbers)
        finally:
            await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("way", Way, ids=lambda way: way.name.lower())
@pytest.mark.parametrize("what", ["storage", "arm"])
@pytest.mark.parametrize("push", SCENES)
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
