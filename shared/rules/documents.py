"""JSON documents: where their secrets are, masks, and what a caller may not send.

Places are JSON pointers (RFC 6901).
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from shared.model.sections import SERVICE
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.rules.secret_looks import LEAST_CHARACTERS, looks_secret
from shared.rules.secret_names import PLACES, SecretKind, is_secret_name, kind

NESTED = (dict, list)
"""Types that contain values. A constant, since ``dict | list`` would be built on each call and take
twice the time."""

_PLAIN = frozenset({int, float, bool, type(None)})
"""Types whose values have no look: of such a value, only its member's name can make a secret."""

SEALED = "$sealed"
"""Member that replaces a secret in a stored document."""
SECRET = "$secret"  # nosec B105
"""Member that replaces a secret in a backup's section."""


def escaped(member: str) -> str:
    """A member's name, escaped as a part of a JSON pointer."""
    return member.replace("~", "~0").replace("/", "~1")


def _is_value(value: JsonValue) -> bool:
    """Whether there is something to keep secret: not null, a flag, or an empty text."""
    return not (value is None or isinstance(value, bool) or value == "")


def is_stand_in(value: JsonValue) -> bool:
    """Whether a value replaces a secret in a stored document, or in a backup's section."""
    return isinstance(value, dict) and (SEALED in value or SECRET in value)


def _is_secret(said: SecretKind, value: JsonValue, *, looked_at: bool) -> bool:
    """Whether a value is a secret by its member's name or its look, or replaces one.

    :param said: what the name says of the member, or of the member whose list it is in.
    :param looked_at: whether the section recognises secrets by their look.
    """
    if isinstance(value, str):
        if said is _SECRET:
            return value != ""
        if len(value) < LEAST_CHARACTERS:
            return False
        return looks_secret(value) if looked_at and said is not _PUBLIC else value == MASK
    return (said is _SECRET and _is_value(value)) or is_stand_in(value)


_OTHER, _SECRET, _PUBLIC, _BESIDE = (
    SecretKind.OTHER,
    SecretKind.SECRET,
    SecretKind.PUBLIC,
    SecretKind.NAMED,
)  # asked of each member


def _secret_beside(section: str, holder: JsonObject) -> frozenset[SecretKind]:
    """Which kinds of an object's members are secret because of the members next to them."""
    if section == SERVICE:
        return frozenset()
    named = any(
        isinstance(value, str)
        and kind(section, name) is SecretKind.NAMING
        and (is_secret_name(section, value) or value.lower().startswith("secure"))
        for name, value in holder.items()
    )
    found = {SecretKind.NAMED} if named else set()
    return frozenset(found | {SecretKind.OF_JWK}) if "kty" in holder else frozenset(found)


def replace_secrets(
    section: str, document: JsonObject, replacement: Callable[[str, JsonValue], JsonValue]
) -> JsonObject:
    """The document with every secret replaced; parts without secrets are not copied.

    :param replacement: called with pointer and value of each secret, outermost ones only.
    """
    placed = section == SERVICE
    path: list[str] = []

    def members(value: JsonObject) -> JsonObject:
        found, beside = value, None
        for name, inner in value.items():
            said = kind(section, name)
            if said is _OTHER and not placed and type(inner) in _PLAIN:
                continue
            secret = _is_secret(said, inner, looked_at=not placed)
            if not secret and said >= _BESIDE and _is_value(inner):
                beside = _secret_beside(section, value) if beside is None else beside
                secret = said in beside
            if placed and not secret and _is_value(inner):
                secret = pointer_of([*path, name]).lower() in PLACES
            if secret or isinstance(inner, NESTED):
                new = replaced(name, inner, said, secret)
                if new is not inner:
                    found = dict(value) if found is value else found
                    found[name] = new
        return found

    def elements(value: list[JsonValue], said: SecretKind) -> list[JsonValue]:
        found = value
        for index, inner in enumerate(value):
            secret = _is_secret(said, inner, looked_at=not placed)
            if secret or isinstance(inner, NESTED):
                new = replaced(str(index), inner, said, secret)
                if new is not inner:
                    found = list(value) if found is value else found
                    found[index] = new
        return found

    def replaced(part: str, value: JsonValue, said: SecretKind, secret: bool) -> JsonValue:
        path.append(part)
        if secret:
            new = replacement(pointer_of(path), value)
        else:
            assert isinstance(value, NESTED)
            new = members(value) if isinstance(value, dict) else elements(value, said)
        path.pop()
        return new

    return members(document)


def replace_stand_ins(
    document: JsonObject, replacement: Callable[[str, JsonObject], JsonValue]
) -> JsonObject:
    """The document with every stand-in for a secret replaced, whatever its member is called.

    If it was written by another rule than today's, it may be inside a value that is now a secret as
    a whole.

    :param replacement: called with pointer and stand-in.
    """

    path: list[str] = []

    def replaced(part: str, value: dict[str, JsonValue] | list[JsonValue]) -> JsonValue:
        path.append(part)
        if isinstance(value, dict):
            stands = is_stand_in(value)
            new = replacement(pointer_of(path), value) if stands else members(value)
        else:
            new = elements(value)
        path.pop()
        return new

    def members(value: JsonObject) -> JsonObject:
        found = value
        for name, inner in value.items():
            if isinstance(inner, NESTED):
                new = replaced(name, inner)
                if new is not inner:
                    found = dict(value) if found is value else found
                    found[name] = new
        return found

    def elements(value: list[JsonValue]) -> list[JsonValue]:
        found = value
        for index, inner in enumerate(value):
            if isinstance(inner, NESTED):
                new = replaced(str(index), inner)
                if new is not inner:
                    found = list(value) if found is value else found
                    found[index] = new
        return found

    return members(document)


def holds_secret(section: str, document: JsonObject) -> bool:
    """Whether there is a secret in a document, in the clear or as a stand-in."""
    return _any_secret(section, document, lambda _value: True)


def holds_open_secret(section: str, document: JsonObject) -> bool:
    """Whether there is a secret in the clear in a document."""
    return _any_secret(section, document, lambda value: not is_stand_in(value))


class _Found(Exception):
    """A secret was found: the rest of the document need not be searched."""


def _any_secret(section: str, document: JsonObject, counts: Callable[[JsonValue], bool]) -> bool:
    def look(_pointer: str, value: JsonValue) -> JsonValue:
        if counts(value):
            raise _Found
        return value

    try:
        replace_secrets(section, document, look)
    except _Found:
        return True
    return False


def pointer_of(path: Iterable[str]) -> str:
    """The JSON pointer of a path of names and indexes."""
    return "".join(f"/{escaped(part)}" for part in path)


def masked(section: str, document: JsonObject) -> JsonObject:
    """A document as answers show it."""
    return replace_secrets(section, document, lambda _pointer, _value: MASK)


def carried_masks(section: str, document: JsonObject, stored: JsonObject) -> dict[str, str]:
    """Where the masks of a document have their secrets: pointer → pointer into the stored one.

    An object's member is the one of the same name. A list's element is the one whose other members
    are all the same, at any index: indexes shift when an element is removed, and a secret must not
    be sent to a host that it was not given for. Elements that differ only in their secrets are
    matched by their order, as long as their number is unchanged. An element that was only switched
    on or off counts as the same.
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
"""Members that say whether something is used, not where it connects to: a restored source that is
started again keeps its password."""


def _alike(
    section: str,
    new: list[JsonValue],
    old: list[JsonValue],
    masked_ones: Iterable[int],
    free: Iterable[int],
    aside: frozenset[str],
) -> list[tuple[list[int], list[int]]]:
    """Elements that are the same except for secrets and the members to leave out."""
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
    """The parts of a value that are neither secret nor left out, as text: equal for equal
    values."""
    shown = masked(section, {"": [value]})

    def public(value: JsonValue) -> JsonValue:
        if isinstance(value, dict):
            return {n: public(v) for n, v in value.items() if n not in aside and v != MASK}
        return [public(v) for v in value] if isinstance(value, list) else value

    return json.dumps(public(shown), sort_keys=True)


_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
"""An index into a list (RFC 6901), in its only valid spelling."""


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
    """A document with another value at a pointer that exists in it; the rest is not copied."""

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
