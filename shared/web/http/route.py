"""The route decorator: one Azure Function an operation of the API, declared in one place.

The declarations are kept; the OpenAPI document and the routes' tests are made from them.
"""

import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func
from pydantic import BaseModel

from shared.clock import Clock
from shared.installation.installation import current
from shared.model.problem import Code, Detail, DetailCode, Problem
from shared.model.wire import JsonObject
from shared.rules.roles import Role, roles_for, usual_role
from shared.settings.environment import Settings, keys_are_optional
from shared.storage.patience import answering
from shared.telemetry.events import quiet_the_sdk
from shared.web.http.call import Answer, Call
from shared.web.http.caller import (
    caller_of,
    refuse_cross_site,
    require_role,
    require_sign_in,
)
from shared.web.http.errors import answer_of, problem_of
from shared.web.http.packing import packed
from shared.web.http.refused import known_target, log_refusal
from shared.web.http.tasks import DocsGroup

API_VERSIONS = ("2026-11-01",)
"""The newest last; it is used if a request names none."""

_EVERYWHERE = frozenset({"api-version", "code", "clientid"})
"""Query parameters that every route takes: the version, and the Functions host's key."""

ANY = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"]
"""The methods that ``ANY`` means in a route."""

_WRITING = frozenset({"PUT", "POST", "PATCH", "DELETE"})
_SHOWN_PARAMETERS = 5

log = logging.getLogger("interkeep.http")

Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class PageOf:
    """A page of a list: the name of the model of what is listed."""

    item: str


Shape = str | PageOf
"""What an answer's body is: the name of a model, as the models of answers are imported where the
OpenAPI document is asked for, so that a cold start does not pay for them."""


@dataclass(frozen=True)
class Route:
    """One operation of the API, and what its declaration says of it."""

    name: str
    method: str
    path: str
    summary: str
    task: DocsGroup | None
    role: Role
    query: tuple[str, ...]
    needs: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    body: type[BaseModel] | None
    example: JsonObject | None = field(repr=False)
    anonymous: bool
    any_caller: bool
    answers: tuple[int, ...]
    gives: tuple[Shape, ...]
    takes_bytes: bool
    gives_bytes: bool
    conditional: bool
    names_operation: bool
    outlives_service: bool
    errors: frozenset[Code]

    @property
    def roles(self) -> tuple[Role, ...]:
        """Of which a caller needs one where REQUIRE_ROLES is on; none where nobody needs any."""
        if self.anonymous or self.any_caller:
            return ()
        return tuple(role for role in Role if role in roles_for(self.role))

    def may_be_called(self, roles: Set[str]) -> bool:
        """Whether a caller with these roles may, where REQUIRE_ROLES is on."""
        return not self.roles or not roles.isdisjoint(self.roles)


ROUTES: list[Route] = []
"""Every route that was declared, in the order of its declaration."""


class Blueprint(func.Blueprint):
    """The functions of one resource, and what people come for who call its routes."""

    def __init__(self, task: DocsGroup | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.task = task


def new_blueprint(task: DocsGroup | None = None) -> Blueprint:
    """A blueprint, for the functions of one resource; without a task where none is a route."""
    return Blueprint(task)


def route(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    role: Role | None = None,
    query: tuple[str, ...] = (),
    needs: Mapping[str, str] | None = None,
    choices: Mapping[str, Iterable[str]] | None = None,
    body: type[BaseModel] | None = None,
    example: JsonObject | None = None,
    anonymous: bool = False,
    any_caller: bool = False,
    answers: tuple[int, ...] = (200,),
    gives: Shape | tuple[Shape, ...] = (),
    takes_bytes: bool = False,
    gives_bytes: bool = False,
    conditional: bool = False,
    names_operation: bool | None = None,
    outlives_service: bool = False,
    errors: Set[Code] = frozenset(),
) -> Callable[[Handler], Handler]:
    """Declare the function below as an operation of the API.

    :param method: one, or ``ANY``.
    :param path: under ``api/``; its parameters are given by ``Call.path``.
    :param role: which a caller needs where REQUIRE_ROLES is on, if it is no Admin; without one,
        everyone with a role reads and an Admin alone changes.
    :param query: the query parameters that it takes; others are refused.
    :param needs: those without which it answers nothing, with a value as an example.
    :param choices: what those of its own take, where that is one of a few.
    :param body: the model of its JSON body, for the OpenAPI document.
    :param example: a good body, for the OpenAPI document.
    :param any_caller: it answers callers without a role too, where REQUIRE_ROLES is on.
    :param answers: the statuses of its good answers.
    :param gives: what the body of a good answer may be; 202 gives a Monitor in any case.
    :param takes_bytes: its body is bytes, no JSON.
    :param gives_bytes: its answer is bytes, no JSON.
    :param conditional: it writes, and honours If-Match and If-None-Match. A GET that does has 304
        among its answers.
    :param names_operation: the caller may choose the id under which the log has what it does; as
        a rule where it answers 202.
    :param outlives_service: it also answers when the service of its path is deleted.
    :param errors: what it is refused with, in addition to what follows from the rest
        (``web.api.error_codes.codes``).
    """

    def declare(handler: Handler) -> Handler:
        name = handler.__name__
        declared = Route(
            name=name,
            method=method,
            path=path,
            summary=(handler.__doc__ or "").strip().splitlines()[0],
            task=blueprint.task,
            role=role or usual_role(method),
            query=query,
            needs=needs or {},
            choices={one: tuple(map(str, few)) for one, few in (choices or {}).items()},
            body=body,
            example=example,
            anonymous=anonymous,
            any_caller=any_caller,
            answers=answers,
            gives=gives if isinstance(gives, tuple) else (gives,),
            takes_bytes=takes_bytes,
            gives_bytes=gives_bytes,
            conditional=conditional,
            names_operation=202 in answers if names_operation is None else names_operation,
            outlives_service=outlives_service,
            errors=frozenset(errors),
        )
        ROUTES.append(declared)
        methods = ANY if method == "ANY" else [method]
        keyless = anonymous or keys_are_optional(os.environ)
        level = func.AuthLevel.ANONYMOUS if keyless else func.AuthLevel.FUNCTION

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
        if not declared.anonymous:
            _require_allowed(declared, req, app.settings)
        call = Call(req, app, request_id, caller_of(req.headers))
        if declared.method != "ANY":
            _require_known_query(declared, req)
        if declared.method in _WRITING and declared.body is None and not declared.takes_bytes:
            call.require_no_body()
        with answering(app.clock.monotonic()):
            answer = await handler(call)
        told: set[Code] = set()
        for problem in answer.refused:
            if problem.code not in told:
                told.add(problem.code)
                _log_refusal(declared, req, problem, request_id)
    except Exception as error:  # noqa: BLE001 - the host would answer 500 with an empty body
        problem = problem_of(error, request_id)
        _log_refusal(declared, req, problem, request_id)
        answer = answer_of(problem)
    answer = await packed(answer, req.headers.get("accept-encoding"))
    return answer.to_response(request_id, client_request_id)


def _require_allowed(declared: Route, req: func.HttpRequest, settings: Settings) -> None:
    if req.method in _WRITING:
        refuse_cross_site(req.headers, req.url)
    if settings.function_keys == "optional":
        require_sign_in(req.headers)
    if settings.require_roles and declared.roles:
        require_role(req.headers, declared.role)


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
    # From the address: the host joins repeated parameters with a comma.
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
    # The host drops parameters without a value, so that ``?validateOnly=`` would start a restore.
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
