"""A push whose call to ARM gets no answer, a fault or a refusal for now, where ARM may go either
way: it ends as if it had not been, and moves no control number twice."""

from enum import StrEnum
from pathlib import Path
from typing import Any

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
)
from tests.integration_accounts.pushed import started
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.report import chosen, each, require_drawn
from tests.support.scenes import delivered, require_nothing_under_way, run

_SCENE = SCENES["continuing"]
_REDELIVERIES = 60
_PATIENCE = Patience(call_seconds=60, try_seconds=60, first_wait_seconds=0.01)
SETTINGS: dict[str, dict[str, Any]] = {
    "as recorded": {},
    "If-Match ignored": {"if_match": False},
    "artifacts have ETags": {"etags": True},
    "references not checked": {"references": False},
    "unknown members refused": {"unknown_members": "refused"},
    "links with hash": {"content_hash": "always"},
    "links without hash": {"content_hash": "never"},
}
"""As recorded: If-Match of sessions is honoured, references are checked, members that are unknown
are kept, and artifacts have no ETags."""

_calls: dict[str, int] = {}


class Trouble(StrEnum):
    """What becomes of one call."""

    ANSWER_LOST = "is carried out, and its answer is lost"
    FAULT = "is answered 503"
    FAULT_DONE = "is carried out, and answered 503"
    THROTTLED = "is answered 429"

    def fault(self) -> dict[str, Any]:
        """As ``Arm.fault`` takes it."""
        if self is Trouble.ANSWER_LOST:
            return {"carried_out": True, "cut": "no answer"}
        throttled = self is Trouble.THROTTLED
        code = "TooManyRequests" if throttled else "ServiceUnavailable"
        return {
            "status": 429 if throttled else 503,
            "body": {"error": {"code": code, "message": "Not now."}},
            "headers": {"Retry-After": "1"} if throttled else {},
            "carried_out": self is Trouble.FAULT_DONE,
        }


async def _begun(emulator: Emulator, folder: Path, arm: Arm, setting: str) -> Installation:
    for name, value in SETTINGS[setting].items():
        assert hasattr(arm.switches, name)
        setattr(arm.switches, name, value)
    deployed: Deployed = await prepared(emulator, folder, arm, _SCENE)
    update = {"lease_seconds": 2, "recovery_nudge_seconds": 1, "retry_seconds": (0, 0, 0, 0)}
    return Installation(deployed.read().model_copy(update=update), patience=_PATIENCE)


async def calls_of(emulator: Emulator, folder: Path, setting: str) -> int:
    """How many calls to ARM, and for content, a push makes when nothing breaks."""
    if setting not in _calls:
        with Arm() as arm:
            app = await _begun(emulator, folder, arm, setting)
            record = await started(app, _SCENE.body, ONE)
            arm.calm()
            await run(app, record)
            _calls[setting] = len(arm.seen)
            await app.close()
    return _calls[setting]


async def play(emulator: Emulator, folder: Path, call: int, trouble: Trouble, setting: str) -> None:
    """Disturb one call, and let the account go on where that ended the attempt."""
    with Arm() as arm:
        app = await _begun(emulator, folder, arm, setting)
        try:
            before = numbers_of(arm, _SCENE)
            record = await started(app, _SCENE.body, ONE)
            fault = arm.fault(nth=call, **trouble.fault())
            await run(app, record)
            assert fault.met >= call
            found = await app.records.find(ONE, record.operation.id)
            assert found is not None
            is_final = found[0].operation.status.is_final()
            numbers = _SCENE.numbers if is_final else go_on(arm, _SCENE, before)
            done = await delivered(app, record, _REDELIVERIES, 0.5)
            await require_nothing_under_way(app)
            await require_pushed(app, arm, done, _SCENE, numbers)
        finally:
            await app.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("trouble", Trouble, ids=lambda trouble: trouble.name.lower())
@pytest.mark.parametrize("setting", SETTINGS)
async def test_a_push_that_is_disturbed_ends_as_if_it_had_not(
    emulator: Emulator,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    setting: str,
    trouble: Trouble,
) -> None:
    name = f"push, {setting}"
    require_drawn(name, trouble)
    calls = chosen(request, name, trouble, await calls_of(emulator, tmp_path, setting))
    await each(name, trouble, calls, lambda call: play(emulator, tmp_path, call, trouble, setting))
