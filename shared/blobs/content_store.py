"""The content store: the content of artifacts, stored once for each service and hash, in the state
account.

Content is bytes, and is never decoded or re-encoded.
"""

import asyncio
import base64
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from azure.core.exceptions import AzureError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobClient, BlobServiceClient, ContainerClient

from shared.clock import Clock
from shared.model.artifact import ContentReference
from shared.model.problem import Code, Problem
from shared.storage.blob_wire import BlobWire
from shared.storage.refusals import Said, expecting, said

CONTAINER = "artifacts"
OWNER = "interkeep_installation"
"""Member of the container's metadata: the installation that it belongs to."""

KIND = "interkeep_kind"
"""Member of the metadata of every container that Interkeep creates: its purpose."""

CONTENT_KIND = "content"
_OF_A_BACKUP = "interkeep_operation"
"""Member of the metadata of a backup's container, including containers that have no kind yet."""

_PUT_TRIES = 4
_IN_THREAD_BYTES = 256 * 1024
"""From this size on, hashing is done in a thread: it would keep the event loop from renewing
leases."""

log = logging.getLogger("interkeep.storage")


class ContentStore:
    """Stores the content of artifacts.

    :param installation: returns the id of this installation, which is in the container's metadata.
    """

    def __init__(
        self, account: BlobServiceClient, clock: Clock, installation: Callable[[], Awaitable[str]]
    ) -> None:
        self._account = account
        self._clock = clock
        self._installation = installation
        self._is_own = False

    @property
    def _container(self) -> ContainerClient:
        return self._account.get_container_client(CONTAINER)

    async def put(
        self, service_id: str, data: bytes, content_type: str, md5: bytes | None
    ) -> ContentReference:
        """Store bytes, and return their reference with their MD5. Idempotent.

        Existing bytes are overwritten with the same ones: this changes their ETag, removes a
        collector's mark, moves them out of the archive tier, and repairs damage.

        :param md5: their MD5 as the caller gave it, or None.
        :raises Problem: ContentMd5Mismatch; StorageUnavailable if the container is not the content
            store.
        """
        if len(data) > _IN_THREAD_BYTES:
            digest, sha256 = await asyncio.to_thread(_hashes, data)
        else:
            digest, sha256 = _hashes(data)
        if md5 is not None and md5 != digest:
            raise Problem(
                Code.CONTENT_MD5_MISMATCH,
                f"Content-MD5 says {base64.b64encode(md5).decode()}, the body that arrived has "
                f"{base64.b64encode(digest).decode()}. Send it again.",
                target="Content-MD5",
            )
        await self.prepare()
        kept = base64.b64encode(digest).decode()
        settings = ContentSettings(content_type=content_type, content_md5=bytearray(digest))
        blob = self.blob(service_id, sha256)
        for attempt in range(_PUT_TRIES):
            try:
                await blob.upload_blob(data, overwrite=True, content_settings=settings)
            except AzureError as error:
                # The container was deleted since.
                if said(error) is not Said.GONE or attempt == _PUT_TRIES - 1:
                    raise
                self._is_own = False
                await self.prepare()
                continue
            break
        return ContentReference(sha256=sha256, size=len(data), content_type=content_type, md5=kept)

    async def open(self, service_id: str, content: ContentReference) -> AsyncIterator[bytes]:
        """The bytes of a reference, in chunks.

        :raises Problem: BlobMissing.
        """
        try:
            stream = await self.blob(service_id, content.sha256).download_blob()
        except AzureError as error:
            if said(error) is not Said.GONE:
                raise
            raise Problem(
                Code.BLOB_MISSING,
                f"The content {content.sha256} is not in the content store. Put it again, or "
                "restore a backup that has it.",
                target=content.sha256,
            ) from error
        async for chunk in stream.chunks():
            yield chunk

    def blob(self, service_id: str, sha256: str) -> BlobClient:
        """The blob of a service's content."""
        return self._container.get_blob_client(f"{service_id}/{sha256}")

    async def sizes(self, service_id: str) -> AsyncIterator[tuple[str, int]]:
        """The stored content of a service: hashes and sizes in bytes, in the order of the
        hashes."""
        prefix = f"{service_id}/"
        try:
            async for listed in BlobWire(self._container).listed(prefix):
                yield listed.name.removeprefix(prefix), listed.size
        except AzureError as error:
            if said(error) is not Said.GONE:
                raise

    async def prepare(self) -> None:
        """Create the container if it does not exist; checked once a process.

        A backup with that name, which an earlier version allowed, becomes the content store:
        deleting that backup would otherwise delete all content.

        :raises Problem: StorageUnavailable if it is another installation's backup.
        """
        if self._is_own:
            return
        own = {OWNER: await self._installation(), KIND: CONTENT_KIND}
        with expecting(Said.THERE):
            await self._container.create_container(metadata=own)
        found = (await self._container.get_container_properties()).metadata
        if _OF_A_BACKUP in found or found.get(KIND, CONTENT_KIND) != CONTENT_KIND:
            if found.get(OWNER) != own[OWNER]:
                raise Problem(
                    Code.STORAGE_UNAVAILABLE,
                    f"The container '{CONTAINER}' of the state account is another installation's "
                    "backup, not the content store: no content is put into it. Give the app a "
                    "state account of its own, or copy that backup elsewhere and take its "
                    "container's metadata away.",
                )
            await self._container.set_container_metadata(own)
            log.warning("the container %s, made for a backup, is the content store now", CONTAINER)
        self._is_own = True

    async def drop(self, service_id: str) -> None:
        """Delete all content of a service; does nothing for what is already deleted."""
        with expecting(Said.GONE):
            async for name in self._container.list_blob_names(name_starts_with=f"{service_id}/"):
                with expecting(Said.GONE):
                    await self._container.delete_blob(name)


def _hashes(data: bytes) -> tuple[bytes, str]:
    return hashlib.md5(data, usedforsecurity=False).digest(), hashlib.sha256(data).hexdigest()
