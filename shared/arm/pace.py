"""How fast requests go to ARM: one pace for an account, kept for the life of the process.

ARM counts the requests of each identity and subscription, reads, writes and deletions each for
itself; the service behind it counts those of an account. A 429 ends all of its kind until the time
that it names, for every task of this process and for its next attempts too, and fewer are under way
at once from then on. Before that, where an answer says that few are left, they go one after another
with a pause between them.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from yarl import URL

from shared.arm.refusals import pause_of
from shared.arm.whole import whole
from shared.clock import Clock
from shared.storage.around import AroundTransport
from shared.storage.fence import before_write
from shared.storage.pace import Pace

AT_ONCE = 8
"""Requests of one account that are under way at once, at most."""

PACE, COUNT = "arm_pace", "arm_count"
"""Options of a request: the pace that it is sent at, and what counts it."""

_READS = frozenset({"GET", "HEAD"})
_SLEPT_SECONDS = 5.0
"""A longer wait is for the rule of repeating to decide: its budget may be shorter."""

_REMAINING = "x-ms-ratelimit-remaining-"
_COUNTS = re.compile(r"(?:^|[;,\s])(\d{1,9})(?=$|[,\s])")
_GAPS = ((5, 3.0), (25, 1.0), (75, 0.25))
"""Seconds between two requests where at most so many are left: 1,200 an hour is one in three."""


class Paused(AzureError):
    """A request that was not sent: ARM asked to wait, for longer than a moment.

    :param retry_after_seconds: until when.
    """

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("ARM asked to wait")
        self.retry_after_seconds = retry_after_seconds


@dataclass
class _Kind:
    """Requests of one kind: when the next may be sent, by ``Clock.monotonic``, and how far apart
    they are."""

    next_at: float = 0.0
    gap: float = 0.0


class AccountPace:
    """The pace of one account, or of what is asked beside accounts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}
        self._many = Pace(AT_ONCE)
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, method: str) -> AsyncIterator[None]:
        """Wait for a turn, and run the body as one request that is under way.

        :raises Paused: if ARM asked to wait for longer than some seconds.
        """
        await self._enter()
        try:
            await self._wait(self._kind(method))
            yield
        finally:
            self._leave()

    def heard(self, method: str, answer: Any) -> None:
        """Note what an answer says of the pace."""
        kind, pause = self._kind(method), pause_of(answer)
        kind.gap = _gap(answer.headers)
        if pause:
            self._many.slow_down()
            kind.next_at = max(kind.next_at, self._clock.monotonic() + pause)
        else:
            self._many.went_well()

    def _kind(self, method: str) -> _Kind:
        name = "reads" if method in _READS else "deletes" if method == "DELETE" else "writes"
        return self._kinds.setdefault(name, _Kind())

    async def _wait(self, kind: _Kind) -> None:
        while True:
            now = self._clock.monotonic()
            wait = kind.next_at - now
            if wait > _SLEPT_SECONDS:
                raise Paused(wait)
            if wait <= 0:
                kind.next_at = now + kind.gap
                return
            await asyncio.sleep(wait)

    async def _enter(self) -> None:
        while self._under_way >= self._many.at_once:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except BaseException:
                with suppress(ValueError):
                    self._waiting.remove(turn)
                self._next()
                raise
        self._under_way += 1

    def _leave(self) -> None:
        self._under_way -= 1
        self._next()

    def _next(self) -> None:
        """Let those in that there is room for: each looks again whether there is."""
        room = self._many.at_once - self._under_way
        while self._waiting and room > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1


def _gap(headers: Mapping[str, str]) -> float:
    """Seconds between two requests, by how many an answer says are left."""
    left = [
        int(number)
        for name in headers
        if name.lower().startswith(_REMAINING)
        for number in _COUNTS.findall(headers[name])
    ]
    if not left:
        return 0.0
    return next((gap for most, gap in _GAPS if min(left) <= most), 0.0)


class PacedTransport(AroundTransport):
    """HTTP that sends a request in its account's turn, as it is addressed, to the letter.

    :param inner: the transport that sends.
    """

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """Send one request.

        :raises Paused: if it has to wait for too long; it was not sent.
        :raises TooLarge: if the answer is longer than any of ARM's.
        :raises LeaseLost: if it changes something, and the running operation has lost its lease.
        """
        pace: AccountPace | None = config.pop(PACE, None)
        count: Callable[[], None] = config.pop(COUNT)
        if pace is None:
            count()
            return await self._sent(request, config)
        async with pace.turn(request.method):
            if request.method not in _READS:
                before_write()
            count()
            # Read here: an answer whose size nobody limits would be in memory before it is seen.
            answer = await whole(await self._sent(request, {**config, "stream": True}))
            pace.heard(request.method, answer)
            return answer

    async def _sent(self, request: HttpRequest, config: dict[str, Any]) -> Any:
        address = request.url
        # Read as text, an address is encoded anew, and a signature or a name may not be as it was.
        request.url = URL(str(address), encoded=True)  # type: ignore[assignment]
        try:
            return await self._inner.send(request, **config)
        finally:
            request.url = address
