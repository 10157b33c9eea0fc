"""A transport under the SDK that counts storage calls, by what they are, and content bytes.

Where storage is to be far away, it also counts round trips on the critical path: a call that
begins comes after every call that had been answered by then, and is one deeper than the deepest of
them. Calls side by side are equally deep. So the figure is that of the code's order, not of a
machine, as long as a call is held for much longer than what is done between calls takes.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from azure.core.rest import HttpRequest

from shared.storage.clients import FencedTransport

_CONTENT = ("/content/", "/artifacts/")
"""What the address of an object has in it, in a backup and in the content store."""

_VERBS = {
    "GET": "blob read",
    "HEAD": "blob asked for",
    "PUT": "blob written",
    "POST": "row written",
}
"""What is left when all else is known by its address; the only POST is then a row's insert."""


@dataclass(frozen=True)
class Calls:
    """Storage calls between two moments."""

    kinds: dict[str, int]
    content_bytes: int
    """Bytes of content objects that went through this process, in or out."""

    @property
    def all(self) -> int:
        """How many there were."""
        return sum(self.kinds.values())

    def __add__(self, other: "Calls") -> "Calls":
        """Those of both."""
        kinds = dict(Counter(self.kinds) + Counter(other.kinds))
        return Calls(kinds, self.content_bytes + other.content_bytes)


class Distance:
    """How far away storage is for some transports, and how often the way there was gone.

    :param seconds: how long each call is held before it is sent.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.trips = 0
        """Calls that came one after another, up to now."""

    @asynccontextmanager
    async def there_and_back(self) -> AsyncIterator[None]:
        """A call."""
        depth = self.trips + 1
        await asyncio.sleep(self._seconds)
        yield
        self.trips = max(self.trips, depth)


class CountingTransport(FencedTransport):
    """Counts what it carries."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: Counter[str] = Counter()
        self._content_bytes = 0
        self.distance: Distance | None = None
        """None: as near as it is."""

    async def send(self, request: HttpRequest, **config: Any) -> Any:
        """Send a request, and count it."""
        async with self.distance.there_and_back() if self.distance else nullcontext():
            answer = await super().send(request, **config)
        self._kinds[_kind(request)] += 1
        if any(part in request.url for part in _CONTENT):
            sent = request.headers.get("Content-Length")
            received = answer.headers.get("Content-Length") if request.method == "GET" else 0
            self._content_bytes += int(sent or 0) + int(received or 0)
        return answer

    def counted(self) -> Calls:
        """All calls up to now."""
        return Calls(dict(self._kinds), self._content_bytes)

    def since(self, before: Calls) -> Calls:
        """The calls after ``before`` was counted."""
        kinds = self._kinds - Counter(before.kinds)
        return Calls(dict(kinds), self._content_bytes - before.content_bytes)


def _kind(request: HttpRequest) -> str:
    path, _, query = request.url.partition("?")
    if path.endswith("/$batch"):
        return "batch"
    if path.endswith("/Tables") or "/Tables(" in path:
        return "table"
    if path.endswith("()"):
        return "page" if request.method == "GET" else "row written"
    if path.endswith(")"):
        return "row read" if request.method == "GET" else "row written"
    if "/messages" in path:
        return "message"
    if "comp=list" in query and "comp=blocklist" not in query:
        return "blob list"
    if "x-ms-copy-source" in request.headers:
        return "blob copy"
    if "comp=block" in query:
        return "block"
    if "restype=container" in query:
        return "container"
    return _VERBS.get(request.method, request.method.lower())
