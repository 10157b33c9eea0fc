"""Which artifacts a document names: a reference must name an existing artifact, and an artifact
that is named cannot be deleted.

A member is a reference by its name, wherever it is in the document; its value is a name, an object
with a ``name``, or a list of either. Member names are those of Logic Apps integration accounts
(agreements) and of the bridge model of BizTalk Services.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.model.sections import SECTIONS, Section
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import NESTED, pointer_of


@dataclass(frozen=True)
class Reference:
    """One name in a document."""

    section: Section
    name: str
    pointer: str


def references(section: Section, document: JsonObject) -> list[Reference]:
    """Every artifact that a document names; empty names are ignored."""
    members = SECTIONS[section].names
    found: list[Reference] = []
    if members:
        _find(members, document, [], found)
    return found


def _names(value: JsonValue) -> Iterator[str]:
    """The names that a reference's value is: a name, an object that has one, or a list of them."""
    for item in value if isinstance(value, list) else [value]:
        name = item.get("name") if isinstance(item, dict) else item
        if isinstance(name, str) and name:
            yield name


def _find(
    members: Mapping[str, Section], value: JsonValue, path: list[str], found: list[Reference]
) -> None:
    if isinstance(value, dict):
        for member, inner in value.items():
            target = members.get(member.lower())
            nested = isinstance(inner, NESTED)
            if target is None and not nested:
                continue
            path.append(member)
            if target is not None:
                found += [Reference(target, name, pointer_of(path)) for name in _names(inner)]
            if nested:
                _find(members, inner, path, found)
            path.pop()
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, NESTED):
                path.append(str(index))
                _find(members, inner, path, found)
                path.pop()
