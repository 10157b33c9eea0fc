"""A service that is linked to the small account, and was pulled."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.installation.installation import Installation
from shared.model.operation import OperationStatus
from tests.integration_accounts.linked import create, link
from tests.integration_accounts.pulled import pull
from tests.integration_accounts.small import small
from tests.support.arm import Arm
from tests.support.deployed import Deployed, Emulator


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
