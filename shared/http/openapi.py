"""The OpenAPI 3.1 document, made from the declarations of the routes."""

import re
from typing import Any

from shared.http.examples import BODIES
from shared.http.route import API_VERSIONS, ROUTES, Route
from shared.model.artifact import Section

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


_TASKS = (
    (
        "Services",
        "Create services, change their settings, move them between states.",
        r"services(/\{service\}(/(start|stop|restart|scale|suspend|resume|disable|enable))?)?",
    ),
    (
        "Artifacts",
        "Partners, agreements, schemas and all else that a service is configured with.",
        r"services/\{service\}/(artifacts/.*|import)",
    ),
    (
        "Numbers and messages",
        "What an EDI runtime asks for and reports: control numbers, MIC values, batches.",
        r"services/\{service\}/(received-control-numbers|control-numbers|mic-values|batch-activity).*",
    ),
    (
        "Backups",
        "Back up now, look into backups, compare, verify, pin and delete them.",
        r"services/\{service\}/backups.*",
    ),
    (
        "Schedules",
        "Back up by the calendar, and keep what should be kept.",
        r"services/\{service\}/backup-schedule.*",
    ),
    ("Restores", "Plan a restore, and restore.", r"restores.*"),
    (
        "Storage accounts",
        "Find backups that other installations made, or that were copied.",
        r"storage-accounts.*",
    ),
    (
        "Operations",
        "The operation log, and the monitors of what takes long.",
        r"(services/\{service\}/)?operations.*",
    ),
    ("Installation", "Health, keys, and this description.", r".*"),
)
"""What people come for: its name, what it is, and the paths that belong to it, the first that fits.
"""


def _task(path: str) -> str:
    return next(name for name, _, pattern in _TASKS if re.fullmatch(pattern, path))


def document() -> dict[str, Any]:
    """The whole document."""
    schemas: dict[str, Any] = {"Error": _ERROR}
    paths: dict[str, Any] = {}
    for declared in ROUTES:
        if declared.method != "ANY":
            operations = paths.setdefault(f"/{declared.path}", {})
            operations[declared.method.lower()] = _operation(declared, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interkeep",
            "version": API_VERSIONS[-1],
            "description": "Backup and restore for B2B integration services.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/api"}],
        "security": [{"functionKey": []}],
        "tags": [{"name": name, "description": said} for name, said, _ in _TASKS],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"}
            },
        },
    }


def _operation(declared: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": declared.name,
        "summary": declared.summary,
        "tags": [_task(declared.path)],
        "parameters": [
            *_path_parameters(declared.path),
            *_query_parameters(declared),
            *_header_parameters(declared),
        ],
        "responses": _responses(declared),
    }
    if declared.anonymous:
        operation["security"] = []
    if declared.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": _schema(declared.body, schemas),
                    "example": BODIES[declared.name],
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
        {"name": name, "in": "query", "required": False, "schema": _QUERY.get(name, _TEXT)}
        for name in names
    ]


def _header_parameters(declared: Route) -> list[dict[str, Any]]:
    names: tuple[str, ...] = ()
    if declared.conditional:
        names = ("If-Match", "If-None-Match")
    elif 304 in declared.answers:
        names = ("If-None-Match",)
    if _names_an_operation(declared):
        names = (*names, "Operation-Id")
    if declared.takes_bytes:
        names = (*names, "Content-MD5")
    return [
        {"name": name, "in": "header", "required": False, "schema": _HEADERS.get(name, _TAGS)}
        for name in names
    ]


def _names_an_operation(declared: Route) -> bool:
    """Whether the caller may choose the id under which the log has what it does."""
    if declared.name in ("register_backup", "cancel_operation"):
        return declared.name == "register_backup"
    changes_service = declared.method != "GET" and _task(declared.path) == "Services"
    return changes_service or 202 in declared.answers


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
"""What headers take that are no ETags."""

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
"""What parameters of routes take."""

_FLAG = {"type": "string", "enum": ["true", "false"]}
_QUERY: dict[str, Any] = {
    "api-version": {"type": "string", "enum": list(API_VERSIONS)},
    "top": {"type": "integer", "minimum": 1, "maximum": 1000},
    "validateOnly": _FLAG,
    "allowReuse": _FLAG,
    "acceptRenamed": _FLAG,
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
}
"""What query parameters take, where that is more than a text."""


def _responses(declared: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tagged = 304 in declared.answers or declared.conditional
    for status in declared.answers:
        found[str(status)] = {"description": _RESPONSES[str(status)]}
        if tagged and status in (200, 201, 304):
            found[str(status)]["headers"] = {"ETag": {"schema": _TEXT}}
        if status not in (204, 304):
            kind = "*/*" if declared.gives_bytes else "application/json"
            schema = {} if declared.gives_bytes else {"schema": {"type": "object"}}
            found[str(status)]["content"] = {kind: schema}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    found["4XX"] = {"description": "Refused: the code says why.", "content": error}
    found["401"] = {"description": "No key, or a wrong one; the body is empty."}
    away = {"description": "Storage did not answer; try again.", "content": error}
    found.setdefault("503", away)
    return found


_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "target": {"type": "string"},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }
    },
}
