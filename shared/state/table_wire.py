"""The table service's REST protocol, as bytes: rows in JSON, transactions as multipart bodies.

The SDK's table client makes an object of each value and a tree of MIME messages of a transaction,
which costs several times the row's way over the wire. This speaks the same protocol over the same
pipeline (azure.core): https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from azure.core import AsyncPipelineClient
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import (
    HttpResponseError,
    map_error,
)
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    HeadersPolicy,
    SansIOHTTPPolicy,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.data.tables.aio import TableServiceClient
from yarl import URL

from shared.model.wire import parsed
from shared.storage import ERRORS

_SCOPE = "https://storage.azure.com/.default"
_READ = {
    "Accept": "application/json;odata=minimalmetadata",
    "DataServiceVersion": "3.0",
}
_WRITE = {
    **_READ,
    "Content-Type": "application/json",
    "Prefer": "return-no-content",
}
_WRITE_LINES = "".join(f"{name}: {value}\r\n" for name, value in _WRITE.items())
_BATCH, _CHANGES = "batch_interkeep", "changeset_interkeep"
_BATCH_WRITE = {**_READ, "Content-Type": f"multipart/mixed; boundary={_BATCH}"}
_ENVELOPE = (
    f"--{_BATCH}\r\nContent-Type: multipart/mixed; boundary={_CHANGES}\r\n\r\n".encode(),
    f"--{_CHANGES}--\r\n--{_BATCH}--\r\n".encode(),
)
_PART = (
    f"--{_CHANGES}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
)
_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3})[^\r\n]*\r?\n((?:[^\r\n]+\r?\n)*)\r?\n")
_ETAG = re.compile(rb"(?im)^ETag:[ \t]*([^\r\n]+)")
_ENCODED_KEY = re.compile(r"[A-Za-z0-9._~!= -]*")
"""What keys are made of (keys.py), quoted in a tenth of the library's time."""

_NEXT = {
    "x-ms-continuation-NextPartitionKey": "NextPartitionKey",
    "x-ms-continuation-NextRowKey": "NextRowKey",
}

Entity = dict[str, Any]
"""A row as JSON has it: 64-bit numbers and bytes as text, with their types beside them."""


@dataclass(frozen=True)
class Write:
    """One write of a row."""

    method: str
    """POST inserts, PUT replaces (or inserts, without a condition), DELETE removes."""
    partition: str
    key: str
    body: bytes = b""
    etag: str | None = None
    """The condition: the version that is replaced or removed, ``*`` for any that is there."""


@dataclass(frozen=True)
class Page:
    """One page of a query."""

    entities: list[Entity]
    behind: str
    """Continues the query after this page, as a part of its address; empty at its end."""


class BatchRefused(HttpResponseError):
    """A transaction of which nothing was written.

    :param status_code: of the first write that was refused.
    :param error_code: the service's own.
    """

    def __init__(self, status_code: int, error_code: str) -> None:
        super().__init__(message=f"The transaction was refused: {status_code} {error_code}")
        self.status_code = status_code
        self.error_code = error_code


class TableWire:
    """One table.

    :param client: of the account; it knows the address, and who asks.
    :param transport: carries every request.
    """

    def __init__(
        self, client: TableServiceClient, table: str, transport: AsyncHttpTransport[Any, Any]
    ) -> None:
        address, _, sas = client.url.partition("?")
        self._account = address.rstrip("/")
        self._table = table
        self._signed_query = f"&{sas}" if sas else ""
        self._client = client
        self._pipeline: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            self._account,
            policies=[
                HeadersPolicy({"x-ms-version": client.api_version}),
                *_authentication(client.credential),
            ],
            transport=transport,
        )

    async def create(self) -> None:
        """Make the table.

        :raises azure.core.exceptions.ResourceExistsError: where it is there.
        """
        await self._client.create_table(self._table)

    async def get(self, partition: str, key: str) -> tuple[Entity, Mapping[str, str]]:
        """One row, and the headers of the answer.

        :raises azure.core.exceptions.ResourceNotFoundError: where there is none.
        """
        answer = await self._send(HttpRequest("GET", self._row(partition, key), headers=_READ))
        return parsed(answer.content), answer.headers

    async def page(
        self, condition: str, columns: Sequence[str] | None, most: int, behind: str = ""
    ) -> Page:
        """A page of the rows that fulfil an OData filter, in the order of their keys.

        :raises azure.core.exceptions.ResourceNotFoundError: where there is no table.
        """
        query = f"$filter={quote(condition)}&$top={most}"
        if columns is not None:
            query += f"&$select={','.join(columns)}"
        address = f"{self._account}/{self._table}()?{query}{behind}{self._signed_query}"
        answer = await self._send(HttpRequest("GET", address, headers=_READ))
        following = "".join(
            f"&{parameter}={quote(answer.headers[header], safe='')}"
            for header, parameter in _NEXT.items()
            if answer.headers.get(header)
        )
        return Page(parsed(answer.content)["value"], following)

    async def write(self, write: Write) -> str:
        """One write; the ETag of what it wrote.

        :raises azure.core.exceptions.HttpResponseError: as the kind of refusal says.
        """
        headers = _WRITE if write.etag is None else {**_WRITE, "If-Match": write.etag}
        content = write.body or None
        request = HttpRequest(write.method, self._address(write), headers=headers, content=content)
        answer = await self._send(request)
        return str(answer.headers.get("ETag", ""))

    async def transact(self, writes: Sequence[Write]) -> list[str]:
        """Several writes of one partition, all or none; the ETags of what they wrote.

        :raises BatchRefused: where one of them was refused.
        """
        body = b"".join([_ENVELOPE[0], *(self._part(write) for write in writes), _ENVELOPE[1]])
        address = f"{self._account}/$batch{self._signed_query.replace('&', '?', 1)}"
        request = HttpRequest("POST", address, headers=_BATCH_WRITE, content=body)
        answer = await self._send(request)
        parts = list(_ANSWER.finditer(answer.content))
        inner = parts[1:] if parts and parts[0][1] == b"202" else parts
        refused = next((part for part in inner if not part[1].startswith(b"2")), None)
        if refused is not None:
            said = answer.content[refused.end() :]
            raise BatchRefused(int(refused[1]), error_code(said.partition(b"\r\n--")[0]))
        if len(inner) != len(writes):
            raise HttpResponseError("The answer to a transaction is cut off.", answer)
        found = [_ETAG.search(part[2]) for part in inner]
        return [etag[1].decode().strip() if etag else "" for etag in found]

    def _part(self, write: Write) -> bytes:
        lines = _WRITE_LINES if write.etag is None else f"{_WRITE_LINES}If-Match: {write.etag}\r\n"
        length = f"Content-Length: {len(write.body)}\r\n" if write.body else ""
        address = self._address(write, signed=False)
        head = f"{_PART}{write.method} {address} HTTP/1.1\r\n{lines}{length}\r\n"
        return b"".join([head.encode(), write.body, b"\r\n"])

    def _address(self, write: Write, *, signed: bool = True) -> str:
        if write.method != "POST":
            return self._row(write.partition, write.key, signed=signed)
        query = self._signed_query.replace("&", "?", 1) if signed else ""
        return f"{self._account}/{self._table}{query}"

    def _row(self, partition: str, key: str, *, signed: bool = True) -> str:
        query = self._signed_query.replace("&", "?", 1) if signed else ""
        keys = f"PartitionKey='{_quoted_often(partition)}',RowKey='{_quoted(key)}'"
        return f"{self._account}/{self._table}({keys}){query}"

    async def _send(self, request: HttpRequest) -> AsyncHttpResponse:
        answer = await self._pipeline.send_request(request)
        if answer.status_code >= 300:
            map_error(answer.status_code, answer, ERRORS)
            raise HttpResponseError(response=answer)
        return answer


def literal(text: str) -> str:
    """A text as a filter has it."""
    return "'" + text.replace("'", "''") + "'"


def _quoted(key: str) -> str:
    if _ENCODED_KEY.fullmatch(key):
        return key.replace("!", "%21").replace("=", "%3D").replace(" ", "%20")
    return quote(key.replace("'", "''"), safe="")


_quoted_often = lru_cache(maxsize=256)(_quoted)


def error_code(body: bytes) -> str:
    """The service's own code of an error, empty where it says none."""
    try:
        return str(json.loads(body)["odata.error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def typed(value: str | int | bool | bytes, name: str) -> Entity:
    """A column as JSON has it; whole numbers have 64 bits."""
    if isinstance(value, bytes):
        return {f"{name}@odata.type": "Edm.Binary", name: base64.b64encode(value).decode()}
    if isinstance(value, int) and not isinstance(value, bool):
        return {f"{name}@odata.type": "Edm.Int64", name: str(value)}
    return {name: value}


def untyped(entity: Entity, name: str) -> str | int | bool | bytes:
    """The value of a column."""
    value: str | int | bool = entity[name]
    match entity.get(f"{name}@odata.type"):
        case "Edm.Binary":
            return base64.b64decode(str(value))
        case "Edm.Int64":
            return int(value)
    return value


def _authentication(credential: Any) -> list[Any]:
    if credential is None:
        return []
    if isinstance(credential, AzureNamedKeyCredential):
        return [_SharedKey(credential)]
    return [AsyncBearerTokenCredentialPolicy(credential, _SCOPE)]


class _SharedKey(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Signs what a request is, when it is sent and where it goes with the account's key.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    """

    def __init__(self, credential: AzureNamedKeyCredential) -> None:
        super().__init__()
        self._credential = credential

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Sign a request."""
        sent = request.http_request
        name, key = self._credential.named_key
        date = formatdate(usegmt=True)
        # As the transport's HTTP library will send it: it unquotes what need not be quoted.
        path = URL(sent.url).raw_path
        content_type = sent.headers.get("Content-Type", "")
        signed = f"{sent.method}\n\n{content_type}\n{date}\n/{name}{path}".encode()
        digest = hmac.digest(base64.b64decode(key), signed, hashlib.sha256)
        sent.headers["x-ms-date"] = date
        sent.headers["Authorization"] = f"SharedKey {name}:{base64.b64encode(digest).decode()}"
