"""``python -m localhost.arm --port 10003``: the stand-in with the sample account, until a signal.

Its state lives in memory: it begins anew with each start.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from localhost.arm.sample import fill, move
from localhost.arm.server import StandIn
from localhost.processes import port_number


async def _serve(port: int, seconds: float) -> None:
    stand_in = StandIn()
    fill(stand_in.state)
    await stand_in.start(port)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    moving = asyncio.create_task(move(stand_in.state, seconds))
    await ended.wait()
    moving.cancel()
    with suppress(asyncio.CancelledError):
        await moving
    await stand_in.stop()


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m localhost.arm", description=__doc__)
    parser.add_argument("--port", type=port_number, default=10003)
    parser.add_argument(
        "--seconds", type=float, default=20, help="after which the account issues the next numbers"
    )
    given = parser.parse_args(arguments)
    asyncio.run(_serve(given.port, given.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
