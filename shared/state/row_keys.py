"""Table keys: every key goes through one encoder.

Table storage forbids / \\ # ? and control characters in keys and compares them by their UTF-16
units, case-sensitively. A key has at most 1,024 bytes: 512 units.
"""

import hashlib
import re
from datetime import UTC, datetime
from functools import lru_cache

from shared.rules.naming import artifact_key

_NOT_PLAIN = re.compile(r"[^a-z0-9._ -]")
_MOST = 400
_HEAD = 300
_MOST_OF_PARTS, _HEAD_OF_PARTS = 512, 440
"""The head of a long key contains its first part completely, so that keys with the same first part
stay next to each other."""

_END_OF_TIME = 10**14 - 1
"""In milliseconds: the year 5138."""

_TIMED = re.compile(r"t![0-9]{14}![a-z0-9._ =-]+")
_TIMED_OF_ALL = re.compile(r"t![0-9]{14}![a-z0-9._ =-]+![a-z0-9._ =-]+")

LAST = "~"
"""Sorts after every encoded key and every key that begins with one."""


def encoded(text: str) -> str:
    """A key for any text. Different texts give different keys (over 400 characters: by sha256)."""
    key = _NOT_PLAIN.sub(lambda found: _escaped(found[0]), text)
    if len(key) <= _MOST:
        return key
    return f"{key[:_HEAD]}=={hashlib.sha256(key.encode()).hexdigest()}"


@lru_cache(maxsize=1024)
def _escaped(found: str) -> str:
    return "".join(f"={byte:02x}" for byte in found.encode())


def row_key(*parts: str) -> str:
    """One key of several parts; ``!`` between them sorts before every character of a part."""
    return bounded("!".join(encoded(part) for part in parts))


def bounded(key: str) -> str:
    """A key that consists of encoded parts; if it has over 512 characters, its beginning and its
    sha256."""
    if len(key) <= _MOST_OF_PARTS:
        return key
    return f"{key[:_HEAD_OF_PARTS]}=={hashlib.sha256(key.encode()).hexdigest()}"


def named(prefix: str, name: str) -> str:
    """The key of an artifact or agreement; their names are case-insensitive."""
    return (
        f"{encoded(prefix)}!{encoded(artifact_key(name))}"
        if prefix
        else encoded(artifact_key(name))
    )


def named_from(prefix: str, beginning: str) -> str:
    """What the keys that ``named`` gives to names with this beginning begin with.

    Of a long one, its first part: other names may have it too.
    """
    begins = encoded(artifact_key(beginning))[:_HEAD]
    return f"{encoded(prefix)}!{begins}" if prefix else begins


def newest_first(time: datetime) -> str:
    """A time as text that sorts the later before the earlier; to the millisecond.

    Nothing was stored before 1970 or is after 5138: earlier and later times are those.
    """
    milliseconds = min(max(int(time.timestamp() * 1000), 0), _END_OF_TIME)
    return f"{_END_OF_TIME - milliseconds:014d}"


def time_of(text: str) -> datetime:
    """The time that ``newest_first`` made a text of, to the millisecond."""
    return datetime.fromtimestamp((_END_OF_TIME - int(text)) / 1000, UTC)


def is_timed(key: str) -> bool:
    """Whether a key is that of a row that is sorted by time."""
    return _TIMED.fullmatch(key) is not None


def is_timed_of_all(key: str) -> bool:
    """As ``is_timed``, for rows of all services in one order."""
    return _TIMED_OF_ALL.fullmatch(key) is not None
