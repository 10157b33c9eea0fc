"""``make run``: the app on this machine, with storage, until Ctrl-C."""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from localhost.arm.sample import ACCOUNT
from localhost.azurite import PortInUse, Ports
from localhost.node import InstallFailed
from localhost.processes import port_number
from localhost.stack import ROOT, HostFailed, Stack

_ENDS = (signal.SIGINT, signal.SIGTERM)

_PAGE = """
  Interkeep runs on this machine.

  portal         {url}/api/portal/#key={key}
  API            {url}/api
  function key   {key}
  master key     {master}     (admin addresses, timers by hand)
  Azure          a stand-in at {arm}, in memory, with one account: {account}
  storage        blobs {blob}, queues {queue}, tables {table}; accounts: default, offsite
  data and logs  {data}

  Try it:

    curl -H "x-functions-key: {key}" {url}/api/services
    curl -H "x-functions-key: {key}" -X PUT {url}/api/services/contoso-b2b \\
         -d '{{"edition": "Basic"}}'

  README.md has a first session. Ctrl-C stops all of it; the data stays.
"""


def main(arguments: Sequence[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m localhost", description=__doc__)
    parser.add_argument("--port", type=port_number, default=7071, help="of the app (default 7071)")
    parser.add_argument(
        "--storage-port",
        type=port_number,
        default=10000,
        help="of the emulator's blobs; queues and tables take the two after it, and the "
        "stand-in of integration accounts the third (default 10000)",
    )
    parser.add_argument("--data", type=Path, default=ROOT / ".local", help="folder for all data")
    given = parser.parse_args(arguments)
    first = given.storage_port
    # A signal ends it at any time, in the middle of an installation too. A shell may have it
    # start with Ctrl-C ignored: so both are set.
    asked = threading.Event()

    def end(*_: object) -> None:
        # Python drops what is raised in some places (a finalizer, a lock let go after a fork):
        # so it is noted too, and that it was dropped is nobody's news.
        asked.set()
        sys.unraisablehook = _all_but_an_interrupt
        raise KeyboardInterrupt

    for number in _ENDS:
        signal.signal(number, end)
    try:
        stack = Stack(
            given.data.resolve(),
            ports=Ports(first, first + 1, first + 2),
            host_ports=[given.port],
            arm_port=first + 3,
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        stack.start()
        if not asked.is_set():
            print(_page(stack, given.data), flush=True)
        while not (broken := stack.broken()):
            if asked.is_set():
                raise KeyboardInterrupt
            time.sleep(1)
        print(broken, flush=True)
    except KeyboardInterrupt:
        print("Stopping …", flush=True)
        return 0
    except PortInUse as error:
        print(
            f"{error}.\nStop what uses it, or choose others: "
            "make run RUN='--port 7072 --storage-port 10010'",
            file=sys.stderr,
        )
    except (HostFailed, InstallFailed) as error:
        print(error, file=sys.stderr)
    finally:
        # A second Ctrl-C must not leave half of it behind.
        for number in _ENDS:
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
    return 1


def _all_but_an_interrupt(dropped: "sys.UnraisableHookArgs") -> None:
    if not issubclass(dropped.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)


def _page(stack: Stack, data: Path) -> str:
    return _PAGE.format(
        url=stack.base_url,
        key=stack.function_key,
        master=stack.master_key,
        data=data,
        account=ACCOUNT,
        arm=stack.arm.url if stack.arm else "",
        **vars(stack.azurite.ports),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
