"""The next page is on its way while this one is worked on: storage and process need not wait."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

Item = TypeVar("Item")

_TURNS = 3
"""Of the event loop, in which the request for the next page gets onto its way."""


async def read_ahead(pages: AsyncIterator[Item]) -> AsyncIterator[Item]:
    """The same pages, one asked for before it is needed."""

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
