"""Two streams in the order of the same key, side by side."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")


async def joined(
    left: AsyncIterator[list[Left]],
    right: AsyncIterator[list[Right]],
    left_key: Callable[[Left], str],
    right_key: Callable[[Right], str],
) -> AsyncIterator[list[tuple[Left, Right | None]]]:
    """Each item of the left with the one of the right that has its key, a page at a time.

    Both are sorted by their keys; what only the right has is passed over. Neither is held whole.
    """
    others = _items(right)
    other = await anext(others, None)
    async for page in left:
        pairs: list[tuple[Left, Right | None]] = []
        for item in page:
            key = left_key(item)
            while other is not None and right_key(other) < key:
                other = await anext(others, None)
            same = other is not None and right_key(other) == key
            pairs.append((item, other if same else None))
        yield pairs


async def _items(pages: AsyncIterator[list[Right]]) -> AsyncIterator[Right]:
    async for page in pages:
        for item in page:
            yield item
