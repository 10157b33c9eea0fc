"""The host's HTTP side is as surprising as Azure's."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from yarl import URL

from localhost.stack import HostProcess
from tests.localhost.conftest import HOST, MASTER, OWN, Sample


@pytest.fixture
async def client(sample_host: HostProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with the host key."""
    headers = {"x-functions-key": HOST}
    async with aiohttp.ClientSession(sample_host.base_url, headers=headers) as session:
        yield session


@pytest.fixture
async def keyless(sample_host: HostProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """A client without a key."""
    async with aiohttp.ClientSession(sample_host.base_url) as session:
        yield session


async def told(client: aiohttp.ClientSession, path: str | URL, **options: Any) -> Any:
    """What a function was given."""
    async with client.get(path, **options) as answer:
        assert answer.status == 200, path
        return await answer.json()


# Routes


async def test_the_first_match_in_the_order_of_names_wins(client: aiohttp.ClientSession) -> None:
    assert (await told(client, "/api/things/new"))["function"] == "things_by_name"


@pytest.mark.parametrize(
    ("path", "function", "route"),
    [
        ("/api/things/7", "things_as_number", {"id": "7"}),
        ("/api/things/7x", "things_by_name", {"id": "7x"}),
        ("/api/things/7/part", "things_by_name", {"id": "7", "part": "part"}),
        ("/API/Things/A%20b", "things_by_name", {"id": "A b"}),
        (URL("/api/%74hings/%C3%A9%0A", encoded=True), "things_by_name", {"id": "é\n"}),
        ("/api/files/a/b.txt", "files", {"path": "a/b.txt"}),
        ("/api/files", "files", {}),
    ],
)
async def test_templates(
    client: aiohttp.ClientSession, path: str | URL, function: str, route: dict[str, str]
) -> None:
    seen = await told(client, path)
    assert (seen["function"], seen["route"]) == (function, route)


async def test_an_encoded_slash_stays_encoded(client: aiohttp.ClientSession) -> None:
    seen = await told(client, URL("/api/things/a%2Fb", encoded=True))
    assert seen["route"] == {"id": "a%2Fb"}


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/echo", "/api/echo/more"])
async def test_an_address_of_no_function_is_404(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        assert (answer.status, await answer.read()) == (404, b"")


async def test_a_wrong_method_is_404_never_405(client: aiohttp.ClientSession) -> None:
    async with client.delete("/api/echo") as answer:
        assert answer.status == 404


async def test_a_function_with_an_illegal_binding_name_is_not_there(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/api/hidden") as answer:
        assert answer.status == 404


# Keys


@pytest.mark.parametrize("path", ["/api/echo", "/api/slow", "/api/locked", "/admin/functions"])
@pytest.mark.parametrize("key", [None, "", "wrong", "the-kéy"])
async def test_a_missing_or_wrong_key_is_401_with_no_body(
    keyless: aiohttp.ClientSession, path: str, key: str | None
) -> None:
    headers = {} if key is None else {"x-functions-key": key}
    async with keyless.get(path, headers=headers) as answer:
        assert (answer.status, await answer.read()) == (401, b"")


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        ("/api/echo", OWN, 200),
        ("/api/echo", HOST, 200),
        ("/api/echo", MASTER, 200),
        ("/api/things/1", OWN, 401),
        ("/api/locked", HOST, 401),
        ("/api/locked", MASTER, 200),
        ("/admin/functions", HOST, 401),
        ("/admin/functions", MASTER, 200),
    ],
)
async def test_what_each_key_opens(
    keyless: aiohttp.ClientSession, path: str, key: str, status: int
) -> None:
    async with keyless.get(path, headers={"x-functions-key": key}) as answer:
        assert answer.status == status


async def test_a_key_may_be_a_query_parameter(keyless: aiohttp.ClientSession) -> None:
    assert (await told(keyless, f"/api/echo?code={HOST}"))["function"] == "echo"


async def test_the_header_goes_before_the_query(keyless: aiohttp.ClientSession) -> None:
    headers = {"x-functions-key": "wrong"}
    async with keyless.get(f"/api/echo?code={HOST}", headers=headers) as answer:
        assert answer.status == 401


async def test_an_anonymous_function_needs_none(keyless: aiohttp.ClientSession) -> None:
    assert (await told(keyless, "/api/open"))["function"] == "open_to_all"


# To the function


async def test_header_names_are_lower_case_and_repeated_ones_joined(
    client: aiohttp.ClientSession,
) -> None:
    headers = [("X-Many", "one"), ("X-Many", "two"), ("X-Once", "Kept")]
    seen = (await told(client, "/api/echo", headers=headers))["headers"]
    assert (seen["x-many"], seen["x-once"]) == ("one,two", "Kept")
    assert all(name == name.lower() for name in seen)


async def test_nobody_can_pretend_to_be_the_platforms_sign_in(
    client: aiohttp.ClientSession,
) -> None:
    forged = ("X-MS-CLIENT-PRINCIPAL", "x-ms-client-principal-name", "X-MS-TOKEN-AAD-ID-TOKEN")
    headers = {**dict.fromkeys(forged, "forged"), "x-ms-version": "kept"}
    seen = (await told(client, "/api/echo", headers=headers))["headers"]
    assert [name for name in seen if name.startswith("x-ms-")] == ["x-ms-version"]


async def test_query_parameters_without_a_value_are_dropped(
    client: aiohttp.ClientSession,
) -> None:
    seen = await told(client, "/api/echo?a=&b&c=1&d=x%20y&e=1&e=&e=2")
    assert seen["query"] == {"c": "1", "d": "x y", "e": "1,2"}


async def test_a_body_arrives_as_it_is(client: aiohttp.ClientSession) -> None:
    async with client.post("/api/echo", data=BytesIO(b"\xff\x00abc")) as answer:
        assert (await answer.json())["length"] == 5


async def test_a_compressed_body_is_not_opened(client: aiohttp.ClientSession) -> None:
    compressed = gzip.compress(b"a" * 1000)
    headers = {"Content-Encoding": "gzip"}
    async with client.post("/api/echo", data=BytesIO(compressed), headers=headers) as answer:
        assert (await answer.json())["length"] == len(compressed)


async def test_a_chunked_body_arrives_empty(client: aiohttp.ClientSession) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"never "
        yield b"seen"

    async with client.post("/api/echo", data=chunks()) as answer:
        seen = await answer.json()
    assert seen["headers"]["transfer-encoding"] == "chunked"
    assert seen["length"] == 0


async def test_more_than_100_mb_is_413(sample_host: HostProcess) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", sample_host.port)
    length = 100 * 1024 * 1024 + 1
    head = f"POST /api/echo HTTP/1.1\r\nHost: x\r\nx-functions-key: {HOST}\r\n"
    writer.write(f"{head}Content-Length: {length}\r\n\r\n".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()


async def test_100_mb_are_taken(client: aiohttp.ClientSession) -> None:
    length = 100 * 1024 * 1024
    async with client.post("/api/echo", data=BytesIO(bytes(length))) as answer:
        assert (await answer.json())["length"] == length


# From the function


async def test_an_exception_is_500_with_no_body(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/fails") as answer:
        assert (answer.status, await answer.read()) == (500, b"")
        assert "secret" not in str(answer.headers)


async def test_an_answer_without_a_body(client: aiohttp.ClientSession) -> None:
    async with client.get("/api/empty") as answer:
        assert (answer.status, await answer.read()) == (204, b"")
        assert answer.headers["x-told"] == "empty"


async def test_an_answer_is_cut_and_its_function_runs_on(sample: Sample) -> None:
    host = sample.host("--answer-seconds", "0.3")
    async with (
        aiohttp.ClientSession(headers={"x-functions-key": HOST}) as session,
        session.get(f"{host.base_url}/api/slow?seconds=1") as answer,
    ):
        assert answer.status == 504
    assert sample.journal("slow began")
    await asyncio.to_thread(sample.noted, "slow ended")


async def test_a_client_that_leaves_does_not_end_its_function(sample: Sample) -> None:
    host = sample.host()
    headers = {"x-functions-key": HOST}
    async with aiohttp.ClientSession(headers=headers) as session:
        with suppress(TimeoutError):
            timeout = aiohttp.ClientTimeout(total=0.4)
            await session.get(f"{host.base_url}/api/slow?seconds=1", timeout=timeout)
    await asyncio.to_thread(sample.noted, "slow began")
    await asyncio.to_thread(sample.noted, "slow ended")


async def test_a_host_that_is_stopped_lets_its_functions_end(sample: Sample) -> None:
    host = sample.host()
    url = f"{host.base_url}/api/slow?seconds=2"
    async with aiohttp.ClientSession(headers={"x-functions-key": HOST}) as session:
        asking = asyncio.create_task(session.get(url))
        await asyncio.to_thread(sample.noted, "slow began")
        await asyncio.to_thread(host.stop)
        with suppress(aiohttp.ClientError):
            await asking
    assert sample.journal("slow ended")


# Admin


@pytest.fixture
async def master(sample_host: HostProcess) -> AsyncIterator[aiohttp.ClientSession]:
    """A client with the master key."""
    headers = {"x-functions-key": MASTER}
    async with aiohttp.ClientSession(sample_host.base_url, headers=headers) as session:
        yield session


async def test_the_functions_are_listed(master: aiohttp.ClientSession) -> None:
    listed = {one["name"]: one for one in await told(master, "/admin/functions")}
    assert listed["tick"]["trigger"]["type"] == "timerTrigger"
    assert "hidden" not in listed


async def test_the_clock_of_the_app_moves(
    master: aiohttp.ClientSession, client: aiohttp.ClientSession
) -> None:
    async with master.put("/admin/localhost/clock", json={"offsetSeconds": 86400}) as answer:
        assert (answer.status, await answer.json()) == (200, {"offsetSeconds": 86400})
    assert float((await told(client, "/api/echo"))["clock"]) == 86400


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"offsetSeconds": "1"}'])
async def test_a_clock_that_is_no_number_is_refused(
    master: aiohttp.ClientSession, body: str
) -> None:
    async with master.put("/admin/localhost/clock", data=body) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("path", ["/admin/functions/tick", "/admin/localhost/clock"])
async def test_admin_addresses_need_the_master_key(
    client: aiohttp.ClientSession, path: str
) -> None:
    method = "PUT" if path.endswith("clock") else "POST"
    async with client.request(method, path, json={"input": "", "offsetSeconds": 0}) as answer:
        assert (answer.status, await answer.read()) == (401, b"")


@pytest.mark.parametrize(("name", "status"), [("nothing", 404), ("echo", 404)])
async def test_only_functions_without_http_run_by_hand(
    master: aiohttp.ClientSession, name: str, status: int
) -> None:
    async with master.post(f"/admin/functions/{name}", json={"input": ""}) as answer:
        assert answer.status == status
