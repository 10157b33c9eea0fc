"""No function key beside a sign-in (FUNCTION_KEYS=optional), and changes by the cookie's power.

The thin host strips the platform's headers, so who signed in is told to the functions as the worker
does; that no key is asked for is looked at over HTTP.
"""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
from openapi_spec_validator import validate

from shared.installation.installation import current
from shared.rules.roles import Role
from shared.triggers.doors import routes
from tests.app.test_roles import FUNCTIONS, code, principal
from tests.support.api import api_of, unique
from tests.support.deployed import Deployed, Emulator

KEYLESS = {"FUNCTION_KEYS": "optional", "REQUIRE_ROLES": "true", "WEBSITE_AUTH_ENABLED": "True"}
SIGNED_IN = {**principal(Role.ADMIN), "x-ms-client-principal-name": "ada@contoso.example"}
TOKEN = {"authorization": "Bearer token"}


class App:
    """The functions of an app with these settings, called as the worker does."""

    async def ask(
        self, name: str, headers: Mapping[str, str], body: Any = None, **path: str
    ) -> func.HttpResponse:
        declared = next(route for route in routes() if route.name == name)
        content = b"" if body is None else json.dumps(body).encode()
        request = func.HttpRequest(
            method=declared.method,
            url=f"https://app.example.com/api/{declared.path}",
            headers={"content-length": str(len(content)), **headers},
            params={},
            route_params=path,
            body=content,
        )
        answer: func.HttpResponse = await FUNCTIONS[name](request)
        return answer


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path) -> dict[str, str]:
    deployed = Deployed.new(emulator, tmp_path)
    return {**deployed.settings, "STATE_STORAGE": deployed.state}


@pytest.fixture(params=["optional", "required"])
async def app(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[App]:
    """Roles are enforced; keys are optional or not."""
    for name, value in {**settings, **KEYLESS, "FUNCTION_KEYS": request.param}.items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    yield App()
    await current().close()
    current.cache_clear()


def levels(**changes: str) -> dict[str, str]:
    """By function of HTTP, what key the host asks for, with these settings."""
    told = (
        "import json, function_app\n"
        "found = {f.get_function_name(): f.get_trigger().get_dict_repr().get('authLevel')"
        " for f in function_app.app.get_functions()}\n"
        "print(json.dumps({n: str(getattr(l, 'value', l)) for n, l in found.items() if l}))"
    )
    kept = {n: v for n, v in os.environ.items() if n not in KEYLESS}
    done = subprocess.run(
        [sys.executable, "-c", told],
        capture_output=True,
        text=True,
        check=True,
        env={**kept, **changes},
        cwd=Path(__file__).resolve().parents[2],
    )
    found: dict[str, str] = json.loads(done.stdout)
    return {name: level.lower() for name, level in found.items()}


def test_the_host_asks_for_keys_unless_all_three_settings_are_on() -> None:
    usual = {one.name: "anonymous" if one.anonymous else "function" for one in routes()}
    usual["portal"] = "anonymous"  # the page itself, which holds nothing
    assert levels() == usual
    assert levels(**KEYLESS) == dict.fromkeys(usual, "anonymous")
    for name, value in (("REQUIRE_ROLES", "false"), ("WEBSITE_AUTH_ENABLED", "false")):
        assert levels(**{**KEYLESS, name: value}) == usual, f"{name} guards nothing"


async def test_over_http_no_key_is_asked_for_and_none_is_enough(
    emulator: Emulator, tmp_path: Path
) -> None:
    host = Deployed.new(emulator, tmp_path).host(**KEYLESS)
    host.start()
    try:
        for key in ("", host.keys.host):
            async with api_of(host.base_url, key) as api:
                assert (await api.get("health")).status == 200
                for method, path in (
                    ("GET", "services"),
                    ("GET", "me"),
                    ("GET", "operations"),
                    ("PUT", f"services/{unique('svc')}"),
                ):
                    body = {"edition": "Basic"} if method == "PUT" else None
                    claimed = SIGNED_IN  # by the caller itself, which the platform strips
                    refused = await api.call(method, path, body, headers=claimed)
                    assert (refused.status, refused.code) == (403, "Forbidden"), path
                    assert "Nobody signed in" in refused.body["error"]["message"]
    finally:
        host.stop()


async def test_without_roles_nothing_is_answered(emulator: Emulator, tmp_path: Path) -> None:
    host = Deployed.new(emulator, tmp_path).host(FUNCTION_KEYS="optional")
    host.start()
    try:
        async with api_of(host.base_url, "") as api:
            assert (await api.get("services")).status == 401, "keys are asked for all the same"
        async with api_of(host.base_url, host.keys.host) as api:
            told = await api.get("services")
            assert (told.status, told.code) == (503, "StorageUnavailable")
    finally:
        host.stop()
    assert "FUNCTION_KEYS: optional needs REQUIRE_ROLES=true" in host.log.read_text()


async def test_who_signed_in_needs_a_role_and_no_more(app: App) -> None:
    shown = await app.ask("get_me", SIGNED_IN)
    told = json.loads(shown.get_body())
    assert (told["caller"], told["cameInBy"]) == (
        "ada@contoso.example",
        "appServiceAuthentication",
    )
    created = await app.ask("put_service", SIGNED_IN, {"edition": "Basic"}, service="contoso-b2b")
    assert created.status_code == 201
    reader = principal(Role.READER)
    assert (await app.ask("get_service", reader, service="contoso-b2b")).status_code == 200
    refused = await app.ask("delete_service", reader, service="contoso-b2b")
    assert (refused.status_code, code(refused)) == (403, "Forbidden")
    nobody = await app.ask("get_me", principal())
    assert json.loads(nobody.get_body())["roles"] == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site "])
async def test_a_change_from_another_sites_page_is_refused(app: App, site: str) -> None:
    foreign = {**SIGNED_IN, "sec-fetch-site": site, "cookie": "AppServiceAuthSession=x"}
    body = {"edition": "Basic"}
    refused = await app.ask("put_service", foreign, body, service="contoso-b2b")
    error = json.loads(refused.get_body())["error"]
    assert (refused.status_code, error["code"]) == (403, "CrossSiteRequest")
    assert (await app.ask("get_service", foreign, service="contoso-b2b")).status_code == 404
    assert (await app.ask("list_services", foreign)).status_code == 200, "it sees nothing of it"
    made = await app.ask("put_service", {**foreign, **TOKEN}, body, service="contoso-b2b")
    assert made.status_code == 201, "a token is never sent by itself"
    for declared in routes():
        if declared.method in ("PUT", "POST", "PATCH", "DELETE"):
            answer = await app.ask(declared.name, foreign)
            assert code(answer) == "CrossSiteRequest", declared.name
    assert (await app.ask("get_service", foreign, service="contoso-b2b")).status_code == 200


@pytest.mark.parametrize("site", ["same-origin", "none", ""])
async def test_a_change_from_the_apps_own_page_is_made(app: App, site: str) -> None:
    own = {**SIGNED_IN, "sec-fetch-site": site, "cookie": "AppServiceAuthSession=x"}
    made = await app.ask("put_service", own, {"edition": "Basic"}, service="contoso-b2b")
    assert made.status_code == 201


@pytest.mark.parametrize(
    ("origin", "forwarded"),
    [
        ("https://evil.example", ""),
        ("https://app.example.com.evil.example", ""),
        ("https://other.app.example.com", ""),
        ("https://app.example.com:8443", ""),
        ("http://app.example.com", ""),
        ("null", ""),
        ("https://evil.example", "portal.contoso.example"),
    ],
)
async def test_a_browser_that_judges_no_site_is_believed_by_its_origin(
    app: App, origin: str, forwarded: str
) -> None:
    foreign = {**SIGNED_IN, "origin": origin, "cookie": "AppServiceAuthSession=x"}
    foreign |= {"x-forwarded-host": forwarded} if forwarded else {}
    body = {"edition": "Basic"}
    refused = await app.ask("put_service", foreign, body, service="contoso-b2b")
    error = json.loads(refused.get_body())["error"]
    assert (refused.status_code, error["code"]) == (403, "CrossSiteRequest")
    assert error["target"] == "Origin"
    assert (await app.ask("list_services", foreign)).status_code == 200, "it sees nothing of it"
    made = await app.ask("put_service", {**foreign, **TOKEN}, body, service="contoso-b2b")
    assert made.status_code == 201, "a token is never sent by itself"


@pytest.mark.parametrize(
    "own",
    [
        {"origin": "https://app.example.com"},
        {"origin": "https://APP.example.com"},
        {"origin": "https://portal.contoso.example", "x-forwarded-host": "portal.contoso.example"},
        # Behind a proxy that tells nobody which host was asked, the browser's own word counts.
        {"origin": "https://portal.contoso.example", "sec-fetch-site": "same-origin"},
    ],
)
async def test_an_origin_of_the_apps_own_is_no_other_site(app: App, own: dict[str, str]) -> None:
    headers = {**SIGNED_IN, "cookie": "AppServiceAuthSession=x", **own}
    made = await app.ask("put_service", headers, {"edition": "Basic"}, service="contoso-b2b")
    assert made.status_code == 201


async def test_the_document_says_what_lets_in(app: App) -> None:
    described = json.loads((await app.ask("get_openapi", {})).get_body())
    validate(described)
    shown = (await app.ask("get_docs", {})).get_body().decode()
    schemes = described["components"]["securitySchemes"]
    if current().settings.function_keys == "optional":
        assert [sorted(one) for one in described["security"]] == [
            ["appServiceAuthentication"],
            ["appServiceAuthentication", "functionKey"],
        ]
        assert set(schemes) == {"appServiceAuthentication", "functionKey"}
        assert schemes["appServiceAuthentication"]["scheme"] == "bearer"
        assert "Authorization: Bearer $INTERKEEP_TOKEN" in shown
        assert "$INTERKEEP_KEY" not in shown
    else:
        assert described["security"] == [{"functionKey": []}]
        assert set(schemes) == {"functionKey"}
        assert "$INTERKEEP_TOKEN" not in shown


async def test_a_key_is_never_sent_by_itself(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without authentication there is no cookie: a page that has a key, such as the Azure portal,
    may send changes."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    current.cache_clear()
    foreign = {**SIGNED_IN, "sec-fetch-site": "cross-site"}
    made = await App().ask("put_service", foreign, {"edition": "Basic"}, service="contoso-b2b")
    assert made.status_code == 201
    await current().close()
    current.cache_clear()
