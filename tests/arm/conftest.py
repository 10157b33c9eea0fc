"""A scripted ARM, and the client that asks it."""

from collections.abc import AsyncIterator

import pytest

from tests.arm.scripted import (
    World,
    world,
)


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        yield made
