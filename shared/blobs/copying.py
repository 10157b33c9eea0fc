"""Copying content between containers and accounts, by the service where it can.

Copy Blob From URL with x-ms-requires-sync copies the bytes inside the service (up to 256 MiB a
blob), so that none of them passes through the function. If the service refuses, they are streamed.

The service can only compare an MD5. It is given the MD5 that the bytes had when they were stored,
which is kept with the reference: the one in the blob's own properties could have been changed
together with the blob.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.storage.blob.aio import BlobClient, BlobServiceClient

from shared.blobs.backup_container import ALREADY, NOT_THERE, BlobWriter, corrupt, reading
from shared.blobs.signed_reads import SignedReads
from shared.clock import Clock
from shared.model.problem import Problem
from shared.storage.blob_wire import BlobWire, Part
from shared.storage.clients import MAX_BLOCK_BYTES
from shared.storage.pace import Pace
from shared.storage.refusals import Said, code_of, expecting, is_of_one_source, said
from shared.streams.bounded import each_of

SIDE_BY_SIDE = 16
"""Copies in progress at once; a streamed copy takes one block of memory."""

_SOURCE_MD5 = "x-ms-source-content-md5"
_MD5_OF_NOTHING = "1B2M2Y8AsgTpgAmY7PhCfg=="
_AWAY = frozenset({"ServerBusy", "OperationTimedOut"})


class Copier:
    """Copies content from one account to another.

    :param source: the account from which the bytes are copied.
    :param by_service: whether to let the storage service copy. Bytes that must be checked, those of
        a backup that others could have written to, are streamed through this process and hashed.
    :param signed: signs the addresses from which the service reads.
    """

    def __init__(
        self,
        source: BlobServiceClient,
        clock: Clock,
        *,
        by_service: bool = True,
        signed: SignedReads | None = None,
    ) -> None:
        self._source = source
        self._signed = signed or SignedReads(clock)
        self._by_service = by_service

    async def copy(self, source: BlobClient, target: BlobClient, md5: str = "") -> str:
        """Copy one blob whose name is its hash, unless the target exists; return the MD5 of its
        bytes.

        :param md5: the MD5 of the bytes when they were stored, in base64. If it is unknown, the
            bytes are streamed; so are empty blobs, which the service refuses as a source.
        :raises Problem: BlobMissing, BlobArchived or BlobCorrupt of the source.
        :raises azure.core.exceptions.AzureError: any other error.
        """
        asks = self._by_service and md5 not in ("", _MD5_OF_NOTHING)
        if asks and await self._ask_service(source, target, md5):
            return md5
        return await self._stream(source, target)

    async def _ask_service(self, source: BlobClient, target: BlobClient, md5: str) -> bool:
        """Let the service copy; return whether it did, or the target exists. Other errors are found
        again, and reported, by streaming."""
        url = await self._signed.url(source, self._source)
        try:
            await target.start_copy_from_url(
                url,
                requires_sync=True,
                match_condition=MatchConditions.IfMissing,
                headers={_SOURCE_MD5: md5},
            )
        except AzureError as error:
            match said(error):
                case Said.THERE | Said.CHANGED:
                    return True
                case Said.SILENT:
                    raise
                case Said.BUSY if code_of(error) in _AWAY:
                    raise
            # A source that is missing, or was changed, says nothing about other sources.
            if not is_of_one_source(error):
                self._by_service = False
                self._signed.forget(self._source)
            return False
        return True

    async def _stream(self, source: BlobClient, target: BlobClient) -> str:
        """Stream and hash the bytes; the target is not created if the hash differs.

        :raises Problem: BlobCorrupt, before the last block is sent.
        """
        wire, path = BlobWire(source), str(source.blob_name)
        with reading(str(source.container_name), path):
            first = await wire.part("", 0, MAX_BLOCK_BYTES)
            if not first.size:
                # A range of an empty blob is refused, in an answer without the blob's type.
                first = replace(first, content_type=(await wire.head(""))["Content-Type"])
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        writer = BlobWriter(target, first.content_type)
        part, offset = first, 0
        while True:
            await asyncio.to_thread(_update, sha256, md5, part.data)
            offset += len(part.data)
            if offset >= first.size or not part.data:
                break
            await writer.append(part.data)
            with reading(str(source.container_name), path):
                part = await wire.part("", offset, MAX_BLOCK_BYTES)
        if sha256.hexdigest() != path.rpartition("/")[2]:
            raise corrupt(path, "its bytes do not have the hash that is its name")
        await self._put(writer, target, part, md5.digest(), whole=offset == len(part.data))
        return base64.b64encode(md5.digest()).decode()

    async def _put(
        self, writer: BlobWriter, target: BlobClient, last: Part, md5: bytes, *, whole: bool
    ) -> None:
        try:
            if whole:
                wire = BlobWire(target)
                await wire.put_new("", last.data, last.content_type, md5=md5)
            else:
                await writer.commit(last.data, md5)
        except AzureError as error:
            if said(error) in ALREADY:
                return
            # A policy may forbid overwriting it before the condition is checked.
            size = writer.size + len(last.data) * whole
            if said(error) is not Said.REFUSED or not await _is_there(target, size):
                raise


async def _is_there(target: BlobClient, size: int) -> bool:
    with expecting(*NOT_THERE):
        return int((await BlobWire(target).head(""))["Content-Length"]) == size
    return False


def _update(sha256: "hashlib._Hash", md5: "hashlib._Hash", data: bytes) -> None:
    sha256.update(data)
    md5.update(data)


async def copy_all(
    copier: Copier,
    wanted: AsyncIterator[tuple[BlobClient, BlobClient, str]],
    done: Callable[[BlobClient, str], None],
    failed: Callable[[BlobClient, Problem], None] | None = None,
) -> None:
    """Copy many blobs, a bounded number concurrently.

    :param wanted: source, target, and the MD5 that the bytes had when they were stored.
    :param done: called after each copy, with its target and the MD5 of its bytes.
    :param failed: called with a target whose source is missing, archived or corrupt; the others
        continue. Without it, this is raised like any other failure.
    :raises Exception: the first error; no new copy begins after it.
    """

    async def one(copy: tuple[BlobClient, BlobClient, str]) -> None:
        source, target, md5 = copy
        try:
            done(target, await copier.copy(source, target, md5))
        except Problem as problem:
            if failed is None:
                raise
            failed(target, problem)

    await each_of(wanted, one, Pace(SIDE_BY_SIDE))
