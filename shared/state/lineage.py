"""Which names share numbers: a row of the ledger's table for each name that went on from another.

Written by the restore that makes the second name, before its service can issue anything, and never
deleted: a number stays issued when the service that issued it is gone. There are as many rows as
pairs of names that were ever restored one from the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from shared.rules.naming import service_key
from shared.state.row_keys import row_key
from shared.storage.tables import Row, RowExists, Table

_PARTITION = "!lineage"
"""No service's: their partitions hold no exclamation mark."""


@dataclass(frozen=True)
class Descent:
    """That the numbers of one name go on under another one."""

    source: str
    """The name that the backup is of."""
    target: str
    """The name that was restored."""
    backup: str
    """The first backup that brought numbers from the one to the other."""
    at: str
    """When, RFC 3339."""


class Lineage:
    """The names that go on from one another."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def enter(self, descent: Descent) -> None:
        """Write that a name goes on from another; does nothing where that is known."""
        key = row_key(service_key(descent.source), service_key(descent.target))
        values = {
            "source": descent.source,
            "target": descent.target,
            "backup": descent.backup,
            "at": descent.at,
        }
        with suppress(RowExists):
            await self._table.insert(Row(_PARTITION, key, dict(values)))

    async def kin(self, *names: str) -> list[str]:
        """The other names that have numbers of these: living, deleted or never used again.

        What they go on from, over any number of restores, and all that goes on from that. Two
        names that were both restored under a third one share nothing by it. Sorted, one spelling
        of each.
        """
        pairs = [
            (str(row.values["source"]), str(row.values["target"]))
            async for page in self._table.pages(_PARTITION, columns=("source", "target"))
            for row in page
        ]
        return _kin(names, pairs)


def _kin(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> list[str]:
    spelled: dict[str, str] = {}
    sources: defaultdict[str, set[str]] = defaultdict(set)
    targets: defaultdict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        source, target = (service_key(name) for name in pair)
        spelled |= {source: pair[0], target: pair[1]}
        sources[target].add(source)
        targets[source].add(target)
    given = {service_key(name) for name in names}
    found = _reached(_reached(given, sources), targets)
    return [spelled[key] for key in sorted(found - given)]


def _reached(names: set[str], ways: Mapping[str, set[str]]) -> set[str]:
    """The names, and all that lead on from them."""
    found, waiting = set(names), list(names)
    while waiting:
        new = ways.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
