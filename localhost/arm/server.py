"""The stand-in over HTTP."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from localhost.arm.addresses import segments_of
from localhost.arm.links import CONTENT, LinkRefused, Links
from localhost.arm.refused import Refused, malformed
from localhost.arm.service import Answer, Asked, Service
from localhost.arm.state import State
from localhost.arm.switches import Budgets, Disturbances, Fault, Seen, Switches

STAND_IN = {"x-ms-stand-in": "interkeep"}
"""The header of every answer, which says what it comes from."""

_SECRET_HEADERS = {"authorization", "cookie", "proxy-authorization"}
_SECRET_PARAMETERS = {"sig", "until"}
_FETCH_SECONDS = 30


class _Cut(Exception):
    """The connection ends without an answer."""


class StandIn:
    """The stand-in: what there is, how it goes, what it saw, and its server."""

    def __init__(self) -> None:
        self.state = State()
        self.switches = Switches()
        self.disturbances = Disturbances()
        self.links = Links(self.state, self.switches)
        self._service = Service(self.state, self.switches, self.links)
        self._budgets = Budgets(self.switches)
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> None:
        """Listen on a port of 127.0.0.1.

        :raises OSError: where something else does.
        """
        # Without a limit: a body that is too large is refused as the real service does it.
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:(?s:.*)}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()

    async def stop(self) -> None:
        """Listen no more, and cut what is connected."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path, _, text = request.raw_path.partition("?")
        query = dict(parse_qsl(text, keep_blank_values=True))
        seen = Seen(
            request.method,
            path,
            {k: v for k, v in query.items() if k not in _SECRET_PARAMETERS},
            {k.lower(): v for k, v in request.headers.items() if k.lower() not in _SECRET_HEADERS},
            "Authorization" in request.headers,
        )
        fault = self.disturbances.note(seen)
        try:
            answer = await self._disturbed(request, path, query, fault)
        except _Cut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=503)
        seen.status = answer.status
        if fault is not None and fault.cut == "middle":
            return await _half(request, answer)
        return answer

    async def _disturbed(
        self, request: web.Request, path: str, query: Mapping[str, str], fault: Fault | None
    ) -> web.Response:
        if fault is None:
            return await self._answered(request, path, query)
        if fault.meanwhile is not None:
            fault.meanwhile()
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        replaced = fault.status or fault.cut == "no answer"
        answer = None
        if not replaced or fault.carried_out:
            answer = await self._answered(request, path, query)
        if fault.cut == "no answer":
            raise _Cut
        if fault.status or answer is None:
            body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
            kind = "text/plain" if isinstance(fault.body, str) else "application/json"
            answer = web.Response(
                status=fault.status, text=body, content_type=kind, headers=dict(STAND_IN)
            )
        answer.headers.update(fault.headers)
        return answer

    async def _answered(
        self, request: web.Request, path: str, query: Mapping[str, str]
    ) -> web.Response:
        if path.startswith(f"/{CONTENT}/"):
            return self._content(request, path, query)
        headers = {
            **STAND_IN,
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
            "Expires": "-1",
            "x-ms-request-id": str(uuid.uuid4()),
            "x-ms-correlation-request-id": str(uuid.uuid4()),
            "x-ms-routing-request-id": f"LOCALHOST:{uuid.uuid4()}",
        }
        try:
            answer = await self._let_in(request, path, query, headers)
        except Refused as refused:
            headers.update(refused.headers)
            if refused.gateway:
                headers["x-ms-failure-cause"] = "gateway"
                for what in ("reads", "writes"):
                    headers.pop(f"x-ms-ratelimit-remaining-subscription-{what}", None)
            answer = Answer(refused.status, refused.body)
        headers.update(answer.headers)
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        return web.json_response(answer.body, status=answer.status, headers=headers)

    async def _let_in(
        self,
        request: web.Request,
        path: str,
        query: Mapping[str, str],
        headers: dict[str, str],
    ) -> Answer:
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            raise Refused(
                401,
                "AuthenticationFailed",
                "The request has no bearer token.",
                gateway=True,
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        what = "reads" if request.method in ("GET", "HEAD") else "writes"
        left, seconds = self._budgets.take("reads" if what == "reads" else "writes")
        headers[f"x-ms-ratelimit-remaining-subscription-{what}"] = str(max(0, left))
        if left < 0:
            raise Refused(
                429,
                "SubscriptionRequestsThrottled",
                f"There are no {what} left for {seconds} seconds.",
                headers={"Retry-After": str(seconds)},
            )
        asked = Asked(
            request.method,
            path,
            query,
            {k.lower(): v for k, v in request.headers.items()},
            await request.read(),
            f"{request.scheme}://{request.host}",
        )
        return self._service.answer(await _with_linked_content(asked))

    def _content(self, request: web.Request, path: str, query: Mapping[str, str]) -> web.Response:
        if "Authorization" in request.headers:
            # A token is no business of whoever holds the content.
            return _storage_refuses(403, "AuthorizationHeaderSentToALink")
        if request.method != "GET":
            return _storage_refuses(405, "UnsupportedHttpVerb")
        try:
            item = self.links.follow(path, segments_of(path)[1:], query)
        except LinkRefused as refused:
            return _storage_refuses(refused.status, refused.code)
        return web.Response(
            body=item.content,
            headers={
                **STAND_IN,
                "Content-Type": item.content_type or "application/octet-stream",
                "ETag": item.version,
            },
        )


async def _with_linked_content(asked: Asked) -> Asked:
    """A PUT with what the content link in its body leads to.

    :raises Refused: where nothing can be had there.
    """
    if asked.method != "PUT" or b"contentLink" not in asked.body:
        return asked
    properties = asked.json().get("properties")
    link = properties.get("contentLink") if isinstance(properties, dict) else None
    uri = link.get("uri") if isinstance(link, dict) else None
    if not isinstance(uri, str) or "content" in (properties or {}):
        return asked
    limit = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(uri) as answer:
            data = await answer.read()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise malformed("The content link cannot be followed.") from error
    if answer.status != 200:
        raise malformed(f"The content link was answered with {answer.status}.")
    return Asked(**{**vars(asked), "fetched": data})


def _storage_refuses(status: int, code: str) -> web.Response:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code></Error>'
    headers = {**STAND_IN, "x-ms-error-code": code, "Content-Type": "application/xml"}
    return web.Response(status=status, text=body, headers=headers)


async def _half(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """An answer that promises all of its body, and ends after half of it."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return half
