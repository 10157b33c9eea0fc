"""``make bench``: every workload in one run, on an emulator of its own."""

import argparse
import asyncio
import logging
import tempfile
from pathlib import Path

from benchmarks.allocate import allocate
from benchmarks.figures import Figure, show
from benchmarks.ticks import ticks
from localhost.azurite import Account, Azurite, Ports
from localhost.stack import PACKAGES, app_settings
from shared.installation import Installation
from shared.settings import Settings, read_settings

_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""Seals nothing but what the emulator forgets at the end of the run."""


async def run(numbers: int, schedules: int, accounts: list[str]) -> list[Figure]:
    """All workloads, one after another, each on accounts of its own."""
    state, offsite, few, many = accounts
    app = Installation(_settings(state, offsite))
    try:
        issued = await allocate(app, state, numbers)
    finally:
        await app.close()
    ticked = await ticks(_settings(few, offsite), _settings(many, offsite), schedules)
    return [issued, ticked]


def _settings(state: str, offsite: str) -> Settings:
    return read_settings({**app_settings(state, offsite, _KEY), "STATE_STORAGE": state})


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--numbers", type=int, default=10_000, help="how many to allocate")
    parser.add_argument("--schedules", type=int, default=10_000, help="how many to tick over")
    given = parser.parse_args()
    logging.getLogger("interkeep").setLevel(logging.CRITICAL)
    accounts = [Account.new(f"bench{name}") for name in ("state", "offsite", "few", "many")]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "azurite.log"
        azurite = Azurite(accounts, Ports.free(), install=PACKAGES, log=log)
        azurite.start()
        try:
            connections = [azurite.connection_string(account) for account in accounts]
            show(asyncio.run(run(given.numbers, given.schedules, connections)))
        finally:
            azurite.stop()


if __name__ == "__main__":
    main()
