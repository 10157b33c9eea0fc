"""Which names share numbers: a row of the ledger's table for each name that continued the numbers
of another.

Written by the restore that creates the second name, before its service can issue anything, and
never deleted: a number stays issued when the service that issued it is deleted. There is one row
for each pair of names of which one was restored from the other; and one for each pair that restores
connect only indirectly, and that was found to have rows of the same stream (``StreamIndex``).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from shared.rules.naming import service_key
from shared.state.row_keys import row_key
from shared.storage.tables import Column, Row, RowExists, Table

_PARTITION = "!lineage"
"""Not a service's partition: those contain no exclamation mark."""


@dataclass(frozen=True)
class Descent:
    """The numbers of one name continue under another one."""

    source: str
    """The name that the backup is of."""
    target: str
    """The name that was restored."""
    backup: str
    """The first backup that carried numbers from the source to the target."""
    at: str
    """The time of that, RFC 3339."""


class Relations:
    """The names that share numbers, as read at one time."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._spelled: dict[str, str] = {}
        self._sources: defaultdict[str, set[str]] = defaultdict(set)
        self._targets: defaultdict[str, set[str]] = defaultdict(set)
        self._sharing: defaultdict[str, set[str]] = defaultdict(set)
        for row in rows:
            names = str(row.values["source"]), str(row.values["target"])
            source, target = (service_key(name) for name in names)
            self._spelled |= {source: names[0], target: names[1]}
            if row.values.get("shares"):
                self._sharing[source].add(target)
                self._sharing[target].add(source)
            else:
                self._sources[target].add(source)
                self._targets[source].add(target)

    def kin(self, *names: str) -> list[str]:
        """The other names that share numbers with these: living, deleted or never used again.

        The names that they continue, over any number of restores, and all names that continue
        those. Two names that were both restored under a third one are not kin because of it.
        Sorted, each in one spelling.
        """
        return self._names(self._family(names) - _keys(names))

    def related(self, *names: str) -> list[str]:
        """The other names that restores connect with these, directly or over further names.

        Two services that are both restored under the same rehearsal name are related by it. Sorted.
        """
        ways = {
            name: self._sources.get(name, set()) | self._targets.get(name, set())
            for name in self._spelled
        }
        return self._names(_reached(_keys(names), ways) - _keys(names))

    def sharing(self, *names: str) -> list[str]:
        """Further names that are known to have rows of the streams of these names or their kin."""
        family = self._family(names)
        return self._names({other for one in family for other in self._sharing[one]} - family)

    def shares(self, name: str, other: str) -> bool:
        """Whether these two names are stored as having rows of the same stream."""
        return service_key(other) in self._sharing[service_key(name)]

    def _family(self, names: Iterable[str]) -> set[str]:
        return _reached(_reached(_keys(names), self._sources), self._targets)

    def _names(self, keys: Iterable[str]) -> list[str]:
        return [self._spelled[key] for key in sorted(keys)]


class Lineage:
    """The names that continue one another's numbers, or share streams without that."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def enter(self, descent: Descent) -> None:
        """Store that a name continues another; does nothing if that is stored already."""
        key = row_key(service_key(descent.source), service_key(descent.target))
        values: dict[str, Column] = {
            "source": descent.source,
            "target": descent.target,
            "backup": descent.backup,
            "at": descent.at,
        }
        with suppress(RowExists):
            await self._table.insert(Row(_PARTITION, key, values))

    async def enter_sharing(self, one: str, other: str) -> None:
        """Store that two names have rows of the same stream; does nothing if that is stored
        already."""
        first, second = sorted((one, other), key=service_key)
        key = row_key(service_key(first), service_key(second), "shares")
        values: dict[str, Column] = {"source": first, "target": second, "shares": True}
        with suppress(RowExists):
            await self._table.insert(Row(_PARTITION, key, values))

    async def read(self) -> Relations:
        """Read all relations."""
        columns = ("source", "target", "shares")
        pages = self._table.pages(_PARTITION, columns=columns)
        return Relations([row async for page in pages for row in page])


def _keys(names: Iterable[str]) -> set[str]:
    return {service_key(name) for name in names}


def _reached(names: set[str], ways: Mapping[str, set[str]]) -> set[str]:
    """The names, and all names that can be reached from them."""
    found, waiting = set(names), list(names)
    while waiting:
        new = ways.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
