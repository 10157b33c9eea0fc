"""What an earlier attempt of a restore wrote, so that this one continues from there."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class WrittenBefore(Generic[Item]):
    """The existing rows, read in parallel to those that are to be written.

    Both are sorted by the same key. An existing row that is skipped for any reason is written
    again, which changes nothing.

    :param pages: the existing rows, a page at a time; None in the first attempt.
    :param key: the sort key of both.
    """

    def __init__(self, pages: AsyncIterator[list[Item]] | None, key: Callable[[Item], str]) -> None:
        self._pages = pages
        self._key = key
        self._page: list[Item] = []
        self._at = 0

    async def lacking(self, items: Sequence[Item]) -> Sequence[Item]:
        """Those of the next items that are missing, or stored with other values."""
        if self._pages is None:
            return items
        return [item for item in items if not await self._has(item)]

    async def _has(self, item: Item) -> bool:
        key = self._key(item)
        while (there := await self._next()) is not None and self._key(there) < key:
            self._at += 1
        return there == item

    async def _next(self) -> Item | None:
        while self._at == len(self._page):
            page = await anext(self._pages, None) if self._pages is not None else None
            if page is None:
                return None
            self._page, self._at = page, 0
        return self._page[self._at]
