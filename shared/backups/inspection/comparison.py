"""One page of the differences between two sides; both are read once, and neither is completely in
memory."""

from collections.abc import Sequence

from shared.backups.inspection.contents import shown_record
from shared.backups.inspection.sides import Side, SideRecord
from shared.model.place import ChangesPlace, SidePlace
from shared.model.wire import JsonObject
from shared.rules.differences import MOST_POINTERS, differences
from shared.streams.merged import merged

_MOST_RECORDS = 20_000
"""Records that a page compares: two large sides without differences also have several pages."""

_MOST_READ_BYTES = 64 * 1024 * 1024
_MOST_SHOWN_BYTES = 4 * 1024 * 1024


class Comparison:
    """Compares section after section until the page is full.

    :param most: changes of the page.
    :param only: the key of the one record that is compared, and shown on both sides; None for all
        of them.
    """

    def __init__(self, since: Side, backup: Side, most: int, only: str | None = None) -> None:
        self.changes: list[JsonObject] = []
        self._since = since
        self._backup = backup
        self._most = most
        self._only = only
        self._records = 0
        self._read = 0
        self._shown = 0

    @property
    def is_full(self) -> bool:
        """Whether the rest is for the next page."""
        return (
            len(self.changes) >= self._most
            or self._records >= _MOST_RECORDS
            or self._read >= _MOST_READ_BYTES
            or self._shown >= _MOST_SHOWN_BYTES
        )

    def beginning(self, section: str) -> ChangesPlace:
        """The beginning of a section, with the secrets at their present place."""
        return self._place(section, SidePlace(), SidePlace())

    def _place(self, section: str, since: SidePlace, backup: SidePlace) -> ChangesPlace:
        return ChangesPlace(
            section=section,
            since=since.model_copy(update={"secret": self._since.secret_place}),
            backup=backup.model_copy(update={"secret": self._backup.secret_place}),
        )

    async def section(self, place: ChangesPlace) -> ChangesPlace | None:
        """Compare a section from a place on; return where the next page begins, None at its end.

        :raises Problem: BlobMissing, BlobCorrupt, KeyUnavailable.
        """
        section, since, backup = place.section, place.since, place.backup
        async for pairs in merged(
            self._since.entries(section, since),
            self._backup.entries(section, backup),
            lambda entry: entry.key,
            lambda entry: entry.key,
        ):
            for before, after in pairs:
                if self.is_full:
                    return self._place(section, since, backup)
                if self._only is not None and _key(before, after) > self._only:
                    return None
                change = await self._change(before, after) if self._takes(before, after) else None
                if change is not None:
                    self.changes.append(change)
                    self._shown += _size(change)
                for entry in (before, after):
                    self._records += entry is not None
                    self._read += entry.size if entry else 0
                since = before.behind if before else since
                backup = after.behind if after else backup
        return None

    def _takes(self, before: SideRecord | None, after: SideRecord | None) -> bool:
        return self._only is None or _key(before, after) == self._only

    def _sides(self, before: SideRecord | None, after: SideRecord | None) -> JsonObject:
        """How the one record is on both sides, secrets masked; nothing where all are compared."""
        if self._only is None:
            return {}
        sides = {"before": before, "after": after}
        return {
            name: shown_record(side.section, side.record) for name, side in sides.items() if side
        }

    async def _change(
        self, before: SideRecord | None, after: SideRecord | None
    ) -> JsonObject | None:
        shown = after or before
        assert shown is not None
        change: JsonObject = {"section": shown.section, "name": shown.record.name}
        if before is None or after is None:
            change["change"] = "added" if before is None else "removed"
            sides = self._sides(before, after)
            return {**change, "changedAt": shown.record.changed_at, **sides}
        how = await self._how(before, after)
        if not how:
            return None
        how.update(self._sides(before, after))
        return {**change, "change": "changed", "changedAt": after.record.changed_at, **how}

    async def _how(self, before: SideRecord, after: SideRecord) -> JsonObject:
        """The differences in a record that both sides have; empty if there are none."""
        places = differences(before.record.document, after.record.document)
        common = sorted(before.secrets.keys() & after.secrets.keys())
        changed = await self._changed_secrets(before, after, common)
        how: JsonObject = {}
        if places:
            how["pointers"] = list(places.pointers)
        if changed:
            how["secretsChanged"] = [*changed[:MOST_POINTERS]]
        if before.record.content != after.record.content:
            how["contentChanged"] = True
        if before.record.name != after.record.name:
            how["nameBefore"] = before.record.name
        if how and common and changed is None:
            how["secretsNotCompared"] = [*common[:MOST_POINTERS]]
        more = places.more + max(0, len(common if changed is None else changed) - MOST_POINTERS)
        if how and more:
            how["more"] = more
        return how

    async def _changed_secrets(
        self, before: SideRecord, after: SideRecord, common: Sequence[str]
    ) -> list[str] | None:
        """The pointers of secrets whose values differ; None if they cannot be opened."""
        if not common:
            return []
        old = await self._since.opened(before, common)
        new = await self._backup.opened(after, common)
        if old is None or new is None:
            return None
        return [pointer for pointer in common if differences(old[pointer], new[pointer])]


def _key(before: SideRecord | None, after: SideRecord | None) -> str:
    shown = before or after
    assert shown is not None
    return shown.key


def _size(change: JsonObject) -> int:
    """Approximate number of characters of a change."""
    listed = (value for value in change.values() if isinstance(value, list))
    return 200 + sum(len(str(pointer)) for pointers in listed for pointer in pointers)
