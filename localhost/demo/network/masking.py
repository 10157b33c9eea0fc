"""Where the network's documents hold secrets, and how answers show them."""

from collections.abc import Iterator
from typing import Any

from localhost.demo.network.artifact import JsonObject

MASK = "********"

_ENDINGS = ("password", "connectionstring")
_MEMBERS = {"passwordvalue", "authorizationvalue", "recipientreferencepasswordvalue", "pfx"}


def _is_secret(member: str) -> bool:
    name = member.lower()
    return name.endswith(_ENDINGS) or name in _MEMBERS


def secrets_of(value: Any) -> Iterator[str]:
    """Every secret text below a JSON value."""
    if isinstance(value, list):
        for element in value:
            yield from secrets_of(element)
    if isinstance(value, dict):
        for member, inner in value.items():
            if _is_secret(member):
                yield inner
            else:
                yield from secrets_of(inner)


def masked(document: JsonObject) -> JsonObject:
    """A document as answers show it."""
    return {member: _shown(member, value) for member, value in document.items()}


def _shown(member: str, value: Any) -> Any:
    if _is_secret(member):
        return MASK
    if isinstance(value, dict):
        return masked(value)
    if isinstance(value, list):
        return [_shown("", element) for element in value]
    return value
