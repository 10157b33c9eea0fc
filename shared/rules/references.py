"""Which artifacts a document names: a reference must lead to one, and what is named is not deleted.

A member is a reference by its name, wherever it stands in the document; its value is a name, an
object with a ``name``, or a list of either. Member names are those of Logic Apps integration
accounts (agreements) and of the bridge model of BizTalk Services.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.model.artifact import Section
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import NESTED, pointer_of

MEMBERS: dict[Section, dict[str, Section]] = {
    Section.AGREEMENTS: {
        "hostpartner": Section.PARTNERS,
        "guestpartner": Section.PARTNERS,
        "signingcertificatename": Section.CERTIFICATES,
        "encryptioncertificatename": Section.CERTIFICATES,
        "schemaname": Section.SCHEMAS,
    },
    Section.BRIDGES: {
        "transform": Section.TRANSFORMS,
        "transforms": Section.TRANSFORMS,
        "map": Section.TRANSFORMS,
        "maps": Section.TRANSFORMS,
        "schema": Section.SCHEMAS,
        "schemas": Section.SCHEMAS,
        "schemaname": Section.SCHEMAS,
        "pipeline": Section.PIPELINES,
        "template": Section.TEMPLATES,
        "agreement": Section.AGREEMENTS,
        "certificate": Section.CERTIFICATES,
        "certificatename": Section.CERTIFICATES,
        "signingcertificate": Section.CERTIFICATES,
        "signingcertificatename": Section.CERTIFICATES,
        "encryptioncertificate": Section.CERTIFICATES,
        "encryptioncertificatename": Section.CERTIFICATES,
        "hybridconnection": Section.HYBRID_CONNECTIONS,
        "assembly": Section.ASSEMBLIES,
        "assemblies": Section.ASSEMBLIES,
    },
    Section.PIPELINES: {
        "schema": Section.SCHEMAS,
        "schemas": Section.SCHEMAS,
        "assembly": Section.ASSEMBLIES,
        "assemblies": Section.ASSEMBLIES,
    },
    Section.TRANSFORMS: {
        "sourceschema": Section.SCHEMAS,
        "targetschema": Section.SCHEMAS,
        "assembly": Section.ASSEMBLIES,
        "assemblies": Section.ASSEMBLIES,
    },
    Section.BATCHES: {"agreement": Section.AGREEMENTS},
}
"""Section → member, lower case → section of the artifact that it names."""

TARGETS = frozenset(target for members in MEMBERS.values() for target in members.values())
"""Sections whose artifacts can be named by others."""

ORDER = (
    Section.SCHEMAS,
    Section.CERTIFICATES,
    Section.ASSEMBLIES,
    Section.PARTNERS,
    Section.PIPELINES,
    Section.TEMPLATES,
    Section.X12_MAPPINGS,
    Section.HYBRID_CONNECTIONS,
    Section.TRANSFORMS,
    Section.AGREEMENTS,
    Section.BATCHES,
    Section.BRIDGES,
)
"""An order of the sections in which what is named comes before what names it."""


@dataclass(frozen=True)
class Reference:
    """One name in a document."""

    section: Section
    name: str
    pointer: str


def references(section: Section, document: JsonObject) -> list[Reference]:
    """Every artifact that a document names; an empty name is none."""
    members = MEMBERS.get(section)
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
    members: dict[str, Section], value: JsonValue, path: list[str], found: list[Reference]
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
