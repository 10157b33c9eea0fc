"""Running independent checks concurrently, with a deterministic result."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Found = TypeVar("Found")
One = TypeVar("One")
Two = TypeVar("Two")
Three = TypeVar("Three")


async def in_order(*checks: Awaitable[Found]) -> list[Found]:
    """Run checks concurrently; return what they found, in their order.

    If several raise, the error of the first in their order is raised, whichever was quicker; later
    ones are not waited for.
    """
    running = [asyncio.ensure_future(check) for check in checks]
    try:
        return [await check for check in running]
    finally:
        for check in running:
            check.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def two_in_order(one: Awaitable[One], two: Awaitable[Two]) -> tuple[One, Two]:
    """As ``in_order``, for two with different types of results."""
    found = await in_order(one, two)
    return found[0], found[1]  # type: ignore[return-value]


async def three_in_order(
    one: Awaitable[One], two: Awaitable[Two], three: Awaitable[Three]
) -> tuple[One, Two, Three]:
    """As ``in_order``, for three with different types of results."""
    found = await in_order(one, two, three)
    return found[0], found[1], found[2]  # type: ignore[return-value]
