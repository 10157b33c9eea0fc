"""What the modules on restoring share: services with backups of every kind, and the wizard."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from localhost.stack import HostProcess
from tests.portal import lost
from tests.portal.watched import Tab
from tests.portal.wizard import Wizard
from tests.support.api import Api, api_of
from tests.support.deployed import Deployed, Emulator

HERE = f"?service={lost.SERVICE}&backup={lost.BACKUP}"
REFUSED = {f"{status} /restores" for status in (400, 404, 409)}
"""The plan of a request that is wrong is refused, and the browser tells of it."""

SLOW = 20_000
"""Milliseconds that a worker may take."""

REPLACE = "Replace a value"
ORDERS = {"/replace/0/section": "bridges", "/replace/0/name": "Orders"}


@dataclass(frozen=True)
class Estate:
    """A client of the host, and what there is."""

    api: Api
    foreign: str
    keyless: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def estate(
    host: HostProcess, deployed: Deployed, emulator: Emulator
) -> AsyncIterator[Estate]:
    """Services, and backups of every kind."""
    async with api_of(host.base_url, host.keys.host) as client:
        foreign, keyless = await lost.build(client, deployed, emulator)
        yield Estate(client, foreign, keyless)


@pytest.fixture
def wizard(tab: Tab, estate: Estate) -> Wizard:
    """The wizard, in a tab whose plans may be refused."""
    tab.expected |= REFUSED
    return Wizard(tab)
