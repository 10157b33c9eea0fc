"""The host's HTTP side: keys, routes, requests to functions, the admin addresses."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from localhost.keys import Keys
from localhost.routes import Routes
from localhost.worker import Function, HttpRequest, InvocationFailed, Worker

CLOCK_OFFSET = "INTERKEEP_CLOCK_OFFSET_SECONDS"
"""What the clock address sets in this process, for the app to read."""

_MOST_BODY = 100 * 1024 * 1024
MOST_SECONDS = 230
"""After this long the platform's load balancer gives up on an answer."""

_DRAIN_SECONDS = 5

_PLATFORM_HEADERS = ("x-ms-client-principal", "x-ms-token-")
"""Set by App Service authentication alone; anyone could send them to this host."""

log = logging.getLogger("localhost.web")

Result = TypeVar("Result")


class Web:
    """Answers HTTP as the Functions host does.

    :param run_by_hand: runs a function that is no HTTP function, given its input.
    :param most_seconds: when an answer is cut; its function runs on.
    """

    def __init__(
        self,
        worker: Worker,
        functions: list[Function],
        routes: Routes,
        keys: Keys,
        run_by_hand: Callable[[Function, str], Awaitable[None]],
        *,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        self._worker = worker
        self._functions = {function.name.lower(): function for function in functions}
        self._routes = routes
        self._keys = keys
        self._run_by_hand = run_by_hand
        self._most_seconds = most_seconds
        self._running: set[asyncio.Task[object]] = set()
        self._by_hand: Counter[str] = Counter()

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=_MOST_BODY)
        app.router.add_get("/admin/host/status", self._status)
        app.router.add_get("/admin/functions", self._list)
        app.router.add_post("/admin/functions/{name}", self._run)
        app.router.add_get("/admin/localhost/running", self._by_hand_now)
        app.router.add_put("/admin/localhost/clock", self._clock)
        app.router.add_route("*", "/{path:(?s:.*)}", self._function)
        return app

    async def _function(self, request: web.Request) -> web.Response:
        match = self._routes.find(request.method, request.rel_url.raw_path)
        if match is None:
            return web.Response(status=404)
        if not self._keys.opens(_key(request), match.function):
            return web.Response(status=401)
        if (request.content_length or 0) > _MOST_BODY:
            return web.Response(status=413)
        called = HttpRequest(
            request.method,
            str(request.url),
            _headers(request),
            _query(request),
            match.params,
            # The host hands on a chunked body as none at all.
            await request.read() if request.content_length else b"",
        )
        # A client that goes away does not end its function.
        task = self._keep(self._worker.call_http(match.function, called))
        try:
            answer = await asyncio.wait_for(asyncio.shield(task), self._most_seconds)
        except TimeoutError:
            return web.Response(status=504)
        except InvocationFailed as failed:
            log.error("%s failed: %s", match.function.name, failed)
            return web.Response(status=500)
        headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
        body = b"" if answer.status in (204, 304) else answer.body
        if answer.status in (204, 304):
            headers.pop("content-type", None)
        return web.Response(status=answer.status, headers=headers, body=body)

    def _keep(self, work: Coroutine[Any, Any, Result]) -> "asyncio.Task[Result]":
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _status(self, request: web.Request) -> web.Response:
        self._require_master(request)
        return web.json_response({"state": "Running"})

    async def _list(self, request: web.Request) -> web.Response:
        self._require_master(request)
        listed = [{"name": f.name, "trigger": f.trigger} for f in self._functions.values()]
        return web.json_response(listed)

    async def _run(self, request: web.Request) -> web.Response:
        """Run a function behind the answer, as the portal's Test/Run does; takes no timer lock."""
        self._require_master(request)
        function = self._functions.get(request.match_info["name"].lower())
        if function is None or function.kind == "httpTrigger":
            return web.Response(status=404)
        body = await _json_object(request) if request.can_read_body else {}
        self._by_hand[function.name] += 1
        self._keep(self._logged(function, str(body.get("input") or "")))
        return web.Response(status=202)

    async def _by_hand_now(self, request: web.Request) -> web.Response:
        """Which functions that were started by hand still run, and how often."""
        self._require_master(request)
        return web.json_response({name: n for name, n in self._by_hand.items() if n})

    async def _logged(self, function: Function, given: str) -> None:
        try:
            await self._run_by_hand(function, given)
        except InvocationFailed as failed:
            log.error("%s, run by hand, failed: %s", function.name, failed)
        finally:
            self._by_hand[function.name] -= 1

    async def _clock(self, request: web.Request) -> web.Response:
        self._require_master(request)
        offset = (await _json_object(request)).get("offsetSeconds")
        if not isinstance(offset, int | float):
            raise web.HTTPBadRequest(text='The body is {"offsetSeconds": number}.')
        os.environ[CLOCK_OFFSET] = str(float(offset))
        return web.json_response({"offsetSeconds": float(offset)})

    def _require_master(self, request: web.Request) -> None:
        if not self._keys.is_master(_key(request)):
            raise web.HTTPUnauthorized(body=b"")

    async def close(self) -> None:
        """Give what runs a little time to end."""
        if self._running:
            await asyncio.wait(self._running, timeout=_DRAIN_SECONDS)


async def _json_object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="The body is no JSON object.")
    return body


def _key(request: web.Request) -> str | None:
    return request.headers.get("x-functions-key") or request.query.get("code")


def _headers(request: web.Request) -> dict[str, str]:
    sent = ((name.lower(), value) for name, value in request.headers.items())
    return _joined((name, v) for name, v in sent if not name.startswith(_PLATFORM_HEADERS))


def _query(request: web.Request) -> dict[str, str]:
    """Query parameters; those with an empty value are dropped."""
    return _joined(parse_qsl(request.rel_url.raw_query_string))


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The values of one name, joined by commas without the empty ones."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = ",".join(filter(None, (joined.get(name), value)))
    return joined
