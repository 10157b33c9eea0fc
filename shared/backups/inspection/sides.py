"""The two sides of a comparison: two backups, or a living service and a backup.

Both return the records of a section in the same order, without their secrets. Secrets are compared
by their values, in this process: how they are sealed or numbered differs between equal ones.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shared.backups.archive.opened import OpenBackup
from shared.backups.archive.reader import as_record, parsed_line
from shared.backups.archive.secrets_reader import SecretEntries
from shared.backups.archive.section_lines import SectionLines
from shared.blobs.backup_container import corrupt
from shared.model.place import LinePlace, SecretPlace, SidePlace, no_such_place
from shared.model.record import Record
from shared.model.wire import JsonObject, JsonValue
from shared.rules.documents import SECRET, replace_secrets, replace_stand_ins
from shared.services.cut import ServiceCut
from shared.state.order import record_key

_TAKEN: JsonObject = {SECRET: 0}
"""Replaces each secret, so that two documents differ there only if one of them has no secret."""


@dataclass(frozen=True)
class SideRecord:
    """A record of one side."""

    section: str
    key: str
    record: Record
    """The record without its secrets."""
    secrets: Mapping[str, JsonValue] = field(repr=False)
    """Pointer → value. For a backup it is the stand-in; if the backup was made before a name or a
    look was known as a secret's, the value itself, or one that contains stand-ins."""
    size: int
    """Bytes of its line; 0 for a living service."""
    behind: SidePlace
    """Where the record after it begins."""


class Side(Protocol):
    """One of the two sides."""

    def entries(self, section: str, place: SidePlace) -> AsyncIterator[list[SideRecord]]:
        """The records of a section from a place on."""
        ...

    async def opened(
        self, entry: SideRecord, pointers: Sequence[str]
    ) -> Mapping[str, JsonValue] | None:
        """The secrets of an entry by their pointers; None if the key is not available.

        Call this for entries in the order in which they come.
        """
        ...

    @property
    def secret_place(self) -> SecretPlace:
        """Up to where secrets were read."""
        ...


class BackupSide(Side):
    """A backup.

    :param run_key: the key of its secrets; None if it cannot be unwrapped.
    """

    def __init__(self, opened: OpenBackup, run_key: bytes | None, place: SecretPlace) -> None:
        self._descriptor = opened.descriptor
        self._container = opened.container
        self.secrets = (
            SecretEntries(opened.container, opened.descriptor, run_key, place)
            if run_key is not None
            else None
        )

    async def entries(self, section: str, place: SidePlace) -> AsyncIterator[list[SideRecord]]:
        """The records of a section from a place on.

        :raises Problem: BlobMissing; BlobCorrupt, also if records are not in their order.
        """
        part = self._descriptor.section(section)
        if part is None:
            return
        blob = await SectionLines.checked(self._container, part, place.line)
        before = ""
        async for page in blob.lines(place.line):
            found: list[SideRecord] = []
            for line in page:
                entry = _entry(section, part.blob, line.text, blob.behind(line))
                if entry.key <= before:
                    raise corrupt(part.blob, f"'{entry.record.name}' is not in the order")
                before = entry.key
                found.append(entry)
            yield found

    async def opened(
        self, entry: SideRecord, pointers: Sequence[str]
    ) -> Mapping[str, JsonValue] | None:
        if self.secrets is None:
            return None
        held: JsonObject = {pointer: entry.secrets[pointer] for pointer in pointers}
        taken = {pointer: self._index(entry, value) for pointer, value in _stand_ins(held).items()}
        values: dict[str, JsonValue] = {}
        for place, index in sorted(taken.items(), key=lambda found: found[1]):
            values[place] = await self.secrets.value(
                index, entry.section, entry.record.name, _pointer_at(place)
            )
        return replace_stand_ins(held, lambda place, _value: values[place])

    def _index(self, entry: SideRecord, stand_in: JsonObject) -> int:
        index = stand_in.get(SECRET)
        if not isinstance(index, int) or isinstance(index, bool):
            raise corrupt(self._descriptor.secrets.blob, f"'{entry.record.name}' has no index")
        return index

    @property
    def secret_place(self) -> SecretPlace:
        return self.secrets.place if self.secrets else SecretPlace()


def _entry(section: str, path: str, text: bytes, behind: LinePlace) -> SideRecord:
    record = as_record(path, parsed_line(path, text))
    stand_ins: dict[str, JsonValue] = {}

    def take(pointer: str, value: JsonValue) -> JsonValue:
        stand_ins[pointer] = value
        return _TAKEN

    document = replace_secrets(section, record.document, take)
    try:
        key = record_key(section, record.name)
    except ValueError as error:
        raise corrupt(path, "a record has a name that is none of the section's") from error
    taken = Record(record.name, document, record.changed_at, record.content)
    return SideRecord(section, key, taken, stand_ins, len(text), SidePlace(line=behind))


def _stand_ins(held: JsonObject) -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = {}

    def find(place: str, value: JsonObject) -> JsonValue:
        found[place] = value
        return value

    replace_stand_ins(held, find)
    return found


def _pointer_at(place: str) -> str:
    """The pointer into a document, from a pointer to one of its secrets in ``secrets``."""
    _, member, *parts = place.split("/")
    return member.replace("~1", "/").replace("~0", "~") + "".join(f"/{part}" for part in parts)


class LiveSide(Side):
    """A living service."""

    def __init__(self, cut: ServiceCut) -> None:
        self._cut = cut

    async def entries(self, section: str, place: SidePlace) -> AsyncIterator[list[SideRecord]]:
        """The records of a section from a place on.

        :raises Problem: InvalidRequest for a place that is not from a page.
        """
        try:
            pages = self._cut.records(section, place.after)
        except ValueError as error:
            raise no_such_place() from error
        async for page in pages:
            yield [_living(section, record) for record in page]

    async def opened(
        self, entry: SideRecord, pointers: Sequence[str]
    ) -> Mapping[str, JsonValue] | None:
        return {pointer: entry.secrets[pointer] for pointer in pointers}

    @property
    def secret_place(self) -> SecretPlace:
        """Always the beginning: the secrets of a living service come with its records."""
        return SecretPlace()


def _living(section: str, record: Record) -> SideRecord:
    values: dict[str, JsonValue] = {}

    def take(pointer: str, value: JsonValue) -> JsonValue:
        values[pointer] = value
        return _TAKEN

    document = replace_secrets(section, record.document, take)
    taken = Record(record.name, document, record.changed_at, record.content)
    behind = SidePlace(after=record.name)
    return SideRecord(section, record_key(section, record.name), taken, values, 0, behind)
