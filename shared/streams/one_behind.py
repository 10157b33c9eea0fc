"""Sending a write while the next one is prepared, so that storage and process do not wait for each
other.

When this returns or raises, nothing is in progress any more: a write that arrives after its restore
has failed would be unaccounted for.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

Item = TypeVar("Item")
State = TypeVar("State")

_TURNS = 3
"""Turns of the event loop that a request needs to be sent."""


class OneBehind(Generic[State]):
    """Writes that each need the result of the one before: at most one is in progress."""

    def __init__(self, first: Callable[[], Awaitable[State]]) -> None:
        self._first = first
        self.sent: asyncio.Task[State] | None = None

    async def after(self, write: Callable[[State], Awaitable[State]]) -> None:
        """Send a write as soon as the one before it is done.

        :raises Exception: the error of the one before it.
        """
        state = await (self.sent if self.sent is not None else self._first())

        async def send() -> State:
            return await write(state)

        self.sent = asyncio.create_task(send())
        for _ in range(_TURNS):
            await asyncio.sleep(0)


@asynccontextmanager
async def one_behind(first: Callable[[], Awaitable[State]]) -> AsyncIterator[OneBehind[State]]:
    """The writes of a body; the last one is done when the body is left.

    :param first: returns what the first write needs.
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
