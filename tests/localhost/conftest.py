"""The sample app and hosts of it, and a client of the stand-in for Azure Resource Manager."""

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from localhost.processes import free_ports
from localhost.stack import HostProcess
from tests.localhost.arm_calls import Calls, an_account, calls_to
from tests.support.arm import Arm
from tests.support.deployed import Emulator

SAMPLE_APP = Path(__file__).parent / "sample_app"
MASTER, HOST, OWN = "the-master-key", "the-host-key", "the-key-of-echo"
_YEARLY = "0 0 0 1 1 *"

T = TypeVar("T")


@dataclass
class Sample:
    """The sample app over an account of its own."""

    account: str
    folder: Path
    hosts: list[HostProcess] = field(default_factory=list)

    def host(self, *options: str, app_dir: Path = SAMPLE_APP, **settings: str) -> HostProcess:
        """One more host process; started."""
        keys = self.folder / "keys.json"
        keys.write_text(json.dumps({"master": MASTER, "host": HOST, "functions": {"echo": OWN}}))
        host = HostProcess(
            {
                "AzureWebJobsStorage": self.account,
                "SAMPLE_JOURNAL": str(self.folder / "journal"),
                "SAMPLE_SCHEDULE": _YEARLY,
                **settings,
            },
            port=free_ports(1)[0],
            keys_file=keys,
            log=self.folder / f"host-{len(self.hosts)}.log",
            app_dir=app_dir,
            options=options,
        )
        self.hosts.append(host)
        host.start()
        return host

    def journal(self, event: str | None = None) -> list[dict[str, Any]]:
        """What the app noted, by all its hosts."""
        path = self.folder / "journal"
        lines = path.read_text().splitlines() if path.exists() else []
        notes = [json.loads(line) for line in lines]
        return [note for note in notes if event in (None, note["event"])]

    def noted(self, event: str, count: int = 1, seconds: float = 20) -> list[dict[str, Any]]:
        """The notes of one kind, once there are so many."""
        return until(lambda: self.journal(event), lambda notes: len(notes) >= count, seconds)


def until(read: Callable[[], T], good: Callable[[T], bool], seconds: float = 20) -> T:
    """What is read, once it is good."""
    deadline = time.monotonic() + seconds
    while not good(value := read()):
        assert time.monotonic() < deadline, f"after {seconds} s: {value}"
        time.sleep(0.05)
    return value


@pytest.fixture
def sample(emulator: Emulator, tmp_path: Path) -> Iterator[Sample]:
    """The sample app over an empty account; its hosts end with the test."""
    sample = Sample(emulator.account(), tmp_path)
    yield sample
    for host in sample.hosts:
        host.stop()


@pytest.fixture(scope="module")
def sample_host(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HostProcess]:
    """One host of the sample app for all tests of a module."""
    sample = Sample(emulator.account(), tmp_path_factory.mktemp("sample"))
    yield sample.host()
    for host in sample.hosts:
        host.stop()


@pytest.fixture
async def call(arm: Arm) -> AsyncIterator[Calls]:
    """A client of the stand-in for Azure Resource Manager; there is an account of the tier
    Standard with nothing in it."""
    arm.load([an_account()])
    async with calls_to(arm) as found:
        yield found
