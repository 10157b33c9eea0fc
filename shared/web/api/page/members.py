"""The members of a body, from its JSON schema, in words for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DEEPEST = 3
"""How many objects within objects are shown; docs/ has the whole of a document's form."""

_BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " of them"),
)
_NOTHING_SAID = 1024
"""A bound that every text has."""


@dataclass(frozen=True)
class Member:
    """One member, by its place in the body: ``service.name``, ``keys[]``."""

    name: str
    kind: str
    required: bool
    note: str


def members(
    schema: dict[str, Any], schemas: dict[str, Any], within: str = "", depth: int = 1
) -> Iterator[Member]:
    """The members of an object, each followed by its own."""
    whole = _resolved(schema, schemas)
    needed = set(whole.get("required", ()))
    for name, given in whole.get("properties", {}).items():
        plain = _resolved(_not_null(given), schemas)
        default = given.get("default")
        shown = default is not None and not isinstance(default, dict | list)
        note = f"default {str(default).lower() if isinstance(default, bool) else default}"
        yield Member(within + name, _kind(plain, schemas), name in needed, note if shown else "")
        inner, sign = plain, "."
        if plain.get("type") == "array":
            inner, sign = _resolved(plain.get("items", {}), schemas), "[]."
        if depth < _DEEPEST and "properties" in inner:
            yield from members(inner, schemas, f"{within}{name}{sign}", depth + 1)


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What a member takes other than null, which means the same as leaving it out."""
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return choices[0] if len(choices) == 1 else schema


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(_resolved(one, schemas), schemas) for one in schema["anyOf"])
    if schema.get("format") == "date-time":
        return "time, such as 2026-11-01T02:00:00Z"
    kind = str(schema.get("type", "any JSON"))
    bounds = [
        f"{said}{of}"
        for least, most, of in _BOUNDS
        if (said := _between(schema.get(least), schema.get(most)))
    ]
    if kind == "array":
        items = _kind(_resolved(schema.get("items", {}), schemas), schemas)
        kind = f"array of {items}"
    return ", ".join([kind, *bounds])


def _between(least: int | None, most: int | None) -> str:
    if most is None or most == _NOTHING_SAID:
        return f"at least {least:,}" if least else ""
    return f"{least:,} to {most:,}" if least is not None else f"at most {most:,}"
