"""Pushing what a service holds into an account."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from localhost.arm.sample import ACCOUNT, X12
from shared.installation.installation import Installation
from tests.integration_accounts.pulled import artifacts_of, held, pull, sessions_of
from tests.integration_accounts.pushed import (
    COPY,
    NEW,
    OTHER,
    lose,
    number_in,
    plan,
    push,
    restored,
    settings,
)
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    installation = Installation(Deployed.new(emulator, tmp_path, **settings(arm)).read())
    yield installation
    await installation.close()


async def test_a_lost_account_comes_back_under_another_name(app: Installation, arm: Arm) -> None:
    await restored(app, arm)
    before, sessions = artifacts_of(arm, ACCOUNT), await sessions_of(app, COPY)
    lose(arm)
    body = {**NEW, "controlNumbers": {"policy": "advance", "by": 100}}
    planned = await plan(app, body)
    assert planned.errors == []
    assert not planned.safety_backup
    ended = await push(app, body)
    assert ended.status == "Succeeded", (ended.error, ended.warnings, ended.result)
    assert ended.result is not None
    assert ended.result["verified"] is True, ended.result
    assert artifacts_of(arm, OTHER) == before
    assert number_in(arm, OTHER, f"{X12}-ICN") == 40_127 + 100
    assert "safetyBackup" not in ended.result
    assert ended.result["linked"] is True
    assert (await pull(app, COPY)).status == "Succeeded"
    assert await held(app, COPY) == before
    received = {name for name in sessions if name.startswith("X12-ICN")}
    assert received <= set(await sessions_of(app, COPY))
