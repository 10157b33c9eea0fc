"""The OpenAPI 3.1 document, made from the declarations of the routes."""

import re
from collections.abc import Iterable
from typing import Any

from shared.model.backup import Trigger
from shared.model.numbers import Kind
from shared.model.operation import OperationName
from shared.model.problem import Code
from shared.model.sections import (
    Section,
)
from shared.model.service import Edition, State
from shared.model.version import VERSION
from shared.web.api.answers import Shape, ShownPage, examples, shapes
from shared.web.api.error_codes import codes
from shared.web.api.error_examples import error_example
from shared.web.api.models import Error
from shared.web.http.paging import MOST_NAME, MOST_PREFIX
from shared.web.http.route import API_VERSIONS, ROUTES, Route
from shared.web.http.tasks import DocsGroup

_REFERENCE = "#/components/schemas/{model}"
_RESPONSES = {
    "200": "Done, or read.",
    "201": "Made.",
    "202": "Started: poll Operation-Location.",
    "204": "Deleted.",
    "207": "Done in part: each item has its own result.",
    "503": "Something that was asked does not answer, or a key is missing.",
    "304": "Not changed since the version of If-None-Match.",
}
_BYTES = "application/octet-stream"


_KEY = "functionKey"
_SIGN_IN = "appServiceAuthentication"
_SCHEMES: dict[str, dict[str, str]] = {
    _KEY: {"type": "apiKey", "in": "header", "name": "x-functions-key"},
    _SIGN_IN: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token for this app. In a browser, the cookie of the sign-in at "
        "/.auth/login/aad does the same.",
    },
}


def document(*, keyless: bool = False) -> dict[str, Any]:
    """The whole document.

    :param keyless: whether a sign-in lets in, and a function key may be sent beside it and alone
        lets nobody in.
    """
    needed: list[dict[str, list[str]]] = (
        [{_SIGN_IN: []}, {_SIGN_IN: [], _KEY: []}] if keyless else [{_KEY: []}]
    )
    schemas: dict[str, Any] = {}
    error = _schema(Error, schemas)
    paths: dict[str, Any] = {}
    for declared in ROUTES:
        if declared.method != "ANY":
            operations = paths.setdefault(f"/{declared.path}", {})
            operations[declared.method.lower()] = _operation(declared, schemas, error)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interkeep",
            "version": API_VERSIONS[-1],
            "x-app-version": VERSION,
            "description": "Backup and restore for B2B integration services.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/api"}],
        "security": needed,
        "tags": [{"name": task.title, "description": task.said} for task in DocsGroup],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "examples": {
                str(code): {"summary": str(code.status), "value": error_example(code)}
                for code in Code
            },
            "securitySchemes": {name: _SCHEMES[name] for one in needed for name in one},
        },
    }


def _operation(declared: Route, schemas: dict[str, Any], error: dict[str, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": declared.name,
        "summary": declared.summary,
        "tags": [declared.task.title] if declared.task else [],
        "parameters": [
            *_path_parameters(declared.path),
            *_query_parameters(declared),
            *_header_parameters(declared),
        ],
        "responses": {**_good(declared, schemas), **_bad(declared, error)},
    }
    if declared.anonymous:
        operation["security"] = []
    if declared.roles:
        operation["x-roles"] = [str(role) for role in declared.roles]
    if declared.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _schema(declared.body, schemas),
                    "example": declared.example,
                }
            },
        }
    elif declared.takes_bytes:
        operation["requestBody"] = {"required": True, "content": {_BYTES: {}}}
    return operation


def _schema(model: Any, schemas: dict[str, Any]) -> dict[str, str]:
    """A reference to a model's schema, which goes into the components with all it needs."""
    schema = model.model_json_schema(by_alias=True, ref_template=_REFERENCE)
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": _REFERENCE.format(model=model.__name__)}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH.get(name, _TEXT)}
        for name in re.findall(r"\{([a-z]+)\}", path)
    ]


def _query_parameters(declared: Route) -> list[dict[str, Any]]:
    names = ("api-version", *declared.query)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in declared.needs,
            "schema": _one_of(declared.choices[name])
            if name in declared.choices
            else _QUERY.get(name, _TEXT),
        }
        for name in names
    ]


def _header_parameters(declared: Route) -> list[dict[str, Any]]:
    names: tuple[str, ...] = ()
    if declared.conditional:
        names = ("If-Match", "If-None-Match")
    elif 304 in declared.answers:
        names = ("If-None-Match",)
    if declared.names_operation:
        names = (*names, "Operation-Id")
    if declared.takes_bytes:
        names = (*names, "Content-MD5")
    return [
        {"name": name, "in": "header", "required": False, "schema": _HEADERS.get(name, _TAGS)}
        for name in names
    ]


_TEXT = {"type": "string"}
_TAGS = {"type": "string", "examples": ["*"]}
"""ETags, separated by commas, or ``*`` for any."""

_HEADERS: dict[str, Any] = {
    "Operation-Id": {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "examples": ["contoso-before-release"],
    },
    "Content-MD5": {"type": "string", "examples": ["1B2M2Y8AsgTpgAmY7PhCfg=="]},
}
"""Values of headers that are not ETags."""

_PATH: dict[str, Any] = {
    "service": {
        "type": "string",
        "pattern": "^[A-Za-z](-?[A-Za-z0-9])*$",
        "minLength": 6,
        "maxLength": 20,
        "examples": ["contoso-b2b"],
    },
    "section": {"type": "string", "enum": [str(section) for section in Section]},
    "agreement": {"type": "string", "minLength": 1, "maxLength": 80},
    "name": {"type": "string", "minLength": 1, "maxLength": 80},
}
"""Values of path parameters."""

_FLAG = {"type": "string", "enum": ["true", "false"]}


def _one_of(choices: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": [str(one) for one in choices]}


_QUERY: dict[str, Any] = {
    "api-version": {"type": "string", "enum": list(API_VERSIONS)},
    "top": {"type": "integer", "minimum": 1, "maximum": 1000},
    "validateOnly": _FLAG,
    "allowReuse": _FLAG,
    "acceptRenamed": _FLAG,
    "force": _FLAG,
    "nearEnd": _FLAG,
    "stored": _FLAG,
    "state": _one_of(State),
    "edition": _one_of(Edition),
    "trigger": _one_of(Trigger),
    "operation": _one_of(OperationName),
    "kind": _one_of(Kind),
    "value": {"type": "string", "minLength": 1, "maxLength": 14},
    "name": {"type": "string", "minLength": 1, "maxLength": MOST_NAME},
    "namePrefix": {"type": "string", "minLength": 1, "maxLength": MOST_PREFIX},
    "messageId": {"type": "string", "minLength": 1, "maxLength": 998},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
}
"""What query parameters take that several routes have, where that is more than a text."""


def _good(declared: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tagged = 304 in declared.answers or declared.conditional
    for status in declared.answers:
        answer: dict[str, Any] = {"description": _RESPONSES[str(status)]}
        headers = {name: {"schema": _TEXT} for name in _ANSWERED if status == 202}
        if tagged and status in (200, 201, 304):
            headers["ETag"] = {"schema": _TEXT}
        if headers:
            answer["headers"] = headers
        if status not in (204, 304):
            kind = "*/*" if declared.gives_bytes else "application/json"
            answer["content"] = {kind: _content(declared, status, schemas)}
        found[str(status)] = answer
    return found


def _content(declared: Route, status: int, schemas: dict[str, Any]) -> dict[str, Any]:
    """The schema of a good answer, and what it looks like."""
    content: dict[str, Any] = {}
    if not declared.gives_bytes:
        forms = [_form(shape, schemas) for shape in shapes(declared, status)]
        content["schema"] = {"anyOf": forms} if len(forms) > 1 else (forms or [_OBJECT])[0]
    shown = examples(declared.name, status)
    if len(shown) == 1:
        content["example"] = shown[""]
    elif shown:
        content["examples"] = {
            asked or "plain": {"summary": f"With {asked}" if asked else "Plain", "value": value}
            for asked, value in shown.items()
        }
    return content


def _form(shape: Shape, schemas: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(shape, ShownPage):
        return _schema(shape, schemas)
    items = {"type": "array", "items": _schema(shape.of, schemas)}
    return {
        "type": "object",
        "required": ["value"],
        "properties": {"value": items, "nextLink": {"type": "string", "format": "uri"}},
    }


def _bad(declared: Route, error: dict[str, str]) -> dict[str, Any]:
    """Refusals by status: the codes, each with an example."""
    by_status: dict[int, list[Code]] = {}
    for code in codes(declared):
        by_status.setdefault(code.status, []).append(code)
    for status in declared.answers:
        by_status.pop(status, None)  # its own answer
    found: dict[str, Any] = {
        str(status): {
            "description": f"{_REFUSALS[status]}: {', '.join(listed)}.",
            "content": {
                "application/json": {
                    "schema": error,
                    "examples": {
                        str(code): {"$ref": f"#/components/examples/{code}"} for code in listed
                    },
                }
            },
        }
        for status, listed in sorted(by_status.items())
    }
    if not declared.anonymous:
        found["401"] = {"description": "No key, or a wrong one; the body is empty."}
    return found


_OBJECT = {"type": "object"}
_ANSWERED = ("Operation-Location", "Retry-After")
"""Headers of every answer to what was started."""

_REFUSALS = {
    400: "The request is wrong",
    403: "Not by this caller",
    404: "There is no such thing",
    409: "Not in this state",
    412: "It is not as the condition says",
    413: "Too large",
    500: "Unexpected; the log has the request's id",
    503: "Try again",
}
