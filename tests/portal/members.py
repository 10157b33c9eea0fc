"""The members of a request: those of its schema in the API's own document, and those of a body."""

from collections.abc import Iterator
from typing import Any

from tests.support.api import Api


async def wanted(api: Api, name: str) -> dict[str, Any]:
    """Every member of a request's schema by its pointer, with its own schema."""
    document = (await api.get("openapi.json")).body
    schemas = document["components"]["schemas"]
    return dict(_leaves(schemas[name], schemas))


def _leaves(schema: Any, schemas: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every member that is not made of others."""
    found = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    either = [one for one in found.get("anyOf", []) if one.get("type") != "null"]
    if len(either) == 1:
        yield from _leaves(either[0], schemas, at)
    elif found.get("type") == "array":
        yield from _leaves(found["items"], schemas, f"{at}/0")
    elif found.get("properties"):
        for name, member in found["properties"].items():
            yield from _leaves(member, schemas, f"{at}/{name}")
    else:
        yield at, found


def members(value: Any, at: str = "") -> dict[str, Any]:
    """Everything in a JSON value that is not made of others, by its pointer."""
    if isinstance(value, dict):
        found = [members(one, f"{at}/{name}") for name, one in value.items()]
    elif isinstance(value, list):
        found = [members(one, f"{at}/{index}") for index, one in enumerate(value)]
    else:
        return {at: value}
    return {pointer: one for part in found for pointer, one in part.items()}
