"""The host's admin addresses as tests use them."""

import asyncio

import aiohttp

from localhost.stack import HostProcess

_POLL_SECONDS = 0.05


class Admin:
    """What only the master key opens, on one host."""

    def __init__(self, host: HostProcess) -> None:
        self._url = f"{host.base_url}/admin"
        self._key = {"x-functions-key": host.keys.master}

    async def run_timer(self, name: str, *, most_seconds: float = 60) -> None:
        """Run a timer function now, and wait until this run has ended.

        A scheduled run may overlap: this takes no timer lock, as in the portal.
        """
        async with aiohttp.ClientSession(headers=self._key) as session:
            body = {"input": ""}
            async with session.post(f"{self._url}/functions/{name}", json=body) as answer:
                assert answer.status == 202, f"{name}: {answer.status}"
            async with asyncio.timeout(most_seconds):
                while name in await self._running(session):
                    await asyncio.sleep(_POLL_SECONDS)

    async def _running(self, session: aiohttp.ClientSession) -> dict[str, int]:
        async with session.get(f"{self._url}/localhost/running") as answer:
            running: dict[str, int] = await answer.json()
            return running

    async def clock(self, offset_seconds: float) -> None:
        """Move the app's clock of this host process; 0 sets it right again."""
        async with aiohttp.ClientSession(headers=self._key) as session:
            body = {"offsetSeconds": offset_seconds}
            async with session.put(f"{self._url}/localhost/clock", json=body) as answer:
                assert answer.status == 200, await answer.text()
