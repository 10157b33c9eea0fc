"""One page is asked for before it is needed, and no more than one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from shared.streams.read_ahead import first_of, read_ahead, with_first


class _Pages:
    def __init__(self, fails_at: int = -1) -> None:
        self.asked = 0
        self.closed = False
        self._fails_at = fails_at

    async def pages(self) -> AsyncIterator[int]:
        try:
            for number in range(4):
                self.asked += 1
                await asyncio.sleep(0)
                if number == self._fails_at:
                    raise ConnectionError
                yield number
        finally:
            self.closed = True


async def test_all_pages_come_in_their_order_each_asked_for_one_ahead() -> None:
    source = _Pages()
    seen = [(page, source.asked) async for page in read_ahead(source.pages())]
    assert seen == [(0, 2), (1, 3), (2, 4), (3, 4)]


async def test_what_a_page_meets_is_raised_where_the_page_is_due() -> None:
    pages = read_ahead(_Pages(fails_at=2).pages())
    assert [await anext(pages), await anext(pages)] == [0, 1]
    with pytest.raises(ConnectionError):
        await anext(pages)


async def test_nothing_is_under_way_behind_one_that_stops() -> None:
    before = asyncio.all_tasks()
    async with aclosing(read_ahead(_Pages().pages())) as pages:  # type: ignore[type-var]
        assert await anext(pages) == 0
    assert asyncio.all_tasks() == before


async def test_a_first_page_that_was_asked_for_before_comes_first() -> None:
    source = _Pages()
    pages = source.pages()
    first = await first_of(pages)
    assert (first, source.asked) == (0, 1)
    assert [page async for page in with_first(first, pages)] == [0, 1, 2, 3]
    assert await first_of(pages) is None
    assert [page async for page in with_first(None, pages)] == []
