"""Roles enforced: what App Service authentication says of a caller, and what it may call then.

The thin host strips the platform's headers, so the functions are called here as the worker does.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from shared.installation.installation import current
from shared.rules.roles import Role, roles_for
from shared.settings.environment import SettingsInvalid, read_settings
from shared.triggers.doors import routes
from shared.web.http.caller import UNKNOWN, caller_of, roles_of
from tests.support.api import Api
from tests.support.declared import functions
from tests.support.deployed import Deployed, Emulator

FUNCTIONS = {function.get_function_name(): function.get_user_function() for function in functions()}
SAMPLES = {
    "service": "contoso-b2b",
    "section": "partners",
    "kind": "interchange",
}
Ask = Callable[..., Awaitable[func.HttpResponse]]


def principal(*roles: str, role_typ: str = "roles") -> dict[str, str]:
    """The header as App Service authentication makes it."""
    claims = [{"typ": "name", "val": "Somebody"}, *({"typ": role_typ, "val": r} for r in roles)]
    said = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": role_typ}
    return header(json.dumps(said).encode())


def header(content: bytes) -> dict[str, str]:
    return {"x-ms-client-principal": base64.b64encode(content).decode()}


@pytest.fixture
async def ask(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ask]:
    """Calls a function of an app that requires roles."""
    deployed = Deployed.new(emulator, tmp_path)
    settings = {**deployed.settings, "STATE_STORAGE": deployed.state}
    for name, value in {**settings, "REQUIRE_ROLES": "true"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    current.cache_clear()

    async def one(name: str, headers: Mapping[str, str], body: bytes = b"") -> func.HttpResponse:
        declared = next(route for route in routes() if route.name == name)
        request = func.HttpRequest(
            method="GET" if declared.method == "ANY" else declared.method,
            url=f"https://app.example.com/api/{declared.path}",
            headers={"content-length": str(len(body)), **headers},
            params={},
            route_params={part: SAMPLES.get(part, "x") for part in _parameters(declared.path)},
            body=body,
        )
        answer: func.HttpResponse = await FUNCTIONS[name](request)
        return answer

    yield one
    await current().close()
    current.cache_clear()


def _parameters(path: str) -> list[str]:
    return [part[1:-1].lstrip("*") for part in path.split("/") if part.startswith("{")]


def code(answer: func.HttpResponse) -> str | None:
    if not answer.headers["Content-Type"].startswith("application/json"):
        return None  # a page
    body: Any = json.loads(answer.get_body() or b"{}")
    found = body.get("error", {}).get("code")
    assert found == answer.headers.get("x-ms-error-code")
    return str(found) if found else None


async def test_each_route_takes_its_roles_and_no_other(ask: Ask) -> None:
    for declared in routes():
        for role in Role:
            answer = await ask(declared.name, principal(role))
            allowed = declared.anonymous or role in roles_for(declared.role)
            forbidden = (answer.status_code, code(answer)) == (403, "Forbidden")
            assert forbidden != allowed, f"{role} calls {declared.name}: {answer.status_code}"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        principal(),
        principal("Interkeep.Nobody"),
        principal("interkeep.admin"),
        {"x-ms-client-principal": "no base64!"},
        header(b"no json"),
        header(b"[]"),
        header(b'{"claims": {"roles": "Interkeep.Admin"}}'),
        header(b'{"claims": ["Interkeep.Admin"]}'),
        header(b'{"claims": [{"typ": "name", "val": "Interkeep.Admin"}]}'),
        header(b"\xff\xfe"),
        {"roles": "Interkeep.Admin", "x-interkeep-role": "Interkeep.Admin"},
    ],
)
async def test_whoever_has_no_role_is_refused(ask: Ask, headers: dict[str, str]) -> None:
    refused = await ask("list_services", headers)
    error = json.loads(refused.get_body())["error"]
    assert (refused.status_code, error["code"]) == (403, "Forbidden")
    assert "Interkeep.Reader" in error["message"]


async def test_what_is_open_stays_open(ask: Ask) -> None:
    assert (await ask("health", {})).status_code == 200
    assert (await ask("get_openapi", {})).status_code == 200
    assert (await ask("get_docs", {})).status_code == 200
    assert code(await ask("zz_route_not_found", {})) == "RouteNotFound"


async def test_who_was_refused_is_in_the_log(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caller = {"x-ms-client-principal-name": "somebody@contoso.example"}
    refused = await ask("put_service", {**principal(Role.READER), **caller}, b"{}")
    (line,) = [one for one in map(str, caplog.messages) if one.startswith("RequestRefused: ")]
    told = json.loads(line[line.index("{") :])
    assert told["request"] == refused.headers["x-ms-request-id"]
    assert (told["code"], told["caller"]) == ("Forbidden", "somebody@contoso.example")


async def test_a_refusal_changes_nothing(ask: Ask) -> None:
    body = json.dumps({"edition": "Basic"}).encode()
    refused = await ask("put_service", principal(Role.OPERATOR), body)
    assert code(refused) == "Forbidden"
    assert (await ask("get_service", principal(Role.READER))).status_code == 404
    assert (await ask("put_service", principal(Role.ADMIN), body)).status_code == 201
    assert (await ask("get_service", principal(Role.READER))).status_code == 200


async def test_the_role_claim_may_have_the_long_name(ask: Ask) -> None:
    """Tokens of version 1, and SAML."""
    long = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
    answer = await ask("list_services", principal(Role.READER, role_typ=long))
    assert answer.status_code == 200


@pytest.mark.parametrize("authentication", [None, "", "False"])
def test_an_app_without_authentication_does_not_start(
    emulator: Emulator, tmp_path: Path, authentication: str | None
) -> None:
    deployed = Deployed.new(emulator, tmp_path)
    environment = {**deployed.settings, "STATE_STORAGE": deployed.state, "REQUIRE_ROLES": "true"}
    if authentication is not None:
        environment["WEBSITE_AUTH_ENABLED"] = authentication
    with pytest.raises(SettingsInvalid, match="REQUIRE_ROLES: needs App Service authentication"):
        read_settings(environment)
    assert read_settings({**environment, "WEBSITE_AUTH_ENABLED": "True"}).require_roles
    with pytest.raises(SettingsInvalid, match="REQUIRE_ROLES"):
        read_settings({**environment, "REQUIRE_ROLES": "perhaps"})


@pytest.mark.parametrize("authentication", [None, "", "False"])
def test_who_a_caller_says_it_is_counts_for_nothing_without_authentication(
    monkeypatch: pytest.MonkeyPatch, authentication: str | None
) -> None:
    """Anyone could send the platform's headers."""
    sent = {
        **principal(Role.ADMIN),
        "x-ms-client-principal-name": "root",
        "x-ms-client-principal-id": "root",
    }
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    assert (caller_of(sent), roles_of(sent)) == ("root", {Role.ADMIN})
    if authentication is None:
        monkeypatch.delenv("WEBSITE_AUTH_ENABLED")
    else:
        monkeypatch.setenv("WEBSITE_AUTH_ENABLED", authentication)
    assert (caller_of(sent), roles_of(sent)) == (UNKNOWN, frozenset())


async def test_without_the_setting_a_key_is_enough(api: Api) -> None:
    """And whoever sends the platform's headers himself is no more for it."""
    service = await api.service()
    read = await api.get(f"services/{service}", headers=principal(Role.READER))
    assert read.body["name"] == service
    assert (await api.delete(f"services/{service}", headers=principal())).status == 202


async def test_every_answer_has_the_security_headers(ask: Ask, api: Api) -> None:
    service = await api.service()
    path = f"services/{service}/artifacts/schemas/s"
    assert (await api.put(path, {"document": {}})).status == 201
    page = {"Content-Type": "text/html"}
    await api.put(f"{path}/content", data=b"<script>alert(1)</script>", headers=page)
    answers = [
        await api.get("health"),
        await api.get("openapi.json"),
        await api.get("no/such/route"),
        await api.get(f"services/{service}"),
        await api.get(f"{path}/content"),
        await api.delete(path),
        await api.put(path, data=b"{"),
    ]
    refused = await ask("list_services", {})
    for headers in [answer.headers for answer in answers] + [refused.headers]:
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "private, no-cache"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "max-age" in headers["Strict-Transport-Security"]
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
    assert answers[4].content == b"<script>alert(1)</script>", "kept as it is, and run by nobody"


async def test_the_document_says_which_roles_may_call(api: Api) -> None:
    paths = (await api.get("openapi.json", key="")).body["paths"]
    said = {
        one["operationId"]: one.get("x-roles") for path in paths.values() for one in path.values()
    }
    for declared in routes():
        if declared.method == "ANY":
            continue
        open_to_all = declared.anonymous or declared.name == "get_me"
        allowed = [role for role in Role if role in roles_for(declared.role)]
        assert said[declared.name] == (None if open_to_all else allowed), declared.name


@pytest.mark.parametrize("role", Role)
async def test_who_calls_is_told_what_it_may(ask: Ask, role: Role) -> None:
    named = {"x-ms-client-principal-name": "ada@contoso.example"}
    answer = await ask("get_me", {**principal(role, "Another.Role"), **named})
    shown = json.loads(answer.get_body())
    operations = shown.pop("operations")
    assert shown == {
        "caller": "ada@contoso.example",
        "cameInBy": "appServiceAuthentication",
        "rolesRequired": True,
        "roles": [role],
    }
    for declared in routes():
        forbidden = code(await ask(declared.name, principal(role))) == "Forbidden"
        told = declared.name in operations or declared.method == "ANY"
        assert told != forbidden, declared.name


async def test_who_has_no_role_is_told_so(ask: Ask) -> None:
    shown = json.loads((await ask("get_me", principal())).get_body())
    assert (shown["cameInBy"], shown["roles"]) == ("appServiceAuthentication", [])
    open_to_all = {one.name for one in routes() if one.anonymous and one.method != "ANY"}
    assert set(shown["operations"]) == open_to_all | {"get_me"}
    nobody = json.loads((await ask("get_me", {"x-functions-key": "k"})).get_body())
    assert (nobody["caller"], nobody["cameInBy"]) == (UNKNOWN, "functionKey")
    assert json.loads((await ask("get_me", {})).get_body())["cameInBy"] == "none"


async def test_with_a_key_alone_everything_may_be_called(api: Api) -> None:
    mine = await api.get("me", headers=principal(Role.READER))
    shown = mine.body
    operations = shown.pop("operations")
    assert shown == {
        "caller": UNKNOWN,
        "cameInBy": "functionKey",
        "rolesRequired": False,
        "roles": [],
    }
    paths = (await api.get("openapi.json", key="")).body["paths"]
    every = [one["operationId"] for path in paths.values() for one in path.values()]
    assert sorted(operations) == sorted(every)
    again = await api.get("me", headers={"If-None-Match": mine.headers["ETag"]})
    assert (again.status, again.content) == (304, b"")
    assert (await api.get("me", key="")).status == 401
