"""The small service that most tests of restores begin with."""

import pytest

from shared.installation.installation import Installation
from tests.support.scenes import fill


@pytest.fixture
async def app(fresh_app: Installation) -> Installation:
    """The app's parts over empty accounts, with the small service and its backup."""
    await fill(fresh_app)
    return fresh_app
