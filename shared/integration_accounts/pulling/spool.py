"""Which sessions there were and which there are: kept on disk, as there may be very many.

It holds names and fingerprints, no content, and is gone with the pull.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_AT_ONCE = 500


class Spool:
    """The sessions that a service has, and those of them that were seen in its account."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4096;"
            "CREATE TABLE session (name TEXT PRIMARY KEY, printed BLOB, seen INTEGER,"
            " etag TEXT) WITHOUT ROWID"
        )

    def add(self, sessions: Iterable[tuple[str, bytes, str]]) -> None:
        """Note sessions that the service has: key, fingerprint and the ETag of its row."""
        self._database.executemany("INSERT OR REPLACE INTO session VALUES (?, ?, 0, ?)", sessions)

    def etag(self, key: str) -> str:
        """The ETag of the row of a session, as it was noted; empty for one that had none."""
        asked = self._database.execute("SELECT etag FROM session WHERE name = ?", (key,))
        found = asked.fetchone()
        return str(found[0]) if found else ""

    def see(self, sessions: Sequence[tuple[str, bytes]]) -> set[str]:
        """Note sessions of the account; return the keys of those that are not as they were noted
        before."""
        changed: set[str] = set()
        for key, printed in sessions:
            asked = self._database.execute("SELECT printed FROM session WHERE name = ?", (key,))
            if asked.fetchone() != (printed,):
                changed.add(key)
        self._database.executemany(
            "INSERT INTO session VALUES (?, ?, 1, '') ON CONFLICT (name)"
            " DO UPDATE SET printed = excluded.printed, seen = 1",
            sessions,
        )
        return changed

    def has_seen(self, key: str) -> bool:
        """Whether a session was seen in the account."""
        asked = self._database.execute("SELECT seen FROM session WHERE name = ?", (key,))
        return bool(asked.fetchone() == (1,))

    def unseen(self, after: str = "") -> list[str]:
        """Keys of sessions that were not seen, in their order, at most 500.

        :param after: a key; only greater ones.
        """
        found = self._database.execute(
            "SELECT name FROM session WHERE seen = 0 AND name > ? ORDER BY name LIMIT ?",
            (after, _AT_ONCE),
        )
        return [name for (name,) in found]


@contextmanager
def spool() -> Iterator[Spool]:
    """A spool in a temporary file, which is deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="interkeep-pull-") as folder:
        database = sqlite3.connect(Path(folder) / "sessions", isolation_level=None)
        try:
            yield Spool(database)
        finally:
            database.close()
