"""Key rotation: data keys are wrapped anew, nothing that they sealed changes, nothing is lost."""

import base64
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.installation.installation import Installation
from shared.model.operation import OperationStatus
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody
from shared.settings.environment import read_settings
from tests.support.deployed import Deployed, Emulator
from tests.support.scenes import FIRST, SERVICE, fill, run, start_rotation

Open = Callable[..., Installation]
"""An installation over the same accounts with these keys: the current one, former ones."""


def key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
async def opened(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Open]:
    deployed = Deployed.new(emulator, tmp_path)
    made: list[Installation] = []

    def over(current: str, *former: str) -> Installation:
        keys = {"SEALING_KEY": current, "SEALING_KEYS_FORMER": ",".join(former)}
        settings = {**deployed.settings, "STATE_STORAGE": deployed.state, **keys}
        made.append(Installation(read_settings(settings)))
        return made[-1]

    yield over
    for one in made:
        await one.close()


async def rotated(app: Installation) -> OperationStatus:
    """Run a rotation to its end."""
    record = await start_rotation(app)
    await run(app, record)
    found = await app.records.find(record.operation.service, record.operation.id)
    assert found is not None
    return found[0].operation.status


def timed(result: Any) -> Any:
    """A result of deep health without its times, which it must have."""
    assert datetime.fromisoformat(result.pop("checkedAt")).tzinfo is UTC
    assert isinstance(result.pop("milliseconds"), int)
    return result


async def stored(app: Installation) -> object:
    """The settings as they rest, sealed values and all."""
    service = (await app.services.require(SERVICE)).service
    settings = await app.configuration.settings(service.id)
    assert settings is not None
    return settings


async def test_what_was_sealed_stays_as_it_is_and_opens_with_the_new_key_alone(
    opened: Open,
) -> None:
    first, second = key(), key()
    await fill(opened(first))
    both = opened(second, first)
    before = await stored(both)
    assert await rotated(both) is OperationStatus.SUCCEEDED
    assert await stored(both) == before
    assert await rotated(both) is OperationStatus.SUCCEEDED, "again, with nothing to do"
    alone = opened(second)
    await alone.keys.data_key((await alone.services.require(SERVICE)).service.id)


async def test_a_stored_backup_needs_the_key_that_it_was_made_with(opened: Open) -> None:
    first, second = key(), key()
    app = opened(first)
    await fill(app)
    await rotated(opened(second, first))
    well, report = await opened(second, first).deep_health.report()
    assert well, report
    alone = opened(second)
    well, report = await alone.deep_health.report()
    assert not well
    keys: Any = report["keys"]
    assert keys["wrapping"] == alone.provider.wrapping_key_id
    [needed] = keys["neededByBackups"]
    assert keys["complete"] is True
    _, hasty = await replace(alone.deep_health, most_backups=0).report()
    hasty_keys: Any = hasty["keys"]
    assert hasty_keys["complete"] is False, "it says where it did not look at all of them"
    assert "SEALING_KEYS_FORMER" in needed.pop("error")
    assert timed(needed) == {"keyId": app.provider.wrapping_key_id, "backups": 1, "atHand": False}
    body = {
        "backup": {"storageAccount": "offsite", "container": FIRST},
        "service": {"name": "Another"},
    }
    with pytest.raises(Problem) as refused:
        await alone.restores.start(RestoreBody.model_validate(body), "somebody", None)
    assert refused.value.code is Code.KEY_UNAVAILABLE
    assert app.provider.wrapping_key_id in refused.value.message
    await opened(second, first).restores.plan(RestoreBody.model_validate(body))


async def test_a_key_that_is_missing_is_named_and_loses_nothing(opened: Open) -> None:
    first, second = key(), key()
    app = opened(first)
    await fill(app)
    alone = opened(second)
    well, report = await alone.deep_health.report()
    assert not well
    keys: Any = report["keys"]
    [needed] = keys["neededByServices"]
    assert "SEALING_KEYS_FORMER" in needed.pop("error")
    assert timed(needed) == {"keyId": app.provider.wrapping_key_id, "services": 1, "atHand": False}
    _, hasty = await replace(alone.deep_health, most_services=0).report()
    hasty_keys: Any = hasty["keys"]
    assert hasty_keys["complete"] is False, "it says where it did not look at all of them"
    assert await rotated(alone) is OperationStatus.PARTIALLY_SUCCEEDED
    [record] = [r async for page in alone.records.pages("*") for r in page]
    assert record.operation.result == {
        "keyId": alone.provider.wrapping_key_id,
        "services": 1,
        "wrapped": 0,
        "failed": 1,
    }
    [warning] = record.operation.warnings
    assert (warning.code, warning.target) == (Code.KEY_UNAVAILABLE, SERVICE)
    assert app.provider.wrapping_key_id in warning.message
    assert await rotated(opened(second, first)) is OperationStatus.SUCCEEDED
    service = (await alone.services.require(SERVICE)).service
    await alone.keys.data_key(service.id)


async def test_deep_health_names_what_does_not_answer(opened: Open) -> None:
    app = opened(key())
    well, report = await app.deep_health.report()
    assert well, report
    wrapping = app.provider.wrapping_key_id
    assert timed(report["keys"]) == {
        "wrapping": wrapping,
        "neededByBackups": [],
        "neededByServices": [],
        "complete": True,
    }


async def test_a_host_with_older_settings_wraps_nothing(opened: Open) -> None:
    first, second = key(), key()
    app = opened(first)
    await fill(app)
    record = await opened(second, first).key_rotation.start("somebody", None)
    await app.engine.run("*", record.operation.id)
    found = await app.records.find("*", record.operation.id)
    assert found is not None
    error = found[0].operation.error
    assert error is not None
    assert (error.code, error.target) == (Code.KEY_UNAVAILABLE, "keyId")
    assert "Restart the app" in error.message
    assert await rotated(opened(second, first)) is OperationStatus.SUCCEEDED
