"""The blob service's REST protocol for the contents of blobs, the requests that are made most
often.

The SDK makes a client of each blob, some forty models of the headers of each answer and three
layers of streams of its bytes, which together cost several times the transfer itself. This module
uses the pipeline of the SDK's own client, which signs and sends:
https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

import base64
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, unquote
from xml.etree import ElementTree  # nosec B405

from azure.core import AsyncPipelineClient
from azure.core.exceptions import AzureError
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.storage.blob.aio import BlobClient, ContainerClient

from shared.storage.clients import MAX_BLOCK_BYTES
from shared.storage.refusals import CutOff, is_behind_the_end, is_refused, refusal
from shared.storage.retrying import UNDERSTAND

_ARCHIVED = re.compile("Archive|rehydrate-[a-z-]+")
_LISTED = 1000
"""Blobs in a page of a list, half a mebibyte of text; the service's own limit is five times as
many."""


@dataclass(frozen=True)
class Part:
    """A range of bytes of a blob."""

    data: bytes
    size: int
    """Bytes of the whole blob."""
    etag: str
    content_type: str


class ListedBlob(NamedTuple):
    """A blob in a list."""

    name: str
    size: int
    """In bytes."""
    md5: str
    """The MD5 of its bytes when it was written, in base64; empty where it is unknown."""
    archived: bool = False
    """Whether it is in the archive tier, or being rehydrated from it: it cannot be read then."""
    directory: bool = False
    """Whether it is not a blob but a folder, in an account with a hierarchical namespace."""


class BlobWire:
    """Blobs of one container, or one blob.

    :param client: has the address and the credential.
    """

    def __init__(self, client: ContainerClient | BlobClient) -> None:
        address, _, self._sas = client.url.partition("?")
        self._address = address.rstrip("/")
        self._version = client.api_version
        # Not public; a test makes sure that it exists and signs.
        pipeline: Any = client._pipeline  # noqa: SLF001
        self._pipeline: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            self._address, pipeline=pipeline
        )

    async def part(self, path: str, offset: int, length: int, etag: str = "") -> Part:
        """A range of a blob; shorter at its end, and empty after it.

        :param path: in the container; empty where the client is that of the blob.
        :param etag: empty for any version of the blob.
        :raises azure.core.exceptions.AzureError: classified by refusals.said.
        """
        headers = {"x-ms-range": f"bytes={offset}-{offset + length - 1}"}
        if etag:
            headers["If-Match"] = etag
        try:
            given, data = await self._read(path, headers)
        except AzureError as error:
            if not is_behind_the_end(error):
                raise
            return Part(b"", offset, etag, "")
        size = int(given.get("Content-Range", "").rpartition("/")[2] or len(data))
        return Part(data, size, given["ETag"], given.get("Content-Type", ""))

    async def _read(self, path: str, headers: dict[str, str]) -> tuple[Mapping[str, str], bytes]:
        """Read an answer as a stream: otherwise the SDK's pipeline decodes it as text."""
        data = b""

        async def read(answer: AsyncHttpResponse) -> None:
            nonlocal data
            data = b"".join([some async for some in answer.iter_raw()])

        options: dict[str, Any] = {"stream": True, UNDERSTAND: read}
        answer = await self._send("GET", path, headers, **options)
        return answer.headers, data

    async def _list(self, query: str) -> ElementTree.Element:
        page = ElementTree.Element("")

        async def read(answer: AsyncHttpResponse) -> None:
            nonlocal page
            page = _parsed(b"".join([some async for some in answer.iter_raw()]))

        options: dict[str, Any] = {"stream": True, UNDERSTAND: read}
        await self._send("GET", "", {}, query=query, **options)
        return page

    async def chunks(self, path: str, first: Part) -> AsyncIterator[bytes]:
        """The bytes of a blob, beginning with its first part, which was read already.

        :raises azure.core.exceptions.AzureError: also if the blob was changed meanwhile.
        """
        part, offset = first, len(first.data)
        yield part.data
        while part.data and offset < first.size:
            part = await self.part(path, offset, MAX_BLOCK_BYTES, first.etag)
            offset += len(part.data)
            yield part.data

    async def listed(self, prefix: str) -> AsyncIterator[ListedBlob]:
        """A container's blobs under a prefix, in the order of their names.

        :raises azure.core.exceptions.AzureError: classified by refusals.said.
        """
        place = quote(prefix, safe="")
        query = f"restype=container&comp=list&maxresults={_LISTED}&prefix={place}"
        marker = ""
        while True:
            page = f"{query}&marker={quote(marker, safe='')}" if marker else query
            listed = await self._list(page)
            for blob in listed.iterfind("Blobs/Blob"):
                yield _listed(blob)
            marker = listed.findtext("NextMarker") or ""
            if not marker:
                return

    async def put_new(
        self,
        path: str,
        data: bytes,
        content_type: str,
        *,
        md5: bytes = b"",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write a blob that must not exist, in one request.

        :param md5: MD5 of the bytes, stored with the blob; not stored if empty.
        :raises azure.core.exceptions.AzureError: also if the blob exists.
        """
        headers = {
            "x-ms-blob-type": "BlockBlob",
            "x-ms-blob-content-type": content_type,
            "Content-Type": "application/octet-stream",
            "If-None-Match": "*",
            **{f"x-ms-meta-{name}": value for name, value in (metadata or {}).items()},
        }
        if md5:
            headers["x-ms-blob-content-md5"] = base64.b64encode(md5).decode()
        await self._send("PUT", path, headers, data)

    async def head(self, path: str) -> Mapping[str, str]:
        """The headers of a blob, without its bytes: ``ETag``, ``x-ms-meta-…``.

        :raises azure.core.exceptions.AzureError: also if there is no such blob.
        """
        # As a stream: the pipeline fails on an answer that is declared XML and has no body.
        return (await self._send("HEAD", path, {}, stream=True)).headers

    async def _send(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        data: bytes | None = None,
        *,
        query: str = "",
        **options: Any,
    ) -> AsyncHttpResponse:
        place = f"{self._address}/{quote(path, safe='/~')}" if path else self._address
        asked = "&".join(filter(None, (query, self._sas)))
        address = f"{place}?{asked}" if asked else place
        headers = {**headers, "x-ms-version": self._version}
        request = HttpRequest(method, address, headers=headers, content=data)
        answer = await self._pipeline.send_request(request, **options)
        if is_refused(answer):
            await answer.read()
            raise refusal(answer)
        return answer


def _parsed(data: bytes) -> ElementTree.Element:
    """Parse a page of a list.

    :raises CutOff: where it is not one; the request is then sent again.
    """
    try:
        text = data.decode("utf-8-sig")
        if "<!" in text:
            raise CutOff("The list of a container declares something, which no list does.")
        # Without declarations there are no entities to expand.
        return ElementTree.fromstring(text)  # noqa: S314  # nosec B314
    except (UnicodeDecodeError, ElementTree.ParseError) as error:
        raise CutOff("The list of a container is cut off.") from error


def _listed(blob: ElementTree.Element) -> ListedBlob:
    name = blob.find("Name")
    facts = {fact.tag: fact.text or "" for fact in blob.iterfind("Properties/*")}
    assert name is not None, "every blob has a name"
    text = name.text or ""
    tiers = (facts.get("AccessTier", ""), facts.get("ArchiveStatus", ""))
    return ListedBlob(
        unquote(text) if name.get("Encoded") == "true" else text,
        int(facts["Content-Length"]),
        facts.get("Content-MD5", ""),
        any(_ARCHIVED.fullmatch(tier) for tier in tiers),
        facts.get("ResourceType") == "directory",
    )
