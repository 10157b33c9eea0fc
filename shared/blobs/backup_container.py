"""The container of one backup: created once, filled without overwriting anything, and read."""

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
"""Answers to a write on the condition that the blob does not exist yet."""

NOT_THERE = (Said.GONE, Said.BEING_DELETED)
"""Answers about a container, or a blob in it, that does not exist or is being deleted."""

BACKUP_KIND = "backup"
SCRATCH_KIND = "scratch"
_ROOT_NAMES = 100
"""Most blobs outside folders that are read: a backup has one; a container with more is not one."""


@dataclass(frozen=True)
class Ownership:
    """Who made a container, stored in its metadata; a container is deleted only if this matches."""

    installation: str
    service_id: str
    operation_id: str
    kind: str = BACKUP_KIND

    def metadata(self) -> dict[str, str]:
        """As metadata of the container."""
        return {
            "interkeep_installation": self.installation,
            "interkeep_service": self.service_id,
            "interkeep_operation": self.operation_id,
            KIND: self.kind,
        }

    def is_in(self, metadata: Mapping[str, str]) -> bool:
        """Whether a container's metadata match; older containers have no kind."""
        wanted = self.metadata()
        return all({KIND: self.kind, **metadata}.get(name) == v for name, v in wanted.items())


@dataclass(frozen=True)
class SeenBlob:
    """The properties of a blob."""

    metadata: Mapping[str, str]
    archived: bool
    """Whether it is in the archive tier, or being rehydrated from it."""


_ARCHIVE = "Archive"
_READS = 3
_READ_AGAIN_SECONDS = 0.5


class BackupContainer:
    """One container of a registered account.

    :param name: the name of the container.
    """

    def __init__(self, account: BlobServiceClient, name: str) -> None:
        self.account = account
        self.name = name
        self._client = account.get_container_client(name)
        self._wire = BlobWire(self._client)

    async def exists(self) -> bool:
        """Whether the container exists and is not being deleted."""
        return await self._metadata() is not None

    async def _metadata(self) -> Mapping[str, str] | None:
        with expecting(*NOT_THERE):
            return dict((await self._client.get_container_properties()).metadata)
        return None

    async def create(self, ownership: Ownership) -> None:
        """Create the container; does nothing if the same operation has created it before.

        :raises Problem: BackupNameInUse for a container of something else, which is not changed;
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
        """Delete the container and all in it; does nothing if it is already deleted.

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
        """Write a small blob unless it exists; return whether it was written.

        :param metadata: can be read without the content.
        """
        try:
            await self._wire.put_new(path, data, content_type, metadata=metadata)
        except AzureError as error:
            if said(error) not in ALREADY:
                raise
            return False
        return True

    async def seen(self, path: str) -> SeenBlob | None:
        """The properties of a blob, without its bytes; None if there is no such blob.

        This also works for an archived blob.
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

        :raises Problem: BlobMissing; BlobCorrupt if it is larger than ``most_bytes``.
        """
        with reading(self.name, path):
            stream = await self.blob(path).download_blob()
            if stream.size > most_bytes:
                raise corrupt(path, f"it has {stream.size} bytes, {most_bytes} are the most")
            return bytes(await stream.readall())

    async def chunks(self, path: str, size: int = 0) -> AsyncIterator[bytes]:
        """The bytes of a blob, in chunks.

        :param size: its expected size: if an answer ends before that, the rest is requested.
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
        """A range of a blob; shorter only at its end.

        :raises Problem: BlobMissing.
        """
        return b"".join([some async for some in self._rest(path, offset, offset + length)])

    async def _rest(self, path: str, offset: int, end: int) -> AsyncIterator[bytes]:
        """The rest of a range, if an answer ended before the blob (restic 5467)."""
        for attempt in range(_READS):
            if offset >= end:
                return
            await asyncio.sleep(_READ_AGAIN_SECONDS * (attempt > 0))
            data = await self.range(path, offset, end - offset)
            offset += len(data)
            yield data

    async def etag(self, path: str) -> str:
        """The ETag of a blob: while it is unchanged, so are the bytes.

        :raises Problem: BlobMissing.
        """
        with reading(self.name, path):
            return (await self._wire.head(path))["ETag"]

    async def ranges(
        self, path: str, start: int, end: int, *, etag: str, step: int = MAX_BLOCK_BYTES
    ) -> AsyncIterator[bytes]:
        """The bytes of a blob from one offset to another, or to its end, one request a step.

        :raises Problem: BlobMissing; BlobCorrupt if its ETag has changed.
        """
        for offset in range(start, end, step):
            length = min(step, end - offset)
            data = await self.range(path, offset, length, etag)
            if data:
                yield data
            if len(data) < length:
                return

    async def range(self, path: str, offset: int, length: int, etag: str = "") -> bytes:
        """A range of a blob; shorter at its end, and empty after it.

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
        """The names of the blobs outside folders, but at most the first 100."""
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
        """Delete one blob; does nothing if it is already deleted."""
        with expecting(*NOT_THERE):
            await self.blob(path).delete_blob()


class BlobWriter:
    """Writes a new blob in blocks, as its bytes come; it is not visible before ``commit``."""

    def __init__(self, blob: BlobClient, content_type: str) -> None:
        self._blob = blob
        self._content_type = content_type
        self._blocks: list[BlobBlock] = []
        self._sha256 = hashlib.sha256()
        self.size = 0

    async def append(self, block: bytes) -> None:
        """Upload the next block."""
        await asyncio.to_thread(self._sha256.update, block)
        self.size += len(block)
        block_id = base64.b64encode(f"{len(self._blocks):08}".encode()).decode()
        await self._blob.stage_block(block_id, block)
        self._blocks.append(BlobBlock(block_id=block_id))

    async def commit(self, tail: bytes, md5: bytes = b"") -> str:
        """Upload the rest, commit the blob, and return its sha256.

        :param md5: MD5 of all its bytes, stored with the blob; not stored if empty.
        :raises azure.core.exceptions.AzureError: also if a blob with that name and other bytes
            exists.
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
        """Await a write; meeting its own first delivery, whose answer was lost, is a success."""
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
    """Turn errors of reading a blob in the body into Problems.

    :raises Problem: BlobMissing, BlobArchived; BlobCorrupt if its ETag has changed.
    """
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
    """The problem of a blob that cannot be read in the archive tier."""
    return Problem(
        Code.BLOB_ARCHIVED,
        f"The blob '{path}' of the container '{container}' is in the archive tier, or on its "
        "way out of it: nothing can read it there. Move the container's blobs to the hot or "
        "cool tier, wait until that is done (hours), and try again.",
        target=path,
    )


def name_in_use(name: str) -> Problem:
    """The problem that a backup's name is taken."""
    return Problem(
        Code.BACKUP_NAME_IN_USE,
        f"'{name}' is in use: a backup or a container has that name already, and it was left "
        "untouched. Choose another name.",
        target="/name",
    )


def missing(container: str, path: str) -> Problem:
    """The problem that a blob that the descriptor names does not exist."""
    return Problem(
        Code.BLOB_MISSING,
        f"The blob '{path}' is missing from the container '{container}': the backup is not "
        "whole. Use another backup, or copy the container again.",
        target=path,
    )


def corrupt(path: str, reason: str) -> Problem:
    """The problem that a blob is not as the descriptor says."""
    return Problem(
        Code.BLOB_CORRUPT,
        f"The blob '{path}' is not as it was written: {reason}. Use another backup, or copy the "
        "container again.",
        target=path,
    )
