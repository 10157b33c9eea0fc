"""Writing sections: a stream of gzipped JSON lines, uploaded in blocks of 4 MiB."""

import asyncio
import hashlib
import zlib
from collections.abc import Sequence

from shared.backups.archive.unpacking import GZIP, MEMBER_BYTES
from shared.blobs.backup_container import BackupContainer
from shared.model.descriptor import SectionPart
from shared.storage.clients import MAX_BLOCK_BYTES

_LEVEL = 1
"""Level 1 takes half the CPU time of level 6, and 15 % more bytes for such documents."""


def _member() -> "zlib._Compress":
    return zlib.compressobj(_LEVEL, zlib.DEFLATED, GZIP)


class SectionWriter:
    """Writes one section into a backup's container."""

    def __init__(self, container: BackupContainer, run: str, name: str) -> None:
        self.name = name
        self._path = f"sections/{run}/{name}.jsonl.gz"
        self._blob = container.new_blob(self._path, "application/gzip")
        self._gzip = _member()
        self._member_bytes = 0
        self._lines = hashlib.sha256()
        self._lines_bytes = 0
        self._items = 0
        self._packed = bytearray()

    async def write(self, lines: Sequence[bytes]) -> None:
        """Add lines, each with its line feed."""
        if not lines:
            return
        self._items += len(lines)
        await asyncio.to_thread(self._pack, lines)
        while len(self._packed) >= MAX_BLOCK_BYTES:
            block = bytes(self._packed[:MAX_BLOCK_BYTES])
            del self._packed[:MAX_BLOCK_BYTES]
            await self._blob.append(block)

    def _pack(self, lines: Sequence[bytes]) -> None:
        group: list[bytes] = []
        for line in lines:
            group.append(line)
            self._member_bytes += len(line)
            if self._member_bytes >= MEMBER_BYTES:
                self._compress(b"".join(group))
                self._packed += self._gzip.flush()
                self._gzip, self._member_bytes, group = _member(), 0, []
        if group:
            self._compress(b"".join(group))

    def _compress(self, text: bytes) -> None:
        self._lines.update(text)
        self._lines_bytes += len(text)
        self._packed += self._gzip.compress(text)

    async def close(self) -> SectionPart:
        """Commit the blob, and return its entry for the descriptor."""
        if self._member_bytes or not self._lines_bytes:
            self._packed += self._gzip.flush()
        sha256 = await self._blob.commit(bytes(self._packed))
        return SectionPart(
            name=self.name,
            blob=self._path,
            items=self._items,
            bytes=self._blob.size,
            sha256=sha256,
            lines_bytes=self._lines_bytes,
            lines_sha256=self._lines.hexdigest(),
        )
