"""The container of one backup: made once, filled without writing over anything, read again."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.storage.blob import BlobBlock, ContentSettings
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.blobs.content_store import CONTAINER, KIND
from shared.model.problem import Code, Problem
from shared.storage.blob_wire import BlobWire, ListedBlob
from shared.storage.clients import MAX_BLOCK_BYTES
from shared.storage.refusals import Said, expecting, said

ALREADY = (Said.THERE, Said.CHANGED)
"""What a write is answered whose one condition is that there is no such blob yet."""

NOT_THERE = (Said.GONE, Said.BEING_DELETED)
"""What is answered of a container, and of what is in it, that is gone or going."""

BACKUP_KIND = "backup"
SCRATCH_KIND = "scratch"
_ROOT_NAMES = 100
"""A backup has one blob that is in no folder; a container with very many is somebody else's."""


@dataclass(frozen=True)
class Ownership:
    """Who made a container, in its metadata; deleting one needs it to agree."""

    installation: str
    service_id: str
    operation_id: str
    kind: str = BACKUP_KIND

    def metadata(self) -> dict[str, str]:
        """As the container carries it."""
        return {
            "interkeep_installation": self.installation,
            "interkeep_service": self.service_id,
            "interkeep_operation": self.operation_id,
            KIND: self.kind,
        }

    def is_in(self, metadata: Mapping[str, str]) -> bool:
        """Whether a container carries it; those that are older than kinds say none."""
        wanted = self.metadata()
        return all({KIND: self.kind, **metadata}.get(name) == v for name, v in wanted.items())


@dataclass(frozen=True)
class SeenBlob:
    """A blob as a look at it shows it."""

    metadata: Mapping[str, str]
    archived: bool
    """Whether it is in the archive tier, or on its way out of it."""


_ARCHIVE = "Archive"
_READS = 3
_READ_AGAIN_SECONDS = 0.5


class BackupContainer:
    """One container of a registered account.

    :param name: the backup's name is the container's.
    """

    def __init__(self, account: BlobServiceClient, name: str) -> None:
        self.account = account
        self.name = name
        self._client = account.get_container_client(name)
        self._wire = BlobWire(self._client)

    async def exists(self) -> bool:
        """Whether there is a container of that name, and it is not being deleted."""
        return await self._metadata() is not None

    async def _metadata(self) -> Mapping[str, str] | None:
        with expecting(*NOT_THERE):
            return dict((await self._client.get_container_properties()).metadata)
        return None

    async def create(self, ownership: Ownership) -> None:
        """Make the container; one that the same operation made is taken up again.

        :raises Problem: BackupNameInUse for somebody else's, which is left untouched;
            BackupNameUnavailable for one that is being deleted.
        """
        try:
            await self._client.create_container(metadata=ownership.metadata())
        except AzureError as error:
            match said(error):
                case Said.BEING_DELETED:
                    raise Problem(
                        Code.BACKUP_NAME_UNAVAILABLE,
                        f"The container '{self.name}' is being deleted. Try again in a minute, or "
                        "choose another name.",
                        target="/name",
                        retry_after_seconds=60,
                    ) from error
                case Said.THERE:
                    if not await self.is_made_by(ownership):
                        raise name_in_use(self.name) from error
                case _:
                    raise

    async def is_made_by(self, ownership: Ownership) -> bool:
        """Whether the container exists and carries this ownership."""
        found = await self._metadata()
        return found is not None and ownership.is_in(found)

    async def delete(self) -> None:
        """Remove the container and all in it; does nothing where it is gone already.

        :raises Problem: BackupInUse for the content store, whatever its metadata says.
        """
        if self.name == CONTAINER:
            raise Problem(
                Code.BACKUP_IN_USE,
                f"The container '{CONTAINER}' holds the content of living services, whatever was "
                "backed up into it. It is never deleted.",
                target=CONTAINER,
            )
        with expecting(*NOT_THERE):
            await self._client.delete_container()

    def blob(self, path: str) -> BlobClient:
        """A blob of the container."""
        return self._client.get_blob_client(path)

    def new_blob(self, path: str, content_type: str) -> "BlobWriter":
        """A writer for a blob that does not exist."""
        return BlobWriter(self.blob(path), content_type)

    async def put_once(
        self,
        path: str,
        data: bytes,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> bool:
        """Write a small blob unless there is one; whether it was written.

        :param metadata: what it says of itself to whoever does not read it.
        """
        try:
            await self._wire.put_new(path, data, content_type, metadata=metadata)
        except AzureError as error:
            if said(error) not in ALREADY:
                raise
            return False
        return True

    async def seen(self, path: str) -> SeenBlob | None:
        """What a blob says of itself, without its bytes; None where there is no such blob.

        An archived blob says it too.
        """
        with expecting(*NOT_THERE):
            headers = await self._wire.head(path)
            begin = "x-ms-meta-"
            metadata = {
                name.lower().removeprefix(begin): value
                for name, value in headers.items()
                if name.lower().startswith(begin)
            }
            tier, status = headers.get("x-ms-access-tier"), headers.get("x-ms-archive-status")
            return SeenBlob(metadata, tier == _ARCHIVE or bool(status))
        return None

    async def read(self, path: str, most_bytes: int) -> bytes:
        """A whole small blob.

        :raises Problem: BlobMissing; BlobCorrupt where it is larger than ``most_bytes``.
        """
        with reading(self.name, path):
            stream = await self.blob(path).download_blob()
            if stream.size > most_bytes:
                raise corrupt(path, f"it has {stream.size} bytes, {most_bytes} are the most")
            return bytes(await stream.readall())

    async def chunks(self, path: str, size: int = 0) -> AsyncIterator[bytes]:
        """The bytes of a blob, in chunks.

        :param size: bytes that it should have: where an answer ends before, the rest is asked for.
        :raises Problem: BlobMissing.
        """
        offset = 0
        with reading(self.name, path):
            first = await self._wire.part(path, 0, MAX_BLOCK_BYTES)
        async for chunk in self._wire.chunks(path, first):
            offset += len(chunk)
            yield chunk
        async for chunk in self._rest(path, offset, size):
            yield chunk

    async def span(self, path: str, offset: int, length: int) -> bytes:
        """So many bytes of a blob, fewer only where it has no more.

        :raises Problem: BlobMissing.
        """
        return b"".join([some async for some in self._rest(path, offset, offset + length)])

    async def _rest(self, path: str, offset: int, end: int) -> AsyncIterator[bytes]:
        """restic 5467: that an answer ends early does not say that the blob does."""
        for attempt in range(_READS):
            if offset >= end:
                return
            await asyncio.sleep(_READ_AGAIN_SECONDS * (attempt > 0))
            data = await self.range(path, offset, end - offset)
            offset += len(data)
            yield data

    async def etag(self, path: str) -> str:
        """The version of a blob: as long as it stays the same, so do the bytes.

        :raises Problem: BlobMissing.
        """
        with reading(self.name, path):
            return (await self._wire.head(path))["ETag"]

    async def ranges(
        self, path: str, start: int, end: int, *, etag: str, step: int = MAX_BLOCK_BYTES
    ) -> AsyncIterator[bytes]:
        """The bytes of a blob from one offset to another, or to its end, a request a step.

        :raises Problem: BlobMissing; BlobCorrupt where it has not this ETag any more.
        """
        for offset in range(start, end, step):
            length = min(step, end - offset)
            data = await self.range(path, offset, length, etag)
            if data:
                yield data
            if len(data) < length:
                return

    async def range(self, path: str, offset: int, length: int, etag: str = "") -> bytes:
        """So many bytes of a blob, fewer at its end, none behind it.

        :param etag: empty for any version of the blob.
        :raises Problem: as ``ranges``.
        """
        with reading(self.name, path):
            return (await self._wire.part(path, offset, length, etag)).data

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """The names of the container's blobs."""
        async for name in self._client.list_blob_names(name_starts_with=prefix):
            yield name

    async def root_names(self) -> list[str]:
        """The names of the blobs that are in no folder, the first 100 alone."""
        listed = self._client.walk_blobs(delimiter="/", results_per_page=_ROOT_NAMES).by_page()
        try:
            page = await anext(listed, None)
            names = [] if page is None else [str(item.name) async for item in page]
        except AzureError as error:
            if said(error) not in NOT_THERE:
                raise
            return []
        return [name for name in names if not name.endswith("/")]

    def listed(self, prefix: str = "") -> AsyncIterator[ListedBlob]:
        """The blobs under a prefix, in the order of their names, 1,000 a call."""
        return self._wire.listed(prefix)

    async def remove(self, path: str) -> None:
        """Remove one blob; does nothing where it is gone already."""
        with expecting(*NOT_THERE):
            await self.blob(path).delete_blob()


class BlobWriter:
    """Writes a new blob in blocks, as its bytes come; nothing shows before ``commit``."""

    def __init__(self, blob: BlobClient, content_type: str) -> None:
        self._blob = blob
        self._content_type = content_type
        self._blocks: list[BlobBlock] = []
        self._sha256 = hashlib.sha256()
        self.size = 0

    async def append(self, block: bytes) -> None:
        """Send the next block."""
        await asyncio.to_thread(self._sha256.update, block)
        self.size += len(block)
        block_id = base64.b64encode(f"{len(self._blocks):08}".encode()).decode()
        await self._blob.stage_block(block_id, block)
        self._blocks.append(BlobBlock(block_id=block_id))

    async def commit(self, tail: bytes, md5: bytes = b"") -> str:
        """Send what is left and make the blob; its sha256.

        :param md5: kept with the blob, of all its bytes; none where it is empty.
        :raises azure.core.exceptions.AzureError: also where there is one of that name with other
            bytes.
        """
        settings = ContentSettings(
            content_type=self._content_type, content_md5=bytearray(md5) if md5 else None
        )
        if not self._blocks:
            self._sha256.update(tail)
            self.size += len(tail)
            await self._once(
                self._blob.upload_blob(tail, overwrite=False, content_settings=settings)
            )
            return self._sha256.hexdigest()
        if tail:
            await self.append(tail)
        await self._once(
            self._blob.commit_block_list(
                self._blocks, content_settings=settings, match_condition=MatchConditions.IfMissing
            )
        )
        return self._sha256.hexdigest()

    async def _once(self, writing: Awaitable[object]) -> None:
        """A write that meets its own first delivery, whose answer was lost, has succeeded."""
        try:
            await writing
        except AzureError as error:
            if said(error) not in ALREADY:
                raise
            there = hashlib.sha256()
            stream = await self._blob.download_blob()
            async for chunk in stream.chunks():
                there.update(chunk)
            if there.digest() != self._sha256.digest():
                raise


@contextmanager
def reading(container: str, path: str) -> Iterator[None]:
    """:raises Problem: BlobMissing, BlobArchived; BlobCorrupt where it has another ETag by now."""
    try:
        yield
    except AzureError as error:
        match said(error):
            case Said.GONE | Said.BEING_DELETED:
                raise missing(container, path) from error
            case Said.CHANGED:
                raise corrupt(path, "it was changed while it was read") from error
            case Said.OFFLINE:
                raise archived(container, path) from error
        raise


def archived(container: str, path: str) -> Problem:
    """A blob that nothing can read where it is now."""
    return Problem(
        Code.BLOB_ARCHIVED,
        f"The blob '{path}' of the container '{container}' is in the archive tier, or on its "
        "way out of it: nothing can read it there. Move the container's blobs to the hot or "
        "cool tier, wait until that is done (hours), and try again.",
        target=path,
    )


def name_in_use(name: str) -> Problem:
    """A backup's name is taken."""
    return Problem(
        Code.BACKUP_NAME_IN_USE,
        f"'{name}' is in use: a backup or a container has that name already, and it was left "
        "untouched. Choose another name.",
        target="/name",
    )


def missing(container: str, path: str) -> Problem:
    """A blob that the descriptor names is not there."""
    return Problem(
        Code.BLOB_MISSING,
        f"The blob '{path}' is missing from the container '{container}': the backup is not "
        "whole. Use another backup, or copy the container again.",
        target=path,
    )


def corrupt(path: str, reason: str) -> Problem:
    """A blob is not as the descriptor says."""
    return Problem(
        Code.BLOB_CORRUPT,
        f"The blob '{path}' is not as it was written: {reason}. Use another backup, or copy the "
        "container again.",
        target=path,
    )
