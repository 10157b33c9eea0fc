"""What App Service puts before the functions: its sign-in, its cookie, and the headers that only it
sets. Over TLS, on this machine.

The thin host strips those headers, as anyone could send them to it. So the functions are called in
this process, as the worker does.
"""

import base64
import json
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import azure.functions as func
from aiohttp import web

from localhost.processes import free_ports
from localhost.routes import Routes
from localhost.worker import Function
from tests.support.declared import functions
from tests.support.managed_identity import certificate_for_this_machine

COOKIE = "AppServiceAuthSession"
EXCLUDED = ("/api/health", "/api/openapi.json", "/api/docs", "/api/portal")
"""``excludedPaths`` of infra/modules/app.bicep, which are let through without a sign-in."""

_CLIENTS = "x-ms-client-principal"


class AppService:
    """An app with App Service authentication: whoever comes to its sign-in is ``name``."""

    def __init__(self, folder: Path) -> None:
        self.name = "ada@contoso.example"
        self.roles: list[str] = []
        """App roles of whoever is signed in; they count from the next request on."""
        self.base_url = ""
        self._folder = folder
        self._sessions: set[str] = set()
        self._functions = {one.get_function_name(): one.get_user_function() for one in functions()}
        self._routes = Routes(
            [
                Function(name=one.get_function_name(), id=one.get_function_name(), trigger=trigger)
                for one in functions()
                if (trigger := one.get_trigger().get_dict_repr())["type"] == "httpTrigger"
            ],
            "api",
        )

    def end_sessions(self) -> None:
        """As when the time of a sign-in is over: its cookie is there, and lets nobody in."""
        self._sessions.clear()

    async def answer(self, request: web.Request) -> web.Response:
        """One request, as App Service sees it first."""
        path = request.path
        if path == "/.auth/login/aad":
            return self._signed_in(request)
        if path == "/.auth/logout":
            self._sessions.discard(request.cookies.get(COOKIE, ""))
            return _redirect("/api/portal/")
        excluded = any(path == one or path.startswith(f"{one}/") for one in EXCLUDED)
        signed_in = request.cookies.get(COOKIE) in self._sessions
        if not signed_in and not excluded:
            realm = f'Bearer realm="{request.host}"'
            return web.Response(status=401, headers={"WWW-Authenticate": realm})
        headers = {
            name.lower(): value
            for name, value in request.headers.items()
            if not name.lower().startswith(_CLIENTS)
        }
        if signed_in:
            headers |= {_CLIENTS: self._principal(), f"{_CLIENTS}-name": self.name}
        return await self._function(request, headers)

    def _signed_in(self, request: web.Request) -> web.Response:
        session = secrets.token_urlsafe(16)
        self._sessions.add(session)
        to = parse_qs(urlsplit(str(request.rel_url)).query).get("post_login_redirect_uri", ["/"])[0]
        answer = _redirect(to)
        answer.set_cookie(COOKIE, session, secure=True, httponly=True, samesite="None")
        return answer

    def _principal(self) -> str:
        claims = [{"typ": "roles", "val": role} for role in self.roles]
        said = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": "roles"}
        return base64.b64encode(json.dumps(said).encode()).decode()

    async def _function(self, request: web.Request, headers: dict[str, str]) -> web.Response:
        match = self._routes.find(request.method, request.rel_url.raw_path)
        if match is None:
            return web.Response(status=404)
        called = func.HttpRequest(
            method=request.method,
            url=str(request.url),
            headers=headers,
            params=dict(request.query),
            route_params=match.params,
            body=await request.read(),
        )
        answer: func.HttpResponse = await self._functions[match.function.name](called)
        kept = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
        body = b"" if answer.status_code in (204, 304) else answer.get_body()
        return web.Response(status=answer.status_code, headers=kept, body=body)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["AppService"]:
        """It listens until the block ends; the app's settings must be in the environment."""
        files = certificate_for_this_machine(self._folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        app = web.Application()
        app.router.add_route("*", "/{path:(?s:.*)}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_ports(1)[0]
        self.base_url = f"https://127.0.0.1:{port}"
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
        try:
            yield self
        finally:
            await runner.cleanup()


def _redirect(to: str) -> web.Response:
    return web.Response(status=302, headers={"Location": to})
