"""Two host processes over one storage: killed at random, replaced, their clocks moved together."""

import asyncio
import random
from collections import Counter

import aiohttp

from localhost.stack import HostProcess
from shared.clock import OFFSET_SETTING
from tests.support.admin import Admin
from tests.support.api import Api
from tests.support.deployed import Deployed

HOSTS = 2
_CLIENT_SECONDS = 60


class Hosts:
    """The hosts of a soak, and what is told of them."""

    def __init__(self, deployed: Deployed, chance: random.Random) -> None:
        self._deployed = deployed
        self._chance = chance
        self._session: aiohttp.ClientSession | None = None
        self._turn = asyncio.Lock()
        self.running: list[HostProcess] = []
        self.offset = 0.0
        self.kills = 0
        self.asked = Counter[str]()

    async def start(self) -> None:
        """Start all of them."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_CLIENT_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout)
        while len(self.running) < HOSTS:
            await self._add()

    async def _add(self) -> None:
        host = self._deployed.host(**{OFFSET_SETTING: str(self.offset)})
        await asyncio.to_thread(host.start)
        self.running.append(host)

    def api(self) -> Api:
        """A client of one of them."""
        assert self._session is not None
        host = self._chance.choice(self.running)
        return Api(self._session, host.base_url, host.keys.host)

    async def kill_one(self) -> None:
        """End one at once, wherever it is, and bring another up."""
        async with self._turn:
            victim = self.running.pop(self._chance.randrange(len(self.running)))
            victim.kill()
            self.kills += 1
            await asyncio.sleep(self._chance.uniform(0, 1))
            await self._add()

    async def next_day(self) -> None:
        """Move the app's clock by a day; a host that starts meanwhile is a day behind for once."""
        async with self._turn:
            self.offset += 86_400
            for host in self.running:
                await Admin(host).clock(self.offset)

    async def tick(self, timer: str) -> None:
        """Run a timer on one of them, beside those that run by themselves."""
        host = self._chance.choice(self.running)
        try:
            await Admin(host).run_timer(timer, most_seconds=30)
            self.asked[timer] += 1
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return  # its host was killed

    def kill(self) -> None:
        """End all of them, and with them every timer."""
        while self.running:
            self.running.pop().kill()

    async def stop(self) -> None:
        """End all of them for good."""
        self.kill()
        if self._session is not None:
            await self._session.close()
