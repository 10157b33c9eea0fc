"""Storage without Interkeep: the SDK's pipeline, its blob clients, and nothing that is not needed.

Tables are spoken to as bytes, as the SDK makes an object of every row that costs more than the
row's way over the wire. Blobs go through their own client, as in any program over the SDK; it costs
more than Interkeep's way (shared/storage/blob_wire.py), so a floor is not the least for blobs.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from azure.core import AsyncPipelineClient
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.core.utils import parse_connection_string
from azure.data.tables import AccountSasPermissions, ResourceTypes, generate_account_sas
from azure.storage.blob import AccountSasPermissions as BlobPermissions
from azure.storage.blob import ResourceTypes as BlobResources
from azure.storage.blob import generate_account_sas as generate_blob_sas
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from benchmarks.counting import CountingTransport

SIDE_BY_SIDE = 16
"""Blobs under way at once."""

_BLOCK_BYTES = 4 * 1024 * 1024
_PAGE_ROWS = 1000
_HOURS = timedelta(hours=6)
_VERSION = "2019-02-02"
_JSON = "application/json;odata=minimalmetadata"
_CHANGES = "changeset_floor"
_BATCH = "batch_floor"
_NEXT = {
    "x-ms-continuation-NextPartitionKey": "NextPartitionKey",
    "x-ms-continuation-NextRowKey": "NextRowKey",
}


class RawStorage:
    """One account.

    :param transport: carries every request, and counts it.
    """

    def __init__(self, connection: str, transport: CountingTransport) -> None:
        self.transport = transport
        said = parse_connection_string(connection, case_sensitive_keys=True)
        self._name, self._key = said["AccountName"], said["AccountKey"]
        self._tables = said["TableEndpoint"].rstrip("/")
        self._pipeline: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            self._tables, policies=[], transport=transport
        )
        self._sas = generate_account_sas(
            AzureNamedKeyCredential(self._name, self._key),
            resource_types=ResourceTypes(object=True, container=True, service=True),
            permission=AccountSasPermissions(read=True, list=True, add=True, create=True),
            expiry=datetime.now(UTC) + _HOURS,
        )
        self.blobs = BlobServiceClient.from_connection_string(
            connection,
            transport=transport,
            max_single_put_size=_BLOCK_BYTES,
            max_block_size=_BLOCK_BYTES,
            max_single_get_size=_BLOCK_BYTES,
            max_chunk_get_size=_BLOCK_BYTES,
        )

    async def container(self, name: str) -> ContainerClient:
        """A new container."""
        return await self.blobs.create_container(name)

    def read_sas(self) -> str:
        """What makes an address of a blob readable."""
        return generate_blob_sas(
            self._name,
            self._key,
            resource_types=BlobResources(object=True),
            permission=BlobPermissions(read=True),
            expiry=datetime.now(UTC) + _HOURS,
        )

    async def new_table(self, name: str) -> None:
        """Make a table."""
        address = f"{self._tables}/Tables?{self._sas}"
        body = json.dumps({"TableName": name}).encode()
        await self._send(HttpRequest("POST", address, headers=_headers(_JSON), content=body))

    async def pages(self, table: str, condition: str) -> AsyncIterator[bytes]:
        """The pages of a query, as they come: each needs the behind of the one before it."""
        query = f"$filter={quote(condition)}&$top={_PAGE_ROWS}"
        behind = ""
        while True:
            address = f"{self._tables}/{table}()?{query}{behind}&{self._sas}"
            try:
                answer = await self._send(HttpRequest("GET", address, headers=_headers()))
            except FloorFailed as failed:
                if failed.status == 404:
                    return  # no such table: the service has nothing of this kind
                raise
            yield answer.content
            behind = "".join(
                f"&{parameter}={quote(answer.headers[header])}"
                for header, parameter in _NEXT.items()
                if header in answer.headers
            )
            if not behind:
                return

    async def insert(self, table: str, rows: Sequence[bytes]) -> None:
        """Insert up to 100 rows of one partition in one transaction.

        :param rows: each the JSON of an entity.
        """
        parts = [
            b"--%b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            b"Content-ID: %d\r\n\r\nPOST %b/%b HTTP/1.1\r\nContent-Type: application/json\r\n"
            b"Accept: application/json;odata=nometadata\r\nPrefer: return-no-content\r\n"
            b"DataServiceVersion: 3.0\r\n\r\n%b\r\n"
            % (_CHANGES.encode(), number, self._tables.encode(), table.encode(), row)
            for number, row in enumerate(rows)
        ]
        body = (
            f"--{_BATCH}\r\nContent-Type: multipart/mixed; boundary={_CHANGES}\r\n\r\n".encode()
            + b"".join(parts)
            + f"--{_CHANGES}--\r\n--{_BATCH}--\r\n".encode()
        )
        address = f"{self._tables}/$batch?{self._sas}"
        headers = {**_headers(f"multipart/mixed; boundary={_BATCH}"), "DataServiceVersion": "3.0"}
        answer = await self._send(HttpRequest("POST", address, headers=headers, content=body))
        if answer.content.count(b"HTTP/1.1 204") != len(rows):
            raise FloorFailed(answer.status_code, answer.text()[:500])

    async def _send(self, request: HttpRequest) -> AsyncHttpResponse:
        answer = await self._pipeline.send_request(request)
        if answer.status_code >= 300:
            raise FloorFailed(answer.status_code, answer.text()[:500])
        return answer


class FloorFailed(Exception):
    """The emulator refused what the floor asked for."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status


def _headers(content_type: str = "") -> dict[str, str]:
    headers = {"Accept": _JSON, "x-ms-version": _VERSION}
    return {**headers, "Content-Type": content_type} if content_type else headers


async def side_by_side(items: Iterable[str], each: Callable[[str], Awaitable[None]]) -> None:
    """Do something with every item, sixteen under way at once."""
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await each(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(SIDE_BY_SIDE):
            group.create_task(worker())
