"""Checks side by side: the answer is the same as one after another gave."""

import asyncio

import pytest

from shared.streams.in_order import in_order


async def _after(seconds: float, found: str | Exception) -> str:
    await asyncio.sleep(seconds)
    if isinstance(found, Exception):
        raise found
    return found


async def test_what_was_found_comes_in_the_order_of_the_checks() -> None:
    assert await in_order(_after(0.05, "slow"), _after(0, "quick")) == ["slow", "quick"]


async def test_the_first_refusal_in_order_wins_though_it_is_slower() -> None:
    with pytest.raises(ValueError, match="first"):
        await in_order(
            _after(0, "fine"), _after(0.05, ValueError("first")), _after(0, KeyError("second"))
        )


async def test_a_refusal_does_not_wait_for_what_stands_behind_it() -> None:
    ended: list[str] = []

    async def slow() -> str:
        try:
            return await _after(60, "slow")
        finally:
            ended.append("slow")

    async with asyncio.timeout(5):
        with pytest.raises(ValueError, match="refused"):
            await in_order(_after(0.01, ValueError("refused")), slow())
    assert ended == ["slow"]


async def test_all_run_at_the_same_time() -> None:
    met = asyncio.Barrier(2)
    async with asyncio.timeout(5):
        await in_order(met.wait(), met.wait())
