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

    async def _whole(self, path: str, size: int) -> bytes:
        """The bytes of a blob, and some more where it is larger: who reads it refuses that."""
        found = bytearray()
        async for chunk in super().chunks(path, size):
            found += chunk
            if len(found) > size:
                break
        return bytes(found)

    async def read(self, path: str, most_bytes: int) -> bytes:
        """As that of any container."""
        asked = self._asked.get(path)
        if asked is None or len(await asked) > most_bytes:
            return await super().read(path, most_bytes)
        return await asked

    async def chunks(self, path: str, size: int = 0) -> AsyncIterator[bytes]:
        """As that of any container."""
        if (asked := self._asked.get(path)) is not None:
            yield await asked
            return
        async for chunk in super().chunks(path, size):
            yield chunk

    async def span(self, path: str, offset: int, length: int) -> bytes:
        """As that of any container."""
        if (asked := self._asked.get(path)) is not None:
            return (await asked)[offset : offset + length]
        return await super().span(path, offset, length)

    def forget(self, path: str) -> None:
        """Read a blob from storage the next time: one answer may differ from what is stored."""
        if (asked := self._asked.pop(path, None)) is not None:
            asked.cancel()

    async def end(self) -> None:
        """Hold nothing any more."""
        asked = list(self._asked.values())
        self._asked = {}
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


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
