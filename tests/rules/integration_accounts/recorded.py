"""Recorded resources of integration accounts, as ARM answers them."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.model.integration_account import Child
from shared.model.wire import JsonObject

_CONTENT = ("content", "contentBase64", "contentType")
_BY_ADDRESS = {str(child).lower(): child for child in Child}


@dataclass(frozen=True)
class Recorded:
    """A resource of the corpus."""

    child: Child | None
    """None for an account itself."""
    resource: JsonObject
    """As ARM answers it: with name and type, and with a link where it has content."""
    content: bytes | None
    content_type: str

    @property
    def properties(self) -> JsonObject:
        """The properties as they were recorded."""
        found = self.resource["properties"]
        assert isinstance(found, dict)
        return found


def recorded(folder: Path) -> Iterator[Recorded]:
    """Every resource of the corpus.

    :param folder: ``integration_account/arm`` of the corpus.
    """
    for path in sorted(folder.glob("*.json")):
        for resource in json.loads(path.read_text())["resources"]:
            parts = resource["id"].split("/")
            child = _BY_ADDRESS[parts[9].lower()] if len(parts) > 9 else None
            data = _bytes(resource)
            answered = {key: value for key, value in resource.items() if key not in _CONTENT}
            answered["name"] = parts[-1]
            kind = f"/{child}" if child else ""
            answered["type"] = f"Microsoft.Logic/integrationAccounts{kind}"
            if data is not None:
                answered["properties"] = {**resource["properties"], "contentLink": link(data)}
            yield Recorded(child, answered, data, resource.get("contentType", ""))


def link(data: bytes) -> JsonObject:
    """A link to content, in the form with a hash."""
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return {
        "uri": "https://content.invalid/blob?sig=X",
        "contentVersion": '"0x8D4600DC612F5D8"',
        "contentSize": len(data),
        "contentHash": {"algorithm": "md5", "value": base64.b64encode(digest).decode()},
    }


def _bytes(resource: dict[str, str]) -> bytes | None:
    if "contentBase64" in resource:
        return base64.b64decode(resource["contentBase64"])
    return resource["content"].encode() if "content" in resource else None
