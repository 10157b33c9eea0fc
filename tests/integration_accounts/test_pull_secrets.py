"""No token, no signature of a content link and no secret of an agreement is stored, logged or told
by pulls, those that fail among them."""

import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from localhost.arm.links import Links
from shared.installation.installation import Installation
from shared.model.backup import BackupBody
from shared.model.operation import Operation
from shared.model.pull import PullBody
from shared.state.operations import place
from tests.app.test_no_secret import everything
from tests.integration_accounts.linked import ONE, create, link, service
from tests.integration_accounts.small import SECRET, change, small
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import delivered
from tests.support.transport import ONCE

TOLD = "signature-that-somebody-told"


@pytest.fixture
def given_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All content links that the stand-in gives out."""
    found: list[str] = []
    original = Links.of

    def of(self: Links, *given: Any, **named: Any) -> Any:
        made = original(self, *given, **named)
        found.append(made["uri"])
        return made

    monkeypatch.setattr(Links, "of", of)
    return found


async def pulled_to_its_end(app: Installation) -> Operation:
    """A pull, tried as often as it is."""
    record = await app.pulls.start(await service(app), PullBody(), "somebody", None)
    return (await delivered(app, record, 60, 0)).operation


async def test_pulls_leave_no_secret_behind(
    emulator: Emulator,
    tmp_path: Path,
    arm: Arm,
    given_out: list[str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO, logger="interkeep")
    arm.load(small())
    deployed = Deployed.new(emulator, tmp_path, **arm.settings())
    at_once = {"retry_seconds": (0, 0, 0, 0)}
    app = Installation(deployed.read().model_copy(update=at_once), patience=ONCE)
    ended: list[Operation] = []
    await create(app)
    await link(app, minutes=5)
    ended.append(await pulled_to_its_end(app))
    change(arm)
    faults: list[dict[str, Any]] = [
        {"part": "/content/", "status": 403, "body": f"<Error>?sig={TOLD}</Error>"},
        {"part": "/content/", "status": 502, "body": f"<html>?sig={TOLD}</html>"},
        {"part": "/content/", "cut": "middle"},
        {"part": "/content/", "cut": "no answer"},
        {"part": "/schemas?", "status": 400, "body": {"error": {"code": "Odd"}}},
        {"part": "/schemas?", "status": 401, "body": {"error": {"code": "ExpiredToken"}}},
        {
            "part": "/schemas?",
            "status": 200,
            "body": {"value": [], "nextLink": f"http://127.0.0.2:1/next?sig={TOLD}"},
        },
    ]
    for fault in faults:
        arm.fault(times=1_000, **fault)
        ended.append(await pulled_to_its_end(app))
        await app.session_pulls.run()
        arm.calm()
    ended.append(await pulled_to_its_end(app))
    assert ended[-1].status == "Succeeded", ended[-1].error
    body = BackupBody(name="of-secrets", storage_account="offsite")
    started = (await app.backups.start(await service(app), body, "somebody", None)).operation
    await app.engine.run(started.service, started.id, place(started))
    found = await app.records.find(ONE, started.id)
    assert found is not None
    ended.append(found[0].operation)
    assert ended[-1].status == "Succeeded", ended[-1].error
    await app.close()

    signatures = {parse_qs(urlsplit(uri).query)["sig"][0] for uri in given_out}
    assert len(signatures) > len(faults)
    forbidden = [*signatures, TOLD, "sig=", "Bearer ", "contentLink", SECRET]
    out, err = capfd.readouterr()
    told = {
        "answers": json.dumps([one.to_json() for one in ended]).encode(),
        "log": "\n".join(_lines(caplog)).encode(),
        "printed": (out + err).encode(),
        **everything(deployed),
    }
    leaks = [
        (name, what[:12])
        for name, data in told.items()
        for what in forbidden
        if what.encode() in data
    ]
    assert leaks == []


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    formatter = logging.Formatter()
    own = [one for one in caplog.records if not one.name.startswith("azure.")]
    return [f"{formatter.format(one)} {one.__dict__}" for one in own]
