"""Something on this machine that answers as it is told: ARM, and the hosts of content links.

The app's own addresses are kept: requests for https://management.azure.com end here, with the host
that they were for in a header, so that tokens and hosts are what they are in Azure.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import HttpRequest
from yarl import URL

from shared.arm.client import Account, Arm
from shared.clock import Clock
from shared.model.integration_account import AccountId
from shared.settings.environment import read_settings
from shared.storage.patience import Patience

SUBSCRIPTION = "6a1f0c2e-5b8a-4c6f-9e3d-2a1b0c9d8e7f"
ACCOUNT = AccountId(SUBSCRIPTION, "rg-b2b", "contoso-b2b")
ARM_HOST = "management.azure.com"
SOON = Patience(call_seconds=20, try_seconds=20, first_wait_seconds=0.01, longest_wait_seconds=0.05)
"""Repeats at once, and for longer than a test needs."""
ONCE = Patience(call_seconds=0, try_seconds=20)

_KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="


@dataclass(frozen=True)
class Reply:
    """An answer.

    :param body: JSON, or bytes as they are.
    :param cut: the connection ends: before anything is answered, or after this many bytes of the
        body.
    :param raw: what is sent instead of HTTP.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    raw: bytes | None = None


CUT = Reply(cut=0)
"""Takes the request, whatever it was to do, and ends the connection. After the first of them,
aiohttp itself sends a request again that is not a POST: it is seen twice, and counted once."""


def refusal(status: int, code: str, message: str = "no", **headers: str) -> Reply:
    """ARM's own shape of an error."""
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"code": code, "message": message}}, spelled)


GONE = refusal(404, "ResourceNotFound", "The Resource was not found.", x_ms_failure_cause="gateway")


def page(names: list[str], following: str | None = None) -> Reply:
    """A page of a list."""
    value: dict[str, Any] = {"value": [{"name": name, "properties": {}} for name in names]}
    return Reply(200, value if following is None else {**value, "nextLink": following})


@dataclass(frozen=True)
class Seen:
    """A request that arrived."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "")


Script = Reply | list[Reply] | Callable[[Seen], Awaitable[Reply]]


class Scripted:
    """The server: what each address answers, and what was asked."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.port = 0
        self._script: dict[tuple[str, str], Script] = {}

    def on(self, address: str, script: Script, method: str = "GET") -> None:
        """Have an address answer so: a list one after another, its last for ever.

        :param address: the path, encoded, without the query.
        """
        self._script[method, address] = list(script) if isinstance(script, list) else script

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        seen = Seen(
            method=request.method,
            host=request.headers.get("X-Host", ""),
            path=request.raw_path.partition("?")[0],
            query=request.raw_path.partition("?")[2],
            headers=dict(request.headers),
            body=await request.read(),
            at=time.monotonic(),
        )
        self.seen.append(seen)
        script = self._script.get((seen.method, seen.path), refusal(500, "NoScript"))
        if callable(script):
            reply = await script(seen)
        elif isinstance(script, list):
            reply = script.pop(0) if len(script) > 1 else script[0]
        else:
            reply = script
        return await self._reply(request, reply)

    async def _reply(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        body = reply.body
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        assert request.transport is not None
        if reply.raw is not None:
            request.transport.write(reply.raw)  # type: ignore[attr-defined]
        elif reply.cut is None:
            return web.Response(status=reply.status, body=body, headers=reply.headers)
        elif reply.cut:
            begun = web.StreamResponse(status=reply.status, headers=reply.headers)
            begun.content_length = len(body)
            await begun.prepare(request)
            await begun.write(body[: reply.cut])
        request.transport.close()
        return web.Response()


class Rerouted(AioHttpTransport):  # type: ignore[misc]
    """Sends everything to the server, whatever host it is for."""

    def __init__(self, port: int) -> None:
        super().__init__(use_env_settings=False)
        self.hosts: list[str] = []
        self._port = port

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """Send a request to the server, with the host that it was for."""
        meant = URL(str(request.url), encoded=True)
        self.hosts.append(f"{meant.scheme}://{meant.host}")
        request.headers["X-Host"] = str(meant.host)
        request.url = URL(f"http://127.0.0.1:{self._port}{meant.raw_path_qs}", encoded=True)  # type: ignore[assignment]
        return await super().send(request, **config)


class Identity:
    """Gives tokens, each another one."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.refuses: Exception | None = None
        self.asked_for: list[str | None] = []

    def credential(self, client_id: str | None) -> "Identity":
        """In the place of the app's identities."""
        self.asked_for.append(client_id)
        return self

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """A token."""
        if self.refuses is not None:
            raise self.refuses
        self.scopes.extend(scopes)
        return AccessToken(f"eyJtoken{len(self.scopes)}", int(time.time()) + 3600)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class World:
    """The client, and what it talks to."""

    server: Scripted
    arm: Arm
    identity: Identity
    transport: Rerouted

    @property
    def account(self) -> Account:
        return self.arm.account(ACCOUNT)


def settings_of(**more: str) -> Any:
    """Settings of an app by its identity."""
    return read_settings(
        {
            "STATE_STORAGE": f"AccountName=contoso;AccountKey={_KEY}",
            "SEALING_KEY": _KEY,
            **more,
        }
    )


@asynccontextmanager
async def served() -> AsyncIterator[Scripted]:
    """The server, while the body runs."""
    server = Scripted()
    runner = web.ServerRunner(web.Server(server.answer, access_log=None), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def world(
    patience: Patience = SOON, clock: Clock | None = None, **settings: str
) -> AsyncIterator[World]:
    """A client that talks to the server, while the body runs."""
    async with served() as server:
        transport, identity = Rerouted(server.port), Identity()
        arm = Arm(
            settings_of(**settings),
            identity,  # type: ignore[arg-type]
            clock or Clock(),
            transport,
            patience,
        )
        try:
            yield World(server, arm, identity, transport)
        finally:
            await arm.close()
            await asyncio.sleep(0)


def path_of(*more: str) -> str:
    """The path of the account, or of what is in it, encoded as it is sent."""
    return "/".join((str(ACCOUNT), *more))
