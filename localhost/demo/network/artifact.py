"""One artifact of the network, as the demo puts it into a service."""

from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """The bytes of an artifact."""

    data: bytes
    media_type: str


@dataclass(frozen=True)
class Artifact:
    """A document with its place in a service, and its bytes where it has any."""

    section: str
    name: str
    document: JsonObject
    content: Content | None = None

    def import_item(self) -> JsonObject:
        """The artifact as one item of POST services/{service}/import."""
        return {"section": self.section, "name": self.name, "document": self.document}


@dataclass(frozen=True)
class Identity:
    """A business identity of a partner, as envelopes name it."""

    partner: str
    qualifier: str
    value: str

    def document(self) -> JsonObject:
        """The identity as agreements write it."""
        return {"qualifier": self.qualifier, "value": self.value}


@dataclass(frozen=True)
class Numbers:
    """Within what an agreement counts one kind of control number."""

    lower: int = 1
    upper: int = 999_999_999
    rollover: bool = True
    prefix: str = ""
    suffix: str = ""

    def settings(self, stem: str) -> JsonObject:
        """The members that say so in an integration account.

        :param stem: such as ``interchangeControlNumber``.
        """
        settings: JsonObject = {
            f"{stem}LowerBound": self.lower,
            f"{stem}UpperBound": self.upper,
            f"rollover{stem[0].upper()}{stem[1:]}": self.rollover,
        }
        if self.prefix:
            settings[f"{stem}Prefix"] = self.prefix
        if self.suffix:
            settings[f"{stem}Suffix"] = self.suffix
        return settings
