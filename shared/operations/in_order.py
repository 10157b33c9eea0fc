"""Checks that need not wait for one another."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Found = TypeVar("Found")


async def in_order(*checks: Coroutine[Any, Any, Found]) -> list[Found]:
    """Run checks side by side; what they found, in their order.

    Where several refuse, the first in their order does, whichever was quicker; those behind it are
    not waited for.
    """
    running = [asyncio.create_task(check) for check in checks]
    try:
        return [await check for check in running]
    finally:
        for check in running:
            check.cancel()
        await asyncio.gather(*running, return_exceptions=True)
