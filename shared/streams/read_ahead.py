"""Reading the next page while this one is processed, so that storage and process do not wait for
each other."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

Item = TypeVar("Item")

_TURNS = 3
"""Turns of the event loop that the request for the next page needs to be sent."""


async def first_of(pages: AsyncIterator[Item]) -> Item | None:
    """The first page, None if there is none: to be asked for beside something else."""
    return await anext(pages, None)


async def with_first(first: Item | None, others: AsyncIterator[Item]) -> AsyncIterator[Item]:
    """All pages, of which the first was asked for before."""
    if first is None:
        return
    yield first
    async for page in others:
        yield page


async def read_ahead(pages: AsyncIterator[Item]) -> AsyncIterator[Item]:
    """The same pages, each requested before it is needed."""

    async def following() -> Item | None:
        return await anext(pages, None)

    asked = asyncio.create_task(following())
    try:
        while (page := await asked) is not None:
            asked = asyncio.create_task(following())
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            yield page
    finally:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
