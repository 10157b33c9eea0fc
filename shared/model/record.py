"""A record: one line of a section of a backup."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from pydantic_core import to_json

from shared.model.artifact import ContentReference
from shared.model.wire import JsonObject, JsonValue

_KELVIN = "\N{KELVIN SIGN}".encode()
"""The only character beyond ASCII whose lower case is in ASCII, which ``bytes.lower`` does not
convert."""

_SPACED = re.compile(rb'" +:')


@dataclass(frozen=True)
class Record:
    """One artifact, or one piece of run-time state, as it is in a backup."""

    name: str
    document: JsonObject = field(repr=False)
    changed_at: str
    """RFC 3339; a restore keeps the time."""
    content: ContentReference | None = None
    may_hold_secrets: bool = field(default=True, compare=False)
    """False if its line was found to contain no stand-ins of secrets."""
    written: "StoredText | None" = field(default=None, compare=False, repr=False)
    """The document's text in its line; None if it is unknown, or the document was changed."""

    def line(self) -> bytes:
        """Its line, including the line feed: keys sorted, no spaces, UTF-8."""
        record: JsonObject = {
            "name": self.name,
            "document": self.document,
            "changedAt": self.changed_at,
        }
        if self.content:
            record["content"] = self.content.to_json()
        return canonical_line(record)

    def with_document(self, document: JsonObject) -> "Record":
        """The same record with another document."""
        return self if document is self.document else replace(self, document=document, written=None)

    @staticmethod
    def read(record: JsonObject, *, may_hold_secrets: bool = True) -> "Record":
        """A record from its line's JSON.

        :raises ValueError: if it is not a record.
        """
        name, document, changed_at = map(record.get, ("name", "document", "changedAt"))
        if not (
            isinstance(name, str) and isinstance(document, dict) and isinstance(changed_at, str)
        ):
            raise ValueError("a record has name, document and changedAt")
        content = record.get("content")
        return Record(
            name,
            document,
            changed_at,
            ContentReference.model_validate(content) if content is not None else None,
            may_hold_secrets,
        )


@dataclass(frozen=True)
class StoredText:
    """The text of a document in a line, and the secrets that were put back into the document."""

    text: bytes = field(repr=False)
    """Canonical JSON: a member's name is written as it is, between quotes and before a colon."""
    document: JsonObject = field(repr=False)
    """The same, parsed, with the stand-ins for secrets."""
    secrets: Mapping[str, tuple[int, JsonValue]] = field(default_factory=dict, repr=False)
    """Pointer → index and secret."""

    @cached_property
    def searchable(self) -> bytes | None:
        """The text in lower case, to search for names; None if a name may be written in another
        way."""
        text = self.text
        escaped = b"\\" in text and b"\\u" in text
        beyond = not text.isascii() and _KELVIN in text
        spaced = b"\t" in text or b"\r" in text or (b" :" in text and _SPACED.search(text))
        return None if escaped or beyond or spaced else text.lower()


@dataclass(frozen=True)
class WrittenRecord:
    """A record without secrets, whose document is stored in the same form as in its line."""

    name: str
    text: bytes = field(repr=False)
    """Its document in canonical JSON."""
    changed_at: str
    content: ContentReference | None = None

    def line(self) -> bytes:
        """Its line in a section, with a line feed; as that of ``Record``."""
        content = b""
        if self.content:
            content = b'"content":%b,' % canonical_line(self.content.to_json())[:-1]
        return b'{"changedAt":%b,%b"document":%b,"name":%b}\n' % (
            to_json(self.changed_at),
            content,
            self.text,
            to_json(self.name),
        )


def text_line(name: str, text: str, changed_at: str) -> bytes:
    """The line of a record without content; as that of ``Record``.

    :param text: its document in canonical JSON.
    """
    return b'{"changedAt":%b,"document":%b,"name":%b}\n' % (
        to_json(changed_at),
        text.encode(),
        to_json(name),
    )


def canonical_text(value: JsonObject) -> str:
    """A JSON object in canonical form: keys sorted, no spaces, non-ASCII characters unescaped."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical_line(value: JsonObject) -> bytes:
    """A JSON object as a line of a section."""
    return canonical_text(value).encode() + b"\n"
