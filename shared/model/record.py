"""A record: one line of a section of a backup."""

import json
from dataclasses import dataclass, field

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
    def read(record: JsonObject) -> "Record":
        """A record from its line's JSON.

        :raises ValueError: where it is none.
        """
        name, document, changed_at = (record.get(m) for m in ("name", "document", "changedAt"))
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
        )


def canonical_line(value: JsonObject) -> bytes:
    """A JSON object as a line of a section."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"
