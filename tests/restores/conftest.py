"""The small service that most tests of restores begin with."""

import pytest

from shared.installation.installation import Installation
from tests.support.scenes import fill


@pytest.fixture
async def app(installation: Installation) -> Installation:
    """The app's parts over empty accounts, with the small service and its backup."""
    await fill(installation)
    return installation
