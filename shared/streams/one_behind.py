"""A write on its way while the next one is made: storage and process need not wait.

Whoever leaves, leaves nothing on its way: a write that comes after its restore has failed would be
one that nobody knows of.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

Item = TypeVar("Item")
State = TypeVar("State")

_TURNS = 3
"""Of the event loop, in which a request gets onto its way."""


class OneBehind(Generic[State]):
    """Writes that each need what the one before it gave: one is on its way, no more."""

    def __init__(self, first: Callable[[], Awaitable[State]]) -> None:
        self._first = first
        self.sent: asyncio.Task[State] | None = None

    async def after(self, write: Callable[[State], Awaitable[State]]) -> None:
        """Send another one when the one before it is written.

        :raises Exception: what the one before it raised.
        """
        state = await (self.sent if self.sent is not None else self._first())

        async def send() -> State:
            return await write(state)

        self.sent = asyncio.create_task(send())
        for _ in range(_TURNS):
            await asyncio.sleep(0)


@asynccontextmanager
async def one_behind(first: Callable[[], Awaitable[State]]) -> AsyncIterator[OneBehind[State]]:
    """Writes of a body, the last of which is written when the body is left.

    :param first: what the first of them needs.
    """
    sending = OneBehind(first)
    try:
        yield sending
        if sending.sent is not None:
            await sending.sent
    finally:
        if sending.sent is not None:
            sending.sent.cancel()
            await asyncio.gather(sending.sent, return_exceptions=True)
