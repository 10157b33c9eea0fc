"""JSON documents: where their secrets are, masks, and what a caller may not send.

Places are JSON pointers (RFC 6901).
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache

from shared.model.artifact import Section
from shared.model.wire import MASK, JsonObject, JsonValue

NESTED = (dict, list)
"""What has values of its own; a union in its place is made anew, and costs double."""

SEALED = "$sealed"
"""Member that stands for a secret in a stored document."""
SECRET = "$secret"  # nosec B105
"""Member that stands for a secret in a backup's section."""

_SECRET_ENDINGS = (
    "password",
    "secret",
    "connectionstring",
    "accountkey",
    "sharedaccesskey",
    "privatekey",
)
_AGREEMENT_SECRETS = frozenset(
    {
        "passwordvalue",
        "authorizationvalue",
        "recipientreferencepasswordvalue",
        "groupapplicationpassword",
    }
)
_SECTION_SECRETS: dict[str, frozenset[str]] = {
    Section.AGREEMENTS: _AGREEMENT_SECRETS,
    Section.CERTIFICATES: frozenset({"pfx"}),
    "service": frozenset({"/accesscontrol/key", "/sslcertificate/data"}),
}
_PLACED = frozenset(
    section for section, known in _SECTION_SECRETS.items() if any("/" in one for one in known)
)
"""Sections in which a place, not the name alone, says what is a secret."""


def escaped(member: str) -> str:
    """A member's name as a part of a JSON pointer."""
    return member.replace("~", "~0").replace("/", "~1")


def is_secret(section: str, pointer: str, member: str) -> bool:
    """Whether a member of a section's document is a secret, by its name."""
    special = _SECTION_SECRETS.get(section, frozenset())
    return _is_secret_name(section, member) or pointer.lower() in special


@lru_cache(maxsize=16_384)
def _is_secret_name(section: str, member: str) -> bool:
    """Documents have the same few names again and again."""
    name = member.lower()
    special = _SECTION_SECRETS.get(section, frozenset())
    return name.endswith(_SECRET_ENDINGS) or name in special


@cache
def secret_names(section: str) -> tuple[bytes, ...] | None:
    """How names of a section's secrets end in canonical text, in small letters.

    None where a place, not the name alone, says what is a secret.
    """
    if section in _PLACED:
        return None
    special = sorted(_SECTION_SECRETS.get(section, ()))
    names = (*_SECRET_ENDINGS, *(f'"{name}' for name in special))
    return tuple(f'{name}":'.encode() for name in names)


def _is_value(value: JsonValue) -> bool:
    """Whether there is something to keep secret: not null, a flag, or an empty text."""
    return not (value is None or isinstance(value, bool) or value == "")


def _stands_for_secret(value: JsonValue) -> bool:
    return isinstance(value, dict) and (SEALED in value or SECRET in value)


def replace_secrets(
    section: str, document: JsonObject, replacement: Callable[[str, JsonValue], JsonValue]
) -> JsonObject:
    """The document with every secret replaced; what holds none of them is not copied.

    :param replacement: called with pointer and value of each secret, outermost ones only.
    """
    placed = section in _PLACED
    path: list[str] = []

    def walked(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return members(value)
        if isinstance(value, list):
            return elements(value)
        return value

    def members(value: JsonObject) -> JsonObject:
        found = value
        for name, inner in value.items():
            secret = _is_secret_name(section, name) or (
                placed and is_secret(section, pointer_of([*path, name]), name)
            )
            nested = isinstance(inner, NESTED)
            if not (secret or nested):
                continue
            if (secret and _is_value(inner)) or _stands_for_secret(inner):
                new = replacement(pointer_of([*path, name]), inner)
            else:
                path.append(name)
                new = walked(inner)
                path.pop()
            if new is not inner:
                found = dict(value) if found is value else found
                found[name] = new
        return found

    def elements(value: list[JsonValue]) -> list[JsonValue]:
        found = value
        for index, inner in enumerate(value):
            if isinstance(inner, NESTED):
                path.append(str(index))
                new = walked(inner)
                path.pop()
                if new is not inner:
                    found = list(value) if found is value else found
                    found[index] = new
        return found

    return members(document)


def holds_secret(section: str, document: JsonObject) -> bool:
    """Whether there is a secret in a document, in the clear or what stands for one."""
    if section in _PLACED:
        found: dict[str, JsonValue] = {}
        replace_secrets(section, document, found.setdefault)
        return bool(found)
    return _holds_secret(section, document)


def _holds_secret(section: str, value: JsonObject) -> bool:
    for name, inner in value.items():
        if _is_secret_name(section, name) and _is_value(inner):
            return True
        if isinstance(inner, dict):
            if SEALED in inner or SECRET in inner or _holds_secret(section, inner):
                return True
        elif isinstance(inner, list) and _any_holds_secret(section, inner):
            return True
    return False


def _any_holds_secret(section: str, values: list[JsonValue]) -> bool:
    return any(
        _holds_secret(section, value)
        if isinstance(value, dict)
        else isinstance(value, list) and _any_holds_secret(section, value)
        for value in values
    )


SECRET_NAMES = json.dumps(
    [_SECRET_ENDINGS, sorted((s, sorted(names)) for s, names in _SECTION_SECRETS.items())]
)
"""Which names say that a member is a secret: what was looked for with others is looked at again."""


def pointer_of(path: Iterable[str]) -> str:
    """The JSON pointer of a path of names and indexes."""
    return "".join(f"/{escaped(part)}" for part in path)


def masked(section: str, document: JsonObject) -> JsonObject:
    """A document as answers show it."""
    return replace_secrets(section, document, lambda _pointer, _value: MASK)


def carried_masks(section: str, document: JsonObject, stored: JsonObject) -> dict[str, str]:
    """Where the masks of a document have their secrets: pointer → pointer into the stored one.

    An object's member is the one of the same name. A list's element is the one whose other
    members are all the same, wherever it stands: its index says nothing once another was taken
    out, and a secret must not go to a host that it was not given for. Elements that differ in
    nothing but their secrets are told apart by their order, as long as there are as many. An
    element that was only switched on or off is the same.
    """
    found: dict[str, str] = {}

    def walk(new: JsonValue, old: JsonValue, place: str, stored_place: str) -> None:
        if new == MASK:
            found[place] = stored_place
        elif isinstance(new, dict) and isinstance(old, dict):
            for name in new.keys() & old.keys():
                part = f"/{escaped(name)}"
                walk(new[name], old[name], place + part, stored_place + part)
        elif isinstance(new, list) and isinstance(old, list):
            for i, j in _same_elements(section, new, old):
                walk(new[i], old[j], f"{place}/{i}", f"{stored_place}/{j}")

    walk(document, stored, "", "")
    return found


def _same_elements(
    section: str, new: list[JsonValue], old: list[JsonValue]
) -> Iterator[tuple[int, int]]:
    masked_ones = {i for i, element in enumerate(new) if _has_mask(element)}
    free = set(range(len(old))) if masked_ones else set()
    for aside in (frozenset[str](), _WHETHER):
        for wanted, there in _alike(section, new, old, masked_ones, free, aside):
            if len(wanted) == len(there):
                yield from zip(wanted, there, strict=True)
                masked_ones.difference_update(wanted)
                free.difference_update(there)
    for aside in (frozenset[str](), _WHETHER):
        for wanted, there in _alike(section, new, old, masked_ones, free, aside):
            if len(there) == 1:
                yield from ((i, there[0]) for i in wanted)
                masked_ones.difference_update(wanted)


_WHETHER = frozenset({"state", "enabled"})
"""Members that say whether something is used, not where it leads: a restored source that is
started again keeps its password."""


def _alike(
    section: str,
    new: list[JsonValue],
    old: list[JsonValue],
    masked_ones: Iterable[int],
    free: Iterable[int],
    aside: frozenset[str],
) -> list[tuple[list[int], list[int]]]:
    """Elements that are the same but for secrets and members that are set aside."""
    groups: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in sorted(masked_ones):
        groups[_public_text(section, new[i], aside)][0].append(i)
    for j in sorted(free):
        text = _public_text(section, old[j], aside)
        if text in groups:
            groups[text][1].append(j)
    return list(groups.values())


def _has_mask(value: JsonValue) -> bool:
    if isinstance(value, dict):
        return any(_has_mask(inner) for inner in value.values())
    return value == MASK or (isinstance(value, list) and any(_has_mask(v) for v in value))


def _public_text(section: str, value: JsonValue, aside: frozenset[str]) -> str:
    """What of a value is no secret and not set aside, as text: the same for the same value."""

    def public(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {n: public(v) for n, v in value.items() if not hidden(n, v)}
        return [public(v) for v in value] if isinstance(value, list) else value

    def hidden(name: str, value: JsonValue) -> bool:
        return (
            name in aside
            or _stands_for_secret(value)
            or (is_secret(section, "", name) and _is_value(value))
        )

    return json.dumps(public(value), sort_keys=True)


_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
"""A place in a list (RFC 6901): no other way to write the same."""


def at(document: JsonValue, pointer: str) -> JsonValue:
    """The value at a pointer, None where there is none."""
    value = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and _INDEX.fullmatch(name) and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def with_value(document: JsonObject, pointer: str, new: JsonValue) -> JsonObject:
    """A document with another value at a pointer to one that is there; the rest is not copied."""

    def changed(value: JsonValue, path: Sequence[str]) -> JsonValue:
        if not path:
            return new
        name = path[0].replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            return {m: changed(v, path[1:]) if m == name else v for m, v in value.items()}
        assert isinstance(value, list)
        place = int(name)
        return [changed(v, path[1:]) if i == place else v for i, v in enumerate(value)]

    found = changed(document, pointer.split("/")[1:])
    assert isinstance(found, dict)
    return found
