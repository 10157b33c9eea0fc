"""What is done to many items at the same time: how many, and what happens when one fails."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from shared.model.problem import Code, Problem
from shared.storage.fence import LeaseLost
from shared.storage.pace import Pace, storage_is_busy
from shared.streams.bounded import each_of


class Counted:
    """Counts how many are under way."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.done: list[int] = []

    async def each(self, item: int) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(3):
            await asyncio.sleep(0)
        self.now -= 1
        self.done.append(item)


async def test_as_many_at_once_as_the_pace_says() -> None:
    counted = Counted()
    await each_of(range(20), counted.each, Pace(4))
    assert (counted.most, sorted(counted.done)) == (4, list(range(20)))


async def test_items_are_read_no_further_than_they_are_worked_on() -> None:
    counted, read = Counted(), 0

    async def items() -> AsyncIterator[int]:
        nonlocal read
        for item in range(50):
            read += 1
            assert read - len(counted.done) <= 4
            yield item

    await each_of(items(), counted.each, Pace(3))
    assert len(counted.done) == 50


async def test_fewer_at_once_where_storage_is_busy() -> None:
    pace, at_once = Pace(8), []

    async def each(item: int) -> None:
        if item == 0:
            storage_is_busy()
        await asyncio.sleep(0)
        at_once.append(pace.at_once)

    await each_of(range(6), each, pace)
    assert max(at_once) == 4


async def test_nothing_begins_after_the_first_failure() -> None:
    begun: list[int] = []

    async def each(item: int) -> None:
        begun.append(item)
        await asyncio.sleep(0)
        if item == 1:
            raise Problem(Code.BLOB_MISSING, "it is gone")

    with pytest.raises(Problem, match="it is gone"):
        await each_of(range(100), each, Pace(2))
    assert len(begun) <= 4


async def test_the_telling_one_of_several_failures_is_raised() -> None:
    async def each(item: int) -> None:
        await asyncio.sleep(0)
        raise LeaseLost if item else ValueError("an answer that was cut off")

    with pytest.raises(LeaseLost):
        await each_of(range(2), each, Pace(2))
