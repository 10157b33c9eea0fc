"""Fixtures of retention's tests."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.backups.kept import Kept, Later, app_over
from tests.support.deployed import Deployed, Emulator
from tests.support.stored import copied


@pytest.fixture(scope="module")
def first(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployed, Later]:
    """What is made once and copied for each test."""
    deployed, clock = Deployed.new(emulator, tmp_path_factory.mktemp("kept")), Later()

    async def make() -> None:
        kept = app_over(deployed, clock)
        await kept.begin()
        await kept.app.close()

    asyncio.run(make())
    return deployed, clock


@pytest.fixture
async def kept(
    first: tuple[Deployed, Later], emulator: Emulator, tmp_path: Path
) -> AsyncIterator[Kept]:
    """Five backups of five days, retention three days."""
    deployed, made_by = first
    clock = Later()
    clock.offset = made_by.offset
    found = app_over(copied(deployed, emulator, tmp_path), clock)
    yield found
    await found.app.close()
