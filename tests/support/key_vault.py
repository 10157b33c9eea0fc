"""A key vault's REST routes, for the real client: get key, unwrapkey, sign, and the challenge.

It listens on this machine alone, under the name of a vault that nobody has: a small proxy leads
requests for that name here, as HTTPS_PROXY tells any client. What a client sends is compared with
the documented shapes, and what does not fit them fails the test. Keys and certificates are made
when it starts.
"""

import asyncio
import base64
import json
import re
import secrets
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from azure.core.pipeline.transport import AioHttpTransport
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from localhost.processes import free_ports
from tests.support.server_context import server_context

API_VERSIONS = {"7.4", "7.5", "7.6", "2025-07-01"}
RESOURCE = "https://vault.azure.net"
WRAP_OPERATIONS = ("wrapKey", "unwrapKey")
SEAL_OPERATIONS = ("sign", "verify")
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


@dataclass
class StoredKey:
    """One version of a key."""

    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    operations: tuple[str, ...]
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None


@dataclass
class Scripted:
    """The next answers of one route, whatever was asked for."""

    action: str
    """``get``, ``unwrapkey`` or ``sign``."""
    status: int
    code: str = "Throttled"
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)


class KeyVault:
    """A vault with keys.

    :param folder: takes the certificate and the key of this server alone.
    """

    def __init__(self, folder: Path) -> None:
        self.host = f"kv-{secrets.token_hex(6)}.vault.azure.net"
        self.url = f"https://{self.host}"
        self.tenant = secrets.token_hex(16)
        self.client_id = str(uuid.uuid4())
        self.authority = folder / f"{self.host}.pem"
        self.keys: dict[tuple[str, str], StoredKey] = {}
        self.script: list[Scripted] = []
        self.forbidden: set[str] = set()
        """Actions that the identity has no role for."""
        self.asked: list[str] = []
        """The actions that were asked for with a token, in their order."""
        self.violations: list[str] = []
        """What does not fit the documented shapes, or was asked of somebody else."""
        self.tokens = 0
        """How many tokens the identity was given."""
        self._folder = folder
        self._token = secrets.token_urlsafe(32)
        self._identity_header = secrets.token_hex(16)
        self._tls_port, self._proxy_port, self._identity_port = free_ports(3)

    def add(
        self, name: str, operations: tuple[str, ...], *, bits: int = 2048, curve: bool = False
    ) -> str:
        """A new version of a key; its id."""
        version = secrets.token_hex(16)
        private = (
            ec.generate_private_key(ec.SECP256R1())
            if curve
            else rsa.generate_private_key(public_exponent=65537, key_size=bits)
        )
        self.keys[name, version] = StoredKey(private, operations)
        return f"{self.url}/keys/{name}/{version}"

    def key(self, key_id: str) -> StoredKey:
        """A key by its id."""
        name, version = key_id.split("/")[-2:]
        return self.keys[name, version]

    def remove(self, key_id: str) -> StoredKey:
        """Take a key out of the vault; what it was."""
        name, version = key_id.split("/")[-2:]
        return self.keys.pop((name, version))

    def put_back(self, key_id: str, key: StoredKey) -> None:
        """Recover a key."""
        name, version = key_id.split("/")[-2:]
        self.keys[name, version] = key

    @property
    def environment(self) -> dict[str, str]:
        """How a process finds it, and who that process is: a managed identity of App Service."""
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self._proxy_port}",
            "NO_PROXY": "127.0.0.1,localhost",
            "SSL_CERT_FILE": str(self.authority),
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{self._identity_port}/msi/token",
            "IDENTITY_HEADER": self._identity_header,
        }

    def settings(self, wrap: str, seal: str, *former: str) -> dict[str, str]:
        """The app's settings for keys of this vault."""
        return {
            "KEY_PROVIDER": "keyvault",
            "SEALING_KEY": "",
            "SEALING_KEY_ID": wrap,
            "SEAL_KEY_ID": seal,
            "SEALING_KEYS_FORMER": ",".join(former),
            "KEY_VAULT_CLIENT_ID": self.client_id,
        }

    def transport(self) -> AioHttpTransport:
        """For a client in this process, whose trust in certificates was settled when it began."""
        return AioHttpTransport(connection_verify=str(self.authority))

    # ---- the vault's routes

    async def answer(self, request: web.Request) -> web.Response:
        """One request to the vault."""
        if request.query.getall("api-version", []) not in [[v] for v in API_VERSIONS]:
            self._wrong(f"api-version in {request.path_qs}")
        if request.host != self.host:
            self._wrong(f"Host {request.host}")
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return await self._challenge(request)
        found = re.fullmatch(r"/keys/([a-z0-9-]+)/([0-9a-f]{32})(?:/(\w+))?", request.path)
        if found is None:
            self._wrong(f"path {request.path}")
            return _error(400, "BadParameter", "no such address")
        name, version, action = found[1], found[2], found[3] or "get"
        self.asked.append(action)
        scripted = next((s for s in self.script if s.action == action and s.times), None)
        if scripted is not None:
            scripted.times -= 1
            return _error(scripted.status, scripted.code, "scripted", scripted.headers)
        if action in self.forbidden:
            return _error(403, "Forbidden", "Caller is not authorized", inner="ForbiddenByRbac")
        key = self.keys.get((name, version))
        if key is None:
            return _error(404, "KeyNotFound", f"A key with (name/id) {name} was not found")
        if not key.enabled:
            message = f"Operation {action} is not allowed on a disabled key."
            return _error(403, "Forbidden", message, inner="KeyDisabled")
        key_id = f"{self.url}/keys/{name}/{version}"
        if action == "get":
            if request.method != "GET":
                self._wrong(f"{request.method} {request.path}")
            return _json({"key": _public(key_id, key), "attributes": _attributes(key)})
        if request.method != "POST":
            self._wrong(f"{request.method} {request.path}")
        return await self._use(request, key_id, key, action)

    async def _use(
        self, request: web.Request, key_id: str, key: StoredKey, action: str
    ) -> web.Response:
        assert isinstance(key.private, rsa.RSAPrivateKey)
        if request.content_type != "application/json":
            self._wrong(f"content type {request.content_type}")
        body = await request.json()
        if set(body) != {"alg", "value"}:
            self._wrong(f"members {sorted(body)}")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", body["value"]):
            self._wrong("a value that is not base64url without padding")
        value = base64.urlsafe_b64decode(body["value"] + "=" * (-len(body["value"]) % 4))
        wanted = {"unwrapkey": "RSA-OAEP-256", "sign": "PS256"}.get(action)
        if body["alg"] != wanted:
            self._wrong(f"algorithm {body['alg']} for {action}")
        if action.lower() not in {operation.lower() for operation in key.operations}:
            message = f"Operation {action} is not permitted on this key."
            return _error(403, "Forbidden", message, inner="KeyOperationForbidden")
        if action == "unwrapkey":
            try:
                result = key.private.decrypt(value, _OAEP)
            except ValueError:
                return _error(400, "BadParameter", "The parameter is incorrect.")
        else:
            if len(value) != 32:
                self._wrong(f"a digest of {len(value)} bytes")
            result = key.private.sign(value, _PSS, Prehashed(hashes.SHA256()))
        return _json({"kid": key_id, "value": _base64url(result)})

    async def _challenge(self, request: web.Request) -> web.Response:
        if "Authorization" in request.headers:
            self._wrong("a token that was not given for this vault")
        elif await request.read():
            self._wrong("a body sent before it was known who asks")
        where = f"https://login.microsoftonline.com/{self.tenant}"
        challenge = f'Bearer authorization="{where}", resource="{RESOURCE}"'
        return _error(
            401, "Unauthorized", "AKV10000: no token", headers={"WWW-Authenticate": challenge}
        )

    # ---- the identity

    async def token(self, request: web.Request) -> web.Response:
        """App Service's own endpoint for the tokens of managed identities."""
        wanted = {"api-version": "2019-08-01", "resource": RESOURCE, "client_id": self.client_id}
        if dict(request.query) != wanted:
            self._wrong(f"a token asked for with {dict(request.query)}")
        if request.headers.get("X-IDENTITY-HEADER") != self._identity_header:
            self._wrong("a token asked for without the identity's header")
        self.tokens += 1
        return _json(
            {
                "access_token": self._token,
                "expires_on": str(int(time.time()) + 24 * 3600),
                "resource": RESOURCE,
                "token_type": "Bearer",
                "client_id": self.client_id,
            }
        )

    def _wrong(self, what: str) -> None:
        self.violations.append(what)

    # ---- being there

    @asynccontextmanager
    async def runs(self) -> AsyncIterator[None]:
        """Listen while the body runs."""
        vault, identity = web.Application(), web.Application()
        vault.router.add_route("*", "/{path:.*}", self.answer)
        identity.router.add_get("/msi/token", self.token)
        runners = [web.AppRunner(app, access_log=None) for app in (vault, identity)]
        for runner in runners:
            await runner.setup()
        context = server_context(self.host, self.authority, self._folder)
        sites = [
            web.TCPSite(runners[0], "127.0.0.1", self._tls_port, ssl_context=context),
            web.TCPSite(runners[1], "127.0.0.1", self._identity_port),
        ]
        for site in sites:
            await site.start()
        proxy = await asyncio.start_server(self._tunnel, "127.0.0.1", self._proxy_port)
        try:
            yield
        finally:
            proxy.close()
            for runner in runners:
                await runner.cleanup()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """What a proxy does: connects to the one name that it knows, and passes bytes on."""
        try:
            asked = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0].decode()
            if asked != f"CONNECT {self.host}:443 HTTP/1.1":
                self._wrong(f"the proxy was asked for: {asked}")
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            there, here = await asyncio.open_connection("127.0.0.1", self._tls_port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                await asyncio.gather(_pass(reader, here), _pass(there, writer))
            finally:
                here.close()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


def _public(key_id: str, key: StoredKey) -> dict[str, Any]:
    if isinstance(key.private, ec.EllipticCurvePrivateKey):
        point = key.private.public_key().public_numbers()
        x, y = (_base64url(n.to_bytes(32, "big")) for n in (point.x, point.y))
        return {"kid": key_id, "kty": "EC", "crv": "P-256", "key_ops": ["sign"], "x": x, "y": y}
    numbers = key.private.public_key().public_numbers()
    return {
        "kid": key_id,
        "kty": "RSA",
        "key_ops": list(key.operations),
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
        "e": _base64url(numbers.e.to_bytes(3, "big")),
    }


def _attributes(key: StoredKey) -> dict[str, Any]:
    now = int(time.time())
    found = {"enabled": key.enabled, "created": now, "updated": now, "recoveryLevel": "Recoverable"}
    if key.not_before is not None:
        found["nbf"] = key.not_before
    if key.expires is not None:
        found["exp"] = key.expires
    return found


def _error(
    status: int,
    code: str,
    message: str,
    headers: dict[str, str] | None = None,
    inner: str | None = None,
) -> web.Response:
    error: dict[str, Any] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    return _json({"error": error}, status, headers)


def _json(
    body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        status=status,
        headers={"x-ms-keyvault-service-version": "1.9", **(headers or {})},
        text=json.dumps(body),
        content_type="application/json",
    )


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@asynccontextmanager
async def key_vault(folder: Path) -> AsyncIterator[KeyVault]:
    """A vault for a test, which fails where the client did what is not documented."""
    vault = KeyVault(folder)
    async with vault.runs():
        yield vault
    assert vault.violations == []
