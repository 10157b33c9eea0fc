"""Function keys: made at the first start and kept in a file, or given by one."""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localhost.worker import Function


@dataclass(frozen=True)
class Keys:
    """The keys of one app.

    ``host`` opens every function, ``master`` the admin addresses too; ``functions`` has keys that
    open one function each, by its name.
    """

    master: str
    host: str
    functions: Mapping[str, str]

    def opens(self, key: str | None, function: Function) -> bool:
        """Whether a key opens an HTTP function."""
        level = str(function.trigger.get("authLevel", "function")).lower()
        if level == "anonymous":
            return True
        if level == "admin":
            return self.is_master(key)
        own = self.functions.get(function.name)
        # Each is compared, and in constant time: an answer's time tells nothing.
        found = [_same(key, known) for known in (self.master, self.host, own) if known]
        return any(found)

    def is_master(self, key: str | None) -> bool:
        """Whether it is the master key."""
        return _same(key, self.master)


def _same(given: str | None, known: str) -> bool:
    return hmac.compare_digest((given or "").encode(), known.encode())


def kept_keys(path: Path) -> Keys:
    """The keys of a file; made and written where there is none.

    The file is JSON: ``{"master": …, "host": …, "functions": {name: key}}``.

    :raises ValueError: where it is anything else.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {"master": secrets.token_urlsafe(32), "host": secrets.token_urlsafe(32)}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({**made, "functions": {}}, file, indent=2)
    try:
        kept = json.loads(path.read_text())
        return Keys(kept["master"], kept["host"], kept.get("functions", {}))
    except (ValueError, KeyError, TypeError) as error:
        shape = '{"master": …, "host": …, "functions": {name: key}}'
        raise ValueError(f"{path} is no file of keys, which looks like {shape}") from error
