"""Batches on their way while the next ones are made: storage and process need not wait.

Whoever leaves, leaves nothing on its way: a write that comes after its restore has failed would be
one that nobody knows of.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

from shared.operations.failures import cause
from shared.pace import Pace, at_pace

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


async def side_by_side(
    items: Iterable[Item], each: Callable[[Item], Awaitable[None]], pace: Pace
) -> None:
    """Do something with every item, as many at once as the pace allows; it slows down and recovers.

    :raises Exception: the first that one of them raised; no other begins after it.
    """
    under_way: set[asyncio.Task[None]] = set()

    async def one(item: Item) -> None:
        await each(item)
        pace.went_well()

    try:
        with at_pace(pace):
            async with asyncio.TaskGroup() as group:
                for item in items:
                    while len(under_way) >= pace.at_once:
                        await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                    task = group.create_task(one(item))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
    except BaseExceptionGroup as errors:
        raise cause(errors) from errors
