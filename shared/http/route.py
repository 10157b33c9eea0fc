"""The route decorator: one Azure Function an operation of the API, declared in one place.

The declarations are kept; the OpenAPI document and the routes' tests are made from them.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
from pydantic import BaseModel

from shared.clock import Clock
from shared.http.call import Answer, Call
from shared.http.caller import caller_of, require_role
from shared.http.errors import answer_of, problem_of
from shared.http.refused import known_target, log_refusal
from shared.installation import current
from shared.model.problem import Code, Detail, DetailCode, Problem
from shared.patience import answering
from shared.telemetry import quiet_the_sdk

API_VERSIONS = ("2026-11-01",)
"""The newest last; it is taken where a request names none."""

_EVERYWHERE = frozenset({"api-version", "code", "clientid"})
"""Query parameters that every route takes: the version, and the Functions host's key."""

ANY = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"]
"""What the method ``ANY`` of a route stands for."""

_WRITING = frozenset({"PUT", "POST", "PATCH", "DELETE"})
_SHOWN_PARAMETERS = 5

log = logging.getLogger("interkeep.http")

Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """One operation of the API."""

    name: str
    method: str
    path: str
    summary: str
    query: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    anonymous: bool = False
    answers: tuple[int, ...] = (200,)
    takes_bytes: bool = False
    gives_bytes: bool = False
    conditional: bool = False


ROUTES: list[Route] = []
"""Every route that was declared, in the order of its declaration."""


def new_blueprint() -> func.Blueprint:
    """A blueprint, for the functions of one resource."""
    return func.Blueprint()  # type: ignore[no-untyped-call]


def route(
    blueprint: func.Blueprint,
    method: str,
    path: str,
    *,
    query: tuple[str, ...] = (),
    body: type[BaseModel] | None = None,
    anonymous: bool = False,
    answers: tuple[int, ...] = (200,),
    takes_bytes: bool = False,
    gives_bytes: bool = False,
    conditional: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare the function below as an operation of the API.

    :param method: one, or ``ANY``.
    :param path: under ``api/``; its parameters are given by ``Call.path``.
    :param query: the query parameters that it takes; others are refused.
    :param body: the model of its JSON body, for the OpenAPI document.
    :param answers: the statuses of its good answers.
    :param takes_bytes: its body is bytes, no JSON.
    :param gives_bytes: its answer is bytes, no JSON.
    :param conditional: it writes, and heeds If-Match and If-None-Match. A GET that does gives
        304 among its answers.
    """

    def declare(handler: Handler) -> Handler:
        name = handler.__name__
        summary = (handler.__doc__ or "").strip().splitlines()[0]
        declared = Route(
            name,
            method,
            path,
            summary,
            query,
            body,
            anonymous,
            answers,
            takes_bytes,
            gives_bytes,
            conditional,
        )
        ROUTES.append(declared)
        methods = ANY if method == "ANY" else [method]
        level = func.AuthLevel.ANONYMOUS if anonymous else func.AuthLevel.FUNCTION

        async def function(req: func.HttpRequest) -> func.HttpResponse:
            return await _answered(declared, handler, req)

        function.__name__ = function.__qualname__ = name
        blueprint.function_name(name)(
            blueprint.route(route=path, methods=methods, auth_level=level)(function)
        )
        return handler

    return declare


async def _answered(declared: Route, handler: Handler, req: func.HttpRequest) -> func.HttpResponse:
    client_request_id = _one_line(req.headers.get("x-ms-client-request-id"))
    # Drawn before the app is asked for: where its settings are wrong, the answer has an id too.
    request_id = Clock().new_id()
    try:
        app = current()
        quiet_the_sdk()
        if client_request_id:
            log.info("request %s: the caller's id is %s", request_id, client_request_id)
        if app.settings.require_roles and not declared.anonymous:
            require_role(req.headers, declared.method, declared.name)
        call = Call(req, app, request_id, caller_of(req.headers))
        if declared.method != "ANY":
            _require_known_query(declared, req)
        if declared.method in _WRITING and declared.body is None and not declared.takes_bytes:
            call.require_no_body()
        with answering(app.clock.monotonic()):
            answer = await handler(call)
    except Exception as error:  # noqa: BLE001 - the host would answer 500 with an empty body
        problem = problem_of(error, request_id)
        _log_refusal(declared, req, problem, request_id)
        answer = answer_of(problem)
    return answer.to_response(request_id, client_request_id)


def _log_refusal(declared: Route, req: func.HttpRequest, problem: Problem, request_id: str) -> None:
    in_path = re.findall(r"\{\*?(\w+)\}", declared.path)
    parameters = {"api-version", *declared.query, *in_path}
    log_refusal(
        problem,
        request_id=request_id,
        caller=caller_of(req.headers),
        method=req.method,
        route=declared.path,
        target=known_target(problem.target, parameters, declared.body),
    )


def _require_known_query(declared: Route, req: func.HttpRequest) -> None:
    # Of the address: the host joins what comes twice with a comma.
    given = parse_qsl(urlsplit(req.url).query, keep_blank_values=True)
    spelled = sorted((name for name, _ in given), key=str.lower)
    twice = next((a for a, b in pairwise(spelled) if a.lower() == b.lower()), None)
    if twice is not None:
        raise Problem(
            Code.INVALID_REQUEST,
            f"The query parameter '{twice[:80]}' comes twice. Send it once.",
            target=twice[:80],
        )
    version = next((v for n, v in req.params.items() if n.lower() == "api-version"), None)
    if version is not None and version not in API_VERSIONS:
        raise Problem(
            Code.UNSUPPORTED_API_VERSION,
            f"api-version is not supported; these are: {', '.join(API_VERSIONS)}.",
            target="api-version",
        )
    known = {*_EVERYWHERE, *(name.lower() for name in declared.query)}
    # The host drops parameters without a value, and ``?validateOnly=`` would restore.
    empty = [name for name, value in given if name and not value]
    unknown = sorted(n[:80] for n in {*req.params, *empty} if n.lower() not in known)
    if unknown:
        takes = ", ".join(declared.query) or "none but api-version"
        names = ", ".join(f"'{name}'" for name in unknown[:_SHOWN_PARAMETERS])
        more = " and others" if len(unknown) > _SHOWN_PARAMETERS else ""
        raise Problem(
            Code.INVALID_REQUEST,
            f"There is no query parameter {names}{more} here. It takes: {takes}.",
            target=unknown[0],
            details=[
                Detail(DetailCode.UNKNOWN_PARAMETER, "There is no such query parameter.", name)
                for name in unknown
            ],
        )
    if empty:
        raise Problem(
            Code.INVALID_REQUEST,
            f"The query parameter '{empty[0]}' has no value. Give it one, or leave it out.",
            target=empty[0],
        )


def _one_line(value: str | None) -> str | None:
    if value is None:
        return None
    return "".join(c for c in value if c.isprintable() and c.isascii())[:128] or None
