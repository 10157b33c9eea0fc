"""Many things done at the same time, but no more of them than storage takes.

Whoever leaves, leaves nothing on its way: a write that comes after its restore has failed would be
one that nobody knows of.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar

from shared.model.problem import Problem
from shared.storage.fence import Canceled, LeaseLost
from shared.storage.pace import Pace, at_pace

Item = TypeVar("Item")


async def each_of(
    items: AsyncIterable[Item] | Iterable[Item],
    each: Callable[[Item], Awaitable[None]],
    pace: Pace,
) -> None:
    """Do something with every item, as many at once as the pace allows; it slows down and recovers.

    :raises Exception: the first that one of them, or the reading of the items, raised; no other
        begins after it.
    """
    under_way: set[asyncio.Task[None]] = set()

    async def one(item: Item) -> None:
        await each(item)
        pace.went_well()

    try:
        with at_pace(pace):
            async with asyncio.TaskGroup() as group, aclosing(_stream(items)) as stream:
                async for item in stream:
                    while len(under_way) >= pace.at_once:
                        await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                    task = group.create_task(one(item))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
    except BaseExceptionGroup as errors:
        raise cause(errors) from errors


async def _stream(items: AsyncIterable[Item] | Iterable[Item]) -> AsyncGenerator[Item, None]:
    if isinstance(items, AsyncGenerator):
        async with aclosing(items):
            async for item in items:
                yield item
    elif isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def cause(error: BaseException) -> BaseException:
    """What an error comes down to: of a group, the Problem or lost lease in it, else the first."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [cause(inner) for inner in error.exceptions]
    telling = (c for c in causes if isinstance(c, LeaseLost | Problem | Canceled))
    return next(telling, causes[0])
