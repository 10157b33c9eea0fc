"""JSON documents: where their secrets are, masks, and what a caller may not send.

Places are JSON pointers (RFC 6901).
"""

from collections.abc import Callable

from shared.model.artifact import Section
from shared.model.problem import Code, Problem
from shared.model.wire import MASK, JsonObject, JsonValue

SEALED = "$sealed"
"""Member that stands for a secret in a stored document."""
SECRET = "$secret"  # nosec B105
"""Member that stands for a secret in a backup's section."""

MAX_DEPTH = 64
"""Nesting of a document; the deepest real agreement has 9 levels."""

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


def escaped(member: str) -> str:
    """A member's name as a part of a JSON pointer."""
    return member.replace("~", "~0").replace("/", "~1")


def is_secret(section: str, pointer: str, member: str) -> bool:
    """Whether a member of a section's document is a secret, by its name."""
    name = member.lower()
    special = _SECTION_SECRETS.get(section, frozenset())
    return name.endswith(_SECRET_ENDINGS) or name in special or pointer.lower() in special


def _is_value(value: JsonValue) -> bool:
    """Whether there is something to keep secret: not null, a flag, or an empty text."""
    return not (value is None or isinstance(value, bool) or value == "")


def _stands_for_secret(value: JsonValue) -> bool:
    return isinstance(value, dict) and (SEALED in value or SECRET in value)


def replace_secrets(
    section: str, document: JsonObject, replacement: Callable[[str, JsonValue], JsonValue]
) -> JsonObject:
    """A copy of a document in which every secret is replaced.

    :param replacement: called with pointer and value of each secret, outermost ones only.
    """

    def copy(value: JsonValue, pointer: str) -> JsonValue:
        if isinstance(value, dict):
            return {m: member(m, v, f"{pointer}/{escaped(m)}") for m, v in value.items()}
        if isinstance(value, list):
            return [copy(v, f"{pointer}/{i}") for i, v in enumerate(value)]
        return value

    def member(name: str, value: JsonValue, place: str) -> JsonValue:
        if _stands_for_secret(value) or (is_secret(section, place, name) and _is_value(value)):
            return replacement(place, value)
        return copy(value, place)

    return {m: member(m, v, f"/{escaped(m)}") for m, v in document.items()}


def masked(section: str, document: JsonObject) -> JsonObject:
    """A document as answers show it."""
    return replace_secrets(section, document, lambda _pointer, _value: MASK)


def at(document: JsonValue, pointer: str) -> JsonValue:
    """The value at a pointer, None where there is none."""
    value = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def require_acceptable(document: JsonObject, target: str = "/document") -> None:
    """Refuse what a caller's document may not hold.

    :raises Problem: ReservedMember for a member that stands for a secret in stored documents;
        InvalidRequest for one that is nested too deep or has a text with half a character.
    """
    todo: list[tuple[JsonValue, str, int]] = [(document, target, 1)]
    while todo:
        value, pointer, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise Problem(
                Code.INVALID_REQUEST,
                f"The document is nested deeper than {MAX_DEPTH} levels.",
                target=target,
            )
        if isinstance(value, dict):
            for member, inner in value.items():
                if member in (SEALED, SECRET):
                    raise Problem(
                        Code.RESERVED_MEMBER,
                        f"The member name {member} is Interkeep's own. Send the secret itself, "
                        f"or {MASK} to keep the stored one.",
                        target=f"{pointer}/{escaped(member)}",
                    )
                _require_whole_text(member, pointer)
                todo.append((inner, f"{pointer}/{escaped(member)}", depth + 1))
        elif isinstance(value, list):
            todo += [(inner, f"{pointer}/{i}", depth + 1) for i, inner in enumerate(value)]
        elif isinstance(value, str):
            _require_whole_text(value, pointer)


def _require_whole_text(text: str, pointer: str) -> None:
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise Problem(
            Code.INVALID_REQUEST,
            "A text holds half of a surrogate pair; send whole Unicode characters.",
            target=pointer,
        )
