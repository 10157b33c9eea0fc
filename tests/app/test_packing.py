"""Answers that come packed where the caller takes that, and the conditions that go with them."""

import gzip
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from localhost.stack import HostProcess
from shared.web.http.packing import takes_gzip
from tests.support.api import Api

DOCUMENT = {"lines": [f"line {number}" for number in range(300)]}


@dataclass(frozen=True)
class Raw:
    """An answer as it came, nothing unpacked."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        packed = self.headers.get("Content-Encoding") == "gzip"
        return json.loads(gzip.decompress(self.content) if packed else self.content)


class Client:
    """Sends no Accept-Encoding of its own, and unpacks nothing."""

    def __init__(self, session: aiohttp.ClientSession, host: HostProcess) -> None:
        self._session, self._host = session, host

    async def ask(
        self, path: str, accepted: str | None = "gzip", method: str = "GET", **more: Any
    ) -> Raw:
        headers = {"x-functions-key": self._host.keys.host, **more.pop("headers", {})}
        if accepted is not None:
            headers["Accept-Encoding"] = accepted
        url = f"{self._host.base_url}/api/{path}"
        async with self._session.request(method, url, headers=headers, **more) as answer:
            return Raw(answer.status, answer.headers, await answer.read())


@pytest.fixture
async def client(host: HostProcess) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(
        auto_decompress=False, skip_auto_headers=("Accept-Encoding",)
    ) as session:
        yield Client(session, host)


@pytest.fixture
async def schema(api: Api) -> str:
    """An artifact whose answer is large; its path."""
    path = f"services/{await api.service()}/artifacts/schemas/s"
    assert (await api.put(path, {"document": DOCUMENT})).status == 201
    return path


async def test_the_description_is_a_tenth_of_its_size(client: Client) -> None:
    plain = await client.ask("openapi.json", None)
    packed = await client.ask("openapi.json", "gzip, deflate, br")
    assert (plain.status, packed.status) == (200, 200)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == "application/json"
    assert int(packed.headers["Content-Length"]) == len(packed.content)
    assert len(packed.content) < len(plain.content) / 8
    assert packed.body == plain.body
    again = await client.ask("openapi.json")
    assert again.content == packed.content, "a strong ETag is of the bytes"
    assert again.headers["ETag"] == packed.headers["ETag"] != plain.headers["ETag"]
    for answer in (plain, packed):
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    page = await client.ask("docs")
    assert page.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(page.content) == (await client.ask("docs", None)).content


async def test_conditions_take_the_tag_of_either_form(client: Client, schema: str) -> None:
    plain, packed = await client.ask(schema, None), await client.ask(schema)
    tags = [answer.headers["ETag"] for answer in (plain, packed)]
    assert len(set(tags)) == 2
    for accepted in ("gzip", None):
        for tag in tags:
            held = await client.ask(schema, accepted, headers={"If-None-Match": f'"x", {tag}'})
            assert (held.status, held.content) == (304, b"")
            assert (held.headers["ETag"], held.headers["Vary"]) == (tag, "Accept-Encoding")
            assert "Content-Encoding" not in held.headers
    for accepted in ("gzip", None):
        body = {"document": {**DOCUMENT, "of": accepted}}
        now = (await client.ask(schema, accepted)).headers["ETag"]
        refused = await client.ask(schema, method="PUT", json=body, headers={"If-None-Match": now})
        assert refused.status == 412
        written = await client.ask(schema, method="PUT", json=body, headers={"If-Match": now})
        assert written.status == 200
        assert written.headers["Content-Encoding"] == "gzip"
        after = [(await client.ask(schema, form)).headers["ETag"] for form in ("gzip", None)]
        assert written.headers["ETag"] == after[0] != after[1]
        stale = await client.ask(schema, method="PUT", json=body, headers={"If-Match": now})
        assert stale.status == 412
        changed = await client.ask(schema, headers={"If-None-Match": now})
        assert (changed.status, changed.body["document"]) == (200, body["document"])
    last = (await client.ask(schema)).headers["ETag"]
    gone = await client.ask(schema, method="DELETE", headers={"If-Match": last})
    assert gone.status == 204


async def test_what_is_small_or_content_goes_out_as_it_is(
    api: Api, client: Client, schema: str
) -> None:
    bytes_ = b"<schema/>" * 1000
    kind = {"Content-Type": "application/json"}
    put = await client.ask(f"{schema}/content", method="PUT", data=bytes_, headers=kind)
    assert (put.status, put.headers["Content-Encoding"]) == (201, "gzip")
    content = await client.ask(f"{schema}/content")
    assert content.content == bytes_
    assert content.headers["ETag"] == put.headers["ETag"], "of the bytes, not of the answer"
    service = schema.split("/")[1]
    await api.agreement(service, "A")
    allocated = await client.ask(
        f"services/{service}/control-numbers/A/allocate",
        method="POST",
        json={"kind": "interchange"},
    )
    assert allocated.body["numbers"][0]["value"] == 1
    for answer in (content, allocated, await client.ask("health")):
        assert answer.status == 200
        assert "Content-Encoding" not in answer.headers
        assert "Vary" not in answer.headers
    tag = {"If-None-Match": content.headers["ETag"]}
    held = await client.ask(f"{schema}/content", headers=tag)
    assert (held.status, "Vary" in held.headers) == (304, False)


async def test_lists_and_refusals_are_packed_too(api: Api, client: Client, schema: str) -> None:
    listed = await client.ask(schema.rpartition("/")[0])
    assert listed.headers["Content-Encoding"] == "gzip"
    assert "ETag" not in listed.headers
    assert listed.body["value"][0]["document"] == DOCUMENT
    wrong = {f"unknown{number}": 1 for number in range(50)}
    refused = await client.ask(f"services/{schema.split('/')[1]}/scale", method="POST", json=wrong)
    assert (refused.status, refused.headers["Content-Encoding"]) == (400, "gzip")
    assert refused.headers["x-ms-error-code"] == refused.body["error"]["code"] == "InvalidRequest"


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("*;q=0.1", True),
        ("gzip; q=1.0", True),
        ("", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip;q=0", False),
        ("*, gzip;q=0", False),
        ("*;q=0", False),
        ("gzip;q=many", False),
        ("gzipped", False),
        (";;,,", False),
    ],
)
def test_what_takes_gzip(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) == taken
