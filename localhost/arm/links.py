"""Content links: addresses of this server that say until when they are valid, and are signed."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from localhost.arm.state import Account, Item, JsonObject, State
from localhost.arm.switches import Switches

CONTENT = "content"
"""The first segment of a link's path."""


class LinkRefused(Exception):
    """A link that leads nowhere: the status and code of the answer."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Links:
    """Gives links out, and follows them."""

    def __init__(self, state: State, switches: Switches) -> None:
        self._state = state
        self._switches = switches
        self._secret = secrets.token_bytes(32)

    def expire(self) -> None:
        """No link that was given out so far is valid any more."""
        self._secret = secrets.token_bytes(32)

    def of(self, account: Account, item: Item, base_url: str, *, hashed: bool) -> JsonObject:
        """The ``contentLink`` of a resource: a fresh one each time.

        :param hashed: with the content's version and hash; such a link leads to that version
            alone, another one to what is there.
        """
        assert item.content is not None
        segments = [account.key, item.kind.name, item.name]
        if hashed:
            segments.append(item.version.strip('"'))
        path = "/".join(["", CONTENT, *(quote(segment, safe="") for segment in segments)])
        until = f"{time.time() + self._switches.link_seconds:.6f}"
        shown = datetime.fromtimestamp(float(until), UTC).isoformat()
        query = urlencode({"se": shown, "until": until, "sig": self._signed(path, until)})
        link: JsonObject = {"uri": f"{base_url}{path}?{query}", "contentSize": len(item.content)}
        if hashed:
            digest = hashlib.md5(item.content, usedforsecurity=False).digest()
            link["contentVersion"] = item.version
            link["contentHash"] = {
                "algorithm": "md5",
                "value": base64.b64encode(digest).decode(),
            }
        return link

    def follow(self, raw_path: str, segments: list[str], query: Mapping[str, str]) -> Item:
        """What a link leads to.

        :param segments: of its path, decoded, after the first one.
        :raises LinkRefused: where it is not valid, or leads nowhere any more.
        """
        until = query.get("until", "")
        if not hmac.compare_digest(query.get("sig", ""), self._signed(raw_path, until)):
            raise LinkRefused(403, "AuthenticationFailed")
        if float(until) <= time.time():
            raise LinkRefused(403, "AuthenticationFailed")
        key, kind, name, *version = segments
        for group in list(self._state.groups.values()):
            for account in list(group.accounts.values()):
                if account.key == key:
                    item = account.items.get(kind.lower(), {}).get(name.lower())
                    if item is not None and version in ([], [item.version.strip('"')]):
                        return item
        raise LinkRefused(404, "BlobNotFound")

    def _signed(self, path: str, until: str) -> str:
        return hmac.new(self._secret, f"{path}?{until}".encode(), "sha256").hexdigest()
