"""Stands between a host process and the emulator, and answers as Azure would where it is told to.

For what the emulator never says (throttling, a container that is being deleted), through the app's
own HTTP. Everything else goes through as it is: a shared key signs no host name.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
from aiohttp import web
from yarl import URL

from localhost.processes import free_ports
from tests.support.refuser import inside

_HOP = frozenset({"host", "connection", "transfer-encoding", "content-length"})
_SIGNED = ("Content-Type", "Accept", "Accept-Encoding", "User-Agent")
"""Headers that aiohttp would add; the shared key signs some of them as they are."""


@dataclass(frozen=True)
class Scripted:
    """An answer to requests of one method, the address of which fits a pattern."""

    method: str
    address: str
    """A regular expression, looked for in path and query."""
    status: int
    code: str
    """The storage service's own."""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    """How many requests it answers; None for all."""
    after_seconds: float = 0
    """How long it says nothing first."""
    inside: bool = False
    """Whether a transaction is accepted (202) and refused inside, as Azure does."""
    every: int = 1
    """It answers each so manieth request alone; the others go through."""


@dataclass
class Cut:
    """Answers that end early, as if that were all: so many, of addresses that fit a pattern."""

    address: str
    times: int


@dataclass(frozen=True)
class Pace:
    """Requests to addresses that fit a pattern go through one after another, so slowly."""

    address: str
    seconds: float


class StorageProxy:
    """One endpoint of the emulator, with scripted answers."""

    def __init__(self, upstream: str, port: int, session: aiohttp.ClientSession) -> None:
        self._upstream = URL(upstream).origin()
        self._session = session
        self.port = port
        self.script: list[Scripted] = []
        self.cut = Cut("", 0)
        self.pace: Pace | None = None
        self.tells_nulls = False
        """Whether rows have null for each column that was asked for and that they lack."""
        self.nulls = 0
        self._turn = asyncio.Lock()
        self._seen: dict[str, int] = {}
        self.answered = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer by the script, else by the emulator."""
        for index, line in enumerate(self.script):
            if request.method == line.method and re.search(line.address, request.raw_path):
                seen = self._seen[line.address] = self._seen.get(line.address, 0) + 1
                if seen % line.every:
                    continue
                self.answered += 1
                if line.times is not None:
                    self.script[index] = replace(line, times=line.times - 1)
                    self.script = [one for one in self.script if one.times != 0]
                await asyncio.sleep(line.after_seconds)
                await request.read()
                return _inside(line) if line.inside else _refusal(line)
        if self.pace is not None and re.search(self.pace.address, request.raw_path):
            async with self._turn:
                await asyncio.sleep(self.pace.seconds)
        url = URL(f"{self._upstream}{request.raw_path}", encoded=True)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP}
        body = await request.read() or None
        async with self._session.request(
            request.method, url, headers=headers, data=body, skip_auto_headers=_SIGNED
        ) as found:
            kept = {k: v for k, v in found.headers.items() if k.lower() not in _HOP}
            content = await found.read()
            if request.method == "GET" and self._cuts(request, content):
                content = content[: len(content) // 2]
                kept["Content-Range"] = f"bytes 0-{len(content) - 1}/{len(content)}"
            if self.tells_nulls and "$select" in request.query and found.status == 200:
                content = self._with_nulls(content, request.query["$select"].split(","))
            return web.Response(status=found.status, headers=kept, body=content)

    def _with_nulls(self, content: bytes, columns: Sequence[str]) -> bytes:
        answer = json.loads(content)
        for row in answer["value"]:
            lacking = [name for name in columns if name not in row]
            row |= dict.fromkeys(lacking)
            self.nulls += len(lacking)
        return json.dumps(answer).encode()

    def _cuts(self, request: web.Request, content: bytes) -> bool:
        fits = self.cut.times > 0 and re.search(self.cut.address, request.path) is not None
        if not fits or len(content) < 2:
            return False
        self.cut.times -= 1
        self.answered += 1
        return True


def _refusal(line: Scripted) -> web.Response:
    text = f'{{"odata.error": {{"code": "{line.code}", "message": {{"value": "scripted"}}}}}}'
    headers = {"x-ms-error-code": line.code, **line.headers}
    return web.Response(
        status=line.status, headers=headers, text=text, content_type="application/json"
    )


def _inside(line: Scripted) -> web.Response:
    """What a table answers to a transaction that it refuses: accepted, and inside it is told."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in line.headers.items())
    media, body = inside(line.status, line.code, lines)
    return web.Response(status=202, body=body, headers={"Content-Type": media})


@asynccontextmanager
async def proxied(connection: str, endpoint: str) -> AsyncIterator[tuple[StorageProxy, str]]:
    """A proxy before one endpoint of an account, and the connection string that leads through it.

    :param endpoint: ``BlobEndpoint``, ``QueueEndpoint`` or ``TableEndpoint``.
    """
    parts = dict(part.split("=", 1) for part in connection.split(";") if part)
    upstream = URL(parts[endpoint])
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        proxy = StorageProxy(parts[endpoint], free_ports(1)[0], session)
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", proxy.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", proxy.port).start()
        parts[endpoint] = str(upstream.with_host("127.0.0.1").with_port(proxy.port))
        try:
            yield proxy, ";".join(f"{name}={value}" for name, value in parts.items())
        finally:
            await runner.cleanup()
