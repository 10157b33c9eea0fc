"""Fixtures: the storage emulator and a host once a run, a client each test.

Tests draw names of their own (``unique``), so modules share accounts and a host. A module that
counts all that there is, moves the clock or breaks storage says ``ALONE = True`` and gets its own.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from localhost.azurite import Account, Azurite, Ports
from localhost.processes import free_ports
from localhost.stack import PACKAGES, HostProcess
from shared.installation.installation import Installation
from tests.support.admin import Admin
from tests.support.api import Api, api_of
from tests.support.arm import Arm
from tests.support.deployed import ACCOUNTS, Deployed, Emulator
from tests.support.report import told

ROOT = Path(__file__).resolve().parents[1]

# How long an example takes says how busy the machine is, and nothing of the property.
hypothesis.settings.register_profile("interkeep", deadline=None)
hypothesis.settings.load_profile("interkeep")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell which storage calls were broken, so that a failing day can be repeated."""
    kinds = ("passed", "failed")
    reports = [one for kind in kinds for one in terminalreporter.stats.get(kind, ())]
    for line in told(one for one in reports if getattr(one, "when", "") == "call"):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Azurite in memory, on free ports."""
    log = tmp_path_factory.mktemp("azurite") / "azurite.log"

    def started() -> tuple[Azurite, list[Account]]:
        accounts = [Account.new(f"account{number}") for number in range(ACCOUNTS)]
        azurite = Azurite(accounts, Ports(*free_ports(3)), install=PACKAGES, log=log)
        azurite.start()
        return azurite, accounts

    running = Emulator(*started(), started)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def azure() -> Iterator[Arm]:
    """Azure Resource Manager's stand-in that all hosts ask: a test puts its own accounts there."""
    with Arm() as found:
        yield found


@pytest.fixture(scope="session")
def everybodys(
    emulator: Emulator, azure: Arm, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployed, HostProcess]]:
    """Accounts and a host that modules share."""
    folder = tmp_path_factory.mktemp("deployed")
    often = {"RECOVERY_TIMER": "*/4 * * * * *"}
    deployed = Deployed.new(emulator, folder, **azure.settings(), **often)
    process = deployed.host()
    process.start()
    yield deployed, process
    process.stop()


@pytest.fixture(scope="module")
def deployed(
    request: pytest.FixtureRequest,
    emulator: Emulator,
    azure: Arm,
    tmp_path_factory: pytest.TempPathFactory,
) -> Deployed:
    """The accounts of a module: everybody's, or empty ones where it is ALONE."""
    if getattr(request.module, "ALONE", False):
        return Deployed.new(emulator, tmp_path_factory.mktemp("deployed"), **azure.settings())
    shared: Deployed = request.getfixturevalue("everybodys")[0]
    return shared


@pytest.fixture(scope="module")
def host(request: pytest.FixtureRequest, deployed: Deployed) -> Iterator[HostProcess]:
    """A host process over the module's accounts."""
    if not getattr(request.module, "ALONE", False):
        yield request.getfixturevalue("everybodys")[1]
        return
    process = deployed.host()
    process.start()
    yield process
    process.stop()


@pytest.fixture
async def api(host: HostProcess) -> AsyncIterator[Api]:
    """A client of the module's host."""
    async with api_of(host.base_url, host.keys.host) as client:
        yield client


@pytest.fixture
def admin(host: HostProcess) -> Admin:
    """The admin addresses of the module's host: its clock, its timers by hand."""
    return Admin(host)


@pytest.fixture
def host_clock(admin: Admin) -> Callable[[float], Awaitable[None]]:
    """Moves the clock of the module's host by seconds; 0 sets it right again."""
    return admin.clock


@pytest.fixture
async def host_app(deployed: Deployed) -> AsyncIterator[Installation]:
    """The same installation as the host's: to look into what is stored, and to change it."""
    found = Installation(deployed.read())
    yield found
    await found.close()


@pytest.fixture
async def fresh_app(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Installation]:
    """The app's parts over empty accounts, in this process."""
    app = Installation(Deployed.new(emulator, tmp_path).read())
    yield app
    await app.close()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The real artifacts, which are not part of the project."""
    folder = Path(os.environ.get("INTERKEEP_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not folder.is_dir():
        pytest.skip(f"there is no corpus at {folder}; INTERKEEP_CORPUS names another place")
    return folder


@pytest.fixture
def arm() -> Iterator[Arm]:
    """Azure Resource Manager's stand-in, with nothing in it."""
    with Arm() as found:
        yield found
