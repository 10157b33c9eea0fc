"""Sessions of an integration account: run-time state of which Azure documents only a part."""

from typing import Annotated

from pydantic import Field, SkipValidation

from shared.model.record import Record
from shared.model.runtime import RuntimeRecord
from shared.model.wire import JsonObject, JsonValue, Kept, Stored

AnyJson = Annotated[JsonValue, SkipValidation]
"""A JSON value that was parsed by us; it is not checked again."""


class SessionDocument(Stored):
    """The document of a session's record."""

    content: AnyJson = Field(repr=False)
    """As it came: a text, an object, anything."""
    etag: str = ""
    properties: Kept = Field(default_factory=dict, repr=False)
    """Members of its properties other than ``content`` and ``changedTime``, as they came."""


class SessionRecord(RuntimeRecord):
    """A line of the section sessions."""

    document: SessionDocument


class Session(SessionDocument):
    """A session, as its account has it."""

    name: str
    """As the account spells it; compared without regard to case."""
    changed_time: str
    """When the account last changed it: RFC 3339 with all of its digits, of which there may be
    seven."""

    def document(self) -> JsonObject:
        """The document of its record: members without a value are left out, except the content."""
        found: JsonObject = {"content": self.content}
        if self.etag:
            found["etag"] = self.etag
        if self.properties:
            found["properties"] = self.properties
        return found

    def with_document(self, document: JsonObject) -> "Session":
        """The same session with another document, such as one whose secrets are sealed.

        :raises ValueError: if it is none of a session.
        """
        return Session.of(self.name, document, self.changed_time)

    def record(self) -> Record:
        """Its record in a backup."""
        return Record(self.name, self.document(), self.changed_time)

    @staticmethod
    def of(name: str, document: JsonObject, changed_time: str) -> "Session":
        """A session from the members of its record.

        :raises ValueError: if the document is none of a session.
        """
        whole = SessionDocument.model_validate(document)
        return Session(
            name=name,
            changed_time=changed_time,
            content=whole.content,
            etag=whole.etag,
            properties=whole.properties,
        )
