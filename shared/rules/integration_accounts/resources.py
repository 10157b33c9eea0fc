"""Resources of an account and records of a service, in both directions.

A record's document is the resource's ``properties`` without times, link and content. Members beside
``properties`` stay with it as ``$resource``. Names of members are compared without regard to case
and kept as they are spelt: ARM answers in its own spelling, not in the one that was sent.

That of a session is ``content`` as it came, ``etag``, and under ``properties`` all its other
members, ``createdTime`` among them: sessions are kept whole.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field

from shared.model.integration_account import Child
from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject, JsonValue, as_whole
from shared.rules.acceptable import require_acceptable, require_whole
from shared.rules.documents import pointer_of
from shared.rules.integration_accounts.children import CHILDREN, ChildRow, Holds
from shared.rules.integration_accounts.maps import content_type_of, fitting_map_type
from shared.rules.integration_accounts.verbatim import holdable, is_verbatim
from shared.rules.naming import shown
from shared.rules.trading import member

RESOURCE = "$resource"
"""Member of a document: what the resource had beside ``properties``. A caller may send it too."""

MOST_INLINE = 3 * 1024 * 1024
"""Most bytes of content, as encoded in a PUT's body: ARM refuses bodies over 4 MiB."""

_IDENTIFYING = frozenset({"id", "name", "type", "etag", "properties"})
_TIMES = frozenset({"createdtime", "changedtime"})
_LINK = "contentLink"
_CERTIFICATE = "publicCertificate"
_BESIDE = frozenset({"location", "tags"})
"""What a PUT may have beside ``properties``."""
_OF_VAULT = frozenset({"name", "type"})
"""Members of ``key.keyVault`` that ARM derives from its ``id``."""


@dataclass(frozen=True, slots=True)
class ContentWanted:
    """Content that is not in the answer: where it is, and what it must be."""

    link: JsonObject = field(repr=False)
    """The ``contentLink`` as it came. Its address holds a signature: it is never stored."""
    size: int | None
    """Bytes; None where the link does not say."""
    md5: str
    """In base64; empty where the link does not say."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A resource of an account, as the service holds it."""

    child: Child
    section: str
    name: str
    """In the account's spelling."""
    document: JsonObject = field(repr=False)
    changed_time: str
    """With all its digits as it came; empty where the resource has none."""
    content: ContentWanted | bytes | None = field(repr=False)
    """None where the resource has no content."""
    etag: str = ""


def record_of(child: Child, resource: JsonObject) -> Pulled:
    """What a resource becomes.

    :param resource: as ARM answers it, alone or in a list; see ``verbatim.faithful``.
    :raises Problem: InvalidName for a name that is none; InvalidRequest for a resource that has a
        member twice. ReservedMember for an artifact with a member that Interkeep reserves;
        InvalidRequest and DocumentTooLarge for one that no document of a service can hold. Sessions
        are taken as they are: what no document holds, as its text.
    """
    row = CHILDREN[child]
    name = name_of(child, resource)
    require_whole(name, "")
    found = member(resource, "properties")
    if is_verbatim(found):
        raise Problem(
            Code.INVALID_REQUEST,
            f"'{shown(name)}' of the account's {child} cannot be held: it has a member twice.",
        )
    properties = found if isinstance(found, dict) else {}
    if child is Child.SESSIONS:
        return _session(name, resource, properties)
    content, inside = _content(row, properties)
    document: JsonObject = {
        key: value
        for key, value in properties.items()
        if key != inside and key.lower() not in _TIMES and key.lower() != _LINK.lower()
    }
    if RESOURCE in document:
        raise _reserved(child, name, RESOURCE, pointer_of([RESOURCE]))
    beside = _not_identifying(resource)
    if found is not None and not isinstance(found, dict):
        beside["properties"] = found
    if beside:
        document[RESOURCE] = beside
    _require_holdable(child, name, document)
    return Pulled(
        child,
        row.section,
        name,
        document,
        changed_time=_text(member(properties, "changedTime")),
        content=content,
        etag=_text(member(resource, "etag")),
    )


def name_of(child: Child, resource: JsonObject) -> str:
    """The name of a resource; the last part of its id where it has no ``name``.

    :raises Problem: InvalidName where it has neither.
    """
    name = _text(member(resource, "name"))
    if name:
        return name
    address = _text(member(resource, "id"))
    place = address.lower().rfind(f"/{child.lower()}/")
    if place < 0 or not address[place + len(child) + 2 :]:
        raise Problem(Code.INVALID_NAME, f"One of the account's {child} has no name.")
    return address[place + len(child) + 2 :]


def lacks_content(pulled: Pulled) -> bool:
    """Whether a resource has no content, although its kind has some: neither a link to it, nor
    itself, nor anything in its place."""
    match CHILDREN[pulled.child].holds:
        case Holds.NOTHING:
            return False
        case Holds.CERTIFICATE:
            inside = member(pulled.document, _CERTIFICATE)
        case Holds.TEXT | Holds.BYTES:
            inside = member(pulled.document, "content")
    return pulled.content is None and inside in (None, "")


def resource_of(
    child: Child,
    name: str,
    document: JsonObject,
    content: bytes | None = None,
    *,
    link: str = "",
) -> JsonObject:
    """The body of a PUT that makes the resource of a record.

    It has writable members alone; ``left_out`` says what it has not. A map without ``mapType`` gets
    the one that fits its stylesheet. Secrets must be in the clear.

    :param content: the artifact's content; in the body where there is no ``link``.
    :param link: an address that ARM reads the content from, for what does not go inline.
    :raises Problem: InvalidRequest for content that cannot be in a body, or is of a kind that has
        none.
    """
    row = CHILDREN[child]
    properties: JsonObject = {
        key: _without_derived(key, value)
        for key, value in document.items()
        if key.lower() in row.writable
    }
    if content is not None or link:
        _put_content(row, name, properties, content, link)
    if child is Child.MAPS and member(properties, "mapType") is None and content is not None:
        properties["mapType"] = fitting_map_type(content)
    body: JsonObject = {
        key: value for key, value in _beside(document).items() if key.lower() in _BESIDE
    }
    body["properties"] = properties
    return body


def left_out(child: Child, document: JsonObject) -> tuple[str, ...]:
    """What a record has that no PUT may have: JSON pointers into its document, sorted.

    What ARM derives by itself, such as the name of a vault, is not among them; of a session, that
    is all but its content.
    """
    if child is Child.SESSIONS:
        return ()
    writable = CHILDREN[child].writable
    inside = [
        pointer_of([key])
        for key in document
        if key != RESOURCE and key.lower() not in writable and key.lower() not in _TIMES
    ]
    beside = [
        pointer_of([RESOURCE, key]) for key in _beside(document) if key.lower() not in _BESIDE
    ]
    return tuple(sorted([*inside, *beside]))


def fits_inline(child: Child, size: int) -> bool:
    """Whether so many bytes of content may be in the body of a PUT, as far as their number says."""
    encoded = size if CHILDREN[child].holds is Holds.TEXT else size * 4 / 3 + 4
    return encoded <= MOST_INLINE


def goes_inline(child: Child, content: bytes) -> bool:
    """Whether content may be in the body of a PUT.

    Text that is not UTF-8, or begins with a byte order mark, would come back as other bytes; what
    is longer than 3 MB as encoded is over ARM's limit with all else that is in the body.
    """
    match CHILDREN[child].holds:
        case Holds.CERTIFICATE | Holds.BYTES:
            return fits_inline(child, len(content))
        case Holds.TEXT:
            if not fits_inline(child, len(content)) or content.startswith(b"\xef\xbb\xbf"):
                return False
            try:
                text = content.decode()
            except UnicodeDecodeError:
                return False
            return len(json.dumps(text, ensure_ascii=False).encode()) <= MOST_INLINE
        case Holds.NOTHING:
            return False


def _session(name: str, resource: JsonObject, properties: JsonObject) -> Pulled:
    """A session, whatever it holds."""
    spelt, changed = _spelt(properties, "content"), _spelt(properties, "changedTime")
    others = {
        key: holdable(value) for key, value in properties.items() if key not in (spelt, changed)
    }
    beside, etag = _not_identifying(resource), _text(member(resource, "etag"))
    if beside:
        others.setdefault(RESOURCE, holdable(beside))
    for text in (etag, _text(properties.get(changed)), *others):
        require_whole(text, "")
    document: JsonObject = {"content": holdable(properties.get(spelt))}
    document |= {"etag": etag} if etag else {}
    document |= {"properties": others} if others else {}
    return Pulled(
        Child.SESSIONS,
        CHILDREN[Child.SESSIONS].section,
        name,
        document,
        changed_time=_text(properties.get(changed)),
        content=None,
        etag=etag,
    )


def _not_identifying(resource: JsonObject) -> JsonObject:
    return {key: value for key, value in resource.items() if key.lower() not in _IDENTIFYING}


def _content(row: ChildRow, properties: JsonObject) -> tuple[ContentWanted | bytes | None, str]:
    """The content of a resource, and the member of ``properties`` that it is in; empty for none."""
    if row.holds is Holds.NOTHING:
        return None, ""
    if row.holds is Holds.CERTIFICATE:
        spelt = _spelt(properties, _CERTIFICATE)
        return _of_base64(properties.get(spelt), spelt)
    link = member(properties, _LINK)
    spelt = _spelt(properties, "content")
    inline = properties.get(spelt)
    if isinstance(link, dict) and _text(member(link, "uri")):
        return _wanted(link), spelt if isinstance(inline, str) else ""
    if row.holds is Holds.BYTES:
        return _of_base64(inline, spelt)
    if not isinstance(inline, str):
        return None, ""
    try:
        return inline.encode(), spelt
    except UnicodeEncodeError:
        return None, ""


def _of_base64(value: JsonValue, spelt: str) -> tuple[bytes | None, str]:
    """The bytes that a text stands for, where exactly that text comes of them again."""
    if not isinstance(value, str) or not value:
        return None, ""
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None, ""
    return (data, spelt) if base64.b64encode(data).decode() == value else (None, "")


def _wanted(link: JsonObject) -> ContentWanted:
    size = as_whole(member(link, "contentSize"))
    hashed = member(link, "contentHash")
    is_md5 = _text(member(hashed, "algorithm")).lower() == "md5"
    return ContentWanted(
        link,
        size=size if isinstance(size, int) and not isinstance(size, bool) else None,
        md5=_text(member(hashed, "value")) if is_md5 else "",
    )


def _put_content(
    row: ChildRow, name: str, properties: JsonObject, content: bytes | None, link: str
) -> None:
    for key in [key for key in properties if key.lower() in _HELD[row.holds]]:
        del properties[key]
    if row.holds is Holds.CERTIFICATE and content is not None:
        properties[_CERTIFICATE] = base64.b64encode(content).decode()
        return
    if row.holds in (Holds.CERTIFICATE, Holds.NOTHING):
        raise Problem(
            Code.INVALID_REQUEST,
            f"'{shown(name)}' is of {row.section}, which have no such content in an account.",
        )
    if link:
        properties[_LINK] = {"uri": link}
    elif content is not None and row.holds is Holds.BYTES:
        properties["content"] = base64.b64encode(content).decode()
    elif content is not None:
        try:
            properties["content"] = content.decode()
        except UnicodeDecodeError as error:
            raise Problem(
                Code.INVALID_REQUEST,
                f"The content of '{shown(name)}' is no UTF-8, and cannot be sent in a body.",
            ) from error
    if member(properties, "contentType") is None:
        properties["contentType"] = row.content_type or content_type_of(properties, content)


_HELD = {
    Holds.NOTHING: frozenset[str](),
    Holds.TEXT: frozenset({"content"}),
    Holds.BYTES: frozenset({"content"}),
    Holds.CERTIFICATE: frozenset({_CERTIFICATE.lower()}),
}


def _without_derived(key: str, value: JsonValue) -> JsonValue:
    """A member without what ARM derives by itself: a key's vault is named by its id."""
    if key.lower() != "key" or not isinstance(value, dict):
        return value
    return {
        name: {n: v for n, v in inner.items() if n.lower() not in _OF_VAULT}
        if name.lower() == "keyvault" and isinstance(inner, dict) and _text(member(inner, "id"))
        else inner
        for name, inner in value.items()
    }


def _beside(document: JsonObject) -> JsonObject:
    beside = document.get(RESOURCE)
    return beside if isinstance(beside, dict) else {}


def _require_holdable(child: Child, name: str, document: JsonObject) -> None:
    """Refuse what would be taken for something else, or could not be read again.

    A member that stands for a sealed secret would be opened where there is none.
    """
    beside = _beside(document)
    inside = ((pointer_of([key]), value) for key, value in document.items())
    outside = ((pointer_of([RESOURCE, key]), value) for key, value in beside.items())
    for target, value in (*inside, *outside):
        if is_verbatim(value):
            raise Problem(
                Code.INVALID_REQUEST,
                f"'{shown(name)}' of the account's {child} cannot be held: it has a member twice, "
                "a number of more digits than can be kept, or is nested too deep.",
                target=target,
            )
    try:
        require_acceptable(document, target="")
    except Problem as problem:
        target = problem.target or ""
        if problem.code is Code.RESERVED_MEMBER:
            raise _reserved(child, name, target.rsplit("/", 1)[-1], target) from problem
        raise Problem(
            problem.code,
            f"'{shown(name)}' of the account's {child} cannot be held: {problem.message}",
            target=target,
        ) from problem


def _reserved(child: Child, name: str, which: str, target: str) -> Problem:
    return Problem(
        Code.RESERVED_MEMBER,
        f"'{shown(name)}' of the account's {child} has a member {which}, which is Interkeep's own "
        "and would be read as such. Rename the member in the account, then pull again.",
        target=target,
    )


def _spelt(holder: JsonObject, name: str) -> str:
    """The name of a member as an object spells it; as given where it has none."""
    if name in holder:
        return name
    return next((key for key in holder if key.lower() == name.lower()), name)


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
