"""Limits: depth, size, counts, headers, addresses; and names that try to leave their place."""

import gzip
import json
from typing import Any
from urllib.parse import quote

import pytest

from localhost.stack import HostProcess
from shared.rules.acceptable import MAX_DEPTH
from tests.support.api import Api
from tests.support.deployed import Deployed
from tests.support.stored import changes, everything_stored

ALONE = True
"""Everything that is stored is compared."""

INJECTED = "INJECTED-LINE"
LEAVING = [
    "..",
    ".",
    "../../other",
    "..%2f..%2fother",
    "%2e%2e",
    "a/b",
    "a\\b",
    "a#b",
    "a?b",
    "a%b",
    "a\x00b",
    "a\tb",
    "a\x7fb",
    "a\x85b",
    f"a\r\n{INJECTED}",
    f"a\u2028{INJECTED}",
    f"a\u2029{INJECTED}",
    "\u202eedoc",
    "\ufeffa",
    "\ud7ff\ue000",
    " a",
    "a ",
    "' or PartitionKey ne '",
    "!head",
    "x" * 81,
    "é" * 4000,
]
"""Names that a path, a key, a query, a line or a terminal might take for more than a name."""

ITEM = {"section": "schemas", "name": "s", "document": {}}

HOLDS_AS_A_NAME = {"' or PartitionKey ne '", "!head"}
"""Names like any other where names may hold nearly everything: in artifacts."""


def nested(levels: int) -> Any:
    document: Any = {}
    for _ in range(levels - 1):
        document = {"a": document}
    return document


@pytest.fixture
async def service(api: Api) -> str:
    name = await api.service()
    await api.agreement(name, "A")
    return name


async def test_documents_are_nested_so_deep_and_no_deeper(api: Api, service: str) -> None:
    path = f"services/{service}/artifacts/schemas/deep"
    kept = await api.put(path, {"document": nested(MAX_DEPTH)})
    assert kept.status == 201
    assert (await api.get(path)).body["document"] == nested(MAX_DEPTH)
    refused = await api.put(path, {"document": nested(MAX_DEPTH + 1)})
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert str(MAX_DEPTH) in refused.body["error"]["message"]


@pytest.mark.parametrize("levels", [200, 5_000, 200_000])
@pytest.mark.parametrize("shape", ['{"a":', "["])
async def test_any_body_that_is_nested_without_end(
    api: Api, service: str, levels: int, shape: str
) -> None:
    close = "}" if shape.startswith("{") else "]"
    deep = f"{shape * levels}1{close * levels}".encode()
    for method, path, body in (
        ("PUT", f"services/{service}", b'{"edition": "Basic", "region": ' + deep + b"}"),
        ("PUT", f"services/{service}/artifacts/schemas/s", b'{"document": ' + deep + b"}"),
        ("POST", f"services/{service}/import", b'{"artifacts": ' + deep + b"}"),
        ("POST", "restores", deep),
        ("POST", f"services/{service}/backups", deep),
    ):
        refused = await api.call(method, path, data=body)
        assert refused.code in ("InvalidJson", "InvalidRequest"), path
        assert len(refused.content) < 5_000, "and the answer does not repeat it"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        (
            "POST",
            "import",
            {"artifacts": [{"section": "schemas", "name": "s", "document": {}}] * 1001},
        ),
        ("POST", "import", {"artifacts": []}),
        ("POST", "control-numbers/A/allocate", {"kind": "interchange", "count": 10_001}),
        ("POST", "control-numbers/A/allocate", {"kind": "interchange", "count": 0}),
        ("POST", "control-numbers/A/allocate", {"kinds": ["interchange"] * 5}),
        ("PUT", "control-numbers/A", {"kind": "interchange", "next": 10**30}),
        ("POST", "backup-schedule/preview", {"days": 10**9}),
        ("PUT", "mic-values/A", {"messageId": "m" * 999, "mic": "q83v", "algorithm": "MD5"}),
        ("PUT", "mic-values/A", {"messageId": "m", "mic": "q83v" * 257, "algorithm": "MD5"}),
        ("GET", "artifacts/schemas?top=1001", None),
        ("GET", "artifacts/schemas?top=0000000015000", None),
        ("GET", "artifacts/schemas?top=" + "9" * 4000, None),
        ("GET", "artifacts/schemas?top=-1", None),
        ("GET", "artifacts/schemas?continuation=" + "A" * 7000, None),
        ("GET", "operations?from=" + "2" * 7000, None),
        ("GET", "mic-values/A?messageId=" + "m" * 7000, None),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
async def test_more_than_there_may_be(
    api: Api, service: str, method: str, path: str, body: Any
) -> None:
    before = await api.everything(service)
    refused = await api.call(method, f"services/{service}/{path}", body)
    assert refused.code in ("InvalidRequest", "ArtifactNotFound"), refused.content
    assert refused.status in (400, 404)
    assert len(refused.content) < 20_000
    assert await api.everything(service) == before


async def test_an_answer_does_not_grow_with_what_is_wrong(api: Api, service: str) -> None:
    body = {"edition": "Basic", **{f"member-{n}": n for n in range(20_000)}}
    refused = await api.put(f"services/{service}", body)
    assert (refused.status, refused.code) == (400, "InvalidRequest")
    assert len(refused.body["error"]["details"]) == 1000
    assert "19999 more" in refused.body["error"]["message"]


async def test_many_members_of_which_one_comes_twice(api: Api, service: str) -> None:
    """Found in one look: the host answers nobody else meanwhile, and the client waits a minute."""
    members = ",".join(f'"m{n}": 1' for n in range(200_000))
    body = f'{{"document": {{{members}, "m199999": 2}}}}'.encode()
    refused = await api.call("PUT", f"services/{service}/artifacts/schemas/s", data=body)
    assert (refused.status, refused.code) == (400, "InvalidJson")
    assert "'m199999' comes twice" in refused.body["error"]["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"edition": "Basic"}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": -' + b"9" * 4301 + b"}", "more than 4300 digits"),
        (b'{"a": 1e400}', "1e400 is too large"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"-Infinity", "-Infinity is no JSON number"),
    ],
    ids=lambda value: str(value)[:16],
)
async def test_json_that_only_some_would_read(
    api: Api, service: str, body: bytes, said: str
) -> None:
    refused = await api.call("PUT", f"services/{service}/artifacts/schemas/s", data=body)
    assert (refused.status, refused.code) == (400, "InvalidJson")
    assert said in refused.body["error"]["message"]
    assert "sys." not in refused.body["error"]["message"], "in the caller's words, not Python's"


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Operation-Id", "x" * 64, 200),
        ("Operation-Id", "x" * 65, 400),
        ("Operation-Id", "x" * 6000, 400),
        ("Operation-Id", "../x", 400),
        ("Operation-Id", "a' or 'a' eq 'a", 400),
        ("x-ms-client-request-id", "x" * 6000, 200),
        ("If-Match", '"' + "x" * 6000 + '"', 412),
        ("If-Match", ",".join(['"x"'] * 1500), 412),
        ("x-forwarded-host", "evil.example.com", 200),
        ("Accept-Language", "x" * 6000, 200),
    ],
)
async def test_headers(api: Api, service: str, header: str, value: str, status: int) -> None:
    reply = await api.post(f"services/{service}/suspend", headers={header: value})
    assert reply.status == status, reply.content
    if header == "x-ms-client-request-id":
        assert reply.headers[header] == "x" * 128
    assert b"evil.example.com" not in reply.content


@pytest.mark.parametrize("size", [9_000, 70_000])
async def test_headers_and_addresses_beyond_what_a_host_takes(
    api: Api, service: str, size: int
) -> None:
    """The host refuses them before the app; it goes on."""
    long = "x" * size
    for path, headers in (("services", {"x-long": long}), (f"services/{long}", {})):
        assert (await api.get(path, headers=headers)).status in (400, 404, 414, 431)
    assert (await api.get(f"services/{service}")).status == 200


async def test_a_long_name_in_an_address(api: Api) -> None:
    for path in (f"services/{'x' * 7000}", f"services/{'x' * 7000}/artifacts/schemas/s"):
        refused = await api.get(path)
        assert (refused.status, refused.code) == (404, "ServiceNotFound")
        assert len(refused.content) < 1000


async def test_a_compressed_body_is_not_opened(api: Api, service: str) -> None:
    """A bomb stays packed: what is not JSON as it comes is none."""
    bomb = gzip.compress(b'{"document": {"a": "' + b"x" * 50_000_000 + b'"}}', 9)
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    path = f"services/{service}/artifacts/schemas/s"
    refused = await api.call("PUT", path, data=bomb, headers=headers)
    assert (refused.status, refused.code) == (400, "InvalidJson")
    kept = await api.call("PUT", path, data=json.dumps({"document": {}}).encode())
    assert kept.status == 201


def named(service: str, name: str) -> list[tuple[str, str, Any]]:
    """Requests that name something so, in their address or in their body."""
    part = quote(name, safe="")
    base = f"services/{service}"
    backup = {"name": name, "storageAccount": "offsite"}
    item = {"section": "partners", "name": name, "document": {}}
    requests: list[tuple[str, str, Any]] = [
        ("PUT", f"services/{part}", {"edition": "Basic"}),
        ("POST", f"{base}/backups", backup),
        ("POST", f"{base}/backups", {**backup, "name": "fine", "storageAccount": name}),
        ("GET", f"{base}/backups/{part}", None),
        ("DELETE", f"{base}/backups/{part}", None),
        ("GET", f"{base}/backups/{part}/contents", None),
        ("GET", f"{base}/operations/{part}", None),
        ("POST", f"{base}/operations/{part}/cancel", None),
        ("GET", f"storage-accounts/{part}/backups", None),
        ("POST", f"storage-accounts/offsite/backups/{part}/register", None),
        ("POST", "restores", {"backup": {"storageAccount": "offsite", "container": name}}),
        ("GET", f"restores/{part}", None),
        ("POST", f"{base}/control-numbers/{part}/allocate", {"kind": "interchange"}),
        ("PUT", f"{base}/batch-activity/{part}", {"activeMessages": 1}),
        ("GET", f"{base}/artifacts/{part}", None),
    ]
    if name not in HOLDS_AS_A_NAME:
        requests += [
            ("PUT", f"{base}/artifacts/partners/{part}", {"document": {}}),
            ("PUT", f"{base}/artifacts/schemas/{part}/content", None),
            ("POST", f"{base}/import", {"artifacts": [item]}),
        ]
    if name in {".", ".."}:  # in an address, every client resolves them
        requests = [one for one in requests if f"/{name}" not in one[1]]
    return requests


async def test_names_that_try_to_leave_their_place(
    api: Api, service: str, host: HostProcess, deployed: Deployed
) -> None:
    before = everything_stored(deployed)
    logged = host.log.stat().st_size
    for name in LEAVING:
        for method, path, body in named(service, name):
            reply = await api.call(method, path, body)
            assert 400 <= reply.status < 500, (method, path, reply.content)
            assert len(reply.content) < 3000
            if reply.code is not None:
                assert len(reply.body["error"]["message"].splitlines()) == 1
    assert changes(before, everything_stored(deployed)) == []
    assert lines_injected(host, logged) == []


def lines_injected(host: HostProcess, since: int) -> list[str]:
    """Lines of the host's log that a caller made."""
    lines = host.log.read_bytes()[since:].decode().splitlines()
    return [line for line in lines if line.startswith(INJECTED)]


async def test_odd_names_are_names_where_names_may_be_odd(api: Api, service: str) -> None:
    """A key, a query or a quote in it is text: it reads and deletes itself and nothing else."""
    before = await api.everything(service)
    for name in sorted(HOLDS_AS_A_NAME):
        path = f"services/{service}/artifacts/partners/{quote(name, safe='')}"
        assert (await api.put(path, {"document": {"n": name}})).status == 201
        assert (await api.get(path)).body["document"] == {"n": name}
        listed = await api.get(f"services/{service}/artifacts/partners")
        assert {item["name"] for item in listed.body["value"]} == {"Northwind", "Fabrikam", name}
        assert (await api.delete(path)).status == 204
    assert await api.everything(service) == before


async def test_a_callers_text_stays_in_its_log_line(
    api: Api, service: str, host: HostProcess
) -> None:
    logged = host.log.stat().st_size
    path = f"services/{service}/mic-values/A"
    text = f"m\n{INJECTED}\u2028{INJECTED}"
    body = {"messageId": text, "mic": "q83v", "algorithm": "MD5", "as2From": text, "as2To": text}
    await api.put(path, body)
    await api.get(f"{path}?messageId={quote(text)}")
    await api.post(f"services/{service}/suspend", headers={"x-ms-client-request-id": "a b"})
    assert lines_injected(host, logged) == []
