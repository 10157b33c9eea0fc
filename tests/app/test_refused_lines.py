"""A refused request is found in the log by its id, with its code, and with nothing that it said."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from localhost.stack import HostProcess
from shared.installation.installation import Installation
from shared.model.artifact import ImportBody
from shared.model.restore import RestoreBody
from shared.model.service import ServiceSettings
from shared.storage.tables import Row
from shared.web.http.refused import known_target
from tests.support.api import Api, Reply, api_of, nobodys, unique, x12_document
from tests.support.deployed import Deployed, Emulator
from tests.support.proxy import Scripted, proxied

ALONE = True
"""A row is damaged, and the whole log is searched."""

SECRET = "hunter2-Kx9w"
NAME = "hunter2-Kx9w"
"""A secret that somebody takes for a name."""

_TRIES = 50


@dataclass(frozen=True)
class Refused:
    """A request that holds the secret, and what its line says."""

    method: str
    path: str
    code: str
    route: str
    target: str | None = None
    why: str | None = None
    body: Any = None
    data: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


_ONE = "services/{service}"
_ARTIFACT = f"{_ONE}/artifacts/{{section}}/{{name}}"
_SETTINGS = {"edition": "Basic", "region": "Here"}

REQUESTS = {
    "an unknown member": Refused(
        "PUT",
        "services/{there}",
        "InvalidRequest",
        _ONE,
        "/*",
        "UnknownMember",
        {**_SETTINGS, SECRET: SECRET},
    ),
    "a value of another type": Refused(
        "PUT",
        "services/{there}",
        "InvalidRequest",
        _ONE,
        "/accessControl",
        "WrongType",
        {**_SETTINGS, "accessControl": SECRET},
    ),
    "two things at once": Refused(
        "POST",
        "services/{there}/scale",
        "InvalidRequest",
        f"{_ONE}/scale",
        "/unitCount",
        "MissingMember, UnknownMember",
        {SECRET: SECRET},
    ),
    "no JSON": Refused(
        "PUT",
        "services/{there}",
        "InvalidJson",
        _ONE,
        data=f'{{"{SECRET}": 1, "{SECRET}": 2}}'.encode(),
    ),
    "a query parameter that nobody knows": Refused(
        "GET", f"services?{SECRET}={SECRET}", "InvalidRequest", "services", "*", "UnknownParameter"
    ),
    "a query parameter twice": Refused(
        "GET", f"services?{SECRET}=1&{SECRET}=2", "InvalidRequest", "services", "*"
    ),
    "a version that is none": Refused(
        "GET",
        f"services?api-version={SECRET}",
        "UnsupportedApiVersionValue",
        "services",
        "api-version",
    ),
    "a choice that is none": Refused(
        "GET", f"services?state={SECRET}", "InvalidRequest", "services", "state"
    ),
    "a service that is not there": Refused(
        "GET", f"services/{NAME}", "ServiceNotFound", _ONE, "service"
    ),
    "a backup that is not there": Refused(
        "GET",
        f"services/{{there}}/backups/{NAME}",
        "BackupNotFound",
        f"{_ONE}/backups/{{backup}}",
        "backup",
    ),
    "a section that is none": Refused(
        "GET",
        f"services/{{there}}/artifacts/{SECRET}",
        "InvalidRequest",
        f"{_ONE}/artifacts/{{section}}",
        "section",
    ),
    "no such address": Refused("GET", f"{SECRET}/{SECRET}", "RouteNotFound", "{*address}"),
    "no such method": Refused("PATCH", f"services/{NAME}", "RouteNotFound", "{*address}"),
    "a condition that is none": Refused(
        "DELETE",
        "services/{there}",
        "InvalidRequest",
        _ONE,
        "If-Match",
        headers={"If-Match": SECRET},
    ),
    "a condition that is not met": Refused(
        "DELETE",
        "services/{there}",
        "ConditionNotMet",
        _ONE,
        "If-Match",
        headers={"If-Match": f'"{SECRET}"'},
    ),
    "an id that is none": Refused(
        "POST",
        "services/{there}/restart",
        "InvalidName",
        f"{_ONE}/restart",
        "Operation-Id",
        headers={"Operation-Id": f"{SECRET} x"},
    ),
    "a reference to nothing": Refused(
        "PUT",
        f"services/{{there}}/artifacts/bridges/{NAME}",
        "DanglingReference",
        _ARTIFACT,
        "/document/*",
        "DanglingReference",
        {"document": {"schema": f"{SECRET}-2"}},
    ),
    "what is in use": Refused(
        "DELETE",
        f"services/{{there}}/artifacts/schemas/{NAME}",
        "ArtifactInUse",
        _ARTIFACT,
        "schemas/*",
        "ArtifactInUse",
    ),
    "an account that is none": Refused(
        "POST",
        "restores",
        "StorageAccountUnknown",
        "restores",
        "/backup/storageAccount",
        body={"backup": {"storageAccount": SECRET, "container": NAME}},
    ),
}


async def lines_of(host: HostProcess, reply: Reply) -> list[dict[str, Any]]:
    """What the log says of a refused request: the fields of its events."""
    request_id = reply.headers["x-ms-request-id"]
    for _ in range(_TRIES):
        text = host.log.read_text()
        lines = [line for line in text.splitlines() if f'"request":"{request_id}"' in line]
        if lines:
            found = [re.search(r"RequestRefused: .*?([{][^{}]*[}])$", line) for line in lines]
            return [json.loads(one[1]) for one in found if one]
        await asyncio.sleep(0.1)
    return []


@pytest.fixture(scope="module")
def there() -> dict[str, str]:
    """The service that requests are about: made by the first test."""
    return {}


@pytest.fixture
async def service(api: Api, there: dict[str, str]) -> str:
    """With a schema whose name is the secret, and that is in use."""
    if not there:
        there["there"] = await api.service()
        path = f"services/{there['there']}/artifacts"
        await api.put(f"{path}/schemas/{NAME}", {"document": {}})
        put = await api.put(f"{path}/bridges/B", {"document": {"schema": NAME}})
        assert put.status == 201, put.body
    return there["there"]


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_refused_request_leaves_one_line_without_what_it_said(
    api: Api, host: HostProcess, service: str, name: str
) -> None:
    asked = REQUESTS[name]
    path = asked.path.replace("{there}", service)
    headers = {"x-secret": SECRET, "Cookie": SECRET, **asked.headers}
    reply = await api.call(asked.method, path, asked.body, data=asked.data, headers=headers)
    assert reply.code == asked.code, reply.body
    (line,) = await lines_of(host, reply)
    expected = {
        "event": "RequestRefused",
        "request": reply.headers["x-ms-request-id"],
        "status": reply.status,
        "code": asked.code,
        "target": asked.target,
        "why": asked.why,
        "method": asked.method,
        "route": asked.route,
        "caller": "key",
    }
    assert line == {member: value for member, value in expected.items() if value is not None}
    assert SECRET.lower() not in host.log.read_text().lower()


async def test_what_is_refused_of_an_import_leaves_a_line_for_each_code(
    api: Api, host: HostProcess, service: str
) -> None:
    dangling = {"section": "bridges", "document": {"schema": f"no-{SECRET}"}}
    bounds = {"interchangeControlNumberLowerBound": 9, "interchangeControlNumberUpperBound": 1}
    wrong = {"section": "agreements", "name": SECRET, "document": nobodys(x12_document(**bounds))}
    good = [{"section": "partners", "name": f"P{n}", "document": {}} for n in range(100)]
    refused = [{**dangling, "name": f"{SECRET}-{n}"} for n in range(2)]
    body = {"artifacts": [*good, *refused, wrong]}
    reply = await api.call("POST", f"services/{service}/import", body)
    assert reply.status == 207
    codes = [line["error"]["code"] for line in reply.body["value"] if line["status"] == "refused"]
    assert codes == ["DanglingReference", "DanglingReference", "InvalidRequest"]
    lines = await lines_of(host, reply)
    assert [(line["code"], line["route"]) for line in lines] == [
        ("DanglingReference", "services/{service}/import"),
        ("InvalidRequest", "services/{service}/import"),
    ]
    assert SECRET.lower() not in host.log.read_text().lower()


async def test_what_is_answered_leaves_no_such_line(
    api: Api, host: HostProcess, service: str
) -> None:
    good = await api.get(f"services/{service}")
    same = await api.get(f"services/{service}", headers={"If-None-Match": good.headers["ETag"]})
    refused = await api.get("services/nowhere")
    assert (good.status, same.status, refused.status) == (200, 304, 404)
    assert len(await lines_of(host, refused)) == 1
    for reply in (good, same):
        assert reply.headers["x-ms-request-id"] not in host.log.read_text()


async def test_a_request_that_fails_leaves_its_line_too(
    api: Api, host: HostProcess, host_app: Installation
) -> None:
    service = await api.service()
    table, key = host_app.directory._table, service.lower()
    whole = await table.get("service", key)
    assert whole is not None
    await table.replace(Row("service", key, {**whole.values, "service": "{}"}), None)
    reply = await api.get(f"services/{service}")
    await table.replace(whole, None)
    (line,) = await lines_of(host, reply)
    assert (line["status"], line["code"], line["route"]) == (500, "InternalError", _ONE)


async def test_storage_that_fails_leaves_its_line_too(emulator: Emulator, tmp_path: Path) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    async with proxied(deployed.state, "TableEndpoint") as (proxy, state):
        host = deployed.host(STATE_STORAGE=state)
        host.start()
        try:
            async with api_of(host.base_url, host.keys.host) as api:
                service = await api.service()
                proxy.script = [Scripted("GET", "", 503, "ServerBusy")]
                reply = await api.get(f"services/{service}")
                proxy.script = []
        finally:
            host.stop()
    (line,) = await lines_of(host, reply)
    assert (line["status"], line["code"]) == (503, "StorageUnavailable")


async def test_an_app_that_is_not_set_up_leaves_its_line_too(
    emulator: Emulator, tmp_path: Path
) -> None:
    host = Deployed.new(emulator, tmp_path).host(SEALING_KEY="short")
    host.start()
    try:
        async with api_of(host.base_url, host.keys.host) as api:
            reply = await api.get(f"services/{unique('svc')}")
    finally:
        host.stop()
    (line,) = await lines_of(host, reply)
    assert (line["status"], line["code"], line["route"]) == (503, "StorageUnavailable", _ONE)


@pytest.mark.parametrize(
    ("target", "body", "told"),
    [
        (None, None, None),
        ("", ServiceSettings, None),
        ("service", None, "service"),
        ("Operation-Id", None, "Operation-Id"),
        ("partners/Northwind", None, "partners/*"),
        ("bridges", None, "bridges"),
        ("contoso-before-upgrade", None, "*"),
        ("nowhere/Northwind", None, "*"),
        ("/edition", None, "/*"),
        ("/edition", ServiceSettings, "/edition"),
        ("/edition/4711", ServiceSettings, "/edition/*"),
        ("/sslCertificate/data", ServiceSettings, "/sslCertificate/data"),
        ("/accessControl/pin/4711", ServiceSettings, "/accessControl/*"),
        ("/artifacts/3/name", ImportBody, "/artifacts/3/name"),
        ("/artifacts/3/document/4711", ImportBody, "/artifacts/3/document/*"),
        ("/artifacts/x/name", ImportBody, "/artifacts/*"),
        ("/service/edition", RestoreBody, "/service/edition"),
        ("/controlNumbers/policy", RestoreBody, "/controlNumbers/policy"),
    ],
)
def test_a_target_is_told_as_far_as_the_app_named_it(
    target: str | None, body: Any, told: str | None
) -> None:
    assert known_target(target, {"service"}, body) == told
