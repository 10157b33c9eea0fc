"""The HTTP API as tests use it: a small client, and the steps that many tests share."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from json import dumps
from typing import Any

import aiohttp

from tests.support.declared import require_declared

_POLL_SECONDS = 0.1
_MOST_POLLS = 600
_names = itertools.count(1)


@dataclass(frozen=True)
class Reply:
    """What the app answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    body: Any
    """The JSON, None for anything else."""

    @property
    def code(self) -> str | None:
        """The error code, from the body; the header must say the same."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        if self.status < 400 or error is None or "code" not in error:
            return None
        assert self.headers["x-ms-error-code"] == error["code"]
        assert error["message"]
        return str(error["code"])


class Api:
    """The API of one host."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, key: str) -> None:
        self._session = session
        self.base_url = base_url.rstrip("/")
        self._key = key

    async def call(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Reply:
        """One request; ``path`` is under ``/api/``, or a whole address."""
        url = path if path.startswith("http") else f"{self.base_url}/api/{path}"
        sent = {"x-functions-key": self._key if key is None else key, **(headers or {})}
        if json is not None:
            data = dumps(json).encode()
            sent.setdefault("Content-Type", "application/json")
        body = None if data is None else BytesIO(data)
        async with self._session.request(method, url, data=body, headers=sent) as answer:
            content = await answer.read()
            is_json = answer.content_type == "application/json" and content
            parsed = await answer.json() if is_json else None
            reply = Reply(answer.status, answer.headers, content, parsed)
            require_declared(method, url, reply.status, answer.headers.get("x-ms-error-code"))
            return reply

    async def get(self, path: str, **options: Any) -> Reply:
        """GET."""
        return await self.call("GET", path, **options)

    async def put(self, path: str, json: Any = None, **options: Any) -> Reply:
        """PUT."""
        return await self.call("PUT", path, json, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Reply:
        """POST."""
        return await self.call("POST", path, json, **options)

    async def delete(self, path: str, **options: Any) -> Reply:
        """DELETE."""
        return await self.call("DELETE", path, **options)

    async def ended(self, accepted: Reply) -> Any:
        """The monitor of an operation that was accepted, once it has ended."""
        assert accepted.status == 202, accepted.body
        for _ in range(_MOST_POLLS):
            monitor = (await self.get(accepted.headers["Operation-Location"])).body
            if monitor["status"] not in ("NotStarted", "Running"):
                return monitor
            await asyncio.sleep(_POLL_SECONDS)
        raise AssertionError(f"never ended: {monitor}")

    async def succeeded(self, accepted: Reply) -> Any:
        """The monitor of an operation that must end well."""
        monitor = await self.ended(accepted)
        assert monitor["status"] == "Succeeded", monitor
        return monitor

    async def service(self, name: str | None = None, **settings: Any) -> str:
        """A new service; its name."""
        name = name or unique("svc")
        wanted = {"edition": "Basic", **settings}
        created = await self.put(f"services/{name}", wanted)
        assert created.status == 201, created.body
        return name

    async def agreement(self, service: str, name: str, document: Any = None) -> None:
        """An agreement with the partners that it names."""
        for partner in ("Northwind", "Fabrikam"):
            path = f"services/{service}/artifacts/partners/{partner}"
            put = await self.put(path, {"document": partner_document(partner)})
            assert put.status in (200, 201), put.body
        path = f"services/{service}/artifacts/agreements/{name}"
        put = await self.put(path, {"document": document or x12_document()})
        assert put.status in (200, 201), put.body

    async def backup(self, service: str, name: str | None = None, account: str = "offsite") -> str:
        """A backup that succeeded; its name, which is its container's."""
        name = name or unique("backup")
        body = {"name": name, "storageAccount": account}
        await self.succeeded(await self.post(f"services/{service}/backups", body))
        return name

    async def restore(self, container: str, account: str = "offsite", **service: Any) -> Any:
        """A restore that succeeded; its monitor."""
        body = {"backup": {"storageAccount": account, "container": container}, "service": service}
        return await self.succeeded(await self.post("restores", body))

    async def allocate(self, service: str, agreement: str, kind: str = "interchange") -> int:
        """One control number."""
        path = f"services/{service}/control-numbers/{agreement}/allocate"
        reply = await self.post(path, {"kind": kind})
        assert reply.status == 200, reply.body
        return int(reply.body["numbers"][0]["value"])

    async def everything(self, service: str) -> Any:
        """All that the API shows of a service: to see that a refusal changed nothing."""
        sections = ("partners", "agreements", "schemas", "bridges", "certificates")
        shown = {s: (await self.get(f"services/{service}/artifacts/{s}")).body for s in sections}
        shown["service"] = (await self.get(f"services/{service}")).body
        shown["numbers"] = (await self.get(f"services/{service}/control-numbers")).body
        shown["backups"] = (await self.get(f"services/{service}/backups")).body
        return shown

    async def once(self, what: str, making: Callable[[], Awaitable[Any]]) -> Any:
        """What tests share and none of them changes: made by the first that asks for it."""
        key = (self.base_url, what)
        if key not in _made:
            _made[key] = await making()
        return _made[key]


_made: dict[tuple[str, str], Any] = {}


@asynccontextmanager
async def api_of(base_url: str, key: str) -> AsyncIterator[Api]:
    """A client for one host."""
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Api(session, base_url, key)


def unique(stem: str) -> str:
    """A name that no other test of this run has; fit for services and backups."""
    return f"{stem}-{os.getpid() % 100_000}-{next(_names)}"


def partner_document(name: str) -> Any:
    """A trading partner with one business identity."""
    identity = {"qualifier": "ZZ", "value": name.upper()}
    return {"partnerType": "B2B", "content": {"b2b": {"businessIdentities": [identity]}}}


def x12_document(**envelope: Any) -> Any:
    """An X12 agreement, with secrets where such agreements have them."""
    settings = {
        "envelopeSettings": {
            "interchangeControlNumberLowerBound": 1,
            "interchangeControlNumberUpperBound": 999999999,
            "rolloverInterchangeControlNumber": True,
            **envelope,
        },
        "securitySettings": {"passwordValue": "agreement-secret", "passwordQualifier": "01"},
    }
    return {
        "agreementType": "X12",
        "hostPartner": "Northwind",
        "guestPartner": "Fabrikam",
        "hostIdentity": {"qualifier": "ZZ", "value": "NORTHWIND"},
        "guestIdentity": {"qualifier": "ZZ", "value": "FABRIKAM"},
        "content": {
            "x12": {
                "sendAgreement": {"protocolSettings": settings},
                "receiveAgreement": {"protocolSettings": {}},
            }
        },
    }


def nobodys(document: Any) -> Any:
    """An agreement without parties: there can be many of them in one service."""
    named = ("hostPartner", "guestPartner", "hostIdentity", "guestIdentity")
    return {member: value for member, value in document.items() if member not in named}
