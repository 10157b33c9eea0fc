"""Two streams that are sorted by the same key, as one; neither is held in memory completely."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")

_PAIRS_AT_ONCE = 500


async def merged(
    left: AsyncIterator[list[Left]],
    right: AsyncIterator[list[Right]],
    left_key: Callable[[Left], str],
    right_key: Callable[[Right], str],
) -> AsyncIterator[list[tuple[Left | None, Right | None]]]:
    """Every item of both in the order of their keys; items with the same key come as one pair."""
    lefts, rights = _items(left), _items(right)
    one, other = await anext(lefts, None), await anext(rights, None)
    pairs: list[tuple[Left | None, Right | None]] = []
    while one is not None or other is not None:
        order = _order(one, other, left_key, right_key)
        pairs.append((one if order <= 0 else None, other if order >= 0 else None))
        if len(pairs) == _PAIRS_AT_ONCE:
            yield pairs
            pairs = []
        if order <= 0:
            one = await anext(lefts, None)
        if order >= 0:
            other = await anext(rights, None)
    if pairs:
        yield pairs


async def joined(
    left: AsyncIterator[list[Left]],
    right: AsyncIterator[list[Right]],
    left_key: Callable[[Left], str],
    right_key: Callable[[Right], str],
) -> AsyncIterator[list[tuple[Left, Right | None]]]:
    """Each item of the left with the item of the right that has the same key, a page at a time.

    Both are sorted by their keys; items that only the right has are skipped. Neither is held in
    memory completely.
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


def _order(
    one: Left | None,
    other: Right | None,
    left_key: Callable[[Left], str],
    right_key: Callable[[Right], str],
) -> int:
    """Below 0 if the left one comes first, above 0 if the right one does."""
    if one is None:
        return 1
    if other is None:
        return -1
    left, right = left_key(one), right_key(other)
    return (left > right) - (left < right)


async def _items(pages: AsyncIterator[list[Left]]) -> AsyncIterator[Left]:
    async for page in pages:
        for item in page:
            yield item
