"""``make bench``: every workload in one run, on an emulator of its own."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from benchmarks.allocate import allocate
from benchmarks.figures import Figure, show
from localhost.azurite import Account, Azurite, Ports
from localhost.stack import PACKAGES, app_settings
from shared.installation import Installation
from shared.settings import read_settings

_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""Seals nothing but what the emulator forgets at the end of the run."""


async def run(numbers: int, state: str, offsite: str) -> list[Figure]:
    """All workloads, one after another."""
    settings = app_settings(state, offsite, _KEY)
    app = Installation(read_settings({**settings, "STATE_STORAGE": state}))
    try:
        return [await allocate(app, state, numbers)]
    finally:
        await app.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--numbers", type=int, default=10_000, help="how many to allocate")
    given = parser.parse_args()
    accounts = [Account.new("benchstate"), Account.new("benchoffsite")]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "azurite.log"
        azurite = Azurite(accounts, Ports.free(), install=PACKAGES, log=log)
        azurite.start()
        try:
            state, offsite = (azurite.connection_string(account) for account in accounts)
            show(asyncio.run(run(given.numbers, state, offsite)))
        finally:
            azurite.stop()


if __name__ == "__main__":
    main()
