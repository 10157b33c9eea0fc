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
"""The one character beyond ASCII whose small letter is in ASCII: bytes do not know that."""

_SPACED = re.compile(rb'" +:')


@dataclass(frozen=True)
class Record:
    """One artifact, or one piece of run-time state, as a backup holds it."""

    name: str
    document: JsonObject = field(repr=False)
    changed_at: str
    """RFC 3339; a restore keeps it."""
    content: ContentReference | None = None
    may_hold_secrets: bool = field(default=True, compare=False)
    """False where its line was seen to hold none."""
    written: "StoredText | None" = field(default=None, compare=False, repr=False)
    """How its line has the document; None where that is not known, or not the same any more."""

    def line(self) -> bytes:
        """Its line, with the line feed: keys sorted, no spaces, UTF-8."""
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

        :raises ValueError: where it is none.
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
    """A document as a line has it, and the secrets that were put back into it since."""

    text: bytes = field(repr=False)
    """Canonical JSON: the name of a member stands as it is, between quotes and before a colon."""
    document: JsonObject = field(repr=False)
    """The same, parsed: with what stands for secrets."""
    secrets: Mapping[str, tuple[int, JsonValue]] = field(default_factory=dict, repr=False)
    """Pointer → index and secret."""

    @cached_property
    def searchable(self) -> bytes | None:
        """The text in small letters, to be searched for names; None where one may be hidden."""
        text = self.text
        escaped = b"\\" in text and b"\\u" in text
        beyond = not text.isascii() and _KELVIN in text
        spaced = b"\t" in text or b"\r" in text or (b" :" in text and _SPACED.search(text))
        return None if escaped or beyond or spaced else text.lower()


@dataclass(frozen=True)
class WrittenRecord:
    """A record that holds no secret, whose document was stored as its line has it."""

    name: str
    text: bytes = field(repr=False)
    """Its document: canonical JSON."""
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


def flat_line(name: str, document: dict[str, str | int], changed_at: str) -> bytes:
    """The line of a record whose document has texts and whole numbers alone, in less time.

    :param document: its members sorted by their names.
    """
    record = {"changedAt": changed_at, "document": document, "name": name}
    return to_json(record) + b"\n"


def canonical_text(value: JsonObject) -> str:
    """A JSON object as a section has it: keys sorted, no spaces, non-ASCII as it is."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def canonical_line(value: JsonObject) -> bytes:
    """A JSON object as a line of a section."""
    return canonical_text(value).encode() + b"\n"
