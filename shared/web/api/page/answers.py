"""The answers of routes on the docs page, and the tables that it has of everything."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

from shared.web.api.page.members import Member, members

_REFERENCE = re.compile(r"#/components/(schemas|examples)/(\w+)")


def table(title: str, of: str, rows: list[Member], owner: str) -> str:
    """A table of members, under its heading.

    :param owner: whose members they are, for readers who do not see the surrounding page.
    """
    cells = "".join(
        f"<tr><td><code>{escape(row.name)}</code></td><td>{escape(row.kind)}</td>"
        f"<td>{escape(', '.join(_notes(row)))}</td></tr>"
        for row in rows
    )
    heading = f"<h4>{title}</h4>" if title else ""
    named = f"{title or 'Members'} of {owner}"
    return (
        f'{heading}<div class="scroll" role="group" tabindex="0" '
        f'aria-label="{escape(named)}">'
        f'<table><thead><tr><th scope="col">{of}</th><th scope="col">takes</th>'
        f'<th scope="col">notes</th></tr></thead><tbody>{cells}</tbody></table></div>'
    )


def _notes(row: Member) -> Iterator[str]:
    if row.required:
        yield "required"
    if row.note:
        yield row.note


def answers(responses: dict[str, Any], owner: str) -> str:
    """What a route answers: good answers with an example to open, refusals by their codes."""
    items = "".join(
        f"<li>{_answer(status, response, owner)}</li>"
        for status, response in sorted(responses.items())
    )
    return f'<ul class="answers">{items}</ul>'


def _answer(status: str, response: dict[str, Any], owner: str) -> str:
    content: dict[str, Any] = next(iter(response.get("content", {}).values()), {})
    said = f"<code>{escape(status)}</code> {escape(response['description'])}"
    names = content.get("examples", {})
    if any("$ref" in one for one in names.values()):
        linked = ", ".join(f'<a href="#error-{name}">{name}</a>' for name in names)
        meant = str(response["description"]).partition(":")[0]
        return f"<code>{escape(status)}</code> {escape(meant)}: {linked}"
    shown = [("", content["example"])] if "example" in content else []
    shown += [(one["summary"], one["value"]) for one in names.values()]
    if not shown:
        return said
    of = _schemas_of(content.get("schema", {}))
    links = ", ".join(f'<a href="#schema-{name}">{name}</a>' for name in of)
    made = f"<p>Made of {links}.</p>" if links else ""
    blocks = "".join(_block(title, value, f"Answer {status} of {owner}") for title, value in shown)
    return f"<details><summary>{said}</summary>{made}{blocks}</details>"


def _block(title: str, value: Any, label: str) -> str:
    if not title:
        return code_of(_text(value), label)
    return f"<p>{escape(title)}</p>{code_of(_text(value), f'{label}: {title}')}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _schemas_of(schema: Any) -> list[str]:
    """The names of the schemas that a schema refers to, in their order."""
    found = _REFERENCE.findall(json.dumps(schema))
    return list(dict.fromkeys(name for _, name in found))


def errors(document: dict[str, Any]) -> str:
    """Every error code, with an example."""
    shown = document["components"]["examples"]
    rows = "".join(
        f'<dt id="error-{name}"><code>{name}</code> {escape(one["summary"])}</dt>'
        f"<dd>{escape(one['value']['error']['message'])}</dd>"
        for name, one in shown.items()
    )
    whole = code_of(_text(shown["InvalidRequest"]["value"]), "An error")
    return f'<h3>A whole answer</h3>{whole}<h3>Codes</h3><dl class="codes">{rows}</dl>'


def schemas(document: dict[str, Any]) -> str:
    """The members of all that answers are made of."""
    known = document["components"]["schemas"]
    answered = [
        content["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
        if "schema" in content
    ]
    return "".join(
        f'<section class="schema" id="schema-{name}" aria-labelledby="schema-{name}-title"><header>'
        f'<h3 id="schema-{name}-title">{name}</h3>'
        f"<p>{escape(_said(known[name]))}</p></header><div>"
        f"{table('', 'member', list(members(known[name], known)), name)}</div></section>"
        for name in _schemas_of(answered)
    )


def _said(schema: dict[str, Any]) -> str:
    return str(schema.get("description", "")).partition("\n\n")[0].replace("\n", " ")


def code_of(text: str, label: str) -> str:
    """A block of text as it is, which can be scrolled by keys."""
    return (
        f'<pre tabindex="0" role="group" aria-label="{escape(label)}"><code>{escape(text)}</code>'
        "</pre>"
    )
