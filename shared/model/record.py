"""A record: one line of a section of a backup."""

import json
from dataclasses import dataclass, field

from pydantic_core import to_json

from shared.model.artifact import ContentReference
from shared.model.wire import JsonObject

SERVICE = "service"
CONTROL_NUMBERS = "control-numbers"
RECEIVED_NUMBERS = "received-control-numbers"
MIC_VALUES = "mic-values"
CONTENT = "content"


@dataclass(frozen=True)
class Record:
    """One artifact, or one piece of run-time state, as a backup holds it."""

    name: str
    document: JsonObject
    changed_at: str
    """RFC 3339; a restore keeps it."""
    content: ContentReference | None = None
    may_hold_secrets: bool = field(default=True, compare=False)
    """False where its line was seen to hold none."""

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
class WrittenRecord:
    """A record that holds no secret, whose document was stored as its line has it."""

    name: str
    text: bytes
    """Its document: canonical JSON."""
    changed_at: str
    content: ContentReference | None = None

    def line(self) -> bytes:
        """See Record."""
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
