"""Storage as the hosts of a soak reach it: as it is, or for a while as Azure is on a bad day.

A relay stands before each endpoint. It reads where a request begins and ends, and passes the bytes
on as they came: thousands of requests cost less than the actions that make them.
"""

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace

from yarl import URL

from localhost.processes import free_ports
from tests.support.deployed import Deployed
from tests.support.proxy import Scripted
from tests.support.refuser import inside

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


class Relay:
    """One endpoint of the emulator, with answers of its own while somebody asks for them."""

    def __init__(self, endpoint: str) -> None:
        self.upstream = URL(endpoint)
        self.port = free_ports(1)[0]
        self.refused = Counter[str]()
        """How many requests were answered here, by the code."""
        self._script: list[tuple[Scripted, Iterator[int]]] = []
        self._server: asyncio.Server | None = None

    @property
    def endpoint(self) -> str:
        """Its own address, with the account."""
        return str(self.upstream.with_host("127.0.0.1").with_port(self.port))

    async def start(self) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _FromHost(self), "127.0.0.1", self.port)

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    @contextmanager
    def answering(self, *lines: Scripted) -> Iterator[None]:
        """Answer by these lines meanwhile."""
        mine = [(line, itertools.count(1)) for line in lines]
        self._script = [*self._script, *mine]
        try:
            yield
        finally:
            self._script = [one for one in self._script if one not in mine]

    def refusal(self, head: bytes) -> bytes | None:
        """The answer to a request by the script; None where the emulator answers it."""
        if not self._script:
            return None
        method, address, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        for line, seen in self._script:
            if line.method != method or not re.search(line.address, address):
                continue
            number = next(seen)
            if number % line.every or (line.times is not None and number > line.times * line.every):
                continue
            self.refused[f"{line.status} {line.code}{' inside' if line.inside else ''}"] += 1
            return _answer(line, method)
        return None


def _answer(line: Scripted, method: str) -> bytes:
    status, named = f"{line.status} Refused", {"x-ms-error-code": line.code, **line.headers}
    media = "application/json"
    text = f'{{"odata.error":{{"code":"{line.code}","message":{{"value":"scripted"}}}}}}'.encode()
    if line.inside:
        media, text = inside(line.status, line.code)
        status, named = "202 Accepted", {}
    if method == "HEAD":
        text = b""
    headers = {**named, "Content-Type": media, "Content-Length": str(len(text))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + text


class _FromHost(asyncio.Protocol):
    """A connection of a host: one request after another."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._buffer = bytearray()
        self._left = 0
        """Bytes of a body that are still to come."""
        self._refusal: bytes | None = None
        self._to_storage: asyncio.WriteTransport | None = None
        self._opening: asyncio.Task[None] | None = None
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        self._opening = asyncio.create_task(self._open())

    async def _open(self) -> None:
        assert self.transport is not None
        to = self._relay.upstream
        loop = asyncio.get_running_loop()
        host, port = str(to.host), int(to.port or 0)
        try:
            there, _ = await loop.create_connection(lambda: _FromStorage(self), host, port)
        except OSError:
            self.transport.close()
            return
        self._to_storage = there
        if self.transport.is_closing():
            there.close()
        self._pass_on()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._to_storage is not None:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._buffer:
            if self._left:
                part = bytes(self._buffer[: self._left])
                del self._buffer[: len(part)]
                self._left -= len(part)
                self._send(part)
            elif not self._begin():
                return

    def _begin(self) -> bool:
        """Take the head of the next request; whether all of it is there."""
        end = self._buffer.find(_HEAD_ENDS)
        if end < 0:
            return False
        head = bytes(self._buffer[: end + len(_HEAD_ENDS)])
        del self._buffer[: len(head)]
        assert not _CHUNKED.search(head), "storage takes no body of unknown length"
        length = _LENGTH.search(head)
        self._left = int(length[1]) if length else 0
        self._refusal = self._relay.refusal(head)
        self._send(head)
        return True

    def _send(self, part: bytes) -> None:
        assert self.transport is not None
        assert self._to_storage is not None
        if self._refusal is None:
            self._to_storage.write(part)
        elif not self._left:
            self.transport.write(self._refusal)

    def connection_lost(self, error: Exception | None) -> None:
        if self._to_storage is not None:
            self._to_storage.close()


class _FromStorage(asyncio.Protocol):
    """The connection to the emulator that belongs to one of a host."""

    def __init__(self, host: _FromHost) -> None:
        self._host = host

    def data_received(self, data: bytes) -> None:
        assert self._host.transport is not None
        self._host.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        assert self._host.transport is not None
        self._host.transport.close()


@dataclass(frozen=True)
class Storage:
    """The accounts of a soak, each behind its relays."""

    tables: Relay
    """Of the state account."""
    blobs: Relay
    """Of the state account."""
    offsite: Relay
    """The blobs of the account that backups are written to."""

    @staticmethod
    def of(deployed: Deployed) -> "Storage":
        """Relays before the endpoints of an installation; they do not listen yet."""
        state, offsite = _parts(deployed.state), _parts(deployed.offsite)
        return Storage(
            Relay(state["TableEndpoint"]),
            Relay(state["BlobEndpoint"]),
            Relay(offsite["BlobEndpoint"]),
        )

    @staticmethod
    @asynccontextmanager
    async def opened(deployed: Deployed) -> AsyncIterator[tuple["Storage", Deployed]]:
        """Relays that listen, and the installation as it uses them."""
        storage = Storage.of(deployed)
        endpoints = {
            "TableEndpoint": storage.tables.endpoint,
            "BlobEndpoint": storage.blobs.endpoint,
        }
        state = _joined({**_parts(deployed.state), **endpoints})
        offsite = _joined({**_parts(deployed.offsite), "BlobEndpoint": storage.offsite.endpoint})
        relayed = {"AzureWebJobsStorage": state, "OFFSITE_STORAGE": offsite}
        for relay in storage.relays:
            await relay.start()
        try:
            settings = {**deployed.settings, **relayed}
            yield storage, replace(deployed, state=state, offsite=offsite, settings=settings)
        finally:
            for relay in storage.relays:
                relay.close()

    @property
    def relays(self) -> tuple[Relay, ...]:
        """All of them."""
        return self.tables, self.blobs, self.offsite

    @property
    def refused(self) -> Counter[str]:
        """How many requests the relays answered, by the code."""
        return sum((relay.refused for relay in self.relays), Counter[str]())

    @contextmanager
    def hiding(self, container: str) -> Iterator[None]:
        """Let a container of backups not be there meanwhile, for the hosts."""
        lines = [
            Scripted(method, rf"/{container}[/?]", 404, "ContainerNotFound") for method in _METHODS
        ]
        with self.offsite.answering(*lines):
            yield

    @contextmanager
    def refusing_to_delete(self, container: str, status: int, code: str) -> Iterator[None]:
        """Let nobody delete a container meanwhile."""
        line = Scripted("DELETE", rf"/{container}\?restype=container", status, code)
        with self.offsite.answering(line):
            yield

    @contextmanager
    def throttling(self, every: int) -> Iterator[None]:
        """Refuse each so manieth transaction inside its answer, and some other requests plainly."""
        busy = (503, "ServerBusy")
        plain = [Scripted(method, "", *busy, every=4 * every) for method in _METHODS[:3]]
        with (
            self.tables.answering(
                Scripted("POST", r"\$batch", *busy, inside=True, every=every), *plain
            ),
            self.offsite.answering(*plain),
        ):
            yield


def _parts(connection: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in connection.split(";") if part)


def _joined(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())
