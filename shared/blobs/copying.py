"""Copying blobs between containers and accounts, by the service where it can.

Copy Blob From URL with x-ms-requires-sync moves the bytes inside the service (up to 256 MiB a
blob), so that none of them passes through the function. Where the service refuses, they stream.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.blobs.backup_container import corrupt, missing
from shared.blobs.blob_wire import BlobWire
from shared.blobs.content_store import read_url
from shared.clock import Clock
from shared.model.problem import Problem
from shared.storage import MAX_BLOCK_BYTES

SIDE_BY_SIDE = 16
"""How many copies are under way at once; the memory of a copy that streams is one block."""

_REFUSED = frozenset(
    {"CannotVerifyCopySource", "PendingCopyOperation", "AuthorizationFailure", "NotImplemented"}
)


_SOURCE_MD5 = "x-ms-source-content-md5"
_BAD_REQUEST = 400
"""What the service answers where the source has not that MD5: streaming tells what is wrong."""

_OF_ONE_SOURCE = frozenset({_BAD_REQUEST, 404})


class Copier:
    """Copies blobs from one account to another.

    :param source: the account that the bytes come from.
    :param by_service: whether to ask the storage service for it. What must be checked on its way,
        a backup that others could write to, streams through this process and its hash.
    """

    def __init__(self, source: BlobServiceClient, clock: Clock, *, by_service: bool = True) -> None:
        self._source = source
        self._clock = clock
        self._by_service = by_service
        self._md5s: dict[str, dict[str, str]] = {}
        self._listing = asyncio.Lock()

    async def copy(self, source: BlobClient, target: BlobClient) -> None:
        """Copy one blob; one that is there already is as good (its name is its hash).

        :raises azure.core.exceptions.ResourceNotFoundError: where the source is gone.
        """
        try:
            if self._by_service:
                await self._ask_service(source, target)
            else:
                await self._stream(source, target)
        except ResourceExistsError as error:
            if _code(error) in _REFUSED:
                await self._stream_new(source, target)
        except HttpResponseError as error:
            if not _is_refusal(error):
                raise
            # A source that is not there, or not as it was put, says nothing of the others.
            self._by_service = self._by_service and error.status_code in _OF_ONE_SOURCE
            await self._stream_new(source, target)

    async def _ask_service(self, source: BlobClient, target: BlobClient) -> None:
        url = await read_url(source, self._source, self._clock)
        md5 = await self._md5(source)
        headers = {_SOURCE_MD5: md5} if md5 else {}
        await target.start_copy_from_url(
            url, requires_sync=True, match_condition=MatchConditions.IfMissing, headers=headers
        )

    async def _md5(self, source: BlobClient) -> str:
        """What the bytes were when they were put: the service compares it with what it reads.

        One list for all of a folder, 1,000 blobs a call; in base64, empty where it is not known.
        """
        folder, _, name = source.blob_name.rpartition("/")
        async with self._listing:
            if folder not in self._md5s:
                container = self._source.get_container_client(source.container_name)
                self._md5s[folder] = {
                    blob.name.rpartition("/")[2]: blob.md5
                    async for blob in BlobWire(container).listed(f"{folder}/")
                }
        return self._md5s[folder].get(name, "")

    async def _stream_new(self, source: BlobClient, target: BlobClient) -> None:
        try:
            await self._stream(source, target)
        except ResourceExistsError:
            return

    async def _stream(self, source: BlobClient, target: BlobClient) -> None:
        wire = BlobWire(source)
        first = await wire.part("", 0, MAX_BLOCK_BYTES)
        chunks = _checked(wire.chunks("", first), source.blob_name)
        if first.size <= MAX_BLOCK_BYTES:
            data = b"".join([chunk async for chunk in chunks])
            await BlobWire(target).put_new("", data, first.content_type)
            return
        await target.upload_blob(
            chunks,
            length=first.size,
            overwrite=False,
            content_settings=ContentSettings(content_type=first.content_type),
        )


async def _checked(chunks: AsyncIterator[bytes], path: str) -> AsyncIterator[bytes]:
    """The bytes of content, hashed on their way; nothing is made of those that are not its own.

    :raises Problem: BlobCorrupt, before the last block goes out.
    """
    sha256 = hashlib.sha256()
    held = b""
    async for chunk in chunks:
        if held:
            yield held
        await asyncio.to_thread(sha256.update, chunk)
        held = chunk
    if sha256.hexdigest() != path.rpartition("/")[2]:
        raise corrupt(path, "its bytes do not have the hash that is its name")
    yield held


async def copy_all(
    copier: Copier,
    pairs: AsyncIterator[tuple[BlobClient, BlobClient]],
    done: Callable[[], None],
    failed: Callable[[BlobClient, Problem], None] | None = None,
) -> None:
    """Copy many blobs, a bounded number side by side.

    :param done: called after each.
    :param failed: told of a target whose source is missing or corrupt; the others go on. Without
        it that is raised like any other failure.
    :raises ExceptionGroup: of what failed; no new copy begins after the first failure.
    """
    slots = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(source: BlobClient, target: BlobClient) -> None:
        try:
            await copier.copy(source, target)
            done()
        except ResourceNotFoundError:
            if failed is None or await source.exists():
                raise
            failed(target, missing(str(source.container_name), str(source.blob_name)))
        except Problem as problem:
            if failed is None:
                raise
            failed(target, problem)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        async for source, target in pairs:
            await slots.acquire()
            group.create_task(one(source, target))


def _code(error: HttpResponseError) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _is_refusal(error: HttpResponseError) -> bool:
    return error.status_code in (_BAD_REQUEST, 403, 500, 501) or _code(error) in _REFUSED
