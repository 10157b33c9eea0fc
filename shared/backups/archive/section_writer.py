"""Writing sections: a stream of gzipped JSON lines, uploaded in blocks of 4 MiB.

Sections without records are equal in every byte, and most sections of most services are: all of a
run are one blob.
"""

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


_EMPTY = "empty"
"""The name of the blob of all sections without records; no section has this name."""


class RunSections:
    """The sections of one run of a backup.

    :param run: ``<attempt>-<try>``.
    """

    def __init__(self, container: BackupContainer, run: str) -> None:
        self._container = container
        self._run = run
        self._empty: asyncio.Task[SectionPart] | None = None

    def new(self, name: str) -> "SectionWriter":
        """A writer for a section."""
        path = f"sections/{self._run}/{name}.jsonl.gz"
        return SectionWriter(self, self._container, name, path)

    async def empty(self) -> SectionPart:
        """The entry of a section without records; its blob is written once."""
        if self._empty is None:
            self._empty = asyncio.create_task(self.new(_EMPTY).commit())
        # Whoever waits may be canceled: the others wait for the same write.
        return await asyncio.shield(self._empty)

    async def give_up(self) -> None:
        """Wait until nothing is in progress."""
        if self._empty is not None:
            self._empty.cancel()
            await asyncio.gather(self._empty, return_exceptions=True)


class SectionWriter:
    """Writes one section into a backup's container."""

    def __init__(self, run: RunSections, container: BackupContainer, name: str, path: str) -> None:
        self.name = name
        self._run = run
        self._path = path
        self._blob = container.new_blob(path, "application/gzip")
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

    @property
    def is_empty(self) -> bool:
        """Whether it has no line so far."""
        return self._items == 0

    @property
    def held_bytes(self) -> int:
        """Bytes that wait to be stored."""
        return len(self._packed)

    async def close(self) -> SectionPart:
        """Commit the section, and return its entry for the descriptor."""
        if self._items:
            return await self.commit()
        return (await self._run.empty()).model_copy(update={"name": self.name})

    async def commit(self) -> SectionPart:
        """Commit the blob, whatever is in it."""
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


class Commits:
    """Sections that are being committed, while the next ones are read."""

    def __init__(self) -> None:
        self._all: list[asyncio.Task[SectionPart]] = []
        self._held: dict[asyncio.Task[SectionPart], int] = {}
        """Those in progress, with what each has in memory."""

    async def begin(self, writer: SectionWriter) -> None:
        """Begin to commit a section; waits while much is in memory already.

        :raises Exception: the error of one that was begun before.
        """
        while self._held and sum(self._held.values()) + writer.held_bytes > MAX_BLOCK_BYTES:
            done, _ = await asyncio.wait(self._held, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        task = asyncio.create_task(writer.close())
        self._all.append(task)
        self._held[task] = writer.held_bytes
        task.add_done_callback(lambda one: self._held.pop(one, None))

    async def ended(self) -> list[SectionPart]:
        """Wait for all, and return their entries for the descriptor, in their order.

        :raises Exception: the error of the first that failed.
        """
        return [await task for task in self._all]

    async def give_up(self) -> None:
        """Cancel what is in progress, and wait until it is not any more."""
        for task in self._all:
            task.cancel()
        await asyncio.gather(*self._all, return_exceptions=True)
