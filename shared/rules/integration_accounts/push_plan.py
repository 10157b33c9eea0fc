"""What a push does with each artifact, in which order, and how long that takes.

Artifacts are compared by what a PUT would write: a fingerprint of the body, and size and MD5 of the
content. So a push that goes on, or comes again, writes only what still differs.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from shared.model.integration_account import Child
from shared.model.push import Action, Existing, Extra
from shared.model.wire import JsonObject, JsonValue, as_whole
from shared.rules.documents import pointer_of
from shared.rules.integration_accounts.children import CHILDREN, Holds
from shared.rules.integration_accounts.findings import ORDER
from shared.rules.integration_accounts.resources import (
    ContentWanted,
    Pulled,
    resource_of,
)
from shared.rules.trading import member

DELETE_ORDER: tuple[Child, ...] = tuple(reversed(ORDER))
"""The order of deletions, which come after all writes: those are in ``ORDER``. Sessions are never
deleted."""

WRITES_AN_HOUR = 1_200
"""How many requests that change something ARM takes: the budget that its answers were recorded to
start with (``x-ms-ratelimit-remaining-subscription-writes``)."""

_HELD = {
    Holds.NOTHING: frozenset[str](),
    Holds.TEXT: frozenset({"content"}),
    Holds.BYTES: frozenset({"content"}),
    Holds.CERTIFICATE: frozenset({"publiccertificate"}),
}
_LINK = "contentlink"
_UNANSWERED = frozenset({"contenttype"})
"""What a PUT has and no answer."""
_READ_OUT = {
    Child.SCHEMAS: frozenset({"targetnamespace", "documentname"}),
    Child.ASSEMBLIES: frozenset(
        {"assemblyname", "assemblyversion", "assemblyculture", "assemblypublickeytoken"}
    ),
}
"""Members that an account fills in from the content, where a PUT leaves them out."""
_WORDS = frozenset({"agreementtype", "maptype", "schematype", "partnertype"})
"""Members whose values are words of a list, which ARM takes and answers in any case."""
_OF_SUBSCRIPTION = "/subscriptions/"
"""How an ARM id begins, which is compared without regard to case."""


NOT_HELD = "not held"
"""The fingerprint of what no service can hold: no record has it."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is known of an artifact's content."""

    size: int | None
    """Bytes; None where unknown."""
    md5: str
    """In base64; empty where unknown."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An artifact as the service or the account has it, as far as it is compared."""

    child: Child
    name: str
    """As it is spelt there."""
    fingerprint: str
    """Of all that a PUT writes but the content; equal for documents that differ in spelling alone:
    see ``fingerprint``."""
    content: Content | None
    """None for none."""
    bare: str = ""
    """The fingerprint without what the account reads out of content by itself; empty where that is
    the same."""
    read_out: tuple[tuple[str, str], ...] = ()
    """What it reads out of content, where the document has it: names in lower case, and values."""

    @property
    def is_held(self) -> bool:
        """Whether a service can hold it, and so a backup."""
        return self.fingerprint != NOT_HELD


def content_of(data: bytes) -> Content:
    """What is known of bytes that are at hand."""
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return Content(len(data), base64.b64encode(digest).decode())


def seen(
    child: Child,
    name: str,
    document: JsonObject,
    content: Content | None = None,
    *,
    map_type: str = "",
) -> Seen:
    """An artifact of the service.

    :param document: as it is written, after ``Changes``; secrets in the clear.
    :param map_type: of a map whose document has none: the type that fits its content, which the
        push writes (``maps.fitting_map_type``).
    """
    has_content = content is not None
    found = fingerprint(child, document, has_content=has_content, map_type=map_type)
    members = _READ_OUT.get(child, frozenset())
    read_out = tuple(
        sorted(
            (key.lower(), value)
            for key, value in document.items()
            if key.lower() in members and isinstance(value, str)
        )
    )
    if not read_out:
        return Seen(child, name, found, content)
    others = {key: value for key, value in document.items() if key.lower() not in members}
    bare = fingerprint(child, others, has_content=has_content, map_type=map_type)
    return Seen(child, name, found, content, bare, read_out)


def seen_in_account(pulled: Pulled) -> Seen:
    """An artifact of the account."""
    found = pulled.content
    content: Content | None = None
    if isinstance(found, ContentWanted):
        content = Content(found.size, found.md5)
    elif found is not None:
        content = content_of(found)
    return seen(pulled.child, pulled.name, pulled.document, content)


def fingerprint(
    child: Child, document: JsonObject, *, has_content: bool = False, map_type: str = ""
) -> str:
    """A digest of what a PUT of a document writes.

    Members compare without regard to case and order, and one that is null is one that is not there.
    The location is left out: no resource of an account has one of its own.

    :param has_content: whether the content is kept beside the document: then it is compared there.
    :param map_type: see ``seen``.
    """
    body = resource_of(child, "", document)
    found = body["properties"]
    properties: JsonObject = found if isinstance(found, dict) else {}
    if child is Child.MAPS and map_type and member(properties, "mapType") is None:
        properties = {**properties, "mapType": map_type}
    aside = _UNANSWERED | (_HELD[CHILDREN[child].holds] if has_content else frozenset())
    compared: JsonObject = {
        "properties": {key: value for key, value in properties.items() if key.lower() not in aside}
    }
    tags = member(body, "tags")
    if tags:
        compared["tags"] = tags
    text = json.dumps(_plain(compared), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: JsonValue, name: str = "") -> JsonValue:
    """A value in the form in which it is compared."""
    if isinstance(value, dict):
        return {
            key.lower(): _plain(inner, key.lower())
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        is_id = name == "id" and value.lower().startswith(_OF_SUBSCRIPTION)
        return value.lower() if is_id or name in _WORDS else value
    whole = as_whole(value)
    return whole if isinstance(whole, int | float) else value


def is_same_content(one: Content | None, other: Content | None) -> bool | None:
    """Whether two contents are the same; None where only their bytes would tell."""
    if one is None or other is None:
        return one is other
    if one.size is not None and other.size is not None and one.size != other.size:
        return False
    return one.md5 == other.md5 if one.md5 and other.md5 else None


def needs_bytes(record: Seen | None, target: Seen | None) -> bool:
    """Whether the account's content must be fetched and hashed before the action is known: all else
    is the same, and its link has no hash."""
    if record is None or target is None or not is_same_document(record, target):
        return False
    return is_same_content(record.content, target.content) is None


def is_same(record: Seen, target: Seen) -> bool:
    """Whether a PUT of the record would change nothing. Content of which that is unknown counts as
    another one."""
    same_content = is_same_content(record.content, target.content)
    return is_same_document(record, target) and same_content is True


def is_same_document(record: Seen, target: Seen) -> bool:
    """Whether the bodies are the same, as far as the record says: what the account reads out of the
    content by itself is no difference where the record does not have it."""
    if record.fingerprint == target.fingerprint:
        return True
    same = (record.bare or record.fingerprint) == (target.bare or target.fingerprint)
    return same and set(record.read_out) <= set(target.read_out)


def action_of(
    record: Seen | None,
    target: Seen | None,
    existing: Existing,
    extra: Extra,
    *,
    chosen: bool = True,
) -> Action | None:
    """What a push does with an artifact; None where neither has it, or it is not chosen and the
    account has it not.

    What is there just so is never refused: it may be what this push wrote before it was
    interrupted.

    :param record: what the service has, chosen or not.
    :param target: what the account has.
    :param chosen: whether the request's ``include`` and ``exclude`` take it: see ``Choice``. What
        they leave out stays as it is, whatever ``extra`` says.
    """
    if record is None or not chosen:
        if target is None:
            return None
        goes = record is None and chosen and extra is Extra.DELETE
        return Action.DELETE if goes else Action.KEEP
    if target is None:
        return Action.CREATE
    if is_same(record, target):
        return Action.SAME
    return _OTHERWISE[existing]


_OTHERWISE = {
    Existing.REFUSE: Action.REFUSE,
    Existing.KEEP: Action.KEEP,
    Existing.REPLACE: Action.REPLACE,
}

WRITTEN = frozenset({Action.CREATE, Action.REPLACE})
"""Actions that take a PUT."""


def seconds_of(writes: int) -> int:
    """How long requests that change something take at the pace that ARM allows for long: a budget
    that is full at the beginning makes it shorter, and other writers longer."""
    return math.ceil(writes * 3600 / WRITES_AN_HOUR)


def differences(child: Child, wanted: JsonObject, there: JsonObject) -> tuple[str, ...]:
    """Where a resource is not as it was written: JSON pointers into the body, sorted.

    What the account adds by itself is no difference: see ``additions``. Content is compared by its
    bytes, not here.

    :param wanted: the body of the PUT.
    :param there: the resource that ARM answers.
    """
    return tuple(sorted(_differences(_compared(child, wanted), there, [])))


def additions(child: Child, wanted: JsonObject, there: JsonObject) -> tuple[str, ...]:
    """What a resource has that was not written, and a PUT could have: JSON pointers, sorted. What
    an account reads out of content is not among it.

    :param wanted: the body of the PUT.
    :param there: the body of a PUT that would write what ARM answers.
    """
    aside = _READ_OUT.get(child, frozenset())
    return tuple(sorted(_additions(_compared(child, wanted), _compared(child, there, aside), [])))


def _compared(child: Child, body: JsonObject, others: frozenset[str] = frozenset()) -> JsonObject:
    """What is compared of a body."""
    aside = _UNANSWERED | _HELD[CHILDREN[child].holds] | {_LINK} | others
    found = member(body, "properties")
    properties: JsonObject = found if isinstance(found, dict) else {}
    compared: JsonObject = {
        "properties": {key: value for key, value in properties.items() if key.lower() not in aside}
    }
    if tags := member(body, "tags"):
        compared["tags"] = tags
    return compared


def _differences(wanted: JsonValue, there: JsonValue, path: list[str]) -> Iterator[str]:
    if isinstance(wanted, dict):
        if not isinstance(there, dict):
            yield pointer_of(path)
            return
        for key, value in wanted.items():
            if value is not None:
                yield from _differences(value, member(there, key), [*path, key])
    elif isinstance(wanted, list):
        if not isinstance(there, list) or len(there) != len(wanted):
            yield pointer_of(path)
            return
        for index, value in enumerate(wanted):
            yield from _differences(value, there[index], [*path, str(index)])
    elif _plain(wanted, path[-1].lower()) != _plain(there, path[-1].lower()):
        yield pointer_of(path)


def _additions(wanted: JsonValue, there: JsonValue, path: list[str]) -> Iterator[str]:
    if isinstance(there, dict) and isinstance(wanted, dict):
        for key, value in there.items():
            if value is None:
                continue
            if member(wanted, key) is None:
                yield pointer_of([*path, key])
            else:
                yield from _additions(member(wanted, key), value, [*path, key])
    elif isinstance(there, list) and isinstance(wanted, list) and len(there) == len(wanted):
        for index, value in enumerate(there):
            yield from _additions(wanted[index], value, [*path, str(index)])
