"""How a soak asks: on any host, again where an answer was lost, and never content with a 500."""

import asyncio
import random
from collections import deque
from typing import Any

import aiohttp

from tests.soak.hosts import Hosts
from tests.soak.model import Model, Violated
from tests.support.api import Reply

_LOST = (aiohttp.ClientError, TimeoutError, ConnectionError)
_AGAIN_CODES = frozenset({"ConfigurationHeld"})
"""Told to wait, and to ask again."""

_INTERRUPTED = b"It was interrupted"
"""What recovery makes of a change that waits for storage longer than the short lease of a soak."""

ENDED_SECONDS = 150
_ANSWERED_SECONDS = 120


class Client:
    """Asks the hosts of a soak."""

    def __init__(self, hosts: Hosts, model: Model, chance: random.Random) -> None:
        self.hosts = hosts
        self.model = model
        self.chance = chance
        self.trail: deque[str] = deque(maxlen=60)
        """What was asked and answered last."""

    async def once(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        refused: tuple[str, ...] = (),
        **more: Any,
    ) -> Reply | None:
        """One request; None where nobody knows what became of it.

        :param refused: the error codes that the request may meet.
        :raises Violated: for any other answer but a good one.
        """
        try:
            reply = await self.hosts.api().call(method, path, json, **more)
        except _LOST as error:
            self._note(method, path, f"lost ({type(error).__name__})")
            return None
        self._note(method, path, f"{reply.status} {reply.code or ''}")
        if reply.status == 503 or reply.code in _AGAIN_CODES:
            return None
        if reply.status < 300 or reply.code in refused:
            return reply
        if reply.code == "InternalError" and _INTERRUPTED in reply.content:
            return None
        raise Violated(f"{method} {path} {json}: {reply.status} {reply.content!r}")

    async def surely(self, method: str, path: str, json: Any = None, **more: Any) -> Reply:
        """One request, repeated until somebody answers it."""
        try:
            async with asyncio.timeout(_ANSWERED_SECONDS):
                while True:
                    reply = await self.once(method, path, json, **more)
                    if reply is not None:
                        return reply
                    await asyncio.sleep(self.chance.uniform(0.05, 0.5))
        except TimeoutError:
            raise Violated(f"{method} {path}: no answer in {_ANSWERED_SECONDS} s") from None

    async def ended(self, accepted: Reply) -> Any:
        """The monitor of an operation that was accepted, once it has ended."""
        path = accepted.headers["Operation-Location"].split("/api/", 1)[1]
        try:
            async with asyncio.timeout(ENDED_SECONDS):
                while True:
                    monitor = (await self.surely("GET", path)).body
                    if monitor["status"] not in ("NotStarted", "Running"):
                        return monitor
                    await asyncio.sleep(0.3)
        except TimeoutError:
            raise Violated(f"{path} did not end in {ENDED_SECONDS} s: {monitor}") from None

    def operation_id(self) -> dict[str, str]:
        """A header that makes a repeat the same request."""
        return {"Operation-Id": f"soak-{self.chance.getrandbits(64):016x}"}

    def _note(self, method: str, path: str, outcome: str) -> None:
        self.trail.append(f"{method} {path}: {outcome}")
        self.model.outcomes[outcome.split(" (")[0].strip()] += 1
