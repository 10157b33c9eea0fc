"""Doing many things concurrently, but no more of them than storage accepts.

When this returns or raises, nothing is in progress any more: a write that arrives after its restore
has failed would be unaccounted for.
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
    """Process every item, as many concurrently as the pace allows, which slows down and recovers.

    :raises Exception: the first error of an item, or of reading the items; no other item begins
        after it.
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
    """The decisive error: of a group, the Problem or lost lease in it, otherwise the first."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    causes = [cause(inner) for inner in error.exceptions]
    telling = (c for c in causes if isinstance(c, LeaseLost | Problem | Canceled))
    return next(telling, causes[0])
