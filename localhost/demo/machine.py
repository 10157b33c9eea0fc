"""The host as its owner has it: the clock that only the local host moves, timers run by hand."""

import asyncio

import aiohttp

from localhost.demo.closing import Closing
from localhost.demo.failure import DemoFailed

_POLL_SECONDS = 0.05
_LONGEST_SECONDS = 60
DAY_SECONDS = 86_400


class Machine(Closing):
    """The admin addresses of one host.

    :param root_url: without ``/api``.
    """

    def __init__(self, root_url: str, master_key: str) -> None:
        self._admin = f"{root_url.rstrip('/')}/admin"
        self._session = aiohttp.ClientSession(headers={"x-functions-key": master_key})
        self._offset_seconds = 0

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def a_day_ahead(self) -> None:
        """Move the app's clock one day further."""
        self._offset_seconds += DAY_SECONDS
        await self._send("PUT", "localhost/clock", {"offsetSeconds": self._offset_seconds}, 200)

    async def run_timer(self, name: str) -> None:
        """Run a timer function, as Test/Run does in the portal, and wait until it has ended.

        :raises DemoFailed: it does not end.
        """
        await self._send("POST", f"functions/{name}", {"input": ""}, 202)
        for _ in range(int(_LONGEST_SECONDS / _POLL_SECONDS)):
            async with self._session.get(f"{self._admin}/localhost/running") as answer:
                if name not in await answer.json():
                    return
            await asyncio.sleep(_POLL_SECONDS)
        raise DemoFailed(f"The timer {name} did not end within {_LONGEST_SECONDS} s.")

    async def _send(self, method: str, path: str, body: object, expect: int) -> None:
        url = f"{self._admin}/{path}"
        async with self._session.request(method, url, json=body) as answer:
            if answer.status != expect:
                raise DemoFailed(f"{method} /admin/{path} answered {answer.status}.")
