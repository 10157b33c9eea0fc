"""The table service's REST protocol, as bytes: rows in JSON, transactions as multipart bodies.

The SDK's table client makes an object of each value and a tree of MIME messages of a transaction,
which costs several times the transfer itself. This module speaks the same protocol over the same
pipeline (azure.core): https://learn.microsoft.com/rest/api/storageservices/table-service-rest-api
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from azure.core import AsyncPipelineClient
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    HeadersPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.data.tables.aio import TableServiceClient
from yarl import URL

from shared.model.wire import parsed
from shared.storage.refusals import BatchRefused, CutOff, code_in, passes, refusal
from shared.storage.retrying import UNDERSTAND, asked_to_wait

_SCOPE = "https://storage.azure.com/.default"
_WHO = "interkeep"
"""The client's name in the account's logs."""

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
_RETRY_AFTER = re.compile(rb"(?im)^(Retry-After|x-ms-retry-after-ms):[ \t]*([0-9.]+)")
_ENCODED_KEY = re.compile(r"[A-Za-z0-9._~!= -]*")
"""Characters that most keys consist of; such keys are quoted in a tenth of the library's time."""

_NEXT = {
    "x-ms-continuation-NextPartitionKey": "NextPartitionKey",
    "x-ms-continuation-NextRowKey": "NextRowKey",
}

Entity = dict[str, Any]
"""A row as JSON has it: 64-bit numbers and bytes as text, with their types next to them."""

Understood = TypeVar("Understood")


@dataclass(frozen=True)
class Write:
    """One write of a row."""

    method: str
    """POST inserts, PUT replaces (or inserts, without a condition), DELETE deletes."""
    partition: str
    key: str
    body: bytes = b""
    etag: str | None = None
    """The condition: the version that is replaced or deleted, ``*`` for any version that exists."""


@dataclass(frozen=True)
class RowsPage:
    """One page of a query."""

    entities: list[Entity]
    behind: str
    """Continuation of the query after this page, as a part of its address; empty at its end."""


class TableWire:
    """One table.

    :param client: the account's client; it has the address and the credential.
    :param transport: sends every request.
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
                HeadersPolicy({"x-ms-version": client.api_version, "User-Agent": _WHO}),
                RequestIdPolicy(),
                *_authentication(client.credential),
            ],
            transport=transport,
        )

    async def create(self) -> None:
        """Create the table.

        :raises azure.core.exceptions.AzureError: if it exists, or cannot be created.
        """
        await self._client.create_table(self._table)

    async def get(self, partition: str, key: str) -> tuple[Entity, Mapping[str, str]]:
        """One row, and the headers of the answer.

        :raises azure.core.exceptions.AzureError: if there is no such row, or no answer.
        """
        request = HttpRequest("GET", self._row(partition, key), headers=_READ)
        return await self._send(request, lambda answer: (_json(answer), answer.headers))

    async def page(
        self, condition: str, columns: Sequence[str] | None, most: int, behind: str = ""
    ) -> RowsPage:
        """A page of the rows that match an OData filter, in the order of their keys.

        :raises azure.core.exceptions.AzureError: if there is no table, or no answer.
        """
        query = f"$filter={quote(condition)}&$top={most}"
        if columns is not None:
            query += f"&$select={','.join(columns)}"
        address = f"{self._account}/{self._table}()?{query}{behind}{self._signed_query}"
        return await self._send(HttpRequest("GET", address, headers=_READ), _page)

    async def write(self, write: Write) -> str:
        """Do one write and return the ETag of what it wrote.

        :raises azure.core.exceptions.AzureError: classified by refusals.said.
        """
        headers = _WRITE if write.etag is None else {**_WRITE, "If-Match": write.etag}
        content = write.body or None
        request = HttpRequest(write.method, self._address(write), headers=headers, content=content)
        return await self._send(request, lambda answer: str(answer.headers.get("ETag", "")))

    async def transact(self, writes: Sequence[Write]) -> list[str]:
        """Do several writes of one partition, all or none, and return the ETags of what they wrote.

        :raises BatchRefused: if one of them was refused.
        """
        body = b"".join([_ENVELOPE[0], *(self._part(write) for write in writes), _ENVELOPE[1]])
        address = f"{self._account}/$batch{self._signed_query.replace('&', '?', 1)}"
        request = HttpRequest("POST", address, headers=_BATCH_WRITE, content=body)
        etags, refused = await self._send(request, lambda answer: _written(answer, len(writes)))
        if refused is not None:
            raise refused
        return etags

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

    async def _send(
        self, request: HttpRequest, understand: Callable[[AsyncHttpResponse], Understood]
    ) -> Understood:
        """Send, until an answer can be parsed or is a refusal.

        :raises azure.core.exceptions.AzureError: classified by refusals.said.
        """
        found: list[Understood] = []

        async def read(answer: AsyncHttpResponse) -> None:
            found.append(understand(answer))

        options: dict[str, Any] = {UNDERSTAND: read}
        answer = await self._pipeline.send_request(request, **options)
        if not found:
            raise refusal(answer)
        return found[-1]


def _json(answer: AsyncHttpResponse) -> Any:
    """The JSON of an answer.

    :raises CutOff: if the text ends early.
    """
    try:
        return parsed(answer.content)
    except ValueError as error:
        raise CutOff("The answer of a table is cut off.") from error


def _page(answer: AsyncHttpResponse) -> RowsPage:
    following = "".join(
        f"&{parameter}={quote(answer.headers[header], safe='')}"
        for header, parameter in _NEXT.items()
        if answer.headers.get(header)
    )
    return RowsPage(_json(answer)["value"], following)


def _written(answer: AsyncHttpResponse, writes: int) -> tuple[list[str], BatchRefused | None]:
    """The ETags of what a transaction wrote, or why it was refused.

    :raises BatchRefused: for a refusal that may be temporary: the request is then sent again.
    :raises CutOff: if the answer ends early.
    """
    parts = list(_ANSWER.finditer(answer.content))
    inner = parts[1:] if parts and parts[0][1] == b"202" else parts
    refused = next((part for part in inner if not part[1].startswith(b"2")), None)
    if refused is not None:
        body = answer.content[refused.end() :].partition(b"\r\n--")[0]
        waits = {name.decode(): wait.decode() for name, wait in _RETRY_AFTER.findall(refused[2])}
        why = BatchRefused(int(refused[1]), code_in(body), asked_to_wait(waits))
        if passes(why):
            raise why
        return [], why
    if len(inner) != writes:
        raise CutOff("The answer to a transaction is cut off.")
    found = [_ETAG.search(part[2]) for part in inner]
    return [etag[1].decode().strip() if etag else "" for etag in found], None


def literal(text: str) -> str:
    """A text as a literal of a filter."""
    return "'" + text.replace("'", "''") + "'"


def _quoted(key: str) -> str:
    if _ENCODED_KEY.fullmatch(key):
        return key.replace("!", "%21").replace("=", "%3D").replace(" ", "%20")
    return quote(key.replace("'", "''"), safe="")


_quoted_often = lru_cache(maxsize=256)(_quoted)


def typed(value: str | int | bool | bytes, name: str) -> Entity:
    """A column in JSON, with its type; whole numbers have 64 bits."""
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
    return [_Dated(), AsyncBearerTokenCredentialPolicy(credential, _SCOPE)]


class _Dated(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Adds the date of a request, which is a part of its signature with a shared key."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Add the date."""
        request.http_request.headers["x-ms-date"] = formatdate(usegmt=True)


class _SharedKey(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Signs a request's method, date and address with the account's key.

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
        # As the transport's HTTP library will send it: it removes unnecessary quoting.
        path = URL(sent.url).raw_path
        content_type = sent.headers.get("Content-Type", "")
        signed = f"{sent.method}\n\n{content_type}\n{date}\n/{name}{path}".encode()
        digest = hmac.digest(base64.b64decode(key), signed, hashlib.sha256)
        sent.headers["x-ms-date"] = date
        sent.headers["Authorization"] = f"SharedKey {name}:{base64.b64encode(digest).decode()}"
