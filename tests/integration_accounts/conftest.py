"""A service that is linked to the small account, and was pulled."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from localhost.arm.sample import SUBSCRIPTION as SAMPLE_SUBSCRIPTION
from shared.installation.installation import Installation
from shared.model.operation import OperationStatus
from tests.integration_accounts.linked import create, link
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.small import small
from tests.support.arm import SUBSCRIPTION, Arm
from tests.support.deployed import Deployed, Emulator


@pytest.fixture
async def app(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """An installation that may name all accounts, those of the sample too."""
    scopes = (f"/subscriptions/{one}" for one in (SUBSCRIPTION, SAMPLE_SUBSCRIPTION))
    installation = Installation(Deployed.new(emulator, tmp_path, **arm.settings(*scopes)).read())
    yield installation
    await installation.close()


@pytest.fixture
async def at_once(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    """An installation that may name the sample account, and tries again without a wait."""
    sample = arm.settings(f"/subscriptions/{SAMPLE_SUBSCRIPTION}")
    deployed = Deployed.new(emulator, tmp_path, **sample).read()
    update = {"retry_seconds": (0, 0, 0, 0)}
    installation = Installation(deployed.model_copy(update=update))
    yield installation
    await installation.close()


@pytest.fixture
async def pulled(emulator: Emulator, tmp_path: Path, arm: Arm) -> AsyncIterator[Installation]:
    arm.load(small())
    app = Installation(Deployed.new(emulator, tmp_path, **arm.settings()).read())
    await create(app)
    await link(app)
    ended = await pull(app)
    assert ended.status is OperationStatus.SUCCEEDED, ended.error
    arm.calm()
    yield app
    await app.close()
