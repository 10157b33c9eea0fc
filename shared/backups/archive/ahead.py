"""Small blobs of a backup, read before they are needed and side by side.

Sections are worked on one after another, in an order that secrets depend on. Their blobs need no
order, and most are small: where storage is far away, asking for one after another takes longer than
all that is done with them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from shared.blobs.backup_container import BackupContainer

SMALL_BYTES = 256 * 1024
"""A larger blob is read when it is its turn, as a stream."""

_MOST_BYTES = 4 * 1024 * 1024
"""Of all blobs together that are held."""


class ContainerAhead(BackupContainer):
    """A container some of whose blobs were asked for already.

    What was read is answered as often as it is asked for, until it is forgotten.
    """

    def __init__(self, container: BackupContainer, sizes: Mapping[str, int]) -> None:
        super().__init__(container.account, container.name)
        self._asked = {
            path: asyncio.create_task(self._whole(path, size))
            for path, size in _held(sizes).items()
        }
        self._begun = list(self._asked.values())

    async def _whole(self, path: str, size: int) -> bytes:
        """The bytes of a blob, and one more where it is larger: who reads it refuses that."""
        found = await super().range(path, 0, size + 1)
        async for more in self._rest(path, len(found), size):
            found += more
        return found

    async def read(self, path: str, most_bytes: int) -> bytes:
        """As that of any container."""
        found = await self._found(path)
        if found is None or len(found) > most_bytes:
            return await super().read(path, most_bytes)
        return found

    async def chunks(self, path: str, size: int = 0) -> AsyncIterator[bytes]:
        """As that of any container."""
        if (found := await self._found(path)) is not None:
            yield found
            return
        async for chunk in super().chunks(path, size):
            yield chunk

    async def span(self, path: str, offset: int, length: int) -> bytes:
        """As that of any container."""
        if (found := await self._found(path)) is not None:
            return found[offset : offset + length]
        return await super().span(path, offset, length)

    async def _found(self, path: str) -> bytes | None:
        """What was read ahead; None for a blob that was not asked for."""
        asked = self._asked.get(path)
        # One reader that is canceled takes nothing from the others.
        return await asyncio.shield(asked) if asked is not None else None

    def forget(self, path: str) -> None:
        """Read a blob from storage the next time: one answer may differ from what is stored."""
        self._asked.pop(path, None)

    async def end(self) -> None:
        """Hold nothing any more."""
        self._asked = {}
        for one in self._begun:
            one.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)


def _held(sizes: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    left = _MOST_BYTES
    for path, size in sizes.items():
        if size <= min(left, SMALL_BYTES):
            found[path] = size
            left -= size
    return found


@asynccontextmanager
async def read_ahead_of(
    container: BackupContainer, sizes: Mapping[str, int]
) -> AsyncIterator[ContainerAhead]:
    """The container in the body, whose small blobs are asked for at once.

    :param sizes: path → size in bytes, in the order in which they are wanted.
    """
    ahead = ContainerAhead(container, sizes)
    try:
        yield ahead
    finally:
        await ahead.end()
