"""Requests to the stand-in for Azure Resource Manager, as plain as they go over the wire."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from tests.support.arm import Arm, account_id

VERSION = "2019-05-01"
TOKEN = {"Authorization": "Bearer t"}
ACCOUNT = account_id("contoso")
PARTNER = {"partnerType": "B2B", "content": {"b2b": {"businessIdentities": []}}}
SCHEMA = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://contoso">'
    '<xs:element name="Order"/></xs:schema>'
)


@dataclass(frozen=True)
class Answered:
    """An answer: its JSON, or None where it has none."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """An error's code."""
        return str(self.body["error"]["code"])


class Calls:
    """Requests of one client."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str = VERSION,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> Answered:
        """A request with a token; ``query`` without the signs: ``top="2"`` is ``$top=2``."""
        asked = urlencode({"api-version": version, **{f"${k}": v for k, v in query.items()}})
        return await self.at(f"{self._url}{quote(path)}?{asked}", method, body, headers)

    async def at(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None
    ) -> Answered:
        """A request to an address as it is: a ``nextLink``, say."""
        sent = {**TOKEN, **(headers or {})}
        place = URL(url, encoded=True)
        async with self._session.request(method, place, json=body, headers=sent) as answer:
            text = await answer.text()
            return Answered(
                answer.status, json.loads(text) if text.startswith("{") else None, answer.headers
            )

    async def content(
        self, uri: str, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """What a content link leads to, asked for without a token."""
        async with self._session.get(uri, headers=headers) as answer:
            return answer.status, await answer.read()


@asynccontextmanager
async def calls_to(arm: Arm) -> AsyncIterator[Calls]:
    """A client of a stand-in."""
    async with aiohttp.ClientSession() as session:
        yield Calls(session, arm.url)


def a_partner(name: str) -> dict[str, Any]:
    """A partner, to be loaded."""
    return {"id": f"{ACCOUNT}/partners/{name}", "properties": PARTNER}


def an_account(sku: str = "Standard") -> dict[str, Any]:
    """The account, to be loaded."""
    return {"id": ACCOUNT, "location": "westus", "sku": {"name": sku}, "properties": {}}


def a_schema(name: str) -> dict[str, Any]:
    """A schema, to be loaded."""
    return {
        "id": f"{ACCOUNT}/schemas/{name}",
        "properties": {"schemaType": "Xml"},
        "content": SCHEMA,
        "contentType": "application/xml",
    }
