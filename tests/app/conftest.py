"""Fixtures of the tests through HTTP."""

from collections.abc import AsyncIterator

import pytest

from tests.app.scheduled import TestClock
from tests.support.admin import Admin


@pytest.fixture
async def clock(admin: Admin) -> AsyncIterator[TestClock]:
    """The clock of the module's host, set right again at the end."""
    moved = TestClock(admin)
    yield moved
    await moved.admin.clock(0)
