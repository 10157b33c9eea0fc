"""The docs page: the OpenAPI document as a page for people, without a script."""

import json
from html import escape
from string import Template
from typing import Any
from urllib.parse import urlencode

from shared.web.api.examples import PARAMETERS
from shared.web.api.page.answers import answers, code_of, errors, schemas, table
from shared.web.api.page.members import Member, members
from shared.web.api.page.style import STYLE
from shared.web.http.route import ROUTES

_PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title API $version</title>
<style>$style</style>
</head>
<body>
<a class="skip" href="#routes">Skip to the routes</a>
<div class="layout">
<header>
<h1>$title API</h1>
<p>$description Version $version. <a href="openapi.json">openapi.json</a> says the same to
programs.</p>
<p>$needs A 202 names its
monitor in <code>Operation-Location</code>: read it until its <code>status</code> is final.</p>
</header>
<div class="columns">
<nav aria-label="Tasks"><details open><summary>Tasks</summary><ul>$tasks</ul></details></nav>
<main id="routes" tabindex="-1">$routes$errors$schemas</main>
</div>
<footer><p>Made by this app from the declarations of its routes.</p></footer>
</div>
</body>
</html>
"""
)


_NEEDS_KEY = (
    "A request needs a function key in the header <code>x-functions-key</code>, but where it says "
    "<em>no key</em>. The examples take it from the variable <code>INTERKEEP_KEY</code>."
)
_NEEDS_SIGN_IN = (
    "A request needs a token of App Service authentication in the header "
    "<code>Authorization</code>, but where it says <em>no key</em>. The examples take it from the "
    "variable <code>INTERKEEP_TOKEN</code>."
)
ERRORS, SCHEMAS = "Errors", "Schemas"
_OF_ERRORS = (
    "Every code, with the status that it comes with and an example of its message. The code is "
    "also in the header x-ms-error-code; messages may change."
)
_OF_SCHEMAS = "What answers are made of."


def page(document: dict[str, Any], base_url: str) -> bytes:
    """The page of an OpenAPI document, in UTF-8.

    :param base_url: where the API is, for the examples: ``https://host/api``.
    """
    info = document["info"]
    by_task: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            shown = _operation(document, base_url, path, method, operation)
            by_task[operation["tags"][0]].append(shown)
    text = {tag["name"]: tag["description"] for tag in document["tags"]}
    return _PAGE.substitute(
        title=escape(info["title"]),
        version=escape(info["version"]),
        description=escape(info["description"]),
        style=STYLE,
        needs=_NEEDS_SIGN_IN if _takes_tokens(document) else _NEEDS_KEY,
        tasks="".join(
            f'<li><a href="#{_anchor(task)}">{escape(task)}</a></li>'
            for task in (*by_task, ERRORS, SCHEMAS)
        ),
        routes="".join(
            _section(task, text[task], "".join(shown)) for task, shown in by_task.items()
        ),
        errors=_section(ERRORS, _OF_ERRORS, errors(document)),
        schemas=_section(SCHEMAS, _OF_SCHEMAS, schemas(document)),
    ).encode()


def _section(name: str, said: str, shown: str) -> str:
    return (
        f'<section aria-labelledby="{_anchor(name)}"><h2 id="{_anchor(name)}">{escape(name)}</h2>'
        f"<p>{escape(said)}</p>{shown}</section>"
    )


def _anchor(task: str) -> str:
    return "task-" + task.lower().replace(" ", "-")


def _operation(
    document: dict[str, Any], base_url: str, path: str, method: str, operation: dict[str, Any]
) -> str:
    name = operation["operationId"]
    owner = f"{method.upper()} {path.lstrip('/')}"
    body = operation.get("requestBody", {}).get("content", {})
    header = _BY_SIGN_IN if _takes_tokens(document) else _BY_KEY
    request = _example(base_url, path, method, name, body, header)
    no_key = " <em>No key.</em>" if operation.get("security") == [] else ""
    return (
        f'<article id="{name}" aria-labelledby="{name}-title"><header>'
        f'<h3 id="{name}-title"><a href="#{name}"><span class="method {method}">{method.upper()}'
        f"</span> <code>{escape(path.lstrip('/'))}</code></a></h3>"
        f"<p>{escape(operation['summary'])}{no_key}</p></header><div>"
        f"{_parameters(operation['parameters'], owner)}{_body(document, body, owner)}"
        f"<h4>Request</h4>{code_of(request, f'Request of {owner}')}"
        f"<h4>Answers</h4>{answers(operation['responses'], owner)}</div></article>"
    )


def _parameters(parameters: list[dict[str, Any]], owner: str) -> str:
    rows = [
        Member(one["name"], _kind_of(one), one["required"], f"in the {one['in']}")
        for one in parameters
        if one["name"] != "api-version"
    ]
    return table("Parameters", "parameter", rows, owner) if rows else ""


def _kind_of(parameter: dict[str, Any]) -> str:
    """In the words of a body's members."""
    (found,) = members({"properties": {parameter["name"]: parameter["schema"]}}, {})
    return found.kind


def _body(document: dict[str, Any], content: dict[str, Any], owner: str) -> str:
    if "application/json" not in content:
        return "<h4>Body</h4><p>Bytes, with their <code>Content-Type</code>.</p>" if content else ""
    schemas = document["components"]["schemas"]
    rows = list(members(content["application/json"]["schema"], schemas))
    return table("Body", "member", rows, owner)


_BY_KEY = "x-functions-key: $INTERKEEP_KEY"
_BY_SIGN_IN = "Authorization: Bearer $INTERKEEP_TOKEN"


def _takes_tokens(document: dict[str, Any]) -> bool:
    """Whether a function key alone lets nobody in."""
    return "functionKey" not in document["security"][0]


def _example(
    base_url: str, path: str, method: str, name: str, body: dict[str, Any], header: str
) -> str:
    """A command that a shell takes as it is."""
    address = base_url + path
    for parameter, value in PARAMETERS.items():
        address = address.replace(f"{{{parameter}}}", value)
    needs = next(declared.needs for declared in ROUTES if declared.name == name)
    if needs:
        address += f"?{urlencode(needs)}"
    lines = [f'curl -H "{header}"']
    if method != "get":
        lines[0] += f" -X {method.upper()}"
    lines.append(f"'{address}'")
    example = body.get("application/json", {}).get("example")
    if example is not None:
        text = json.dumps(example, indent=2).replace("'", "'\\''")
        lines.append(f"-d '{text}'")
    elif body:
        lines.append("-H 'Content-Type: application/xml' --data-binary @Orders.xsd")
    elif method in ("post", "patch", "put"):
        lines.append("-d ''")
    return " \\\n  ".join(lines)
