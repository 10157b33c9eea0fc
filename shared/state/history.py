"""Table Backups: the history, a partition for each service name.

Each backup has two rows, by name and by time, always written in one transaction. They are kept when
the service is deleted; a backup name can be used only once per service name.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from shared.model.backup import Backup, BackupStatus
from shared.rules.naming import service_key
from shared.state.columns import dumps
from shared.state.readable import readable
from shared.state.row_keys import LAST, encoded, newest_first
from shared.storage.tables import Insert, Replace, Row, Table
from shared.storage.versioned import Versioned

TABLE = "interkeepBackups"
_THERE = frozenset(
    {
        BackupStatus.SUCCEEDED,
        BackupStatus.PARTIALLY_SUCCEEDED,
        BackupStatus.MISSING,
        BackupStatus.DELETING,
    }
)
"""Includes states that may end: a container can be undeleted, a deletion be refused."""


@dataclass(frozen=True)
class ScannedPage:
    """Some backups of the installation, each with its place for paging."""

    backups: list[tuple[tuple[str, str], Backup]]
    end: tuple[str, str]
    """Place of the last row that was read."""


class History:
    """Which backups were made."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def get(self, service: str, name: str) -> Versioned[Backup] | None:
        """One backup by its name."""
        row = await self._table.get(encoded(service_key(service)), f"n!{encoded(name)}")
        return Versioned(_read(row), row.etag) if row else None

    async def add(self, backup: Backup) -> Versioned[Backup]:
        """Add a backup that begins.

        :raises RowExists: if the name was used before.
        """
        etags = await self._table.transact([Insert(row) for row in _rows(backup)])
        return Versioned(backup, etags[0])

    async def change(self, backup: Backup, etag: str) -> str:
        """Replace the version of a backup that was read; return its new ETag.

        :raises RowChanged: if another writer changed it since.
        """
        by_name, by_time = _rows(backup)
        return (await self._table.transact([Replace(by_name, etag), Replace(by_time, None)]))[0]

    async def pages(
        self, service: str, after: str = "", *, size: int = 1000
    ) -> AsyncIterator[list[Backup]]:
        """The backups of a service name, newest first, a page at a time.

        :param after: a place from ``place``; the first page begins after it.
        :param size: the most backups of a page.
        """
        partition = encoded(service_key(service))
        pages = self._table.pages(partition, after=after or "t!", before="t!~", size=size)
        async for page in pages:
            yield [_read(row) for row in page]

    async def scan(self, after: tuple[str, str]) -> AsyncIterator[ScannedPage]:
        """The backups of the whole installation, a page at a time, in no particular order.

        Rows that cannot be read are skipped.

        :param after: the place of the backup, or the end of the page, after which the first page
            begins; empty texts for the beginning.
        """
        async for page in self._table.scan(after=after):
            listed = [row for row in page if row.key.startswith("t!")]
            found = readable(listed, lambda row: ((row.partition, row.key), _read(row)))
            end = (page[-1].partition, page[-1].key) if page else after
            yield ScannedPage(found, end)

    async def incomplete(self, after: str) -> AsyncIterator[tuple[str, list[Row]]]:
        """Partition by partition, the rows (keys only) of backups that have lost one of their two
        rows.

        :param after: the partition after which to begin; empty for all.
        """
        partition = ""
        by_name: dict[str, Row] = {}
        by_time: dict[str, Row] = {}
        async for page in self._table.scan(after=(after, LAST) if after else ("", ""), columns=()):
            for row in page:
                if row.partition != partition and partition:
                    yield partition, _alone(by_name, by_time)
                    by_name, by_time = {}, {}
                partition = row.partition
                kind, _, rest = row.key.partition("!")
                if kind == "n":
                    by_name[rest] = row
                elif kind == "t":
                    by_time[rest.partition("!")[2]] = row
        if partition:
            yield partition, _alone(by_name, by_time)

    async def complete(self, listed: Row) -> Backup | None:
        """Write the lost row of a backup that has only one; None if none is missing, or the backup
        was deleted.

        :raises RowExists: if another writer adds it at this moment.
        :raises RowChanged: if another writer changes it, which writes both rows.
        """
        row = await self._table.get(listed.partition, listed.key)
        if row is None:
            return None
        backup = _read(row)
        by_name, by_time = _rows(backup)
        other = by_time if row.key == by_name.key else by_name
        if await self._table.get(other.partition, other.key) is not None:
            return None
        there = Row(row.partition, row.key, row.values)
        await self._table.transact([Replace(there, row.etag), Insert(other)])
        return backup

    async def key_ids(self) -> AsyncIterator[list[str]]:
        """The ids of the keys that the existing backups of the installation need, a list for each
        backup.

        Reads two columns of the whole table, 1,000 rows a call: for deep health, not for lists.
        """
        async for page in self._table.scan(columns=("status", "keys")):
            for row in page:
                if row.key.startswith("t!") and str(row.values["status"]) in _THERE:
                    yield json.loads(str(row.values["keys"]))

    async def storage_time(self) -> datetime | None:
        """The storage's time, None if its answer has none."""
        return await self._table.clock()

    @staticmethod
    def place(backup: Backup) -> str:
        """The place of a backup in the history, for paging."""
        return _rows(backup)[1].key


def _alone(by_name: dict[str, Row], by_time: dict[str, Row]) -> list[Row]:
    names = by_name.keys() ^ by_time.keys()
    return [by_name.get(name) or by_time[name] for name in sorted(names)]


def _rows(backup: Backup) -> tuple[Row, Row]:
    partition = encoded(service_key(backup.service))
    name = encoded(backup.name)
    values = {
        "status": str(backup.status),
        "keys": dumps(backup.key_ids),
        "backup": dumps(backup.to_json()),
    }
    return (
        Row(partition, f"n!{name}", dict(values)),
        Row(partition, f"t!{newest_first(backup.started_at)}!{name}", dict(values)),
    )


def _read(row: Row) -> Backup:
    return Backup.model_validate(json.loads(str(row.values["backup"])))
