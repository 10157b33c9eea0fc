"""``python -m localhost.demo``: the whole story, on a machine without Azure.

Without options it starts the storage emulator and the app in a temporary folder. With
``--base-url`` and ``--key`` it tells the story to a host that runs already, under names of its own,
and leaves the service and its backups there.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from localhost.arm.sample import ACCOUNT
from localhost.azurite import PortInUse
from localhost.demo.azure import Azure
from localhost.demo.client import Api, api_url
from localhost.demo.failure import DemoFailed
from localhost.demo.machine import Machine
from localhost.demo.network.build import build
from localhost.demo.offsite import Offsite
from localhost.demo.steps import ACCOUNT_STEPS, STEPS
from localhost.demo.story import Names, Story, second_account, tell
from localhost.demo.terminal import Terminal
from localhost.node import InstallFailed
from localhost.processes import free_ports
from localhost.stack import HostFailed, Stack

_LOG_LINES = 12
_NO_ORDERS = 86_400.0
"""Seconds until the sample account would send an order by itself: the story sends them."""


def main() -> int:
    """Tell the story; 0 when every step brought what it promises, else 1."""
    options = _options()
    terminal = Terminal()
    terminal.title("Interkeep: back up a B2B service, lose it, get it back")
    try:
        if options.base_url:
            names = Names.with_suffix(secrets.token_hex(3))
            asyncio.run(_tell(terminal, api_url(options.base_url), options.key, names))
            terminal.paragraph(
                f"Left on the host: service {names.service} with its two backups, "
                f"{names.first_backup} and {names.second_backup}."
            )
        else:
            _on_own_stack(terminal)
    except (DemoFailed, PortInUse, HostFailed, InstallFailed) as error:
        terminal.failed(str(error))
        return 1
    except KeyboardInterrupt:
        terminal.failed("Interrupted.")
        return 130
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m localhost.demo",
        description="Back up a B2B service, lose it, restore it, and check every step.",
    )
    parser.add_argument("--base-url", help="of a running host, such as http://127.0.0.1:7071/api")
    parser.add_argument("--key", help="a host key of it (x-functions-key)")
    options = parser.parse_args()
    if bool(options.base_url) != bool(options.key):
        parser.error("--base-url and --key go together")
    return options


def _on_own_stack(terminal: Terminal) -> None:
    """Start the emulator and the app in a folder that is gone afterwards."""
    terminal.paragraph(
        "Starting the storage emulator, a stand-in for Azure, and the app; nothing leaves this "
        "machine."
    )
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="interkeep-demo-") as folder,
        Stack(
            Path(folder), in_memory=True, arm_port=free_ports(1)[0], arm_seconds=_NO_ORDERS
        ) as stack,
    ):
        url = f"{stack.base_url}/api"
        terminal.paragraph(f"All are up after {time.monotonic() - began:.1f} s, on {url}")
        try:
            asyncio.run(_tell(terminal, url, stack.function_key, Names(), stack))
        except DemoFailed as error:
            lines = stack.hosts[0].log.read_text(errors="replace").splitlines()
            tail = "\n".join(lines[-_LOG_LINES:])
            raise DemoFailed(f"{error}\n\nThe app's log ends with:\n{tail}") from error


async def _tell(
    terminal: Terminal, base_url: str, key: str, names: Names, own: Stack | None = None
) -> None:
    """The story, from an empty installation or beside what it holds.

    :param own: the stack that the demo started: it may read its account and move its clock.
    """
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(Api(base_url, key))
        storage = machine = azure = None
        if own is not None:
            if own.arm is not None:
                azure = await stack.enter_async_context(Azure(own.arm.url))
            storage = await stack.enter_async_context(Offsite(own.offsite))
            machine = await stack.enter_async_context(Machine(own.base_url, own.master_key))
        await api.call("GET", "health")
        story = Story(
            api=api,
            terminal=terminal,
            network=build(),
            names=names,
            account=await second_account(api),
            readable=storage,
            owned=machine,
            integration_account=ACCOUNT,
            azure=azure,
        )
        told = await tell(story, STEPS)
        if story.azure is not None:
            terminal.title("The same for an integration account of Azure Logic Apps")
            terminal.paragraph(
                "Azure Resource Manager is a stand-in here, which the app calls as the real one."
            )
            await tell(story, ACCOUNT_STEPS, told)
        _sum_up(terminal, story, time.monotonic() - began)


def _sum_up(terminal: Terminal, story: Story, seconds: float) -> None:
    """What was shown, in numbers."""
    counts = story.network.counts()
    terminal.title("Lost, and back")
    terminal.paragraph(
        f"{counts.total() - counts['hybrid-connections']} artifacts and "
        f"{len(story.network.files())} files came back as they were, as a Standard service. "
        f"{story.issued.total()} control numbers were issued before, during and after the backup "
        "and after the restore: none twice."
    )
    if story.sent.total():
        terminal.paragraph(
            "An integration account was deleted and came back in another region, and one agreement "
            f"of it once more. {story.sent.total()} numbers over both accounts: none twice."
        )
    terminal.paragraph(
        f"{story.refused} requests were refused, each by its code. {story.checks} checks over "
        f"{story.api.calls} HTTP requests in {seconds:.1f} s."
    )
    terminal.gap()


if __name__ == "__main__":
    sys.exit(main())
