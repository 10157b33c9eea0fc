"""How the portal is served: what address gets which file, coding and headers."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from localhost.stack import HostProcess
from shared.web.portal.site import NOT_BUILT, POLICY, read, served

ASSET = re.compile(r"/api/portal/(assets/portal-[A-Z0-9]{8}\.js)")


@pytest.fixture
async def web(host: HostProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """Asks the host for what is under portal/, and unpacks nothing by itself."""
    async with aiohttp.ClientSession(
        f"{host.base_url}/api/portal/",
        auto_decompress=False,
        skip_auto_headers={"Accept-Encoding"},
        headers={"Accept-Encoding": "identity"},
    ) as session:
        yield session


async def got(web: aiohttp.ClientSession, path: str, **asked: str) -> tuple[Any, bytes]:
    headers = {name.replace("_", "-"): value for name, value in asked.items()}
    async with web.get(path, headers=headers) as answer:
        return answer, await answer.read()


@pytest.mark.parametrize("path", ["", "services/contoso-b2b/backups", "a.js", "?code=x&unknown=1"])
async def test_every_address_is_the_page(web: aiohttp.ClientSession, path: str) -> None:
    answer, body = await got(web, path)
    assert answer.status == 200
    assert body.startswith(b"<!doctype html>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Length"] == str(len(body))
    assert "Content-Encoding" not in answer.headers


async def test_the_page_runs_its_own_files_alone(web: aiohttp.ClientSession) -> None:
    answer, _ = await got(web, "")
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("*", "br"),
        ("br;q=x", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_packed_as_the_request_takes_it(
    web: aiohttp.ClientSession, accepted: str, coding: str | None
) -> None:
    answer, body = await got(web, "", Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Length"] == str(len(body))
    _, plain = await got(web, "")
    assert coding != "gzip" or gzip.decompress(body) == plain
    assert coding is None or len(body) < len(plain)


async def test_a_304_has_the_pages_policy(web: aiohttp.ClientSession) -> None:
    """A browser takes the headers of the newest answer: under another policy it shows nothing."""
    tags = set()
    for accepted in ("br", "gzip", "identity"):
        first, _ = await got(web, "", Accept_Encoding=accepted)
        tag = first.headers["ETag"]
        assert re.fullmatch(r'"[0-9a-z-]+"', tag)
        tags.add(tag)
        again, body = await got(
            web, "", Accept_Encoding=accepted, If_None_Match=f'"other", W/{tag}'
        )
        assert (again.status, body) == (304, b"")
        assert again.headers["Content-Security-Policy"] == POLICY
        assert again.headers["ETag"] == tag
        assert again.headers["Vary"] == "Accept-Encoding"
        changed, _ = await got(web, "", Accept_Encoding=accepted, If_None_Match='"other"')
        assert changed.status == 200
    assert len(tags) == 3


async def test_assets_are_kept_for_a_year(web: aiohttp.ClientSession) -> None:
    _, index = await got(web, "")
    found = ASSET.search(index.decode())
    assert found
    answer, body = await got(web, found[1])
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert len(body) > 100_000


@pytest.mark.parametrize("path", ["assets/portal-AAAAAAAA.js", "assets/", "assets/index.html"])
async def test_an_unknown_asset_is_never_the_page(web: aiohttp.ClientSession, path: str) -> None:
    answer, body = await got(web, path)
    assert answer.status == 404
    assert b"<html" not in body
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == POLICY


async def test_head_has_the_length_and_no_body(web: aiohttp.ClientSession) -> None:
    whole, body = await got(web, "")
    async with web.head("") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Length"] == str(len(body))
        assert answer.headers["ETag"] == whole.headers["ETag"]
        assert await answer.read() == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_other_methods_are_the_apis_to_refuse(
    web: aiohttp.ClientSession, method: str
) -> None:
    async with web.request(method, "services") as answer:
        assert answer.status == 404
        assert json.loads(await answer.read())["error"]["code"] == "RouteNotFound"


def test_a_deployment_without_it_says_how(tmp_path: Path) -> None:
    answer = served(read(tmp_path), "services", {"accept-encoding": "br"})
    assert (answer.status, answer.body) == (503, NOT_BUILT.encode())
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "make portal" in NOT_BUILT
    assert "scripts/portal.py" in NOT_BUILT
