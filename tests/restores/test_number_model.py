"""No number comes twice, whatever two hosts are asked, in any order, and wherever they are killed.

The model sees requests and answers only (tests/support/handed_out.py). NUMBER_RUNS and NUMBER_STEPS
ask for more than a sample; a run that fails prints its seed, which NUMBER_SEED repeats.
"""

import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.restores.numbers_steps import Run
from tests.restores.numbers_world import Elsewhere, Hosts
from tests.support.deployed import Deployed, Emulator

RUNS = int(os.environ.get("NUMBER_RUNS", "2"))
STEPS = int(os.environ.get("NUMBER_STEPS", "20"))
SEED = os.environ.get("NUMBER_SEED") or datetime.now(UTC).strftime("%Y%m%d")


@asynccontextmanager
async def begun(emulator: Emulator, folder: Path, draw: random.Random) -> AsyncIterator[Run]:
    deployed = Deployed.new(emulator, folder)
    hosts = Hosts(deployed, random.Random(draw.random()))
    elsewhere = Elsewhere(deployed, emulator)
    try:
        yield Run(hosts, elsewhere, draw)
    finally:
        await hosts.close()
        await elsewhere.close()


@pytest.mark.timeout(5000)
@pytest.mark.parametrize("number", range(RUNS))
async def test_numbers_as_a_model(emulator: Emulator, tmp_path: Path, number: int) -> None:
    draw = random.Random(f"{SEED} {number}")
    async with begun(emulator, tmp_path, draw) as run:
        try:
            await run.begin()
            for _ in range(STEPS):
                await run.step()
        except BaseException:
            print(f"NUMBER_SEED={SEED}, run {number}:", *run.done, sep="\n  ")
            raise
