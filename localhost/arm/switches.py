"""How the stand-in goes where the real service may go either way, and how it is disturbed."""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

READS_AN_HOUR = 12_000
WRITES_AN_HOUR = 1_200


@dataclass
class Switches:
    """What may be set at any time; the next request is answered by it.

    :param if_match: the If-Match of what has an ETag is heeded, or else ignored.
    :param if_none_match: the If-None-Match of an account's PUT is heeded, or else ignored.
    :param etags: artifacts have ETags as sessions do; nobody documents that they have.
    :param references: an agreement whose partner is not there is refused, and so is the deletion
        of a partner that an agreement names.
    :param unknown_members: what becomes of members that a kind does not have.
    :param adds_members: artifacts get a member that nobody wrote, as a service fills in what it
        takes for granted; nobody documents that it does.
    :param changes_values: values of artifacts' metadata are kept in upper case, as a service may
        put what is written into a form of its own; nobody documents that it does.
    :param content_hash: content links come with hash and version; ``recorded`` goes by the
        api-version.
    :param content_types: content without its type is refused.
    :param map_versions: a stylesheet whose version does not fit the map's type is refused.
    :param filters: ``$filter`` is heeded, or else ignored.
    :param filters_by_case: it compares with regard to case, or else without.
    :param keeps_marks: a byte order mark in a PUT's content is stored, or else dropped.
    :param limits: a tier's limits are held to, and that of content.
    :param vaults_refuse: the key vault lets no one list its keys.
    :param page_size: most resources in a page, whatever ``$top`` says.
    :param link_seconds: how long a content link is valid.
    :param actions: what the caller may do, as a role says it.
    :param not_actions: what of that it may not.
    :param reads: requests that read, an hour.
    :param writes: all others, an hour.
    :param window_seconds: what an hour is.
    """

    if_match: bool = True
    if_none_match: bool = True
    etags: bool = False
    references: bool = True
    unknown_members: Literal["kept", "refused"] = "kept"
    adds_members: bool = False
    changes_values: bool = False
    content_hash: Literal["recorded", "always", "never"] = "recorded"
    content_types: bool = True
    map_versions: bool = True
    filters: bool = True
    filters_by_case: bool = False
    keeps_marks: bool = False
    limits: bool = True
    vaults_refuse: bool = False
    page_size: int = 1000
    link_seconds: float = 4 * 3600
    actions: list[str] = field(default_factory=lambda: ["*"])
    not_actions: list[str] = field(default_factory=list)
    reads: int = READS_AN_HOUR
    writes: int = WRITES_AN_HOUR
    window_seconds: float = 3600


@dataclass
class Seen:
    """A request that came in.

    :param path: as it was sent, still encoded, without its query.
    :param query: without signatures.
    :param headers: by their names in lower case, without what identifies the caller.
    :param authorized: whether it had an Authorization header.
    :param when: seconds of the monotonic clock.
    :param status: of the answer; 0 where the connection was cut instead.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    authorized: bool
    when: float = field(default_factory=time.monotonic)
    status: int = 0

    @property
    def is_content(self) -> bool:
        """Whether it asked for content by a link, and not for a resource."""
        return self.path.startswith("/content/")


@dataclass
class Fault:
    """What happens to requests instead of, or after, being carried out.

    :param method: of the requests that it is for; any where empty.
    :param part: the path or its query has it in it, decoded and without regard to case.
    :param nth: the first of those requests that it happens to, from 1.
    :param times: to how many from then on.
    :param status: the answer's; 0 to answer as ever.
    :param body: the answer's; JSON where it is an object.
    :param headers: of the answer, or with the answer where that is as ever.
    :param carried_out: the request is carried out all the same.
    :param cut: the connection ends without an answer, or in the middle of its body.
    :param seconds: how long the answer takes.
    :param meanwhile: called right before.
    """

    method: str = ""
    part: str = ""
    nth: int = 1
    times: int = 1
    status: int = 0
    body: Mapping[str, object] | str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    carried_out: bool = False
    cut: Literal["", "no answer", "middle"] = ""
    seconds: float = 0
    meanwhile: Callable[[], None] | None = None
    met: int = 0
    """How many of those requests there were."""

    def happens(self, seen: Seen) -> bool:
        """Whether it happens to this request; counts it."""
        query = "&".join(f"{name}={value}" for name, value in seen.query.items())
        address = f"{unquote(seen.path)}?{query}".lower()
        fits = self.method in ("", seen.method) and self.part.lower() in address
        self.met += fits
        return fits and self.nth <= self.met < self.nth + self.times


class Disturbances:
    """The faults that are set, and the requests that were seen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._seen: list[Seen] = []

    def add(self, fault: Fault) -> Fault:
        """One more; counts requests from now on."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """No faults any more, and nothing seen."""
        with self._lock:
            self._faults.clear()
            self._seen.clear()

    def note(self, seen: Seen) -> Fault | None:
        """Note a request; the fault that happens to it."""
        with self._lock:
            self._seen.append(seen)
            happening = [fault for fault in self._faults if fault.happens(seen)]
        return happening[0] if happening else None

    @property
    def seen(self) -> Sequence[Seen]:
        """All requests so far, in their order."""
        with self._lock:
            return list(self._seen)


class Budgets:
    """How many requests are left until the window ends."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._used: Counter[str] = Counter()
        self._began = time.monotonic()

    def take(self, what: Literal["reads", "writes"]) -> tuple[int, int]:
        """How many are left after this one, and in how many seconds there are new ones; the
        first is negative where there was none for this one."""
        now = time.monotonic()
        if now - self._began >= self._switches.window_seconds:
            self._began = now
            self._used.clear()
        left = getattr(self._switches, what) - self._used[what] - 1
        if left >= 0:
            self._used[what] += 1
        return left, max(1, math.ceil(self._began + self._switches.window_seconds - now))
